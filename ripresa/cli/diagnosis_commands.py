"""python -m ripresa diagnosis: the store of contributed diagnoses and the quarterly release made from it."""

import argparse
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from ripresa.diagnosis import published_file, quarterly_release, synthetic_sample
from ripresa.diagnosis.contribution_store import ContributionStoreError, open_store
from ripresa.disclosure.suppression import DisclosureAuditError


def main(arguments: list[str] | None = None) -> int:
    options = _build_parser().parse_args(arguments)
    try:
        print(options.run(options))
    except (ContributionStoreError, quarterly_release.ReleaseError, DisclosureAuditError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        path = getattr(options, "file", published_file.RELEASE_PATH)
        reason = error.strerror or str(error)
        print(
            f"{path} cannot be written ({reason}): free or unlock the folder, then give the command again.",
            file=sys.stderr,
        )
        return 1
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa diagnosis",
        description="Manage contributed diagnoses: their store, its backups, and the quarterly release.",
        epilog="RIPRESA_CONTRIBUTION_STORE names the store: a file, or postgresql://...",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], str], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        command.set_defaults(run=run)
        return command

    add("init", _create_tables, "create the tables (the embedded file creates its own)")
    add("count", _count, "print how many diagnoses are stored")
    add("purge", _purge, "delete the diagnoses past their time")
    backup = add("backup", _back_up, "write everything stored, as of one moment, to a new file")
    backup.add_argument("file", type=Path, metavar="FILE", help="the new file")
    restore = add("restore", _restore, "load a backup into an empty store, then purge")
    restore.add_argument("file", type=Path, metavar="FILE", help="the backup")
    release = add("release", _publish_quarter, "publish a quarter after suppression and an audit")
    release.add_argument(
        "quarter",
        nargs="?",
        type=_parse_quarter,
        metavar="QUARTER",
        help="such as 2026-Q3 (default: the last complete quarter)",
    )
    add("sample", _write_sample, "write the invented sample, every row labelled")
    return parser


def _parse_quarter(text: str) -> str:
    if not re.fullmatch(r"\d{4}-Q[1-4]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a quarter: write it as 2026-Q3")
    return text


def _create_tables(_: argparse.Namespace) -> str:
    open_store().create_tables()
    return "The tables are ready."


def _count(_: argparse.Namespace) -> str:
    return f"{open_store().count()} diagnoses kept."


def _purge(_: argparse.Namespace) -> str:
    return f"{open_store().purge(date.today())} diagnoses past their time deleted."


def _back_up(options: argparse.Namespace) -> str:
    count = open_store().backup(options.file)
    return (
        f"{count} diagnoses in {options.file}: it holds what was kept, so guard it, "
        "and delete it when it is old."
    )


def _restore(options: argparse.Namespace) -> str:
    store = open_store()
    store.create_tables()
    return f"{store.restore(options.file, date.today())} diagnoses kept."


def _publish_quarter(options: argparse.Namespace) -> str:
    today = date.today()
    quarter = options.quarter or quarterly_release.get_last_complete_quarter(today)
    release = quarterly_release.publish_quarter(open_store(), quarter, today)
    if release is None:
        return f"{quarter}: already published, its file is written again."
    return f"{quarter}: audit passed; {quarterly_release.format_summary(release.rows)}."


def _write_sample(_: argparse.Namespace) -> str:
    return synthetic_sample.write_sample()
