"""The published file: its columns and statuses, and how to read it. Light: nothing here brings the solver of the audit."""

import csv
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.disclosure.linked_tables import PAIRED, SHOWN, SMALL

RELEASE_PATH = settings.DIAGNOSIS_RELEASE
SYNTHETIC_LABEL = "SYNTHETIC / DATI INVENTATI"
MERGED, REPEATED = "merged", "repeated"  # besides SHOWN, the statuses with a figure
WAITING, QUALITY = "waiting", "quality"  # besides SMALL and PAIRED, those without
STATUSES = (SHOWN, MERGED, REPEATED, SMALL, PAIRED, WAITING, QUALITY)
DOMAIN_COLUMNS = ("area", "sector", "size_class")
KEY_COLUMNS = ("table_id", "measure", *DOMAIN_COLUMNS, "category")
VALUE_COLUMNS = ("n_shown", "estimate", "ci_low", "ci_high")
COLUMNS = (
    "label",
    "release_id",
    "as_of",
    "month_from",
    "month_to",
    "version",
    "comparability",
    *KEY_COLUMNS,
    *VALUE_COLUMNS,
    "status",
    "threshold",
    "statistics_from",
    "rounding",
    "audit",
    "published_on",
)


def read_release(path: Path = RELEASE_PATH) -> tuple[dict, ...]:
    """The rows of a release file, as text; none when there is no file."""
    return _read_cached(path, path.stat().st_mtime_ns) if path.exists() else ()


def read_visible_release() -> tuple[dict, ...]:
    """The rows that pages may show: an invented sample only unless RIPRESA_DIAGNOSIS_SAMPLE is 0."""
    rows = read_release(RELEASE_PATH)
    return () if not settings.is_synthetic_sample_enabled() and any(row["label"] for row in rows) else rows


@lru_cache(maxsize=2)
def _read_cached(path: Path, modified_ns: int) -> tuple[dict, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def write_release(rows: Sequence[dict], path: Path = RELEASE_PATH):
    """The file, whole or not at all."""
    draft = path.with_suffix(".csv.new")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
