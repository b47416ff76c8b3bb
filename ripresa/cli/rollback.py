"""python -m ripresa rollback: puts back the database that the last build replaced, under the servers that read it; given again, the newer one returns."""

import argparse
import sys

from ripresa import settings
from ripresa.database import build


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(
        prog="python -m ripresa rollback",
        description="Put back the database that the last build replaced; given again, the newer one returns.",
    ).parse_args(arguments)
    try:
        back, away = build.swap_with_previous(settings.get_database_path())
    except build.BuildError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"rollback: version {back} is in place of {away or 'a file that could not be read'}.")
    if not settings.is_read_only() and back != build.compute_data_version():
        print(
            "rollback: a server started without RIPRESA_READ_ONLY=1 will build the newer figures again, and is not ready (/readyz) until then: take back their files in data/raw or data/imports first."
        )
    return 0
