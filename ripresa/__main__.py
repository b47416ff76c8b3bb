"""python -m ripresa COMMAND, or python path/to/ripresa COMMAND from any folder."""

import sys
from pathlib import Path

if (
    not __package__
):  # run by path: Python put the package folder itself first, whose modules are not top-level ones
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from ripresa.cli.command_line import main  # noqa: E402 - the project folder must be importable first

if __name__ == "__main__":
    sys.exit(main())
