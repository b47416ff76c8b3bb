"""Code that reproduces a figure: its SQL with literal values, and a Python script that plots its rows.

A figure is named as on its page (the keys of QUERY_NAMES). `rows` are those of the figure, with its areas
and sectors.
"""

import re

import pandas as pd

from ripresa.database.query import get_data_version, list_parameters, load_sql
from ripresa.filters import View

QUERY_NAMES = {
    "map": "map",
    "dots": "map",
    "series": "trend",
    "time": "trend",
    "beside": "trend",
    "sectors": "by_sector",
    "leaders": "by_gender",
    "heat": "area_sector",
}
BOUNDARY_FILES = {"italy": "italy_nuts2", "europe": "europe_countries", "world": "world_countries"}
SCRIPT_COMMENTS = {
    "it": {
        "need": "Serve Python con duckdb, pandas e plotly (pip install duckdb pandas plotly) "
        "e, nella stessa cartella:",
        "point": "un punto prima della carta: senza, plotly cerca in rete una sua mappa",
        "apart": "edizioni diverse non stanno sulla stessa linea, "
        "e la linea si interrompe dove la serie cambia",
        "old": "vecchia edizione: si mostra, non si unisce",
    },
    "en": {
        "need": "Needs Python with duckdb, pandas and plotly (pip install duckdb pandas plotly) "
        "and, in the same folder:",
        "point": "a point before the map: without it plotly looks for a map of its own on the network",
        "apart": "different editions never share a line, and the line is cut where the series changes",
        "old": "old vintage: shown, never joined",
    },
}

PLOT_TEMPLATES = {
    "map": """
boundaries = json.load(open({boundaries!r}, encoding="utf-8"))
figure = go.Figure([
    go.Scattergeo(lon=[0], lat=[0], marker={{"opacity": 0}}, hoverinfo="skip"),  # {point}
    go.Choropleth(geojson=boundaries, locations=rows["geo"], z=rows["value"], \
text=rows["geo_name"], hovertemplate="%{{text}}: %{{z}}<extra></extra>"),
])
figure.update_geos(visible=False, fitbounds="locations")
""",
    "dots": """
rows = rows.sort_values("value")
figure = go.Figure(go.Scatter(x=rows["value"], y=rows["geo_name"], mode="markers", text=rows["period"]))
""",
    "trend": """
figure = go.Figure()
old = rows["flags"].str.contains("v")  # {old}
parts = rows["period"].map(lambda period: sum(period >= cut for cut in {breaks!r}))  # {apart}
for (area, edition, part), line in rows[~old].groupby(["geo_name", "edition_name", parts[~old]], sort=False):
    figure.add_scatter(x=line["period_start"], y=line["value"], mode="lines+markers", \
name=f"{{area}}, {{edition}}", text=line["period"])
if old.any():
    figure.add_scatter(x=rows[old]["period_start"], y=rows[old]["value"], mode="markers", \
text=rows[old]["geo_name"])
""",
    "by_sector": """
rows = rows[::-1]
figure = go.Figure(go.Bar(x=rows["value"], y=rows["sector_name"], orientation="h", text=rows["value"]))
""",
    "by_gender": """
figure = go.Figure()
rows["place"] = rows["geo_name"] + ", " + rows["period"]
for leader, side in rows.groupby("gender_name", sort=False):
    figure.add_scatter(x=side["value"], y=side["place"], mode="markers", name=leader)
""",
    "area_sector": """
figure = go.Figure(go.Heatmap(x=rows["sector_name"], y=rows["geo_name"], z=rows["value"]))
""",
}

SCRIPT_TEMPLATE = """\
# {need}
{files}
{imports}import duckdb
import plotly.graph_objects as go

rows = duckdb.connect({database!r}, read_only=True).execute({sql}).df()
{drawing}figure.update_layout(title={title!r})
figure.show()
"""


def build_sql(view: View, figure: str = "", rows: pd.DataFrame | None = None) -> str:
    """The SQL of a figure (by default the view's first) as it runs on the downloaded database."""
    query_name = QUERY_NAMES[figure or view.chart]
    sql = inline_parameters(query_name, build_query_parameters(view, query_name, rows))
    if query_name == "by_sector" and rows is not None:  # a page shows the total and the sections
        sectors = format_sql_literal(_get_unique_values(rows["sector"]))
        sql = (
            f"with sectors_of_the_area as (\n{sql}\n)\nselect *\nfrom sectors_of_the_area\n"
            f"where list_contains({sectors}, sector)"
        )
    return sql


def build_python_script(
    view: View, figure: str = "", rows: pd.DataFrame | None = None, title: str = "", site: str = ""
) -> str:
    """A Python script that plots the figure with its title; `site` is the base URL of the API."""
    figure = figure or view.chart
    plot = "dots" if figure == "dots" else QUERY_NAMES[figure]
    api_url = f"{site.rstrip('/') or 'https://…'}/api/v1/versions/{get_data_version()}"
    comments = SCRIPT_COMMENTS[view.lang]
    boundaries = f"{BOUNDARY_FILES[view.level]}.geojson"
    database = f"ripresa-digitale_{get_data_version()}.duckdb"
    files = [f"#   curl -o {database} '{api_url}/database'"]
    if plot == "map":
        files.append(f"#   curl -o {boundaries} '{api_url}/boundaries/{BOUNDARY_FILES[view.level]}'")
    return SCRIPT_TEMPLATE.format(
        need=comments["need"],
        files="\n".join(files),
        imports="import json\n\n" if plot == "map" else "",
        database=database,
        sql=_quote_python_string(build_sql(view, figure, rows)),
        drawing=PLOT_TEMPLATES[plot].format(
            boundaries=boundaries, breaks=list(view.indicator.breaks), **comments
        ),
        title=title or view.indicator.label[view.lang],
    )


def build_query_parameters(
    view: View, query_name: str, rows: pd.DataFrame | None = None
) -> dict[str, object]:
    """The parameters of run_query with which a page loads the rows of this view."""
    geos = view.geo or ("ITA",)
    if rows is not None and len(rows):
        geos = _get_unique_values(rows["geo"])
    values = {**view.query_parameters, "geos": geos, "geo": geos[0]}
    return {name: values[name] for name in list_parameters(query_name)}


def inline_parameters(query_name: str, parameter_values: dict[str, object]) -> str:
    """The SQL of a query with literals in place of its $parameters, without the comments about them."""
    sql = re.sub(r"(?m)^ *--.*\$[a-z_]+.*\n", "", load_sql(query_name))
    parts = re.split(r"(--[^\n]*|'(?:[^']|'')*'|\$[a-z_]+)", sql.strip())
    return "".join(
        format_sql_literal(parameter_values[part[1:]]) if part.startswith("$") else part for part in parts
    )


def format_sql_literal(value: object) -> str:
    """A value as SQL text: 'it''s', ['a', 'b'], 12."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(format_sql_literal, value)) + "]" if value else "[]::varchar[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _get_unique_values(column: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, column)))


def _quote_python_string(text: str) -> str:
    return repr(text) if '"""' in text or "\\" in text else f'"""\n{text}\n"""'
