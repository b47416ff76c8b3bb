"""From the parsed file of the question bank to an Instrument: every fault is one sentence with file, place and what is allowed."""

from fractions import Fraction
from pathlib import Path

from ripresa import settings
from ripresa.diagnosis.questionnaire import (
    HIDDEN,
    LANGS,
    MATCHES,
    POINTS,
    Band,
    Condition,
    Goal,
    Instrument,
    InstrumentError,
    Item,
    Level,
    Option,
    Question,
    Recommendation,
    Reference,
    Slot,
    areas,
    regions,
)


class Reader:
    """Turns the parsed file into an Instrument; holds the file's name for its sentences."""

    def __init__(self, path: Path):
        self.name = (
            path.relative_to(settings.ROOT).as_posix() if path.is_relative_to(settings.ROOT) else path.name
        )

    def fault(self, place: str, words: str):
        raise InstrumentError(f"{self.name}, {place}: {words}")

    def one_of(self, place: str, what: str, value, allowed):
        if value not in allowed:
            self.fault(place, f'{what} "{value}" is not known; use one of: {", ".join(map(str, allowed))}.')
        return value

    def get(self, table: dict, key: str, place: str):
        if key not in table:
            self.fault(place, f'"{key}" is missing.')
        return table[key]

    def text(self, table: dict, key: str, place: str) -> dict:
        value = self.get(table, key, place)
        missing = [lang for lang in LANGS if not isinstance(value, dict) or not value.get(lang)]
        if missing:
            self.fault(place, f'"{key}" has no text in: {", ".join(missing)}.')
        return {lang: value[lang] for lang in LANGS}

    def number(self, table: dict, key: str, place: str, low, high) -> Fraction:
        value = self.get(table, key, place)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault(place, f'{key} "{value}" is not a number from {low} to {high}.')
        return Fraction(str(value))

    def unique(self, place: str, ids: list):
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            self.fault(place, f"these ids stand twice: {', '.join(sorted(map(str, twice)))}.")

    def instrument(self, raw: dict, digest: str) -> Instrument:
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
            self.get(raw, key, "the file")
        bands = {kind: self.bands(raw, kind) for kind in ("effort", "cost", "size", "resource")}
        goal_ids = [self.get(goal, "id", "a goal") for goal in raw["goal"]]
        self.unique("goals", goal_ids)
        self.unique("items", [self.get(item, "id", "an item") for item in raw["item"]])
        items = [self.item(item, position, goal_ids, bands) for position, item in enumerate(raw["item"])]
        self.routes(items)
        goals = tuple(self.goal(goal, items) for goal in raw["goal"])
        return Instrument(
            version=self.get(raw, "version", "the file"),
            status=self.get(raw, "status", "the file"),
            promised_minutes=int(self.number(raw, "promised_minutes", "the file", 1, 60)),
            disclaimer=self.text(raw, "disclaimer", "the file"),
            digest=digest,
            scoring=raw["scoring"],
            planning=raw["plan"],
            privacy=raw["privacy"],
            words={key: self.text(raw["words"], key, "words") for key in raw["words"]},
            levels=self.levels(raw["level"]),
            goals=goals,
            profile=tuple(self.profile(q, goal_ids) for q in raw["profile"]),
            slots=tuple(self.slot(slot, bands) for slot in raw["slot"]),
            intensity=self.intensity(raw["intensity"], {i.id for i in items}),
            **bands,
        )

    def bands(self, raw: dict, kind: str) -> dict[str, Band]:
        table = self.get(raw, kind, "the file")
        place = f"[{kind}]"
        return {
            id: Band(
                id,
                self.text(table, id, place),
                self.number({"divisor": 1} | table[id], "divisor", place, 1, 10),
            )
            for id in table
        }

    def levels(self, tables: list[dict]) -> tuple[Level, ...]:
        levels = tuple(
            Level(
                t["id"],
                int(self.number(t, "from", f"level {t['id']}", 0, 100)),
                self.text(t, "label", f"level {t['id']}"),
            )
            for t in tables
        )
        if levels[0].start != 0 or [lev.start for lev in levels] != sorted({lev.start for lev in levels}):
            self.fault("levels", "they must start at 0 and rise.")
        return levels

    def goal(self, table: dict, items: list[Item]) -> Goal:
        place = f'goal "{table["id"]}"'
        own = tuple(item for item in items if item.goal == table["id"])
        if not own:
            self.fault(place, "no item belongs to it.")
        return Goal(
            table["id"], self.text(table, "label", place), self.text(table, "description", place), own
        )

    def profile(self, table: dict, goal_ids: list[str]) -> Question:
        place = f'profile "{self.get(table, "id", "profile")}"'
        if "options_from" in table:
            options = tuple(Option(code, {lang: areas()[code][lang] for lang in LANGS}) for code in regions())
        else:
            options = tuple(
                Option(
                    self.get(o, "id", place),
                    self.text({"option": o}, "option", place),
                    examples=self.text(o, "examples", place) if "examples" in o else None,
                )
                for o in self.get(table, "options", place)
            )
        self.unique(place, [o.id for o in options])
        if table["id"] == "goals":
            for option in options:
                self.one_of(place, "goal", option.id, goal_ids)
        return Question(
            table["id"],
            self.text(table, "question", place),
            options,
            bool(self.get(table, "required", place)),
            table.get("choices", 1),
        )

    def slot(self, table: dict, bands: dict) -> Slot:
        place = f'slot "{self.get(table, "id", "slots")}"'
        efforts = tuple(
            self.one_of(place, "effort", effort, bands["effort"])
            for effort in self.get(table, "efforts", place)
        )
        slot = Slot(
            table["id"],
            int(self.number(table, "max", place, 1, 20)),
            efforts,
            tuple(self.get(table, "days", place)),
            self.text(table, "label", place),
        )
        if len(slot.days) < slot.max:
            self.fault(place, f"{slot.max} actions need as many days; there are {len(slot.days)}.")
        return slot

    def item(self, table: dict, position: int, goal_ids: list[str], bands: dict) -> Item:
        place = f'item "{table["id"]}"'
        options = tuple(
            Option(f"a{points}", self.text({"option": o}, "option", place), points)
            for points, o in enumerate(self.get(table, "options", place))
        )
        if len(options) != len(POINTS):
            self.fault(place, f"it has {len(options)} answers; it needs {len(POINTS)}, from 0 to 3 points.")
        recommendations = tuple(
            self.recommendation(r, table["id"], place, bands) for r in self.get(table, "action", place)
        )
        covered = sorted(p for r in recommendations for p in r.points)
        if covered != [0, 1, 2]:
            self.fault(place, f"its actions answer to the points {covered}; each of 0, 1, 2 needs one.")
        show_if = self.condition(table, "show_if", place)
        return Item(
            id=table["id"],
            goal=self.one_of(place, "goal", self.get(table, "goal", place), goal_ids),
            subject=self.get(table, "subject", place),
            position=position,
            weight=self.number(table, "weight", place, 0.1, 5),
            why=self.get(table, "why", place),
            question=self.text(table, "question", place),
            options=options,
            not_applicable=self.text(table, "not_applicable", place) if "not_applicable" in table else None,
            show_if=show_if,
            if_hidden=self.one_of(
                place, "if_hidden", table.get("if_hidden", ""), HIDDEN if show_if else ("",)
            ),
            critical_at_most=int(self.number(table, "critical_at_most", place, 0, 2))
            if "critical_at_most" in table
            else None,
            official=tuple(self.reference(r, place) for r in table.get("official", [])),
            recommendations=recommendations,
        )

    def reference(self, table: dict, place: str) -> Reference:
        place = f'{place}, official "{self.get(table, "code", place)}"'
        words = {key: self.get(table, key, place) for key in ("code", "indicator", "by_size", "by_sector")}
        match = self.one_of(place, "match", self.get(table, "match", place), MATCHES)
        yes_from = int(self.number(table, "yes_from", place, 1, 3))
        return Reference(
            **words,
            yes_from=yes_from,
            match=match,
            note=self.text(table, "note", place),
            confirmed=table.get("confirmed", True),
        )

    def recommendation(self, table: dict, item: str, place: str, bands: dict) -> Recommendation:
        place = f'{place}, action "{self.get(table, "id", place)}"'
        points = tuple(self.one_of(place, "points", p, POINTS) for p in self.get(table, "points", place))
        texts = {key: self.text(table, key, place) for key in ("title", "effect", "first_step")}
        kinds = {kind: self.one_of(place, kind, self.get(table, kind, place), bands[kind]) for kind in bands}
        return Recommendation(
            table["id"], item, points, **texts, **kinds, requires=self.condition(table, "requires", place)
        )

    def condition(self, table: dict, key: str, place: str) -> Condition | None:
        if key not in table:
            return None
        return Condition(
            self.get(table[key], "item", f"{place}, {key}"),
            int(self.number(table[key], "min_points", f"{place}, {key}", 1, 3)),
        )

    def routes(self, items: list[Item]):
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
                parent = known[self.one_of(place, "item", condition.item, known)]
                if parent.show_if or any(r.requires for r in parent.recommendations):
                    self.fault(
                        place, f'"{parent.id}" depends on another item itself; only one step is allowed.'
                    )
                if what == "show_if" and parent.position > item.position:
                    self.fault(place, f'"{parent.id}" is asked later.')
            if item.if_hidden == "exclude" and known[item.show_if.item].goal != item.goal:
                self.fault(
                    f'item "{item.id}"',
                    f'if_hidden "exclude" passes its weight to "{item.show_if.item}", which must be in the same goal.',
                )

    def intensity(self, table: dict, items: set[str]) -> dict:
        questions = {self.get(q, "id", "[intensity]"): q for q in self.get(table, "question", "[intensity]")}
        for variable in self.get(table, "variable", "[intensity]"):
            for condition in variable["met_if"]:
                if "item" in condition:
                    self.one_of("[intensity]", "item", condition["item"], items)
                else:
                    question = questions[
                        self.one_of("[intensity]", "question", condition["question"], questions)
                    ]
                    for answer in condition["is"]:
                        self.one_of("[intensity]", "answer", answer, [o["id"] for o in question["options"]])
        return table
