"""What the tests of exports share: every topic's opening view in both languages, ready to leave."""

import struct
import zlib
from datetime import date
from functools import cache

import pandas as pd

from ripresa import catalogue
from ripresa.charts import bar, dot, line, tile_grid
from ripresa.charts import choropleth as regions
from ripresa.charts.theme import get_figure_text
from ripresa.database import query
from ripresa.exports import export_table, formats, image_metadata, seal
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
def load_view(topic: str, level: str = "", lang: str = "it", **choice) -> View:
    return resolve_view(Filters(lang=lang, level=level, **choice), topic)


@cache
def load_rows(topic: str, level: str = "", lang: str = "it") -> pd.DataFrame:
    """The rows a topic's first figure draws: those of its map or, where there is none, of its table."""
    shown = load_view(topic, level, lang)
    found = query.run_query("map", **shown.query_parameters)
    return (
        found
        if len(found)
        else query.run_query("table", **shown.breakdown, level=shown.level, geos=(), lang=lang)
    )


@cache
def load_export(topic: str, level: str = "", lang: str = "it") -> ExportedTable:
    return export_table.build_export(load_rows(topic, level, lang), load_view(topic, level, lang), SITE, DAY)


@cache
def build_figure_and_export(kind: str, topic: str, level: str = "", lang: str = "it", theme: str = "light"):
    """A figure of the dashboard and the export of its rows."""
    shown = load_view(topic, level, lang)
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
        "tiles": tile_grid.build_tile_grid_map,
        "bars": bar.build_bar_chart,
        "dots": dot.build_dot_plot,
        "trend": line.build_line_chart,
    }[kind](found, shown, theme)
    return figure, export_table.build_export(found, shown, SITE, DAY, get_figure_text(figure))


TABLES = ("csv", "excel", "xlsx", "parquet", "json", "zip")


def build_file(form: str, lang: str = "it", topic: str = "women") -> bytes:
    return formats.build_file(load_export(topic, lang=lang), form)


def build_png(wide: int = 4, tall: int = 3) -> bytes:
    def part(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    pixels = b"".join(b"\0" + bytes(range(wide * 3)) for _ in range(tall))
    return (
        image_metadata.PNG_SIGNATURE
        + part(b"IHDR", struct.pack(">IIBBBBB", wide, tall, 8, 2, 0, 0, 0))
        + part(b"IDAT", zlib.compress(pixels))
        + part(b"IEND", b"")
    )


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><path d="M10 20l30 40"/><text '
    'x="5">Molise 30,0%</text>'
    '<text><tspan class="line">Una riga</tspan><tspan class="line">e un’altra &amp; '
    "basta</tspan></text></svg>"
).encode()


def build_pdf() -> bytes:
    parts, out = (
        [
            b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
            b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n",
            b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>\nendobj\n",
        ],
        b"%PDF-1.4\n",
    )
    places = []
    for part in parts:
        places.append(len(out))
        out += part
    table = len(out)
    return (
        out
        + b"xref\n0 4\n0000000000 65535 f \n"
        + b"".join(b"%010d 00000 n \n" % place for place in places)
        + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table
    )


IMAGES = {"png": build_png(), "svg": SVG, "pdf": build_pdf()}


def build_sealed_image(form: str) -> bytes:
    shown = load_export("women")
    return image_metadata.embed_seal(IMAGES[form], seal.build_image_seal(shown.seal, shown.table))
