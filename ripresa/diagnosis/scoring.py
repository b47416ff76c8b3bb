"""Scores from answers: per goal and overall, with levels and the range that unknown answers leave open.

Pure and exact (fractions inside). Answers are a mapping {item id: 0 to 3, "dont_know" or "not_applicable"};
an item that is absent or None was left blank. The rules and their sources: docs/diagnosis-method.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import NamedTuple

from ripresa.diagnosis.questionnaire import ANSWER_POINTS, DONT_KNOW, NOT_APPLICABLE, Answer, Item
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

ANSWERED, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE = "answered", "skipped", "hidden_zero", "hidden_exclude"
ITEM_STATES = (ANSWERED, DONT_KNOW, NOT_APPLICABLE, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
SCORED_STATES = (ANSWERED, HIDDEN_ZERO)
UNKNOWN_STATES = (DONT_KNOW, SKIPPED)
HIDDEN_STATES = {"zero": HIDDEN_ZERO, "exclude": HIDDEN_EXCLUDE}  # by the item's rule
MAX_POINTS = ANSWER_POINTS[-1]
MISSING_SCORE_MESSAGES = {
    "few": "not_shown_few",
    "not_applicable": "not_shown_na",
    "goals": "not_shown_goals",
}


class AnswerError(ValueError):
    """An answer that the question does not offer."""


@dataclass(frozen=True)
class ItemScore:
    """The score of one item: its state, its points if scored, and its weight.

    `points_gained` and `points_missing` are points of the goal's score (0-100): what the answer brought and
    what the top answer would add. `is_critical`: the answer calls for a warning whatever the level.
    """

    item: Item
    state: str
    points: int | None
    weight: Fraction
    points_gained: float = 0.0
    points_missing: float = 0.0
    is_critical: bool = False


@dataclass(frozen=True)
class Score:
    """A score from 0 to 100 with its range, or None with the reason: few (too many blanks), not_applicable,
    goals.

    `level` is decided before rounding; that of the overall score after the cap (`is_capped` if it was
    lowered). `possible_levels` holds the level alone, or the two levels between which a score close to a
    limit lies.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: int | None = None
    possible_levels: tuple[int, ...] = ()
    is_capped: bool = False
    missing_reason: str = ""

    @property
    def has_value(self) -> bool:
        return self.value is not None

    @property
    def is_exact(self) -> bool:
        """No unknown answer entered it: the range is the score."""
        return self.low == self.high


@dataclass(frozen=True)
class ScoreSensitivity:
    """The smallest and largest effect of one answer, moved by one step, on the scores."""

    goal: tuple[float, float]
    overall: tuple[float, float]


@dataclass(frozen=True)
class DiagnosisResult:
    """All scores: items and goals by id, in order; the overall score; the effect of one step."""

    items: dict[str, ItemScore]
    goals: dict[str, Score]
    overall: Score
    sensitivity: ScoreSensitivity | None

    @property
    def critical_items(self) -> tuple[ItemScore, ...]:
        """Items whose answer calls for a warning."""
        return tuple(item for item in self.items.values() if item.is_critical)

    @property
    def is_blank(self) -> bool:
        """Not one question was answered, not even by "I don't know"."""
        return not any(s.state in (ANSWERED, DONT_KNOW, NOT_APPLICABLE) for s in self.items.values())


class _ScoreRange(NamedTuple):
    value: Fraction
    low: Fraction
    high: Fraction


def validate_answers(answers: Mapping[str, Answer]) -> dict[str, int | str]:
    """The answers without blanks. Raises AnswerError for the first that its question does not offer."""
    valid = {id: answer for id, answer in answers.items() if answer is not None}
    for id, answer in valid.items():
        allowed: list[int | str] = [*ANSWER_POINTS, DONT_KNOW]
        if get_questionnaire().get_item(id).not_applicable:
            allowed.append(NOT_APPLICABLE)
        if answer not in allowed or isinstance(answer, bool):
            raise AnswerError(
                f'item "{id}" cannot be answered with "{answer}"; use one of: {", ".join(map(str, allowed))}.'
            )
    return valid


def get_item_states(answers: Mapping[str, Answer]) -> dict[str, str]:
    """The state of each item after routing, one of ITEM_STATES.

    An item whose parent has an unknown answer stays visible.
    """
    valid = validate_answers(answers)
    return {item.id: _resolve_item_state(item, valid) for item in get_questionnaire().items}


def get_visible_items(answers: Mapping[str, Answer]) -> tuple[Item, ...]:
    """The items to show after these answers."""
    states = get_item_states(answers)
    return tuple(
        item for item in get_questionnaire().items if states[item.id] not in (HIDDEN_ZERO, HIDDEN_EXCLUDE)
    )


def score_answers(answers: Mapping[str, Answer]) -> DiagnosisResult:
    """The scores of these answers. Raises AnswerError for an answer that its question does not offer."""
    states = get_item_states(answers)
    weights = _compute_weights(states)
    items: dict[str, ItemScore] = {}
    ranges: dict[str, _ScoreRange | str] = {}
    for goal in get_questionnaire().goals:
        scored_weight = sum(
            (weights[item.id] for item in goal.items if states[item.id] in SCORED_STATES), Fraction()
        )
        goal_items = [
            _score_item(item, states[item.id], answers.get(item.id), weights[item.id], scored_weight)
            for item in goal.items
        ]
        items |= {item.item.id: item for item in goal_items}
        ranges[goal.id] = _compute_goal_range(goal_items)
    goals = {id: _assign_level(score_range) for id, score_range in ranges.items()}
    return DiagnosisResult(items, goals, _score_overall(ranges, goals), _compute_sensitivity(items, goals))


def round_score(value: float) -> int:
    """The score as displayed: a whole number, halves rounded up."""
    return floor(value + 0.5)


def format_level(score: Score, lang: str) -> str:
    """The level in words, such as "tra «In costruzione» e «Ben avviata»"; without a score, the reason."""
    questionnaire = get_questionnaire()
    if not score.has_value:
        return questionnaire.format_message(MISSING_SCORE_MESSAGES[score.missing_reason], lang)
    lower, *upper = [questionnaire.get_level(level).label[lang] for level in score.possible_levels]
    return (
        questionnaire.format_message("between_levels", lang, lower=lower, upper=upper[0]) if upper else lower
    )


def _resolve_item_state(item: Item, answers: Mapping[str, int | str]) -> str:
    if item.show_if:
        parent = answers.get(item.show_if.item)
        if isinstance(parent, int) and parent < item.show_if.min_points:
            return HIDDEN_STATES[item.hidden_rule]
    answer = answers.get(item.id, SKIPPED)
    return answer if isinstance(answer, str) else ANSWERED


def _compute_weights(states: Mapping[str, str]) -> dict[str, Fraction]:
    """The weight of each item in its goal.

    The weight of an excluded item passes to the item that hides it, which already counts the absence:
    otherwise the score of a firm that opens a site could fall, because one more question starts to count.
    """
    items = get_questionnaire().items
    weights = {item.id: item.weight for item in items}
    for item in items:
        if states[item.id] in (HIDDEN_EXCLUDE, NOT_APPLICABLE):
            weights[item.id] = Fraction(0)
        if states[item.id] == HIDDEN_EXCLUDE and item.show_if:
            weights[item.show_if.item] += item.weight
    return weights


def _score_item(
    item: Item, state: str, answer: Answer, weight: Fraction, scored_weight: Fraction
) -> ItemScore:
    if state not in SCORED_STATES:
        return ItemScore(item, state, None, weight)
    points = answer if state == ANSWERED and isinstance(answer, int) else 0
    gained, missing = (
        float(100 * weight * share / (MAX_POINTS * scored_weight)) for share in (points, MAX_POINTS - points)
    )
    limit = item.max_critical_points
    is_critical = state == ANSWERED and limit is not None and points <= limit
    return ItemScore(item, state, points, weight, gained, missing, is_critical)


def _compute_goal_range(items: Iterable[ItemScore]) -> _ScoreRange | str:
    """The exact score of a goal with its lowest and highest possible value, or the reason why it has none."""
    items = list(items)
    rules = get_questionnaire().scoring
    if sum(item.state == NOT_APPLICABLE for item in items) > rules["not_applicable_max"]:
        return "not_applicable"
    scored = [(item.weight, item.points) for item in items if item.points is not None]
    applicable_weight = sum((item.weight for item in items), Fraction())
    scored_weight = sum((weight for weight, _ in scored), Fraction())
    min_weight = Fraction(str(rules["goal_min_weight_share"])) * applicable_weight
    if len(scored) < rules["goal_min_items"] or scored_weight < min_weight:
        return "few"
    gained = sum((weight * points for weight, points in scored), Fraction())
    unknown_weight = sum((item.weight for item in items if item.state in UNKNOWN_STATES), Fraction())
    return _ScoreRange(
        value=100 * gained / (MAX_POINTS * scored_weight),
        low=100 * gained / (MAX_POINTS * applicable_weight),
        high=100 * (gained + MAX_POINTS * unknown_weight) / (MAX_POINTS * applicable_weight),
    )


def _score_overall(ranges: Mapping[str, _ScoreRange | str], goals: Mapping[str, Score]) -> Score:
    """The unweighted mean of the goals; its level is at most one above that of the weakest goal."""
    rules = get_questionnaire().scoring
    valid_ranges = [score_range for score_range in ranges.values() if not isinstance(score_range, str)]
    if len(valid_ranges) < rules["overall_min_goals"]:
        return _assign_level("goals")
    means = _ScoreRange(
        *(sum(ends, Fraction()) / len(valid_ranges) for ends in zip(*valid_ranges, strict=True))
    )
    weakest = min(goal.level for goal in goals.values() if goal.level is not None)
    return _assign_level(means, max_level=weakest + rules["masking_levels"])


def _assign_level(score_range: _ScoreRange | str, max_level: int | None = None) -> Score:
    """The score with its level, decided before rounding and capped; near a limit, with two levels."""
    if isinstance(score_range, str):
        return Score(None, missing_reason=score_range)
    questionnaire = get_questionnaire()
    value = score_range.value
    level = max(level.id for level in questionnaire.levels if value >= level.min_score)
    cap = max_level or level + 1
    near = [
        upper.id
        for upper in questionnaire.levels[1:]
        if abs(value - upper.min_score) <= questionnaire.scoring["near_points"]
    ]
    candidates = (near[0] - 1, near[0]) if near else (level,)
    return Score(
        float(value),
        float(score_range.low),
        float(score_range.high),
        level=min(level, cap),
        possible_levels=tuple(sorted({min(candidate, cap) for candidate in candidates})),
        is_capped=level > cap,
    )


def _compute_sensitivity(
    items: Mapping[str, ItemScore], goals: Mapping[str, Score]
) -> ScoreSensitivity | None:
    steps: list[float] = []
    for goal in get_questionnaire().goals:
        if goals[goal.id].has_value:
            scored = [items[item.id] for item in goal.items if items[item.id].state in SCORED_STATES]
            total = sum((item.weight for item in scored), Fraction())
            steps += [
                float(100 * item.weight / (MAX_POINTS * total)) for item in scored if item.state == ANSWERED
            ]
    if not steps:
        return None
    smallest, largest, goal_count = min(steps), max(steps), len(goals)
    return ScoreSensitivity((smallest, largest), (smallest / goal_count, largest / goal_count))
