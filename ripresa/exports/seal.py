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

from ripresa.database.published_observation import KEY_COLUMNS

SEAL_FORMAT_VERSION = 1  # of the seal; raised when it is written another way
CHECKSUM_ALPHABET = "bcdfghjklmnpqrst"
OBSERVATION_FIELDS = ("value", "ci_low", "ci_high", "n", "status")  # what a fingerprint is of, after the key
UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"


def normalize_cell(value: object) -> str:
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


def checksum(text: str | bytes) -> str:
    """Eight letters that change when the text does."""
    number = zlib.crc32(text.encode() if isinstance(text, str) else text)
    return "".join(CHECKSUM_ALPHABET[number >> shift & 15] for shift in range(28, -1, -4))


def checksum_row(cells: Iterable[str]) -> str:
    """The check of a row: its cells in order, the check itself left out."""
    return checksum(UNIT_SEPARATOR.join(cells))


def checksum_rows(table: pd.DataFrame) -> list[str]:
    """The check of each row of a flat table."""
    names = [name for name in table.columns if name != "check"]
    columns = [[normalize_cell(value) for value in table[name].tolist()] for name in names]
    return [checksum_row(cells) for cells in zip(*columns)]


def checksum_column(values: Iterable[object]) -> str:
    """The check of a column, top to bottom."""
    return checksum(UNIT_SEPARATOR.join(normalize_cell(value) for value in values))


def extract_observations(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """The figures of a flat table as text, sorted: the seven key columns (as published), then value, ci_low, ci_high, n, status."""
    rows = []
    for row in table.to_dict("records"):
        key = [
            row["published_geo"] if name == "geo" and row["published_geo"] else row[name]
            for name in KEY_COLUMNS
        ]
        rows.append(
            tuple(normalize_cell(value) for value in (*key, *(row[name] for name in OBSERVATION_FIELDS)))
        )
    return sorted(set(rows))


def compute_fingerprint(version: str, view: str, rows: list[tuple[str, ...]]) -> str:
    """SHA-256 of a view and its figures."""
    return hashlib.sha256(
        RECORD_SEPARATOR.join(
            [str(SEAL_FORMAT_VERSION), version, view, *(UNIT_SEPARATOR.join(row) for row in rows)]
        ).encode()
    ).hexdigest()


def shorten_fingerprint(print_: str) -> str:
    """A fingerprint as an image says it: enough to tell two figures apart by eye."""
    return f"{print_[:4]}-{print_[4:8]}-{print_[8:12]}"


def build_seal(version: str, view: str, table: pd.DataFrame) -> dict:
    """The seal of a table."""
    return {
        "ripresa": SEAL_FORMAT_VERSION,
        "version": version,
        "view": view,
        "fingerprint": compute_fingerprint(version, view, extract_observations(table)),
        "rows": len(table),
        "columns": {name: checksum_column(table[name].tolist()) for name in table.columns if name != "check"},
    }


def build_image_seal(table_seal: Mapping, table: pd.DataFrame) -> dict:
    """The seal of an image of that table, before it is drawn: it carries the figures instead of the checks of the columns."""
    return {
        **{name: table_seal[name] for name in ("ripresa", "version", "view", "fingerprint", "rows")},
        "observations": pack_rows(extract_observations(table)),
    }


def add_checksum(seal_: Mapping) -> dict:
    """A seal with the check of itself, as files hold it."""
    own = {name: value for name, value in seal_.items() if name != "check"}
    return own | {"check": checksum(_to_canonical_json(own))}


def parse_seal(found: object) -> dict | None:
    """A seal that a file held; None where it is not one. A seal that was changed says so: `broken`."""
    if not (
        isinstance(found, dict)
        and found.get("ripresa") == SEAL_FORMAT_VERSION
        and isinstance(found.get("rows"), int)
        and all(isinstance(found.get(name), str) for name in ("version", "view", "fingerprint"))
        and found["version"].isalnum()
        and all(isinstance(found.get(name, {}), dict) for name in ("columns", "files"))
    ):
        return None
    return found if add_checksum(found) == found else found | {"broken": True}


def dumps(seal_: Mapping) -> str:
    """A seal, closed, as one line."""
    return _to_canonical_json(add_checksum(seal_))


def _to_canonical_json(seal_: Mapping) -> str:
    return json.dumps(seal_, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def loads(text: str) -> dict | None:
    """A seal read back from its line; None where the text is not one."""
    try:
        return parse_seal(json.loads(text))
    except (ValueError, RecursionError):
        return None


def pack_rows(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of text as one short word."""
    return base64.urlsafe_b64encode(
        zlib.compress(RECORD_SEPARATOR.join(UNIT_SEPARATOR.join(row) for row in rows).encode(), 9)
    ).decode()


def unpack_rows(word: str, max_bytes: int = 4_000_000) -> list[tuple[str, ...]]:
    """What pack was given. Raises ValueError on anything else; `most` bytes at most, whatever a file claims."""
    try:
        text = zlib.decompressobj().decompress(base64.urlsafe_b64decode(word.encode()), max_bytes).decode()
    except (ValueError, zlib.error, UnicodeError) as fault:
        raise ValueError(f"not packed rows ({fault})") from None
    return [tuple(row.split(UNIT_SEPARATOR)) for row in text.split(RECORD_SEPARATOR)] if text else []


# --- text that a spreadsheet would run or rewrite ---

FORMULA_PREFIX = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
AUTO_CONVERTED = re.compile(
    r"\d+[-/.]\d+(?:[-/.]\d+)?$|\d+[eE]\d+$|0\d+$"
)  # 10-49 becomes October 1949, 2020-05 a date, 12e4 a number


def escape_formula(text: str, excel: bool = False) -> str:
    """A text no spreadsheet runs: one that starts like a formula, or with an apostrophe, gets an apostrophe in front.

    `excel`: also one that Excel would turn into a date or another number when it opens a CSV."""
    return f"'{text}" if FORMULA_PREFIX.match(text) or (excel and AUTO_CONVERTED.match(text)) else text


def unescape_formula(text: str) -> str:
    """The text that `neutral` was given: one leading apostrophe less."""
    return text[1:] if text.startswith("'") else text
