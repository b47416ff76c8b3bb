"""python -m data.rollback: puts back the database that the last build replaced, under the servers that read it; given again, the newer one returns."""

import argparse
import sys

from data import build


def main(arguments: tuple[str, ...] | list[str] = ()) -> int:
    argparse.ArgumentParser(
        prog="python -m data.rollback",
        description="Put back the database that the last build replaced; given again, the newer one returns.",
    ).parse_args(arguments)
    try:
        back, away = build.roll_back(build.database())
    except build.BuildError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"data.rollback: version {back} is in place of {away or 'a file that could not be read'}.")
    if not build.frozen() and back != build.version():
        print(
            "data.rollback: a server started without RECOVERY_READONLY=1 will build the newer figures again, and is not ready (/readyz) until then: take back their files in data/raw or data/imports first."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
