"""Starts and stops the dashboard and its peers on free ports of this machine, each as its own process group."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STREAMLIT_COMMAND = [sys.executable, "-m", "streamlit", "run"]
STREAMLIT_OPTIONS = [
    "--server.headless=true",
    "--browser.gatherUsageStats=false",
    "--server.fileWatcherType=none",
]
COMMANDS = {
    "ours": lambda port: [sys.executable, "-m", "ripresa", "serve", f"--port={port}"],
    "plain": lambda port: [
        *STREAMLIT_COMMAND,
        "benchmarks/peers/plain_app.py",
        f"--server.port={port}",
        *STREAMLIT_OPTIONS,
    ],
    "dash": lambda port: [
        sys.executable,
        "-m",
        "gunicorn",
        "-w",
        "2",
        "-b",
        f"127.0.0.1:{port}",
        "--timeout",
        "120",
        "benchmarks.peers.dash_app:server",
    ],
    "floor": lambda port: [sys.executable, "-m", "benchmarks.peers.floor", str(port)],
}
PAGE_PATHS = {"ours": "closures?lang=en&level=italy", "plain": "", "dash": "", "floor": ""}


@dataclass(frozen=True)
class Server:
    """A running server: its name, port, process id and the seconds it took to answer."""

    name: str
    port: int
    pid: int
    startup_seconds: float

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def page_url(self) -> str:
        return self.base_url + PAGE_PATHS[self.name]


@contextmanager
def run_server(name: str) -> Iterator[Server]:
    """The server of this name, answering; ended with all its children by process group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    process = subprocess.Popen(
        COMMANDS[name](port),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        _wait_until_ready(port, process)
        yield Server(name, port, process.pid, time.perf_counter() - begun)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def measure_memory(pid: int) -> float:
    """Proportional set size of a server and its children in MB: shared pages are counted once."""
    import psutil

    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / 1e6


def _wait_until_ready(port: int, process: subprocess.Popen, seconds: float = 60) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise RuntimeError(
                f"The server of port {port} ended with code {process.returncode} before it answered."
            )
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
                answer.read(1)
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"The server of port {port} did not answer within {seconds:.0f} seconds.")
