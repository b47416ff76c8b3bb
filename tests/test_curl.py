"""Every address of the OpenAPI document, asked of the server as it is run, with the program that people ask
it with: curl.
"""

import gzip
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import DASHBOARD, absent

V1 = "/api/v1"
PACKED = ("application/vnd.duckdb",)  # compressed inside, sent as it is


@dataclass(frozen=True)
class Answer:
    """What curl received."""

    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def curl(serve, tmp_path_factory):
    """curl("/api/v1/sources", "--header", "...") -> the answer of a server run as `make run` runs it, without
    limits for each visitor: here one asks for all.
    """
    program = shutil.which("curl") or absent(
        "CURL", "No curl on this machine: install it (Debian, Ubuntu: apt install curl)"
    )
    body = tmp_path_factory.mktemp("curl") / "body"

    def asked(address: str, *arguments: str) -> Answer:
        body.write_bytes(b"")
        done = subprocess.run(
            [
                program,
                "--silent",
                "--show-error",
                "--max-time",
                "60",
                "--dump-header",
                "-",
                "--output",
                str(body),
                *arguments,
                site + address,
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        first, *lines = done.stdout.strip().splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Answer(int(first.split()[1]), headers, Path(body).read_bytes())

    with serve(DASHBOARD, RIPRESA_RATE_LIMITS="0") as (site, _):
        yield asked


@pytest.fixture(scope="module")
def operations(curl) -> dict[str, dict]:
    """Every path of the OpenAPI document, filled with its example parameters: {"/api/v1/sources": {...}}."""
    document = json.loads(curl(f"{V1}/openapi.json").body)
    own = document["servers"][0]["url"]
    found = {
        own
        + path.format(
            **{one["name"]: one["example"] for one in said["get"]["parameters"] if one["in"] == "path"}
        ): said["get"]
        for path, said in document["paths"].items()
    }
    assert len(found) > 15
    assert f"{V1}/observations" in found
    return found


def test_every_address_gives_what_it_declares_to_any_site(curl, operations):
    for address, operation in operations.items():
        answer = curl(address, "--header", "Origin: https://another.example")
        assert answer.status == 200, address
        assert answer.body, address
        assert answer.headers["content-type"].partition(";")[0] in [
            media.partition(";")[0] for media in operation["responses"]["200"]["content"]
        ], address
        assert answer.headers["access-control-allow-origin"] == "*", address
        assert "set-cookie" not in answer.headers, address
        declared = operation["responses"]["200"]["headers"]
        assert {"etag", "cache-control"} <= set(answer.headers), address
        assert {"ETag", "Cache-Control"} <= set(declared), address


def test_every_address_says_when_nothing_changed(curl, operations):
    for address in operations:
        tag = curl(address, "--head").headers["etag"]
        again = curl(address, "--header", f"If-None-Match: {tag}")
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag), address
        assert curl(address, "--head", "--header", 'If-None-Match: "another"').status == 200, address


def test_every_address_is_compressed_for_who_asks_and_plain_for_who_does_not(curl, operations):
    for address in operations:
        plain, small = curl(address), curl(address, "--header", "Accept-Encoding: gzip")
        assert plain.headers.get("content-encoding", "identity") == "identity", address
        packed = small.headers.get("content-encoding") == "gzip"
        assert (gzip.decompress(small.body) if packed else small.body) == plain.body, address
        assert "Accept-Encoding" in small.headers["vary"], address
        assert packed or small.headers["content-type"] in PACKED or len(plain.body) < 500, address


def test_every_address_refuses_what_it_does_not_know_in_problem_details(curl, operations):
    for address, operation in operations.items():
        refused = curl(f"{address}?colour=red", "--header", "Accept-Language: en")
        said = json.loads(refused.body)
        assert refused.status == 400, address
        assert refused.headers["content-type"].startswith("application/problem+json"), address
        assert refused.headers["access-control-allow-origin"] == "*", address
        assert said["status"] == 400, address
        assert said["parameter"] == "colour", address
        assert said["instance"] == address, address
        assert "400" in operation["responses"], address
        assert curl(address, "--request", "POST", "--data", "x").status == 405, address
    missing = curl(f"{V1}/nothing")
    assert missing.status == 404
    assert json.loads(missing.body)["type"].endswith("#not_found")


def test_every_format_of_the_observations_leaves(curl, operations):
    formats = next(one for one in operations[f"{V1}/observations"]["parameters"] if one["name"] == "format")[
        "schema"
    ]["enum"]
    starts = {
        "csv": b"indicator,",
        "json": b'{"version":',
        "parquet": b"PAR1",
        "jsonstat": b'{"version":"2.0"',
    }
    assert set(formats) == set(starts)
    for form in formats:
        answer = curl(f"{V1}/observations?indicator=death_rate&geo=ITC4&format={form}")
        assert answer.status == 200, form
        assert answer.body.startswith(starts[form]), form


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_those_who_watch_are_answered(curl, address):
    assert curl(address).status == 200
    assert json.loads(curl(address).body)["status"] in ("ok", "ready")
