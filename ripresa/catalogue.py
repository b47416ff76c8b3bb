"""The catalogue: indicators, topics and sources as declared in data/*.toml, checked once and cached."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ripresa import settings
from ripresa.settings import LANGS

LEVELS = ("italy", "europe", "world")
UNITS = ("percent", "points", "percent_change", "count", "meur", "keur", "index", "rank")
DESIRED_DIRECTIONS = ("higher", "lower", "neither")
CHART_TYPES = ("map", "dots", "series")
SOURCE_KINDS = ("survey", "self_selected", "register", "accounts", "index", "press")
VIEW_FIELDS = ("sector", "gender", "size", "period", "editions", "geo", "chart")
RULE_FIELDS = (
    "exclusion_reason",
    "flag",
    "indicator",
    "geo",
    "sector",
    "gender",
    "size",
    "period",
    "edition",
    "source",
    "status",
)
EXCLUSION_REASONS = ("disputed", "vintage", "subgroup")


class CatalogueError(ValueError):
    """A fault in a declaration: one sentence a fault, with file, place and the values allowed."""


@dataclass(frozen=True)
class Indicator:
    """One paragraph of indicators.toml. Texts are mappings from language to words."""

    id: str
    topic: str
    label: dict
    short: dict
    description: dict
    universe: dict
    unit: str
    decimals: int
    desired_direction: str
    source: str
    chart: str
    position: int = 0
    breaks: tuple[str, ...] = ()
    source_priority: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    accepted_units: tuple[str, ...] = ()
    note: dict = field(default_factory=lambda: {"it": "", "en": ""})
    note_sources: tuple[str, ...] = ()  # the sources whose figures want the note; none: all
    default: dict = field(default_factory=dict)
    exclusion_rules: tuple[dict, ...] = ()
    flag_rules: tuple[dict, ...] = ()
    share_counts: dict = field(default_factory=dict)
    range: tuple[float, float] | None = None
    universes: dict = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.id)

    def get_default_view(self, level: str) -> dict:
        """The default view of a level: sector, gender, size, period, editions (in order of preference), geo, chart."""
        opening = {
            "sector": "all",
            "gender": "all",
            "size": "all",
            "period": "latest",
            "editions": [],
            "geo": [],
            "chart": self.chart,
        }
        return opening | self.default.get(level, {})


@dataclass(frozen=True)
class Topic:
    """One page's question and, for each level, the indicators it offers in order."""

    id: str
    title: dict
    question: dict
    intro: dict
    default_level: str
    indicators_by_level: dict
    extra_indicators: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True)
class Source:
    """One publisher's family of figures."""

    id: str
    name: dict
    publisher: str
    kind: str
    licence: dict
    url: str
    collected: str
    note: dict

    def __hash__(self) -> int:
        return hash(self.id)


@cache
def load_indicators(root: Path = settings.DATA) -> MappingProxyType[str, Indicator]:
    """All indicators by id, in catalogue order. Raises CatalogueError naming every fault."""
    known = load_sources(root)
    subjects = load_topics(root)
    faults: list[str] = []
    found = {}
    for position, (id, entry) in enumerate(_load_toml(root / settings.CATALOGUE / "indicators.toml").items()):
        place = f"data/catalogue/indicators.toml, [{id}]"
        faults += _validate_texts(
            place, entry, ("label", "short", "description", "universe"), optional=("note",)
        )
        faults += (
            _validate_choice(place, entry, "unit", UNITS)
            + _validate_choice(place, entry, "desired_direction", DESIRED_DIRECTIONS)
            + _validate_choice(place, entry, "chart", CHART_TYPES)
        )
        faults += _validate_choice(place, entry, "source", tuple(known)) + _validate_choice(
            place, entry, "topic", tuple(subjects)
        )
        if not isinstance(entry.get("decimals"), int) or not 0 <= entry["decimals"] <= 4:
            faults.append(f"{place}: decimals {entry.get('decimals')!r} is not a whole number from 0 to 4.")
        faults += _validate_fields(
            place, entry, tuple(Indicator.__dataclass_fields__), "a field of an indicator"
        )
        faults += [
            fault
            for source in entry.get("note_sources", ())
            for fault in _validate_choice(place, {"note_sources": source}, "note_sources", tuple(known))
        ]
        for source, words in entry.get("universes", {}).items():
            faults += _validate_choice(
                place, {"universes": source}, "universes", tuple(known)
            ) + _validate_texts(place, {f"universes.{source}": words}, (f"universes.{source}",))
        faults += [
            f"{place}: default.{level} is not a level; use one of: {', '.join(LEVELS)}."
            for level in entry.get("default", {})
            if level not in LEVELS
        ]
        for level, view in entry.get("default", {}).items():
            faults += _validate_fields(f"{place}, default.{level}", view, VIEW_FIELDS, "a choice of a view")
        for rule in (*entry.get("exclusion_rules", ()), *entry.get("flag_rules", ())):
            faults += _validate_fields(place, rule, RULE_FIELDS, "a column a rule can name") + (
                _validate_choice(place, rule, "exclusion_reason", EXCLUSION_REASONS)
                if "exclusion_reason" in rule
                else []
            )
        if not faults:
            found[id] = Indicator(
                id=id,
                position=position,
                **{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()},
            )
    ids = _load_toml(root / settings.CATALOGUE / "indicators.toml")
    for id, entry in ids.items():
        named = [*entry.get("related", ()), *entry.get("share_counts", {}).values()]
        faults += [
            f"data/catalogue/indicators.toml, [{id}]: {name!r} is not an indicator of this file."
            for name in named
            if name not in ids
        ]
    for id, topic in subjects.items():
        named = [
            *topic.extra_indicators,
            *(name for level in topic.indicators_by_level.values() for name in level),
        ]
        faults += [
            f"data/catalogue/topics.toml, [{id}]: indicator {name!r} is not in data/catalogue/indicators.toml."
            for name in dict.fromkeys(named)
            if name not in ids
        ]
    if faults:
        raise CatalogueError("\n".join(faults))
    return MappingProxyType(found)


def get_indicator(id: str) -> Indicator:
    """The indicator of this id. Raises KeyError with the id."""
    return load_indicators()[id]


def get_universe(indicator: Indicator, sources: Iterable[str], lang: str) -> str:
    """The population that figures of these sources describe: the indicator's own, except where it names another for the source."""
    return (
        "; ".join(
            dict.fromkeys(indicator.universes.get(source, indicator.universe)[lang] for source in sources)
        )
        or indicator.universe[lang]
    )


@cache
def load_topics(root: Path = settings.DATA) -> MappingProxyType[str, Topic]:
    """The topics by id, in page order. Raises CatalogueError."""
    faults: list[str] = []
    found = {}
    for id, entry in _load_toml(root / settings.CATALOGUE / "topics.toml").items():
        place = f"data/catalogue/topics.toml, [{id}]"
        faults += _validate_texts(place, entry, ("title", "question", "intro")) + _validate_choice(
            place, entry, "default_level", LEVELS
        )
        faults += _validate_fields(place, entry, tuple(Topic.__dataclass_fields__), "a field of a topic")
        faults += [
            f"{place}: indicators_by_level.{level} is missing; write [] where the level has nothing."
            for level in LEVELS
            if not isinstance(entry.get("indicators_by_level", {}).get(level), list)
        ]
        faults += _validate_fields(
            f"{place}, indicators_by_level", entry.get("indicators_by_level", {}), LEVELS, "a level"
        )
        if not faults:
            found[id] = Topic(
                id=id,
                **{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()},
            )
    if faults:
        raise CatalogueError("\n".join(faults))
    return MappingProxyType(found)


@cache
def load_sources(root: Path = settings.DATA) -> MappingProxyType[str, Source]:
    """The source families by id. Raises CatalogueError."""
    faults: list[str] = []
    found = {}
    for id, entry in _load_toml(root / settings.CATALOGUE / "sources.toml").items():
        place = f"data/catalogue/sources.toml, [{id}]"
        faults += _validate_texts(place, entry, ("name", "licence", "note")) + _validate_choice(
            place, entry, "kind", SOURCE_KINDS
        )
        faults += [
            f"{place}: {name} is missing."
            for name in ("publisher", "url", "collected")
            if not entry.get(name)
        ]
        faults += _validate_fields(place, entry, tuple(Source.__dataclass_fields__), "a field of a source")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(entry.get("collected") or "2000-01-01")):
            faults.append(f"{place}: collected {entry['collected']!r} is not a date such as 2026-11-22.")
        if not faults:
            found[id] = Source(id=id, **entry)
    if faults:
        raise CatalogueError("\n".join(faults))
    return MappingProxyType(found)


def _load_toml(path: Path) -> dict:
    try:
        paragraphs = tomllib.loads(path.read_text(encoding="utf-8"))
        loose = [name for name, entry in paragraphs.items() if not isinstance(entry, dict)]
        if loose:
            raise CatalogueError(
                f"data/catalogue/{path.name}: {', '.join(loose)} stands outside any [paragraph]."
            )
        return paragraphs
    except FileNotFoundError:
        raise CatalogueError(
            f"data/catalogue/{path.name} is missing: restore it from the repository."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise CatalogueError(f"data/catalogue/{path.name}: not valid TOML ({fault}).") from None


def _validate_texts(
    place: str, entry: dict, names: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[str]:
    """Faults of the bilingual texts: each must have words in both languages."""
    faults = []
    for name in names + tuple(name for name in optional if name in entry):
        words = entry.get(name)
        faults += [
            f"{place}: {name}.{lang} is missing; write it in both languages."
            for lang in LANGS
            if not isinstance(words, dict) or not str(words.get(lang, "")).strip()
        ]
    return faults


def _validate_fields(place: str, entry: dict, allowed: tuple[str, ...], what: str) -> list[str]:
    unknown = sorted(set(entry) - set(allowed))
    return (
        [f"{place}: {', '.join(unknown)} is not {what}; use some of: {', '.join(allowed)}."]
        if unknown
        else []
    )


def _validate_choice(place: str, entry: dict, name: str, allowed: tuple[str, ...]) -> list[str]:
    value = entry.get(name)
    return (
        []
        if value in allowed
        else [f"{place}: {name} {value!r} is not known; use one of: {', '.join(allowed)}."]
    )
