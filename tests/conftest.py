"""What several tests share: the dashboard served, a browser, and a loud word when there is none."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.postgres import postgres_server  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = [
    sys.executable,
    "-m",
    "ripresa",
    "serve",
    "--host=127.0.0.1",
    "--port={port}",
]
ABSENT: dict[str, str] = {}  # what this run went without: {"BROWSER": "no Chromium ..."}


def absent(what: str, sentence: str):
    """Skips the test, says so again at the end of the run, and fails instead where REQUIRE_<what>=1 (as in
    CI).
    """
    if os.environ.get(f"REQUIRE_{what}") == "1":
        pytest.fail(sentence, pytrace=False)
    ABSENT[what] = sentence
    pytest.skip(sentence)


def pytest_sessionfinish(session):
    """A worker hands what it went without to the run that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["absent"] = ABSENT


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    ABSENT.update(getattr(node, "workeroutput", {}).get("absent", {}))


def pytest_terminal_summary(terminalreporter):
    for mark, said in {
        "fault": "faults injected and survived",
        "escape": "escapes tried and refused",
    }.items():
        tried = {
            outcome: sum(
                report.when == "call" and mark in report.keywords
                for report in terminalreporter.stats.get(outcome, [])
            )
            for outcome in ("passed", "failed")
        }
        if any(tried.values()):
            terminalreporter.write_line(f"{said}: {tried['passed']} of {sum(tried.values())}")
    if cases := sum(
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "cases"
    ):
        terminalreporter.write_line(f"cases fuzzed: {cases:,}")
    for what, sentence in ABSENT.items():
        terminalreporter.write_sep("!", f"{what} TESTS DID NOT RUN", red=True, bold=True)
        terminalreporter.write_line(sentence, red=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(command: list[str], log: Path, port: int, seconds: float = 120, **settings: str):
    """Runs a command that serves the dashboard, gives its address once it answers, and ends it with its
    children.
    """
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        own_group = {"start_new_session": True} if os.name == "posix" else {}
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | settings, stdout=out, stderr=subprocess.STDOUT, **own_group
        )
    try:
        _wait_for(f"{address}/healthz", process, log, seconds)
        yield address
    finally:
        _stop(process)


def _wait_for(address: str, process: subprocess.Popen, log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{address} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM) if os.name == "posix" else process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """with serve(command) as (address, log): a server that answers; "{port}" inside the command becomes a
    free port.
    """

    @contextmanager
    def served(command: list[str], **settings: str):
        port, log = free_port(), tmp_path_factory.mktemp("server") / "log"
        with serving(
            [word.replace("{port}", str(port)) for word in command], log, port, **settings
        ) as address:
            yield address, log

    return served


@pytest.fixture(scope="session")
def site(serve, tmp_path_factory):
    """The address of the dashboard, served as `make run` serves it, for the whole test session; it keeps what
    it is given elsewhere.
    """
    with serve(
        DASHBOARD, RIPRESA_CONTRIBUTION_STORE=str(tmp_path_factory.mktemp("kept") / "diagnosis.sqlite3")
    ) as (
        address,
        _,
    ):
        yield address


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome: $CHROMIUM, or the machine's own."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        absent(
            "BROWSER",
            "No Chromium on this machine: install it (Debian, Ubuntu: apt install chromium) or say "
            "where it is with CHROMIUM=/path/to/it",
        )
    return path
