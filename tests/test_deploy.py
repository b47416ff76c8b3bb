"""What deploy/ says is so: one image that writes nothing, two replicas behind nginx, and a visitor who
notices neither a death nor an update.
"""

import re
import socket
import subprocess
import sys
import tomllib
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
import yaml

from deploy import prove
from ripresa.database.build import ensure_database
from ripresa.views.components import plotly_figure
from tests.conftest import absent
from tests.helpers.web import open_websocket

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
REPLICAS = {name: service for name, service in COMPOSE["services"].items() if name.startswith("replica")}


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of the Dockerfile, stage by stage."""
    lines = [
        line.split(maxsplit=1)
        for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert all(len(line) == 2 for line in lines)
    starts = [place for place, (name, _) in enumerate(lines) if name == "FROM"]
    return [
        [tuple(line) for line in lines[start:end]]
        for start, end in zip(starts, [*starts[1:], None], strict=True)
    ]


def test_the_image_runs_as_nobody_in_particular_says_how_it_is_and_brings_nothing_from_elsewhere():
    first, last = stages()
    names = dict(last)
    assert all(re.search(r":\d[\w.-]+( AS \w+)?$", dict(stage)["FROM"]) for stage in (first, last))
    assert names["USER"].isdigit()
    assert int(names["USER"]) > 1000
    assert f"--uid {names['USER']}" in names["RUN"]
    assert "/readyz" in names["HEALTHCHECK"]
    assert "RIPRESA_READ_ONLY=1" in names["ENV"]
    assert {name for stage in (first, last) for name, _ in stage} <= {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "CMD",
    }
    order = [name for name, _ in last]
    assert order.index("USER") > max(place for place, name in enumerate(order) if name in ("COPY", "RUN"))


def test_the_image_installs_and_starts_as_make_does():
    first, last = stages()
    copied = next(words.split()[:-1] for name, words in first if name == "COPY")
    assert all((ROOT / name).is_file() for name in copied)
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "pip install" in dict(first[:4])["RUN"]
    assert "-r requirements.txt" in dict(first[:4])["RUN"]
    assert "-r requirements.txt" in made
    assert any(
        name == "RUN" and "-m ripresa build" in words and "plotly_figure.publish_script()" in words
        for name, words in first
    )
    start = yaml.safe_load(dict(last)["CMD"])
    assert start[1:4] == ["-m", "ripresa", "serve"]
    assert "-m ripresa serve" in made
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"][
        "target-version"
    ]
    assert dict(first)["FROM"].startswith(f"python:{wanted[2]}.{wanted[3:]}-")


def test_the_server_of_the_image_asks_no_other_host_who_it_is(serve):
    start = [word.replace("8501", "{port}") for word in yaml.safe_load(dict(stages()[1])["CMD"])[1:]]
    with socket.create_server(("127.0.0.1", 0)) as outside:
        proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"
        with serve([sys.executable, *start], http_proxy=proxy, https_proxy=proxy) as (site, _):
            assert open_websocket("http://evil.example", site) == 403
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()


def test_no_answer_of_a_visitor_and_no_database_of_this_machine_goes_into_the_image():
    excluded = set((DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split())
    assert {".git", "contributions", "data/*.duckdb*", ".venv"} <= excluded


def test_replicas_are_alike_write_nothing_and_keep_contributions_in_postgresql():
    assert len(REPLICAS) == 2
    assert len({yaml.dump(service) for service in REPLICAS.values()}) == 1
    replica = REPLICAS["replica1"]
    assert replica["read_only"] is True
    assert replica["tmpfs"] == ["/tmp"]
    assert replica["cap_drop"] == ["ALL"]
    assert "volumes" not in replica
    assert replica["environment"]["RIPRESA_READ_ONLY"] == "1"
    assert replica["environment"]["RIPRESA_TRUSTED_PROXIES"] == "1"
    assert replica["environment"]["RIPRESA_CONTRIBUTION_STORE"].startswith("postgresql://")
    assert not re.search(r"PASSWORD\S*: \w+$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)
    assert COMPOSE["services"]["tables"]["command"][-2:] == ["diagnosis", "init"]
    assert (ROOT / replica["build"]["dockerfile"]).is_file()
    assert set(COMPOSE["services"]["nginx"]["depends_on"]) == set(REPLICAS)


def test_nginx_knows_the_replicas_keeps_no_addresses_and_drops_a_forged_one():
    conf = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"server (\w+):8501", conf)) == set(REPLICAS)
    assert "hash $remote_addr consistent;" in conf
    assert "access_log off;" in conf
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in conf
    assert "location = /readyz { return 404; }" in conf
    assert conf.count("{") == conf.count("}")


@pytest.fixture(scope="module")
def nginx() -> str:
    if not prove.find_nginx():
        absent(
            "NGINX",
            "nginx is not installed: two replicas behind it were not tried (Debian: "
            "apt-get install nginx-light)",
        )
    return prove.find_nginx()


def test_nginx_takes_the_configuration(nginx, tmp_path):
    conf = prove.write_nginx_config(
        tmp_path, prove.find_free_port(), [prove.find_free_port(), prove.find_free_port()]
    )
    said = subprocess.run([nginx, "-t", "-c", conf, "-p", tmp_path], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert not re.search(r"replica\d", conf.read_text()), said.stderr


@pytest.mark.escape
def test_what_was_asked_of_a_forged_host_is_not_given_to_the_next_visitor(nginx):
    """Answers name the host they were asked of; kept for all under one key, they would lead a reader
    elsewhere.
    """

    class Replica(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.headers["Host"].encode()
            self.send_response(200)
            for name, value in {
                "Cache-Control": "public, max-age=60",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said):
            pass

    def asked(host: str) -> str:
        there = HTTPConnection("127.0.0.1", port, timeout=10)
        there.request("GET", "/embed/v1/birth_rate", headers={"Host": host})
        return there.getresponse().read().decode()

    with ThreadingHTTPServer(("127.0.0.1", 0), Replica) as replica, TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)  # nginx's workers are another user
        Thread(target=replica.serve_forever, daemon=True).start()
        port = prove.find_free_port()
        conf = prove.write_nginx_config(folder, port, [replica.server_port] * 2)
        process = subprocess.Popen([nginx, "-c", conf, "-p", folder], stderr=subprocess.DEVNULL)
        try:
            prove.wait_for_http(port, "/healthz")
            assert [asked(host) for host in ("evil.example", "ours.example", "evil.example")] == [
                "evil.example",
                "ours.example",
                "evil.example",
            ]
        finally:
            process.terminate()
            process.wait(10)
            replica.shutdown()


@pytest.mark.fault
def test_a_replica_killed_and_data_renewed_under_load_are_no_fault_to_a_visitor(nginx):
    def state() -> dict:
        return {
            path: path.stat().st_mtime_ns
            for folder in ("data", "static")
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    ensure_database()
    plotly_figure.publish_script()  # what the image makes before it is closed
    before = state()
    found = prove.measure_deployment(seconds=0.9, visitors=4)
    assert found["killed"]["faults"] == found["updated"]["faults"] == []
    assert found["pages"]["faults"] == 0
    assert found["killed"]["answers"] > 0
    assert found["updated"]["versions"] == 2
    assert found["updated"]["breaks"] == 0
    assert all(
        found[name]["faults"] == 0 and found[name]["unchanged_per_second"] > 0
        for name in ("data_replica", "data_nginx", "embed_replica", "embed_nginx")
    )
    assert state() == before, "replicas write nothing beside the project's files"
