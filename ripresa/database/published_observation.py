"""One observation as published: its codes, its citation and where it was read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

KEY_COLUMNS = ("indicator", "geo", "sector", "gender", "size", "period", "edition")


class Citation(NamedTuple):
    """The document an observation was read in, and how reliable it is."""

    publisher: str
    title: str
    published: str
    url: str
    confidence: str


@dataclass(frozen=True)
class PublishedObservation:
    """One row of data/raw or data/imports with its codes resolved."""

    indicator: str
    geo: str
    geo_label: str
    sector: str
    gender: str
    size: str
    period: str
    edition: str
    value: float
    decimals: int
    unit: str
    n: str
    population: str
    status: str
    flags: str
    exclusion_reason: str
    source: str
    citation: Citation
    source_location: str  # file and row
    ci_low: float | None = None
    ci_high: float | None = None

    @property
    def file(self) -> str:
        """The file's path from the project folder."""
        return self.source_location.partition(",")[0]

    @property
    def is_imported(self) -> bool:
        """Whether it comes from an official file, not from a document."""
        return self.file.startswith("data/imports/")

    @property
    def publication_date(self) -> str:
        """The newest date in its citation, empty where there is none."""
        return max(re.findall(r"\d{4}-\d{2}-\d{2}", self.citation.published), default="")

    @property
    def key(self) -> tuple[str, ...]:
        """The values of KEY_COLUMNS, which identify an observation."""
        return tuple(getattr(self, name) for name in KEY_COLUMNS)

    def agrees_with(self, other: "PublishedObservation") -> bool:
        """Whether two values are equal within the rounding of the coarser."""
        return abs(self.value - other.value) <= 0.5 * 10.0 ** -min(self.decimals, other.decimals) + 1e-9

    def matches_rule(self, rule: Mapping[str, object]) -> bool:
        """Whether the values listed by a catalogue rule for each column include this row's."""
        return all(getattr(self, name) in values for name, values in rule.items() if isinstance(values, list))


def parse_period_start(period: str) -> date:
    """First day of a period: 2020, 2020-H1, 2020-Q2, 2020-05, 2020-05-19, or an interval of two with a slash.

    Raises ValueError.
    """
    first, slash, last = period.partition("/")
    match = re.fullmatch(r"(\d{4})(?:-(?:H([12])|Q([1-4])|(\d{2})(?:-(\d{2}))?))?", first)
    if not match or (slash and not re.fullmatch(r"[\dHQ-]+", last)):
        raise ValueError(
            f"period {period!r} is not a year, half, quarter, month, date "
            "or an interval such as 2020-05/2020-10"
        )
    year, half, quarter, month, day = match.groups()
    first_month = 6 * int(half) - 5 if half else 3 * int(quarter) - 2 if quarter else int(month or 1)
    try:
        return date(int(year), first_month, int(day or 1))
    except ValueError:
        raise ValueError(f"period {period!r} is not a date of the calendar") from None
