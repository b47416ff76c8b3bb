"""What a visitor chose, and what is shown for it: Filters is the wish as it stands in an address, View the choice that has data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from ripresa import catalogue, i18n
from ripresa.catalogue import LEVELS, Indicator, Topic
from ripresa.database.query import get_data_version, run_query
from ripresa.settings import LANGS

MAX_AREAS = 12
COVERAGE_LEVELS = {
    "italy": ("italy", "italy_total", "macro"),
    "europe": ("europe", "other"),
    "world": ("world", "other"),
}
REFERENCE_GROUPS = {
    "italy": (),
    "europe": ("EU27_2020",),
    "world": ("WORLD", "OECD"),
}  # groups drawn beside the areas of a level, asked for or not
MAP_LEVELS = {"italy": "italy", "europe": "europe", "world": "world"}

Notice = tuple[str, tuple[tuple[str, str], ...]]  # key of strings.toml, and its values


@dataclass(frozen=True)
class Filters:
    """The filters as an address holds them, in codes; empty means the page's default. Lists repeat the name."""

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
        """Reads any address and never raises: what is not known, or is one area too many, is dropped and listed in dropped."""
        known = _get_valid_codes()
        chosen: dict[str, object] = {"lang": lang}
        dropped = []
        for name in URL_PARAMETERS:
            said = _parse_values(parameters.get(name))
            good = [value for value in said if value in known[name]]
            areas = tuple(dict.fromkeys(good)) if name == "geo" else ()
            dropped += [
                f"{name}={value[:40]}"
                for value in (*(value for value in said if value not in known[name]), *areas[MAX_AREAS:])
            ]
            if name == "geo":
                chosen[name] = areas[:MAX_AREAS]
            elif good:
                chosen[name] = good[-1]
        return cls(**chosen, invalid_parameters=tuple(dropped))

    def to_url_parameters(self) -> dict[str, list[str]]:
        """The parameters that are not defaults, in a fixed order; the language always."""
        said = {
            name: list(getattr(self, name)) if name == "geo" else [getattr(self, name)]
            for name in URL_PARAMETERS
        }
        return {name: values for name, values in said.items() if values and values != [""]}


URL_PARAMETERS = tuple(field.name for field in fields(Filters) if field.name != "invalid_parameters")


@dataclass(frozen=True)
class View:
    """What a figure shows: every choice real, with the reasons where it is not the one asked for."""

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
        """The parameters every question about this view shares."""
        return {
            "indicator": self.indicator.id,
            "sector": self.sector,
            "gender": self.gender,
            "size": self.size,
        }

    @property
    def query_parameters(self) -> dict[str, object]:
        """The cut at the view's period and editions, with level and language."""
        return self.breakdown | {
            "period": self.period,
            "editions": self.editions,
            "level": self.level,
            "lang": self.lang,
        }


@dataclass(frozen=True)
class Option:
    """One choice of a selector: unavailable ones say why."""

    code: str
    label: str
    available: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Options:
    """The choices of every selector for a view, in reading order."""

    indicators: tuple[Option, ...]
    levels: tuple[Option, ...]
    areas: tuple[Option, ...]
    sectors: tuple[Option, ...]
    genders: tuple[Option, ...]
    sizes: tuple[Option, ...]
    periods: tuple[Option, ...]


def resolve_view(filters: Filters, topic: str) -> View:
    """The view of a topic for these filters. A choice without data gives way to the default, and notes say so."""
    subject = catalogue.load_topics()[topic]
    lang = filters.lang
    notes: list[Notice] = []
    level = (
        filters.level if subject.indicators_by_level.get(filters.level) else _choose_level(filters, subject)
    )
    offered = get_available_indicators(subject, level)
    indicator = catalogue.get_indicator(filters.indicator if filters.indicator in offered else offered[0])
    if (
        filters.indicator
        and filters.indicator not in offered
        and filters.indicator in get_available_indicators(subject)
    ):
        notes.append(
            _build_notice(
                "note_indicator",
                wanted=catalogue.get_indicator(filters.indicator).short[lang],
                level=i18n.t(f"level_{level}", lang),
                shown=indicator.short[lang],
            )
        )
    opening = indicator.get_default_view(level)
    covered = get_coverage(indicator.id, level, opening["chart"])
    sector = _choose_code("sector", filters.sector, opening["sector"], covered, lang, notes)
    covered = [row for row in covered if row["sector"] == sector]
    gender = _choose_code("gender", filters.gender, opening["gender"], covered, lang, notes)
    covered = [row for row in covered if row["gender"] == gender]
    size = _choose_code("size", filters.size, opening["size"], covered, lang, notes)
    covered = [row for row in covered if row["size"] == size]
    preferred = [
        edition for edition in opening["editions"] if any(row["edition"] == edition for row in covered)
    ]
    period = _choose_period(filters.period, opening["period"], covered, preferred, lang, notes)
    at_period = [row for row in covered if period == "latest" or row["period"] == period]
    editions = [edition for edition in preferred if any(row["edition"] == edition for row in at_period)]
    editions = (
        editions
        or list(dict.fromkeys(row["edition"] for row in sorted(at_period, key=lambda row: -row["areas"])))[:1]
    )
    editions += [
        edition for edition in opening["editions"] if edition not in editions and len(opening["editions"]) > 1
    ]
    geo = _choose_areas(filters.geo, opening["geo"], level, opening["chart"], lang, notes)
    if opening["chart"] == "series":
        geo = _choose_series_areas(
            geo,
            opening["geo"],
            level,
            {"indicator": indicator.id, "sector": sector, "gender": gender, "size": size},
            lang,
            notes,
        )
    return View(
        lang,
        topic,
        level,
        indicator,
        geo,
        sector,
        gender,
        size,
        period,
        tuple(editions),
        opening["chart"],
        tuple(dict.fromkeys(notes)),
    )


def build_options(view: View, for_all_periods: bool = False) -> Options:
    """What each selector of this view offers; choices of the topic that have no data here stay, with the reason. listed: for a table of all periods, none of which is chosen."""
    lang, subject = view.lang, catalogue.load_topics()[view.topic]
    here = get_available_indicators(subject, view.level)
    covered = get_coverage(view.indicator.id, view.level, view.chart)
    names = get_labels(lang)
    sector_rows = [row for row in covered if row["sector"] == view.sector]
    gender_rows = [row for row in sector_rows if row["gender"] == view.gender]
    size_rows = [row for row in gender_rows if row["size"] == view.size]
    level_name = i18n.t(f"level_{view.level}", lang)

    def some(kind: str, rows: list[dict], always: tuple[str, ...] = ()) -> tuple[Option, ...]:
        have = {row[kind] for row in rows}
        reason = i18n.t("reason_no_data", lang, indicator=view.indicator.short[lang], level=level_name)
        offered = [
            Option(code, name, code in have, "" if code in have else reason)
            for (listed, code), name in names.items()
            if listed == kind and (code in have or code in always)
        ]
        return tuple(
            sorted(offered, key=lambda option: not option.available)
        )  # what has data first, each part in reading order

    indicators = [
        Option(
            id,
            catalogue.get_indicator(id).label[lang],
            id in here,
            "" if id in here else i18n.t("reason_level", lang, level=level_name),
        )
        for id in dict.fromkeys([*here, *get_available_indicators(subject)])
    ]
    levels = [
        Option(
            level,
            i18n.t(f"level_{level}", lang),
            bool(subject.indicators_by_level.get(level)),
            "" if subject.indicators_by_level.get(level) else i18n.t("reason_topic", lang),
        )
        for level in LEVELS
    ]
    with_data = (
        {row["geo"] for row in _get_series_areas(view)}
        if for_all_periods or view.chart == "series"
        else set(run_query("map", **view.query_parameters)["geo"])
    )
    reason = i18n.t("reason_area", lang)
    areas = [
        Option(row.code, row.name, row.code in with_data, "" if row.code in with_data else reason)
        for row in run_query("areas", level=view.level, lang=lang).itertuples()
    ]
    periods = {
        row["period"]: row["period_start"]
        for row in size_rows
        if is_shown_at_level(row, view.level, view.chart)
    }
    ordered = sorted(periods, key=lambda period: (periods[period], period), reverse=True)
    latest = (
        [Option("latest", i18n.format_period("latest", lang))]
        if view.indicator.get_default_view(view.level)["period"] == "latest"
        else []
    )
    return Options(
        tuple(indicators),
        tuple(levels),
        tuple(areas),
        some("sector", covered, ALWAYS_LISTED_SECTORS),
        some("gender", sector_rows),
        some("size", gender_rows),
        ()
        if for_all_periods
        else (*latest, *(Option(period, i18n.format_period(period, lang)) for period in ordered)),
    )


def get_values_of_all_periods(view: View, run_query: Callable = run_query) -> tuple[float, ...]:
    """The values of the level's areas in every period of the view's editions: the classes of a map stay when the year changes.

    None for a change since a year: it piles up, and classes that hold 2024 would show 2020 in one shade."""
    if view.indicator.unit == "percent_change":
        return ()
    table = run_query("table", **view.breakdown, level=view.level, geos=(), lang=view.lang)
    own = {"italy": ("area", "joined")}.get(view.level, ("country",))
    return tuple(table[table["level"].isin(own) & table["edition"].isin(view.editions)]["value"])


ALWAYS_LISTED_SECTORS = ("all", *"BCDEFGHIJLMN")


def get_available_indicators(topic: Topic, level: str = "") -> list[str]:
    """Indicators a topic offers at a level, the first open; without a level, all of them."""
    if not level:
        return list(
            dict.fromkeys(
                [*(id for here in topic.indicators_by_level.values() for id in here), *topic.extra_indicators]
            )
        )
    more = [id for id in topic.extra_indicators if level in catalogue.get_indicator(id).default]
    return [*topic.indicators_by_level[level], *more]


def _choose_level(filters: Filters, topic: Topic) -> str:
    """The level of a topic where none is asked for: that of the areas asked for if the topic has it, else the topic's own."""
    levels = get_area_levels()
    places = {levels[code] for code in filters.geo}
    if "country" in places:
        europe = set(run_query("areas", level="europe", lang="en")["code"])
        wanted = (
            "europe" if all(code in europe or levels[code] != "country" for code in filters.geo) else "world"
        )
        if (
            topic.default_level == "italy"
            and set(filters.geo) != {"ITA"}
            and topic.indicators_by_level.get(wanted)
        ):
            return wanted
        if wanted == "world" and topic.indicators_by_level.get("world"):
            return "world"
    return topic.default_level


def _choose_code(
    kind: str, wanted: str, default: str, covered: list[dict], lang: str, notes: list[Notice]
) -> str:
    have = {row[kind] for row in covered}
    if wanted in have:
        return wanted
    chosen = default if default in have else "all" if "all" in have else min(have)
    if wanted:
        names = get_labels(lang)
        notes.append(_build_notice(f"note_{kind}", wanted=names[kind, wanted], shown=names[kind, chosen]))
    return chosen


def _choose_period(
    wanted: str, default: str, covered: list[dict], preferred: list[str], lang: str, notes: list[Notice]
) -> str:
    have = {row["period"] for row in covered}
    if wanted in have or (wanted == "latest" and default == "latest"):
        return wanted
    if default in have or default == "latest":
        chosen = default
    else:
        newest = [row for row in covered if row["edition"] in preferred] or covered
        chosen = max(newest, key=lambda row: (row["period_start"], row["period"]))["period"]
    if wanted:
        notes.append(
            _build_notice(
                "note_period", wanted=i18n.format_period(wanted, lang), shown=i18n.format_period(chosen, lang)
            )
        )
    return chosen


def _choose_areas(
    wanted: tuple[str, ...], default: list[str], level: str, chart: str, lang: str, notes: list[Notice]
) -> tuple[str, ...]:
    """The areas to highlight: those of the level, on a line and among dots the groups beside them too; an Italian area becomes Italy where only countries are drawn."""
    places, levels = set(run_query("areas", level=level, lang=lang)["code"]), get_area_levels()
    here = [
        code
        for code in wanted
        if code in places
        or (level == "italy" and (levels[code] == "macro" or code == "ITA"))
        or (chart != "map" and code in REFERENCE_GROUPS[level])
    ]
    elsewhere = [code for code in wanted if code not in here]
    inside = [code for code in elsewhere if levels[code] in ("area", "macro", "joined") and level != "italy"]
    if inside:
        here.append("ITA")
        notes.append(
            _build_notice(
                "note_region_in_country",
                wanted=i18n.format_items([get_area_names(lang)[code] for code in inside], lang),
            )
        )
    outside = [code for code in elsewhere if code not in inside and code not in REFERENCE_GROUPS[level]]
    if outside:
        notes.append(
            _build_notice(
                "note_area_elsewhere",
                wanted=i18n.format_items([get_area_names(lang)[code] for code in outside], lang),
                level=i18n.t(f"level_{level}", lang),
            )
        )
    return tuple(dict.fromkeys(here)) or tuple(default)


def _choose_series_areas(
    wanted: tuple[str, ...], default: list[str], level: str, cut: dict, lang: str, notes: list[Notice]
) -> tuple[str, ...]:
    """The areas of a series that have figures; where none of those wanted has, the default, else all that have."""
    have = set(run_query("trend", **cut, geos=(*wanted, *default), lang=lang)["geo"])
    every = (
        () if have else run_query("table", **cut, geos=(), level=level, lang=lang)["geo"].drop_duplicates()
    )
    shown = (
        tuple(code for code in wanted if code in have)
        or tuple(code for code in default if code in have)
        or tuple(every)[:MAX_AREAS]
    )
    without = [code for code in wanted if code not in shown]
    if without and tuple(wanted) != tuple(default):
        names = get_area_names(lang)
        notes.append(
            _build_notice(
                "note_area_no_data",
                wanted=i18n.format_items([names[code] for code in without], lang),
                shown=i18n.format_items([names[code] for code in shown], lang),
            )
        )
    return shown


def get_coverage(indicator: str, level: str, chart: str) -> list[dict]:
    """Coverage of an indicator at a level. A map is offered only what its own areas have."""
    rows = [
        row
        for row in _load_coverage(get_data_version()).get(indicator, ())
        if row["level"] in COVERAGE_LEVELS[level]
    ]
    return [row for row in rows if is_shown_at_level(row, level, chart)] or rows


def is_shown_at_level(row: dict, level: str, chart: str) -> bool:
    return chart == "series" or row["level"] == MAP_LEVELS[level]


def _get_series_areas(view: View) -> list[dict]:
    table = run_query("table", **view.breakdown, level=view.level, geos=(), lang=view.lang)
    return table[["geo"]].drop_duplicates().to_dict("records")


def _build_notice(key: str, **values: str) -> Notice:
    return key, tuple(values.items())


def _parse_values(value: object) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return [text.strip() for text in map(str, values) if text.strip()]


def _get_valid_codes() -> dict[str, set[str]]:
    return _load_valid_codes(get_data_version())


@lru_cache(maxsize=4)
def _load_valid_codes(version: str) -> dict[str, set[str]]:
    lists = {
        kind: {code for listed, code in get_labels("en") if listed == kind}
        for kind in ("sector", "gender", "size")
    }
    periods = {row["period"] for rows in _load_coverage(version).values() for row in rows}
    return lists | {
        "lang": set(LANGS),
        "level": set(LEVELS),
        "geo": set(get_area_levels()),
        "indicator": set(catalogue.load_indicators()),
        "period": periods | {"latest"},
    }


@lru_cache(maxsize=4)
def _load_coverage(version: str) -> dict[str, tuple[dict, ...]]:
    return {
        indicator: tuple(rows.to_dict("records"))
        for indicator, rows in run_query("coverage").groupby("indicator")
    }


def get_labels(lang: str) -> dict[tuple[str, str], str]:
    return _load_labels(get_data_version(), lang)


@lru_cache(maxsize=8)
def _load_labels(version: str, lang: str) -> dict[tuple[str, str], str]:
    return {(row.kind, row.code): row.name for row in run_query("labels", lang=lang).itertuples()}


def get_area_levels() -> dict[str, str]:
    return _load_area_levels(get_data_version())


@lru_cache(maxsize=4)
def _load_area_levels(version: str) -> dict[str, str]:
    return {row.code: row.level for row in run_query("areas", level="any", lang="en").itertuples()}


def get_area_names(lang: str) -> dict[str, str]:
    return _load_area_names(get_data_version(), lang)


@lru_cache(maxsize=8)
def _load_area_names(version: str, lang: str) -> dict[str, str]:
    return {row.code: row.name for row in run_query("areas", level="any", lang=lang).itertuples()}
