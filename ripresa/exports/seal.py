"""The integrity seal of every export, and the checksums it consists of.

A *checksum* is the CRC-32 of a text as eight consonants, which no spreadsheet takes for a number. Each row
of a table ends with the checksum of its other cells. The *seal* contains the view, the data version, the
checksum of each column (a row and a column that do not match locate the changed cell) and the
*fingerprint*: the SHA-256 of the view and its observations, equal for equal observations in every format
and language. An image has no cells, so its seal contains the observations.

A seal is not a signature: anyone can compute one. Therefore verify also compares with the published
observations.
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
from typing import TypedDict, cast

import pandas as pd

from ripresa.database.published_observation import KEY_COLUMNS

SEAL_FORMAT_VERSION = 1  # increased with every change of the format
CHECKSUM_ALPHABET = "bcdfghjklmnpqrst"
OBSERVATION_FIELDS = ("value", "ci_low", "ci_high", "n", "status")  # after KEY_COLUMNS
UNIT_SEPARATOR, RECORD_SEPARATOR = "\x1f", "\x1e"


class Seal(TypedDict, total=False):
    """A seal as JSON; which keys are present depends on the format of the file."""

    ripresa: int  # SEAL_FORMAT_VERSION
    version: str
    view: str
    fingerprint: str
    rows: int
    columns: dict[str, str]  # checksum by column
    observations: str  # of an image: pack_rows(extract_observations(...))
    figures: str  # the same before 1.0
    about: str  # checksum of the metadata
    files: dict[str, str]  # SHA-256 of each member of a zip
    drawing: str  # checksum of an image without the seal
    texts: str  # of an SVG
    check: str  # checksum of the seal
    broken: bool  # added on reading where `check` does not match


def normalize_cell(value: object) -> str:
    """A cell as text, equal in every format: 7.10 is 7.1, missing is empty, spaces are single."""
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
    """The CRC-32 of a text as eight letters."""
    number = zlib.crc32(text.encode() if isinstance(text, str) else text)
    return "".join(CHECKSUM_ALPHABET[number >> shift & 15] for shift in range(28, -1, -4))


def checksum_row(cells: Iterable[str]) -> str:
    """The checksum of a row: its cells in order, without the column "check"."""
    return checksum(UNIT_SEPARATOR.join(cells))


def checksum_rows(table: pd.DataFrame) -> list[str]:
    """The checksum of each row of a table."""
    names = [name for name in table.columns if name != "check"]
    columns = [[normalize_cell(value) for value in table[name].tolist()] for name in names]
    return [checksum_row(cells) for cells in zip(*columns, strict=True)]


def checksum_column(values: Iterable[object]) -> str:
    """The checksum of a column, from top to bottom."""
    return checksum(UNIT_SEPARATOR.join(normalize_cell(value) for value in values))


def extract_observations(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """The observations of a table as text, sorted: key columns as published, then OBSERVATION_FIELDS."""
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
    """SHA-256 of a view and its observations."""
    return hashlib.sha256(
        RECORD_SEPARATOR.join(
            [str(SEAL_FORMAT_VERSION), version, view, *(UNIT_SEPARATOR.join(row) for row in rows)]
        ).encode()
    ).hexdigest()


def shorten_fingerprint(fingerprint: str) -> str:
    """The beginning of a fingerprint as printed in an image."""
    return f"{fingerprint[:4]}-{fingerprint[4:8]}-{fingerprint[8:12]}"


def build_seal(version: str, view: str, table: pd.DataFrame) -> Seal:
    """The seal of a table."""
    return {
        "ripresa": SEAL_FORMAT_VERSION,
        "version": version,
        "view": view,
        "fingerprint": compute_fingerprint(version, view, extract_observations(table)),
        "rows": len(table),
        "columns": {name: checksum_column(table[name].tolist()) for name in table.columns if name != "check"},
    }


def build_image_seal(table_seal: Seal, table: pd.DataFrame) -> Seal:
    """The seal of an image of that table, with the observations instead of the checksums of the columns."""
    return {
        "ripresa": table_seal["ripresa"],
        "version": table_seal["version"],
        "view": table_seal["view"],
        "fingerprint": table_seal["fingerprint"],
        "rows": table_seal["rows"],
        "observations": pack_rows(extract_observations(table)),
    }


def add_checksum(seal: Mapping[str, object]) -> dict[str, object]:
    """A seal with its own checksum, as files contain it."""
    content = {name: value for name, value in seal.items() if name != "check"}
    return content | {"check": checksum(_to_canonical_json(content))}


def parse_seal(content: object) -> Seal | None:
    """The seal in a file's JSON; None where it is not one. A seal that was changed has the key `broken`."""
    if not (
        isinstance(content, dict)
        and content.get("ripresa") == SEAL_FORMAT_VERSION
        and isinstance(content.get("rows"), int)
        and all(isinstance(content.get(name), str) for name in ("version", "view", "fingerprint"))
        and content["version"].isalnum()
        and all(isinstance(content.get(name, {}), dict) for name in ("columns", "files"))
    ):
        return None
    is_intact = add_checksum(content) == content
    return cast(Seal, content if is_intact else content | {"broken": True})


def serialize_seal(seal: Mapping[str, object]) -> str:
    """A seal with its own checksum as one line of JSON."""
    return _to_canonical_json(add_checksum(seal))


def _to_canonical_json(seal: Mapping[str, object]) -> str:
    return json.dumps(seal, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def deserialize_seal(text: str) -> Seal | None:
    """The seal from its line of JSON; None where the text is not one."""
    try:
        return parse_seal(json.loads(text))
    except (ValueError, RecursionError):
        return None


def pack_rows(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows of text, compressed, as Base64."""
    return base64.urlsafe_b64encode(
        zlib.compress(RECORD_SEPARATOR.join(UNIT_SEPARATOR.join(row) for row in rows).encode(), 9)
    ).decode()


def unpack_rows(packed: str, max_bytes: int = 4_000_000) -> list[tuple[str, ...]]:
    """The rows that pack_rows compressed, at most `max_bytes` of text. Raises ValueError on anything else."""
    try:
        text = zlib.decompressobj().decompress(base64.urlsafe_b64decode(packed.encode()), max_bytes).decode()
    except (ValueError, zlib.error, UnicodeError) as error:
        raise ValueError(f"not packed rows ({error})") from None
    return [tuple(row.split(UNIT_SEPARATOR)) for row in text.split(RECORD_SEPARATOR)] if text else []


# --- text that a spreadsheet would evaluate or convert ---

FORMULA_PREFIX = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
# 10-49 becomes October 1949, 2020-05 a date, 12e4 a number
AUTO_CONVERTED = re.compile(r"\d+[-/.]\d+(?:[-/.]\d+)?$|\d+[eE]\d+$|0\d+$")


def escape_formula(text: str, excel: bool = False) -> str:
    """The text with an apostrophe in front if it starts like a formula or with an apostrophe.

    excel: also before a text that Excel would convert to a date or another number when it opens a CSV.
    """
    return f"'{text}" if FORMULA_PREFIX.match(text) or (excel and AUTO_CONVERTED.match(text)) else text


def unescape_formula(text: str) -> str:
    """The text that escape_formula received: without one leading apostrophe."""
    return text[1:] if text.startswith("'") else text
