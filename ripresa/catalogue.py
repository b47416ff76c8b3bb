"""The catalogue: indicators, topics and sources as declared in data/catalogue, validated once and cached."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictFloat,
    ValidationError,
    ValidationInfo,
    with_config,
)
from typing_extensions import TypedDict

from ripresa import settings
from ripresa.settings import LANGS
from ripresa.toml_errors import (
    KnownFields,
    NonBlank,
    Texts,
    check_choice,
    format_errors,
    one_of,
    reject,
)

LEVELS = ("italy", "europe", "world")
UNITS = ("percent", "points", "percent_change", "count", "meur", "keur", "index", "rank")
DESIRED_DIRECTIONS = ("higher", "lower", "neither")
CHART_TYPES = ("map", "dots", "series")
SOURCE_KINDS = ("survey", "self_selected", "register", "accounts", "index", "press")
EXCLUSION_REASONS = ("disputed", "vintage", "subgroup")

Paragraphs = dict[str, dict[str, object]]
Ids = Mapping[str, Iterable[str]]  # context of a validation: the declared sources, topics and indicators


class CatalogueError(ValueError):
    """One sentence per error, with file, place and the values allowed."""


def _check_level(level: str) -> str:
    if level not in LEVELS:
        reject(f"is not a level; use one of: {', '.join(LEVELS)}", "key")
    return level


def _check_all_levels(levels: dict[str, list[str]]) -> dict[str, list[str]]:
    if missing := [f"indicators_by_level.{level}" for level in LEVELS if level not in levels]:
        reject(f"{', '.join(missing)} is missing; write [] where the level has nothing", "sentence")
    return levels


def _check_decimals(value: object) -> object:
    if not isinstance(value, int) or not 0 <= value <= 4:
        reject("is not a whole number from 0 to 4")
    return value


def _check_date(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        reject("is not a date such as 2026-11-22")
    return value


def _check_source(id: str, info: ValidationInfo[Ids]) -> str:
    return check_choice(id, info.context["sources"])


def _check_topic(id: str, info: ValidationInfo[Ids]) -> str:
    return check_choice(id, info.context["topics"])


def _check_indicator(id: str, info: ValidationInfo[Ids]) -> str:
    if id not in info.context["indicators"]:
        reject(f"{id!r} is not an indicator of this file", "sentence")
    return id


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Level = Annotated[str, AfterValidator(_check_level)]
SourceId = Annotated[str, AfterValidator(_check_source)]
IndicatorId = Annotated[str, AfterValidator(_check_indicator)]
Values = Annotated[list[str], BeforeValidator(_as_list)]


@with_config(ConfigDict(extra="forbid"))
class DefaultView(TypedDict, total=False):
    """The choices a page opens with; editions in order of preference."""

    sector: str
    gender: str
    size: str
    period: str
    editions: list[str]
    geo: list[str]
    chart: Annotated[str, one_of(CHART_TYPES)]


@with_config(ConfigDict(extra="forbid"))
class Rule(TypedDict, total=False):
    """Rows of data/raw, by the values of their columns, to exclude or to flag."""

    exclusion_reason: Annotated[str, one_of(EXCLUSION_REASONS)]
    flag: str
    indicator: Values
    geo: Values
    sector: Values
    gender: Values
    size: Values
    period: Values
    edition: Values
    source: Values
    status: Values


class Declaration(BaseModel):
    """One paragraph of a file of the catalogue. Texts are mappings from language to sentence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    noun: ClassVar[str]
    tables: ClassVar[KnownFields] = {}  # the fields of nested tables

    id: str
    position: int  # in its file

    def __hash__(self) -> int:
        return hash(self.id)


class Indicator(Declaration):
    """One paragraph of indicators.toml."""

    noun = "an indicator"
    tables = {
        "default": ("a choice of a view", DefaultView.__annotations__),
        "exclusion_rules": ("a column a rule can name", Rule.__annotations__),
        "flag_rules": ("a column a rule can name", Rule.__annotations__),
    }

    topic: Annotated[str, AfterValidator(_check_topic)]
    label: Texts
    short: Texts
    description: Texts
    universe: Texts
    unit: Annotated[str, one_of(UNITS)]
    decimals: Annotated[int, BeforeValidator(_check_decimals)]
    desired_direction: Annotated[str, one_of(DESIRED_DIRECTIONS)]
    source: SourceId
    chart: Annotated[str, one_of(CHART_TYPES)]
    breaks: tuple[str, ...] = ()
    source_priority: tuple[str, ...] = ()
    related: tuple[IndicatorId, ...] = ()
    accepted_units: tuple[str, ...] = ()
    note: Texts = dict.fromkeys(LANGS, "")
    note_sources: tuple[SourceId, ...] = ()  # the note is for their observations; none: for all
    default: dict[Level, DefaultView] = {}
    exclusion_rules: tuple[Rule, ...] = ()
    flag_rules: tuple[Rule, ...] = ()
    share_counts: dict[str, IndicatorId] = {}
    range: tuple[StrictFloat, StrictFloat] | None = None
    universes: dict[SourceId, Texts] = {}

    def get_default_view(self, level: str) -> DefaultView:
        """All choices of the default view of a level."""
        choices: DefaultView = {
            "sector": "all",
            "gender": "all",
            "size": "all",
            "period": "latest",
            "editions": [],
            "geo": [],
            "chart": self.chart,
        }
        return choices | self.default.get(level, {})


class Topic(Declaration):
    """One paragraph of topics.toml: a page's question and the indicators of each level, in order."""

    noun = "a topic"

    title: Texts
    question: Texts
    intro: Texts
    default_level: Annotated[str, one_of(LEVELS)]
    indicators_by_level: Annotated[dict[Level, list[str]], AfterValidator(_check_all_levels)]
    extra_indicators: tuple[str, ...] = ()


class Source(Declaration):
    """One paragraph of sources.toml: a publisher's family of observations."""

    noun = "a source"

    name: Texts
    publisher: NonBlank
    kind: Annotated[str, one_of(SOURCE_KINDS)]
    licence: Texts
    url: NonBlank
    collected: Annotated[NonBlank, AfterValidator(_check_date)]
    note: Texts


D = TypeVar("D", bound=Declaration)


@cache
def load_indicators(root: Path = settings.DATA) -> MappingProxyType[str, Indicator]:
    """All indicators by id, in catalogue order. Raises CatalogueError with every error."""
    paragraphs = _load_toml(root / settings.CATALOGUE / "indicators.toml")
    topics = load_topics(root)
    ids = {"sources": load_sources(root), "topics": topics, "indicators": paragraphs}
    errors = [
        f"data/catalogue/topics.toml, [{topic.id}]: indicator {id!r} is not in "
        "data/catalogue/indicators.toml."
        for topic in topics.values()
        for id in dict.fromkeys([*topic.extra_indicators, *chain(*topic.indicators_by_level.values())])
        if id not in paragraphs
    ]
    return _validate_paragraphs("indicators", paragraphs, Indicator, ids, errors)


def get_indicator(id: str) -> Indicator:
    """The indicator of this id. Raises KeyError with the id."""
    return load_indicators()[id]


def get_universe(indicator: Indicator, sources: Iterable[str], lang: str) -> str:
    """The population that observations of these sources describe, each source's own where it is declared."""
    universes = [indicator.universes.get(source, indicator.universe)[lang] for source in sources]
    return "; ".join(dict.fromkeys(universes)) or indicator.universe[lang]


@cache
def load_topics(root: Path = settings.DATA) -> MappingProxyType[str, Topic]:
    """The topics by id, in page order. Raises CatalogueError."""
    return _validate_paragraphs("topics", _load_toml(root / settings.CATALOGUE / "topics.toml"), Topic)


@cache
def load_sources(root: Path = settings.DATA) -> MappingProxyType[str, Source]:
    """The sources by id. Raises CatalogueError."""
    return _validate_paragraphs("sources", _load_toml(root / settings.CATALOGUE / "sources.toml"), Source)


def _validate_paragraphs(
    name: str, paragraphs: Paragraphs, model: type[D], ids: Ids | None = None, errors: Iterable[str] = ()
) -> MappingProxyType[str, D]:
    """The declarations of data/catalogue/<name>.toml by id. Raises CatalogueError, with `errors` first."""
    declarations, sentences = {}, list(errors)
    known_fields = {"": (f"a field of {model.noun}", model.__annotations__), **model.tables}
    for position, (id, paragraph) in enumerate(paragraphs.items()):
        place = f"data/catalogue/{name}.toml, [{id}]"
        for field in sorted({"id", "position"} & paragraph.keys()):
            sentences.append(f"{place}: {field} is given by the place in the file; remove it.")
        try:
            declarations[id] = model.model_validate(
                {**paragraph, "id": id, "position": position}, context=ids
            )
        except ValidationError as error:
            sentences += format_errors(error, place, known_fields)
    if sentences:
        raise CatalogueError("\n".join(sentences))
    return MappingProxyType(declarations)


def _load_toml(path: Path) -> Paragraphs:
    """The paragraphs of a file by id."""
    place = f"data/catalogue/{path.name}"
    try:
        paragraphs = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogueError(f"{place} is missing: restore it from the repository.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{place}: not valid TOML ({error}).") from None
    if loose := [name for name, entry in paragraphs.items() if not isinstance(entry, dict)]:
        raise CatalogueError(f"{place}: {', '.join(loose)} stands outside any [paragraph].")
    return paragraphs
