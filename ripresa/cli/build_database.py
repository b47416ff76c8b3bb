"""python -m ripresa build: make the database from the declarations and the raw observations."""

import argparse
import sys
from pathlib import Path

from ripresa import settings
from ripresa.database import build


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa build",
        description="Make the database from the declarations and the raw figures.",
    )
    parser.add_argument("--root", type=Path, default=settings.DATA, help="data folder (default: data)")
    parser.add_argument(
        "--out", type=Path, help="where the database goes (default: ripresa.duckdb in that folder)"
    )
    options = parser.parse_args(arguments)
    try:
        build.build_database(options.root.resolve(), options.out, print_progress)
    except build.BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def print_progress(message: str) -> None:
    """Prints one step of a build on standard error."""
    print(f"build: {message}", file=sys.stderr, flush=True)
