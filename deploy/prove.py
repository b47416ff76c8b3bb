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

from benchmarks.load import StreamlitVisitor, quantile
from benchmarks.servers import ROOT, Server
from ripresa.database import build

VIEWS = [
    ("closures", f"lang={lang}&level=italy&period={period}")
    for period in ("2021", "2022", "2023", "2024")
    for lang in ("it", "en")
]
DATA = "/api/v1/observations?indicator=death_rate&geo=ITC4&lang=en"
EMBED = "/embed/v1/death_rate?lang=en&level=italy"


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

    def wait(self) -> None:
        answering(self.port, "/readyz")

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(20)


@dataclass
class Seen:
    """What visitors saw: seconds an answer took, faults, and how long each was without its view."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    away: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def answering(port: int, path: str, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10).close()  # noqa: S310
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def configured(folder: Path, port: int, replicas: list[int]) -> Path:
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
def standing() -> Iterator[tuple[int, list[Replica]]]:
    """nginx and two replicas over a copy of the database; gives nginx's port and the replicas."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-")))
        folder.chmod(0o755)
        database = Path(shutil.copy(build.ensure(), folder / "ripresa.duckdb"))
        replicas = [Replica(free(), database), Replica(free(), database)]
        for replica in replicas:
            stack.callback(lambda replica=replica: replica.end(signal.SIGKILL))
            replica.start()
        for replica in replicas:
            replica.wait()
        port = free()
        conf = configured(folder, port, [replica.port for replica in replicas])
        door = subprocess.Popen([nginx(), "-c", conf, "-p", folder], stderr=subprocess.DEVNULL)
        stack.callback(lambda: (door.terminate(), door.wait(20)))
        answering(port, "/healthz")
        yield port, replicas


def nginx() -> str:
    """The path of nginx, empty where there is none."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


# --- visitors with a page open ---


async def crowd(port: int, visitors: int, seconds: float, during=None) -> Seen:
    """Visitors from addresses of their own who turn from view to view; one whose connection breaks comes back to the address it was at."""
    seen, ends = Seen(), time.monotonic() + seconds
    others = asyncio.create_task(during()) if during else None
    await asyncio.gather(*(one(port, number, ends, seen) for number in range(visitors)))
    if others:
        await others
    return seen


async def one(port: int, number: int, ends: float, seen: Seen) -> None:
    visitor, step, words = None, number, {}
    while time.monotonic() < ends or visitor is None:
        view, begun = VIEWS[step % len(VIEWS)], time.monotonic()
        try:
            if visitor is None:
                visitor = StreamlitVisitor(Server("ours", port, 0, 0), source=f"127.0.0.{number + 2}")
                await visitor.connect()
            await visitor.turn(*view)
        except (
            OSError,
            websockets.WebSocketException,
        ):  # the connection broke: a browser tries again, at the same address
            seen.away.append(await back(port, number, view, words, seen))
            visitor = None
            step += 1
            continue
        except Exception as fault:
            seen.faults.append(f"{type(fault).__name__}: {fault}"[:200])
            return
        seen.seconds.append(time.monotonic() - begun)
        said = told(visitor)
        if words.setdefault(view, said) != said:
            seen.faults.append(f"{view}: another view")
        step += 1
    with suppress(Exception):
        await visitor.close()


async def back(port: int, number: int, view: tuple[str, str], words: dict, seen: Seen) -> float:
    """Seconds until the same view is there again."""
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        visitor = StreamlitVisitor(Server("ours", port, 0, 0), source=f"127.0.0.{number + 2}")
        try:
            await visitor.connect()
            await visitor.turn(*view)
            if words.setdefault(view, told(visitor)) != told(visitor):
                seen.faults.append(f"{view}: another view after the break")
            await visitor.close()
            return time.monotonic() - begun
        except (OSError, websockets.WebSocketException):
            await asyncio.sleep(0.2)
    seen.faults.append(f"{view}: not back within a minute")
    return 60.0


def told(visitor: StreamlitVisitor) -> tuple[str, ...]:
    """The headings of the page, its question and its figure's finding; not the data version, which may change."""
    return tuple(re.findall(r"<h[12][^>]*>.*?</h[12]>", "".join(visitor.words)))


# --- programs that ask the data ---


async def asking(port: int, path: str, seconds: float, clients: int = 8, tag: str = "") -> Seen:
    """Clients that ask one address again and again over kept connections."""
    seen, ends = Seen(), time.monotonic() + seconds
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\n{f'If-None-Match: {tag}' + chr(13) + chr(10) if tag else ''}\r\n".encode()

    async def client() -> None:
        reader = writer = None
        while time.monotonic() < ends:
            begun = time.monotonic()
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(head)
                status, headers = await answer(reader)
            except (OSError, asyncio.IncompleteReadError) as fault:
                seen.faults.append(type(fault).__name__)
                writer = None
                continue
            if status != (304 if tag else 200):
                seen.faults.append(str(status))
            if headers.get("connection") == "close":  # nginx closes one that has served a thousand
                writer.close()
                writer = None
            seen.versions.add(headers.get("data-version", headers.get("etag", "")))
            seen.seconds.append(time.monotonic() - begun)
        if writer:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return seen


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
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


def etag(port: int, path: str) -> str:
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"}),
        timeout=20,
    ) as found:  # noqa: S310
        return found.headers["ETag"]


def renewed(database: Path, version: str) -> None:
    """The next edition of the data, put in place as an operator does: a whole file, moved over the old one."""
    draft = Path(shutil.copy(database, database.with_name("draft.duckdb")))
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update build set version = $version", {"version": version})
    os.replace(draft, database)


def prove(seconds: float, visitors: int) -> dict:
    """Everything, in order; gives what was measured."""
    with standing() as (port, replicas):
        found: dict = {"visitors": visitors, "seconds": seconds}
        asyncio.run(crowd(port, 2 * visitors, 2))  # warm

        def rate(seen):
            return round(len(seen.seconds) / seconds, 1)

        alone, both = (
            asyncio.run(crowd(replicas[0].port, visitors, seconds)),
            asyncio.run(crowd(port, visitors, seconds)),
        )
        found["pages"] = {
            "one_replica_per_second": rate(alone),
            "two_behind_nginx_per_second": rate(both),
            "faults": len(alone.faults) + len(both.faults),
        }

        for name, path in (("data", DATA), ("embed", EMBED)):
            for place, where in (("replica", replicas[0].port), ("nginx", port)):
                seen, again = (
                    asyncio.run(asking(where, path, seconds)),
                    asyncio.run(asking(where, path, seconds, tag=etag(where, path))),
                )
                found[f"{name}_{place}"] = {
                    "per_second": rate(seen),
                    "unchanged_per_second": rate(again),
                    "faults": len(seen.faults) + len(again.faults),
                }

        async def killing() -> None:
            await asyncio.sleep(seconds / 3)
            await asyncio.to_thread(replicas[0].end, signal.SIGKILL)

        seen = asyncio.run(crowd(port, visitors, seconds, killing))
        found["killed"] = {
            "landed_on_the_other": len(seen.away),
            "back_p50_s": quantile(seen.away, 0.5),
            "back_max_s": quantile(seen.away, 1),
            "answers": len(seen.seconds),
            "faults": seen.faults[:3],
        }
        replicas[0].start()
        replicas[0].wait()

        through = max(seconds, 5.0)  # long enough for the new file to be made and asked

        async def updating() -> list[Seen]:
            asked = [
                asyncio.create_task(asking(port, "/api/v1/versions", through)),
                asyncio.create_task(asking(replicas[1].port, DATA, through)),
            ]
            await asyncio.sleep(seconds / 3)
            await asyncio.to_thread(renewed, replicas[0].database, "feedfacebeef")
            return await asyncio.gather(*asked)

        async def update() -> tuple[Seen, list[Seen]]:
            task = asyncio.create_task(updating())
            return await crowd(port, visitors, through), await task

        pages, asked = asyncio.run(update())
        found["updated"] = {
            "pages": len(pages.seconds),
            "requests": sum(len(one.seconds) for one in asked),
            "versions": len(asked[1].versions),
            "breaks": len(pages.away),
            "faults": [*pages.faults, *(fault for one in asked for fault in one.faults)][:3],
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
    if not nginx():
        print("nginx is not installed (Debian: apt-get install nginx-light).", file=sys.stderr)
        return 1
    print(json.dumps(prove(given.seconds, given.visitors), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
