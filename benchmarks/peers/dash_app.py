"""The page in Dash, served by gunicorn with two workers: gunicorn -w 2 benchmarks.peers.dash_app:server."""

from dash import Dash, Input, Output, dash_table, dcc, html

from benchmarks.peers import page

app = Dash(__name__, serve_locally=True, compress=False)
server = app.server
app.layout = html.Div(
    [
        html.H1("Who closed, where?"),
        html.Div(
            style={"display": "flex", "gap": "1rem"},
            children=[
                html.Div(
                    dcc.Dropdown({**page.RATES}, "death_rate", id="rate", clearable=False),
                    style={"width": "16rem"},
                ),
                html.Div(
                    dcc.Dropdown(page.PERIODS, page.PERIODS[-1], id="period", clearable=False),
                    style={"width": "8rem"},
                ),
                html.Div(dcc.Dropdown(page.load_areas(), multi=True, id="areas"), style={"width": "24rem"}),
            ],
        ),
        html.Div(
            style={"display": "grid", "gridTemplateColumns": "1fr 1fr"},
            children=[
                dcc.Graph(id="map"),
                dcc.Graph(id="bars"),
                dcc.Graph(id="lines"),
                dash_table.DataTable(id="table", page_size=12),
            ],
        ),
    ]
)


@app.callback(
    Output("map", "figure"),
    Output("bars", "figure"),
    Output("lines", "figure"),
    Output("table", "data"),
    Output("table", "columns"),
    Input("rate", "value"),
    Input("period", "value"),
    Input("areas", "value"),
)
def update(rate: str, period: str, areas: list[str] | None) -> tuple[object, ...]:
    """The figures, and the rows and columns of the table."""
    choropleth, bars, lines, rows = page.build_figures(rate, period, areas)
    columns = [{"name": name, "id": name} for name in rows.columns]
    return choropleth, bars, lines, rows.to_dict("records"), columns
