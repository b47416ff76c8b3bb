"""python -m ripresa diagnosis: the store of contributed diagnoses and the quarterly release made from it."""

import argparse
import re
import sys
from datetime import date
from pathlib import Path

from ripresa.diagnosis import published_file, quarterly_release, synthetic_sample
from ripresa.diagnosis.contribution_store import ContributionStore, ContributionStoreError, open_store
from ripresa.disclosure.suppression import DisclosureAuditError

FILE_COMMANDS = ("backup", "restore")


def main(arguments: list[str] | None = None) -> int:
    options = _build_parser().parse_args(arguments)
    try:
        print(_run_command(options))
    except (ContributionStoreError, quarterly_release.ReleaseError, DisclosureAuditError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        place = options.file if options.command in FILE_COMMANDS else published_file.RELEASE_PATH
        reason = error.strerror or str(error)
        print(
            f"{place} cannot be written ({reason}): free or unlock the folder, then give the command again.",
            file=sys.stderr,
        )
        return 1
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa diagnosis",
        description="Contributed diagnoses: their store, its backups, and the quarterly release.",
        epilog="RIPRESA_CONTRIBUTION_STORE names the store: a file, or postgresql://...",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    commands.add_parser("init", help="make the tables (the embedded file makes its own)")
    commands.add_parser("count", help="how many diagnoses are stored")
    commands.add_parser("purge", help="delete what is past its time")
    backup = commands.add_parser("backup", help="everything stored, as of one moment, in a new file")
    backup.add_argument("file", type=Path)
    restore = commands.add_parser("restore", help="a backup into an empty store, then purge")
    restore.add_argument("file", type=Path)
    release = commands.add_parser("release", help="publish a quarter after suppression and an audit")
    release.add_argument(
        "quarter", nargs="?", type=_parse_quarter, help="as 2026-Q3 (default: the last complete quarter)"
    )
    commands.add_parser("sample", help="write the invented sample, every row labelled")
    return parser


def _parse_quarter(text: str) -> str:
    if not re.fullmatch(r"\d{4}-Q[1-4]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a quarter: write it as 2026-Q3")
    return text


def _run_command(options: argparse.Namespace) -> str:
    if options.command == "sample":
        return synthetic_sample.write_sample()
    store, today = open_store(), date.today()
    if options.command == "release":
        return _create_release(
            store, options.quarter or quarterly_release.get_last_complete_quarter(today), today
        )
    if options.command in ("init", "restore"):
        store.create_tables()
    if options.command == "init":
        return "The tables are ready."
    if options.command == "count":
        return f"{store.count()} diagnoses kept."
    if options.command == "purge":
        return f"{store.purge(today)} diagnoses past their time deleted."
    if options.command == "backup":
        count = store.backup(options.file)
        return f"{count} diagnoses in {options.file}: it holds what was kept, so guard it, and delete it when it is old."
    return f"{store.restore(options.file, today)} diagnoses kept."


def _create_release(store: ContributionStore, quarter: str, today: date) -> str:
    release = quarterly_release.publish_quarter(store, quarter, today)
    if release is None:
        return f"{quarter}: already published, its file is written again."
    return f"{quarter}: audit passed; {quarterly_release.format_summary(release.rows)}."
