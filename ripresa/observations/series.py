"""Lines of one area and one edition, cut wherever two points cannot be joined."""

from collections import Counter
from dataclasses import dataclass

from ripresa.observations.rows import get_decimal_year, is_old_vintage, parse_decimal_year


@dataclass(frozen=True)
class Series:
    """One area in one edition, its rows in time order (rows without a value included: they are gaps)."""

    geo: str
    name: str
    edition: str
    edition_name: str
    points: tuple[dict, ...]


def build_series(found: list[dict]) -> list[Series]:
    """One for each area and edition, in order of appearance: editions are never joined."""
    groups: dict[tuple, list[dict]] = {}
    for row in found:
        groups.setdefault((row["geo"], row["edition"]), []).append(row)
    return [
        Series(
            geo,
            rows[0]["geo_name"],
            edition,
            rows[0].get("edition_name") or edition,
            tuple(sorted(rows, key=get_decimal_year)),
        )
        for (geo, edition), rows in groups.items()
    ]


def split_segments(line: Series, known: list[dict], breaks: tuple[str, ...] = ()) -> list[list[dict]]:
    """The stretches of `line` that may be drawn through: cut at breaks, at missing values, at periods that others of the edition have, and around
    figures of a whole interval of months.

    known: the rows of every area; they say which periods the edition has.
    """
    calendar = sorted({get_decimal_year(row) for row in known if row["edition"] == line.edition})
    yearly = all(len(str(row["period"])) == 4 for row in known if row["edition"] == line.edition)
    step = min((b - a for a, b in zip(calendar, calendar[1:])), default=0)
    cuts = [parse_decimal_year(period) for period in breaks]
    parts: list[list[dict]] = [[]]
    last, before = None, ""
    for row in line.points:
        if row["value"] is None:
            parts.append([])
            last = None
            continue
        now = get_decimal_year(row)
        if last is not None and (
            any(last < cut <= now for cut in cuts)
            or any(last < other < now for other in calendar)
            or (yearly and now - last > step)
            or is_old_vintage(row)
            or "/" in row["period"] + before
        ):
            parts.append([])
        parts[-1].append(row)
        last, before = now, row["period"]
    return [part for part in parts if part]


def rank_editions(known: list[dict]) -> list[str]:
    """Editions, the one with most figures first: it gets the unbroken line."""
    counts = Counter(row["edition"] for row in known)
    return sorted(counts, key=lambda edition: -counts[edition])


def locate_breaks(breaks: tuple[str, ...], found: list[dict]) -> list[float]:
    """Where to draw each break: half way between the last point before it and the first point from it on."""
    known = sorted({get_decimal_year(row) for row in found if row["value"] is not None})
    places = []
    for period in breaks:
        at = parse_decimal_year(period)
        before, after = [x for x in known if x < at], [x for x in known if x >= at]
        if before and after:
            places.append(round((before[-1] + after[0]) / 2, 3))
    return places
