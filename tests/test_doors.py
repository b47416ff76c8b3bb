"""No one gets in by a path, a header or an upload; what leaves says nothing that was put into it."""

import json
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from deploy import secure
from ripresa.api.endpoints import ENDPOINTS
from ripresa.views.pages import verify_page
from tests.helpers.web import open_websocket

ROOT = Path(__file__).resolve().parent.parent
PLACES = [
    "/",
    "/about",
    "/api/",
    "/api/v1/",
    "/api/v1/boundaries/",
    "/api/v1/versions/",
    "/embed/v1/",
    "/app/static/",
    "/static/",
    "/media/",
    "/_stcore/",
    "/_stcore/upload_file/",
    "/revisions.atom/",
    "/healthz/",
]
CLIMBS = [
    "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252f..%252fetc%252fpasswd",
    "....//....//....//etc/passwd",
    "..\\..\\..\\etc\\passwd",
    "..%5c..%5c..%5cetc%5cpasswd",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "../ripresa/web/server.py",
    "..%2fripresa%2fweb%2fserver.py",
    "%00/../../etc/passwd",
    "../data/ripresa.duckdb%00.geojson",
]
INJECTED = [
    "x%0d%0aSet-Cookie:%20stolen=1",
    "x%0aSet-Cookie: stolen=1",
    "%E5%98%8D%E5%98%8ASet-Cookie:%20stolen=1",
    "x%0d%0a%0d%0a<script>alert(1)</script>",
]
OWN = re.compile(rb"root:.*:0:0|app = st\.App|DUCK")  # /etc/passwd, the server's code, the database


def raw(site: str, path: str, *headers: str) -> tuple[int, bytes, bytes]:
    """Status, headers and body of a path sent as it stands, which no client of good manners would."""
    host = urlsplit(site)
    with socket.create_connection((host.hostname, host.port), timeout=20) as wire:
        wire.sendall(
            "\r\n".join(
                [f"GET {path} HTTP/1.1", f"Host: {host.netloc}", "Connection: close", *headers, "", ""]
            ).encode("utf-8")
        )
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body


@pytest.mark.escape
@pytest.mark.parametrize("climb", CLIMBS)
def test_no_path_leads_out_of_what_is_served(climb, site):
    for place in PLACES:
        status, _, body = raw(site, place + climb)
        assert status < 500, (place, status)
        assert not OWN.search(body), (place, status)


@pytest.mark.escape
@pytest.mark.parametrize("injected", INJECTED)
def test_nothing_written_into_an_address_becomes_a_header_or_a_script(injected, site):
    paths = [f"{place}{injected}" for place in PLACES] + [
        f"/?lang={injected}",
        f"/embed/v1/death_rate?geo={injected}&version={injected}",
        f"/revisions.atom?lang={injected}",
    ]
    paths += [
        f"/api/v1{endpoint.path.replace('{name}', injected)}?{name}={injected}"
        for endpoint in ENDPOINTS
        for name in ("lang", "format", "version", "nothing")
    ]
    for path in paths:
        status, head, body = raw(site, path.replace(" ", "%20"))
        assert status < 500, path
        assert b"stolen" not in re.sub(rb"(?im)^(location|link):.*$", b"", head), path
        assert b"<script>alert" not in body or b"text/html" not in head, path
        assert not re.search(rb"(?im)^set-cookie: stolen", head), path


@pytest.mark.escape
@pytest.mark.parametrize(
    "header",
    [
        "Host: evil.example",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Prefix: /evil.example",
        "X-Original-URL: /evil.example",
        "X-Request-ID: evil.example",
    ],
)
def test_a_forged_header_is_never_kept_for_others(header, site):
    """An answer may name the host it was asked under, but one that a cache may hold for everyone never does
    for a shared address of another's choosing.
    """
    for path in ("/", "/api/v1/", "/healthz", "/api/v1/sources"):
        status, head, body = raw(site, path, header)
        assert status < 500
        if not header.startswith("Host"):
            assert b"evil.example" not in head + body, path


@pytest.mark.escape
def test_uploads_are_bounded_and_forms_of_other_sites_refused(site):
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]
    assert settings["enableXsrfProtection"] is True
    assert settings["maxUploadSize"] == verify_page.MAX_MEGABYTES
    host = urlsplit(site)
    with socket.create_connection((host.hostname, host.port), timeout=20) as wire:
        wire.sendall(
            f"PUT /_stcore/upload_file/nobody/nothing HTTP/1.1\r\nHost: {host.netloc}\r\n"
            "Origin: http://evil.example\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".encode()
        )
        assert int(wire.recv(4096).split()[1]) in (400, 403)


@pytest.mark.escape
def test_a_websocket_of_another_site_is_refused(site):
    assert (open_websocket("http://evil.example", site), open_websocket(site, site)) == (403, 101)


# --- what make secure says ---


def test_our_own_code_is_clean_and_each_exemption_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.bandit]")[2].splitlines()
    exempted = [line for line in lines if line.strip().startswith('"B')]
    assert exempted
    assert all(re.fullmatch(r'    "B\d{3}", # .{10,}', line) for line in exempted)
    assert (
        subprocess.run(
            [sys.executable, "-c", "import sys; from deploy import secure; sys.exit(secure.run_bandit())"],
            cwd=ROOT,
        ).returncode
        == 0
    )


def test_a_known_fault_of_a_package_fails_and_a_service_that_is_silent_is_said():
    one = {"name": "duckdb", "version": "2.0.0"}
    assert secure.evaluate_pip_audit(json.dumps({"dependencies": [one | {"vulns": [{"id": "CVE-1"}]}]})) == (
        1,
        "packages: duckdb 2.0.0 has CVE-1.",
    )
    assert secure.evaluate_pip_audit(json.dumps({"dependencies": [one | {"vulns": []}]}))[0] == 0
    for silent in ("", "Traceback", json.dumps({"dependencies": [one | {"skip_reason": "not found"}]})):
        assert "not checked" in secure.evaluate_pip_audit(silent)[1]
        assert secure.evaluate_pip_audit(silent)[0] == 0


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_page_says_its_language_its_script_and_its_server_compressed_or_not(site, encoding):
    """Streamlit compresses its page for each browser: what is said in it must get through."""
    answer = httpx.get(
        f"{site}/closures?lang=en", headers={"Accept-Encoding": encoding, "Accept-Language": "it"}
    )
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert '<html lang="en">' in answer.text
    assert "data-drawing" in answer.text
    assert "BACKEND_BASE_URL" in answer.text
    assert 'as="font"' not in answer.text
    assert {"Accept-Encoding", "Accept-Language"} <= set(answer.headers["vary"].split(", "))
    assert "etag" not in answer.headers


def test_only_what_is_there_answers_200_and_streamlit_keeps_its_own(site):
    """To Streamlit every address is its page: what it serves itself must get through, and nothing else."""
    answers = {
        path: httpx.get(f"{site}{path}")
        for path in (
            "/",
            "/closures",
            "/_stcore/health",
            "/_stcore/host-config",
            "/manifest.json",
            "/favicon.ico",
            "/robots.txt",
            "/sitemap.xml",
            "/api/v1/",
            "/embed/v1/death_rate",
        )
    }
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert answers["/favicon.ico"].headers["content-type"] == "image/svg+xml"
    assert b"<svg" in answers["/favicon.ico"].content
    script = re.search(r'src="\./(static/[^"]+\.js)"', answers["/"].text)[1]
    assert httpx.get(f"{site}/{script}").status_code == 200
    for path in (
        "/no-such-page",
        "/foo.txt",
        "/closures/more",
        "/index.html",
        "/_stcore/nope",
        "/static/nope.js",
        "/app/static/nope",
        "/component/x/y",
        "/media/x",
        "/embed/v2/death_rate",
        "/api/nope",
    ):
        assert httpx.get(f"{site}{path}").status_code == 404, path
    assert "Andate alla prima pagina" in httpx.get(f"{site}/no-such-page").text
