"""The official Digital Intensity Index: how many of its twelve variables a firm meets. It changes no score.

Six optional questions cover the variables that have no item in the questionnaire.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, UNKNOWN_STATES, DiagnosisResult

Table = Mapping[str, Any]  # of section [intensity] of the questionnaire


@dataclass(frozen=True)
class DigitalIntensity:
    """Met, not met or unknown (None) for each variable, and the lowest and highest count.

    `level` is the entry of the questionnaire, only when no variable is unknown.
    """

    variables_met: tuple[bool | None, ...]
    min_count: int
    max_count: int
    level: Table | None


def get_visible_questions(result: DiagnosisResult) -> list[Table]:
    """The questions to show: the one about web sales only to firms that have them."""
    questions: list[Table] = get_questionnaire().digital_intensity["question"]
    return [question for question in questions if not _is_hidden(question, result)]


def compute_digital_intensity(result: DiagnosisResult, answers: Mapping[str, str]) -> DigitalIntensity:
    """The index for these scores and answers ({question id: option id}; absent means unknown)."""
    section = get_questionnaire().digital_intensity
    answers = dict(answers) | {q["id"]: q["if_hidden"] for q in section["question"] if _is_hidden(q, result)}
    met = tuple(
        _combine(_is_condition_met(condition, result, answers) for condition in variable["met_if"])
        for variable in section["variable"]
    )
    low, high = met.count(True), len(met) - met.count(False)
    level = [level for level in section["level"] if low >= level["from"]][-1] if low == high else None
    return DigitalIntensity(met, low, high, level)


def _is_hidden(question: Table, result: DiagnosisResult) -> bool:
    return "show_if" in question and _has_min_points(question["show_if"], result) is False


def _is_condition_met(condition: Table, result: DiagnosisResult, answers: Mapping[str, str]) -> bool | None:
    if "item" in condition:
        return _has_min_points(condition, result)
    answer = answers.get(condition["question"])
    return None if answer is None else answer in condition["is"]


def _has_min_points(condition: Table, result: DiagnosisResult) -> bool | None:
    """Unknown answers stay unknown; an absence or "does not apply" is a no."""
    score = result.items[condition["item"]]
    if score.state in UNKNOWN_STATES:
        return None
    return score.state == ANSWERED and (score.points or 0) >= int(condition["min_points"])


def _combine(conditions: Iterable[bool | None]) -> bool | None:
    """Whether all conditions are met: no if one is not, else unknown if one is."""
    values = list(conditions)
    if False in values:
        return False
    return None if None in values else True
