"""Filters are a visitor's choices as a URL has them; a View is the nearest choice that has data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import pandas as pd

from ripresa import catalogue, i18n
from ripresa.catalogue import LEVELS, Indicator, Topic
from ripresa.coverage import (
    BREAKDOWNS,
    Breakdown,
    CoverageRow,
    get_area_levels,
    get_area_names,
    get_coverage,
    get_labels,
    load_coverage,
)
from ripresa.database.query import cache_per_data_version, run_query
from ripresa.settings import LANGS

MAX_AREAS = 12
REFERENCE_GROUPS = {  # groups of countries charted with the areas of a level, selected or not
    "italy": (),
    "europe": ("EU27_2020",),
    "world": ("WORLD", "OECD"),
}

Notice = tuple[str, tuple[tuple[str, str], ...]]  # key of a translated sentence, and its values


@dataclass(frozen=True)
class Filters:
    """The filters of a URL, as codes; empty means the page's default. A repeated parameter is a list."""

    lang: str = "it"
    level: str = ""
    geo: tuple[str, ...] = ()
    indicator: str = ""
    sector: str = ""
    gender: str = ""
    size: str = ""
    period: str = ""
    invalid_parameters: tuple[str, ...] = ()

    @classmethod
    def from_url_parameters(cls, parameters: Mapping[str, object], lang: str = "it") -> "Filters":
        """Parses any URL and never raises: unknown codes and excess areas end in invalid_parameters."""
        valid_codes = _load_valid_codes()
        chosen: dict[str, str] = {}
        areas: tuple[str, ...] = ()
        invalid: list[str] = []
        for name in URL_PARAMETERS:
            values = _parse_values(parameters.get(name))
            valid = [value for value in values if value in valid_codes[name]]
            rejected = [value for value in values if value not in valid_codes[name]]
            if name == "geo":
                areas = tuple(dict.fromkeys(valid))
                rejected += areas[MAX_AREAS:]
            elif valid:
                chosen[name] = valid[-1]
            invalid += [f"{name}={value[:40]}" for value in rejected]
        return cls(
            lang=chosen.get("lang", lang),
            level=chosen.get("level", ""),
            geo=areas[:MAX_AREAS],
            indicator=chosen.get("indicator", ""),
            sector=chosen.get("sector", ""),
            gender=chosen.get("gender", ""),
            size=chosen.get("size", ""),
            period=chosen.get("period", ""),
            invalid_parameters=tuple(invalid),
        )

    def to_url_parameters(self) -> dict[str, list[str]]:
        """The parameters that are not defaults, in a fixed order; the language always."""
        values = {name: getattr(self, name) for name in URL_PARAMETERS}
        return {name: list(value) if name == "geo" else [value] for name, value in values.items() if value}


URL_PARAMETERS = tuple(field.name for field in fields(Filters) if field.name != "invalid_parameters")


@dataclass(frozen=True)
class View:
    """What a figure shows: a combination that has data, with notices where it differs from the filters."""

    lang: str
    topic: str
    level: str
    indicator: Indicator
    geo: tuple[str, ...]
    sector: str
    gender: str
    size: str
    period: str
    editions: tuple[str, ...]
    chart: str
    notices: tuple[Notice, ...] = ()
    page: str = ""  # where it is not its topic's

    @property
    def edition(self) -> str:
        """The preferred edition."""
        return self.editions[0]

    @property
    def breakdown(self) -> dict[str, object]:
        """The parameters that every query of this view shares."""
        return {
            "indicator": self.indicator.id,
            "sector": self.sector,
            "gender": self.gender,
            "size": self.size,
        }

    @property
    def query_parameters(self) -> dict[str, object]:
        """The breakdown with the view's period, editions, level and language."""
        return self.breakdown | {
            "period": self.period,
            "editions": self.editions,
            "level": self.level,
            "lang": self.lang,
        }


def resolve_view(filters: Filters, topic: str) -> View:
    """The view of a topic for these filters: a choice without data becomes the default, with a notice."""
    return _ViewResolver(filters, catalogue.load_topics()[topic]).resolve()


def get_available_indicators(topic: Topic, level: str = "") -> list[str]:
    """Indicators of a topic at a level, its default first; without a level, all of them."""
    if not level:
        listed = [id for ids in topic.indicators_by_level.values() for id in ids]
        return list(dict.fromkeys([*listed, *topic.extra_indicators]))
    extra = [id for id in topic.extra_indicators if level in catalogue.get_indicator(id).default]
    return [*topic.indicators_by_level[level], *extra]


def get_values_of_all_periods(
    view: View, run_query: Callable[..., pd.DataFrame] = run_query
) -> tuple[float, ...]:
    """Values of the level's areas in every period of the view's editions: map classes equal in every year.

    Empty for a cumulative change since a year: classes that fit 2024 would show 2020 in one shade.
    """
    if view.indicator.unit == "percent_change":
        return ()
    table = run_query("table", **view.breakdown, level=view.level, geos=(), lang=view.lang)
    levels = {"italy": ("area", "joined")}.get(view.level, ("country",))
    return tuple(table[table["level"].isin(levels) & table["edition"].isin(view.editions)]["value"])


class _ViewResolver:
    """Chooses each part of a view in turn and collects a notice for every filter that is replaced."""

    def __init__(self, filters: Filters, topic: Topic) -> None:
        self.filters, self.topic, self.lang = filters, topic, filters.lang
        self.notices: list[Notice] = []
        has_level = topic.indicators_by_level.get(filters.level)
        self.level = filters.level if has_level else _choose_level(filters, topic)
        self.indicator = self._choose_indicator()
        self.default = self.indicator.get_default_view(self.level)

    def resolve(self) -> View:
        coverage = get_coverage(self.indicator.id, self.level, self.default["chart"])
        codes: dict[str, str] = {}
        for kind in BREAKDOWNS:
            codes[kind] = self._choose_code(kind, coverage)
            coverage = [row for row in coverage if row[kind] == codes[kind]]
        period = self._choose_period(coverage)
        geo = self._choose_areas()
        if self.default["chart"] == "series":
            geo = self._choose_series_areas(geo, {"indicator": self.indicator.id, **codes})
        return View(
            lang=self.lang,
            topic=self.topic.id,
            level=self.level,
            indicator=self.indicator,
            geo=geo,
            sector=codes["sector"],
            gender=codes["gender"],
            size=codes["size"],
            period=period,
            editions=self._choose_editions(period, coverage),
            chart=self.default["chart"],
            notices=tuple(dict.fromkeys(self.notices)),
        )

    def _add_notice(self, key: str, **values: str) -> None:
        self.notices.append((key, tuple(values.items())))

    def _choose_indicator(self) -> Indicator:
        available, wanted = get_available_indicators(self.topic, self.level), self.filters.indicator
        if wanted in available:
            return catalogue.get_indicator(wanted)
        indicator = catalogue.get_indicator(available[0])
        if wanted in get_available_indicators(self.topic):
            self._add_notice(
                "note_indicator",
                wanted=catalogue.get_indicator(wanted).short[self.lang],
                level=i18n.t(f"level_{self.level}", self.lang),
                shown=indicator.short[self.lang],
            )
        return indicator

    def _choose_code(self, kind: Breakdown, coverage: Sequence[CoverageRow]) -> str:
        """The code of the filters, else the default, else the total, else any that has data."""
        available = {row[kind] for row in coverage}
        wanted: str = getattr(self.filters, kind)
        if wanted in available:
            return wanted
        chosen = next(code for code in (self.default[kind], "all", min(available)) if code in available)
        if wanted:
            names = get_labels(self.lang)
            self._add_notice(f"note_{kind}", wanted=names[kind, wanted], shown=names[kind, chosen])
        return chosen

    def _choose_period(self, coverage: Sequence[CoverageRow]) -> str:
        """The period of the filters, else the default, else the newest of the preferred editions."""
        available = {row["period"] for row in coverage}
        wanted, default = self.filters.period, self.default["period"]
        if wanted in available or wanted == default == "latest":
            return wanted
        if default in available or default == "latest":
            chosen = default
        else:
            preferred = [row for row in coverage if row["edition"] in self.default["editions"]] or coverage
            chosen = max(preferred, key=lambda row: (row["period_start"], row["period"]))["period"]
        if wanted:
            self._add_notice(
                "note_period",
                wanted=i18n.format_period(wanted, self.lang),
                shown=i18n.format_period(chosen, self.lang),
            )
        return chosen

    def _choose_editions(self, period: str, coverage: Sequence[CoverageRow]) -> tuple[str, ...]:
        """Editions in order of preference: those with data in the period, then the other declared ones."""
        at_period = [row for row in coverage if period == "latest" or row["period"] == period]
        available = [row["edition"] for row in sorted(at_period, key=lambda row: -row["areas"])]
        declared = self.default["editions"]
        editions = [edition for edition in declared if edition in available] or available[:1]
        if len(declared) > 1:
            editions += [edition for edition in declared if edition not in editions]
        return tuple(editions)

    def _choose_areas(self) -> tuple[str, ...]:
        """The areas to highlight: those of the level and, except on a map, its reference groups.

        An Italian region is replaced by Italy where only countries are charted.
        """
        wanted, levels, names = self.filters.geo, get_area_levels(), get_area_names(self.lang)
        level_areas = set(run_query("areas", level=self.level, lang=self.lang)["code"])
        if self.level == "italy":
            level_areas |= {"ITA"} | {code for code in wanted if levels[code] == "macro"}
        groups = REFERENCE_GROUPS[self.level]
        has_groups = self.default["chart"] != "map"
        chosen = [code for code in wanted if code in level_areas or (has_groups and code in groups)]
        others = [code for code in wanted if code not in chosen]
        regions = [
            code for code in others if levels[code] in ("area", "macro", "joined") and self.level != "italy"
        ]
        if regions:
            chosen.append("ITA")
            items = i18n.format_items([names[code] for code in regions], self.lang)
            self._add_notice("note_region_in_country", wanted=items)
        outside = [code for code in others if code not in regions and code not in groups]
        if outside:
            items = i18n.format_items([names[code] for code in outside], self.lang)
            level = i18n.t(f"level_{self.level}", self.lang)
            self._add_notice("note_area_elsewhere", wanted=items, level=level)
        return tuple(dict.fromkeys(chosen)) or tuple(self.default["geo"])

    def _choose_series_areas(
        self, wanted: tuple[str, ...], breakdown: Mapping[str, object]
    ) -> tuple[str, ...]:
        """The areas of a series that have data: the wanted ones, else the default ones, else all."""
        default = tuple(self.default["geo"])
        available = set(run_query("trend", **breakdown, geos=(*wanted, *default), lang=self.lang)["geo"])
        chosen = tuple(code for code in wanted if code in available) or tuple(
            code for code in default if code in available
        )
        if not chosen:
            table = run_query("table", **breakdown, geos=(), level=self.level, lang=self.lang)
            chosen = tuple(table["geo"].drop_duplicates())[:MAX_AREAS]
        without = [code for code in wanted if code not in chosen]
        if without and wanted != default:
            names = get_area_names(self.lang)
            self._add_notice(
                "note_area_no_data",
                wanted=i18n.format_items([names[code] for code in without], self.lang),
                shown=i18n.format_items([names[code] for code in chosen], self.lang),
            )
        return chosen


def _choose_level(filters: Filters, topic: Topic) -> str:
    """The level for filters without one: that of the chosen areas if the topic has it, else the default."""
    levels = get_area_levels()
    countries = {code for code in filters.geo if levels[code] == "country"}
    if not countries:
        return topic.default_level
    in_europe = countries <= set(run_query("areas", level="europe", lang="en")["code"])
    wanted = "europe" if in_europe else "world"
    is_italy_alone = set(filters.geo) == {"ITA"}
    if not topic.indicators_by_level.get(wanted):
        return topic.default_level
    if wanted == "world" or (topic.default_level == "italy" and not is_italy_alone):
        return wanted
    return topic.default_level


def _parse_values(value: object) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return [text.strip() for text in map(str, values) if text.strip()]


@cache_per_data_version
def _load_valid_codes() -> dict[str, set[str]]:
    """The codes that each URL parameter accepts."""
    codes: dict[str, set[str]] = {
        kind: {code for label_kind, code in get_labels("en") if label_kind == kind} for kind in BREAKDOWNS
    }
    return codes | {
        "lang": set(LANGS),
        "level": set(LEVELS),
        "geo": set(get_area_levels()),
        "indicator": set(catalogue.load_indicators()),
        "period": {row["period"] for rows in load_coverage().values() for row in rows} | {"latest"},
    }
