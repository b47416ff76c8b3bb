"""The profile of an area: one entry per indicator, with its benchmarks, for the profile page and the sheet.

No Streamlit here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import cast

import pandas as pd

from ripresa import catalogue
from ripresa.catalogue import DefaultView, Indicator
from ripresa.database.query import get_data_version, run_query
from ripresa.narrative.benchmark import MIN_STRIP_PLOT_AREAS, UNITS_WITHOUT_BENCHMARK, get_source_kind
from ripresa.observations.rows import (
    AMOUNT_UNITS,
    Row,
    get_decimal_year,
    has_several,
    to_records,
    with_values,
)

# Kinds of sources that are compared at the period the catalogue opens on (2020).
OPENING_YEAR_SOURCE_KINDS = ("accounts", "self_selected")
# Indicators that repeat another one: gva_change_vs_2019 compares with Italy already.
REDUNDANT_INDICATORS = ("gva_points_vs_italy",)
# Levels of the catalogue's default views that apply to an area of each profile level, the best match first.
VIEW_LEVELS = {
    "area": ("italy", "europe"),
    "macro": ("italy",),
    "italy": ("europe", "italy", "world"),
    "europe": ("europe", "world"),
    "world": ("world", "europe"),
}
CONTEXT_TOPICS = ("context",)  # topics that help to read the others and have no page
EDITION_RANK_OF_UNLISTED = 99  # editions that no default view names come after those that one names

Breakdown = tuple[str, str, str]  # sector, gender, size


@dataclass(frozen=True)
class ProfileEntry:
    """One indicator of an area.

    row: the observation shown; history: the same breakdown over time, in every edition;
    history_with_benchmarks: the same with the benchmark areas; benchmarks: the benchmark areas at the row's
    period and edition; peers: the areas of its level at that period, where they are many; recovery: a row
    of queries/profile_recovery.sql; has_all_peers: whether every area of the level is among the peers.
    """

    indicator: Indicator
    row: Row
    history: tuple[Row, ...]
    history_with_benchmarks: tuple[Row, ...]
    benchmarks: tuple[Row, ...]
    peers: tuple[Row, ...]
    recovery: Row | None
    has_all_peers: bool = False

    @property
    def edition_name(self) -> str:
        """The name of the row's edition where the history has several, else ""."""
        return get_edition_name(self.row, self.history_with_benchmarks)

    @property
    def latest(self) -> Row:
        """The newest observation, which may differ from the one shown."""
        return max(
            self.history, key=lambda row: (*get_recency_key(row), row["edition"] == self.row["edition"])
        )

    @property
    def at_opening_year(self) -> "ProfileEntry | None":
        """The entry in the year the catalogue opens on (2020), with the benchmarks of that year.

        Only for accounts, whose row is the newest; None for all else and where both are the same row.
        """
        if get_source_kind(self.row) != "accounts" or self.indicator.unit in UNITS_WITHOUT_BENCHMARK:
            return None
        periods = {self.indicator.get_default_view(level)["period"] for level in self.indicator.default}
        for row in self.history:
            if row["period"] in periods and row["edition"] == self.row["edition"]:
                break
        else:
            return None
        if row is self.row:
            return None
        return replace(
            self, row=row, benchmarks=select_same_period(row, self.history_with_benchmarks), peers=()
        )


@dataclass(frozen=True)
class AreaProfile:
    """An area with its entries by topic, in catalogue order.

    missing: indicators that other areas of its level have; country_only: those published for the country
    only; sources: ids of the sources of the entries and their benchmarks.
    """

    geo: str
    name: str
    level: str
    parent: str
    lang: str
    entries: dict[str, tuple[ProfileEntry, ...]]
    missing: tuple[Indicator, ...] = ()
    country_only: tuple[Indicator, ...] = ()
    sources: tuple[str, ...] = field(default=())

    @property
    def all_entries(self) -> list[ProfileEntry]:
        return [entry for entries in self.entries.values() for entry in entries]

    @property
    def summary_entries(self) -> list[ProfileEntry]:
        """The entries of the summary: of each topic the first in its opening order that the area has."""
        summary = []
        for id, topic in catalogue.load_topics().items():
            if id in CONTEXT_TOPICS:
                continue
            order = list(
                dict.fromkeys(
                    name for level in VIEW_LEVELS[self.level] for name in topic.indicators_by_level[level]
                )
            )
            candidates = [
                entry
                for entry in self.entries.get(id, ())
                if entry.indicator.id in order and entry.indicator.unit not in UNITS_WITHOUT_BENCHMARK
            ]
            summary += sorted(candidates, key=lambda entry: order.index(entry.indicator.id))[:1]
        return summary


def get_profile_areas(lang: str) -> dict[str, str]:
    """Names of the areas that have a profile by code, in reading order."""
    return {row["code"]: row["name"] for row in _query_profile_areas(lang)}


def load_area_profile(geo: str, lang: str) -> AreaProfile:
    """The profile of an area. Raises KeyError where it has no observations."""
    return _load_area_profile(get_data_version(), geo, lang)


@lru_cache(maxsize=512)
def _load_area_profile(version: str, geo: str, lang: str) -> AreaProfile:
    area = {row["code"]: row for row in _query_profile_areas(lang)}[geo]
    level = _get_profile_level(area)
    geos = (geo, *get_benchmark_areas(geo, level, area["parent"]))
    rows = to_records(
        run_query("profile", geos=geos, focus_geos=(geo,), sectors=get_opening_sectors(), lang=lang), lang
    )
    recoveries: dict[tuple[str, ...], Row] = {
        (row["indicator"], *_get_breakdown(row), row["edition"]): row
        for row in frame_to_dicts(run_query("profile_recovery", geo=geo))
    }
    entries: dict[str, tuple[ProfileEntry, ...]] = {}
    for indicator in catalogue.load_indicators().values():
        if indicator.id in REDUNDANT_INDICATORS:
            continue
        indicator_rows = [row for row in rows if row["indicator"] == indicator.id]
        entry = _build_entry(indicator, indicator_rows, geo, level, recoveries, lang)
        if entry:
            entries[indicator.topic] = (*entries.get(indicator.topic, ()), entry)
    all_entries = [entry for topic_entries in entries.values() for entry in topic_entries]
    missing, country_only = find_missing_indicators(
        level, {entry.indicator.id for entry in all_entries} | set(REDUNDANT_INDICATORS)
    )
    sources = dict.fromkeys(row["source"] for entry in all_entries for row in (entry.row, *entry.benchmarks))
    name = area["name"]
    if area["level"] == "macro":
        name = next((row["geo_name"] for row in rows if row["geo"] == geo), name)
    return AreaProfile(geo, name, level, area["parent"], lang, entries, missing, country_only, tuple(sources))


def _query_profile_areas(lang: str) -> list[Row]:
    return frame_to_dicts(run_query("profile_areas", lang=lang))


def _get_profile_level(area: Row) -> str:
    """The profile level of a row of queries/profile_areas.sql: italy, europe, world, area or macro."""
    if area["code"] == "ITA":
        return "italy"
    if area["level"] == "country":
        return "europe" if area["europe"] else "world"
    return str(area["level"])


def get_benchmark_areas(geo: str, level: str, parent: str) -> tuple[str, ...]:
    """Codes of the areas that an area is compared with, the nearest first.

    Its macro-area, Italy, the European Union; for a country also all countries of a survey.
    """
    benchmarks = {
        "area": (parent, "ITA", "EU27_2020"),
        "macro": ("ITA", "EU27_2020"),
        "italy": ("EU27_2020", "WORLD"),
        "europe": ("ITA", "EU27_2020", "WORLD"),
        "world": ("ITA", "WORLD"),
    }
    return tuple(code for code in benchmarks[level] if code != geo)


def get_map_level(geo: str) -> str:
    """The level of the map that shows an area: italy, europe or world."""
    area = next((row for row in _query_profile_areas("en") if row["code"] == geo), None)
    if area is None:
        return "europe" if geo.startswith("EU") else "world"
    level = _get_profile_level(area)
    return level if level in ("europe", "world") else "italy"


def get_opening_sectors() -> tuple[str, ...]:
    """The sectors of the catalogue's default views, "all" first."""
    sectors = (
        indicator.get_default_view(level)["sector"]
        for indicator in catalogue.load_indicators().values()
        for level in indicator.default
    )
    return tuple(dict.fromkeys(("all", *sectors)))


def frame_to_dicts(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as dicts, with None for missing values."""
    return cast(list[Row], frame.astype(object).where(frame.notna(), None).to_dict("records"))


def _build_entry(
    indicator: Indicator,
    rows: list[Row],
    geo: str,
    level: str,
    recoveries: dict[tuple[str, ...], Row],
    lang: str,
) -> ProfileEntry | None:
    """The entry of an indicator from the rows of area and benchmarks; None without a value of the area."""
    observations = with_values(rows)
    area_rows = [row for row in observations if row["geo"] == geo]
    if not area_rows:
        return None
    breakdown = _choose_breakdown(indicator, area_rows, rows, level)
    history = [row for row in area_rows if _get_breakdown(row) == breakdown]
    row = select_shown_row(history, indicator, level)
    with_benchmarks = tuple(other for other in observations if _get_breakdown(other) == breakdown)
    peers, is_complete = _load_peers(indicator, row, level, lang)
    return ProfileEntry(
        indicator,
        row,
        tuple(history),
        with_benchmarks,
        () if indicator.unit in UNITS_WITHOUT_BENCHMARK else select_same_period(row, with_benchmarks),
        peers,
        recoveries.get((indicator.id, *breakdown, row["edition"])),
        is_complete,
    )


def get_edition_name(row: Row, observations: Sequence[Row]) -> str:
    """The name of a row's edition where the observations have several, else ""."""
    return str(row["edition_name"]) if has_several(list(observations), "edition") else ""


def select_same_period(row: Row, observations: Sequence[Row]) -> tuple[Row, ...]:
    """The observations of other areas at the row's period and edition."""
    return tuple(other for other in observations if _is_comparable(row, other))


def _is_comparable(row: Row, other: Row) -> bool:
    """Whether another area's row is of the same period and edition."""
    return bool(
        other["geo"] != row["geo"] and (other["period"], other["edition"]) == (row["period"], row["edition"])
    )


def _choose_breakdown(indicator: Indicator, area_rows: list[Row], rows: list[Row], level: str) -> Breakdown:
    """Sector, gender and size: all sectors before the sector of the default view.

    Another size class is chosen where only that one can be compared and is as new.
    """
    newest: dict[Breakdown, Row] = {}
    counts: dict[Breakdown, int] = {}
    for row in area_rows:
        breakdown = _get_breakdown(row)
        counts[breakdown] = counts.get(breakdown, 0) + 1
        newest[breakdown] = max(newest.get(breakdown, row), row, key=get_decimal_year)
    default_breakdowns = [
        (sector, view["gender"], view["size"])
        for view in _get_default_views(indicator, level)
        for sector in ("all", view["sector"])
    ]
    preferred = next((breakdown for breakdown in default_breakdowns if breakdown in newest), None)
    if preferred is None:
        return min(newest, key=lambda parts: (sum(part != "all" for part in parts), -counts[parts]))
    if indicator.source in get_opening_year_sources():
        return preferred
    comparable = [
        breakdown
        for breakdown, row in newest.items()
        if breakdown[:2] == preferred[:2]
        and any(_get_breakdown(other) == breakdown and _is_comparable(row, other) for other in rows)
    ]
    if preferred in comparable:
        return preferred
    preferred_year = get_decimal_year(newest[preferred])
    return next(
        (breakdown for breakdown in comparable if get_decimal_year(newest[breakdown]) >= preferred_year),
        preferred,
    )


def _get_default_views(indicator: Indicator, level: str) -> list[DefaultView]:
    """The catalogue's default views of an indicator that apply to an area of this profile level."""
    return [indicator.get_default_view(name) for name in VIEW_LEVELS[level] if name in indicator.default]


def select_shown_row(history: list[Row], indicator: Indicator, level: str) -> Row:
    """The row of a history to show.

    The newest, the area's own before that of a joined area (queries/map.sql has the same rule); of
    self-selected surveys that of the period the catalogue opens on, where there is one.
    """
    views = _get_default_views(indicator, level)
    is_self_selected = catalogue.load_sources()[indicator.source].kind == "self_selected"
    if is_self_selected and indicator.unit not in AMOUNT_UNITS:
        for view in views:
            for row in history:
                if row["period"] == view["period"] and row["edition"] in view["editions"]:
                    return row
    preferred = [edition for view in views for edition in view["editions"]]

    def get_rank(row: Row) -> tuple[bool, int, bool, float, int]:
        is_listed = row["edition"] in preferred
        edition_rank = preferred.index(row["edition"]) if is_listed else EDITION_RANK_OF_UNLISTED
        return not row["published_geo"], *get_recency_key(row), -edition_rank

    return max(history, key=get_rank)


def get_recency_key(row: Row) -> tuple[int, bool, float]:
    """Sort key by time: the year, and in it a full year before a part of one."""
    return int(get_decimal_year(row)), len(row["period"]) == 4, get_decimal_year(row)


def get_opening_year_sources() -> set[str]:
    """Ids of the sources that are compared at the period the catalogue opens on."""
    return {id for id, source in catalogue.load_sources().items() if source.kind in OPENING_YEAR_SOURCE_KINDS}


def _load_peers(indicator: Indicator, row: Row, level: str, lang: str) -> tuple[tuple[Row, ...], bool]:
    """The areas of the same level at the same period, and whether they are complete.

    None for amounts, for indicators with a dot plot and for a handful of areas.
    """
    map_level = {"area": "italy", "italy": "europe", "europe": "europe", "world": "world"}.get(level)
    if (
        map_level is None
        or indicator.unit in UNITS_WITHOUT_BENCHMARK
        or indicator.get_default_view(map_level)["chart"] != "map"
    ):
        return (), False
    frame = run_query(
        "map",
        indicator=indicator.id,
        sector=row["sector"],
        gender=row["gender"],
        size=row["size"],
        period=row["period"],
        editions=(row["edition"],),
        level=map_level,
        lang=lang,
    )
    is_complete = len(frame) == len(run_query("areas", level=map_level, lang=lang))
    if is_complete or (map_level != "italy" and len(frame) >= MIN_STRIP_PLOT_AREAS):
        return tuple(to_records(frame, lang)), is_complete
    return (), False


def find_missing_indicators(
    level: str, available: set[str]
) -> tuple[tuple[Indicator, ...], tuple[Indicator, ...]]:
    """The indicators of the topics that are not among those `available` for an area.

    Gives those that other areas of its level have and, for Italian areas, those that only the country has.
    """
    by_level = {
        name: [id for topic in catalogue.load_topics().values() for id in topic.indicators_by_level[name]]
        for name in catalogue.LEVELS
    }
    candidates = by_level[VIEW_LEVELS[level][0]]
    country_only: list[str] = []
    if level in ("area", "macro"):
        coverage = frame_to_dicts(run_query("coverage_matrix", lang="en"))
        regional = {row["indicator"] for row in coverage if row["italian_areas"]}
        candidates = candidates + [id for id in by_level["europe"] if id in regional]
        country_only = [id for id in by_level["europe"] if id not in regional]

    def get_unavailable(ids: list[str]) -> tuple[Indicator, ...]:
        return tuple(catalogue.get_indicator(id) for id in dict.fromkeys(ids) if id not in available)

    return get_unavailable(candidates), get_unavailable(country_only)


def _get_breakdown(row: Row) -> Breakdown:
    return row["sector"], row["gender"], row["size"]
