"""The published file: its columns and statuses, and how to read and write it.

This module stays light: pages import it, and nothing here loads the audit's solver.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.disclosure.linked_tables import PAIRED, SHOWN, SMALL
from ripresa.files import write_atomically

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

ReleaseRow = dict[str, str | int | float]  # by column; a file that was read back holds text only


def read_release(path: Path = RELEASE_PATH) -> tuple[dict[str, str], ...]:
    """The rows of a release file, as text; none when there is no file."""
    return _read_cached(path, path.stat().st_mtime_ns) if path.exists() else ()


def read_visible_release() -> tuple[dict[str, str], ...]:
    """The rows pages may show: RIPRESA_DIAGNOSIS_SAMPLE=0 hides an invented sample, never a real release."""
    rows = read_release(RELEASE_PATH)
    if any(row["label"] for row in rows) and not settings.is_synthetic_sample_enabled():
        return ()
    return rows


@lru_cache(maxsize=2)
def _read_cached(path: Path, modified_ns: int) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def write_release(rows: Iterable[Mapping[str, object]], path: Path = RELEASE_PATH) -> None:
    """Replaces the file atomically."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue())
