"""Six optional questions more: how many of the twelve variables of the official Digital Intensity Index a firm meets. It changes no score."""

from collections.abc import Mapping
from dataclasses import dataclass

from ripresa.diagnosis.questionnaire import Instrument, bank
from ripresa.diagnosis.scoring import ANSWERED, UNKNOWN, Result


@dataclass(frozen=True)
class Intensity:
    """Met, not met or unknown (None) for each variable in order; lowest and highest count; the level only when none is unknown."""

    met: tuple[bool | None, ...]
    low: int
    high: int
    level: dict | None


def visible(result: Result, instrument: Instrument | None = None) -> list[dict]:
    """The questions to ask: one about web sales only to firms that have them."""
    questions = (instrument or bank()).intensity["question"]
    return [q for q in questions if not _hidden(q, result)]


def intensity(result: Result, answers: Mapping[str, str], instrument: Instrument | None = None) -> Intensity:
    """The count for these scores and these answers ({question id: option id}; absent = not known)."""
    table = (instrument or bank()).intensity
    answers = dict(answers) | {q["id"]: q["if_hidden"] for q in table["question"] if _hidden(q, result)}
    met = tuple(
        _all(_met(condition, result, answers) for condition in variable["met_if"])
        for variable in table["variable"]
    )
    low, high = sum(m is True for m in met), sum(m is not False for m in met)
    level = [level for level in table["level"] if low >= level["from"]][-1] if low == high else None
    return Intensity(met, low, high, level)


def _hidden(question: Mapping, result: Result) -> bool:
    condition = question.get("show_if")
    return bool(condition) and _at_least(condition, result) is False


def _met(condition: Mapping, result: Result, answers: Mapping) -> bool | None:
    if "item" in condition:
        return _at_least(condition, result)
    answer = answers.get(condition["question"])
    return None if answer is None else answer in condition["is"]


def _at_least(condition: Mapping, result: Result) -> bool | None:
    """Unknown answers stay unknown; an absence or "does not apply" is a no."""
    score = result.items[condition["item"]]
    if score.state in UNKNOWN:
        return None
    return score.state == ANSWERED and score.points >= condition["min_points"]


def _all(parts) -> bool | None:
    parts = list(parts)
    return False if False in parts else None if None in parts else True
