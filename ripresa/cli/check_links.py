"""python -m ripresa check-links [--out FILE] [--only ID ...]: checks the addresses of data/resources.csv.

Makes one request per address, with a pause between requests to the same host, and writes a report. It does
not change resources.csv: the state of a resource there rests on dated evidence, which a response alone is
not.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ripresa import settings

RESOURCES_FILE = settings.RESOURCES
DEFAULT_REPORT = Path("links.csv")
USER_AGENT = "ripresa-digitale link check (one request a page; ripresa/cli/check_links.py)"
DEFAULT_PAUSE = 3.0  # seconds between two requests to a host
TIMEOUT = 20.0  # seconds
REFUSED_STATUSES = (401, 403, 405, 429, 451)  # the page exists, but not for programs


@dataclass(frozen=True)
class LinkCheck:
    """One line of the report.

    found: answers, moved (to another host or path), refused, missing, fails (a server error) or silent (no
    response).
    """

    id: str
    address: str
    found: str
    status: str = ""
    final: str = ""
    note: str = ""
    checked: str = ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa check-links",
        description="Request each address of the resources once and write a report.",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_REPORT,
        metavar="FILE",
        help=f"the report (default: {DEFAULT_REPORT})",
    )
    parser.add_argument("--only", nargs="+", metavar="ID", help="ids of resources (default: all)")
    parser.add_argument(
        "--pause",
        type=float,
        default=DEFAULT_PAUSE,
        metavar="SECONDS",
        help=f"between two requests to one host (default: {DEFAULT_PAUSE:g})",
    )
    options = parser.parse_args(arguments)
    resources = read_resources()
    unknown = sorted(set(options.only or ()) - {row["id"] for row in resources})
    if unknown:
        parser.error(f"{', '.join(unknown)} is not in data/resources.csv")
    selected = [row for row in resources if not options.only or row["id"] in options.only]
    with httpx.Client(
        headers={"User-Agent": USER_AGENT}, timeout=TIMEOUT, follow_redirects=True, max_redirects=8
    ) as client:
        checks = list(check_links(selected, client, options.pause))
    write_report(checks, options.out)
    counts = Counter(check.found for check in checks)
    summary = ", ".join(f"{count} {result}" for result, count in counts.items())
    print(f"check_links: {summary}; report in {options.out}", file=sys.stderr)
    return 0


def read_resources(path: Path = RESOURCES_FILE) -> list[dict[str, str]]:
    """The rows of data/resources.csv."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def check_links(
    resources: Iterable[Mapping[str, str]],
    client: httpx.Client,
    pause: float = DEFAULT_PAUSE,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[LinkCheck]:
    """Checks each resource, with at least `pause` seconds between two requests to one host."""
    last_request: dict[str, float] = {}
    for row in resources:
        host = urlsplit(row["address"]).netloc
        if host in last_request:
            sleep(max(0.0, last_request[host] + pause - clock()))
        yield check_link(row["id"], row["address"], client)
        last_request[host] = clock()


def check_link(id: str, address: str, client: httpx.Client) -> LinkCheck:
    """Requests an address; only the head of the response is read."""
    today = datetime.now(UTC).date().isoformat()
    try:
        with client.stream("GET", address) as response:
            final = str(response.url)
            return LinkCheck(
                id,
                address,
                found=_classify_response(response.status_code, address, final),
                status=str(response.status_code),
                final=final if final != address else "",
                checked=today,
            )
    except httpx.InvalidURL as error:
        return LinkCheck(id, address, "missing", note=str(error), checked=today)
    except httpx.HTTPError as error:
        note = f"{type(error).__name__}: {error}".strip(": ")
        return LinkCheck(id, address, "silent", note=note, checked=today)


def _classify_response(status: int, address: str, final: str) -> str:
    if status in REFUSED_STATUSES:
        return "refused"
    if status >= 500:
        return "fails"
    if status >= 400:
        return "missing"
    return "answers" if _normalize_url(address) == _normalize_url(final) else "moved"


def _normalize_url(url: str) -> tuple[str, str]:
    """Host and path, without www and a final slash."""
    parts = urlsplit(url)
    return parts.netloc.removeprefix("www."), parts.path.rstrip("/")


def write_report(checks: Iterable[LinkCheck], path: Path) -> None:
    """Writes a CSV with a header and one line per resource."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [field.name for field in fields(LinkCheck)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, checks))
