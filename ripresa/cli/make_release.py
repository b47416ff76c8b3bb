"""python -m ripresa release: archive the observations of this data version and write what changed since the last."""

import argparse
import sys
from datetime import date
from pathlib import Path

from ripresa import settings
from ripresa.database import releases


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ripresa release",
        description="Keep the figures now in the database under their version, and write what changed.",
    )
    parser.add_argument("--root", type=Path, default=settings.DATA, help="data folder (default: data)")
    parser.add_argument(
        "--date", type=date.fromisoformat, help="day of the release, as 2026-11-22 (default: today)"
    )
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        line = releases.create_release(root, options.date)
    except releases.ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    changed = [row for row in releases.load_revisions(root) if row["version"] == line["version"]]
    counts = ", ".join(
        f"{sum(int(row['observations']) for row in changed if row['kind'] == kind)} {kind}"
        for kind in releases.CHANGE_KINDS
    )
    print(f"release: version {line['version']} of {line['date']}, {line['observations']} figures; {counts}")
    return 0
