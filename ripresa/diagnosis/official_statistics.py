"""The official share beside an answer: matching of items with rows of the published indicators. Pure: rows are given, none is asked for.

A share by country and size, and one by country and sector; never a cross of the two, which official statistics do not have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ripresa.diagnosis.questionnaire import Instrument, Item, Reference, bank
from ripresa.diagnosis.scoring import ANSWERED, HIDDEN_EXCLUDE, HIDDEN_ZERO, NOT_APPLICABLE, Result

OLDEST = 4  # years: an older share is not set beside an answer of today
SMALL = "0-9"
SHOWN_FOR = {SMALL: "10-49", "": "GE10"}  # official figures begin at 10 persons
COUNTRY = "ITA"


@dataclass(frozen=True)
class Share:
    """One official share with what it covers. `small`: the firm has fewer than 10 persons and reads the 10-49 class."""

    value: float
    year: int
    geo: str
    size: str
    sector: str
    status: str
    source: str
    small: bool


@dataclass(frozen=True)
class Comparison:
    """An answer beside its official question. `state` is shown, not_loaded or too_old; `yes` is None when the answer is not known.

    `by_size` and `by_sector` are None where the rows have no such share; `year` is the latest survey year found, 0 without any.
    """

    item: Item
    reference: Reference
    state: str
    yes: bool | None
    by_size: Share | None = None
    by_sector: Share | None = None
    year: int = 0


def indicators(instrument: Instrument | None = None) -> tuple[str, ...]:
    """Ids of the indicators to ask for: those of every reference. The ones not loaded come back without rows."""
    return tuple(
        dict.fromkeys(ref.indicator for item in (instrument or bank()).items for ref in item.official)
    )


def comparisons(
    result: Result,
    rows: Iterable[Mapping],
    year: int,
    size: str = "",
    sector: str = "",
    country: str = COUNTRY,
    proxies: bool = False,
    instrument: Instrument | None = None,
) -> list[Comparison]:
    """The comparisons of each item in order: direct and near ones, loose ones only with `proxies`.

    `rows` have indicator, geo, sector, size, period, edition, value, status, source_name; `year` is this year; `size` and `sector` are the firm's.
    """
    usable = [row for row in rows if _usable(row, country)]
    found = []
    for item in (instrument or bank()).items:
        for ref in item.official:
            if ref.match != "proxy" or (proxies and ref.confirmed):
                own = [row for row in usable if row["indicator"] == ref.indicator]
                found.append(_comparison(item, ref, _yes(result, item, ref), own, year, size, sector))
    return found


def notes(comparison: Comparison, lang: str, instrument: Instrument | None = None) -> list[str]:
    """What must be said beside it, in words: what differs, the survey year, the class shown to a firm under 10, or why nothing is shown."""
    instrument = instrument or bank()
    if comparison.state != "shown":
        return [instrument.word(comparison.state, lang, year=comparison.year)]
    sales = "official_year" if comparison.reference.by_size.startswith("isoc_ec_") else "official_survey"
    small = comparison.by_size and comparison.by_size.small
    return [
        comparison.reference.note[lang],
        instrument.word(sales, lang, year=comparison.year),
        *([instrument.word("official_small", lang)] if small else []),
    ]


def _usable(row: Mapping, country: str) -> bool:
    """A row of the country with a value, by survey year: figures by sales year belong to another series."""
    value = row["value"]
    return (
        row["geo"] == country
        and value is not None
        and value == value
        and "sales" not in str(row.get("edition", ""))
        and str(row["period"])[:4].isdigit()
    )


def _comparison(
    item: Item, ref: Reference, yes: bool | None, rows: list[Mapping], year: int, size: str, sector: str
) -> Comparison:
    by_size = _share(
        [r for r in rows if r["sector"] == "all"], SHOWN_FOR.get(size, size), "all", small=size == SMALL
    )
    by_sector = _share([r for r in rows if r["sector"] == sector != "all"], "GE10", sector, small=False)
    latest = max((share.year for share in (by_size, by_sector) if share), default=0)
    if not latest:
        return Comparison(item, ref, "not_loaded", yes)
    if year - latest > OLDEST:
        return Comparison(item, ref, "too_old", yes, year=latest)
    by_size, by_sector = (
        share if share and year - share.year <= OLDEST else None for share in (by_size, by_sector)
    )
    return Comparison(item, ref, "shown", yes, by_size, by_sector, latest)


def _share(rows: list[Mapping], size: str, sector: str, small: bool) -> Share | None:
    rows = [row for row in rows if row["size"] == size]
    if not rows:
        return None
    row = max(rows, key=lambda r: str(r["period"]))
    year = int(str(row["period"])[:4])
    return Share(
        float(row["value"]),
        year,
        row["geo"],
        size,
        sector,
        row.get("status", ""),
        row.get("source_name", ""),
        small,
    )


def _yes(result: Result, item: Item, ref: Reference) -> bool | None:
    """The firm's own yes or no to the official question; absence and "does not apply" are a no."""
    score = result.items[item.id]
    if score.state == ANSWERED:
        return score.points >= ref.yes_from
    return False if score.state in (HIDDEN_ZERO, HIDDEN_EXCLUDE, NOT_APPLICABLE) else None
