"""What an importer returns: observations in the layout of data/raw, and counts of the cells it left out."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ripresa.database.code_lists import CodeList
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.database.raw_rows import DECIMAL_PATTERN, RAW_COLUMNS

IMPORT_COLUMNS = (*RAW_COLUMNS, "ci_low", "ci_high")
MAX_EXAMPLES = 4
Z95 = 1.96  # quantile of the normal distribution for 95% intervals


class ImporterError(ValueError):
    """One sentence: what is wrong, where, and what to do next."""


@contextmanager
def error_location(location: str) -> Iterator[None]:
    """Prefixes the sentence of an ImporterError raised inside with the place in the file."""
    try:
        yield
    except ImporterError as error:
        raise ImporterError(f"{location}: {error}") from None


@dataclass(frozen=True)
class ReadOptions:
    """Options of the command line that a reader may need; empty where the file itself has the answer."""

    source: str = ""  # id of data/catalogue/sources.toml, for a CSV in the project's own columns
    table: str = ""  # the publisher's id of the table
    since: str = ""  # first year imported
    period: str = ""  # when a survey without dates was held, such as 2022-01
    scale: str = ""  # how a survey writes shares: percent or proportion


@dataclass(frozen=True)
class DropReason:
    """Why a cell is left out, with the code that caused it."""

    reason: str
    example: str = ""


@dataclass
class DroppedCells:
    """Number of cells left out for each reason, with example codes."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, set[str]] = field(default_factory=dict)

    def add(self, drop: DropReason, count: int = 1) -> None:
        self.counts[drop.reason] += count
        if drop.example:
            self.examples.setdefault(drop.reason, set()).add(drop.example)

    def format_lines(self) -> list[str]:
        """One line per reason, the most frequent first, with a few examples."""
        reasons = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return [f"{count:>9,}  {reason}{self._format_examples(reason)}" for reason, count in reasons]

    def get_main_reason(self) -> str:
        """The line of the most frequent reason."""
        return self.format_lines()[0].strip() if self.counts else "it has no rows"

    def _format_examples(self, reason: str) -> str:
        examples = sorted(self.examples.get(reason, ()))
        if not examples:
            return ""
        return f": {', '.join(examples[:MAX_EXAMPLES])}{' …' if len(examples) > MAX_EXAMPLES else ''}"


@dataclass(frozen=True, slots=True)
class ObservationRecord:
    """One row of an import file: the columns of data/raw as text, and a published confidence interval."""

    indicator: str
    geo: str
    period: str
    edition: str
    value: str
    unit: str
    publisher: str
    title: str
    geo_label: str = ""
    sector: str = "all"
    gender: str = "all"
    size: str = "all"
    n: str = ""
    population: str = ""
    status: str = "ok"
    flag: str = ""
    exclusion_reason: str = ""
    confidence: str = "high"
    published: str = ""
    url: str = ""
    ci_low: str = ""
    ci_high: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in KEY_COLUMNS)

    def to_csv_row(self) -> list[str]:
        return [getattr(self, name) for name in IMPORT_COLUMNS]


@dataclass(frozen=True)
class ImportBatch:
    """The observations read from one file, for data/imports/<source>__<table>.csv."""

    source: str
    table: str
    observations: list[ObservationRecord]
    dropped_cells: DroppedCells
    notes: list[str] = field(default_factory=list)

    @property
    def file_name(self) -> str:
        return f"{self.source}__{self.table}.csv"


def load_countries(root: Path) -> list[dict[str, str]]:
    """The rows of data/codes/geographies.csv that are countries."""
    rows = CodeList(root / "codes" / "geographies.csv").rows
    return [row for row in rows if row["level"] == "country"]


def slugify(text: str) -> str:
    """Lower-case letters and digits joined by underscores, for the name of an import file."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def normalize_decimal(text: str) -> str:
    """A number as a plain decimal with its digits as written: '1.50' stays, '1.2e-3' becomes '0.0012'.

    Raises ValueError on anything else.
    """
    if re.fullmatch(DECIMAL_PATTERN, text, re.ASCII):
        return text
    if not re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}", text, re.ASCII):
        raise ValueError(text)
    try:
        return format(Decimal(text), "f")
    except InvalidOperation:
        raise ValueError(text) from None


def compute_confidence_interval(
    value: str, error: str, lower_bound: float = 0, upper_bound: float = 100
) -> tuple[str, str]:
    """The 95% confidence interval of a share in percent from its standard error: value ± 1.96 errors.

    The interval is clipped to the bounds. Raises ImporterError.
    """
    try:
        share, half_width = float(value), Z95 * float(normalize_decimal(error))
    except ValueError:
        raise ImporterError(f"standard error {error[:40]!r} is not a number.") from None
    if half_width < 0:
        raise ImporterError(f"standard error {error} is below zero.")
    low = min(max(share - half_width, lower_bound), share)
    high = max(min(share + half_width, upper_bound), share)
    return format_decimal(low), format_decimal(high)


def format_decimal(number: float | Decimal) -> str:
    """A number to four decimals, without trailing zeros."""
    return f"{number:.4f}".rstrip("0").rstrip(".")


def remove_duplicates(observations: Iterable[ObservationRecord], name: str) -> list[ObservationRecord]:
    """The observations sorted by key, each once. Raises ImporterError where one key has two values."""
    by_key: dict[tuple[str, ...], ObservationRecord] = {}
    for observation in observations:
        first = by_key.setdefault(observation.key, observation)
        if Decimal(first.value) != Decimal(observation.value):
            key = ", ".join(part for part in observation.key if part != "all")
            raise ImporterError(
                f"{name} gives two values for {key}: {first.value} and {observation.value}; "
                "a dimension may be missing from the extraction, take the whole table."
            )
    return [by_key[key] for key in sorted(by_key)]
