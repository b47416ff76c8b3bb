"""python -m ripresa import SOURCE FILE: brings an official file into data/imports and builds the database again."""

import argparse
import re
import sys
import time
from pathlib import Path

from ripresa import catalogue, settings
from ripresa.cli.build_database import print_progress
from ripresa.database import build
from ripresa.importers import apply, eurostat, future_of_business, istat, native_csv, text_files, worldbank
from ripresa.importers.records import ImportBatch, ImporterError

PUBLISHERS = {
    "eurostat": eurostat,
    "istat": istat,
    "worldbank": worldbank,
    "future_of_business": future_of_business,
}
DOWNLOAD_FOLDER = Path(".cache") / "downloads"
MAX_EXAMPLES = 5
USAGE = """
SOURCE is eurostat, istat, worldbank or future_of_business for their official files, or any id of data/catalogue/sources.toml for a CSV with our own columns.
  python -m ripresa import eurostat isoc_e_dii.csv             SDMX-CSV, TSV or JSON-stat, plain or gzip
  python -m ripresa import eurostat isoc_e_dii --download      the whole table from the publisher
  python -m ripresa import worldbank IC.FRM.FEMM.ZS --download
  python -m ripresa import istat asia.csv --table 183_277_DF_DICA_ASIAUE1P_1
  python -m ripresa import future_of_business aggregated.csv --period 2022-01
  python -m ripresa import chambers_press my_figures.csv
"""


def main(arguments: list[str] | None = None) -> int:
    options = _build_parser().parse_args(arguments)
    root = options.root.resolve()
    try:
        with text_files.open_text_file(_locate_file(options, root)) as text:
            reading = read_batch(options.source, text, root, options)
        changes = (
            apply.preview_import(reading, root)
            if options.dry_run
            else apply.apply_import(reading, root, options.out, print_progress)
        )
    except (ImporterError, build.BuildError, catalogue.CatalogueError) as fault:
        _print_message(apply.summarize_errors(fault))
        return 1
    except MemoryError:
        _print_message(
            f"{options.file} does not fit in memory: ask the publisher for SDMX-CSV or TSV, which stream."
        )
        return 1
    print("\n".join(format_summary(reading, changes, options.dry_run)))
    return 0


def read_batch(source: str, text: text_files.TextFile, root: Path, given: argparse.Namespace) -> ImportBatch:
    """The figures of a file of this source. Raises ImportFault."""
    publisher = PUBLISHERS.get(source)
    families = catalogue.load_sources(root)
    if publisher is None and source not in families:
        raise ImporterError(
            f"{source!r} is not a source: use one of {', '.join(PUBLISHERS)}, or an id of data/catalogue/sources.toml: {', '.join(families)}."
        )
    if publisher is None or source in families and native_csv.has_native_header(text):
        return native_csv.read(text, root, source)
    if publisher is future_of_business:
        return publisher.read(text, root, given.table, given.since, given.period, given.scale)
    return publisher.read(text, root, given.table, given.since)


def format_summary(reading: ImportBatch, changes: apply.ImportChanges, dry: bool = False) -> list[str]:
    """What an import brought, in lines: new, revised, unchanged, gone, and what was left out and why."""
    lines = [
        f"{reading.file_name}: {len(reading.observations):,} figures ({'; '.join(reading.notes)})"
        if reading.notes
        else f"{reading.file_name}: {len(reading.observations):,} figures"
    ]
    lines.append(f"{len(changes.new):>9,}  new")
    lines.append(
        f"{len(changes.revised):>9,}  revised{_format_examples([f'{_format_key(new)}: {_format_value(old)} -> {_format_value(new)}' for old, new in changes.revised])}"
    )
    lines.append(f"{len(changes.unchanged):>9,}  unchanged")
    if changes.removed:
        lines.append(
            f"{len(changes.removed):>9,}  gone: in the last import of this table and not in this file{_format_examples([_format_key(row) for row in changes.removed])}"
        )
    if changes.excluded:
        reasons = sorted({why for _, why in changes.excluded})
        lines.append(
            f"{len(changes.excluded):>9,}  of these kept as evidence, not charted ({', '.join(reasons)})"
        )
    lines.append(
        f"dropped: {sum(reading.dropped_cells.counts.values()):,} cells"
        if reading.dropped_cells.counts
        else "dropped: nothing"
    )
    lines += reading.dropped_cells.format_lines()
    return lines + (["Nothing was written (--dry-run)."] if dry else [])


def _format_examples(words: list[str]) -> str:
    return f": {'; '.join(words[:MAX_EXAMPLES])}{'; …' if len(words) > MAX_EXAMPLES else ''}" if words else ""


def _format_key(row: build.PublishedObservation) -> str:
    return " ".join(part for part in row.key[:-1] if part != "all")


def _format_value(row: build.PublishedObservation) -> str:
    return f"{row.value:g}{row.flags}"


def _locate_file(given: argparse.Namespace, root: Path) -> Path:
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
        raise ImporterError(
            f"{given.file} is not an address: a CSV with our own columns is downloaded from an https address."
        )
    path, new = download.download_file(
        address,
        given.cache or root.parent / DOWNLOAD_FOLDER,
        getattr(publisher, "ACCEPT", "*/*"),
        given.largest << 20,
        ProgressBar(),
    )
    _print_message(f"{'downloaded' if new else 'not changed since the last download'}: {path}")
    return path


class ProgressBar:
    """A plain progress bar on the error stream; where that is not a terminal, a line every ten seconds."""

    def __init__(self):
        self.last_update = time.monotonic()

    def __call__(self, done: int, whole: int) -> None:
        terminal, now = sys.stderr.isatty(), time.monotonic()
        if now - self.last_update < (0.2 if terminal else 10) and done != whole:
            return
        self.last_update = now
        share = done / whole if whole else 0
        drawn = f"[{'#' * int(30 * share):<30}] {100 * share:3.0f}%  " if whole else ""
        print(
            f"\r{drawn}{done / 1e6:,.1f} MB",
            end="\n" if not terminal or done == whole else "",
            file=sys.stderr,
            flush=True,
        )


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa import",
        description=__doc__,
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="who published the file")
    parser.add_argument(
        "file", metavar="FILE", help="the file; with --download its table, indicator or https address"
    )
    parser.add_argument("--table", default="", help="the table's id, where the file does not say it")
    parser.add_argument(
        "--since", default="", type=_parse_year, help="first year taken (official tables: 2019)"
    )
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


def _parse_year(text: str) -> str:
    if text and not re.fullmatch(r"\d{4}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year")
    return text


def _print_message(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
