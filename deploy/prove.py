"""python -m deploy.prove: measures two replicas behind nginx, with a crash and a data update under load.

Needs nginx (Debian: apt-get install nginx-light). Prints the measurements as JSON; the tests run it with
`--seconds 2 --visitors 6`.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import websockets

from benchmarks.load import StreamlitVisitor, compute_quantile
from benchmarks.servers import (
    ROOT,
    Server,
    build_serve_command,
    find_free_port,
    start_process,
    stop_process,
    wait_for_http,
)
from ripresa.database.build import ensure_database

VIEWS = [
    ("closures", f"lang={lang}&level=italy&period={period}")
    for period in ("2021", "2022", "2023", "2024")
    for lang in ("it", "en")
]
OBSERVATIONS_PATH = "/api/v1/observations?indicator=death_rate&geo=ITC4&lang=en"
EMBED_PATH = "/embed/v1/death_rate?lang=en&level=italy"
RECONNECT_TIMEOUT = 60.0  # seconds
CONNECTION_ERRORS = (OSError, websockets.WebSocketException)


@dataclass
class Replica:
    """One server process over the shared database."""

    port: int
    database: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            "RIPRESA_READ_ONLY": "1",
            "RIPRESA_DATABASE": str(self.database),
            "RIPRESA_RATE_LIMITS": "0",
            "RIPRESA_TRUSTED_PROXIES": "1",
            "RIPRESA_LOG_LEVEL": "warning",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.process = start_process(build_serve_command(self.port), environment, stderr=None)

    def wait_until_ready(self) -> None:
        wait_for_http(self.port, "/readyz")

    def kill(self) -> None:
        if self.process:
            stop_process(self.process, signal.SIGKILL)


@dataclass
class LoadReport:
    """What clients measured: seconds per response, errors, seconds to reconnect, data versions or ETags."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reconnect_seconds: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


def write_nginx_config(folder: Path, port: int, replicas: list[int]) -> Path:
    """deploy/nginx.conf with the ports of this machine and its temporary files in `folder`."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/tmp/", f"{folder}/").replace("listen 8080", f"listen 127.0.0.1:{port}")
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"replica{number}:8501", f"127.0.0.1:{replica}")
    path = folder / "nginx.conf"
    path.write_text(f"daemon off;\n{text}", encoding="utf-8")
    return path


@contextmanager
def run_cluster() -> Iterator[tuple[int, list[Replica]]]:
    """Starts nginx and two replicas over a copy of the database; gives nginx's port and the replicas."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-")))
        folder.chmod(0o755)
        database = Path(shutil.copy(ensure_database(), folder / "ripresa.duckdb"))
        replicas = [Replica(find_free_port(), database), Replica(find_free_port(), database)]
        for replica in replicas:
            stack.callback(replica.kill)
            replica.start()
        for replica in replicas:
            replica.wait_until_ready()
        port = find_free_port()
        config = write_nginx_config(folder, port, [replica.port for replica in replicas])
        nginx = subprocess.Popen([find_nginx(), "-c", config, "-p", folder], stderr=subprocess.DEVNULL)
        stack.callback(lambda: (nginx.terminate(), nginx.wait(20)))
        wait_for_http(port, "/healthz")
        yield port, replicas


def find_nginx() -> str:
    """The path of nginx, empty where it is not installed."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


# --- browser sessions ---


@dataclass
class PageVisitor:
    """A session that turns from view to view, and reconnects at the same URL when its connection breaks.

    Each visitor connects from another address. The headings of a view must be the same at every visit.
    """

    port: int
    number: int
    report: LoadReport
    headings_by_view: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    async def run(self, deadline: float) -> None:
        """Opens a view after another until the deadline; a broken connection is replaced before it ends."""
        session, step = None, self.number
        while time.monotonic() < deadline or session is None:
            view, start = VIEWS[step % len(VIEWS)], time.monotonic()
            step += 1
            try:
                session = session or await self._connect()
                await self._open_view(session, view, "another view")
                self.report.seconds.append(time.monotonic() - start)
            except CONNECTION_ERRORS:
                self.report.reconnect_seconds.append(await self._measure_reconnect(view))
                session = None
            except Exception as error:
                self.report.errors.append(f"{type(error).__name__}: {error}"[:200])
                return
        with suppress(Exception):
            await session.close()

    async def _connect(self) -> StreamlitVisitor:
        server = Server("ours", self.port)
        session = StreamlitVisitor(server, source_address=f"127.0.0.{self.number + 2}")
        await session.connect()
        return session

    async def _open_view(self, session: StreamlitVisitor, view: tuple[str, str], message: str) -> None:
        await session.open_page(*view)
        headings = extract_headings(session)
        if self.headings_by_view.setdefault(view, headings) != headings:
            self.report.errors.append(f"{view}: {message}")

    async def _measure_reconnect(self, view: tuple[str, str]) -> float:
        """Seconds until a new session shows the view."""
        start = time.monotonic()
        while time.monotonic() - start < RECONNECT_TIMEOUT:
            try:
                session = await self._connect()
                await self._open_view(session, view, "another view after the break")
                await session.close()
                return time.monotonic() - start
            except CONNECTION_ERRORS:
                await asyncio.sleep(0.2)
        self.report.errors.append(f"{view}: not back within a minute")
        return RECONNECT_TIMEOUT


async def simulate_visitors(
    port: int, visitors: int, seconds: float, during: Callable[[], Awaitable[object]] | None = None
) -> LoadReport:
    """Runs visitors for some seconds, and the coroutine `during` at the same time."""
    report, deadline = LoadReport(), time.monotonic() + seconds
    tasks = [PageVisitor(port, number, report).run(deadline) for number in range(visitors)]
    await asyncio.gather(*tasks, *([during()] if during else []))
    return report


def extract_headings(visitor: StreamlitVisitor) -> tuple[str, ...]:
    """The question of a page and the headline of its figure; not the data version, which may change."""
    return tuple(re.findall(r"<h[12][^>]*>.*?</h[12]>", "".join(visitor.html_fragments)))


# --- API clients ---


async def simulate_api_clients(
    port: int, path: str, seconds: float, clients: int = 8, if_none_match: str = ""
) -> LoadReport:
    """Clients that request one path repeatedly over keep-alive connections."""
    report, deadline = LoadReport(), time.monotonic() + seconds
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: gzip"]
    if if_none_match:
        lines.append(f"If-None-Match: {if_none_match}")
    request = "\r\n".join([*lines, "", ""]).encode()
    expected_status = 304 if if_none_match else 200

    async def run_client() -> None:
        reader = writer = None
        while time.monotonic() < deadline:
            start = time.monotonic()
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                status, headers = await read_http_response(reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                report.errors.append(type(error).__name__)
                writer = None
                continue
            if status != expected_status:
                report.errors.append(str(status))
            if headers.get("connection") == "close":  # nginx closes a connection after a thousand requests
                writer.close()
                writer = None
            report.versions.add(headers.get("data-version", headers.get("etag", "")))
            report.seconds.append(time.monotonic() - start)
        if writer:
            writer.close()

    await asyncio.gather(*(run_client() for _ in range(clients)))
    return report


async def read_http_response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Reads a response with its body; gives the status, and the headers by name in lower case."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head.strip().split("\r\n")
    status = int(status_line.split()[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    elif status != 304:
        await reader.readexactly(int(headers.get("content-length", 0)))
    return status, headers


def fetch_etag(port: int, path: str) -> str:
    """The ETag of a path's gzip representation."""
    url = f"http://127.0.0.1:{port}{path}"
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=20) as response:
        etag: str = response.headers["ETag"]
    return etag


# --- measurements ---


def replace_database(database: Path, version: str) -> None:
    """Replaces the database with a copy under another data version, atomically, as an operator does."""
    draft = Path(shutil.copy(database, database.with_name("draft.duckdb")))
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update build set version = $version", {"version": version})
    draft.replace(database)


@dataclass(frozen=True)
class Measurement:
    """Measures a running cluster with a number of visitors, for some seconds each time."""

    port: int
    replicas: list[Replica]
    seconds: float
    visitors: int

    def measure_pages(self) -> dict[str, object]:
        """Pages per second of one replica, and of two behind nginx."""
        single = asyncio.run(simulate_visitors(self.replicas[0].port, self.visitors, self.seconds))
        cluster = asyncio.run(simulate_visitors(self.port, self.visitors, self.seconds))
        return {
            "one_replica_per_second": self._rate(single),
            "two_behind_nginx_per_second": self._rate(cluster),
            "faults": len(single.errors) + len(cluster.errors),
        }

    def measure_requests(self, port: int, path: str) -> dict[str, object]:
        """Responses per second, with content and with 304."""
        full = asyncio.run(simulate_api_clients(port, path, self.seconds))
        etag = fetch_etag(port, path)
        unchanged = asyncio.run(simulate_api_clients(port, path, self.seconds, if_none_match=etag))
        return {
            "per_second": self._rate(full),
            "unchanged_per_second": self._rate(unchanged),
            "faults": len(full.errors) + len(unchanged.errors),
        }

    def measure_crash(self) -> dict[str, object]:
        """Kills a replica under load: how long its visitors wait for the other one."""
        replica = self.replicas[0]

        async def crash() -> None:
            await asyncio.sleep(self.seconds / 3)
            await asyncio.to_thread(replica.kill)

        report = asyncio.run(simulate_visitors(self.port, self.visitors, self.seconds, crash))
        replica.start()
        replica.wait_until_ready()
        return {
            "landed_on_the_other": len(report.reconnect_seconds),
            "back_p50_s": compute_quantile(report.reconnect_seconds, 0.5),
            "back_max_s": compute_quantile(report.reconnect_seconds, 1),
            "answers": len(report.seconds),
            "faults": report.errors[:3],
        }

    def measure_update(self) -> dict[str, object]:
        """Replaces the database under load: breaks for visitors, data versions received by API clients."""
        seconds = max(self.seconds, 5.0)  # long enough to copy the database and to request it

        async def replace_during_load() -> None:
            await asyncio.sleep(self.seconds / 3)
            await asyncio.to_thread(replace_database, self.replicas[0].database, "feedfacebeef")

        async def simulate_all() -> tuple[LoadReport, LoadReport, LoadReport]:
            return await asyncio.gather(
                simulate_visitors(self.port, self.visitors, seconds, replace_during_load),
                simulate_api_clients(self.port, "/api/v1/versions", seconds),
                simulate_api_clients(self.replicas[1].port, OBSERVATIONS_PATH, seconds),
            )

        pages, versions, observations = asyncio.run(simulate_all())
        return {
            "pages": len(pages.seconds),
            "requests": len(versions.seconds) + len(observations.seconds),
            "versions": len(observations.versions),
            "breaks": len(pages.reconnect_seconds),
            "faults": [*pages.errors, *versions.errors, *observations.errors][:3],
        }

    def _rate(self, report: LoadReport) -> float:
        return round(len(report.seconds) / self.seconds, 1)


def measure_deployment(seconds: float, visitors: int) -> dict[str, object]:
    """Runs every measurement on a new cluster; gives the results by name."""
    with run_cluster() as (port, replicas):
        asyncio.run(simulate_visitors(port, 2 * visitors, 2))  # warm the caches
        measurement = Measurement(port, replicas, seconds, visitors)
        results: dict[str, object] = {"visitors": visitors, "seconds": seconds}
        results["pages"] = measurement.measure_pages()
        for name, path in (("data", OBSERVATIONS_PATH), ("embed", EMBED_PATH)):
            for target, target_port in (("replica", replicas[0].port), ("nginx", port)):
                results[f"{name}_{target}"] = measurement.measure_requests(target_port, path)
        results["killed"] = measurement.measure_crash()
        results["updated"] = measurement.measure_update()
        return results


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.prove",
        description="Measure two replicas behind nginx, with a crash and a data update under load.",
    )
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="length of each measurement (default: 10)"
    )
    parser.add_argument("--visitors", type=int, default=20, help="browser sessions at once (default: 20)")
    options = parser.parse_args()
    if options.seconds <= 0 or options.visitors < 1:
        parser.error("seconds and visitors begin at 1")
    if not find_nginx():
        print("nginx is not installed (Debian: apt-get install nginx-light).", file=sys.stderr)
        return 1
    print(json.dumps(measure_deployment(options.seconds, options.visitors), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
