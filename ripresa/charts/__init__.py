"""Rows and a view become Plotly figures. Pure: no server, no session, no network."""
