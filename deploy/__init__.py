"""Deployment of several replicas behind nginx, and the programs that check it."""
