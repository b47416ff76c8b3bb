"""The plan: up to three actions this week, three this month, two this quarter, each with the answer that caused it. Pure.

Priority = gap x weight x effect x goal factor / (effort x cost). The same answers give the same plan, in either language.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ripresa.diagnosis.questionnaire import DONT_KNOW, Condition, Instrument, Item, Recommendation, Slot, bank
from ripresa.diagnosis.scoring import ANSWERED, SKIPPED, TOP, ItemScore, Result


@dataclass(frozen=True)
class Action:
    """One action of the plan: what to do, for which item, and the answer (0 to 3, "dont_know" or None for a blank) that caused it.

    `slot` is week, month, quarter, later (it waits for `waits_for`) or rest (more than the plan holds).
    """

    recommendation: Recommendation
    item: Item
    answer: int | str | None
    priority: float
    critical: bool
    goal_factor: float
    slot: str = ""
    waits_for: Recommendation | None = None

    @property
    def find_out(self) -> bool:
        """The answer is not known: the first step is to find out. A blank says nothing of what is known."""
        return self.answer == DONT_KNOW

    @property
    def id(self) -> str:
        return self.recommendation.id


@dataclass(frozen=True)
class Plan:
    """The actions in order of priority; `starting`: made from blank questions because no answer asked for anything."""

    actions: tuple[Action, ...]
    later: tuple[Action, ...]
    rest: tuple[Action, ...]
    starting: bool

    def slot(self, id: str) -> tuple[Action, ...]:
        """The actions of this week, month or quarter, most urgent first."""
        return tuple(action for action in self.actions if action.slot == id)


def plan(result: Result, goals: Sequence[str] = (), instrument: Instrument | None = None) -> Plan:
    """The plan for these scores; `goals` are the goals chosen, first one first."""
    instrument = instrument or bank()
    candidates = _candidates(result, goals, instrument, unknown=(DONT_KNOW,))
    starting = not candidates
    if starting:
        candidates = _candidates(result, goals, instrument, unknown=(DONT_KNOW, SKIPPED))
    ordered, later = _prerequisites(candidates, result, instrument)
    placed = _balanced(_placed(ordered, instrument), ordered, goals, instrument)
    chosen = {action.id for action in placed}
    rest = tuple(replace(action, slot="rest") for action in ordered if action.id not in chosen)
    return Plan(tuple(placed), tuple(later), rest, starting and bool(candidates))


def first_step(action: Action, lang: str, instrument: Instrument | None = None) -> str:
    """The first step this week; preceded by finding out when the answer is not known."""
    step = action.recommendation.first_step[lang]
    return (instrument or bank()).word("find_out", lang, step=step) if action.find_out else step


def cause(action: Action, lang: str, instrument: Instrument | None = None) -> str:
    """The answer that caused the action, in words."""
    instrument = instrument or bank()
    if action.answer is None:
        return instrument.word("cause_blank", lang)
    return instrument.word("cause", lang, answer=instrument.answer_text(action.item, action.answer, lang))


def _candidates(
    result: Result, goals: Sequence[str], instrument: Instrument, unknown: tuple[str, ...]
) -> list[Action]:
    """One action for each answer below the top and each unknown, by priority; a routed-away item leaves it to the item that hides it."""
    found = [
        _candidate(s, goals, instrument)
        for s in result.items.values()
        if (s.state == ANSWERED and s.points < TOP) or s.state in unknown
    ]
    efforts = list(instrument.effort)

    def order(action: Action):
        recommendation = action.recommendation
        ties = (
            -action.goal_factor,
            efforts.index(recommendation.effort),
            recommendation.cost,
            _points(action.answer, instrument),
            action.item.position,
        )
        return (not action.critical, -action.priority, *ties)

    return sorted(found, key=order)


def _candidate(score: ItemScore, goals: Sequence[str], instrument: Instrument) -> Action:
    answer = score.points if score.state == ANSWERED else DONT_KNOW if score.state == DONT_KNOW else None
    points = _points(answer, instrument)
    recommendation = score.item.recommendation(points)
    factors = dict(zip(goals, instrument.planning["goal_factors"], strict=False))
    factor = Fraction(str(factors.get(score.item.goal, 1)))
    ease = instrument.effort[recommendation.effort].divisor * instrument.cost[recommendation.cost].divisor
    priority = Fraction(TOP - points, TOP) * score.item.weight * int(recommendation.size) * factor / ease
    return Action(recommendation, score.item, answer, float(priority), score.critical, float(factor))


def _points(answer, instrument: Instrument) -> int:
    return answer if isinstance(answer, int) else instrument.planning["dont_know_points"]


def _prerequisites(
    candidates: list[Action], result: Result, instrument: Instrument
) -> tuple[list[Action], list[Action]]:
    """The actions that can start, in order, each wanted one preceded by what it needs; and those that wait."""
    by_item = {action.item.id: action for action in candidates}
    ordered: dict[str, Action] = {}
    later = []
    for action in candidates:
        condition = action.recommendation.requires
        if condition and not _holds(condition, result, instrument):
            needed = by_item[condition.item]
            later.append(replace(action, slot="later", waits_for=needed.recommendation))
            ordered.setdefault(needed.id, needed)
        else:
            ordered.setdefault(action.id, action)
    return list(ordered.values()), later


def _holds(condition: Condition, result: Result, instrument: Instrument) -> bool:
    """A blank blocks nothing: there is no answer to say that the prerequisite is missing."""
    score = result.items[condition.item]
    if score.state == DONT_KNOW:
        return instrument.planning["dont_know_points"] >= condition.min_points
    return score.state != ANSWERED or score.points >= condition.min_points


def _placed(ordered: list[Action], instrument: Instrument) -> list[Action]:
    """Each action in the earliest part of the plan that takes its effort and has room, by priority."""
    placed: list[Action] = []
    for action in ordered:
        rules = instrument.planning
        if (
            len(placed) == rules["actions_max"]
            or Counter(a.item.goal for a in placed)[action.item.goal] == rules["goal_max"]
        ):
            continue
        slot = next(
            (s for s in instrument.slots if _fits(action, s) and sum(a.slot == s.id for a in placed) < s.max),
            None,
        )
        if slot:
            placed.append(replace(action, slot=slot.id))
    return placed


def _balanced(
    placed: list[Action], ordered: list[Action], goals: Sequence[str], instrument: Instrument
) -> list[Action]:
    """At least two actions of the first goal chosen, if it has them: the last action of another goal gives up its place."""
    if not goals:
        return placed
    ids = {action.id for action in placed}
    waiting = [a for a in ordered if a.item.goal == goals[0] and a.id not in ids]
    slots = {slot.id: slot for slot in instrument.slots}
    while waiting and sum(a.item.goal == goals[0] for a in placed) < instrument.planning["first_goal_min"]:
        wanted = waiting.pop(0)
        others = [
            a for a in placed if a.item.goal != goals[0] and not a.critical and _fits(wanted, slots[a.slot])
        ]
        if others:
            placed = [replace(wanted, slot=others[-1].slot) if a is others[-1] else a for a in placed]
    rank = {action.id: position for position, action in enumerate(ordered)}
    return sorted(placed, key=lambda action: rank[action.id])


def _fits(action: Action, slot: Slot) -> bool:
    return action.recommendation.effort in slot.efforts
