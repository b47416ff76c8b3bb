"""python -m data.verify FILE: says whether a figure or a table is ours, intact and current.

A command and nothing more: the work is in `exports/verify.py`, which knows the formats, and no module imports this one.
"""

import sys

from exports.verify import main

if __name__ == "__main__":
    sys.exit(main())
