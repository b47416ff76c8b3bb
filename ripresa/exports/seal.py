"""The seal every export carries, and the checks it is made of.

A *check* is the CRC-32 of a text, written in eight consonants so that no spreadsheet takes it for a number: any single changed character changes it.
Each row of a table ends with the check of its other cells, whatever their language. The *seal* says which view and data version the file shows, the
check of each column (the crossing of a row and a column that do not hold says which cell was changed) and the *fingerprint*: the SHA-256 of the view
and its figures, the same for the same figures in every format and language. An image holds no cells, so its seal carries the figures themselves.

A seal is not a signature: whoever can write one can forge one. That is why verify compares the figures with the published ones too.
"""

import base64
import hashlib
import json
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import pandas as pd

from ripresa.database.build import KEY

FORM = 1  # of the seal; raised when it is written another way
LETTERS = "bcdfghjklmnpqrst"
FIGURES = ("value", "ci_low", "ci_high", "n", "status")  # what a fingerprint is of, after the key
UNIT, RECORD = "\x1f", "\x1e"


def cell(value: object) -> str:
    """A cell as text, the same whichever format it was read from: 7.10 is 7.1, missing is empty, spaces are single."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.12g}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def check(text: str | bytes) -> str:
    """Eight letters that change when the text does."""
    number = zlib.crc32(text.encode() if isinstance(text, str) else text)
    return "".join(LETTERS[number >> shift & 15] for shift in range(28, -1, -4))


def row_check(cells: Iterable[str]) -> str:
    """The check of a row: its cells in order, the check itself left out."""
    return check(UNIT.join(cells))


def checks(table: pd.DataFrame) -> list[str]:
    """The check of each row of a flat table."""
    names = [name for name in table.columns if name != "check"]
    columns = [[cell(value) for value in table[name].tolist()] for name in names]
    return [row_check(cells) for cells in zip(*columns)]


def column_check(values: Iterable[object]) -> str:
    """The check of a column, top to bottom."""
    return check(UNIT.join(cell(value) for value in values))


def figures(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """The figures of a flat table as text, sorted: the seven key columns (as published), then value, ci_low, ci_high, n, status."""
    rows = []
    for row in table.to_dict("records"):
        key = [row["published_geo"] if name == "geo" and row["published_geo"] else row[name] for name in KEY]
        rows.append(tuple(cell(value) for value in (*key, *(row[name] for name in FIGURES))))
    return sorted(set(rows))


def fingerprint(version: str, view: str, rows: list[tuple[str, ...]]) -> str:
    """SHA-256 of a view and its figures."""
    return hashlib.sha256(
        RECORD.join([str(FORM), version, view, *(UNIT.join(row) for row in rows)]).encode()
    ).hexdigest()


def short(print_: str) -> str:
    """A fingerprint as an image says it: enough to tell two figures apart by eye."""
    return f"{print_[:4]}-{print_[4:8]}-{print_[8:12]}"


def seal(version: str, view: str, table: pd.DataFrame) -> dict:
    """The seal of a table."""
    return {
        "ripresa": FORM,
        "version": version,
        "view": view,
        "fingerprint": fingerprint(version, view, figures(table)),
        "rows": len(table),
        "columns": {name: column_check(table[name].tolist()) for name in table.columns if name != "check"},
    }


def picture(table_seal: Mapping, table: pd.DataFrame) -> dict:
    """The seal of an image of that table, before it is drawn: it carries the figures instead of the checks of the columns."""
    return {
        **{name: table_seal[name] for name in ("ripresa", "version", "view", "fingerprint", "rows")},
        "observations": pack(figures(table)),
    }


def closed(seal_: Mapping) -> dict:
    """A seal with the check of itself, as files hold it."""
    own = {name: value for name, value in seal_.items() if name != "check"}
    return own | {"check": check(_canonical(own))}


def opened(found: object) -> dict | None:
    """A seal that a file held; None where it is not one. A seal that was changed says so: `broken`."""
    if not (
        isinstance(found, dict)
        and found.get("ripresa") == FORM
        and isinstance(found.get("rows"), int)
        and all(isinstance(found.get(name), str) for name in ("version", "view", "fingerprint"))
        and found["version"].isalnum()
        and all(isinstance(found.get(name, {}), dict) for name in ("columns", "files"))
    ):
        return None
    return found if closed(found) == found else found | {"broken": True}


def dumps(seal_: Mapping) -> str:
    """A seal, closed, as one line."""
    return _canonical(closed(seal_))


def _canonical(seal_: Mapping) -> str:
    return json.dumps(seal_, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def loads(text: str) -> dict | None:
    """A seal read back from its line; None where the text is not one."""
    try:
        return opened(json.loads(text))
    except (ValueError, RecursionError):
        return None


def pack(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of text as one short word."""
    return base64.urlsafe_b64encode(
        zlib.compress(RECORD.join(UNIT.join(row) for row in rows).encode(), 9)
    ).decode()


def unpack(word: str, most: int = 4_000_000) -> list[tuple[str, ...]]:
    """What pack was given. Raises ValueError on anything else; `most` bytes at most, whatever a file claims."""
    try:
        text = zlib.decompressobj().decompress(base64.urlsafe_b64decode(word.encode()), most).decode()
    except (ValueError, zlib.error, UnicodeError) as fault:
        raise ValueError(f"not packed rows ({fault})") from None
    return [tuple(row.split(UNIT)) for row in text.split(RECORD)] if text else []


# --- text that a spreadsheet would run or rewrite ---

RISKY = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
REWRITTEN = re.compile(
    r"\d+[-/.]\d+(?:[-/.]\d+)?$|\d+[eE]\d+$|0\d+$"
)  # 10-49 becomes October 1949, 2020-05 a date, 12e4 a number


def neutral(text: str, excel: bool = False) -> str:
    """A text no spreadsheet runs: one that starts like a formula, or with an apostrophe, gets an apostrophe in front.

    `excel`: also one that Excel would turn into a date or another number when it opens a CSV."""
    return f"'{text}" if RISKY.match(text) or (excel and REWRITTEN.match(text)) else text


def original(text: str) -> str:
    """The text that `neutral` was given: one leading apostrophe less."""
    return text[1:] if text.startswith("'") else text
