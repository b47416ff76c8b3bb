"""python -m deploy.prove: nginx before two replicas on this machine, measured, one of them killed, the data changed under load.

Needs nginx (Debian: apt-get install nginx-light). Prints what was measured; `--seconds 2 --visitors 6` is the small form that the tests run.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import websockets

from benchmarks.load import StreamlitVisitor, compute_quantile
from benchmarks.servers import ROOT, Server
from ripresa.database.build import ensure_database

VIEWS = [
    ("closures", f"lang={lang}&level=italy&period={period}")
    for period in ("2021", "2022", "2023", "2024")
    for lang in ("it", "en")
]
OBSERVATIONS_PATH = "/api/v1/observations?indicator=death_rate&geo=ITC4&lang=en"
EMBED_PATH = "/embed/v1/death_rate?lang=en&level=italy"


@dataclass
class Replica:
    """One server process over the shared database."""

    port: int
    database: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        settings = {
            "RIPRESA_READ_ONLY": "1",
            "RIPRESA_DATABASE": str(self.database),
            "RIPRESA_RATE_LIMITS": "0",
            "RIPRESA_TRUSTED_PROXIES": "1",
            "RIPRESA_LOG_LEVEL": "warning",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ripresa", "serve", "--host=127.0.0.1", f"--port={self.port}"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        wait_for_http(self.port, "/readyz")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(20)


@dataclass
class LoadReport:
    """What visitors saw: seconds an answer took, faults, and how long each was without its view."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    reconnect_seconds: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for_http(port: int, path: str, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10).close()  # noqa: S310
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def write_nginx_config(folder: Path, port: int, replicas: list[int]) -> Path:
    """deploy/nginx.conf for this machine: its ports, its folder."""
    text = (
        (ROOT / "deploy" / "nginx.conf")
        .read_text(encoding="utf-8")
        .replace("/tmp/", f"{folder}/")
        .replace("listen 8080", f"listen 127.0.0.1:{port}")
    )
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"replica{number}:8501", f"127.0.0.1:{replica}")
    path = folder / "nginx.conf"
    path.write_text(f"daemon off;\n{text}", encoding="utf-8")
    return path


@contextmanager
def run_cluster() -> Iterator[tuple[int, list[Replica]]]:
    """nginx and two replicas over a copy of the database; gives nginx's port and the replicas."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-")))
        folder.chmod(0o755)
        database = Path(shutil.copy(ensure_database(), folder / "ripresa.duckdb"))
        replicas = [Replica(find_free_port(), database), Replica(find_free_port(), database)]
        for replica in replicas:
            stack.callback(lambda replica=replica: replica.stop(signal.SIGKILL))
            replica.start()
        for replica in replicas:
            replica.wait_until_ready()
        port = find_free_port()
        conf = write_nginx_config(folder, port, [replica.port for replica in replicas])
        door = subprocess.Popen([find_nginx(), "-c", conf, "-p", folder], stderr=subprocess.DEVNULL)
        stack.callback(lambda: (door.terminate(), door.wait(20)))
        wait_for_http(port, "/healthz")
        yield port, replicas


def find_nginx() -> str:
    """The path of nginx, empty where there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


# --- visitors with a page open ---


async def simulate_visitors(port: int, visitors: int, seconds: float, during=None) -> LoadReport:
    """Visitors from addresses of their own who turn from view to view; one whose connection breaks comes back to the address it was at."""
    seen, ends = LoadReport(), time.monotonic() + seconds
    others = asyncio.create_task(during()) if during else None
    await asyncio.gather(*(simulate_visitor(port, number, ends, seen) for number in range(visitors)))
    if others:
        await others
    return seen


async def simulate_visitor(port: int, number: int, ends: float, seen: LoadReport) -> None:
    visitor, step, words = None, number, {}
    while time.monotonic() < ends or visitor is None:
        view, begun = VIEWS[step % len(VIEWS)], time.monotonic()
        try:
            if visitor is None:
                visitor = StreamlitVisitor(Server("ours", port, 0, 0), source_address=f"127.0.0.{number + 2}")
                await visitor.connect()
            await visitor.open_page(*view)
        except (
            OSError,
            websockets.WebSocketException,
        ):  # the connection broke: a browser tries again, at the same address
            seen.reconnect_seconds.append(await measure_reconnect(port, number, view, words, seen))
            visitor = None
            step += 1
            continue
        except Exception as fault:
            seen.errors.append(f"{type(fault).__name__}: {fault}"[:200])
            return
        seen.seconds.append(time.monotonic() - begun)
        said = extract_headings(visitor)
        if words.setdefault(view, said) != said:
            seen.errors.append(f"{view}: another view")
        step += 1
    with suppress(Exception):
        await visitor.close()


async def measure_reconnect(
    port: int, number: int, view: tuple[str, str], words: dict, seen: LoadReport
) -> float:
    """Seconds until the same view is there again."""
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        visitor = StreamlitVisitor(Server("ours", port, 0, 0), source_address=f"127.0.0.{number + 2}")
        try:
            await visitor.connect()
            await visitor.open_page(*view)
            if words.setdefault(view, extract_headings(visitor)) != extract_headings(visitor):
                seen.errors.append(f"{view}: another view after the break")
            await visitor.close()
            return time.monotonic() - begun
        except (OSError, websockets.WebSocketException):
            await asyncio.sleep(0.2)
    seen.errors.append(f"{view}: not back within a minute")
    return 60.0


def extract_headings(visitor: StreamlitVisitor) -> tuple[str, ...]:
    """The headings of the page, its question and its figure's finding; not the data version, which may change."""
    return tuple(re.findall(r"<h[12][^>]*>.*?</h[12]>", "".join(visitor.html_fragments)))


# --- programs that ask the data ---


async def simulate_api_clients(
    port: int, path: str, seconds: float, clients: int = 8, if_none_match: str = ""
) -> LoadReport:
    """Clients that ask one address again and again over kept connections."""
    seen, ends = LoadReport(), time.monotonic() + seconds
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n{f'If-None-Match: {if_none_match}' + chr(13) + chr(10) if if_none_match else ''}\r\n".encode()

    async def client() -> None:
        reader = writer = None
        while time.monotonic() < ends:
            begun = time.monotonic()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(head)
                status, headers = await read_http_response(reader)
            except (OSError, asyncio.IncompleteReadError) as fault:
                seen.errors.append(type(fault).__name__)
                writer = None
                continue
            if status != (304 if if_none_match else 200):
                seen.errors.append(str(status))
            if headers.get("connection") == "close":  # nginx closes one that has served a thousand
                writer.close()
                writer = None
            seen.versions.add(headers.get("data-version", headers.get("etag", "")))
            seen.seconds.append(time.monotonic() - begun)
        if writer:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return seen


async def read_http_response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers of one answer, its body read."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).strip() or b"0", 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(headers.get("content-length", 0)) if status.split()[1] != "304" else 0)
    return int(status.split()[1]), headers


def fetch_etag(port: int, path: str) -> str:
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"}),
        timeout=20,
    ) as found:  # noqa: S310
        return found.headers["ETag"]


def replace_database(database: Path, version: str) -> None:
    """The next edition of the data, put in place as an operator does: a whole file, moved over the old one."""
    draft = Path(shutil.copy(database, database.with_name("draft.duckdb")))
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update build set version = $version", {"version": version})
    os.replace(draft, database)


def measure_deployment(seconds: float, visitors: int) -> dict:
    """Everything, in order; gives what was measured."""
    with run_cluster() as (port, replicas):
        found: dict = {"visitors": visitors, "seconds": seconds}
        asyncio.run(simulate_visitors(port, 2 * visitors, 2))  # warm

        def rate(seen):
            return round(len(seen.seconds) / seconds, 1)

        alone, both = (
            asyncio.run(simulate_visitors(replicas[0].port, visitors, seconds)),
            asyncio.run(simulate_visitors(port, visitors, seconds)),
        )
        found["pages"] = {
            "one_replica_per_second": rate(alone),
            "two_behind_nginx_per_second": rate(both),
            "faults": len(alone.errors) + len(both.errors),
        }

        for name, path in (("data", OBSERVATIONS_PATH), ("embed", EMBED_PATH)):
            for place, where in (("replica", replicas[0].port), ("nginx", port)):
                seen, again = (
                    asyncio.run(simulate_api_clients(where, path, seconds)),
                    asyncio.run(
                        simulate_api_clients(where, path, seconds, if_none_match=fetch_etag(where, path))
                    ),
                )
                found[f"{name}_{place}"] = {
                    "per_second": rate(seen),
                    "unchanged_per_second": rate(again),
                    "faults": len(seen.errors) + len(again.errors),
                }

        async def killing() -> None:
            await asyncio.sleep(seconds / 3)
            await asyncio.to_thread(replicas[0].stop, signal.SIGKILL)

        seen = asyncio.run(simulate_visitors(port, visitors, seconds, killing))
        found["killed"] = {
            "landed_on_the_other": len(seen.reconnect_seconds),
            "back_p50_s": compute_quantile(seen.reconnect_seconds, 0.5),
            "back_max_s": compute_quantile(seen.reconnect_seconds, 1),
            "answers": len(seen.seconds),
            "faults": seen.errors[:3],
        }
        replicas[0].start()
        replicas[0].wait_until_ready()

        through = max(seconds, 5.0)  # long enough for the new file to be made and asked

        async def updating() -> list[LoadReport]:
            asked = [
                asyncio.create_task(simulate_api_clients(port, "/api/v1/versions", through)),
                asyncio.create_task(simulate_api_clients(replicas[1].port, OBSERVATIONS_PATH, through)),
            ]
            await asyncio.sleep(seconds / 3)
            await asyncio.to_thread(replace_database, replicas[0].database, "feedfacebeef")
            return await asyncio.gather(*asked)

        async def update() -> tuple[LoadReport, list[LoadReport]]:
            task = asyncio.create_task(updating())
            return await simulate_visitors(port, visitors, through), await task

        pages, asked = asyncio.run(update())
        found["updated"] = {
            "pages": len(pages.seconds),
            "requests": sum(len(one.seconds) for one in asked),
            "versions": len(asked[1].versions),
            "breaks": len(pages.reconnect_seconds),
            "faults": [*pages.errors, *(fault for one in asked for fault in one.errors)][:3],
        }
        return found


def main() -> int:
    asked = argparse.ArgumentParser(
        prog="python -m deploy.prove",
        description="nginx before two replicas: measured, one killed, the data changed under load.",
    )
    asked.add_argument("--seconds", type=float, default=10.0)
    asked.add_argument("--visitors", type=int, default=20)
    given = asked.parse_args()
    if given.seconds <= 0 or given.visitors < 1:
        asked.error("seconds and visitors begin at 1")
    if not find_nginx():
        print("nginx is not installed (Debian: apt-get install nginx-light).", file=sys.stderr)
        return 1
    print(json.dumps(measure_deployment(given.seconds, given.visitors), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
