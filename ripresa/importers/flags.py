"""Publishers' observation flags as the project's letters (b c d e n p u z), and cells without a number."""

import re

from ripresa.importers.records import DropReason, ImporterError, normalize_decimal

ACCEPTED_FLAGS = frozenset("bdenpu")
# s, i: estimated or imputed by Eurostat; r: revised; a: normal
FLAG_EQUIVALENTS = {"s": "e", "i": "e", "r": "", "a": ""}
WITHHELD_FLAGS = {"c": "confidential", "z": "not applicable", "m": "not applicable", "f": "a forecast"}
CONFIDENTIALITY_CODES = {"C": "confidential", "N": "not for publication", "P": "under secrecy"}
MISSING_VALUES = frozenset(("", ":", "-", "NA", "NaN", "nan", "null"))


def parse_cell_value(value: str, flags: str = "", secrecy: str = "") -> tuple[str, str] | DropReason:
    """The number of a cell with its flags in the project's letters, or the reason why it has none.

    A cell flagged as confidential or not applicable never yields a number, whatever its value.
    Raises ImporterError for a value or flag that cannot be parsed.
    """
    value, secrecy, letters = value.strip(), secrecy.strip(), "".join(flags.split())
    if secrecy not in ("", "F"):
        if not re.fullmatch(r"[A-Z]", secrecy, re.ASCII):
            raise ImporterError(
                f"confidentiality {secrecy[:20]!r} is not a letter such as C or F; "
                "a comma may have shifted the columns."
            )
        return DropReason(CONFIDENTIALITY_CODES.get(secrecy, "confidential"))
    withheld = [WITHHELD_FLAGS[letter] for letter in letters if letter in WITHHELD_FLAGS]
    if withheld:
        return DropReason(withheld[0])
    letters = "".join(dict.fromkeys(FLAG_EQUIVALENTS.get(letter, letter) for letter in letters))
    if not set(letters) <= ACCEPTED_FLAGS:
        readable = sorted({*ACCEPTED_FLAGS, *WITHHELD_FLAGS, *FLAG_EQUIVALENTS})
        raise ImporterError(f"flag {flags!r} is not known; flags are letters among {', '.join(readable)}.")
    if value in MISSING_VALUES:
        return DropReason("no value" if "u" not in letters else "no value, too unreliable to publish")
    try:
        return normalize_decimal(value), letters
    except ValueError:
        raise ImporterError(f"value {value[:40]!r} is not a number with a decimal point.") from None
