"""What the dashboard draws: rows and a view become a plotly figure. Pure: no server, no session, no network."""
