"""The plan: up to three actions this week, three this month, two this quarter, each with the answer that caused it. Pure.

Priority = gap x weight x effect x goal factor / (effort x cost). The same answers give the same plan, in either language.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ripresa.diagnosis.questionnaire import (
    DONT_KNOW,
    Condition,
    Item,
    PlanSlot,
    Questionnaire,
    Recommendation,
)
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, MAX_POINTS, SKIPPED, DiagnosisResult, ItemScore


@dataclass(frozen=True)
class Action:
    """One action of the plan: what to do, for which item, and the answer (0 to 3, "dont_know" or None for a blank) that caused it.

    `slot` is week, month, quarter, later (it waits for `waits_for`) or rest (more than the plan holds).
    """

    recommendation: Recommendation
    item: Item
    answer: int | str | None
    priority: float
    is_critical: bool
    goal_factor: float
    slot: str = ""
    prerequisite: Recommendation | None = None

    @property
    def is_answer_unknown(self) -> bool:
        """The answer is not known: the first step is to find out. A blank says nothing of what is known."""
        return self.answer == DONT_KNOW

    @property
    def id(self) -> str:
        return self.recommendation.id


@dataclass(frozen=True)
class ActionPlan:
    """The actions in order of priority; `starting`: made from blank questions because no answer asked for anything."""

    actions: tuple[Action, ...]
    blocked_actions: tuple[Action, ...]
    unscheduled_actions: tuple[Action, ...]
    is_starter_plan: bool

    def get_slot_actions(self, id: str) -> tuple[Action, ...]:
        """The actions of this week, month or quarter, most urgent first."""
        return tuple(action for action in self.actions if action.slot == id)


def build_action_plan(
    result: DiagnosisResult, goals: Sequence[str] = (), questionnaire: Questionnaire | None = None
) -> ActionPlan:
    """The plan for these scores; `goals` are the goals chosen, first one first."""
    questionnaire = questionnaire or get_questionnaire()
    candidates = _rank_candidates(result, goals, questionnaire, unknown=(DONT_KNOW,))
    starting = not candidates
    if starting:
        candidates = _rank_candidates(result, goals, questionnaire, unknown=(DONT_KNOW, SKIPPED))
    ordered, later = _apply_prerequisites(candidates, result, questionnaire)
    placed = _favour_first_goal(_fill_slots(ordered, questionnaire), ordered, goals, questionnaire)
    chosen = {action.id for action in placed}
    rest = tuple(replace(action, slot="rest") for action in ordered if action.id not in chosen)
    return ActionPlan(tuple(placed), tuple(later), rest, starting and bool(candidates))


def format_first_step(action: Action, lang: str, questionnaire: Questionnaire | None = None) -> str:
    """The first step this week; preceded by finding out when the answer is not known."""
    step = action.recommendation.first_step[lang]
    return (
        (questionnaire or get_questionnaire()).word("find_out", lang, step=step)
        if action.is_answer_unknown
        else step
    )


def format_cause(action: Action, lang: str, questionnaire: Questionnaire | None = None) -> str:
    """The answer that caused the action, in words."""
    questionnaire = questionnaire or get_questionnaire()
    if action.answer is None:
        return questionnaire.word("cause_blank", lang)
    return questionnaire.word(
        "cause", lang, answer=questionnaire.format_answer(action.item, action.answer, lang)
    )


def _rank_candidates(
    result: DiagnosisResult, goals: Sequence[str], questionnaire: Questionnaire, unknown: tuple[str, ...]
) -> list[Action]:
    """One action for each answer below the top and each unknown, by priority; a routed-away item leaves it to the item that hides it."""
    found = [
        _build_candidate(s, goals, questionnaire)
        for s in result.items.values()
        if (s.state == ANSWERED and s.points < MAX_POINTS) or s.state in unknown
    ]
    efforts = list(questionnaire.effort)

    def order(action: Action):
        recommendation = action.recommendation
        ties = (
            -action.goal_factor,
            efforts.index(recommendation.effort),
            recommendation.cost,
            _points_or_default(action.answer, questionnaire),
            action.item.position,
        )
        return (not action.is_critical, -action.priority, *ties)

    return sorted(found, key=order)


def _build_candidate(score: ItemScore, goals: Sequence[str], questionnaire: Questionnaire) -> Action:
    answer = score.points if score.state == ANSWERED else DONT_KNOW if score.state == DONT_KNOW else None
    points = _points_or_default(answer, questionnaire)
    recommendation = score.item.get_recommendation(points)
    factors = dict(zip(goals, questionnaire.planning["goal_factors"], strict=False))
    factor = Fraction(str(factors.get(score.item.goal, 1)))
    ease = (
        questionnaire.effort[recommendation.effort].divisor * questionnaire.cost[recommendation.cost].divisor
    )
    priority = (
        Fraction(MAX_POINTS - points, MAX_POINTS)
        * score.item.weight
        * int(recommendation.size)
        * factor
        / ease
    )
    return Action(recommendation, score.item, answer, float(priority), score.is_critical, float(factor))


def _points_or_default(answer, questionnaire: Questionnaire) -> int:
    return answer if isinstance(answer, int) else questionnaire.planning["dont_know_points"]


def _apply_prerequisites(
    candidates: list[Action], result: DiagnosisResult, questionnaire: Questionnaire
) -> tuple[list[Action], list[Action]]:
    """The actions that can start, in order, each wanted one preceded by what it needs; and those that wait."""
    by_item = {action.item.id: action for action in candidates}
    ordered: dict[str, Action] = {}
    later = []
    for action in candidates:
        condition = action.recommendation.requires
        if condition and not _is_condition_met(condition, result, questionnaire):
            needed = by_item[condition.item]
            later.append(replace(action, slot="later", prerequisite=needed.recommendation))
            ordered.setdefault(needed.id, needed)
        else:
            ordered.setdefault(action.id, action)
    return list(ordered.values()), later


def _is_condition_met(condition: Condition, result: DiagnosisResult, questionnaire: Questionnaire) -> bool:
    """A blank blocks nothing: there is no answer to say that the prerequisite is missing."""
    score = result.items[condition.item]
    if score.state == DONT_KNOW:
        return questionnaire.planning["dont_know_points"] >= condition.min_points
    return score.state != ANSWERED or score.points >= condition.min_points


def _fill_slots(ordered: list[Action], questionnaire: Questionnaire) -> list[Action]:
    """Each action in the earliest part of the plan that takes its effort and has room, by priority."""
    placed: list[Action] = []
    for action in ordered:
        rules = questionnaire.planning
        if (
            len(placed) == rules["actions_max"]
            or Counter(a.item.goal for a in placed)[action.item.goal] == rules["goal_max"]
        ):
            continue
        slot = next(
            (
                s
                for s in questionnaire.slots
                if _is_allowed_in_slot(action, s) and sum(a.slot == s.id for a in placed) < s.max_actions
            ),
            None,
        )
        if slot:
            placed.append(replace(action, slot=slot.id))
    return placed


def _favour_first_goal(
    placed: list[Action], ordered: list[Action], goals: Sequence[str], questionnaire: Questionnaire
) -> list[Action]:
    """At least two actions of the first goal chosen, if it has them: the last action of another goal gives up its place."""
    if not goals:
        return placed
    ids = {action.id for action in placed}
    waiting = [a for a in ordered if a.item.goal == goals[0] and a.id not in ids]
    slots = {slot.id: slot for slot in questionnaire.slots}
    while waiting and sum(a.item.goal == goals[0] for a in placed) < questionnaire.planning["first_goal_min"]:
        wanted = waiting.pop(0)
        others = [
            a
            for a in placed
            if a.item.goal != goals[0] and not a.is_critical and _is_allowed_in_slot(wanted, slots[a.slot])
        ]
        if others:
            placed = [replace(wanted, slot=others[-1].slot) if a is others[-1] else a for a in placed]
    rank = {action.id: position for position, action in enumerate(ordered)}
    return sorted(placed, key=lambda action: rank[action.id])


def _is_allowed_in_slot(action: Action, slot: PlanSlot) -> bool:
    return action.recommendation.effort in slot.efforts
