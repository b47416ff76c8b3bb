"""What an importer gives: figures in the layout of data/raw, and what was left out and why."""

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from ripresa.database import build

IMPORT_COLUMNS = (*build.RAW_COLUMNS, "ci_low", "ci_high")
MAX_EXAMPLES = 4
Z95 = 1.96


class ImporterError(ValueError):
    """One sentence: what is wrong, where, and what to do next."""


@dataclass(frozen=True)
class DropReason:
    """Why a cell is left out, with the code that shows it."""

    reason: str
    example: str = ""


class DroppedCells:
    """How many cells were left out, for each reason."""

    def __init__(self):
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, dict[str, None]] = {}

    def add(self, drop: DropReason, times: int = 1) -> None:
        self.counts[drop.reason] += times
        if drop.example:
            self.examples.setdefault(drop.reason, {})[drop.example] = None

    def format_lines(self) -> list[str]:
        """One line a reason, the largest first, with a few examples."""
        return [
            f"{times:>9,}  {reason}{self._format_examples(reason)}"
            for reason, times in sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        ]

    def _format_examples(self, reason: str) -> str:
        examples = sorted(self.examples.get(reason, ()))
        return (
            f": {', '.join(examples[:MAX_EXAMPLES])}{' …' if len(examples) > MAX_EXAMPLES else ''}"
            if examples
            else ""
        )


@dataclass(frozen=True, slots=True)
class ObservationRecord:
    """One row of an import file: the columns of data/raw as text, and the ends of a published interval."""

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
        return tuple(getattr(self, name) for name in build.KEY_COLUMNS)

    def to_csv_row(self) -> list[str]:
        return [getattr(self, name) for name in IMPORT_COLUMNS]


@dataclass(frozen=True)
class ImportBatch:
    """One file read: the figures it gives, for data/imports/<source>__<table>.csv."""

    source: str
    table: str
    observations: list[ObservationRecord]
    dropped_cells: DroppedCells
    notes: list[str] = field(default_factory=list)

    @property
    def file_name(self) -> str:
        return f"{self.source}__{self.table}.csv"


def normalize_decimal(text: str) -> str:
    """A number as a plain decimal, digits kept as written: '1.50' stays, '1.2e-3' becomes '0.0012'. Raises ValueError on anything else."""
    if re.fullmatch(build.DECIMAL_PATTERN, text, re.ASCII):
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
    """The 95% interval of a share in percent from its standard error: value -/+ 1.96 errors, kept within 0 and 100. Raises ImportFault."""
    try:
        share, half = float(value), Z95 * float(normalize_decimal(error))
    except ValueError:
        raise ImporterError(f"standard error {error[:40]!r} is not a number.") from None
    if half < 0:
        raise ImporterError(f"standard error {error} is below zero.")
    low, high = min(max(share - half, lower_bound), share), max(min(share + half, upper_bound), share)
    return format_decimal(low), format_decimal(high)


def format_decimal(number: float | Decimal) -> str:
    """A number to four decimals, without the zeros at its end."""
    text = f"{number:.4f}"
    return text.rstrip("0").rstrip(".")


def remove_duplicates(figures: list[ObservationRecord], name: str) -> list[ObservationRecord]:
    """The figures without repetitions, in order of key. Raises ImportFault where one key has two values."""
    found: dict[tuple, ObservationRecord] = {}
    for figure in figures:
        first = found.setdefault(figure.key, figure)
        if Decimal(first.value) != Decimal(figure.value):
            where = ", ".join(part for part in figure.key if part != "all")
            raise ImporterError(
                f"{name} gives two values for {where}: {first.value} and {figure.value}; a dimension may be missing from the extraction, take the whole table."
            )
    return [found[key] for key in sorted(found)]
