"""What leaves the dashboard holds the figures of the view, says where they come from, and reads back in other
programs.
"""

import base64
import csv
import gzip
import hashlib
import io
import json
import random
import re
import threading
import zipfile
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from ripresa import catalogue
from ripresa.charts import bar, dot, sector_bar, small_multiples
from ripresa.charts.text_width import measure_text
from ripresa.charts.theme import get_figure_text
from ripresa.database import query as queries
from ripresa.embed import embed_page
from ripresa.exports import (
    browser_image,
    citation,
    export_table,
    formats,
    image_layout,
    image_metadata,
    image_renderer,
    links,
    seal,
    verify,
)
from ripresa.exports.export_table import COLUMNS, NUMERIC_COLUMNS
from ripresa.filter_options import build_options
from ripresa.filters import Filters, resolve_view
from ripresa.i18n import LANGS, format_value, load_strings, t, translate_fragments
from ripresa.views.components import data_table as table
from tests.conftest import absent
from tests.helpers.exporting import (
    DAY,
    SITE,
    VIEWS,
    build_figure_and_export,
    load_export,
    load_rows,
    load_view,
)

ROOT = Path(__file__).resolve().parent.parent
EACH = pytest.mark.parametrize(("topic", "level", "lang"), VIEWS)
RISKY = ("=cmd|' /C calc'!A0", "+39 02", "-1+1", "@SUM(A1)", "'quoted", "http://example.org", "\tTab")


# --- the table ---


@EACH
def test_the_flat_table_has_every_column_and_every_figure_of_the_view(topic, level, lang):
    table, shown = load_export(topic, level, lang).table, load_rows(topic, level, lang)
    assert list(table.columns) == list(COLUMNS)
    assert table["value"].tolist() == shown["value"].tolist()
    for name in ("geo", "geo_name", "period", "edition", "status", "source", "no_ci_reason"):
        assert table[name].tolist() == shown[name].tolist()
    assert table["population"].tolist() == [
        translate_fragments(text, lang, "population_") for text in shown["population"]
    ]
    assert table["n"].isna().tolist() == shown["n"].isna().tolist()
    assert table["ci_low"].isna().tolist() == shown["ci_low"].isna().tolist()
    assert (table["citations"] != "").all()
    assert (table["indicator_name"] == load_view(topic, level, lang).indicator.label[lang]).all()


def read(content: bytes, form: str) -> pd.DataFrame:
    """A file read as another program would read it, without this project's own reader."""
    if form == "csv":
        return pd.read_csv(
            io.BytesIO(content),
            dtype={name: str for name in COLUMNS if name not in NUMERIC_COLUMNS},
            keep_default_na=False,
            na_values={name: [""] for name in NUMERIC_COLUMNS},
        )
    if form == "excel":
        assert content.startswith(b"\xef\xbb\xbf")
        assert b"\r\n" in content
        return pd.read_csv(
            io.BytesIO(content),
            sep=";",
            decimal=",",
            encoding="utf-8-sig",
            dtype={name: str for name in COLUMNS if name not in NUMERIC_COLUMNS},
            keep_default_na=False,
            na_values={name: [""] for name in NUMERIC_COLUMNS},
        )
    if form == "xlsx":
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(content))
        assert not [
            cell.coordinate
            for sheet in book
            for line in sheet
            for cell in line
            if cell.data_type == "f" or cell.hyperlink
        ]
        head, *lines = book.worksheets[0].iter_rows(values_only=True)
        return pd.DataFrame(
            [["" if value is None else value for value in line] for line in lines], columns=head
        )
    if form == "parquet":
        return pd.read_parquet(io.BytesIO(content))
    if form == "json":
        return pd.DataFrame(json.loads(content)["rows"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return read(archive.read(next(name for name in archive.namelist() if name.endswith(".csv"))), "csv")


@pytest.mark.parametrize("form", formats.FORMATS)
@EACH
def test_the_file_holds_the_figures_of_the_view(form, topic, level, lang):
    table = load_export(topic, level, lang).table
    found = read(formats.build_file(load_export(topic, level, lang), form), form)
    assert list(found.columns) == list(COLUMNS)
    for name in NUMERIC_COLUMNS:
        numbers = pd.to_numeric(found[name])
        assert [None if pd.isna(value) else float(value) for value in numbers] == [
            None if pd.isna(value) else float(value) for value in table[name]
        ]
    plain = (
        (lambda text: seal.unescape_formula(text))
        if form in ("csv", "excel", "xlsx", "zip")
        else (lambda text: text)
    )
    for name in (
        "geo",
        "geo_name",
        "sector_name",
        "period",
        "size",
        "flags",
        "population",
        "source_name",
        "citations",
        "check",
        "sample_size_note",
    ):
        assert [" ".join(plain(text).split()) for text in found[name]] == [
            " ".join(text.split()) for text in table[name]
        ]


@pytest.mark.parametrize("form", formats.FORMATS)
def test_a_file_is_the_same_bytes_each_time(form):
    shown = export_table.build_export(load_rows("closures"), load_view("closures"), SITE, DAY)
    assert formats.build_file(shown, form) == formats.build_file(load_export("closures"), form)


@pytest.fixture(scope="module")
def risky():
    """An export whose texts a spreadsheet would run."""
    found = load_rows("closures").copy()
    for name in ("geo_name", "population", "sample_size_note"):
        found[name] = [RISKY[place % len(RISKY)] for place in range(len(found))]
    return export_table.build_export(found, load_view("closures"), SITE, DAY)


@pytest.mark.parametrize("form", ["csv", "excel", "xlsx", "zip"])
def test_no_cell_of_a_spreadsheet_starts_a_formula(form, risky):
    found = read(formats.build_file(risky, form), form)
    texts = [str(text) for name in COLUMNS if name not in NUMERIC_COLUMNS for text in found[name] if text]
    assert not [text for text in texts if re.match(r"[=+\-@\t\r]", text)]
    assert "'=cmd|' /C calc'!A0" in texts
    assert "''quoted" in texts
    assert verify.verify_file(formats.build_file(risky, form)).state == "current"


def test_codes_that_excel_would_turn_into_dates_are_kept_as_text_in_its_csv():
    shown = load_export("digital_sales", "europe")
    assert b";'10-49;" in formats.build_file(shown, "excel")
    assert b",10-49," in formats.build_file(shown, "csv")


def test_a_missing_figure_is_an_empty_cell_and_null():
    shown = load_export("closures")
    line = next(csv.DictReader(io.StringIO(formats.build_file(shown, "csv").decode())))
    assert (line["ci_low"], line["n"], line["no_ci_reason"]) == ("", "", "register")
    assert json.loads(formats.build_file(shown, "json"))["rows"][0]["ci_low"] is None


def test_file_names_say_indicator_area_period_language_and_version():
    version = queries.get_data_version()
    assert (
        formats.build_file_name(load_rows("closures"), load_view("closures"), version, "xlsx")
        == f"death_rate_italy_2024_it_{version}.xlsx"
    )
    chosen = resolve_view(Filters(lang="en", geo=("ITC4", "ITI4")), "closures")
    assert (
        formats.build_file_name(load_rows("closures"), chosen, version, "svg")
        == f"death_rate_ITC4-ITI4_2024_en_{version}.svg"
    )
    found = queries.run_query("trend", **chosen.breakdown, geos=chosen.geo, lang="en")
    assert (
        formats.build_file_name(found, chosen, version, "csv")
        == f"death_rate_ITC4-ITI4_2019-2024_en_{version}.csv"
    )
    waves = resolve_view(Filters(lang="en", level="world", indicator="closure_rate"), "closures")
    assert re.fullmatch(
        r"[A-Za-z0-9_.+-]+",
        formats.build_file_name(queries.run_query("map", **waves.query_parameters), waves, version, "excel"),
    )


@pytest.mark.parametrize("lang", catalogue.LANGS)
@pytest.mark.parametrize("topic", catalogue.load_topics())
def test_the_zip_is_a_valid_data_package_with_a_readme_in_both_languages(topic, lang, tmp_path):
    frictionless = pytest.importorskip("frictionless")
    shown = load_export(topic, lang=lang)
    with zipfile.ZipFile(io.BytesIO(formats.build_file(shown, "zip"))) as archive:
        archive.extractall(tmp_path)
    report = frictionless.Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    described = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert described["version"] == shown.version
    assert described["sources"]
    assert described["licenses"]
    assert described["contributors"][-1]["title"] == "Ripresa digitale"
    for name, words in (("README.md", "en"), ("LEGGIMI.md", "it")):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert shown.view.indicator.description[words] in text
        assert shown.permalink in text
        assert citation.format_citation(shown, words) in text
        assert all(f"`{column}`" in text for column in COLUMNS)


@pytest.mark.parametrize(
    ("lang", "terms"), [("it", "Condizioni dei rapporti di Facebook"), ("en", "Report terms of Facebook")]
)
def test_terms_of_reuse_are_in_the_language_of_the_file(lang, terms):
    shown = load_export("closures", "world", lang)
    described = formats.build_datapackage(shown, "x.csv", b"")
    told = [
        formats.build_metadata(shown)["licence"],
        described["licenses"][0]["title"],
        formats.render_readme(shown, lang, "x"),
        shown.text.source,
        json.loads(formats.write_csvw_metadata(shown, "x.csv"))["dc:license"],
        citation.format_ris(shown),
    ]
    assert all(terms in words for words in told), told


@pytest.mark.parametrize(
    ("topic", "level", "italian", "english"),
    [
        (
            "closures",
            "italy",
            "Demografia d'impresa 2019-2024 (tavola 4) (scaricato il 2026-07-18)",
            "Demografia d'impresa 2019-2024 (table 4) (downloaded 2026-07-18)",
        ),
        ("closures", "world", "(2020-07 (data dedotta))", "(2020-07 (inferred))"),
    ],
)
def test_what_a_file_says_of_a_document_is_in_its_language(topic, level, italian, english):
    told = {lang: "\n".join(load_export(topic, level, lang).table["citations"]) for lang in LANGS}
    assert italian in told["it"]
    assert english in told["en"]
    assert italian not in told["en"]
    assert not re.search(
        r"\b(downloaded|snapshot|inferred|stored copy|table 4)\b", re.sub(r"https?://\S+", "", told["it"])
    )
    assert re.findall(r"https?://\S+", told["it"]) == re.findall(r"https?://\S+", told["en"])


with queries.open_cursor() as (_own, _):
    BASES = sorted(
        population
        for (population,) in _own.execute(
            "select population from observations union select population from observations_labelled"
        ).fetchall()
    )
POPULATIONS = {
    entry["en"]: entry["it"] for key, entry in load_strings().items() if key.startswith("population_")
}
CODE = r"(?:bd_\w+ )?(?:E_\w+|V\d+|ENT_\w+)"  # of Eurostat, the same in every language


@pytest.mark.parametrize("base", BASES)
def test_every_phrase_of_every_population_has_its_italian(base):
    own = "|".join(map(re.escape, sorted(POPULATIONS.values(), key=len, reverse=True)))
    part = f"(?:{own}|{CODE})"
    assert re.fullmatch(
        rf"{part}(?: \({part}\))*(?:; {part}(?: \({part}\))*)*",
        translate_fragments(base, "it", "population_"),
    ), "data/locales/interface.toml: a phrase has no [population_...] of its own"
    assert translate_fragments(base, "en", "population_") == base


def test_every_population_with_words_is_one_of_the_data():
    assert not [english for english in POPULATIONS if not any(english in base for base in BASES)]


@pytest.mark.parametrize(
    ("base", "italian"),
    [
        (
            "enterprises of that size; E_AWSELL; survey year (sales refer to previous calendar year)",
            "imprese di quella classe di addetti; E_AWSELL; anno dell'indagine (le vendite sono "
            "dell'anno solare precedente)",
        ),
        (
            "micro-businesses (owned and run by one person) on Facebook (50+ countries)",
            "microimprese (di una sola persona che le possiede e le gestisce) su Facebook (almeno 50 paesi)",
        ),
        (
            "men-led SMBs on Facebook; rounded in the source",
            "PMI su Facebook guidate da uomini; arrotondato nella fonte",
        ),
        ("shops of active enterprises (Europe)", "shops of active enterprises (Europa)"),
        ("turnover of turnover", "turnover of turnover"),
        ("=1+1", "=1+1"),
        ("", ""),
    ],
)
def test_a_population_is_told_phrase_by_phrase_and_an_unknown_phrase_stays_whole(base, italian):
    assert translate_fragments(base, "it", "population_") == italian
    assert translate_fragments(base, "it") == base, (
        "the title of a document is not touched by the words of a population"
    )


@pytest.mark.parametrize(
    ("lang", "base"), [("it", "imprese attive; V97030"), ("en", "active enterprises; V97030")]
)
def test_a_file_of_a_page_says_the_population_in_its_language(lang, base):
    shown = queries.run_query(
        "table",
        **load_view("closures", "europe", lang, sector="G").breakdown,
        level="europe",
        geos=("DEU",),
        lang=lang,
    )
    found = pd.read_csv(io.BytesIO(table.build_observations_csv(shown, lang)))
    assert base in set(found["population"])
    assert set(found["data_version"]) == {queries.get_data_version()}
    assert "active enterprises; V97030" in set(shown["population"])


# --- citations and links ---


@EACH
def test_a_citation_names_the_publisher_first_and_us_second(topic, level, lang):
    shown = load_export(topic, level, lang)
    text = citation.format_citation(shown)
    publisher = translate_fragments(shown.sources[0].publisher, lang)
    assert text.startswith(publisher)
    assert text.index("Ripresa digitale") > len(publisher)
    assert shown.version in text
    assert shown.permalink in text
    assert "2026" in text
    assert shown.view.indicator.label[lang] in text
    assert (
        text.split("Ripresa digitale")[0]
        != citation.format_citation(shown, "en" if lang == "it" else "it").split("Ripresa digitale")[0]
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("it", "(tasso di mortalità), Commercio all'ingrosso"),
        ("en", "(death rate), Wholesale and retail trade"),
    ],
)
def test_what_is_of_one_sector_says_so_wherever_it_goes(lang, said):
    chosen = resolve_view(Filters(lang=lang, level="europe", indicator="death_rate", sector="G"), "closures")
    shown = export_table.build_export(queries.run_query("map", **chosen.query_parameters), chosen, SITE, DAY)
    whole = load_export("closures", "europe", lang)
    for text in (
        citation.format_citation(shown),
        citation.format_bibtex(shown),
        citation.format_ris(shown),
        formats.render_readme(shown, lang, "x"),
        embed_page.build_iframe_code(chosen, SITE),
    ):
        assert said in unescape(" ".join(text.split()))
    assert said not in embed_page.build_iframe_code(chosen, SITE, figure="heat")
    assert said not in citation.format_citation(whole)
    assert f"_G_europe_2020_{lang}_" in formats.build_file_name(shown.table, chosen, shown.version, "csv")
    assert "_G_" not in formats.build_file_name(whole.table, whole.view, whole.version, "csv")
    assert (
        {"it": ", commercio: da ", "en": ", trade: from "}[lang]
        in shown.text.title
        == formats.build_metadata(shown)["title"]
    )


@pytest.mark.parametrize(
    ("lang", "all_", "some"),
    [
        ("it", "2024 (provvisorio)", "2019 – 2024 (in parte provvisori)"),
        ("en", "2024 (provisional)", "2019 – 2024 (partly provisional)"),
    ],
)
def test_a_citation_says_what_is_provisional(lang, all_, some):
    shown = load_export("closures", "italy", lang)
    line = export_table.build_export(
        queries.run_query("trend", **shown.view.breakdown, geos=("ITA",), lang=lang), shown.view, SITE, DAY
    )
    settled = export_table.build_export(
        queries.run_query("map", **shown.view.query_parameters | {"period": "2023"}),
        replace(shown.view, period="2023"),
        SITE,
        DAY,
    )
    assert all_ in citation.format_citation(shown)
    assert all_ in citation.format_bibtex(shown)
    assert some in citation.format_ris(line)
    assert "provvisor" not in citation.format_citation(settled)
    assert "provisional" not in citation.format_citation(settled)


def test_bibtex_and_ris_are_well_formed():
    shown = load_export("women", lang="en")
    entry = citation.format_bibtex(shown)
    bare = re.sub(r"\\[{}]", "", entry)
    assert bare.count("{") == bare.count("}")
    assert entry.startswith("@misc{ripresa_")
    assert "{Ripresa digitale}}" in entry
    assert shown.version in entry
    lines = citation.format_ris(shown).split("\r\n")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in lines if line)
    assert [line[:2] for line in lines if line][:: len([line for line in lines if line]) - 1] == [
        "TY",
        "ER",
    ]
    assert "AU  - Ripresa digitale" in lines


def test_a_random_walk_of_200_views_goes_to_its_addresses_and_back():
    random_, shown, walked = random.Random(4), resolve_view(Filters(), "closures"), 0
    while walked < 200:
        if random_.random() < 0.15:
            shown = resolve_view(
                Filters(lang=random_.choice(catalogue.LANGS)), random_.choice(sorted(catalogue.load_topics()))
            )
        offered = build_options(shown)
        name, choices = random_.choice(
            [
                ("level", offered.levels),
                ("indicator", offered.indicators),
                ("sector", offered.sectors),
                ("gender", offered.genders),
                ("size", offered.sizes),
                ("period", offered.periods),
                ("geo", offered.areas),
            ]
        )
        codes = [option.code for option in choices if option.available]
        if not codes:
            continue
        chosen = (
            tuple(random_.sample(codes, min(len(codes), random_.randint(1, 4))))
            if name == "geo"
            else random_.choice(codes)
        )
        shown = resolve_view(replace(links.to_filters(shown), **{name: chosen}), shown.topic)
        walked += 1
        for address in (
            links.get_permalink_parameters(shown, "0123456789ab"),
            links.get_short_parameters(shown),
        ):
            again = resolve_view(Filters.from_url_parameters(address), shown.topic)
            assert links.is_same_view(again, shown), address


def test_a_cited_link_says_every_choice_and_the_version_and_a_plain_one_as_little_as_it_can():
    shown = load_view("closures")
    assert links.build_page_url(SITE, shown, links.get_short_parameters(shown)) == f"{SITE}/closures?lang=it"
    assert set(links.get_permalink_parameters(shown, "abc")) == {
        "lang",
        "level",
        "indicator",
        "sector",
        "gender",
        "size",
        "period",
        "version",
    }


# --- figures ---

KINDS = [
    ("map", "closures", "italy"),
    ("bars", "closures", "italy"),
    ("trend", "closures", "italy"),
    ("tiles", "women", "italy"),
    ("map", "closures", "europe"),
    ("map", "women", "world"),
    ("dots", "closures", "world"),
    ("bars", "digital_sales", "europe"),
    ("trend", "closures", "europe"),
]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("lang", catalogue.LANGS)
@pytest.mark.parametrize("size", image_layout.IMAGE_SIZES)
@pytest.mark.parametrize(("kind", "topic", "level"), KINDS)
def test_the_words_of_a_figure_are_in_it_and_fit(kind, topic, level, size, lang):
    shown, taken = build_figure_and_export(kind, topic, level, lang)
    ready = image_layout.build_image_figure(shown, taken, size)
    before = len(shown.layout.annotations)
    notes = ready.layout.annotations[before:]
    inside = (
        squeezed("".join(note.text for note in notes))
        .replace("<br>", "")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
    )
    for text in (item for said in image_layout.build_image_text(taken).values() for item in said):
        assert squeezed(text) in inside
    assert taken.version in inside
    assert squeezed(taken.short_link) in inside
    wide, tall, margin = ready.layout.width, ready.layout.height, ready.layout.margin
    if (frame_ := image_layout.IMAGE_SIZES[size]).height:
        assert [int(pixels * image_layout.get_image_scale(ready, size)) for pixels in (wide, tall)] == [
            frame_.width * frame_.scale,
            frame_.height * frame_.scale,
        ]
    spans = []
    for note in notes:
        lines = note.text.removeprefix("<b>").removesuffix("</b>").split("<br>")
        left = margin.l + note.xshift
        assert left >= 0
        assert (
            left + max(measure_text(line, note.font.size, note.text.startswith("<b>")) for line in lines)
            <= wide
        )
        height = len(lines) * image_layout.LINE_HEIGHT * note.font.size
        top = margin.t - note.yshift if note.y == 1 else tall - margin.b - note.yshift - height
        assert top >= 0
        assert top + height <= tall + 1
        spans.append((top, top + height))
    spans.sort()
    assert all(below[0] >= above[1] - 1 for above, below in pairwise(spans)), "words cover one another"
    assert tall - margin.t - margin.b > 100


def test_the_figure_on_the_screen_is_left_as_it_was():
    shown, taken = build_figure_and_export("bars", "closures", "italy")
    before = shown.to_json()
    image_layout.build_image_figure(shown, taken, "square")
    assert shown.to_json() == before


def test_long_words_are_broken_and_none_is_lost():
    text = "Fonte: https://example.org/" + "a" * 90 + "?b=" + "c" * 40 + " fine"
    lines = image_layout.wrap_text(text, 200, 12)
    assert squeezed("".join(lines)) == squeezed(text)
    assert all(measure_text(line, 12) <= 200 for line in lines)


def test_where_there_is_no_browser_a_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(image_renderer, "find_browser", lambda: "")
    shown, taken = build_figure_and_export("bars", "closures", "italy")
    with pytest.raises(image_renderer.RenderError) as fault:
        image_renderer.render_image(shown, taken, "png")
    assert "Chromium" in fault.value.format_message("it")
    assert "print the page" in fault.value.format_message("en")


@pytest.fixture(scope="module")
def browser():
    """A Chrome for the server's own images, closed at the end."""
    if not image_renderer.find_browser():
        absent("BROWSER", "No Chrome or Chromium, or no kaleido: images drawn on the server are not tested")
    yield
    image_renderer.close_browser()


@pytest.mark.parametrize("lang", catalogue.LANGS)
@pytest.mark.parametrize("topic", catalogue.load_topics())
def test_a_rendered_svg_says_everything_in_its_text_and_verifies(topic, lang, browser):
    kind = {"map": "map", "dots": "dots"}.get(load_view(topic, lang=lang).chart, "trend")
    shown, taken = build_figure_and_export(kind, topic, lang=lang)
    image = image_renderer.render_image(shown, taken, "svg", "web")
    said = squeezed("".join(image_metadata.extract_svg_texts(image)))
    for text in (item for items in image_layout.build_image_text(taken).values() for item in items):
        assert squeezed(text) in said
    verdict = verify.verify_file(image, "figure.svg")
    assert (verdict.state, verdict.findings) == ("current", ())


def test_rendered_images_have_the_pixels_of_their_size_and_verify(browser):
    shown, taken = build_figure_and_export("map", "closures", "italy")
    png = image_renderer.render_image(shown, taken, "png", "web")
    wide, tall = (int.from_bytes(png[place : place + 4]) for place in (16, 20))
    assert (wide, tall) == (2400, 1350)
    pdf = image_renderer.render_image(shown, taken, "pdf", "print")
    assert [verify.verify_file(image).state for image in (png, pdf)] == [
        "current",
        "current",
    ]
    assert pdf.startswith(b"%PDF")


def test_a_browser_that_died_is_started_again(browser):
    shown, taken = build_figure_and_export("bars", "closures", "italy")
    image_renderer.render_image(shown, taken, "svg")
    image_renderer._RENDERER._browser.subprocess.kill()
    assert verify.verify_file(image_renderer.render_image(shown, taken, "svg")).state == "current"


@pytest.mark.parametrize("size", image_layout.IMAGE_SIZES)
def test_nothing_is_clipped_in_a_rendered_figure(size, browser, chromium, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    chosen = resolve_view(Filters(lang="it", level="europe", sector="F"), "closures")
    by_sector = queries.run_query("by_sector", **{**chosen.query_parameters, "geo": "ITA", "geos": ("ITA",)})
    trends = queries.run_query(
        "trend",
        **load_view("closures").breakdown,
        geos=("ITA", "ITC1", "ITC4", "ITF3", "ITG1", "ITH5", "ITI4"),
        lang="it",
    )
    extra = [
        (small_multiples.build_small_multiples(trends, load_view("closures")), trends),
        (
            dot.build_dot_plot(load_rows("closures", "world"), load_view("closures", "world")),
            load_rows("closures", "world"),
        ),
        (
            bar.build_bar_chart(load_rows("women", "world"), load_view("women", "world")),
            load_rows("women", "world"),
        ),
        (sector_bar.build_sector_bar_chart(by_sector, chosen), by_sector),
    ]
    cases = [build_figure_and_export(*case) for case in KINDS] + [
        (
            shown,
            export_table.build_export(
                found,
                chosen if found is by_sector else load_view("closures"),
                SITE,
                DAY,
                get_figure_text(shown),
            ),
        )
        for shown, found in extra
        if len(found) and shown.data
    ]
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened.new_page()
        for place, (shown, taken) in enumerate(cases if size == "web" else cases[::2]):
            path = tmp_path / f"{place}.svg"
            path.write_bytes(image_renderer.render_image(shown, taken, "svg", size))
            page.goto(path.as_uri())
            outside = page.evaluate("""() => {
                const svg = document.documentElement;
                const [, , w, h] = svg.getAttribute('viewBox').split(' ').map(Number);
                const scale = svg.getBoundingClientRect().width / w;
                return [...document.querySelectorAll('text')].filter(text => text.textContent.trim())
                    .map(text => [text.textContent, text.getBoundingClientRect()])
                    .filter(([, box]) => box.width && (box.left < -1 || box.top < -1
                        || box.right > w * scale + 1 || box.bottom > h * scale + 1))
                    .map(([words, box]) => [words, box.left, box.top, box.right, box.bottom]);
            }""")
            assert outside == [], (place, size)
        opened.close()


@pytest.mark.parametrize("form", browser_image.IMAGE_FORMATS)
def test_the_chart_s_own_camera_saves_a_sealed_figure_without_a_network(form, chromium, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    plotly = Path(pytest.importorskip("plotly").__file__).parent / "package_data" / "plotly.min.js"
    shown, taken = build_figure_and_export("trend", "closures", "italy")
    page_ = tmp_path / "page.html"
    page_.write_text(
        f"""<!doctype html><meta charset="utf-8"><script src="{plotly.as_uri()}"></script>
        <div id="chart"></div>{browser_image.render_save_buttons("chart", shown, taken)}
        {browser_image.load_script()}
        <script>const f = {shown.to_json()}; Plotly.newPlot("chart", f.data, f.layout)</script>""",
        encoding="utf-8",
    )
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened.new_page()
        page.route(re.compile("^https?://"), lambda route: route.abort())
        page.goto(page_.as_uri())
        page.wait_for_selector("#chart .modebar", state="attached")
        for press in (f"button[data-form={form}][data-size=square]", "#chart .modebar-btn"):
            with page.expect_download() as download:
                page.click(press, force=True)
            got = tmp_path / download.value.suggested_filename
            download.value.save_as(got)
            expected = form if press.startswith("button") else "png"
            assert got.name == f"{formats.build_file_stem(taken.table, taken.view, taken.version)}.{expected}"
            assert verify.verify_file(got).state == "current"
            if expected == "png":
                assert [int.from_bytes(got.read_bytes()[place : place + 4]) for place in (16, 20)] == (
                    [2160, 2160] if press.startswith("button") else [2400, 1350]
                )
            if expected == "svg":
                said = squeezed("".join(image_metadata.extract_svg_texts(got.read_bytes())))
                assert all(
                    squeezed(text) in said
                    for items in image_layout.build_image_text(taken).values()
                    for text in items
                )
        assert page.evaluate("document.getElementById('chart').layout.height") == shown.layout.height
        opened.close()


def test_the_camera_s_script_holds_nothing_that_streamlit_would_drop():
    text = browser_image.load_script().removeprefix("<script>").removesuffix("</script>")
    assert not re.search(r"<[/\w!]", text)


# --- embeds ---


class Page(HTMLParser):
    """The tags of a page, and the addresses in them."""

    def __init__(self, body: str):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(body)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [
            (tag, value)
            for name, value in attrs
            if name in ("src", "href", "action", "data", "poster", "srcset")
            and not (value or "").startswith("#")
        ]


@pytest.mark.parametrize("id", catalogue.load_indicators())
def test_an_embed_of_any_indicator_has_no_address_but_the_link_home_and_weighs_little(id):
    for lang in catalogue.LANGS:
        answer = embed_page.build_response(id, {"lang": lang}, site=SITE)
        page = Page(answer.body.decode())
        assert answer.status == 200
        assert f'<html lang="{lang}"' in answer.body.decode()
        assert all(tag == "a" and address.startswith(SITE) for tag, address in page.addresses)
        assert len(answer.body) < 80_000
        assert not re.findall(
            r"url\((?!#)|@import|//(?!pmi\.example\.org)",
            re.sub(r"<style>[^<]*sans-serif", "", answer.body.decode()).replace("(()=>", ""),
        )
        assert page.tags.count("script") == 1
        assert "table" in page.tags
        assert "style=" not in answer.body.decode().split("</style>", 1)[1]


def test_an_embed_asked_again_is_a_304():
    first = embed_page.build_response("death_rate", {"lang": "it"})
    again = embed_page.build_response(
        "death_rate", {"lang": ["it"]}, if_none_match=f'W/{first.headers["ETag"]}, "other"'
    )
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "max-age" in first.headers["Cache-Control"]
    assert (
        embed_page.build_response("death_rate", {"lang": "en"}, if_none_match=first.headers["ETag"]).status
        == 200
    )


def test_the_policy_of_an_embed_allows_its_own_style_and_script_only():
    answer = embed_page.build_response("death_rate", {})
    policy, body = answer.headers["Content-Security-Policy"], answer.body.decode()
    for part in [
        *re.findall(r"<style>(.*?)</style>", body, re.DOTALL),
        *re.findall(r"<script>(.*?)</script>", body, re.DOTALL),
    ]:
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("form-action 'none'")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"lang": "xx", "geo": "<script>"},
        {"figure": "pie", "theme": "pink"},
        {"period": "' or 1=1"},
        {"geo": ["ITC4"] * 900},
        {"version": "../../etc/passwd"},
    ],
)
def test_an_embed_never_fails_and_never_repeats_what_it_was_told(query):
    answer = embed_page.build_response("death_rate", query)
    assert answer.status in (200, 404)
    assert b"<script>(" in answer.body
    assert b"1=1" not in answer.body
    assert answer.body.count(b"<script") == 1


@pytest.mark.parametrize("lang", LANGS)
def test_an_embed_says_what_of_its_address_it_ignored(lang):
    asked = {"lang": lang, "period": "1850", "geo": ["ZZZ", "ITC4"], "figure": "zz"}
    said = {
        name: embed_page.build_response("death_rate", {"lang": lang} | given).body.decode()
        for name, given in {"wrong": asked, "right": {"period": "2023", "geo": "ITC4"}}.items()
    }
    sentence = t("dropped", lang, what="geo, period, figure")
    assert sentence in unescape(said["wrong"])
    assert "1850" not in said["wrong"]
    assert t("dropped", lang, what="")[:30] not in said["right"]


def test_an_embed_of_nothing_is_a_404_in_words():
    answer = embed_page.build_response("<b>no such</b>", {"lang": "en"})
    assert answer.status == 404
    assert "No indicator is called “&lt;b&gt;no such" in answer.body.decode()
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_embed_shows_the_figures_of_the_view():
    body = embed_page.build_response("death_rate", {"lang": "it", "figure": "bars"}).body.decode()
    for row in load_rows("closures").itertuples():
        assert format_value(row.value, "percent", 1, "it") in body
    assert "versione dei dati " + queries.get_data_version() in body


@pytest.mark.parametrize(
    ("level", "geo", "name", "many"), [("italy", [], "Italy", 8), ("europe", ["DEU"], "Germany", 12)]
)
def test_an_embed_of_sectors_names_the_area_and_has_each_sector_with_its_figure(level, geo, name, many):
    asked = {"lang": "en", "level": level, "geo": geo, "figure": "sectors"}
    answer = embed_page.build_response("death_rate", asked)
    body = answer.body.decode()
    found = re.findall(r"<li[^>]*><span>([^<]*)</span><svg.*?<b>([^<]*)</b>", body)
    known = {
        row.sector_short or row.sector_name: row.value
        for row in queries.run_query(
            "by_sector",
            **resolve_view(Filters(lang="en", level=level, geo=tuple(geo)), "closures").query_parameters,
            geo=(geo or ["ITA"])[0],
        ).itertuples()
    }
    assert len(found) >= many
    assert all(
        number == format_value(known[unescape(sector)], "percent", 1, "en") for sector, number in found
    )
    assert re.search(rf"<figcaption><h1>[^<]*</h1><p>{name} · ", body)
    assert "Source: " in body
    assert len(gzip.compress(answer.body)) < 8_000
    assert (
        embed_page.build_response("death_rate", asked | {"version": queries.get_data_version()}).status == 200
    )


@pytest.mark.parametrize("lang", LANGS)
def test_an_embed_of_leaders_has_women_and_men_of_each_case(lang):
    answer = embed_page.build_response("closure_rate", {"lang": lang, "figure": "leaders"})
    body = answer.body.decode()
    known = queries.run_query("by_gender", indicator="closure_rate", sector="all", size="all", lang=lang)
    for gender, mark in (("female", "●"), ("male", "■")):
        told = re.findall(rf"{mark} ([^<■]+?)(?: ■|</b>)", body)
        assert sorted(told) == sorted(
            format_value(value, "percent", 0, lang) for value in known[known["gender"] == gender]["value"]
        )
    assert t("column_gender_name", lang) in body
    assert body.count('<circle class="w"') == body.count('<rect class="m"') == len(known) / 2 > 3
    assert (
        embed_page.build_response(
            "closure_rate", {"lang": lang, "figure": "leaders", "version": queries.get_data_version()}
        ).status
        == 200
    )
    assert embed_page.build_response("death_rate", {"figure": "leaders"}).status == 200, (
        "none tells them apart: a sentence"
    )


def test_an_embed_of_areas_by_sectors_has_the_figure_of_each_cell_on_the_colour_of_its_class():
    body = embed_page.build_response(
        "gva_change_vs_2019", {"lang": "en", "level": "italy", "figure": "heat"}
    ).body.decode()
    known = queries.run_query(
        "area_sector",
        **resolve_view(
            Filters(lang="en", level="italy", indicator="gva_change_vs_2019"), "profits"
        ).query_parameters,
    )
    table = body.partition('<table class="heat">')[2].partition("</table>")[0]
    lines = {
        unescape(line.partition("</th>")[0]): re.findall(r'<td class="c(\d) t(\d)">([^<]*)</td>', line)
        for line in table.split('<th scope="row">')[1:]
    }
    lombardy = known[known["geo"] == "ITC4"]
    assert len(lines) == 22
    assert [number for *_, number in lines["Lombardy"]] == [
        format_value(value, "percent_change", 1, "en").rstrip("%") for value in lombardy["value"]
    ][:4]
    assert all(ground == ink for line in lines.values() for ground, ink, _ in line)
    assert ".heat .c0{background:var(--c0)}" in body
    assert "--c0:" in body


def test_an_embed_of_a_comparison_has_the_areas_compared_alone_and_leads_to_their_page():
    lines = embed_page.build_response(
        "death_rate", {"lang": "en", "level": "italy", "geo": ["ITC4", "ITI4"], "figure": "compared"}
    ).body.decode()
    assert re.findall(r"</svg> (\w+) <b>", lines) == ["Lombardy", "Lazio"]
    assert "/compare?lang=en&amp;geo=ITC4&amp;geo=ITI4&amp;indicator=death_rate" in lines
    one = embed_page.build_response(
        "innovative_startups_female_majority_share",
        {"lang": "en", "level": "italy", "geo": ["ITC4", "ITI4"], "period": "2025-05", "figure": "compared"},
    ).body.decode()
    assert re.findall(r'<li class="on"><span>(\w+)</span>', one) == ["Lazio", "Lombardy"]
    assert "Italy" not in one
    assert embed_page.build_response("death_rate", {"figure": "compared"}).status == 200


def test_the_number_of_liguria_stands_at_sea_in_the_embed_as_on_the_page():
    body = embed_page.build_response(
        "death_rate", {"lang": "en", "level": "italy", "period": "2024"}
    ).body.decode()
    assert '<text class="sea" x="84" y="177">6.3</text>' in body
    assert ".sea{fill:var(--ink)}" in body


def test_the_code_to_copy_opens_the_same_view_and_its_frame_grows():
    chosen = resolve_view(Filters(lang="en", geo=("ITC4",), indicator="birth_rate"), "closures")
    code = embed_page.build_iframe_code(chosen, SITE, figure="bars")
    source = re.search(r'src="([^"]+)"', code)[1].replace("&amp;", "&")
    path, _, query = source.partition("?")
    assert path == f"{SITE}/embed/v1/birth_rate"
    asked = dict(part.split("=") for part in query.split("&"))
    assert (
        embed_page.build_response("birth_rate", asked).body
        == embed_page.build_response("birth_rate", {"lang": "en", "geo": ["ITC4"], "figure": "bars"}).body
    )
    assert "ripresa-digitale" in code
    assert 'title="' in code


class Host(BaseHTTPRequestHandler):
    """A page that holds an embed as its readers would copy it, and the embed itself."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, int]]] = []

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/":
            answer = embed_page.EmbedResponse(
                200,
                {"Content-Type": "text/html; charset=utf-8"},
                ("<!doctype html><title>Host</title>" + self.server.code).encode(),
            )
        else:
            answer = embed_page.build_response(
                asked.path.removeprefix(embed_page.EMBED_PATH),
                parse_qs(asked.query),
                self.headers.get("If-None-Match", ""),
                site=self.server.site,
            )
            self.seen.append((asked.path, answer.status))
        self.send_response(answer.status)
        for name, value in {
            **answer.headers,
            "Cache-Control": "no-cache",
        }.items():  # ask again at once, so that the test need not wait
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


def test_an_embed_paints_in_an_iframe_with_other_hosts_blocked_grows_and_is_a_304_the_second_time(chromium):
    playwright = pytest.importorskip("playwright.sync_api")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.site = f"http://127.0.0.1:{server.server_port}"
    server.code = embed_page.build_iframe_code(load_view("closures", lang="en"), server.site)
    Host.seen.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with playwright.sync_playwright() as driver:
            opened = driver.chromium.launch(
                executable_path=chromium,
                args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
            )
            page, asked, troubles = opened.new_page(viewport={"width": 700, "height": 900}), [], []
            page.on(
                "request", lambda request: asked.append(request.url)
            )  # to route would switch the browser's cache off
            page.on(
                "console",
                lambda message: (
                    troubles.append(message.text)
                    if "favicon" not in message.text and "404" not in message.text
                    else None
                ),
            )
            page.goto(server.site + "/")
            frame_ = page.frame_locator("iframe")
            frame_.locator("path.c0").first.wait_for(state="attached")
            assert frame_.locator("svg.map path, svg.map use").count() >= 21
            assert frame_.locator("svg.map path.c1").first.evaluate(
                "area => getComputedStyle(area).fill"
            ) not in ("rgb(0, 0, 0)", "none")
            page.wait_for_function(
                f"document.querySelector('iframe').height != {re.search('height=.([0-9]+)', server.code)[1]}"
            )
            tall = int(page.locator("iframe").get_attribute("height"))
            assert (
                abs(tall - frame_.locator("body").evaluate("body => body.getBoundingClientRect().height"))
                <= 2
            )
            frame_.locator("summary").click()
            page.wait_for_function(f"document.querySelector('iframe').height > {tall + 200}")
            page.goto("about:blank")
            page.goto(server.site + "/")
            frame_.locator("path.c0").first.wait_for(state="attached")
            opened.close()
        assert [status for path, status in Host.seen if path.startswith(embed_page.EMBED_PATH)] == [200, 304]
        assert all(address.startswith(server.site) for address in asked)
        assert not troubles
    finally:
        server.shutdown()


TALL = [
    ("innovative_startups_female_majority_share", "italy", "map"),
    ("firms_woman_top_manager", "europe", "bars"),
    ("death_rate", "italy", "bars"),
    ("firms_woman_top_manager", "world", "map"),
    ("lower_sales_yoy", "world", "dots"),
    ("closure_gender_gap_female_minus_male", "world", "trend"),
    ("gva_real_change_vs_2019", "italy", "sectors"),
    ("closure_rate", "world", "leaders"),
    ("gva_change_vs_2019", "italy", "heat"),
    ("death_rate", "europe", "heat"),
    ("death_rate", "italy", "compared"),
]


@pytest.mark.parametrize("lang", LANGS)
def test_the_height_offered_holds_the_embed_and_leaves_little_blank_where_no_script_says_it(lang, chromium):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened.new_page()
        for id, level, kind in TALL:
            filters = Filters(lang=lang, level=level, indicator=id)
            shown = embed_page.render_page(embed_page.resolve_embed_view(filters, kind), figure=kind)
            body, offered = shown.html, shown.height
            page.set_viewport_size({"width": embed_page.REFERENCE_WIDTH, "height": offered})
            page.set_content(body)
            tall = page.evaluate("document.body.getBoundingClientRect().height")
            page.set_viewport_size({"width": embed_page.REFERENCE_WIDTH, "height": 2 * offered})
            assert 0 <= offered - tall < 80, (id, kind, offered, tall)
            assert page.evaluate("document.body.getBoundingClientRect().height") == tall, (
                id,
                kind,
                offered,
                tall,
            )
        opened.close()


@pytest.mark.parametrize(
    "asked", [{"geo": ()}, {"geo": ("DEU", "FRA", "ESP", "PRT", "GRC", "POL", "NLD", "BEL")}]
)
def test_the_words_of_an_embed_of_lines_stay_inside_a_narrow_frame(asked, chromium):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 390, "height": 750})
        for id, level in (("ent_with_esales", "europe"), ("lower_sales_yoy", "world")):
            page.set_content(
                embed_page.build_response(
                    id, {"lang": "it", "level": level, "figure": "trend", **asked}
                ).body.decode()
            )
            words = page.locator(".when text").evaluate_all(
                "words => words.map(word => word.getBoundingClientRect()).map(({left, right, "
                "top}) => [left, right, top])"
            )
            assert len(words) > 1, words
            assert all(0 <= left < right <= 388 for left, right, _ in words), words
            rows = [sorted(word for word in words if word[2] == top) for top in {word[2] for word in words}]
            assert all(before[1] <= after[0] for row in rows for before, after in pairwise(row)), words
        opened.close()
