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

RESOURCES_FILE = settings.RESOURCES
DEFAULT_REPORT = Path("links.csv")
USER_AGENT = "ripresa-digitale link check (one request a page; ripresa/cli/check_links.py)"
DEFAULT_PAUSE, TIMEOUT = 3.0, 20.0  # seconds between two requests to a host, and for an answer
REFUSED_STATUSES = (401, 403, 405, 429, 451)  # there, but not for programs


@dataclass(frozen=True)
class LinkCheck:
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
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_REPORT, help=f"the report (default: {DEFAULT_REPORT})"
    )
    parser.add_argument("--only", nargs="+", metavar="ID", help="ids of resources (default: all)")
    parser.add_argument(
        "--pause",
        type=float,
        default=DEFAULT_PAUSE,
        help=f"seconds between two requests to one host (default: {DEFAULT_PAUSE:g})",
    )
    options = parser.parse_args(arguments)
    resources = read_resources()
    unknown = sorted(set(options.only or ()) - {row["id"] for row in resources})
    if unknown:
        parser.error(f"{', '.join(unknown)} is not in data/resources.csv")
    wanted = [row for row in resources if not options.only or row["id"] in options.only]
    with httpx.Client(
        headers={"User-Agent": USER_AGENT}, timeout=TIMEOUT, follow_redirects=True, max_redirects=8
    ) as client:
        checks = list(check_links(wanted, client, options.pause))
    write_report(checks, options.out)
    counts = {
        kind: sum(answer.found == kind for answer in checks)
        for kind in dict.fromkeys(answer.found for answer in checks)
    }
    print(
        f"check_links: {', '.join(f'{count} {kind}' for kind, count in counts.items())}; report in {options.out}",
        file=sys.stderr,
    )
    return 0


def read_resources(path: Path = RESOURCES_FILE) -> list[dict[str, str]]:
    """The resources as they stand in the file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def check_links(
    resources: Iterable[dict[str, str]],
    client: httpx.Client,
    pause: float = DEFAULT_PAUSE,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[LinkCheck]:
    """An answer for each resource, its host left in peace for `pause` seconds between two requests."""
    last: dict[str, float] = {}
    for row in resources:
        host = urlsplit(row["address"]).netloc
        if host in last:
            sleep(max(0.0, last[host] + pause - clock()))
        yield check_link(row, client)
        last[host] = clock()


def check_link(row: dict[str, str], client: httpx.Client) -> LinkCheck:
    """What an address answers; only the head of the page is read."""
    address, now = row["address"], datetime.now(UTC).strftime("%Y-%m-%d")
    try:
        with client.stream("GET", address) as answer:
            final = str(answer.url)
            return LinkCheck(
                row["id"],
                address,
                _classify_response(answer.status_code, address, final),
                str(answer.status_code),
                final if final != address else "",
                "",
                now,
            )
    except httpx.InvalidURL as fault:
        return LinkCheck(row["id"], address, "missing", "", "", str(fault), now)
    except httpx.HTTPError as fault:
        return LinkCheck(
            row["id"], address, "silent", "", "", f"{type(fault).__name__}: {fault}".strip(": "), now
        )


def _classify_response(status: int, address: str, final: str) -> str:
    if status in REFUSED_STATUSES:
        return "refused"
    if status >= 500:
        return "fails"
    if status >= 400:
        return "missing"
    return "answers" if _normalize_url(address) == _normalize_url(final) else "moved"


def _normalize_url(address: str) -> tuple[str, str]:
    """Host and path, without what changes from one visit to the next."""
    parts = urlsplit(address)
    return parts.netloc.removeprefix("www."), parts.path.rstrip("/")


def write_report(found: Iterable[LinkCheck], path: Path) -> None:
    """The report: a header, one line a resource."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        report = csv.DictWriter(lines, [field.name for field in fields(LinkCheck)], lineterminator="\n")
        report.writeheader()
        report.writerows(map(asdict, found))
