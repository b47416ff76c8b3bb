"""Visitors' SQL, answered by worker processes without file system or network and with bounded memory."""
