"""Scores from answers: per goal and overall, with the range left by what is not known, and levels. Pure and exact (fractions inside).

Answers are a mapping {item id: 0..3 | "dont_know" | "not_applicable"}; an item that is absent or None was left blank.
The rules, in words and with their sources: data/diagnosis/rules.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from ripresa.diagnosis.questionnaire import DONT_KNOW, NOT_APPLICABLE, POINTS, Instrument, Item, bank

ANSWERED, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE = "answered", "skipped", "hidden_zero", "hidden_exclude"
STATES = (ANSWERED, DONT_KNOW, NOT_APPLICABLE, SKIPPED, HIDDEN_ZERO, HIDDEN_EXCLUDE)
SCORED = (ANSWERED, HIDDEN_ZERO)
UNKNOWN = (DONT_KNOW, SKIPPED)
TOP = POINTS[-1]


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
    gained: float = 0.0
    missing: float = 0.0
    critical: bool = False


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
    levels: tuple[int, ...] = ()
    capped: bool = False
    reason: str = ""

    @property
    def shown(self) -> bool:
        return self.value is not None

    @property
    def exact(self) -> bool:
        """Nothing unknown entered it: the range is the number."""
        return self.low == self.high


@dataclass(frozen=True)
class Steps:
    """How far one answer moved by one step carries this firm's goal scores and overall score: smallest and largest."""

    goal: tuple[float, float]
    overall: tuple[float, float]


@dataclass(frozen=True)
class Result:
    """Everything the answers say: items by id in order, goals by id in order, the overall score and the effect of one step."""

    items: dict[str, ItemScore]
    goals: dict[str, Score]
    overall: Score
    steps: Steps | None

    @property
    def critical(self) -> tuple[ItemScore, ...]:
        """Items whose answer asks for a warning."""
        return tuple(item for item in self.items.values() if item.critical)

    @property
    def blank(self) -> bool:
        """Not one question was answered, not even by "I don't know"."""
        return not any(s.state in (ANSWERED, DONT_KNOW, NOT_APPLICABLE) for s in self.items.values())


def check(answers: Mapping, instrument: Instrument | None = None) -> dict:
    """The answers without blanks; AnswerError names the first that its question does not offer."""
    instrument = instrument or bank()
    given = {id: answer for id, answer in answers.items() if answer is not None}
    for id, answer in given.items():
        item = instrument.item(id)
        allowed = [*POINTS, DONT_KNOW, *([NOT_APPLICABLE] if item.not_applicable else [])]
        if answer not in allowed or isinstance(answer, bool):
            raise AnswerError(
                f'item "{id}" cannot be answered with "{answer}"; use one of: {", ".join(map(str, allowed))}.'
            )
    return given


def states(answers: Mapping, instrument: Instrument | None = None) -> dict[str, str]:
    """The state of each item, after routing: one of STATES. An item shown after an unknown parent stays shown."""
    instrument = instrument or bank()
    return _states(check(answers, instrument), instrument)


def visible(answers: Mapping, instrument: Instrument | None = None) -> tuple[Item, ...]:
    """The items to ask, given the answers so far."""
    instrument = instrument or bank()
    state = states(answers, instrument)
    return tuple(item for item in instrument.items if state[item.id] not in (HIDDEN_ZERO, HIDDEN_EXCLUDE))


def score(answers: Mapping, instrument: Instrument | None = None) -> Result:
    """Scores of these answers."""
    instrument = instrument or bank()
    answers = check(answers, instrument)
    state = _states(answers, instrument)
    weights = _weights(instrument, state)
    items = {}
    for goal in instrument.goals:
        total = sum(weights[i.id] for i in goal.items if state[i.id] in SCORED)
        items |= {
            item.id: _item(item, state[item.id], answers.get(item.id), weights[item.id], total)
            for item in goal.items
        }
    ranges = {goal.id: _range([items[i.id] for i in goal.items], instrument) for goal in instrument.goals}
    goals = {id: _levelled(found, instrument) for id, found in ranges.items()}
    return Result(items, goals, _overall(ranges, goals, instrument), _steps(items, goals, instrument))


def whole(value: float) -> int:
    """The number as shown: whole, halves up."""
    return floor(value + 0.5)


def level_text(score: Score, lang: str, instrument: Instrument | None = None) -> str:
    """The level in words: "Ben avviata", or "tra «In costruzione» e «Ben avviata»"; without a number, why."""
    instrument = instrument or bank()
    if not score.shown:
        return instrument.word(
            {"few": "not_shown_few", "not_applicable": "not_shown_na", "goals": "not_shown_goals"}[
                score.reason
            ],
            lang,
        )
    names = [instrument.level(level).label[lang] for level in score.levels]
    return (
        names[0]
        if len(names) == 1
        else instrument.word("between_levels", lang, lower=names[0], upper=names[1])
    )


def _states(answers: Mapping, instrument: Instrument) -> dict[str, str]:
    return {item.id: _state(item, answers) for item in instrument.items}


def _state(item: Item, answers: Mapping) -> str:
    if item.show_if:
        parent = answers.get(item.show_if.item)
        if parent in POINTS and parent < item.show_if.min_points:
            return {"zero": HIDDEN_ZERO, "exclude": HIDDEN_EXCLUDE}[item.if_hidden]
    answer = answers.get(item.id)
    if answer in (DONT_KNOW, NOT_APPLICABLE):
        return answer
    return SKIPPED if answer is None else ANSWERED


def _weights(instrument: Instrument, state: Mapping) -> dict[str, Fraction]:
    """What each item counts for. The weight of an excluded item passes to the item that hides it, which already counts the absence:
    otherwise a firm that opens a site could see its score fall, because one more question starts to count."""
    weights = {item.id: item.weight for item in instrument.items}
    for item in instrument.items:
        if state[item.id] == HIDDEN_EXCLUDE:
            weights[item.show_if.item] += item.weight
            weights[item.id] = Fraction(0)
        elif state[item.id] == NOT_APPLICABLE:
            weights[item.id] = Fraction(0)
    return weights


def _item(item: Item, state: str, answer, weight: Fraction, total: Fraction) -> ItemScore:
    if state not in SCORED:
        return ItemScore(item, state, None, weight)
    points = answer if state == ANSWERED else 0
    gained, missing = (100 * weight * share / (TOP * total) for share in (points, TOP - points))
    critical = state == ANSWERED and item.critical_at_most is not None and points <= item.critical_at_most
    return ItemScore(item, state, points, weight, float(gained), float(missing), critical)


def _range(items: list[ItemScore], instrument: Instrument) -> tuple[Fraction, ...] | str:
    """A goal's score with its lowest and highest possible value, exact; or the reason why it has none."""
    rules = instrument.scoring
    if sum(i.state == NOT_APPLICABLE for i in items) > rules["not_applicable_max"]:
        return "not_applicable"
    applicable = sum(i.weight for i in items)
    scored = [i for i in items if i.state in SCORED]
    known = sum(i.weight for i in scored)
    if (
        len(scored) < rules["goal_min_items"]
        or known < Fraction(str(rules["goal_min_weight_share"])) * applicable
    ):
        return "few"
    gained = sum(i.weight * i.points for i in scored)
    unknown = sum(i.weight for i in items if i.state in UNKNOWN)
    return (
        100 * gained / (TOP * known),
        100 * gained / (TOP * applicable),
        100 * (gained + TOP * unknown) / (TOP * applicable),
    )


def _overall(ranges: dict, goals: dict[str, Score], instrument: Instrument) -> Score:
    """The plain mean of the goals; its level at most one above the weakest goal's."""
    shown = [id for id, goal in goals.items() if goal.shown]
    if len(shown) < instrument.scoring["overall_min_goals"]:
        return _levelled("goals", instrument)
    means = tuple(sum(ends) / len(shown) for ends in zip(*(ranges[id] for id in shown), strict=True))
    return _levelled(
        means, instrument, cap=min(goals[id].level for id in shown) + instrument.scoring["masking_levels"]
    )


def _levelled(found: tuple[Fraction, ...] | str, instrument: Instrument, cap: int | None = None) -> Score:
    """The number with its level, decided before rounding, and with its neighbour near a limit; nothing above the cap."""
    if isinstance(found, str):
        return Score(None, reason=found)
    value = found[0]
    own = max(level.id for level in instrument.levels if value >= level.start)
    cap = cap or own + 1
    near = [
        level.id
        for level in instrument.levels[1:]
        if abs(value - level.start) <= instrument.scoring["near_points"]
    ]
    levels = tuple(sorted({min(level, cap) for level in ((near[0] - 1, near[0]) if near else (own,))}))
    return Score(*map(float, found), level=min(own, cap), levels=levels, capped=own > cap)


def _steps(items: dict[str, ItemScore], goals: dict[str, Score], instrument: Instrument) -> Steps | None:
    moves = []
    for goal in instrument.goals:
        if goals[goal.id].shown:
            scored = [items[i.id] for i in goal.items if items[i.id].state in SCORED]
            total = sum(i.weight for i in scored)
            moves += [float(100 * i.weight / (TOP * total)) for i in scored if i.state == ANSWERED]
    if not moves:
        return None
    among = len(instrument.goals)
    return Steps((min(moves), max(moves)), (min(moves) / among, max(moves) / among))
