"""python -m ripresa build: builds the database from the declarations and the raw observations."""

import argparse
import sys
from pathlib import Path

from ripresa import settings
from ripresa.database.build import build_database
from ripresa.database.build_errors import BuildError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa build",
        description="Build the database from the declarations and the raw figures.",
    )
    add_data_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        build_database(options.root.resolve(), options.out, print_progress)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --root and --out: the data folder and the database built from it."""
    parser.add_argument(
        "--root", type=Path, default=settings.DATA, metavar="FOLDER", help="data folder (default: data)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the database (default: ripresa.duckdb in that folder)"
    )


def print_progress(message: str) -> None:
    """Prints one step of a build on standard error."""
    print(f"build: {message}", file=sys.stderr, flush=True)
