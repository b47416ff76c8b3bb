"""Streamlit begins here: the shell around every page, its components and the pages."""
