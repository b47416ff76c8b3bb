"""python -m ripresa verify FILE ...: say whether a figure or a table is ours, intact and current."""

import argparse
import sys
from pathlib import Path

from ripresa import i18n
from ripresa.database import build
from ripresa.exports import verify
from ripresa.i18n import t

EXIT_UNREADABLE = 4


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 current, 1 revised, 2 altered, 3 not ours, 4 cannot be read; the worst of several files."""
    parser = argparse.ArgumentParser(
        prog="python -m ripresa verify",
        description="Say whether a figure or a table is ours, intact and current.",
        epilog="Exit status: 0 current, 1 revised, 2 altered, 3 not ours, 4 cannot be read.",
    )
    parser.add_argument("file", nargs="+", type=Path)
    parser.add_argument(
        "--lang", choices=i18n.LANGS, default=i18n.LANGS[0], help="language of the answer (default: it)"
    )
    options = parser.parse_args(arguments)
    worst = 0
    for path in options.file:
        try:
            verdict = verify.verify_file(path)
        except OSError as error:
            reason = error.strerror or str(error)
            print(t("verify_unread", options.lang, name=path.name, reason=reason), file=sys.stderr)
            worst = EXIT_UNREADABLE
            continue
        except build.BuildError as error:
            print(error, file=sys.stderr)
            return EXIT_UNREADABLE
        lines = [f"  {line}" for line in verdict.format_findings(options.lang)]
        print("\n".join([verdict.format_message(options.lang), *lines]))
        worst = max(worst, verify.STATES.index(verdict.state))
    return worst
