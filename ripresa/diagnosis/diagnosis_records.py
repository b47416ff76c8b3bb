"""Contributed diagnoses as a release counts them: one record each, with the category of every measure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ripresa.diagnosis.action_plan import build_action_plan
from ripresa.diagnosis.contribution import Contribution
from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import HIDDEN_EXCLUDE, HIDDEN_ZERO, SKIPPED, score_answers

DIMENSIONS = ("region", "sector", "size")
OVERALL = "overall"
NONE_CATEGORY = "none"  # the item does not apply or was hidden by routing
UNKNOWN_CATEGORY = "blank"  # the item was left blank or answered with "I don't know"
STATE_CATEGORIES = {
    DONT_KNOW: UNKNOWN_CATEGORY,
    SKIPPED: UNKNOWN_CATEGORY,
    NOT_APPLICABLE: NONE_CATEGORY,
    HIDDEN_EXCLUDE: NONE_CATEGORY,
    HIDDEN_ZERO: "0",
}


@dataclass(frozen=True)
class DiagnosisRecord:
    """One diagnosis: levels and scores by measure ("overall" or a goal), answer categories by item."""

    id: str
    region: str
    sector: str
    size: str
    month: str
    levels: Mapping[str, str]
    scores: Mapping[str, float]
    answers: Mapping[str, str]
    first_action: str


def build_records(contributions: Iterable[Contribution]) -> list[DiagnosisRecord]:
    """The contributions of the questionnaire's comparability class that have an overall score."""
    comparability_class = get_questionnaire().comparability_class
    return [
        _build_record(contribution, contribution.score)
        for contribution in contributions
        if contribution.comparability_class == comparability_class and contribution.score is not None
    ]


def count_by_dimension(diagnoses: Iterable[DiagnosisRecord]) -> dict[str, Counter[str]]:
    """The number of diagnoses of each region, sector and size class, by dimension."""
    diagnoses = list(diagnoses)
    return {dimension: Counter(getattr(d, dimension) for d in diagnoses) for dimension in DIMENSIONS}


def _build_record(contribution: Contribution, score: float) -> DiagnosisRecord:
    answers: dict[str, int | str] = json.loads(contribution.answers)
    goals: dict[str, tuple[float, float, float, int]] = json.loads(contribution.goals)
    scored_answers = {
        item: answer
        for item, answer in answers.items()
        if answer not in (SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
    }
    chosen_goals = [goal for goal in (contribution.goal_1, contribution.goal_2) if goal]
    plan = build_action_plan(score_answers(scored_answers), chosen_goals)
    return DiagnosisRecord(
        id=contribution.diagnosis_id,
        region=contribution.region,
        sector=contribution.sector,
        size=contribution.size_class,
        month=contribution.month,
        levels={OVERALL: str(contribution.level)} | {id: str(level) for id, (*_, level) in goals.items()},
        scores={OVERALL: score} | {id: value for id, (value, *_) in goals.items()},
        answers={
            item: STATE_CATEGORIES[answer] if isinstance(answer, str) else str(answer)
            for item, answer in answers.items()
        },
        first_action=plan.actions[0].id if plan.actions else NONE_CATEGORY,
    )
