"""What other sites take: a figure for an iframe and the feed of revisions, over HTTP as the server gives
them.
"""

import gzip
from xml.etree import ElementTree

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from ripresa.views import shell as frame
from ripresa.web import middleware
from ripresa.web.routes import ROUTES


@pytest.fixture(scope="module")
def site() -> TestClient:
    return TestClient(Starlette(routes=ROUTES), base_url="http://figures.example")


@pytest.mark.parametrize("lang", ["it", "en"])
def test_an_embed_is_one_page_in_its_language_with_no_other_host_but_links(site, lang):
    answer = site.get("/embed/v1/death_rate", params={"lang": lang, "level": "italy"})
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in answer.text
    assert "<script src" not in answer.text
    assert "<link" not in answer.text
    assert "@import" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_an_embed_read_again_is_a_304_of_no_bytes(site):
    first = site.get("/embed/v1/death_rate")
    again = site.get("/embed/v1/death_rate", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_embed_travels_compressed(site):
    with site.stream(
        "GET",
        "/embed/v1/firms_woman_top_manager",
        params={"level": "world"},
        headers={"Accept-Encoding": "gzip"},
    ) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert len(packed) < 25_000 < len(gzip.decompress(packed))


def test_an_unknown_figure_is_a_404_with_a_sentence(site):
    answer = site.get("/embed/v1/no_such_thing", params={"lang": "en"})
    assert answer.status_code == 404
    assert "no_such_thing" in answer.text


def test_the_feed_of_revisions_is_atom(site):
    answer = site.get("/revisions.atom", params={"lang": "en"})
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert ElementTree.fromstring(answer.content).tag == "{http://www.w3.org/2005/Atom}feed"


def test_the_shell_leaves_embeds_and_the_open_data_alone():
    headers = {"content-type": "text/html; charset=utf-8"}
    shell = middleware.IndexHtmlMiddleware(None)
    assert shell.should_buffer({"path": "/closures"}, headers)
    assert not shell.should_buffer({"path": "/embed/v1/death_rate"}, headers)
    assert not shell.should_buffer({"path": "/api/v1/"}, headers)


def test_every_answer_says_what_a_browser_may_do_and_an_embed_keeps_its_own_word():
    async def page(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-security-policy", b"own")] if scope["path"] == "/embed/v1/x" else [],
            }
        )
        await send({"type": "http.response.body", "body": b""})

    visitor = TestClient(middleware.SecurityHeadersMiddleware(page))
    policy = visitor.get("/closures").headers
    assert "default-src 'self'" in policy["content-security-policy"]
    assert "frame-ancestors 'self'" in policy["content-security-policy"]
    assert "http:" not in policy["content-security-policy"]
    assert "*" not in policy["content-security-policy"]
    assert policy["x-content-type-options"] == "nosniff"
    assert visitor.get("/embed/v1/x").headers["content-security-policy"] == "own"


def test_anyone_may_frame_an_embed_a_page_opened_from_a_file_too():
    visitor = TestClient(
        middleware.SecurityHeadersMiddleware(Starlette(routes=ROUTES)), base_url="http://figures.example"
    )
    for path in ("/embed/v1/death_rate", "/embed/v1/no_such_thing"):
        headers = visitor.get(path).headers
        assert (
            "default-src 'none'" in headers["content-security-policy"]
        )  # `frame-ancestors *` is any host, and a file has none
        assert "frame-ancestors" not in headers["content-security-policy"]
        assert "x-frame-options" not in headers


# --- what there is, and what is not ---


def test_robots_are_led_to_every_page_in_every_language(site):
    robots = site.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert "Sitemap: http://figures.example/sitemap.xml" in robots.text.splitlines()
    told = ElementTree.fromstring(site.get("/sitemap.xml").content)
    spaces = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    assert {one.findtext("s:loc", namespaces=spaces) for one in told} == {
        f"http://figures.example/{'' if page == 'overview' else page}?lang={lang}"
        for page in frame.PAGE_NAMES
        for lang in ("it", "en")
    }
    assert {tuple(link.get("hreflang") for link in one.findall("x:link", spaces)) for one in told} == {
        ("it", "en", "x-default")
    }


@pytest.mark.parametrize("base", ["", "/sme"])
def test_an_address_that_is_no_page_s_is_a_404_that_leads_home_in_both_languages(base, tmp_path):
    (tmp_path / "index.html").write_text("<html>the page of every address</html>")
    everywhere = StaticFiles(directory=tmp_path, html=True)
    everywhere.lookup_path = lambda path: (
        str(tmp_path / "index.html"),
        (tmp_path / "index.html").stat(),
    )  # as Streamlit's do
    visitor = TestClient(middleware.NotFoundMiddleware(Starlette(routes=[Mount(base, app=everywhere)])))
    assert (
        visitor.get(f"{base}/closures").text
        == visitor.get(f"{base}/").text
        == "<html>the page of every address</html>"
    )
    for path in ("/nope", "/closures/nope", "/foo.txt", "/static/nope.js"):
        answer = visitor.get(base + path, headers={"Accept-Language": "en"})
        assert answer.status_code == visitor.head(base + path).status_code == 404, path
        assert '<html lang="en">' in answer.text, path
        assert [part.partition('"')[0] for part in answer.text.split('href="')[1:]] == [
            f"{base}/?lang=en",
            f"{base}/?lang=it",
        ]
        assert "<h1>There is nothing" in answer.text
        assert '<section lang="it"><h2>A questo' in answer.text
