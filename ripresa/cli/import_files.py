"""python -m ripresa import SOURCE FILE: brings an official file into data/imports and builds the database again."""

import argparse
import re
import sys
import time
from pathlib import Path

from ripresa import catalogue, settings
from ripresa.database import build
from ripresa.importers import apply, eurostat, future_of_business, istat, native_csv, text_files, worldbank
from ripresa.importers.records import ImportFault, Reading

PUBLISHERS = {
    "eurostat": eurostat,
    "istat": istat,
    "worldbank": worldbank,
    "future_of_business": future_of_business,
}
CACHE = Path(".cache") / "downloads"
SHOWN = 5
USED = """
SOURCE is eurostat, istat, worldbank or future_of_business for their official files, or any id of data/catalogue/sources.toml for a CSV with our own columns.
  python -m ripresa import eurostat isoc_e_dii.csv             SDMX-CSV, TSV or JSON-stat, plain or gzip
  python -m ripresa import eurostat isoc_e_dii --download      the whole table from the publisher
  python -m ripresa import worldbank IC.FRM.FEMM.ZS --download
  python -m ripresa import istat asia.csv --table 183_277_DF_DICA_ASIAUE1P_1
  python -m ripresa import future_of_business aggregated.csv --period 2022-01
  python -m ripresa import chambers_press my_figures.csv
"""


def main(arguments: list[str] | None = None) -> int:
    given = _arguments().parse_args(arguments)
    root = given.root.resolve()
    try:
        with text_files.opened(_file(given, root)) as text:
            reading = read(given.source, text, root, given)
        changes = (
            apply.look(reading, root)
            if given.dry_run
            else apply.bring(reading, root, given.out, lambda words: _say(f"build: {words}"))
        )
    except (ImportFault, build.BuildError, catalogue.CatalogueError) as fault:
        _say(apply.refusal(fault))
        return 1
    except MemoryError:
        _say(f"{given.file} does not fit in memory: ask the publisher for SDMX-CSV or TSV, which stream.")
        return 1
    print("\n".join(summary(reading, changes, given.dry_run)))
    return 0


def read(source: str, text: text_files.Text, root: Path, given: argparse.Namespace) -> Reading:
    """The figures of a file of this source. Raises ImportFault."""
    publisher = PUBLISHERS.get(source)
    families = catalogue.sources(root)
    if publisher is None and source not in families:
        raise ImportFault(
            f"{source!r} is not a source: use one of {', '.join(PUBLISHERS)}, or an id of data/catalogue/sources.toml: {', '.join(families)}."
        )
    if publisher is None or source in families and native_csv.ours(text):
        return native_csv.read(text, root, source)
    if publisher is future_of_business:
        return publisher.read(text, root, given.table, given.since, given.period, given.scale)
    return publisher.read(text, root, given.table, given.since)


def summary(reading: Reading, changes: apply.Changes, dry: bool = False) -> list[str]:
    """What an import brought, in lines: new, revised, unchanged, gone, and what was left out and why."""
    lines = [
        f"{reading.name}: {len(reading.figures):,} figures ({'; '.join(reading.notes)})"
        if reading.notes
        else f"{reading.name}: {len(reading.figures):,} figures"
    ]
    lines.append(f"{len(changes.new):>9,}  new")
    lines.append(
        f"{len(changes.revised):>9,}  revised{_examples([f'{_words(new)}: {_marked(old)} -> {_marked(new)}' for old, new in changes.revised])}"
    )
    lines.append(f"{len(changes.unchanged):>9,}  unchanged")
    if changes.gone:
        lines.append(
            f"{len(changes.gone):>9,}  gone: in the last import of this table and not in this file{_examples([_words(row) for row in changes.gone])}"
        )
    if changes.kept_aside:
        reasons = sorted({why for _, why in changes.kept_aside})
        lines.append(
            f"{len(changes.kept_aside):>9,}  of these kept as evidence, not charted ({', '.join(reasons)})"
        )
    lines.append(
        f"dropped: {sum(reading.dropped.counts.values()):,} cells"
        if reading.dropped.counts
        else "dropped: nothing"
    )
    lines += reading.dropped.lines()
    return lines + (["Nothing was written (--dry-run)."] if dry else [])


def _examples(words: list[str]) -> str:
    return f": {'; '.join(words[:SHOWN])}{'; …' if len(words) > SHOWN else ''}" if words else ""


def _words(row: build.Row) -> str:
    return " ".join(part for part in row.key[:-1] if part != "all")


def _marked(row: build.Row) -> str:
    return f"{row.value:g}{row.flags}"


def _file(given: argparse.Namespace, root: Path) -> Path:
    """The file to read: the one named, or the one downloaded."""
    if not given.download:
        return Path(given.file)
    from ripresa.importers import download  # only who downloads needs the HTTP library

    publisher = PUBLISHERS.get(given.source, native_csv)
    address = (
        given.file
        if re.match(r"https?://", given.file)
        else publisher.address(given.file)
        if hasattr(publisher, "address")
        else ""
    )
    if not address:
        raise ImportFault(
            f"{given.file} is not an address: a CSV with our own columns is downloaded from an https address."
        )
    path, new = download.fetched(
        address,
        given.cache or root.parent / CACHE,
        getattr(publisher, "ACCEPT", "*/*"),
        given.largest << 20,
        Bar(),
    )
    _say(f"{'downloaded' if new else 'not changed since the last download'}: {path}")
    return path


class Bar:
    """A plain progress bar on the error stream; where that is not a terminal, a line every ten seconds."""

    def __init__(self):
        self.last = time.monotonic()

    def __call__(self, done: int, whole: int) -> None:
        terminal, now = sys.stderr.isatty(), time.monotonic()
        if now - self.last < (0.2 if terminal else 10) and done != whole:
            return
        self.last = now
        share = done / whole if whole else 0
        drawn = f"[{'#' * int(30 * share):<30}] {100 * share:3.0f}%  " if whole else ""
        print(
            f"\r{drawn}{done / 1e6:,.1f} MB",
            end="\n" if not terminal or done == whole else "",
            file=sys.stderr,
            flush=True,
        )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa import",
        description=__doc__,
        epilog=USED,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="who published the file")
    parser.add_argument(
        "file", metavar="FILE", help="the file; with --download its table, indicator or https address"
    )
    parser.add_argument("--table", default="", help="the table's id, where the file does not say it")
    parser.add_argument("--since", default="", type=_year, help="first year taken (official tables: 2019)")
    parser.add_argument(
        "--period", default="", help="when a survey file without dates was held, for example 2022-01"
    )
    parser.add_argument(
        "--scale",
        default="",
        choices=("percent", "proportion"),
        help="how a survey file writes shares, where that is not seen",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch FILE from the publisher first (cached, resumed)"
    )
    parser.add_argument("--largest", type=int, default=2048, metavar="MB", help="largest download (2048)")
    parser.add_argument("--cache", type=Path, help="where downloads are kept (.cache/downloads)")
    parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
    parser.add_argument("--root", type=Path, default=settings.DATA, help="folder of the declarations (data)")
    parser.add_argument("--out", type=Path, help="where the database goes")
    return parser


def _year(text: str) -> str:
    if text and not re.fullmatch(r"\d{4}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year")
    return text


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
