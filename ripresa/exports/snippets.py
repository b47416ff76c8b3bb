"""Reproduce this figure: the SQL of a figure with its values written in, and a short Python script that draws it from the downloaded database.

A figure is named as on its page: map, dots, series, time, beside, sectors, leaders, heat. `rows` are those it drew: they say which areas and sectors.
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
        "need": "Serve Python con duckdb, pandas e plotly (pip install duckdb pandas plotly) e, nella stessa cartella:",
        "point": "un punto prima della carta: senza, plotly cerca in rete una sua mappa",
        "apart": "edizioni diverse non stanno sulla stessa linea, e la linea si interrompe dove la serie cambia",
        "old": "vecchia edizione: si mostra, non si unisce",
    },
    "en": {
        "need": "Needs Python with duckdb, pandas and plotly (pip install duckdb pandas plotly) and, in the same folder:",
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
    go.Choropleth(geojson=boundaries, locations=rows["geo"], z=rows["value"], text=rows["geo_name"], hovertemplate="%{{text}}: %{{z}}<extra></extra>"),
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
    figure.add_scatter(x=line["period_start"], y=line["value"], mode="lines+markers", name=f"{{area}}, {{edition}}", text=line["period"])
if old.any():
    figure.add_scatter(x=rows[old]["period_start"], y=rows[old]["value"], mode="markers", text=rows[old]["geo_name"])
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
    """The SQL of a figure as it can be run on the downloaded database; without `figure`, that of the view's first."""
    question = QUERY_NAMES[figure or view.chart]
    code = inline_parameters(question, build_query_parameters(view, question, rows))
    if question == "by_sector" and rows is not None:  # a page shows the total and the sections
        code = f"with sectors_of_the_area as (\n{code}\n)\nselect *\nfrom sectors_of_the_area\nwhere list_contains({format_sql_literal(_get_unique_values(rows['sector']))}, sector)"
    return code


def build_python_script(
    view: View, figure: str = "", rows: pd.DataFrame | None = None, title: str = "", site: str = ""
) -> str:
    """A script that draws the figure. `title` is the figure's, `site` where the pages are, such as https://example.org."""
    figure = figure or view.chart
    question = QUERY_NAMES[figure]
    kind = "dots" if figure == "dots" else question
    here, words = (
        f"{site.rstrip('/') or 'https://…'}/api/v1/versions/{get_data_version()}",
        SCRIPT_COMMENTS[view.lang],
    )
    boundaries = f"{BOUNDARY_FILES[view.level]}.geojson"
    database = f"ripresa-digitale_{get_data_version()}.duckdb"
    files = [f"#   curl -o {database} '{here}/database'"] + (
        [f"#   curl -o {boundaries} '{here}/boundaries/{BOUNDARY_FILES[view.level]}'"]
        if kind == "map"
        else []
    )
    drawing = PLOT_TEMPLATES[kind].format(boundaries=boundaries, breaks=list(view.indicator.breaks), **words)
    return SCRIPT_TEMPLATE.format(
        need=words["need"],
        files="\n".join(files),
        imports="import json\n\n" if kind == "map" else "",
        database=database,
        sql=_quote_python_string(build_sql(view, figure, rows)),
        drawing=drawing,
        title=title or view.indicator.label[view.lang],
    )


def build_query_parameters(
    view: View, query_name: str, rows: pd.DataFrame | None = None
) -> dict[str, object]:
    """The values with which a page asks this question about this view: those of queries.ask."""
    given = {**view.query_parameters, "geos": view.geo or ("ITA",), "geo": (view.geo or ("ITA",))[0]}
    if rows is not None and len(rows):
        given |= {"geos": _get_unique_values(rows["geo"]), "geo": str(rows["geo"].iloc[0])}
    return {name: given[name] for name in list_parameters(query_name)}


def inline_parameters(query_name: str, parameter_values: dict[str, object]) -> str:
    """The SQL of a question with its $parameters written in, without the lines of comment that speak of them."""
    code = re.sub(r"(?m)^ *--.*\$[a-z_]+.*\n", "", load_sql(query_name))
    parts = re.split(r"(--[^\n]*|'(?:[^']|'')*'|\$[a-z_]+)", code.strip())
    return "".join(
        format_sql_literal(parameter_values[part[1:]]) if part.startswith("$") else part for part in parts
    )


def format_sql_literal(value: object) -> str:
    """A value as SQL text: 'it''s', ['a', 'b'], 12."""
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(format_sql_literal, value)) + "]" if value else "[]::varchar[]"
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    return str(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"


def _get_unique_values(column: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, column)))


def _quote_python_string(code: str) -> str:
    return repr(code) if '"""' in code or "\\" in code else f'"""\n{code}\n"""'
