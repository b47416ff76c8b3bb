"""Official shares to compare with a firm's answers: matches items with rows of the published indicators.

Pure: the caller supplies the rows. There is a share by country and size class and one by country and sector,
never a cross of the two, which official statistics do not publish.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ripresa.diagnosis.questionnaire import Item, OfficialQuestion
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, UNKNOWN_STATES, DiagnosisResult

MAX_AGE_YEARS = 4  # an older share is not compared with an answer of today
UNDER_TEN_PERSONS = "0-9"
OFFICIAL_SIZE_CLASSES = {UNDER_TEN_PERSONS: "10-49", "": "GE10"}  # official figures start at 10 persons
REFERENCE_AREA = "ITA"

ObservationRow = Mapping[str, Any]  # a row of the published database


@dataclass(frozen=True)
class OfficialShare:
    """One official share with its coverage.

    `is_larger_size_class`: the firm has fewer than 10 persons and the share is that of the class 10-49.
    """

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
    """An answer and the shares of its official question. `state`: shown, not_loaded or too_old.

    `firm_answer` is None when the answer is unknown; `by_size` and `by_sector` where there is no such share;
    `year` is that of the latest survey, 0 without any.
    """

    item: Item
    official_question: OfficialQuestion
    state: str
    firm_answer: bool | None
    by_size: OfficialShare | None = None
    by_sector: OfficialShare | None = None
    year: int = 0


def get_official_indicators() -> tuple[str, ...]:
    """Ids of the indicators of all official questions; one that is not loaded has no rows."""
    questions = [question for item in get_questionnaire().items for question in item.official_questions]
    return tuple(dict.fromkeys(question.indicator for question in questions))


def compare_with_official_statistics(
    result: DiagnosisResult,
    rows: Iterable[ObservationRow],
    year: int,
    size: str = "",
    sector: str = "",
    include_proxies: bool = False,
) -> list[OfficialComparison]:
    """The comparisons of each item in order, with the direct and near matches (proxies only on request).

    `rows` have indicator, geo, sector, size, period, edition, value, status, source_name; `year` is this
    year; `size` and `sector` are those of the firm.
    """
    usable = [row for row in rows if _is_usable(row)]
    comparisons = []
    for item in get_questionnaire().items:
        for question in item.official_questions:
            if question.match == "proxy" and not (include_proxies and question.is_confirmed):
                continue
            question_rows = [row for row in usable if row["indicator"] == question.indicator]
            size_rows = [row for row in question_rows if row["sector"] == "all"]
            sector_rows = [row for row in question_rows if row["sector"] == sector != "all"]
            comparison = OfficialComparison(
                item,
                question,
                "shown",
                _get_firm_answer(result, item, question),
                _find_latest_share(
                    size_rows, OFFICIAL_SIZE_CLASSES.get(size, size), size == UNDER_TEN_PERSONS
                ),
                _find_latest_share(sector_rows, "GE10"),
            )
            comparisons.append(_drop_old_shares(comparison, year))
    return comparisons


def format_notes(comparison: OfficialComparison, lang: str) -> list[str]:
    """The notes to a comparison: what differs, survey year, size class, or why there is none."""
    questionnaire = get_questionnaire()
    if comparison.state != "shown":
        return [questionnaire.format_message(comparison.state, lang, year=comparison.year)]
    question = comparison.official_question
    survey = "official_year" if question.by_size.startswith("isoc_ec_") else "official_survey"
    notes = [question.note[lang], questionnaire.format_message(survey, lang, year=comparison.year)]
    if comparison.by_size and comparison.by_size.is_larger_size_class:
        notes.append(questionnaire.format_message("official_small", lang))
    return notes


def _is_usable(row: ObservationRow) -> bool:
    """A row of the reference area with a value, by survey year (by sales year it is another series)."""
    is_by_survey_year = "sales" not in str(row.get("edition", "")) and str(row["period"])[:4].isdigit()
    return row["geo"] == REFERENCE_AREA and is_by_survey_year and not pd.isna(row["value"])


def _find_latest_share(
    rows: Iterable[ObservationRow], size: str, is_larger_size_class: bool = False
) -> OfficialShare | None:
    row = max((row for row in rows if row["size"] == size), key=lambda row: str(row["period"]), default=None)
    if row is None:
        return None
    return OfficialShare(
        float(row["value"]),
        int(str(row["period"])[:4]),
        row["geo"],
        size,
        row["sector"],
        row.get("status", ""),
        row.get("source_name", ""),
        is_larger_size_class,
    )


def _drop_old_shares(comparison: OfficialComparison, year: int) -> OfficialComparison:
    """The comparison with its state and year, less the shares that are too old."""
    shares = [share for share in (comparison.by_size, comparison.by_sector) if share]
    if not shares:
        return replace(comparison, state="not_loaded")
    latest = max(share.year for share in shares)
    recent = [share for share in shares if year - share.year <= MAX_AGE_YEARS]
    return replace(
        comparison,
        state="shown" if recent else "too_old",
        by_size=comparison.by_size if comparison.by_size in recent else None,
        by_sector=comparison.by_sector if comparison.by_sector in recent else None,
        year=latest,
    )


def _get_firm_answer(result: DiagnosisResult, item: Item, question: OfficialQuestion) -> bool | None:
    """The firm's yes or no to the official question; absence and "does not apply" are a no."""
    score = result.items[item.id]
    if score.state in UNKNOWN_STATES:
        return None
    return score.state == ANSWERED and (score.points or 0) >= question.min_yes_points
