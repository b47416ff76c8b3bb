"""The peers' page, written plainly once: a map, bars, a line chart and a table of one rate for the Italian areas, from the same database.

Only the framework differs between the peers. Nothing here is tuned, and nothing is slowed: it is what a first good version looks like."""

import json
from functools import cache
from pathlib import Path

import duckdb
import plotly.express as px

ROOT = Path(__file__).resolve().parents[2]
PERIODS = ["2019", "2020", "2021", "2022", "2023", "2024"]
RATES = {"death_rate": "Death rate", "birth_rate": "Birth rate", "net_turnover_rate": "Net turnover"}
VALUES_SQL = "select o.geo, g.name_en as name, o.period, o.value from observations o join geographies g on g.code = o.geo where o.indicator = $rate and o.sector = 'all' and g.level = 'area'"


@cache
def _get_connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(ROOT / "data" / "ripresa.duckdb"), read_only=True)


@cache
def load_boundaries() -> dict:
    return json.loads((ROOT / "static" / "geo" / "italy_nuts2.geojson").read_text(encoding="utf-8"))


def load_areas() -> dict[str, str]:
    return dict(
        _get_connection()
        .cursor()
        .execute("select code, name_en from geographies where level = 'area' order by position")
        .fetchall()
    )


def build_figures(rate: str, period: str, chosen: list[str] | None):
    """Map, bars, lines and the table's rows for one choice."""
    rows = _get_connection().cursor().execute(VALUES_SQL, {"rate": rate}).df()
    now = rows[rows.period == period].sort_values("value")
    shown = rows[rows.geo.isin(chosen or ["ITC4", "ITI4", "ITF3"])].sort_values("period")
    place = px.choropleth(
        now,
        geojson=load_boundaries(),
        locations="geo",
        color="value",
        hover_name="name",
        color_continuous_scale="Blues",
        height=560,
    )
    place.update_geos(fitbounds="locations", visible=False)
    bars = px.bar(now, x="value", y="name", orientation="h", height=560, title=f"{RATES[rate]}, {period}")
    lines = px.line(shown, x="period", y="value", color="name", markers=True, height=380)
    return place, bars, lines, now[["name", "period", "value"]]
