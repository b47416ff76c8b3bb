"""Flags: what a publisher says of a number, in our eight letters (b c d e n p u z), and which cells are not numbers at all."""

import re

from ripresa.importers.records import Drop, ImportFault, plain

KEPT = frozenset("bdenpu")
RENAMED = {
    "s": "e",
    "i": "e",
    "r": "",
    "a": "",
}  # s, i: estimated or imputed by Eurostat; r: revised; a: normal
WITHHELD = {"c": "confidential", "z": "not applicable", "m": "not applicable", "f": "a forecast"}
SECRET = {"C": "confidential", "N": "not for publication", "P": "under secrecy"}
MISSING = frozenset(("", ":", "-", "NA", "NaN", "nan", "null"))


def number(value: str, flags: str = "", secrecy: str = "") -> tuple[str, str] | Drop:
    """The number of a cell and its flags in our letters, or why it is none: empty, confidential, not applicable, a forecast.

    A cell marked c or z is never a number, whatever stands in it. Raises ImportFault for a value or flag that cannot be read.
    """
    value, letters = value.strip(), "".join(flags.split())
    if secrecy.strip() not in ("", "F"):
        if not re.fullmatch(r"[A-Z]", secrecy.strip(), re.ASCII):
            raise ImportFault(
                f"confidentiality {secrecy[:20]!r} is not a letter such as C or F; a comma may have shifted the columns."
            )
        return Drop(SECRET.get(secrecy.strip(), "confidential"))
    withheld = [WITHHELD[letter] for letter in letters if letter in WITHHELD]
    if withheld:
        return Drop(withheld[0])
    letters = "".join(dict.fromkeys(RENAMED.get(letter, letter) for letter in letters))
    if not set(letters) <= KEPT:
        raise ImportFault(
            f"flag {flags!r} is not known; flags are letters among {', '.join(sorted({*KEPT, *WITHHELD, *RENAMED}))}."
        )
    if value in MISSING:
        return Drop("no value" if "u" not in letters else "no value, too unreliable to publish")
    try:
        return plain(value), letters
    except ValueError:
        raise ImportFault(f"value {value[:40]!r} is not a number with a decimal point.") from None
