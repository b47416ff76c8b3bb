"""python -m data.rollback: puts back the database that the last build replaced, under the servers that read it; given again, the newer one returns."""

import sys

from data import build


def main() -> int:
    try:
        back, away = build.roll_back(build.database())
    except build.BuildError as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"data.rollback: version {back} is in place of {away or 'a file that could not be read'}.")
    if not build.frozen() and back != build.version():
        print("data.rollback: a server started without RECOVERY_READONLY=1 will build the newer figures again: take back their files in data/raw or data/imports first.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
