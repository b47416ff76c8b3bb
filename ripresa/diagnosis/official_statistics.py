"""The official share beside an answer: matching of items with rows of the published indicators. Pure: rows are given, none is asked for.

A share by country and size, and one by country and sector; never a cross of the two, which official statistics do not have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ripresa.diagnosis.questionnaire import Item, OfficialQuestion, Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, HIDDEN_EXCLUDE, HIDDEN_ZERO, NOT_APPLICABLE, DiagnosisResult

MAX_AGE_YEARS = 4  # years: an older share is not set beside an answer of today
UNDER_TEN_PERSONS = "0-9"
OFFICIAL_SIZE_CLASSES = {UNDER_TEN_PERSONS: "10-49", "": "GE10"}  # official figures begin at 10 persons
REFERENCE_AREA = "ITA"


@dataclass(frozen=True)
class OfficialShare:
    """One official share with what it covers. `small`: the firm has fewer than 10 persons and reads the 10-49 class."""

    value: float
    year: int
    geo: str
    size: str
    sector: str
    status: str
    source: str
    is_larger_size_class: bool


@dataclass(frozen=True)
class OfficialComparison:
    """An answer beside its official question. `state` is shown, not_loaded or too_old; `yes` is None when the answer is not known.

    `by_size` and `by_sector` are None where the rows have no such share; `year` is the latest survey year found, 0 without any.
    """

    item: Item
    official_question: OfficialQuestion
    state: str
    firm_answer: bool | None
    by_size: OfficialShare | None = None
    by_sector: OfficialShare | None = None
    year: int = 0


def get_official_indicators(questionnaire: Questionnaire | None = None) -> tuple[str, ...]:
    """Ids of the indicators to ask for: those of every reference. The ones not loaded come back without rows."""
    return tuple(
        dict.fromkeys(
            ref.indicator
            for item in (questionnaire or get_questionnaire()).items
            for ref in item.official_questions
        )
    )


def compare_with_official_statistics(
    result: DiagnosisResult,
    rows: Iterable[Mapping],
    year: int,
    size: str = "",
    sector: str = "",
    country: str = REFERENCE_AREA,
    include_proxies: bool = False,
    questionnaire: Questionnaire | None = None,
) -> list[OfficialComparison]:
    """The comparisons of each item in order: direct and near ones, loose ones only with `proxies`.

    `rows` have indicator, geo, sector, size, period, edition, value, status, source_name; `year` is this year; `size` and `sector` are the firm's.
    """
    usable = [row for row in rows if _is_usable(row, country)]
    found = []
    for item in (questionnaire or get_questionnaire()).items:
        for ref in item.official_questions:
            if ref.match != "proxy" or (include_proxies and ref.is_confirmed):
                own = [row for row in usable if row["indicator"] == ref.indicator]
                found.append(
                    _build_comparison(item, ref, _get_firm_answer(result, item, ref), own, year, size, sector)
                )
    return found


def format_notes(
    comparison: OfficialComparison, lang: str, questionnaire: Questionnaire | None = None
) -> list[str]:
    """What must be said beside it, in words: what differs, the survey year, the class shown to a firm under 10, or why nothing is shown."""
    questionnaire = questionnaire or get_questionnaire()
    if comparison.state != "shown":
        return [questionnaire.word(comparison.state, lang, year=comparison.year)]
    sales = (
        "official_year" if comparison.official_question.by_size.startswith("isoc_ec_") else "official_survey"
    )
    small = comparison.by_size and comparison.by_size.is_larger_size_class
    return [
        comparison.official_question.note[lang],
        questionnaire.word(sales, lang, year=comparison.year),
        *([questionnaire.word("official_small", lang)] if small else []),
    ]


def _is_usable(row: Mapping, country: str) -> bool:
    """A row of the country with a value, by survey year: figures by sales year belong to another series."""
    value = row["value"]
    return (
        row["geo"] == country
        and value is not None
        and value == value
        and "sales" not in str(row.get("edition", ""))
        and str(row["period"])[:4].isdigit()
    )


def _build_comparison(
    item: Item,
    ref: OfficialQuestion,
    yes: bool | None,
    rows: list[Mapping],
    year: int,
    size: str,
    sector: str,
) -> OfficialComparison:
    by_size = _find_latest_share(
        [r for r in rows if r["sector"] == "all"],
        OFFICIAL_SIZE_CLASSES.get(size, size),
        "all",
        small=size == UNDER_TEN_PERSONS,
    )
    by_sector = _find_latest_share(
        [r for r in rows if r["sector"] == sector != "all"], "GE10", sector, small=False
    )
    latest = max((share.year for share in (by_size, by_sector) if share), default=0)
    if not latest:
        return OfficialComparison(item, ref, "not_loaded", yes)
    if year - latest > MAX_AGE_YEARS:
        return OfficialComparison(item, ref, "too_old", yes, year=latest)
    by_size, by_sector = (
        share if share and year - share.year <= MAX_AGE_YEARS else None for share in (by_size, by_sector)
    )
    return OfficialComparison(item, ref, "shown", yes, by_size, by_sector, latest)


def _find_latest_share(rows: list[Mapping], size: str, sector: str, small: bool) -> OfficialShare | None:
    rows = [row for row in rows if row["size"] == size]
    if not rows:
        return None
    row = max(rows, key=lambda r: str(r["period"]))
    year = int(str(row["period"])[:4])
    return OfficialShare(
        float(row["value"]),
        year,
        row["geo"],
        size,
        sector,
        row.get("status", ""),
        row.get("source_name", ""),
        small,
    )


def _get_firm_answer(result: DiagnosisResult, item: Item, ref: OfficialQuestion) -> bool | None:
    """The firm's own yes or no to the official question; absence and "does not apply" are a no."""
    score = result.items[item.id]
    if score.state == ANSWERED:
        return score.points >= ref.min_yes_points
    return False if score.state in (HIDDEN_ZERO, HIDDEN_EXCLUDE, NOT_APPLICABLE) else None
