"""What an importer gives: figures in the layout of data/raw, and what was left out and why."""

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from ripresa.database import build

COLUMNS = (*build.RAW, "ci_low", "ci_high")
EXAMPLES = 4
Z95 = 1.96


class ImportFault(ValueError):
    """One sentence: what is wrong, where, and what to do next."""


@dataclass(frozen=True)
class Drop:
    """Why a cell is left out, with the code that shows it."""

    reason: str
    example: str = ""


class Dropped:
    """How many cells were left out, for each reason."""

    def __init__(self):
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, dict[str, None]] = {}

    def add(self, drop: Drop, times: int = 1) -> None:
        self.counts[drop.reason] += times
        if drop.example:
            self.examples.setdefault(drop.reason, {})[drop.example] = None

    def lines(self) -> list[str]:
        """One line a reason, the largest first, with a few examples."""
        return [
            f"{times:>9,}  {reason}{self._shown(reason)}"
            for reason, times in sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        ]

    def _shown(self, reason: str) -> str:
        examples = sorted(self.examples.get(reason, ()))
        return (
            f": {', '.join(examples[:EXAMPLES])}{' …' if len(examples) > EXAMPLES else ''}"
            if examples
            else ""
        )


@dataclass(frozen=True, slots=True)
class Figure:
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
        return tuple(getattr(self, name) for name in build.KEY)

    def row(self) -> list[str]:
        return [getattr(self, name) for name in COLUMNS]


@dataclass(frozen=True)
class Reading:
    """One file read: the figures it gives, for data/imports/<source>__<table>.csv."""

    source: str
    table: str
    figures: list[Figure]
    dropped: Dropped
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.source}__{self.table}.csv"


def plain(text: str) -> str:
    """A number as a plain decimal, digits kept as written: '1.50' stays, '1.2e-3' becomes '0.0012'. Raises ValueError on anything else."""
    if re.fullmatch(build.DECIMAL, text, re.ASCII):
        return text
    if not re.fullmatch(r"-?\d+(\.\d+)?[eE][+-]?\d{1,2}", text, re.ASCII):
        raise ValueError(text)
    try:
        return format(Decimal(text), "f")
    except InvalidOperation:
        raise ValueError(text) from None


def interval(value: str, error: str, least: float = 0, most: float = 100) -> tuple[str, str]:
    """The 95% interval of a share in percent from its standard error: value -/+ 1.96 errors, kept within 0 and 100. Raises ImportFault."""
    try:
        share, half = float(value), Z95 * float(plain(error))
    except ValueError:
        raise ImportFault(f"standard error {error[:40]!r} is not a number.") from None
    if half < 0:
        raise ImportFault(f"standard error {error} is below zero.")
    low, high = min(max(share - half, least), share), max(min(share + half, most), share)
    return trimmed(low), trimmed(high)


def trimmed(number: float | Decimal) -> str:
    """A number to four decimals, without the zeros at its end."""
    text = f"{number:.4f}"
    return text.rstrip("0").rstrip(".")


def single(figures: list[Figure], name: str) -> list[Figure]:
    """The figures without repetitions, in order of key. Raises ImportFault where one key has two values."""
    found: dict[tuple, Figure] = {}
    for figure in figures:
        first = found.setdefault(figure.key, figure)
        if Decimal(first.value) != Decimal(figure.value):
            where = ", ".join(part for part in figure.key if part != "all")
            raise ImportFault(
                f"{name} gives two values for {where}: {first.value} and {figure.value}; a dimension may be missing from the extraction, take the whole table."
            )
    return [found[key] for key in sorted(found)]
