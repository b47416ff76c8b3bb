"""The question bank, read from data/diagnosis/questionnaire.toml and checked: every fault is one sentence with its place."""

from dataclasses import dataclass
from fractions import Fraction

ANSWER_POINTS = (0, 1, 2, 3)
IF_HIDDEN_RULES = ("zero", "exclude")
MATCH_TYPES = ("direct", "near", "proxy")
DONT_KNOW = "dont_know"
NOT_APPLICABLE = "not_applicable"

Answer = int | str | None  # points from 0 to 3, DONT_KNOW, NOT_APPLICABLE, or None for a blank


class QuestionnaireError(ValueError):
    """A fault in the question bank: one sentence with file, place and the values allowed."""


@dataclass(frozen=True, eq=False)
class Option:
    """One answer that can be chosen. `points` is None in the profile; `examples` say whom it means there."""

    id: str
    text: dict
    points: int | None = None
    examples: dict | None = None


@dataclass(frozen=True, eq=False)
class Condition:
    """`item` answered with at least `min_points`."""

    item: str
    min_points: int


@dataclass(frozen=True, eq=False)
class OfficialQuestion:
    """The official question beside an item: `match` is direct, near (a stated difference) or proxy (only on request)."""

    code: str
    indicator: str
    by_size: str
    by_sector: str
    min_yes_points: int
    match: str
    note: dict
    is_confirmed: bool = True


@dataclass(frozen=True, eq=False)
class Recommendation:
    """What to do after an answer of `points`."""

    id: str
    item: str
    points: tuple[int, ...]
    title: dict
    effect: dict
    first_step: dict
    effort: str
    cost: str
    size: str
    resource: str
    requires: Condition | None = None


@dataclass(frozen=True, eq=False)
class Item:
    """One question of a goal, with four answers from 0 to 3 points."""

    id: str
    goal: str
    subject: str  # of data/resources.csv: where to learn it
    position: int
    weight: Fraction
    rationale: str
    question: dict
    options: tuple[Option, ...]
    not_applicable: dict | None
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
    label: dict
    description: dict
    items: tuple[Item, ...]


@dataclass(frozen=True, eq=False)
class Level:
    """A level and the score it starts from."""

    id: int
    min_score: int
    label: dict


@dataclass(frozen=True, eq=False)
class Rating:
    """A named choice of effort, cost, size of effect or kind of training; `divisor` lowers the priority."""

    id: str
    label: dict
    divisor: Fraction


@dataclass(frozen=True, eq=False)
class PlanSlot:
    """A part of the plan: this week, this month, this quarter."""

    id: str
    max_actions: int
    efforts: tuple[str, ...]
    due_in_days: tuple[int, ...]
    label: dict


@dataclass(frozen=True, eq=False)
class ProfileQuestion:
    """One question of the profile. `required` only to contribute: the result needs none of it."""

    id: str
    question: dict
    options: tuple[Option, ...]
    is_required: bool
    max_choices: int = 1


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """The whole bank. Texts are mappings {"it": ..., "en": ...}."""

    version: str
    status: str
    promised_minutes: int
    disclaimer: dict
    digest: str
    scoring: dict
    planning: dict
    privacy: dict
    messages: dict
    levels: tuple[Level, ...]
    goals: tuple[Goal, ...]
    profile_questions: tuple[ProfileQuestion, ...]
    slots: tuple[PlanSlot, ...]
    effort: dict
    cost: dict
    size: dict
    resource: dict
    digital_intensity: dict

    @property
    def comparability_class(self) -> str:
        """The class of versions whose answers may be counted together: the first two numbers of the version."""
        return get_comparability_class(self.version)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for goal in self.goals for item in goal.items)

    def get_item(self, id: str) -> Item:
        return _find_by_id(self.items, id, "item")

    def get_goal(self, id: str) -> Goal:
        return _find_by_id(self.goals, id, "goal")

    def get_profile_question(self, id: str) -> ProfileQuestion:
        return _find_by_id(self.profile_questions, id, "profile question")

    def get_level(self, id: int) -> Level:
        return _find_by_id(self.levels, id, "level")

    def get_option_codes(self, question_id: str) -> tuple[str, ...]:
        """The codes a profile question can be answered with, in order."""
        return tuple(option.id for option in self.get_profile_question(question_id).options)

    def word(self, key: str, lang: str, **values) -> str:
        """A sentence of the bank in `lang`, with its {placeholders} filled."""
        return self.messages[key][lang].format(**values)

    def get_answer_options(self, item: Item, lang: str) -> list[tuple[int | str, str]]:
        """Everything an item can be answered with, as (answer, label): 0 to 3, then "don't know", then "does not apply" where it can be true."""
        choices = [(option.points, option.text[lang]) for option in item.options] + [
            (DONT_KNOW, self.word("dont_know", lang))
        ]
        return choices + ([(NOT_APPLICABLE, item.not_applicable[lang])] if item.not_applicable else [])

    def format_answer(self, item: Item, answer, lang: str) -> str:
        """The words of an answer; a blank has words too."""
        return dict(self.get_answer_options(item, lang)).get(answer, self.word("skipped", lang))


def get_comparability_class(version: str) -> str:
    """ "0.2.1" -> "0.2": a change of wording, options, weights or rules moves one of the first two numbers."""
    return version.rsplit(".", 1)[0]


def _find_by_id(entries, id, kind: str):
    for thing in entries:
        if thing.id == id:
            return thing
    raise KeyError(f'{kind} "{id}" is not known; use one of: {", ".join(str(t.id) for t in entries)}.')
