"""The indicators of several areas, aligned on a common period, edition and breakdown. No Streamlit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from ripresa import catalogue, coverage
from ripresa.catalogue import Indicator
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import View
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.observations.rows import Row, to_records, with_values
from ripresa.profiles import area_profile

MIN_AREAS, MAX_AREAS = 2, 6
DEFAULT_AREAS = ("ITC", "ITH", "ITI", "ITF+ITG", "ITA")  # the macro-areas and Italy, without a choice
EXTRA_AREAS = ("EU27_2020",)  # areas that have no profile but can be compared
ITALY_BENCHMARKS = ("ITA", "DEU", "FRA", "ESP", "EU27_2020")  # compared with Italy when it is chosen alone
LEVELS_WITHIN = {
    "italy": ("italy",),
    "europe": ("italy", "europe"),
    "world": ("italy", "europe", "world"),
}
EXPORT_COLUMNS = (
    "indicator",
    "geo",
    "geo_name",
    "sector",
    "gender",
    "size",
    "period",
    "edition",
    "value",
    "ci_low",
    "ci_high",
    "n",
    "sample_size_note",
    "status",
    "flags",
    "no_ci_reason",
    "population",
    "source",
    "source_name",
    "published_geo",
    "compared",
)

Moment = tuple[str, str, str, str, str]  # sector, gender, size, period, edition


@dataclass(frozen=True)
class ComparisonRow:
    """An indicator of several areas.

    aligned: by area, the rows of one period, edition and breakdown; reference_row: the first of them.
    unaligned: by area, the newest row of the same breakdown for the areas that have none then.
    observations: all rows of the breakdown."""

    indicator: Indicator
    reference_row: Row
    aligned: dict[str, Row]
    unaligned: dict[str, Row]
    observations: tuple[Row, ...]


def get_comparable_area_names(lang: str) -> dict[str, str]:
    """The areas that can be compared, in reading order."""
    names = coverage.get_area_names(lang)
    return area_profile.get_profile_areas(lang) | {code: names[code] for code in EXTRA_AREAS}


def select_areas(chosen: Sequence[str], lang: str) -> tuple[str, ...]:
    """The areas to compare: those chosen, or a default; a single area is compared with its benchmarks."""
    if len(chosen) >= MIN_AREAS:
        return tuple(chosen)
    if not chosen:
        return DEFAULT_AREAS
    if chosen[0] in ("ITA", *EXTRA_AREAS):
        return tuple(dict.fromkeys((chosen[0], *ITALY_BENCHMARKS)))
    profile = area_profile.load_area_profile(chosen[0], lang)
    comparable = set(area_profile.get_profile_areas(lang))
    if profile.level not in ("area", "macro"):  # Italian areas share no indicator with the EU
        comparable.update(EXTRA_AREAS)
    benchmarks = area_profile.get_benchmark_areas(profile.geo, profile.level, profile.parent)
    return chosen[0], *(code for code in benchmarks if code in comparable)


def compare_areas(geos: tuple[str, ...], lang: str) -> list[ComparisonRow]:
    """One row per indicator that at least two of the areas have at the same moment, in catalogue order."""
    comparisons = _build_comparison_rows(get_data_version(), geos, lang).values()
    return [comparison for comparison in comparisons if comparison]


def get_unaligned_indicators(geos: tuple[str, ...], lang: str) -> list[Indicator]:
    """The indicators that at least two of the areas have, but never at the same moment."""
    return [
        catalogue.get_indicator(id)
        for id, comparison in _build_comparison_rows(get_data_version(), geos, lang).items()
        if not comparison
    ]


@lru_cache(maxsize=256)
def _build_comparison_rows(version: str, geos: tuple[str, ...], lang: str) -> dict[str, ComparisonRow | None]:
    """By indicator that several of the areas have; None where they share no moment."""
    frame = run_query(
        "profile", geos=geos, focus_geos=geos, sectors=area_profile.get_opening_sectors(), lang=lang
    )
    rows_by_indicator: dict[str, list[Row]] = defaultdict(list)
    for row in with_values(to_records(frame, lang)):
        rows_by_indicator[row["indicator"]].append(row)
    return {
        id: build_comparison_row(indicator, rows_by_indicator[id])
        for id, indicator in catalogue.load_indicators().items()
        if id not in area_profile.REDUNDANT_INDICATORS
        and len({row["geo"] for row in rows_by_indicator[id]}) >= MIN_AREAS
    }


def build_comparison_row(indicator: Indicator, rows: Sequence[Row]) -> ComparisonRow | None:
    """The rows at the moment that most areas share; None where no two areas share one.

    Among moments with as many areas: of self-selected surveys the period the catalogue opens on, then the
    breakdowns in the catalogue's order, then the newest."""
    moments: dict[Moment, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        moment = (row["sector"], row["gender"], row["size"], row["period"], row["edition"])
        moments[moment][row["geo"]] = row
    views = [indicator.get_default_view(level) for level in indicator.default]
    breakdowns = [
        (sector, view["gender"], view["size"])
        for view in views
        for sector in dict.fromkeys(("all", view["sector"]))
    ]
    opening_periods: set[str] = set()
    if (
        catalogue.load_sources()[indicator.source].kind == "self_selected"
        and indicator.unit not in UNITS_WITHOUT_BENCHMARK
    ):
        opening_periods = {view["period"] for view in views}

    def get_rank(moment: Moment) -> tuple[int, bool, int, tuple[int, bool, float]]:
        breakdown, aligned = moment[:3], moments[moment]
        return (
            len(aligned),
            moment[3] in opening_periods,
            -breakdowns.index(breakdown) if breakdown in breakdowns else -99,
            area_profile.get_recency_key(next(iter(aligned.values()))),
        )

    best = max(moments, key=get_rank)
    aligned = moments[best]
    if len(aligned) < MIN_AREAS:
        return None
    observations = tuple(row for row in rows if (row["sector"], row["gender"], row["size"]) == best[:3])
    unaligned = {
        row["geo"]: row
        for row in sorted(observations, key=area_profile.get_recency_key)
        if row["geo"] not in aligned
    }
    return ComparisonRow(indicator, next(iter(aligned.values())), aligned, unaligned, observations)


def build_view(comparison: ComparisonRow, geos: tuple[str, ...], lang: str) -> View:
    """The view of the figure: the lowest level that includes all the areas, at the moment they share."""
    map_levels = {area_profile.get_map_level(geo) for geo in geos}
    row = comparison.reference_row
    return View(
        lang=lang,
        topic=comparison.indicator.topic,
        level=next(level for level, included in LEVELS_WITHIN.items() if map_levels <= set(included)),
        indicator=comparison.indicator,
        geo=geos,
        sector=row["sector"],
        gender=row["gender"],
        size=row["size"],
        period=row["period"],
        editions=(row["edition"],),
        chart="series",
        page="compare",
    )


def build_export_frame(comparisons: Sequence[ComparisonRow], geos: Sequence[str]) -> pd.DataFrame:
    """The observations of the table, with the columns EXPORT_COLUMNS.

    compared: whether the row is at the common moment."""
    rows = []
    for comparison in comparisons:
        for geo in geos:
            row = comparison.aligned.get(geo) or comparison.unaligned.get(geo)
            if row:
                rows.append(row | {"compared": geo in comparison.aligned})
    return pd.DataFrame(rows, columns=list(EXPORT_COLUMNS))
