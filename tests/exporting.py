"""What the tests of exports share: every topic's opening view in both languages, ready to leave."""

from datetime import date
from functools import cache

import pandas as pd

import queries
from charts import dots, ranking, regions, trend
from data import catalogue
from exports import frame
from exports.frame import Export
from queries.filters import Filters, View, resolve

SITE = "https://pmi.example.org"
DAY = date(2026, 11, 22)
DIGITS = b"0123456789"
VIEWS = [
    (topic, level, lang)
    for topic, subject in catalogue.topics().items()
    for level, offered in subject.opens.items()
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
    found = queries.ask("map", **shown.moment)
    return found if len(found) else queries.ask("table", **shown.cut, level=shown.level, geos=(), lang=lang)


@cache
def export(topic: str, level: str = "", lang: str = "it") -> Export:
    return frame.prepare(rows(topic, level, lang), view(topic, level, lang), SITE, DAY)


@cache
def drawn(kind: str, topic: str, level: str = "", lang: str = "it", theme: str = "light"):
    """A figure of the dashboard and the export of its rows."""
    shown = view(topic, level, lang)
    if kind == "trend":
        found = queries.ask(
            "trend",
            **shown.cut,
            geos=("ITA", "ITC4", "ITF3") if shown.level == "italy" else ("ITA", "DEU", "FRA", "EU27_2020"),
            lang=lang,
        )
    else:
        found = pd.concat([queries.ask("map", **shown.moment), queries.ask("references", **shown.moment)])
    figure = {
        "map": regions.choropleth,
        "tiles": regions.tilegrid,
        "bars": ranking.bars,
        "dots": dots.named,
        "trend": trend.lines,
    }[kind](found, shown, theme)
    return figure, frame.prepare(found, shown, SITE, DAY, figure.layout.meta)
