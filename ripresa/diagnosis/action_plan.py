"""The action plan: what to do this week, this month and this quarter, and the answer that caused it.

Priority = gap x weight x effect x goal factor / (effort x cost). Pure: the same answers give the same plan in
every language.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ripresa.diagnosis.questionnaire import DONT_KNOW, Answer, Condition, Item, PlanSlot, Recommendation
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, MAX_POINTS, SKIPPED, DiagnosisResult, ItemScore


@dataclass(frozen=True)
class Action:
    """One action of the plan: what to do, for which item, and the answer that caused it (None for a blank).

    `slot` is week, month, quarter, later (it waits for `prerequisite`) or rest (the plan is full).
    """

    recommendation: Recommendation
    item: Item
    answer: Answer
    priority: float
    is_critical: bool
    goal_factor: float
    slot: str = ""
    prerequisite: Recommendation | None = None

    @property
    def is_answer_unknown(self) -> bool:
        """The answer was "I don't know", so the first step is to find out; a blank does not count."""
        return self.answer == DONT_KNOW

    @property
    def id(self) -> str:
        return self.recommendation.id


@dataclass(frozen=True)
class ActionPlan:
    """The actions in order of priority.

    A starter plan consists of actions for blank questions, because no answer called for one.
    """

    actions: tuple[Action, ...]
    blocked_actions: tuple[Action, ...]
    unscheduled_actions: tuple[Action, ...]
    is_starter_plan: bool

    def get_slot_actions(self, id: str) -> tuple[Action, ...]:
        """The actions of this week, month or quarter, most urgent first."""
        return tuple(action for action in self.actions if action.slot == id)


def build_action_plan(result: DiagnosisResult, goals: Sequence[str] = ()) -> ActionPlan:
    """The plan for these scores; `goals` are the ids of the chosen goals, the first choice first."""
    candidates = _rank_candidates(result, goals, (ANSWERED, DONT_KNOW))
    is_starter_plan = False
    if not candidates:
        candidates = _rank_candidates(result, goals, (ANSWERED, DONT_KNOW, SKIPPED))
        is_starter_plan = bool(candidates)
    ordered, blocked = _apply_prerequisites(candidates, result)
    scheduled = _favour_first_goal(_fill_slots(ordered), ordered, goals)
    scheduled_ids = {action.id for action in scheduled}
    rest = [replace(action, slot="rest") for action in ordered if action.id not in scheduled_ids]
    return ActionPlan(tuple(scheduled), tuple(blocked), tuple(rest), is_starter_plan)


def format_first_step(action: Action, lang: str) -> str:
    """The first step this week; preceded by finding out when the answer is not known."""
    step = action.recommendation.first_step[lang]
    return (
        get_questionnaire().format_message("find_out", lang, step=step) if action.is_answer_unknown else step
    )


def format_cause(action: Action, lang: str) -> str:
    """The answer that caused the action, in words."""
    questionnaire = get_questionnaire()
    if action.answer is None:
        return questionnaire.format_message("cause_blank", lang)
    return questionnaire.format_message(
        "cause", lang, answer=questionnaire.format_answer(action.item, action.answer, lang)
    )


def _rank_candidates(result: DiagnosisResult, goals: Sequence[str], states: Collection[str]) -> list[Action]:
    """One action for each item in one of `states` and below the top, by priority."""
    efforts = list(get_questionnaire().effort)

    def get_rank(action: Action) -> tuple[float | str, ...]:
        recommendation = action.recommendation
        return (
            not action.is_critical,
            -action.priority,
            -action.goal_factor,
            efforts.index(recommendation.effort),
            recommendation.cost,
            _get_points(action.answer),
            action.item.position,
        )

    candidates = [_build_action(score, goals) for score in result.items.values() if score.state in states]
    return sorted((action for action in candidates if action), key=get_rank)


def _build_action(score: ItemScore, goals: Sequence[str]) -> Action | None:
    """The action for an item; None when the top answer leaves nothing to do."""
    questionnaire = get_questionnaire()
    answer: Answer = score.points
    if score.state == DONT_KNOW:
        answer = DONT_KNOW
    points = _get_points(answer)
    recommendation = score.item.get_recommendation(points)
    if recommendation is None:
        return None
    factors = dict(zip(goals, questionnaire.planning["goal_factors"], strict=False))
    goal_factor = Fraction(str(factors.get(score.item.goal, 1)))
    gap = Fraction(MAX_POINTS - points, MAX_POINTS)
    divisor = (
        questionnaire.effort[recommendation.effort].divisor * questionnaire.cost[recommendation.cost].divisor
    )
    priority = gap * score.item.weight * int(recommendation.size) * goal_factor / divisor
    return Action(recommendation, score.item, answer, float(priority), score.is_critical, float(goal_factor))


def _get_points(answer: Answer) -> int:
    """The points of an answer; an unknown one counts as the rules of the plan define."""
    return answer if isinstance(answer, int) else get_questionnaire().planning["dont_know_points"]


def _apply_prerequisites(
    candidates: Iterable[Action], result: DiagnosisResult
) -> tuple[list[Action], list[Action]]:
    """The actions that can start, in order, and those that wait; what an action waits for takes its place."""
    by_item = {action.item.id: action for action in candidates}
    ordered: dict[str, Action] = {}
    blocked = []
    for action in by_item.values():
        condition = action.recommendation.requires
        if condition and not _is_condition_met(condition, result):
            prerequisite = by_item[condition.item]
            blocked.append(replace(action, slot="later", prerequisite=prerequisite.recommendation))
            action = prerequisite
        ordered.setdefault(action.id, action)
    return list(ordered.values()), blocked


def _is_condition_met(condition: Condition, result: DiagnosisResult) -> bool:
    """Whether an action may start; a blank blocks nothing, because it shows no missing prerequisite."""
    score = result.items[condition.item]
    if score.state not in (ANSWERED, DONT_KNOW):
        return True
    return _get_points(score.points) >= condition.min_points


def _fill_slots(ordered: Iterable[Action]) -> list[Action]:
    """Each action, by priority, in the earliest slot that accepts its effort and has room."""
    questionnaire = get_questionnaire()
    rules = questionnaire.planning
    scheduled: list[Action] = []
    for action in ordered:
        goal_count = sum(other.item.goal == action.item.goal for other in scheduled)
        if len(scheduled) == rules["actions_max"] or goal_count == rules["goal_max"]:
            continue
        used = Counter(other.slot for other in scheduled)
        for slot in questionnaire.slots:
            if _is_allowed_in_slot(action, slot) and used[slot.id] < slot.max_actions:
                scheduled.append(replace(action, slot=slot.id))
                break
    return scheduled


def _favour_first_goal(
    scheduled: list[Action], ordered: Sequence[Action], goals: Sequence[str]
) -> list[Action]:
    """Replaces the last actions of other goals until the first chosen goal has two, if it has them."""
    if not goals:
        return scheduled
    questionnaire = get_questionnaire()
    slots = {slot.id: slot for slot in questionnaire.slots}
    scheduled_ids = {action.id for action in scheduled}
    for action in ordered:
        count = sum(other.item.goal == goals[0] for other in scheduled)
        if count >= questionnaire.planning["first_goal_min"]:
            break
        if action.item.goal != goals[0] or action.id in scheduled_ids:
            continue
        replaceable = [
            i
            for i, other in enumerate(scheduled)
            if other.item.goal != goals[0]
            and not other.is_critical
            and _is_allowed_in_slot(action, slots[other.slot])
        ]
        if replaceable:
            scheduled[replaceable[-1]] = replace(action, slot=scheduled[replaceable[-1]].slot)
    rank = {action.id: position for position, action in enumerate(ordered)}
    return sorted(scheduled, key=lambda action: rank[action.id])


def _is_allowed_in_slot(action: Action, slot: PlanSlot) -> bool:
    return action.recommendation.effort in slot.efforts
