"""python -m ripresa verify FILE ...: checks whether a figure or a table is ours, intact and current."""

import argparse
import sys
from pathlib import Path

from ripresa.database.build_errors import BuildError
from ripresa.exports import verify
from ripresa.i18n import t
from ripresa.settings import LANGS

EXIT_UNREADABLE = 4


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 current, 1 revised, 2 altered, 3 not ours, 4 cannot be read; the worst of several files."""
    parser = argparse.ArgumentParser(
        prog="python -m ripresa verify",
        description="Check whether a figure or a table is ours, intact and current.",
        epilog="Exit status: 0 current, 1 revised, 2 altered, 3 not ours, 4 cannot be read.",
    )
    parser.add_argument("file", nargs="+", type=Path, metavar="FILE", help="a downloaded figure or table")
    parser.add_argument(
        "--lang", choices=LANGS, default=LANGS[0], help=f"language of the answer (default: {LANGS[0]})"
    )
    options = parser.parse_args(arguments)
    status = 0
    for path in options.file:
        try:
            verdict = verify.verify_file(path)
        except OSError as error:
            reason = error.strerror or str(error)
            print(t("verify_unread", options.lang, name=path.name, reason=reason), file=sys.stderr)
            status = EXIT_UNREADABLE
            continue
        except BuildError as error:
            print(error, file=sys.stderr)
            return EXIT_UNREADABLE
        print(verdict.format_message(options.lang))
        for finding in verdict.format_findings(options.lang):
            print(f"  {finding}")
        status = max(status, verify.STATES.index(verdict.state))
    return status
