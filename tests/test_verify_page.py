"""The verify and revisions pages: the verdict on a dropped file, and a release listed with its changes."""

import csv
import re

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ripresa import i18n
from ripresa.database import query, releases
from ripresa.exports import formats
from ripresa.exports.image_renderer import IMAGE_MEDIA_TYPES
from ripresa.exports.verify import verify_file as judged
from ripresa.i18n import t
from ripresa.views.pages import verify_page
from ripresa.web import routes
from tests.helpers.app import get_html, open_page
from tests.helpers.exporting import load_export

TABLE = formats.build_file(load_export("closures", "italy", "it"), "csv")


def changed(content: bytes) -> bytes:
    """The same file with one digit of one value changed."""
    lines = content.decode().splitlines(keepends=True)
    value = list(csv.DictReader(lines))[2]["value"]
    other = value[:-1] + str((int(value[-1]) + 1) % 10)
    lines[3] = lines[3].replace(f",{value},", f",{other},", 1)
    return "".join(lines).encode()


def dropped(name: str, content: bytes, lang: str) -> str:
    """What the page says of a file."""
    visit = open_page("verify", lang=lang)
    visit.file_uploader[0].upload(name, content, "text/csv").run()
    assert not visit.exception
    return get_html(visit)


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(
    ("content", "state"),
    [(TABLE, "current"), (changed(TABLE), "altered"), (b"a,b\n1,2\n", "not_ours"), (b"", "not_ours")],
)
def test_a_file_dropped_is_judged(content, state, lang):
    page = dropped("figures.csv", content, lang)
    assert f"verdict_{state}" in page
    assert t(f"verify_state_{state}", lang) in page


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_file_without_a_seal_is_called_so(lang):
    content = (
        TestClient(Starlette(routes=routes.ROUTES))
        .get(f"/api/v1/observations?indicator=death_rate&lang={lang}&format=csv")
        .content
    )
    page = dropped("observations.csv", content, lang)
    assert t("verify_state_unsealed_current", lang) in page
    assert t("verify_means_unsealed", lang) in page


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_every_kind_of_file_that_is_read_is_named(lang):
    label = open_page("verify", lang=lang).file_uploader[0].label.lower()
    assert [
        kind for kind in (*IMAGE_MEDIA_TYPES, *formats.FORMATS) if kind not in label and kind != "xlsx"
    ] == []


def test_one_changed_digit_is_found_and_put_back():
    page = dropped("figures.csv", changed(TABLE), "it")
    assert "riga 4" in page
    assert "colonna value" in page


def test_metadata_beside_a_csv_is_read_with_it():
    found = verify_page.verify_files(
        [
            ("x.csv", TABLE),
            (
                "x.csv-metadata.json",
                formats.write_csvw_metadata(load_export("closures", "italy", "it"), "x.csv"),
            ),
        ]
    )
    assert [one.state for one in found] == ["current"]


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_before_the_first_release_the_page_says_so(lang, monkeypatch):
    monkeypatch.setattr(releases, "load_releases", lambda root=None: [])
    monkeypatch.setattr(releases, "load_revisions", lambda root=None: [])
    assert t("revisions_none", lang) in get_html(open_page("revisions", lang=lang))


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_release_is_told_with_what_it_changed(lang, monkeypatch):
    line = {
        "date": "2026-11-22",
        "version": "0000000000aa",
        "kind": "revised",
        "indicator": "death_rate",
        "geo": "ITC4",
        "sector": "all",
        "gender": "all",
        "size": "all",
        "period": "2024",
        "edition": "istat-bd",
        "old_value": "11.1",
        "new_value": "5.8",
        "observations": "1",
    }
    monkeypatch.setattr(
        releases,
        "load_releases",
        lambda root=None: [
            {"version": "0000000000aa", "date": "2026-11-22", "previous": "", "observations": "9"}
        ],
    )
    monkeypatch.setattr(releases, "load_revisions", lambda root=None: [line])
    page = get_html(open_page("revisions", lang=lang))
    assert {"it": "Lombardia", "en": "Lombardy"}[lang] in page
    assert {"it": "era 11,1%, ora 5,8%", "en": "was 11.1%, now 5.8%"}[lang] in page
    assert 'id="0000000000aa"' in page


@pytest.mark.parametrize(
    ("page", "geo"), [("data", []), ("profile", ["ITC4"]), ("compare", ["ITC4", "ITI4"])]
)
def test_the_csv_of_a_page_says_its_version_and_its_figures_are_compared(page, geo, monkeypatch):
    taken = {}
    monkeypatch.setattr(
        st,
        "download_button",
        lambda label, data, key, **given: taken.update({key: data() if callable(data) else data}),
    )
    open_page(page, lang="en", geo=geo)
    content = taken[f"{page}_csv_en"]
    verdict = judged(content)
    assert (verdict.phrase_key, verdict.version, verdict.findings) == (
        "unsealed_current",
        query.get_data_version(),
        (),
    )
    assert verdict.row_count > 20
    other = judged(re.sub(rb",(\d+\.\d+),", b",987.6,", content, count=1))
    assert other.phrase_key == "unsealed_altered"
    assert "987.6 in the file" in other.format_findings("en")[0]
