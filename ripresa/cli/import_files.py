"""python -m ripresa import SOURCE FILE: imports an official file into data/imports and rebuilds."""

import argparse
import re
import sys
import time
from pathlib import Path
from typing import Protocol

from ripresa import catalogue, settings
from ripresa.cli.build_database import add_data_arguments, print_progress
from ripresa.database.build_errors import BuildError
from ripresa.database.published_observation import PublishedObservation
from ripresa.importers import apply, eurostat, future_of_business, istat, native_csv, text_files, worldbank
from ripresa.importers.records import ImportBatch, ImporterError, ReadOptions, format_decimal
from ripresa.importers.text_files import TextFile


class Importer(Protocol):
    """A module of ripresa.importers that reads the files of a publisher."""

    ACCEPT: str  # the Accept header of its downloads

    def read(self, text: TextFile, root: Path, options: ReadOptions) -> ImportBatch: ...

    def get_download_url(self, id: str) -> str: ...


PUBLISHERS: dict[str, Importer] = {
    "eurostat": eurostat,
    "istat": istat,
    "worldbank": worldbank,
    "future_of_business": future_of_business,
}
DEFAULT_MAX_MB = 2048
MAX_EXAMPLES = 5
TERMINAL_INTERVAL, LOG_INTERVAL = 0.2, 10  # seconds between two lines of progress
EXAMPLES = """
SOURCE is eurostat, istat, worldbank or future_of_business for their official files,
or any id of data/catalogue/sources.toml for a CSV with our own columns.
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
    read_options = ReadOptions(options.source, options.table, options.since, options.period, options.scale)
    try:
        path = download_file(options, root) if options.download else Path(options.file)
        with text_files.open_text_file(path) as text:
            batch = read_batch(text, root, read_options)
        changes = (
            apply.preview_import(batch, root)
            if options.dry_run
            else apply.apply_import(batch, root, options.out, print_progress)
        )
    except (ImporterError, BuildError, catalogue.CatalogueError) as error:
        print(apply.summarize_errors(error), file=sys.stderr)
        return 1
    except MemoryError:
        print(
            f"{options.file} does not fit in memory: ask the publisher for SDMX-CSV or TSV, which stream.",
            file=sys.stderr,
        )
        return 1
    print("\n".join(format_summary(batch, changes)))
    if options.dry_run:
        print("Nothing was written (--dry-run).")
    return 0


def read_batch(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of a file, read as a file of options.source. Raises ImporterError."""
    importer = PUBLISHERS.get(options.source)
    source_ids = catalogue.load_sources(root)
    if importer is None and options.source not in source_ids:
        raise ImporterError(
            f"{options.source!r} is not a source: use one of {', '.join(PUBLISHERS)}, "
            f"or an id of data/catalogue/sources.toml: {', '.join(source_ids)}."
        )
    if importer is None or (options.source in source_ids and native_csv.has_native_header(text)):
        return native_csv.read(text, root, options)
    return importer.read(text, root, options)


def format_summary(batch: ImportBatch, changes: apply.ImportChanges) -> list[str]:
    """Lines with the numbers of new, revised, unchanged, removed and dropped observations, with examples."""
    notes = f" ({'; '.join(batch.notes)})" if batch.notes else ""
    revised = [
        f"{_format_key(new)}: {_format_value(old)} -> {_format_value(new)}" for old, new in changes.revised
    ]
    removed = [_format_key(row) for row in changes.removed]
    lines = [
        f"{batch.file_name}: {len(batch.observations):,} figures{notes}",
        f"{len(changes.new):>9,}  new",
        f"{len(revised):>9,}  revised{_format_examples(revised)}",
        f"{len(changes.unchanged):>9,}  unchanged",
    ]
    if removed:
        lines.append(
            f"{len(removed):>9,}  gone: in the last import of this table and not in this file"
            f"{_format_examples(removed)}"
        )
    if changes.excluded:
        reasons = ", ".join(sorted({reason for _, reason in changes.excluded}))
        lines.append(f"{len(changes.excluded):>9,}  of these kept as evidence, not charted ({reasons})")
    dropped_count = batch.dropped_cells.counts.total()
    lines.append(f"dropped: {dropped_count:,} cells" if dropped_count else "dropped: nothing")
    return lines + batch.dropped_cells.format_lines()


def _format_examples(examples: list[str]) -> str:
    if not examples:
        return ""
    return f": {'; '.join(examples[:MAX_EXAMPLES])}{'; …' if len(examples) > MAX_EXAMPLES else ''}"


def _format_key(row: PublishedObservation) -> str:
    return " ".join(part for part in row.key[:-1] if part != "all")


def _format_value(row: PublishedObservation) -> str:
    return f"{format_decimal(row.value)}{row.flags}"


def download_file(options: argparse.Namespace, root: Path) -> Path:
    """Downloads the table, indicator or address of the command to the cache. Raises ImporterError."""
    from ripresa.importers import download  # imported here: only downloads need the HTTP client

    importer = PUBLISHERS.get(options.source, native_csv)
    is_url = re.match(r"https?://", options.file)
    path, is_new = download.download_file(
        options.file if is_url else importer.get_download_url(options.file),
        options.cache or root.parent / settings.DOWNLOAD_CACHE,
        importer.ACCEPT,
        options.largest << 20,
        ProgressBar(),
    )
    state = "downloaded" if is_new else "not changed since the last download"
    print(f"{state}: {path}", file=sys.stderr, flush=True)
    return path


class ProgressBar:
    """A progress bar on standard error, or a line every ten seconds where that is not a terminal."""

    def __init__(self) -> None:
        self.last_update = time.monotonic()

    def __call__(self, received: int, total: int) -> None:
        is_terminal, now = sys.stderr.isatty(), time.monotonic()
        interval = TERMINAL_INTERVAL if is_terminal else LOG_INTERVAL
        if now - self.last_update < interval and received != total:
            return
        self.last_update = now
        share = received / total if total else 0
        bar = f"[{'#' * int(30 * share):<30}] {100 * share:3.0f}%  " if total else ""
        end = "\n" if not is_terminal or received == total else ""
        print(f"\r{bar}{received / 1e6:,.1f} MB", end=end, file=sys.stderr, flush=True)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa import",
        description="Import an official file into data/imports and build the database again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("source", metavar="SOURCE", help="publisher of the file")
    add("file", metavar="FILE", help="the file; with --download its table, indicator or https address")
    add("--table", default="", metavar="ID", help="the publisher's id of the table, where the file lacks it")
    add("--since", default="", type=_parse_year, metavar="YEAR", help="first year (official tables: 2019)")
    add("--period", default="", help="when a survey file without dates was held, for example 2022-01")
    add(
        "--scale",
        default="",
        choices=("percent", "proportion"),
        help="how a survey file writes shares (default: from its largest share)",
    )
    add("--download", action="store_true", help="download FILE from the publisher first (cached, resumed)")
    add(
        "--largest",
        type=int,
        default=DEFAULT_MAX_MB,
        metavar="MB",
        help=f"largest download (default: {DEFAULT_MAX_MB})",
    )
    add(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help=f"folder of downloads (default: {settings.DOWNLOAD_CACHE})",
    )
    add("--dry-run", action="store_true", help="print what would change and write nothing")
    add_data_arguments(parser)
    return parser


def _parse_year(text: str) -> str:
    if text and not re.fullmatch(r"\d{4}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year")
    return text
