"""Six optional questions more: how many of the twelve variables of the official Digital Intensity Index a firm meets. It changes no score."""

from collections.abc import Mapping
from dataclasses import dataclass

from ripresa.diagnosis.questionnaire import Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, UNKNOWN_STATES, DiagnosisResult


@dataclass(frozen=True)
class DigitalIntensity:
    """Met, not met or unknown (None) for each variable in order; lowest and highest count; the level only when none is unknown."""

    variables_met: tuple[bool | None, ...]
    min_count: int
    max_count: int
    level: dict | None


def get_visible_questions(result: DiagnosisResult, questionnaire: Questionnaire | None = None) -> list[dict]:
    """The questions to ask: one about web sales only to firms that have them."""
    questions = (questionnaire or get_questionnaire()).digital_intensity["question"]
    return [q for q in questions if not _is_hidden(q, result)]


def compute_digital_intensity(
    result: DiagnosisResult, answers: Mapping[str, str], questionnaire: Questionnaire | None = None
) -> DigitalIntensity:
    """The count for these scores and these answers ({question id: option id}; absent = not known)."""
    table = (questionnaire or get_questionnaire()).digital_intensity
    answers = dict(answers) | {q["id"]: q["if_hidden"] for q in table["question"] if _is_hidden(q, result)}
    met = tuple(
        _combine_known(_is_condition_met(condition, result, answers) for condition in variable["met_if"])
        for variable in table["variable"]
    )
    low, high = sum(m is True for m in met), sum(m is not False for m in met)
    level = [level for level in table["level"] if low >= level["from"]][-1] if low == high else None
    return DigitalIntensity(met, low, high, level)


def _is_hidden(question: Mapping, result: DiagnosisResult) -> bool:
    condition = question.get("show_if")
    return bool(condition) and _has_min_points(condition, result) is False


def _is_condition_met(condition: Mapping, result: DiagnosisResult, answers: Mapping) -> bool | None:
    if "item" in condition:
        return _has_min_points(condition, result)
    answer = answers.get(condition["question"])
    return None if answer is None else answer in condition["is"]


def _has_min_points(condition: Mapping, result: DiagnosisResult) -> bool | None:
    """Unknown answers stay unknown; an absence or "does not apply" is a no."""
    score = result.items[condition["item"]]
    if score.state in UNKNOWN_STATES:
        return None
    return score.state == ANSWERED and score.points >= condition["min_points"]


def _combine_known(parts) -> bool | None:
    parts = list(parts)
    return False if False in parts else None if None in parts else True
