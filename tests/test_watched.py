"""The server tells of itself without a visitor's word in it, and asks who takes much to wait."""

import io
import json
import logging
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ripresa import i18n, logs, rate_limit
from ripresa.database import query
from ripresa.exports import image_renderer
from ripresa.sandbox import pool
from ripresa.views import shell
from ripresa.views.pages import overview_page
from ripresa.web import health, routes
from ripresa.web.middleware import RateLimitMiddleware, RequestLogMiddleware, redact_path
from tests.helpers.app import get_html, open_page


def broken(request):
    raise ValueError("a word of the visitor's")


APP = Starlette(
    routes=[
        *routes.ROUTES,
        Route("/broken", broken),
        Route("/media/{name}", lambda request: PlainTextResponse("x")),
    ],
    middleware=[Middleware(RequestLogMiddleware), Middleware(RateLimitMiddleware)],
)


@pytest.fixture
def lines(monkeypatch):
    """What is logged, read back."""
    out, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(out)
    handler.setFormatter(logs.JsonFormatter())
    monkeypatch.setattr(logs.LOGGER, "level", logging.INFO)
    logs.LOGGER.addHandler(handler)
    logs.LOGGER.manager._clear_cache()
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logs.LOGGER.removeHandler(handler)
    logs.LOGGER.manager._clear_cache()


@pytest.fixture
def client(monkeypatch) -> TestClient:
    """A visitor whose buckets are full."""
    monkeypatch.setattr(
        rate_limit,
        "BUCKETS",
        {kind: rate_limit.TokenBucket(*rate) for kind, rate in rate_limit.BUCKET_LIMITS.items()},
    )
    return TestClient(APP, raise_server_exceptions=False, client=("203.0.113.9", 5000))


# --- the log ---


def test_a_request_is_a_line_with_the_id_that_the_visitor_got_and_nothing_of_theirs(client, lines):
    answer = client.get(
        "/api/v1/observations?indicator=death_rate&geo=ITC4&limit=1&secret=mine",
        headers={"User-Agent": "Someone/1", "X-Forwarded-For": "198.51.100.7"},
    )
    told = [line for line in lines() if line["event"] == "request"]
    assert [(line["path"], line["status"], line["request"]) for line in told] == [
        ("/api/v1/observations", 400, answer.headers["x-request-id"])
    ]
    assert told[0]["ms"] > 0
    assert told[0]["bytes"] == len(answer.content)
    assert told[0]["level"] == "info"
    written = json.dumps(lines())
    assert not [
        word for word in ("203.0.113.9", "198.51.100.7", "Someone", "mine", "ITC4") if word in written
    ]


def test_two_requests_have_two_ids(client):
    assert len({client.get("/healthz").headers["x-request-id"] for _ in range(20)}) == 20


def test_a_query_is_timed_under_the_request_that_asked_it(client, lines):
    query._run_cached.cache_clear()
    answer = client.get("/readyz")
    told = {line["name"]: line for line in lines() if line["event"] == "query"}
    assert told["build"]["request"] == answer.headers["x-request-id"]
    assert told["build"]["ms"] > 0


def test_a_fault_is_told_by_kind_and_place_and_never_by_its_words(client, lines):
    assert client.get("/broken").status_code == 500
    assert [line["status"] for line in lines() if line["event"] == "request"] == [500]
    try:
        broken(None)
    except ValueError:
        logs.LOGGER.exception("tried")
    assert lines()[-1]["fault"] == "ValueError"
    assert re.fullmatch(r"test_watched.py:\d+ broken", lines()[-1]["at"][-1])
    assert "visitor" not in json.dumps(lines())


def test_a_page_is_timed_and_one_that_fails_is_told_without_what_the_address_held(lines, monkeypatch):
    open_page("about", lang="it")
    monkeypatch.setattr(overview_page, "render_page", broken)
    open_page(lang="en", geo="mario.rossi@example.org")
    scripts = [line for line in lines() if line["event"] == "script"]
    assert [(line["page"], line["lang"], line.get("fault")) for line in scripts] == [
        ("about", "it", None),
        ("overview", "en", "ValueError"),
    ]
    assert [line["at"][-1].partition(":")[0] for line in lines() if line["event"] == "page"] == [
        "test_watched.py"
    ]
    assert "mario" not in json.dumps(lines())


def test_the_sql_of_a_visitor_is_timed_and_not_written(lines):
    pool.run_sql("select 'my own words' as it")
    with pytest.raises(pool.QueryRejectedError):
        pool.run_sql("select my_own_words")
    told = [line for line in lines() if line["event"] == "sql"]
    assert [line.get("fault") for line in told] == [None, "QueryRejectedError"]
    assert "own" not in json.dumps(told)


def test_an_image_is_timed(lines, monkeypatch):
    monkeypatch.setattr(image_renderer, "find_browser", lambda: "")
    from tests.helpers.exporting import build_figure_and_export

    with pytest.raises(image_renderer.RenderError):
        image_renderer.render_image(*build_figure_and_export("bars", "closures", "italy"), "png")
    assert [(line["form"], line["fault"]) for line in lines() if line["event"] == "render"] == [
        ("png", "RenderError")
    ]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/media/abcdef.csv", "/media"),
        ("/_stcore/upload_file/session/file", "/_stcore/upload_file"),
        ("/api/v1/sources", "/api/v1/sources"),
        ("/" + "x" * 500, "/" + "x" * 119),
        ("", ""),
    ],
)
def test_names_of_sessions_and_files_stay_out_of_the_log(path, told):
    assert redact_path(path) == told


def test_ready_tells_of_the_store_where_one_is_configured_and_not_where_it_is(client, monkeypatch, tmp_path):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", str(tmp_path / "kept.sqlite3"))
    assert client.get("/readyz").json()["checks"]["diagnosis"] == "ok"
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", "postgresql://someone:secret@/nothing?host=/nowhere")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["diagnosis"].startswith("the store of the diagnosis does not answer")
    assert "secret" not in answer.text
    assert "nowhere" not in answer.text
    assert health.NO_STORE["Cache-Control"] == answer.headers["cache-control"]


# --- limits ---


@pytest.mark.escape
@pytest.mark.parametrize("lang", i18n.LANGS)
def test_who_asks_without_end_is_told_to_wait_and_another_is_not(lang, client, monkeypatch):
    monkeypatch.setattr(rate_limit, "BUCKETS", {"data": rate_limit.TokenBucket(5.5, 0.1)})
    found = [client.get("/api/v1/versions", headers={"Accept-Language": lang}) for _ in range(7)]
    assert [answer.status_code for answer in found] == [200] * 5 + [429] * 2
    problem = found[-1].json()
    assert problem["type"] == "/api/v1/#often"
    assert problem["status"] == 429
    assert found[-1].headers["content-type"] == "application/problem+json"
    seconds = int(found[-1].headers["retry-after"])
    assert 1 <= seconds <= 11
    assert str(seconds) in problem["detail"]
    assert found[-1].headers["content-language"] == lang
    assert client.get("/embed/v1/death_rate").status_code == 429
    assert client.get("/healthz").status_code == 200
    assert TestClient(APP, client=("203.0.113.10", 1)).get("/api/v1/sources").status_code == 200


def test_an_unchanged_answer_costs_a_tenth_and_a_large_one_more(client, monkeypatch):
    bucket = rate_limit.TokenBucket(1000, 0)
    monkeypatch.setattr(rate_limit, "BUCKETS", {"data": bucket})
    visitor, left = rate_limit.get_client_key("203.0.113.9"), lambda: bucket._tokens[visitor][0]
    tag = client.get("/api/v1/sources").headers["etag"]
    before = left()
    assert client.get("/api/v1/sources", headers={"If-None-Match": tag}).status_code == 304
    assert before - left() == pytest.approx(0.1)
    before = left()
    whole = client.get("/api/v1/observations?format=csv", headers={"Accept-Encoding": "identity"})
    assert before - left() == pytest.approx(1 + len(whole.content) / 100_000)
    assert len(whole.content) > 1_000_000


def test_a_bucket_fills_again_and_never_over_its_rim():
    now = [0.0]
    bucket = rate_limit.TokenBucket(2, 0.5, lambda: now[0])
    assert [bucket.acquire("a") for _ in range(3)] == [0, 0, 2]
    assert bucket.acquire("b") == 0
    now[0] = 2
    assert [bucket.acquire("a"), bucket.acquire("a")] == [0, 2]
    now[0] = 1000
    assert [bucket.acquire("a") for _ in range(3)] == [0, 0, 2]
    bucket.charge("a", 10**9)
    assert bucket.acquire("a") == 6, "no one owes more than a full bucket"


def test_no_address_is_remembered_and_not_more_visitors_than_fit(monkeypatch):
    monkeypatch.setattr(rate_limit, "MAX_CLIENTS", 50)
    bucket = rate_limit.TokenBucket(5, 1)
    for number in range(200):
        bucket.acquire(rate_limit.get_client_key(f"198.51.100.{number}"))
    assert len(bucket._tokens) == 50
    assert "198.51" not in repr(vars(bucket))
    monkeypatch.setattr(rate_limit, "_SALT", b"another start")
    assert rate_limit.get_client_key("198.51.100.199") not in bucket._tokens


@pytest.mark.escape
@pytest.mark.parametrize(
    ("proxies", "forwarded", "same"),
    [
        ("", "9.9.9.9", True),
        ("0", "9.9.9.9", True),
        ("1", "9.9.9.9, 198.51.100.1", False),
        ("2", "9.9.9.9, 198.51.100.1, 10.0.0.1", False),
        ("3", "9.9.9.9, 198.51.100.1", True),
        ("1", "", True),
    ],
)
def test_a_forwarded_address_is_believed_only_as_far_as_known_proxies_wrote_it(
    proxies, forwarded, same, monkeypatch
):
    monkeypatch.setenv("RIPRESA_TRUSTED_PROXIES", proxies)
    named = rate_limit.get_client_key("192.0.2.1", forwarded)
    assert (
        named == rate_limit.get_client_key("192.0.2.1" if same else "198.51.100.1")
        and named != rate_limit.get_client_key("192.0.2.1", "9.9.9.9, 7.7.7.7, 8.8.8.8")
    ) or same


def test_one_line_of_the_newer_internet_is_one_visitor():
    assert (
        rate_limit.get_client_key("2001:db8:1:2::5")
        == rate_limit.get_client_key("2001:db8:1:2:ffff::1")
        != rate_limit.get_client_key("2001:db8:1:3::5")
    )


@pytest.mark.escape
@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_sql_page_asks_to_wait_in_a_sentence(lang, monkeypatch):
    monkeypatch.setattr(rate_limit, "BUCKETS", {"sql": rate_limit.TokenBucket(0, 0.1)})
    monkeypatch.setattr(shell, "get_client_key", lambda: "someone")
    visit = open_page("sql", lang=lang, sql="select 1")
    assert not visit.exception
    assert pool.QueryRejectedError("often", seconds=10).format_message(lang) in get_html(visit)


def test_the_limits_can_be_left_to_a_proxy(monkeypatch):
    monkeypatch.setattr(rate_limit, "BUCKETS", {"sql": rate_limit.TokenBucket(0, 0.1)})
    assert rate_limit.acquire_token("sql", "someone") == 10
    monkeypatch.setenv("RIPRESA_RATE_LIMITS", "0")
    assert rate_limit.acquire_token("sql", "someone") == 0
