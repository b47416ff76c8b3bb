"""The questionnaire as data: goals, items with their answers and recommendations, profile, and the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypedDict, TypeVar

ANSWER_POINTS = (0, 1, 2, 3)
IF_HIDDEN_RULES = ("zero", "exclude")
MATCH_TYPES = ("direct", "near", "proxy")
DONT_KNOW = "dont_know"
NOT_APPLICABLE = "not_applicable"

Answer = int | str | None  # points from 0 to 3, DONT_KNOW, NOT_APPLICABLE, or None for a blank
Texts = Mapping[str, str]  # by language
_Id = TypeVar("_Id", int, str)
_Entry = TypeVar("_Entry")


class QuestionnaireError(ValueError):
    """A fault in the questionnaire: one sentence with file, place and the values allowed."""


class ScoringRules(TypedDict):
    """Section [scoring] of the file."""

    goal_min_weight_share: float
    goal_min_items: int
    overall_min_goals: int
    not_applicable_max: int
    near_points: int
    masking_levels: int


class PlanningRules(TypedDict):
    """Section [plan] of the file."""

    goal_factors: list[float]
    dont_know_points: int
    first_goal_min: int
    goal_max: int
    actions_max: int
    review_days: int


class PrivacyRules(TypedDict):
    """Section [privacy] of the file."""

    withdrawal_days: int
    retention_months: int
    threshold: int
    statistics_from: int
    rounding: int
    minutes: list[int]


@dataclass(frozen=True, eq=False)
class Option:
    """One answer to choose from; `points` is None in the profile, where `examples` explain who it is for."""

    id: str
    text: Texts
    points: int | None = None
    examples: Texts | None = None


@dataclass(frozen=True, eq=False)
class Condition:
    """The item was answered with at least `min_points`."""

    item: str
    min_points: int


@dataclass(frozen=True, eq=False)
class OfficialQuestion:
    """The official question that an item is compared with.

    `match` is direct, near (with a stated difference) or proxy (shown only on request).
    """

    code: str
    indicator: str
    by_size: str
    by_sector: str
    min_yes_points: int
    match: str
    note: Texts
    is_confirmed: bool = True


@dataclass(frozen=True, eq=False)
class Recommendation:
    """What to do after an answer of one of `points`."""

    id: str
    item: str
    points: tuple[int, ...]
    title: Texts
    effect: Texts
    first_step: Texts
    effort: str
    cost: str
    size: str
    resource: str
    requires: Condition | None = None


@dataclass(frozen=True, eq=False)
class Item:
    """A question of a goal with four answers, from 0 to 3 points; `subject` is in data/resources.csv."""

    id: str
    goal: str
    subject: str
    position: int
    weight: Fraction
    rationale: str
    question: Texts
    options: tuple[Option, ...]
    not_applicable: Texts | None
    show_if: Condition | None
    hidden_rule: str
    max_critical_points: int | None
    official_questions: tuple[OfficialQuestion, ...]
    recommendations: tuple[Recommendation, ...]

    def get_recommendation(self, points: int) -> Recommendation | None:
        """What to do after this answer; None at the top."""
        return next((r for r in self.recommendations if points in r.points), None)


@dataclass(frozen=True, eq=False)
class Goal:
    """One of the four goals, with its items in order."""

    id: str
    label: Texts
    description: Texts
    items: tuple[Item, ...]


@dataclass(frozen=True, eq=False)
class Level:
    """A level and the score it starts from."""

    id: int
    min_score: int
    label: Texts


@dataclass(frozen=True, eq=False)
class Rating:
    """A class of effort, cost, size of effect or kind of training; `divisor` lowers the priority."""

    id: str
    label: Texts
    divisor: Fraction


@dataclass(frozen=True, eq=False)
class PlanSlot:
    """A part of the plan: this week, this month, this quarter."""

    id: str
    max_actions: int
    efforts: tuple[str, ...]
    due_in_days: tuple[int, ...]
    label: Texts


@dataclass(frozen=True, eq=False)
class ProfileQuestion:
    """One question of the profile; it is required only to contribute, never for a result."""

    id: str
    question: Texts
    options: tuple[Option, ...]
    is_required: bool
    max_choices: int = 1


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """The whole questionnaire; `digital_intensity` is the section [intensity] of the file as it is."""

    version: str
    status: str
    promised_minutes: int
    disclaimer: Texts
    digest: str
    scoring: ScoringRules
    planning: PlanningRules
    privacy: PrivacyRules
    messages: Mapping[str, Texts]
    levels: tuple[Level, ...]
    goals: tuple[Goal, ...]
    profile_questions: tuple[ProfileQuestion, ...]
    slots: tuple[PlanSlot, ...]
    effort: Mapping[str, Rating]
    cost: Mapping[str, Rating]
    size: Mapping[str, Rating]
    resource: Mapping[str, Rating]
    digital_intensity: Mapping[str, Any]

    @property
    def comparability_class(self) -> str:
        """Versions with the same first two numbers, whose answers may be counted together."""
        return get_comparability_class(self.version)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for goal in self.goals for item in goal.items)

    def get_item(self, id: str) -> Item:
        return _look_up({item.id: item for item in self.items}, id, "item")

    def get_goal(self, id: str) -> Goal:
        return _look_up({goal.id: goal for goal in self.goals}, id, "goal")

    def get_profile_question(self, id: str) -> ProfileQuestion:
        return _look_up({q.id: q for q in self.profile_questions}, id, "profile question")

    def get_level(self, id: int) -> Level:
        return _look_up({level.id: level for level in self.levels}, id, "level")

    def get_option_codes(self, question_id: str) -> tuple[str, ...]:
        """The codes a profile question can be answered with, in order."""
        return tuple(option.id for option in self.get_profile_question(question_id).options)

    def format_message(self, key: str, lang: str, **values: object) -> str:
        """A sentence of section [words] in `lang`, with its {placeholders} filled."""
        return self.messages[key][lang].format(**values)

    def get_answer_options(self, item: Item, lang: str) -> list[tuple[int | str, str]]:
        """All possible answers to an item, as (answer, label).

        The points from 0 to 3, then "don't know", then "does not apply" where it can be true.
        """
        options: list[tuple[int | str, str]] = [
            (points, option.text[lang]) for points, option in enumerate(item.options)
        ]
        options.append((DONT_KNOW, self.format_message("dont_know", lang)))
        if item.not_applicable:
            options.append((NOT_APPLICABLE, item.not_applicable[lang]))
        return options

    def format_answer(self, item: Item, answer: Answer, lang: str) -> str:
        """The label of an answer, a blank included."""
        labels: dict[Answer, str] = dict(self.get_answer_options(item, lang))
        return labels.get(answer, self.format_message("skipped", lang))


def get_comparability_class(version: str) -> str:
    """ "0.2.1" -> "0.2": a change of wording, options, weights or rules changes the class."""
    return version.rsplit(".", 1)[0]


def _look_up(entries: Mapping[_Id, _Entry], id: _Id, kind: str) -> _Entry:
    if id not in entries:
        raise KeyError(f'{kind} "{id}" is not known; use one of: {", ".join(map(str, entries))}.')
    return entries[id]
