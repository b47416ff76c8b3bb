"""Time series of one area and one edition, split wherever two points are not comparable."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ripresa.observations.rows import (
    Row,
    get_decimal_year,
    is_old_vintage,
    parse_decimal_year,
    with_values,
)

Segment = list[Row]  # consecutive points that are comparable, in time order


@dataclass(frozen=True)
class Series:
    """The rows of one area and edition in time order, including those without a value, which are gaps."""

    geo: str
    name: str
    edition: str
    edition_name: str
    points: tuple[Row, ...]


def build_series(rows: Iterable[Row]) -> list[Series]:
    """One series for each area and edition, in order of appearance."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["geo"], row["edition"]), []).append(row)
    return [
        Series(
            geo,
            points[0]["geo_name"],
            edition,
            points[0].get("edition_name") or edition,
            tuple(sorted(points, key=get_decimal_year)),
        )
        for (geo, edition), points in groups.items()
    ]


def split_segments(series: Series, rows: Iterable[Row], breaks: Sequence[str] = ()) -> list[Segment]:
    """Splits a series at breaks, gaps and skipped periods, and at values of old vintages or period ranges.

    rows: those of all areas; a period that any of them has in this edition counts as skipped if the series
    lacks it.
    """
    edition_rows = [row for row in rows if row["edition"] == series.edition]
    calendar = sorted(set(map(get_decimal_year, edition_rows)))
    is_yearly = all(len(str(row["period"])) == 4 for row in edition_rows)
    step = min((later - earlier for earlier, later in pairwise(calendar)), default=0.0)
    break_years = [parse_decimal_year(period) for period in breaks]

    def is_joined(previous: Row, row: Row) -> bool:
        start, end = get_decimal_year(previous), get_decimal_year(row)
        return not (
            any(start < year <= end for year in break_years)
            or any(start < year < end for year in calendar)
            or (is_yearly and end - start > step)
            or is_old_vintage(row)
            or "/" in row["period"] + previous["period"]
        )

    segments: list[Segment] = []
    previous: Row | None = None
    for row in series.points:
        if row["value"] is None:
            previous = None
            continue
        if previous is not None and is_joined(previous, row):
            segments[-1].append(row)
        else:
            segments.append([row])
        previous = row
    return segments


def rank_editions(rows: Iterable[Row]) -> list[str]:
    """The editions, the one with most rows first."""
    return [edition for edition, _ in Counter(row["edition"] for row in rows).most_common()]


def locate_breaks(breaks: Iterable[str], rows: Iterable[Row]) -> list[float]:
    """The decimal year of each break: midway between the last point before it and the first from it on."""
    years = sorted(set(map(get_decimal_year, with_values(rows))))
    locations = []
    for period in breaks:
        i = bisect_left(years, parse_decimal_year(period))
        if 0 < i < len(years):
            locations.append(round((years[i - 1] + years[i]) / 2, 3))
    return locations
