"""The figures of the peers' page: a map, bars, a line chart and a table of one rate for the Italian areas.

They come from the dashboard's database; only the framework differs between the peers. The code is neither
optimised nor slowed down: it is what a good first version looks like.
"""

import json
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

ROOT = Path(__file__).resolve().parents[2]
PERIODS = ["2019", "2020", "2021", "2022", "2023", "2024"]
RATES = {"death_rate": "Death rate", "birth_rate": "Birth rate", "net_turnover_rate": "Net turnover"}
VALUES_SQL = """
select o.geo, g.name_en as name, o.period, o.value
from observations o
join geographies g on g.code = o.geo
where o.indicator = $rate and o.sector = 'all' and g.level = 'area'
"""


@cache
def _get_connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(ROOT / "data" / "ripresa.duckdb"), read_only=True)


@cache
def load_boundaries() -> dict[str, object]:
    """The GeoJSON of the Italian regions."""
    return json.loads((ROOT / "static" / "geo" / "italy_nuts2.geojson").read_text(encoding="utf-8"))


def load_areas() -> dict[str, str]:
    """Code and English name of the Italian areas."""
    sql = "select code, name_en from geographies where level = 'area' order by position"
    return dict(_get_connection().cursor().execute(sql).fetchall())


def build_figures(
    rate: str, period: str, areas: list[str] | None
) -> tuple[go.Figure, go.Figure, go.Figure, pd.DataFrame]:
    """Map, bars, lines and the rows of the table (name, period, value)."""
    rows = _get_connection().cursor().execute(VALUES_SQL, {"rate": rate}).df()
    period_rows = rows[rows.period == period].sort_values("value")
    area_rows = rows[rows.geo.isin(areas or ["ITC4", "ITI4", "ITF3"])].sort_values("period")
    choropleth = px.choropleth(
        period_rows,
        geojson=load_boundaries(),
        locations="geo",
        color="value",
        hover_name="name",
        color_continuous_scale="Blues",
        height=560,
    )
    choropleth.update_geos(fitbounds="locations", visible=False)
    bars = px.bar(
        period_rows, x="value", y="name", orientation="h", height=560, title=f"{RATES[rate]}, {period}"
    )
    lines = px.line(area_rows, x="period", y="value", color="name", markers=True, height=380)
    return choropleth, bars, lines, period_rows[["name", "period", "value"]]
