"""The private parts of Streamlit that the server relies on, each checked against the installed version.

A failure after an upgrade names the part of ours that stopped working; the fix belongs in
ripresa/views/streamlit_internals.py.
"""

from pathlib import Path

import pytest
import streamlit
from starlette.datastructures import Headers
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from streamlit import file_util, net_util
from streamlit.web import bootstrap
from streamlit.web.server import server_util
from streamlit.web.server.starlette import starlette_routes, starlette_static_routes

from ripresa.i18n import t
from ripresa.settings import LANGS
from ripresa.views import streamlit_internals

STATIC_FOLDER = Path(file_util.get_static_dir())
INDEX_HTML = (STATIC_FOLDER / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        (streamlit_internals.HTML_TAG, "the language of the page stays English for screen readers"),
        (streamlit_internals.TITLE_ELEMENT, "the title reads Streamlit until the first script has run"),
        ("<head>", "BASE_URL_SCRIPT is not inserted: the client probes /<page>/_stcore/ and gets a 404"),
        ("</head>", "the script that draws figures is not downloaded early"),
    ],
)
def test_index_html_has_each_element_that_is_rewritten_once(part, broken):
    assert INDEX_HTML.count(part) == 1, f"Streamlit {streamlit.__version__}: no single {part}: {broken}"


@pytest.mark.parametrize(
    ("pattern", "broken"),
    [
        (streamlit_internals.FONT_PRELOAD, "every visitor downloads a font that no page uses"),
        (streamlit_internals.NOSCRIPT_ELEMENT, "without JavaScript the page reads in English only"),
    ],
)
def test_index_html_matches_each_pattern_once(pattern, broken):
    matches = pattern.findall(INDEX_HTML)
    assert len(matches) == 1, f"Streamlit {streamlit.__version__}: {len(matches)} matches: {broken}"


@pytest.mark.parametrize("lang", LANGS)
def test_the_rewritten_index_html_is_in_the_language_and_does_not_name_streamlit(lang):
    html = streamlit_internals.rewrite_index_html(INDEX_HTML, lang, "/app/static/figures.js")
    assert f'<html lang="{lang}">' in html
    assert f"<title>{t('site', lang)}</title>" in html
    assert 'as="font"' not in html
    assert 'src="/app/static/figures.js"' in html
    assert html.index(streamlit_internals.BASE_URL_SCRIPT) < html.index('<script type="module"'), (
        "BASE_URL_SCRIPT must run before Streamlit's bundle reads it"
    )


def test_the_client_reads_the_base_url_that_index_html_sets():
    bundles = [path.read_text(encoding="utf-8") for path in STATIC_FOLDER.glob("static/js/*.js")]
    assert any("__streamlit" in text and "BACKEND_BASE_URL" in text for text in bundles), (
        "window.__streamlit.BACKEND_BASE_URL is not read: BASE_URL_SCRIPT has no effect, and a page opened "
        "by its own URL looks for the server under /<page>/_stcore/ first"
    )


def test_the_lookup_of_the_external_address_is_one_function_of_net_util(monkeypatch):
    monkeypatch.setattr(net_util, "get_external_ip", net_util.get_external_ip)
    streamlit_internals.disable_external_ip_lookup()
    assert net_util.get_external_ip() is None
    for module in (bootstrap, server_util):
        assert module.net_util is net_util, (
            f"{module.__name__} no longer calls net_util.get_external_ip: disable_external_ip_lookup has no "
            "effect, and the server sends requests to checkip.amazonaws.com"
        )


def test_unknown_paths_are_answered_by_a_static_files_route():
    routes = starlette_static_routes.create_streamlit_static_assets_routes("")
    endpoints = [route.app for route in routes if isinstance(route, Mount)]
    assert endpoints, "no static route: NotFoundMiddleware never sends the 404 page"
    assert all(isinstance(endpoint, StaticFiles) for endpoint in endpoints), (
        "the static route is no StaticFiles: NotFoundMiddleware never sends the 404 page"
    )
    headers = Headers({"content-type": "text/html; charset=utf-8"})
    assert streamlit_internals.is_index_html({"endpoint": endpoints[0]}, headers)
    assert not streamlit_internals.is_index_html({}, headers)


def test_the_paths_of_streamlit_are_those_of_the_log_and_of_the_cached_gzip():
    for name, path in (
        ("BASE_ROUTE_STATIC", streamlit_internals.STATIC_PATH),
        ("BASE_ROUTE_CORE", streamlit_internals.ENDPOINT_PATH),
    ):
        assert f"/{getattr(starlette_routes, name, None)}/" == path, (
            f"{name} is not {path}: redact_path may log session ids and CachedGZipMiddleware compress nothing"
        )
    assert set(streamlit_internals.IDENTIFIER_DEPTHS) == {
        starlette_routes.BASE_ROUTE_CORE,
        starlette_routes.BASE_ROUTE_MEDIA,
    }, "redact_path may log the ids of sessions and files"
    assert (STATIC_FOLDER / "static" / "js").is_dir()
