"""Starts and stops the dashboard and its peers on free ports of this machine, each as a process group."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
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


def build_serve_command(port: int) -> list[str]:
    """The command of the dashboard itself."""
    return [sys.executable, "-m", "ripresa", "serve", "--host=127.0.0.1", f"--port={port}"]


def _build_plain_command(port: int) -> list[str]:
    return [*STREAMLIT_COMMAND, "benchmarks/peers/plain_app.py", f"--server.port={port}", *STREAMLIT_OPTIONS]


def _build_dash_command(port: int) -> list[str]:
    options = f"-w 2 -b 127.0.0.1:{port} --timeout 120".split()
    return [sys.executable, "-m", "gunicorn", *options, "benchmarks.peers.dash_app:server"]


def _build_floor_command(port: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.peers.floor", str(port)]


COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "ours": build_serve_command,
    "plain": _build_plain_command,
    "dash": _build_dash_command,
    "floor": _build_floor_command,
}
PAGE_PATHS = {"ours": "closures?lang=en&level=italy", "plain": "", "dash": "", "floor": ""}


@dataclass(frozen=True)
class Server:
    """A running server: its name, port, process id and the seconds until its first response."""

    name: str
    port: int
    pid: int = 0
    startup_seconds: float = 0.0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def page_url(self) -> str:
        return self.base_url + PAGE_PATHS[self.name]


@contextmanager
def run_server(name: str) -> Iterator[Server]:
    """Starts the server of this name and waits for its first response; stops its process group at the end."""
    port = find_free_port()
    start = time.perf_counter()
    process = start_process(COMMANDS[name](port), {"PYTHONPATH": str(ROOT)})
    try:
        wait_for_http(port, process=process)
        yield Server(name, port, process.pid, time.perf_counter() - start)
    finally:
        stop_process(process)


def find_free_port() -> int:
    """A TCP port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def start_process(
    command: list[str], environment: dict[str, str], stderr: int | None = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Starts a command from the project's folder as a process group, with these variables added."""
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )


def stop_process(process: subprocess.Popen[bytes], signal_number: int = signal.SIGTERM) -> None:
    """Signals the process group and waits for its leader, which is killed after ten seconds."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal_number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_http(
    port: int, path: str = "/", timeout: float = 90, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Waits until a GET of the path succeeds.

    Raises the last error after the timeout in seconds, and RuntimeError where the process ends first.
    """
    deadline = time.perf_counter() + timeout
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
                response.read(1)
                return
        except OSError:
            if process and process.poll() is not None:
                raise RuntimeError(
                    f"The server of port {port} ended with code {process.returncode} before it answered."
                ) from None
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.05)


def measure_memory(pid: int) -> float:
    """Proportional set size of a process and its children in MB; pages they share are counted once."""
    import psutil

    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(member.memory_full_info().pss for member in family) / 1e6
