"""The printed profiles: whole pages that need nothing else, two pages at most, tagged, with every value as
text.
"""

import io
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path

import httpx
import pypdf
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from ripresa import catalogue, i18n
from ripresa.cli import profile_sheets as sheets
from ripresa.database.query import get_data_version
from ripresa.i18n import format_period, format_value, t
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.profiles import area_profile, profile_html
from ripresa.profiles import pdf as printer
from ripresa.profiles import sheet_index as index
from ripresa.settings import PROFILE_SHEETS as FOLDER
from ripresa.web import middleware
from ripresa.web.profile_files import ProfileFiles

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def to_pdf(chromium, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHROMIUM", chromium)
        with printer.open_pdf_renderer() as printed:
            yield printed


def squeezed(text: str) -> str:
    """Text without spaces: where a line is broken does not matter."""
    return re.sub(r"\s+", "", text.replace("\u00ad", ""))


def structure(part) -> Iterator[dict]:
    """Every element of a tagged PDF: what a screen reader walks through."""
    part = part.get_object()
    for inside in (
        part if isinstance(part, list) else [part["/K"]] if isinstance(part, dict) and "/K" in part else []
    ):
        yield from structure(inside)
    if isinstance(part, dict) and "/S" in part:
        yield part


def values(one) -> list[str]:
    return [
        format_value(entry.row["value"], entry.indicator.unit, entry.indicator.decimals, one.lang)
        for entry in one.all_entries
    ]


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("geo", sheets.SAMPLE_AREAS)
def test_a_sheet_is_two_pages_of_real_text_tagged_with_every_value_its_sources_and_the_version(
    geo, lang, to_pdf
):
    one = area_profile.load_area_profile(geo, lang)
    pdf = pypdf.PdfReader(io.BytesIO(to_pdf(profile_html.render_sheet(one))))
    text = squeezed("".join(page.extract_text() for page in pdf.pages))
    assert len(pdf.pages) <= 2
    assert [value for value in values(one) if squeezed(value) not in text] == []
    assert squeezed(one.name) in text
    assert get_data_version() in text
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == lang
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    parts = list(structure(root["/StructTreeRoot"]))
    kinds = Counter(part["/S"] for part in parts)
    assert kinds["/H1"] == 1
    assert kinds["/H2"] == len(pdf.outline[1]) > 3
    assert kinds["/TH"] > kinds["/Table"] > 0
    assert all("/Scope" in str(part["/A"]) for part in parts if part["/S"] == "/TH")
    assert kinds["/Figure"] > 0
    assert all(part["/Alt"] for part in parts if part["/S"] == "/Figure")
    assert pdf.metadata.title == t("sheet_title", lang, name=one.name)
    assert not any(page.images for page in pdf.pages), "figures are vectors"
    assert all(
        page.mediabox.width == pytest.approx(595, abs=1) and page.mediabox.height == pytest.approx(842, abs=1)
        for page in pdf.pages
    )


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_sheet_taken_as_a_page_and_printed_by_the_reader_s_browser_is_the_same_two_pages(
    lang, chromium, tmp_path
):
    """A browser asked to print lays the page out for the paper inside its own margins, narrower than 760
    pixels: the layout of phones is not for it.
    """
    page, printed = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    page.write_text(profile_html.render_sheet(area_profile.load_area_profile("ITC4", lang)), encoding="utf-8")
    subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path / 'own'}",
            f"--print-to-pdf={printed}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    pages = pypdf.PdfReader(printed).pages
    assert len(pages) == 2
    assert all(
        t(f"profile_column_{name}", lang) in pages[0].extract_text()
        for name in ("indicator", "figure", "since", "against")
    )


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_sheet_says_the_day_of_the_data_not_of_the_print(lang):
    newest = max(source.collected for source in catalogue.load_sources().values())
    foot = t(
        "sheet_foot", lang, site=t("site", lang), version=get_data_version(), date=format_period(newest, lang)
    )
    assert foot in unescape(profile_html.render_sheet(area_profile.load_area_profile("ITF2", lang)))


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("geo", sheets.list_european_areas())
def test_every_sheet_needs_nothing_from_elsewhere_and_says_what_the_page_says(geo, lang):
    one = area_profile.load_area_profile(geo, lang)
    page = profile_html.render_sheet(one)
    assert page.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert not re.search(r'(src|href)="|url\(|@import|<script', page)
    text = re.sub(r"<[^>]*>", " ", re.sub(r"<(style|svg)\b.*?</\1>", "", page, flags=re.DOTALL))
    assert not re.search(r"\bnan\b|\bNone\b|\{\w+\}", text)
    assert page.count('role="img"') == page.count("aria-label=") - page.count('<section class="summary"')
    assert page.count('scope="row"') == len(one.all_entries)


def test_the_sheets_are_those_of_italy_its_areas_and_the_european_countries_with_figures():
    codes = sheets.list_european_areas()
    assert codes[0] == "ITA"
    assert {"ITF+ITG", "ITF2", "DEU", "TUR"} <= set(codes)
    assert "KEN" not in codes
    assert len(codes) == 26 + len(
        [
            code
            for code in codes
            if re.fullmatch("[A-Z]{3}", code) and code not in ("ITA", "ITC", "ITH", "ITI")
        ]
    )


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_index_lists_what_is_in_the_folder_by_group(lang, tmp_path):
    for code in ("ITF+ITG", "DEU"):
        (tmp_path / profile_html.build_pdf_name(code)).write_bytes(b"%PDF-")
    page = index.render_sheet_index(tmp_path, lang)
    assert re.findall(r'href="(\S+\.pdf)"', page) == ["ITF-ITG.pdf", "DEU.pdf"]
    assert f'href="../../profile?lang={lang}"' in page
    assert t("group_italy", lang) in page
    assert t("group_europe", lang) in page
    assert t("group_area", lang) not in page


@pytest.fixture
def printed():
    """A list and a sheet in the folder that is served, in a language that is none; gone again at the end."""
    there = FOLDER / "zz"
    there.mkdir(parents=True)
    (there / "index.html").write_text('<!doctype html>\n<html lang="zz"><a href="A.pdf">A</a></html>')
    (there / "A.pdf").write_bytes(b"%PDF-1.4")
    yield
    shutil.rmtree(there)
    with suppress(OSError):  # others may be there
        FOLDER.rmdir()


def test_the_sheets_are_served_as_pages_and_pdfs(site, printed):
    index = httpx.get(f"{site}/sheets/zz", follow_redirects=True)
    assert index.headers["content-type"].startswith("text/html")
    assert '<html lang="zz">' in index.text
    assert str(index.url).endswith("/sheets/zz/")
    pdf = httpx.get(index.url.join(re.findall(r'href="(.+?)"', index.text)[0]))
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content) == (
        200,
        "application/pdf",
        b"%PDF-1.4",
    )
    assert httpx.get(pdf.url, headers={"If-None-Match": pdf.headers["etag"]}).status_code == 304
    for answer in (index, pdf):
        assert (
            middleware.SECURITY_HEADERS.items()
            <= {name.title(): value for name, value in answer.headers.items()}.items()
        )
    answers = {
        path: httpx.get(f"{site}/sheets/{path}").status_code
        for path in ("zz/B.pdf", "yy/", "", "%2e%2e/geo/italy_nuts2.geojson")
    }
    assert answers == {"zz/B.pdf": 404, "yy/": 404, "": 404, "%2e%2e/geo/italy_nuts2.geojson": 400}


@pytest.mark.parametrize(
    ("asked", "browser", "lang"), [("?lang=en", "it", "en"), ("", "it-IT", "it"), ("", "en-GB", "en")]
)
def test_the_list_of_sheets_opens_in_the_visitor_s_language(site, asked, browser, lang):
    answer = httpx.get(f"{site}/sheets{asked}", headers={"Accept-Language": browser})
    assert answer.status_code == 302
    assert answer.url.join(answer.headers["location"]).path == f"/sheets/{lang}/"


def test_before_anything_is_printed_there_is_no_list(tmp_path):
    nothing = Starlette(
        routes=[Mount("/sheets", ProfileFiles(directory=tmp_path / "none", html=True, check_dir=False))]
    )
    assert TestClient(nothing).get("/sheets/it/").status_code == 404


def test_without_a_browser_it_says_what_to_install(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(printer.BrowserNotFoundError, match="install it"), printer.open_pdf_renderer():
        pass


def test_a_code_without_figures_is_named():
    said = subprocess.run(
        [sys.executable, "-m", "ripresa", "profiles", "ATLANTIS"], cwd=ROOT, capture_output=True, text=True
    )
    assert said.returncode == 2
    assert "ATLANTIS: no figures for this code" in said.stderr


def test_the_fullest_profile_leaves_the_history_of_amounts_to_the_page():
    italy = area_profile.load_area_profile("ITA", "en")
    assert len(italy.all_entries) > profile_html.DENSE_ENTRY_COUNT
    amounts = [entry for entry in italy.all_entries if entry.indicator.unit in UNITS_WITHOUT_BENCHMARK]
    assert (
        profile_html.render_compact_amounts(italy).count('scope="row"')
        == len(amounts)
        == profile_html.render_amounts(italy).count('scope="row"')
    )
