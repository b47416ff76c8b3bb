"""Scores from answers: per goal and overall, with the range left by what is not known, and levels. Pure and exact (fractions inside).

Answers are a mapping {item id: 0..3 | "dont_know" | "not_applicable"}; an item that is absent or None was left blank.
The rules, in words and with their sources: docs/diagnosis-method.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from ripresa.diagnosis.questionnaire import ANSWER_POINTS, DONT_KNOW, NOT_APPLICABLE, Item, Questionnaire
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

ANSWERED, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE = "answered", "skipped", "hidden_zero", "hidden_exclude"
ITEM_STATES = (ANSWERED, DONT_KNOW, NOT_APPLICABLE, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
SCORED_STATES = (ANSWERED, HIDDEN_ZERO)
UNKNOWN_STATES = (DONT_KNOW, SKIPPED)
MAX_POINTS = ANSWER_POINTS[-1]


class AnswerError(ValueError):
    """An answer that the question does not offer."""


@dataclass(frozen=True)
class ItemScore:
    """What became of one item: its state, its points when scored, the weight it counts with, and what it moved.

    `gained` and `missing` are points of the goal's score (0-100): what the answer brought and what the top answer would add.
    `critical`: the answer asks for a warning whatever the level.
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
    """A number from 0 to 100 with its range, or None with the reason: few (too many blanks), not_applicable, goals.

    `level` is decided before rounding (overall: after the cap, `capped` when it lowered it); `levels` holds it alone, or the two
    levels between which a number close to a limit lies.
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
        """Nothing unknown entered it: the range is the number."""
        return self.low == self.high


@dataclass(frozen=True)
class ScoreSensitivity:
    """How far one answer moved by one step carries this firm's goal scores and overall score: smallest and largest."""

    goal: tuple[float, float]
    overall: tuple[float, float]


@dataclass(frozen=True)
class DiagnosisResult:
    """Everything the answers say: items by id in order, goals by id in order, the overall score and the effect of one step."""

    items: dict[str, ItemScore]
    goals: dict[str, Score]
    overall: Score
    sensitivity: ScoreSensitivity | None

    @property
    def critical_items(self) -> tuple[ItemScore, ...]:
        """Items whose answer asks for a warning."""
        return tuple(item for item in self.items.values() if item.is_critical)

    @property
    def is_blank(self) -> bool:
        """Not one question was answered, not even by "I don't know"."""
        return not any(s.state in (ANSWERED, DONT_KNOW, NOT_APPLICABLE) for s in self.items.values())


def validate_answers(answers: Mapping, questionnaire: Questionnaire | None = None) -> dict:
    """The answers without blanks; AnswerError names the first that its question does not offer."""
    questionnaire = questionnaire or get_questionnaire()
    given = {id: answer for id, answer in answers.items() if answer is not None}
    for id, answer in given.items():
        item = questionnaire.get_item(id)
        allowed = [*ANSWER_POINTS, DONT_KNOW, *([NOT_APPLICABLE] if item.not_applicable else [])]
        if answer not in allowed or isinstance(answer, bool):
            raise AnswerError(
                f'item "{id}" cannot be answered with "{answer}"; use one of: {", ".join(map(str, allowed))}.'
            )
    return given


def get_item_states(answers: Mapping, questionnaire: Questionnaire | None = None) -> dict[str, str]:
    """The state of each item, after routing: one of STATES. An item shown after an unknown parent stays shown."""
    questionnaire = questionnaire or get_questionnaire()
    return _resolve_item_states(validate_answers(answers, questionnaire), questionnaire)


def get_visible_items(answers: Mapping, questionnaire: Questionnaire | None = None) -> tuple[Item, ...]:
    """The items to ask, given the answers so far."""
    questionnaire = questionnaire or get_questionnaire()
    state = get_item_states(answers, questionnaire)
    return tuple(item for item in questionnaire.items if state[item.id] not in (HIDDEN_ZERO, HIDDEN_EXCLUDE))


def score_answers(answers: Mapping, questionnaire: Questionnaire | None = None) -> DiagnosisResult:
    """Scores of these answers."""
    questionnaire = questionnaire or get_questionnaire()
    answers = validate_answers(answers, questionnaire)
    state = _resolve_item_states(answers, questionnaire)
    weights = _compute_weights(questionnaire, state)
    items = {}
    for goal in questionnaire.goals:
        total = sum(weights[i.id] for i in goal.items if state[i.id] in SCORED_STATES)
        items |= {
            item.id: _score_item(item, state[item.id], answers.get(item.id), weights[item.id], total)
            for item in goal.items
        }
    ranges = {
        goal.id: _compute_goal_range([items[i.id] for i in goal.items], questionnaire)
        for goal in questionnaire.goals
    }
    goals = {id: _assign_level(found, questionnaire) for id, found in ranges.items()}
    return DiagnosisResult(
        items,
        goals,
        _score_overall(ranges, goals, questionnaire),
        _compute_sensitivity(items, goals, questionnaire),
    )


def round_half_up(value: float) -> int:
    """The number as shown: whole, halves up."""
    return floor(value + 0.5)


def format_level(score: Score, lang: str, questionnaire: Questionnaire | None = None) -> str:
    """The level in words: "Ben avviata", or "tra «In costruzione» e «Ben avviata»"; without a number, why."""
    questionnaire = questionnaire or get_questionnaire()
    if not score.has_value:
        return questionnaire.word(
            {"few": "not_shown_few", "not_applicable": "not_shown_na", "goals": "not_shown_goals"}[
                score.missing_reason
            ],
            lang,
        )
    names = [questionnaire.get_level(level).label[lang] for level in score.possible_levels]
    return (
        names[0]
        if len(names) == 1
        else questionnaire.word("between_levels", lang, lower=names[0], upper=names[1])
    )


def _resolve_item_states(answers: Mapping, questionnaire: Questionnaire) -> dict[str, str]:
    return {item.id: _resolve_item_state(item, answers) for item in questionnaire.items}


def _resolve_item_state(item: Item, answers: Mapping) -> str:
    if item.show_if:
        parent = answers.get(item.show_if.item)
        if parent in ANSWER_POINTS and parent < item.show_if.min_points:
            return {"zero": HIDDEN_ZERO, "exclude": HIDDEN_EXCLUDE}[item.hidden_rule]
    answer = answers.get(item.id)
    if answer in (DONT_KNOW, NOT_APPLICABLE):
        return answer
    return SKIPPED if answer is None else ANSWERED


def _compute_weights(questionnaire: Questionnaire, state: Mapping) -> dict[str, Fraction]:
    """What each item counts for. The weight of an excluded item passes to the item that hides it, which already counts the absence:
    otherwise a firm that opens a site could see its score fall, because one more question starts to count."""
    weights = {item.id: item.weight for item in questionnaire.items}
    for item in questionnaire.items:
        if state[item.id] == HIDDEN_EXCLUDE:
            weights[item.show_if.item] += item.weight
            weights[item.id] = Fraction(0)
        elif state[item.id] == NOT_APPLICABLE:
            weights[item.id] = Fraction(0)
    return weights


def _score_item(item: Item, state: str, answer, weight: Fraction, total: Fraction) -> ItemScore:
    if state not in SCORED_STATES:
        return ItemScore(item, state, None, weight)
    points = answer if state == ANSWERED else 0
    gained, missing = (100 * weight * share / (MAX_POINTS * total) for share in (points, MAX_POINTS - points))
    critical = (
        state == ANSWERED and item.max_critical_points is not None and points <= item.max_critical_points
    )
    return ItemScore(item, state, points, weight, float(gained), float(missing), critical)


def _compute_goal_range(items: list[ItemScore], questionnaire: Questionnaire) -> tuple[Fraction, ...] | str:
    """A goal's score with its lowest and highest possible value, exact; or the reason why it has none."""
    rules = questionnaire.scoring
    if sum(i.state == NOT_APPLICABLE for i in items) > rules["not_applicable_max"]:
        return "not_applicable"
    applicable = sum(i.weight for i in items)
    scored = [i for i in items if i.state in SCORED_STATES]
    known = sum(i.weight for i in scored)
    if (
        len(scored) < rules["goal_min_items"]
        or known < Fraction(str(rules["goal_min_weight_share"])) * applicable
    ):
        return "few"
    gained = sum(i.weight * i.points for i in scored)
    unknown = sum(i.weight for i in items if i.state in UNKNOWN_STATES)
    return (
        100 * gained / (MAX_POINTS * known),
        100 * gained / (MAX_POINTS * applicable),
        100 * (gained + MAX_POINTS * unknown) / (MAX_POINTS * applicable),
    )


def _score_overall(ranges: dict, goals: dict[str, Score], questionnaire: Questionnaire) -> Score:
    """The plain mean of the goals; its level at most one above the weakest goal's."""
    shown = [id for id, goal in goals.items() if goal.has_value]
    if len(shown) < questionnaire.scoring["overall_min_goals"]:
        return _assign_level("goals", questionnaire)
    means = tuple(sum(ends) / len(shown) for ends in zip(*(ranges[id] for id in shown), strict=True))
    return _assign_level(
        means,
        questionnaire,
        cap=min(goals[id].level for id in shown) + questionnaire.scoring["masking_levels"],
    )


def _assign_level(
    found: tuple[Fraction, ...] | str, questionnaire: Questionnaire, cap: int | None = None
) -> Score:
    """The number with its level, decided before rounding, and with its neighbour near a limit; nothing above the cap."""
    if isinstance(found, str):
        return Score(None, missing_reason=found)
    value = found[0]
    own = max(level.id for level in questionnaire.levels if value >= level.min_score)
    cap = cap or own + 1
    near = [
        level.id
        for level in questionnaire.levels[1:]
        if abs(value - level.min_score) <= questionnaire.scoring["near_points"]
    ]
    levels = tuple(sorted({min(level, cap) for level in ((near[0] - 1, near[0]) if near else (own,))}))
    return Score(*map(float, found), level=min(own, cap), possible_levels=levels, is_capped=own > cap)


def _compute_sensitivity(
    items: dict[str, ItemScore], goals: dict[str, Score], questionnaire: Questionnaire
) -> ScoreSensitivity | None:
    moves = []
    for goal in questionnaire.goals:
        if goals[goal.id].has_value:
            scored = [items[i.id] for i in goal.items if items[i.id].state in SCORED_STATES]
            total = sum(i.weight for i in scored)
            moves += [float(100 * i.weight / (MAX_POINTS * total)) for i in scored if i.state == ANSWERED]
    if not moves:
        return None
    among = len(questionnaire.goals)
    return ScoreSensitivity((min(moves), max(moves)), (min(moves) / among, max(moves) / among))
