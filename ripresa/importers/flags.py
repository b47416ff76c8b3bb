"""Flags: what a publisher says of a number, in our eight letters (b c d e n p u z), and which cells are not numbers at all."""

import re

from ripresa.importers.records import DropReason, ImporterError, normalize_decimal

ACCEPTED_FLAGS = frozenset("bdenpu")
FLAG_EQUIVALENTS = {
    "s": "e",
    "i": "e",
    "r": "",
    "a": "",
}  # s, i: estimated or imputed by Eurostat; r: revised; a: normal
WITHHELD_FLAGS = {"c": "confidential", "z": "not applicable", "m": "not applicable", "f": "a forecast"}
CONFIDENTIALITY_CODES = {"C": "confidential", "N": "not for publication", "P": "under secrecy"}
MISSING_VALUES = frozenset(("", ":", "-", "NA", "NaN", "nan", "null"))


def parse_cell_value(value: str, flags: str = "", secrecy: str = "") -> tuple[str, str] | DropReason:
    """The number of a cell and its flags in our letters, or why it is none: empty, confidential, not applicable, a forecast.

    A cell marked c or z is never a number, whatever stands in it. Raises ImportFault for a value or flag that cannot be read.
    """
    value, letters = value.strip(), "".join(flags.split())
    if secrecy.strip() not in ("", "F"):
        if not re.fullmatch(r"[A-Z]", secrecy.strip(), re.ASCII):
            raise ImporterError(
                f"confidentiality {secrecy[:20]!r} is not a letter such as C or F; a comma may have shifted the columns."
            )
        return DropReason(CONFIDENTIALITY_CODES.get(secrecy.strip(), "confidential"))
    withheld = [WITHHELD_FLAGS[letter] for letter in letters if letter in WITHHELD_FLAGS]
    if withheld:
        return DropReason(withheld[0])
    letters = "".join(dict.fromkeys(FLAG_EQUIVALENTS.get(letter, letter) for letter in letters))
    if not set(letters) <= ACCEPTED_FLAGS:
        raise ImporterError(
            f"flag {flags!r} is not known; flags are letters among {', '.join(sorted({*ACCEPTED_FLAGS, *WITHHELD_FLAGS, *FLAG_EQUIVALENTS}))}."
        )
    if value in MISSING_VALUES:
        return DropReason("no value" if "u" not in letters else "no value, too unreliable to publish")
    try:
        return normalize_decimal(value), letters
    except ValueError:
        raise ImporterError(f"value {value[:40]!r} is not a number with a decimal point.") from None
