"""What the tests of exports share: every topic's opening view in both languages, ready to leave."""

from datetime import date
from functools import cache

import pandas as pd

from ripresa import catalogue
from ripresa.charts import bar, dot, line
from ripresa.charts import choropleth as regions
from ripresa.database import query
from ripresa.exports import export_table
from ripresa.exports.export_table import Export
from ripresa.filters import Filters, View, resolve

SITE = "https://pmi.example.org"
DAY = date(2026, 11, 22)
DIGITS = b"0123456789"
VIEWS = [
    (topic, level, lang)
    for topic, subject in catalogue.topics().items()
    for level, offered in subject.indicators_by_level.items()
    if offered
    for lang in catalogue.LANGS
]


@cache
def view(topic: str, level: str = "", lang: str = "it", **choice) -> View:
    return resolve(Filters(lang=lang, level=level, **choice), topic)


@cache
def rows(topic: str, level: str = "", lang: str = "it") -> pd.DataFrame:
    """The rows a topic's first figure draws: those of its map or, where there is none, of its table."""
    shown = view(topic, level, lang)
    found = query.ask("map", **shown.moment)
    return found if len(found) else query.ask("table", **shown.cut, level=shown.level, geos=(), lang=lang)


@cache
def export(topic: str, level: str = "", lang: str = "it") -> Export:
    return export_table.prepare(rows(topic, level, lang), view(topic, level, lang), SITE, DAY)


@cache
def drawn(kind: str, topic: str, level: str = "", lang: str = "it", theme: str = "light"):
    """A figure of the dashboard and the export of its rows."""
    shown = view(topic, level, lang)
    if kind == "trend":
        found = query.ask(
            "trend",
            **shown.cut,
            geos=("ITA", "ITC4", "ITF3") if shown.level == "italy" else ("ITA", "DEU", "FRA", "EU27_2020"),
            lang=lang,
        )
    else:
        found = pd.concat([query.ask("map", **shown.moment), query.ask("references", **shown.moment)])
    figure = {
        "map": regions.choropleth,
        "tiles": regions.tilegrid,
        "bars": bar.bars,
        "dots": dot.named,
        "trend": line.lines,
    }[kind](found, shown, theme)
    return figure, export_table.prepare(found, shown, SITE, DAY, figure.layout.meta)
