"""python -m ripresa COMMAND, or python path/to/ripresa COMMAND from any folder."""

import sys
from pathlib import Path

if not __package__:
    # Run by path: Python puts the package folder first, whose modules are not top-level ones.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from ripresa.cli.command_line import main

if __name__ == "__main__":
    sys.exit(main())
