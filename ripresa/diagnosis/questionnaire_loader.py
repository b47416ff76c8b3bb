"""From the parsed file of the question bank to an Instrument: every fault is one sentence with file, place and what is allowed."""

import hashlib
import tomllib
from fractions import Fraction
from functools import cache
from pathlib import Path

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
)
from ripresa.settings import LANGS


@cache
def get_questionnaire() -> Questionnaire:
    """The questionnaire of the project, loaded once."""
    return load_questionnaire(settings.QUESTIONNAIRE)


def load_questionnaire(path: Path = settings.QUESTIONNAIRE) -> Questionnaire:
    """The questionnaire in `path`. Raises QuestionnaireError for the first fault."""
    source = path.read_bytes()
    return QuestionnaireParser(path).parse(tomllib.loads(source.decode()), hashlib.sha256(source).hexdigest())


class QuestionnaireParser:
    """Turns the parsed file into an Instrument; holds the file's name for its sentences."""

    def __init__(self, path: Path):
        self.file_name = (
            path.relative_to(settings.ROOT).as_posix() if path.is_relative_to(settings.ROOT) else path.name
        )

    def fail(self, place: str, problem: str):
        raise QuestionnaireError(f"{self.file_name}, {place}: {problem}")

    def check_choice(self, place: str, what: str, value, allowed):
        if value not in allowed:
            self.fail(place, f'{what} "{value}" is not known; use one of: {", ".join(map(str, allowed))}.')
        return value

    def require(self, table: dict, key: str, place: str):
        if key not in table:
            self.fail(place, f'"{key}" is missing.')
        return table[key]

    def parse_texts(self, table: dict, key: str, place: str) -> dict:
        value = self.require(table, key, place)
        missing = [lang for lang in LANGS if not isinstance(value, dict) or not value.get(lang)]
        if missing:
            self.fail(place, f'"{key}" has no text in: {", ".join(missing)}.')
        return {lang: value[lang] for lang in LANGS}

    def parse_number(self, table: dict, key: str, place: str, low, high) -> Fraction:
        value = self.require(table, key, place)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fail(place, f'{key} "{value}" is not a number from {low} to {high}.')
        return Fraction(str(value))

    def check_unique(self, place: str, ids: list):
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            self.fail(place, f"these ids stand twice: {', '.join(sorted(map(str, twice)))}.")

    def parse(self, raw: dict, digest: str) -> Questionnaire:
        for key in (
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
        ):
            self.require(raw, key, "the file")
        bands = {kind: self.parse_ratings(raw, kind) for kind in ("effort", "cost", "size", "resource")}
        goal_ids = [self.require(goal, "id", "a goal") for goal in raw["goal"]]
        self.check_unique("goals", goal_ids)
        self.check_unique("items", [self.require(item, "id", "an item") for item in raw["item"]])
        items = [
            self.parse_item(item, position, goal_ids, bands) for position, item in enumerate(raw["item"])
        ]
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
            slots=tuple(self.parse_slot(slot, bands) for slot in raw["slot"]),
            digital_intensity=self.parse_digital_intensity(raw["intensity"], {i.id for i in items}),
            **bands,
        )

    def parse_ratings(self, raw: dict, kind: str) -> dict[str, Rating]:
        table = self.require(raw, kind, "the file")
        place = f"[{kind}]"
        return {
            id: Rating(
                id,
                self.parse_texts(table, id, place),
                self.parse_number({"divisor": 1} | table[id], "divisor", place, 1, 10),
            )
            for id in table
        }

    def parse_levels(self, tables: list[dict]) -> tuple[Level, ...]:
        levels = tuple(
            Level(
                t["id"],
                int(self.parse_number(t, "from", f"level {t['id']}", 0, 100)),
                self.parse_texts(t, "label", f"level {t['id']}"),
            )
            for t in tables
        )
        if levels[0].min_score != 0 or [lev.min_score for lev in levels] != sorted(
            {lev.min_score for lev in levels}
        ):
            self.fail("levels", "they must start at 0 and rise.")
        return levels

    def parse_goal(self, table: dict, items: list[Item]) -> Goal:
        place = f'goal "{table["id"]}"'
        own = tuple(item for item in items if item.goal == table["id"])
        if not own:
            self.fail(place, "no item belongs to it.")
        return Goal(
            table["id"],
            self.parse_texts(table, "label", place),
            self.parse_texts(table, "description", place),
            own,
        )

    def parse_profile_question(self, table: dict, goal_ids: list[str]) -> ProfileQuestion:
        place = f'profile "{self.require(table, "id", "profile")}"'
        if "options_from" in table:
            options = tuple(
                Option(code, {lang: load_italian_areas()[code][lang] for lang in LANGS})
                for code in get_region_codes()
            )
        else:
            options = tuple(
                Option(
                    self.require(o, "id", place),
                    self.parse_texts({"option": o}, "option", place),
                    examples=self.parse_texts(o, "examples", place) if "examples" in o else None,
                )
                for o in self.require(table, "options", place)
            )
        self.check_unique(place, [o.id for o in options])
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

    def parse_slot(self, table: dict, bands: dict) -> PlanSlot:
        place = f'slot "{self.require(table, "id", "slots")}"'
        efforts = tuple(
            self.check_choice(place, "effort", effort, bands["effort"])
            for effort in self.require(table, "efforts", place)
        )
        slot = PlanSlot(
            table["id"],
            int(self.parse_number(table, "max", place, 1, 20)),
            efforts,
            tuple(self.require(table, "days", place)),
            self.parse_texts(table, "label", place),
        )
        if len(slot.due_in_days) < slot.max_actions:
            self.fail(
                place, f"{slot.max_actions} actions need as many days; there are {len(slot.due_in_days)}."
            )
        return slot

    def parse_item(self, table: dict, position: int, goal_ids: list[str], bands: dict) -> Item:
        place = f'item "{table["id"]}"'
        options = tuple(
            Option(f"a{points}", self.parse_texts({"option": o}, "option", place), points)
            for points, o in enumerate(self.require(table, "options", place))
        )
        if len(options) != len(ANSWER_POINTS):
            self.fail(
                place, f"it has {len(options)} answers; it needs {len(ANSWER_POINTS)}, from 0 to 3 points."
            )
        recommendations = tuple(
            self.parse_recommendation(r, table["id"], place, bands)
            for r in self.require(table, "action", place)
        )
        covered = sorted(p for r in recommendations for p in r.points)
        if covered != [0, 1, 2]:
            self.fail(place, f"its actions answer to the points {covered}; each of 0, 1, 2 needs one.")
        show_if = self.parse_condition(table, "show_if", place)
        return Item(
            id=table["id"],
            goal=self.check_choice(place, "goal", self.require(table, "goal", place), goal_ids),
            subject=self.require(table, "subject", place),
            position=position,
            weight=self.parse_number(table, "weight", place, 0.1, 5),
            rationale=self.require(table, "why", place),
            question=self.parse_texts(table, "question", place),
            options=options,
            not_applicable=self.parse_texts(table, "not_applicable", place)
            if "not_applicable" in table
            else None,
            show_if=show_if,
            hidden_rule=self.check_choice(
                place, "if_hidden", table.get("if_hidden", ""), IF_HIDDEN_RULES if show_if else ("",)
            ),
            max_critical_points=int(self.parse_number(table, "critical_at_most", place, 0, 2))
            if "critical_at_most" in table
            else None,
            official_questions=tuple(
                self.parse_official_question(r, place) for r in table.get("official", [])
            ),
            recommendations=recommendations,
        )

    def parse_official_question(self, table: dict, place: str) -> OfficialQuestion:
        place = f'{place}, official "{self.require(table, "code", place)}"'
        words = {
            key: self.require(table, key, place) for key in ("code", "indicator", "by_size", "by_sector")
        }
        match = self.check_choice(place, "match", self.require(table, "match", place), MATCH_TYPES)
        yes_from = int(self.parse_number(table, "yes_from", place, 1, 3))
        return OfficialQuestion(
            **words,
            min_yes_points=yes_from,
            match=match,
            note=self.parse_texts(table, "note", place),
            is_confirmed=table.get("confirmed", True),
        )

    def parse_recommendation(self, table: dict, item: str, place: str, bands: dict) -> Recommendation:
        place = f'{place}, action "{self.require(table, "id", place)}"'
        points = tuple(
            self.check_choice(place, "points", p, ANSWER_POINTS) for p in self.require(table, "points", place)
        )
        texts = {key: self.parse_texts(table, key, place) for key in ("title", "effect", "first_step")}
        kinds = {
            kind: self.check_choice(place, kind, self.require(table, kind, place), bands[kind])
            for kind in bands
        }
        return Recommendation(
            table["id"],
            item,
            points,
            **texts,
            **kinds,
            requires=self.parse_condition(table, "requires", place),
        )

    def parse_condition(self, table: dict, key: str, place: str) -> Condition | None:
        if key not in table:
            return None
        return Condition(
            self.require(table[key], "item", f"{place}, {key}"),
            int(self.parse_number(table[key], "min_points", f"{place}, {key}", 1, 3)),
        )

    def check_routing(self, items: list[Item]):
        """An item may be routed or required only by one that is asked before it and always shown, so that one step settles it."""
        known = {item.id: item for item in items}
        for item in items:
            conditions = [("show_if", item.show_if)] + [
                (f'action "{r.id}"', r.requires) for r in item.recommendations
            ]
            for what, condition in conditions:
                if condition is None:
                    continue
                place = f'item "{item.id}", {what}'
                parent = known[self.check_choice(place, "item", condition.item, known)]
                if parent.show_if or any(r.requires for r in parent.recommendations):
                    self.fail(
                        place, f'"{parent.id}" depends on another item itself; only one step is allowed.'
                    )
                if what == "show_if" and parent.position > item.position:
                    self.fail(place, f'"{parent.id}" is asked later.')
            if item.hidden_rule == "exclude" and known[item.show_if.item].goal != item.goal:
                self.fail(
                    f'item "{item.id}"',
                    f'if_hidden "exclude" passes its weight to "{item.show_if.item}", which must be in the same goal.',
                )

    def parse_digital_intensity(self, table: dict, items: set[str]) -> dict:
        questions = {
            self.require(q, "id", "[intensity]"): q for q in self.require(table, "question", "[intensity]")
        }
        for variable in self.require(table, "variable", "[intensity]"):
            for condition in variable["met_if"]:
                if "item" in condition:
                    self.check_choice("[intensity]", "item", condition["item"], items)
                else:
                    question = questions[
                        self.check_choice("[intensity]", "question", condition["question"], questions)
                    ]
                    for answer in condition["is"]:
                        self.check_choice(
                            "[intensity]", "answer", answer, [o["id"] for o in question["options"]]
                        )
        return table
