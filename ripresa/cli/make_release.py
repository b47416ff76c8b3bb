"""python -m ripresa release: archives the observations of this data version and writes what changed."""

import argparse
import sys
from collections import Counter
from datetime import date
from pathlib import Path

from ripresa import settings
from ripresa.database import releases
from ripresa.database.release_changes import CHANGE_KINDS


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa release",
        description="Archive the figures of this data version and write what changed since the last release.",
    )
    parser.add_argument(
        "--root", type=Path, default=settings.DATA, metavar="FOLDER", help="data folder (default: data)"
    )
    parser.add_argument(
        "--date",
        type=date.fromisoformat,
        metavar="DATE",
        help="day of the release, such as 2026-11-22 (default: today)",
    )
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        release = releases.create_release(root, options.date)
    except releases.ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    changes: Counter[str] = Counter()
    for row in releases.load_revisions(root):
        if row["version"] == release["version"]:
            changes[row["kind"]] += int(row["observations"])
    counts = ", ".join(f"{changes[kind]} {kind}" for kind in CHANGE_KINDS)
    print(
        f"release: version {release['version']} of {release['date']}, "
        f"{release['observations']} figures; {counts}"
    )
    return 0
