"""Loads data/diagnosis/questionnaire.toml and validates it.

Every fault is one sentence with the file, the place and the values allowed.
"""

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ripresa import settings
from ripresa.diagnosis.italian_areas import get_region_codes, load_italian_areas
from ripresa.diagnosis.questionnaire import (
    ANSWER_POINTS,
    IF_HIDDEN_RULES,
    MATCH_TYPES,
    Condition,
    Goal,
    Item,
    Level,
    OfficialQuestion,
    Option,
    PlanSlot,
    ProfileQuestion,
    Questionnaire,
    QuestionnaireError,
    Rating,
    Recommendation,
    Texts,
)
from ripresa.settings import LANGS

SECTIONS = (
    "goal",
    "item",
    "level",
    "slot",
    "profile",
    "scoring",
    "plan",
    "privacy",
    "words",
    "intensity",
)
RATINGS = ("effort", "cost", "size", "resource")

Table = Mapping[str, Any]  # as tomllib reads it
Ratings = Mapping[str, Mapping[str, Rating]]
T = TypeVar("T")


@cache
def get_questionnaire() -> Questionnaire:
    """The questionnaire of the project, loaded once."""
    return load_questionnaire(settings.QUESTIONNAIRE)


def load_questionnaire(path: Path) -> Questionnaire:
    """The questionnaire in `path`. Raises QuestionnaireError for the first fault."""
    content = path.read_bytes()
    return QuestionnaireParser(path).parse(
        tomllib.loads(content.decode()), hashlib.sha256(content).hexdigest()
    )


class QuestionnaireParser:
    """Builds a Questionnaire from the parsed TOML; `path` is only named in errors."""

    def __init__(self, path: Path) -> None:
        is_inside = path.is_relative_to(settings.ROOT)
        self.file_name = path.relative_to(settings.ROOT).as_posix() if is_inside else path.name

    def fail(self, place: str, problem: str) -> NoReturn:
        raise QuestionnaireError(f"{self.file_name}, {place}: {problem}")

    def check_choice(self, place: str, key: str, value: T, allowed: Collection[T]) -> T:
        if value not in allowed:
            self.fail(place, f'{key} "{value}" is not known; use one of: {", ".join(map(str, allowed))}.')
        return value

    def check_unique(self, place: str, ids: Sequence[str]) -> None:
        duplicates = {id for id in ids if ids.count(id) > 1}
        if duplicates:
            self.fail(place, f"these ids stand twice: {', '.join(sorted(map(str, duplicates)))}.")

    def require(self, table: Table, key: str, place: str) -> Any:
        if key not in table:
            self.fail(place, f'"{key}" is missing.')
        return table[key]

    def parse_choice(self, table: Table, key: str, place: str, allowed: Collection[str]) -> str:
        value: str = self.require(table, key, place)
        return self.check_choice(place, key, value, allowed)

    def parse_texts(self, table: Table, key: str, place: str) -> Texts:
        value = self.require(table, key, place)
        missing = [lang for lang in LANGS if not isinstance(value, dict) or not value.get(lang)]
        if missing:
            self.fail(place, f'"{key}" has no text in: {", ".join(missing)}.')
        return {lang: value[lang] for lang in LANGS}

    def parse_number(self, table: Table, key: str, place: str, low: float, high: float) -> Fraction:
        value = self.require(table, key, place)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(place, f'{key} "{value}" is not a number from {low} to {high}.')
        return Fraction(str(value))

    def parse(self, raw: Table, digest: str) -> Questionnaire:
        """The questionnaire; `digest` is the checksum of the file."""
        for key in SECTIONS:
            self.require(raw, key, "the file")
        ratings = {kind: self.parse_ratings(raw, kind) for kind in RATINGS}
        goal_ids = [self.require(goal, "id", "a goal") for goal in raw["goal"]]
        self.check_unique("goals", goal_ids)
        self.check_unique("items", [self.require(item, "id", "an item") for item in raw["item"]])
        items = [self.parse_item(item, i, goal_ids, ratings) for i, item in enumerate(raw["item"])]
        self.check_routing(items)
        goals = tuple(self.parse_goal(goal, items) for goal in raw["goal"])
        return Questionnaire(
            version=self.require(raw, "version", "the file"),
            status=self.require(raw, "status", "the file"),
            promised_minutes=int(self.parse_number(raw, "promised_minutes", "the file", 1, 60)),
            disclaimer=self.parse_texts(raw, "disclaimer", "the file"),
            digest=digest,
            scoring=raw["scoring"],
            planning=raw["plan"],
            privacy=raw["privacy"],
            messages={key: self.parse_texts(raw["words"], key, "words") for key in raw["words"]},
            levels=self.parse_levels(raw["level"]),
            goals=goals,
            profile_questions=tuple(self.parse_profile_question(q, goal_ids) for q in raw["profile"]),
            slots=tuple(self.parse_slot(slot, ratings["effort"]) for slot in raw["slot"]),
            digital_intensity=self.check_digital_intensity(raw["intensity"], {i.id for i in items}),
            **ratings,
        )

    def parse_ratings(self, raw: Table, kind: str) -> dict[str, Rating]:
        place = f"[{kind}]"
        table = self.require(raw, kind, "the file")
        return {
            id: Rating(
                id,
                self.parse_texts(table, id, place),
                self.parse_number({"divisor": 1} | table[id], "divisor", place, 1, 10),
            )
            for id in table
        }

    def parse_levels(self, tables: Iterable[Table]) -> tuple[Level, ...]:
        levels = []
        for table in tables:
            place = f"level {table['id']}"
            min_score = int(self.parse_number(table, "from", place, 0, 100))
            levels.append(Level(table["id"], min_score, self.parse_texts(table, "label", place)))
        limits = [level.min_score for level in levels]
        if limits[0] != 0 or limits != sorted(set(limits)):
            self.fail("levels", "they must start at 0 and rise.")
        return tuple(levels)

    def parse_goal(self, table: Table, items: Iterable[Item]) -> Goal:
        place = f'goal "{table["id"]}"'
        goal = Goal(
            table["id"],
            items=tuple(item for item in items if item.goal == table["id"]),
            label=self.parse_texts(table, "label", place),
            description=self.parse_texts(table, "description", place),
        )
        if not goal.items:
            self.fail(place, "no item belongs to it.")
        return goal

    def parse_profile_question(self, table: Table, goal_ids: Collection[str]) -> ProfileQuestion:
        place = f'profile "{self.require(table, "id", "profile")}"'
        if "options_from" in table:
            areas = load_italian_areas()
            options = tuple(
                Option(code, {lang: areas[code][lang] for lang in LANGS}) for code in get_region_codes()
            )
        else:
            options = tuple(
                Option(
                    self.require(option, "id", place),
                    self.parse_texts({"option": option}, "option", place),
                    examples=self.parse_texts(option, "examples", place) if "examples" in option else None,
                )
                for option in self.require(table, "options", place)
            )
        self.check_unique(place, [option.id for option in options])
        if table["id"] == "goals":
            for option in options:
                self.check_choice(place, "goal", option.id, goal_ids)
        return ProfileQuestion(
            table["id"],
            self.parse_texts(table, "question", place),
            options,
            bool(self.require(table, "required", place)),
            table.get("choices", 1),
        )

    def parse_slot(self, table: Table, allowed_efforts: Collection[str]) -> PlanSlot:
        place = f'slot "{self.require(table, "id", "slots")}"'
        efforts = self.require(table, "efforts", place)
        slot = PlanSlot(
            table["id"],
            efforts=tuple(self.check_choice(place, "effort", effort, allowed_efforts) for effort in efforts),
            max_actions=int(self.parse_number(table, "max", place, 1, 20)),
            due_in_days=tuple(self.require(table, "days", place)),
            label=self.parse_texts(table, "label", place),
        )
        if len(slot.due_in_days) < slot.max_actions:
            self.fail(
                place, f"{slot.max_actions} actions need as many days; there are {len(slot.due_in_days)}."
            )
        return slot

    def parse_item(self, table: Table, position: int, goal_ids: Collection[str], ratings: Ratings) -> Item:
        place = f'item "{table["id"]}"'
        options = tuple(
            Option(f"a{points}", self.parse_texts({"option": option}, "option", place), points)
            for points, option in enumerate(self.require(table, "options", place))
        )
        if len(options) != len(ANSWER_POINTS):
            self.fail(
                place, f"it has {len(options)} answers; it needs {len(ANSWER_POINTS)}, from 0 to 3 points."
            )
        recommendations = tuple(
            self.parse_recommendation(action, table["id"], place, ratings)
            for action in self.require(table, "action", place)
        )
        covered = sorted(points for r in recommendations for points in r.points)
        if covered != [0, 1, 2]:
            self.fail(place, f"its actions answer to the points {covered}; each of 0, 1, 2 needs one.")
        show_if = self.parse_condition(table, "show_if", place)
        hidden_rules = IF_HIDDEN_RULES if show_if else ("",)
        not_applicable, critical = "not_applicable" in table, "critical_at_most" in table
        return Item(
            id=table["id"],
            goal=self.parse_choice(table, "goal", place, goal_ids),
            subject=self.require(table, "subject", place),
            position=position,
            weight=self.parse_number(table, "weight", place, 0.1, 5),
            rationale=self.require(table, "why", place),
            question=self.parse_texts(table, "question", place),
            options=options,
            not_applicable=self.parse_texts(table, "not_applicable", place) if not_applicable else None,
            show_if=show_if,
            hidden_rule=self.check_choice(place, "if_hidden", table.get("if_hidden", ""), hidden_rules),
            max_critical_points=(
                int(self.parse_number(table, "critical_at_most", place, 0, 2)) if critical else None
            ),
            official_questions=tuple(
                self.parse_official_question(question, place) for question in table.get("official", [])
            ),
            recommendations=recommendations,
        )

    def parse_official_question(self, table: Table, place: str) -> OfficialQuestion:
        place = f'{place}, official "{self.require(table, "code", place)}"'
        return OfficialQuestion(
            code=table["code"],
            indicator=self.require(table, "indicator", place),
            by_size=self.require(table, "by_size", place),
            by_sector=self.require(table, "by_sector", place),
            match=self.parse_choice(table, "match", place, MATCH_TYPES),
            min_yes_points=int(self.parse_number(table, "yes_from", place, 1, 3)),
            note=self.parse_texts(table, "note", place),
            is_confirmed=table.get("confirmed", True),
        )

    def parse_recommendation(self, table: Table, item: str, place: str, ratings: Ratings) -> Recommendation:
        place = f'{place}, action "{self.require(table, "id", place)}"'
        return Recommendation(
            id=table["id"],
            item=item,
            points=tuple(
                self.check_choice(place, "points", points, ANSWER_POINTS)
                for points in self.require(table, "points", place)
            ),
            title=self.parse_texts(table, "title", place),
            effect=self.parse_texts(table, "effect", place),
            first_step=self.parse_texts(table, "first_step", place),
            effort=self.parse_choice(table, "effort", place, ratings["effort"]),
            cost=self.parse_choice(table, "cost", place, ratings["cost"]),
            size=self.parse_choice(table, "size", place, ratings["size"]),
            resource=self.parse_choice(table, "resource", place, ratings["resource"]),
            requires=self.parse_condition(table, "requires", place),
        )

    def parse_condition(self, table: Table, key: str, place: str) -> Condition | None:
        if key not in table:
            return None
        place = f"{place}, {key}"
        return Condition(
            self.require(table[key], "item", place),
            int(self.parse_number(table[key], "min_points", place, 1, 3)),
        )

    def check_routing(self, items: Iterable[Item]) -> None:
        """Checks that the answer to one item settles each condition.

        The item is always shown, and earlier than the one it hides.
        """
        by_id = {item.id: item for item in items}
        for item in by_id.values():
            if item.show_if:
                place = f'item "{item.id}", show_if'
                parent = self.check_condition(place, item.show_if, by_id)
                if parent.position > item.position:
                    self.fail(place, f'"{parent.id}" is asked later.')
            for recommendation in item.recommendations:
                if recommendation.requires:
                    place = f'item "{item.id}", action "{recommendation.id}"'
                    self.check_condition(place, recommendation.requires, by_id)
            if item.show_if and item.hidden_rule == "exclude" and by_id[item.show_if.item].goal != item.goal:
                self.fail(
                    f'item "{item.id}"',
                    f'if_hidden "exclude" passes its weight to "{item.show_if.item}", '
                    "which must be in the same goal.",
                )

    def check_condition(self, place: str, condition: Condition, items: Mapping[str, Item]) -> Item:
        """The item a condition depends on."""
        parent = items[self.check_choice(place, "item", condition.item, items)]
        if parent.show_if or any(r.requires for r in parent.recommendations):
            self.fail(place, f'"{parent.id}" depends on another item itself; only one step is allowed.')
        return parent

    def check_digital_intensity(self, table: Table, item_ids: Collection[str]) -> Table:
        place = "[intensity]"
        questions = {self.require(q, "id", place): q for q in self.require(table, "question", place)}
        for variable in self.require(table, "variable", place):
            for condition in variable["met_if"]:
                if "item" in condition:
                    self.check_choice(place, "item", condition["item"], item_ids)
                    continue
                question = questions[self.check_choice(place, "question", condition["question"], questions)]
                option_ids = [option["id"] for option in question["options"]]
                for answer in condition["is"]:
                    self.check_choice(place, "answer", answer, option_ids)
        return table
