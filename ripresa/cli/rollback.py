"""python -m ripresa rollback: swaps the database with the one that the last build replaced.

Running servers switch to the swapped file. A second rollback undoes the first.
"""

import argparse
import sys

from ripresa import settings
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import swap_with_previous
from ripresa.database.input_files import compute_data_version


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(
        prog="python -m ripresa rollback",
        description="Put back the database that the last build replaced; given again, the newer one returns.",
    ).parse_args(arguments)
    try:
        restored, replaced = swap_with_previous(settings.get_database_path())
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"rollback: version {restored} is in place of {replaced or 'a file that could not be read'}.")
    if not settings.is_read_only() and restored != compute_data_version():
        print(
            "rollback: a server started without RIPRESA_READ_ONLY=1 will build the newer figures again, "
            "and is not ready (/readyz) until then: "
            "take back their files in data/raw or data/imports first."
        )
    return 0
