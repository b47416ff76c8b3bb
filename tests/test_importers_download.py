"""Downloads, from a server of our own on this machine: whole, resumed, unchanged, refused; never from
anywhere else.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ripresa.cli import import_files as command
from ripresa.importers import download, eurostat, worldbank
from ripresa.importers.records import ImporterError
from tests.helpers.importing import FIXTURES, small

CONTENT = (FIXTURES / "isoc_e_dii_first.csv").read_bytes()


class Server(ThreadingHTTPServer):
    """Answers with what `script` says, one entry a request, the last one for ever; keeps the requests'
    headers.
    """

    daemon_threads = True

    def __init__(self, script: list[dict]):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.asked = script, []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data/isoc_e_dii.csv"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(dict(self.headers))
        entry = self.server.script[min(len(self.server.asked), len(self.server.script)) - 1]
        body, etag = entry.get("body", CONTENT), entry.get("etag", '"one"')
        status, headers = (
            entry.get("status", 200),
            {"ETag": etag, "Last-Modified": "Sat, 28 Mar 2026 11:00:00 GMT", **entry.get("headers", {})},
        )
        wanted = self.headers.get("Range", "")
        if status == 200 and wanted and entry.get("ranges", True) and self.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            status, headers["Content-Range"], body = (
                206,
                f"bytes {start}-{len(body) - 1}/{len(body)}",
                body[start:],
            )
        elif status == 200 and self.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body)), **headers}).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: entry.get("cut", len(body))])
        if "cut" in entry or not headers.get("Content-Length", "1"):
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(*script: dict) -> Server:
        server = Server(list(script) or [{}])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fetched(server: Server, folder: Path, **how) -> tuple[bytes, bool]:
    path, new = download.download_file(
        server.address,
        folder,
        sleep=lambda seconds: how.setdefault("slept", []).append(seconds) if False else None,
        **{name: value for name, value in how.items() if name != "slept"},
    )
    return path.read_bytes(), new


def refusal(server: Server, folder: Path, **how) -> str:
    with pytest.raises(ImporterError) as fault:
        fetched(server, folder, **how)
    assert str(fault.value).endswith(".")
    assert "\n" not in str(fault.value)
    return str(fault.value)


def test_a_file_comes_whole_with_its_date_and_a_polite_name(serve, tmp_path):
    server, seen = serve(), []
    assert fetched(server, tmp_path, on_progress=lambda done, whole: seen.append((done, whole))) == (
        CONTENT,
        True,
    )
    assert server.asked[0]["User-Agent"] == download.USER_AGENT
    assert server.asked[0]["Accept-Encoding"] == "identity"
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    (kept,) = tmp_path.rglob("isoc_e_dii.csv")
    assert int(kept.stat().st_mtime) == 1774695600


def test_an_unchanged_file_is_not_fetched_again_and_a_changed_one_is(serve, tmp_path):
    server = serve({}, {}, {"etag": '"two"', "body": b"new\n"})
    assert fetched(server, tmp_path) == (CONTENT, True)
    assert fetched(server, tmp_path) == (CONTENT, False)
    assert server.asked[1]["If-None-Match"] == '"one"'
    assert fetched(server, tmp_path) == (b"new\n", True)


def test_a_transfer_that_is_cut_resumes_where_it_stood(serve, tmp_path):
    server = serve({"cut": 500}, {})
    assert fetched(server, tmp_path) == (CONTENT, True)
    assert server.asked[1]["Range"] == "bytes=500-"
    assert server.asked[1]["If-Range"] == '"one"'


@pytest.mark.parametrize(
    "second",
    [{"etag": '"two"', "body": CONTENT.replace(b"60.69", b"61.00")}, {"ranges": False}, {"status": 416}],
    ids=["changed meanwhile", "no ranges", "416"],
)
def test_a_resume_that_cannot_be_had_begins_again(second, serve, tmp_path):
    server = serve(
        {"cut": 500}, second, {"body": second.get("body", CONTENT), "etag": second.get("etag", '"one"')}
    )
    assert fetched(server, tmp_path)[0] == second.get("body", CONTENT)


def test_a_weak_validator_is_not_resumed(serve, tmp_path):
    server = serve({"cut": 500, "etag": 'W/"one"'}, {"etag": 'W/"one"'})
    assert fetched(server, tmp_path) == (CONTENT, True)
    assert "Range" not in server.asked[1]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_the_pause_it_names(status, serve, tmp_path):
    server, slept = serve({"status": status, "body": b"busy", "headers": {"Retry-After": "7"}}, {}), []
    path, _ = download.download_file(server.address, tmp_path, sleep=slept.append)
    assert path.read_bytes() == CONTENT
    assert slept == [7]


def test_patience_ends(serve, tmp_path):
    server = serve({"status": 503, "body": b""})
    assert f"{download.MAX_ATTEMPTS} tries" in refusal(server, tmp_path)
    assert len(server.asked) == download.MAX_ATTEMPTS
    assert not list(tmp_path.rglob("isoc_e_dii.csv"))


def test_pauses_grow_and_are_bounded(serve, tmp_path):
    slept = []
    with pytest.raises(ImporterError):
        download.download_file(serve({"status": 503, "body": b""}).address, tmp_path, sleep=slept.append)
    assert [int(pause) for pause in slept] == [1, 2, 4, 8]
    assert max(slept) <= download.MAX_RETRY_DELAY


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_refusal_is_final(status, serve, tmp_path):
    server = serve({"status": status, "body": b"no"})
    assert str(status) in refusal(server, tmp_path)
    assert len(server.asked) == 1


def test_too_large_is_seen_from_the_length_or_from_the_bytes(serve, tmp_path):
    assert "more than" in refusal(serve(), tmp_path / "a", max_bytes=1000)
    assert "more than" in refusal(serve({"headers": {"Content-Length": ""}}), tmp_path / "b", max_bytes=1000)
    assert not list(tmp_path.rglob("*.part"))


def test_nobody_there_is_one_sentence(tmp_path, serve):
    server = serve()
    server.shutdown()
    server.server_close()
    with pytest.raises(ImporterError, match="could not be downloaded in 5 tries"):
        download.download_file(server.address, tmp_path, sleep=lambda _: None)


def test_a_redirection_away_from_https_is_refused(serve, tmp_path):
    server = serve({"status": 302, "body": b"", "headers": {"Location": "http://127.0.0.1.example/x"}})
    with pytest.raises(ImporterError):
        fetched(server, tmp_path)


@pytest.mark.parametrize(
    "address", ["http://ec.europa.eu/x", "ftp://x/y", "file:///etc/passwd", "https:///x", "isoc_e_dii"]
)
def test_only_https_addresses_are_asked(address, tmp_path):
    with pytest.raises(ImporterError, match="https"):
        download.download_file(address, tmp_path)


def test_a_kept_file_survives_a_failed_download(serve, tmp_path):
    server = serve({}, {"status": 404, "body": b""})
    fetched(server, tmp_path)
    refusal(server, tmp_path)
    (kept,) = tmp_path.rglob("isoc_e_dii.csv")
    assert kept.read_bytes() == CONTENT


def test_the_addresses_of_tables_and_indicators():
    assert eurostat.get_download_url("ISOC_E_DII").startswith(
        "https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/isoc_e_dii?"
    )
    assert "IC.FRM.FEMM.ZS" in worldbank.get_download_url("ic.frm.femm.zs")
    with pytest.raises(ImporterError):
        eurostat.get_download_url("nama_10_gdp")


def test_the_command_downloads_then_imports(serve, tmp_path, capsys, monkeypatch):
    server, root = serve(), small(tmp_path / "data")
    monkeypatch.setattr(eurostat, "DOWNLOAD_URL", f"http://127.0.0.1:{server.server_port}/{{id}}.csv")
    for news in ("downloaded", "not changed since the last download"):
        assert (
            command.main(
                [
                    "eurostat",
                    "isoc_e_dii",
                    "--download",
                    "--cache",
                    str(tmp_path / "cache"),
                    "--root",
                    str(root),
                ]
            )
            == 0
        )
        said = capsys.readouterr()
        assert news in said.err
        assert "8 figures" in said.out
