"""What the tests of exports share: every topic's opening view in both languages, ready to leave."""

from datetime import date
from functools import cache

import pandas as pd

from ripresa import catalogue
from ripresa.charts import bar, dot, line
from ripresa.charts import choropleth as regions
from ripresa.charts.theme import get_figure_text
from ripresa.database import query
from ripresa.exports import export_table
from ripresa.exports.export_table import ExportedTable
from ripresa.filters import Filters, View, resolve_view

SITE = "https://pmi.example.org"
DAY = date(2026, 11, 22)
DIGITS = b"0123456789"
VIEWS = [
    (topic, level, lang)
    for topic, subject in catalogue.load_topics().items()
    for level, offered in subject.indicators_by_level.items()
    if offered
    for lang in catalogue.LANGS
]


@cache
def view(topic: str, level: str = "", lang: str = "it", **choice) -> View:
    return resolve_view(Filters(lang=lang, level=level, **choice), topic)


@cache
def rows(topic: str, level: str = "", lang: str = "it") -> pd.DataFrame:
    """The rows a topic's first figure draws: those of its map or, where there is none, of its table."""
    shown = view(topic, level, lang)
    found = query.run_query("map", **shown.query_parameters)
    return (
        found
        if len(found)
        else query.run_query("table", **shown.breakdown, level=shown.level, geos=(), lang=lang)
    )


@cache
def export(topic: str, level: str = "", lang: str = "it") -> ExportedTable:
    return export_table.build_export(rows(topic, level, lang), view(topic, level, lang), SITE, DAY)


@cache
def drawn(kind: str, topic: str, level: str = "", lang: str = "it", theme: str = "light"):
    """A figure of the dashboard and the export of its rows."""
    shown = view(topic, level, lang)
    if kind == "trend":
        found = query.run_query(
            "trend",
            **shown.breakdown,
            geos=("ITA", "ITC4", "ITF3") if shown.level == "italy" else ("ITA", "DEU", "FRA", "EU27_2020"),
            lang=lang,
        )
    else:
        found = pd.concat(
            [
                query.run_query("map", **shown.query_parameters),
                query.run_query("reference_areas", **shown.query_parameters),
            ]
        )
    figure = {
        "map": regions.build_choropleth,
        "tiles": regions.build_tile_grid_map,
        "bars": bar.build_bar_chart,
        "dots": dot.build_dot_plot,
        "trend": line.build_line_chart,
    }[kind](found, shown, theme)
    return figure, export_table.build_export(found, shown, SITE, DAY, get_figure_text(figure))
