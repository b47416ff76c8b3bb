"""python -m ripresa check-links [--out FILE] [--only ID ...]: do the addresses of data/resources.csv still answer?

For a machine with a network. One address at a time, a pause between two of the same host, the page asked for once; what comes back is written to a
report and nothing else is changed: a state in resources.csv rests on dated evidence, which an answer alone is not.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ripresa import settings

RESOURCES = settings.RESOURCES
REPORT = Path("links.csv")
AGENT = "ripresa-digitale link check (one request a page; ripresa/cli/check_links.py)"
PAUSE, PATIENCE = 3.0, 20.0  # seconds between two requests to a host, and for an answer
REFUSED = (401, 403, 405, 429, 451)  # there, but not for programs


@dataclass(frozen=True)
class Answer:
    """One line of the report. found: answers, moved (to another host or page), refused, missing, fails (an error of the server) or silent."""

    id: str
    address: str
    found: str
    status: str
    final: str
    note: str
    checked: str


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa check-links",
        description="Ask each address of the resources once and write what answers.",
    )
    parser.add_argument("--out", type=Path, default=REPORT, help=f"the report (default: {REPORT})")
    parser.add_argument("--only", nargs="+", metavar="ID", help="ids of resources (default: all)")
    parser.add_argument(
        "--pause",
        type=float,
        default=PAUSE,
        help=f"seconds between two requests to one host (default: {PAUSE:g})",
    )
    given = parser.parse_args(arguments)
    resources = read()
    unknown = sorted(set(given.only or ()) - {row["id"] for row in resources})
    if unknown:
        parser.error(f"{', '.join(unknown)} is not in data/resources.csv")
    wanted = [row for row in resources if not given.only or row["id"] in given.only]
    with httpx.Client(
        headers={"User-Agent": AGENT}, timeout=PATIENCE, follow_redirects=True, max_redirects=8
    ) as client:
        found = list(check(wanted, client, given.pause))
    write(found, given.out)
    counts = {
        kind: sum(answer.found == kind for answer in found)
        for kind in dict.fromkeys(answer.found for answer in found)
    }
    print(
        f"check_links: {', '.join(f'{count} {kind}' for kind, count in counts.items())}; report in {given.out}",
        file=sys.stderr,
    )
    return 0


def read(path: Path = RESOURCES) -> list[dict[str, str]]:
    """The resources as they stand in the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def check(
    resources: Iterable[dict[str, str]],
    client: httpx.Client,
    pause: float = PAUSE,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Answer]:
    """An answer for each resource, its host left in peace for `pause` seconds between two requests."""
    last: dict[str, float] = {}
    for row in resources:
        host = urlsplit(row["address"]).netloc
        if host in last:
            sleep(max(0.0, last[host] + pause - clock()))
        yield ask(row, client)
        last[host] = clock()


def ask(row: dict[str, str], client: httpx.Client) -> Answer:
    """What an address answers; only the head of the page is read."""
    address, now = row["address"], datetime.now(UTC).strftime("%Y-%m-%d")
    try:
        with client.stream("GET", address) as answer:
            final = str(answer.url)
            return Answer(
                row["id"],
                address,
                _kind(answer.status_code, address, final),
                str(answer.status_code),
                final if final != address else "",
                "",
                now,
            )
    except httpx.InvalidURL as fault:
        return Answer(row["id"], address, "missing", "", "", str(fault), now)
    except httpx.HTTPError as fault:
        return Answer(
            row["id"], address, "silent", "", "", f"{type(fault).__name__}: {fault}".strip(": "), now
        )


def _kind(status: int, address: str, final: str) -> str:
    if status in REFUSED:
        return "refused"
    if status >= 500:
        return "fails"
    if status >= 400:
        return "missing"
    return "answers" if _place(address) == _place(final) else "moved"


def _place(address: str) -> tuple[str, str]:
    """Host and path, without what changes from one visit to the next."""
    parts = urlsplit(address)
    return parts.netloc.removeprefix("www."), parts.path.rstrip("/")


def write(found: Iterable[Answer], path: Path) -> None:
    """The report: a header, one line a resource."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        report = csv.DictWriter(lines, [field.name for field in fields(Answer)], lineterminator="\n")
        report.writeheader()
        report.writerows(map(asdict, found))
