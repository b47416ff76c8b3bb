"""A sector's profile: its figures and those of the whole economy, in Italy and across areas. No Streamlit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import get_data_version, query_records, run_query
from ripresa.i18n import MISSING_TEXT, format_period, format_value, t
from ripresa.narrative import benchmark
from ripresa.narrative.phrases import FormatContext, format_difference
from ripresa.observations.rows import Row, get_decimal_year, is_old_vintage, to_records, with_values
from ripresa.profiles import profile_html
from ripresa.profiles.area_profile import (
    REDUNDANT_INDICATORS,
    AreaProfile,
    ProfileEntry,
    frame_to_dicts,
    select_same_period,
    select_shown_row,
)
from ripresa.templating import Markup
from ripresa.views.components import data_table
from ripresa.views.components.html import render_html

SECTOR_FAMILIES = ("section", "aggregate")
MIN_AREAS = 3  # areas; fewer are not compared
MIN_AREA_SHARE = 0.9  # of the areas of the moment that most have: a newer moment with as many is preferred
MAX_COUNT_SENTENCES = 2  # in the summary
AREA_COUNT_PHRASES = {"country": "sector_countries", "area": "sector_areas"}

RecoveryKey = tuple[str, str, str, str, str]  # indicator, sector, gender, size, edition


@dataclass(frozen=True)
class SectorComparison:
    """One indicator of the sector in many areas at one moment.

    rows: highest value first; `total_value` is the whole economy's figure or None."""

    indicator: Indicator
    level: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SectorProfile:
    """A sector with its Italian figures by topic, and its indicators across areas."""

    code: str
    name: str
    lang: str
    italy: AreaProfile
    comparisons: tuple[SectorComparison, ...]


def get_sector_names(lang: str) -> dict[str, str]:
    """The sectors that have figures somewhere, in reading order."""
    with_figures = set(run_query("coverage")["sector"])
    return {
        row["code"]: row["name"]
        for row in query_records("labels", lang=lang)
        if row["kind"] == "sector" and row["family"] in SECTOR_FAMILIES and row["code"] in with_figures
    }


def get_sector_profile(code: str, lang: str) -> SectorProfile:
    """The profile of a sector. Raises KeyError where it has no figures."""
    return _build_sector_profile(get_data_version(), code, lang)


@lru_cache(maxsize=128)
def _build_sector_profile(version: str, code: str, lang: str) -> SectorProfile:
    names = {
        row["code"]: row["short"] for row in query_records("labels", lang=lang) if row["kind"] == "sector"
    }
    name = names[code]
    rows_by_indicator: dict[str, list[Row]] = defaultdict(list)
    for row in with_values(to_records(run_query("profile_sector", sector=code, lang=lang), lang)):
        rows_by_indicator[row["indicator"]].append(row)
    recoveries: dict[RecoveryKey, Row] = {
        (row["indicator"], row["sector"], row["gender"], row["size"], row["edition"]): row
        for row in frame_to_dicts(run_query("profile_recovery", geo="ITA"))
    }
    entries: dict[str, tuple[ProfileEntry, ...]] = {}
    comparisons = []
    for indicator in catalogue.load_indicators().values():
        if indicator.id in REDUNDANT_INDICATORS:
            continue
        rows = rows_by_indicator[indicator.id]
        if italian_rows := [row for row in rows if row["geo"] == "ITA"]:
            entry = _build_italian_entry(indicator, italian_rows, recoveries)
            entries[indicator.topic] = (*entries.get(indicator.topic, ()), entry)
        for level in AREA_COUNT_PHRASES:
            comparison = _build_comparison(indicator, [row for row in rows if row["level"] == level], level)
            if comparison:
                comparisons.append(comparison)
    sources = dict.fromkeys(row["source"] for comparison in comparisons for row in comparison.rows)
    sources |= dict.fromkeys(
        entry.row["source"] for topic_entries in entries.values() for entry in topic_entries
    )
    italy = AreaProfile("ITA", name, "italy", "", lang, entries, sources=tuple(sources))
    return SectorProfile(code, name, lang, italy, tuple(comparisons))


def _build_italian_entry(
    indicator: Indicator, rows: Sequence[Row], recoveries: Mapping[RecoveryKey, Row]
) -> ProfileEntry:
    """Italy's figure for the sector with the whole economy's, in the catalogue's breakdown if it has rows."""
    breakdowns = list(dict.fromkeys((row["gender"], row["size"]) for row in rows))
    views = [indicator.get_default_view(level) for level in indicator.default]
    gender, size = next(
        ((view["gender"], view["size"]) for view in views if (view["gender"], view["size"]) in breakdowns),
        breakdowns[0],
    )
    history = [row for row in rows if (row["gender"], row["size"]) == (gender, size)]
    row = select_shown_row(history, indicator, "italy")
    totals = [build_whole_economy_row(past) for past in history if past["total_value"] is not None]
    with_benchmarks = (*history, *totals)
    recovery = None
    if not is_old_vintage(row):
        recovery = recoveries.get((indicator.id, row["sector"], gender, size, row["edition"]))
    benchmarks = select_same_period(row, with_benchmarks)
    return ProfileEntry(indicator, row, tuple(history), with_benchmarks, benchmarks, (), recovery)


def build_whole_economy_row(row: Row) -> Row:
    """The row of all sectors with which a sector's row is compared."""
    return row | {
        "geo": "whole",
        "value": row["total_value"],
        "ci_low": row["total_ci_low"],
        "ci_high": row["total_ci_high"],
    }


def _build_comparison(indicator: Indicator, rows: Sequence[Row], level: str) -> SectorComparison | None:
    """The areas of a level at one moment; None for amounts and for fewer than MIN_AREAS areas.

    The moment is the newest that nearly as many areas have as any; of self-selected surveys the period the
    catalogue opens on, if there."""
    if indicator.unit in benchmark.UNITS_WITHOUT_BENCHMARK:
        return None
    moments: dict[tuple[str, str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        moments[row["gender"], row["size"], row["period"]][row["geo"]] = row
    if catalogue.load_sources()[indicator.source].kind == "self_selected":
        opening_periods = {indicator.get_default_view(name)["period"] for name in indicator.default}
        opening = {moment: areas for moment, areas in moments.items() if moment[2] in opening_periods}
        moments = opening or moments
    largest = max(map(len, moments.values()), default=0)
    min_count = max(MIN_AREAS, MIN_AREA_SHARE * largest)
    candidates = [areas for areas in moments.values() if len(areas) >= min_count]
    if not candidates:
        return None
    newest = max(candidates, key=lambda areas: get_decimal_year(next(iter(areas.values()))))
    ordered = sorted(newest.values(), key=lambda row: (-row["value"], row["geo_name"]))
    return SectorComparison(indicator, level, tuple(ordered))


# --- texts ---


def build_summary(sector: SectorProfile) -> list[str]:
    """Italy's first figure of each topic compared with the whole economy, then the counts of areas."""
    sentences = []
    for topic in catalogue.load_topics():
        comparable = [
            entry
            for entry in sector.italy.entries.get(topic, ())
            if entry.indicator.unit not in benchmark.UNITS_WITHOUT_BENCHMARK
        ]
        sentences += [
            profile_html.describe_entry_and_recovery(entry, sector.lang) for entry in comparable[:1]
        ]
    if sentences:
        sentences[0] = f"{t('italy', sector.lang)}. {sentences[0]}"
    counts = [describe_counts(comparison, sector.lang) for comparison in sector.comparisons]
    return sentences + [sentence for sentence in counts if sentence][:MAX_COUNT_SENTENCES]


def describe_counts(comparison: SectorComparison, lang: str) -> str:
    """In how many areas the sector is above and below the whole economy.

    "" where fewer than MIN_AREAS areas have a figure of the whole economy."""
    rows = [row for row in comparison.rows if row["total_value"] is not None]
    if len(rows) < MIN_AREAS:
        return ""
    differences = [_compare_with_total(row, comparison.indicator, lang) for row in rows]
    outcomes = [difference.outcome for difference in differences if difference]
    return t(
        f"sector_counted_{comparison.level}",
        lang,
        label=comparison.indicator.label[lang],
        period=format_period(rows[0]["period"], lang),
        count=len(rows),
        above=sum(outcome in ("higher", "above") for outcome in outcomes),
        below=sum(outcome in ("lower", "below") for outcome in outcomes),
    )


def _compare_with_total(row: Row, indicator: Indicator, lang: str) -> benchmark.Comparison | None:
    if row["total_value"] is None:
        return None
    return benchmark.compare_rows(row, build_whole_economy_row(row), indicator, lang)


def render_comparison(comparison: SectorComparison, lang: str) -> str:
    """The areas as a table: the sector's figure, the whole economy's, and the difference in words."""
    indicator = comparison.indicator
    body = [_build_table_row(row, indicator, lang) for row in comparison.rows]
    headers = {name: t(f"sector_column_{name}", lang) for name in ("area", "value", "whole", "told")}
    if any(row["note"] for row in body):
        headers["note"] = t("column_note", lang)
    period = format_period(comparison.rows[0]["period"], lang)
    area_count = t(AREA_COUNT_PHRASES[comparison.level], lang, count=len(body))
    caption = f"{indicator.label[lang]}, {period}. {area_count}"
    return data_table.render_table(body, headers, caption, numeric_columns=("value", "whole"))


def _build_table_row(row: Row, indicator: Indicator, lang: str) -> Row:
    description = MISSING_TEXT
    if difference := _compare_with_total(row, indicator, lang):
        context = FormatContext(indicator, lang)
        distance = format_difference(row["value"], row["total_value"], context)
        description = f"{difference.symbol} {t(f'sector_{difference.outcome}', lang, difference=distance)}"
    return {
        "area": row["geo_name"],
        "value": format_value(row["value"], indicator.unit, indicator.decimals, lang),
        "whole": format_value(row["total_value"], indicator.unit, indicator.decimals, lang),
        "told": description,
        "note": t("weak_vintage", lang) if is_old_vintage(row) else "",
    }


def render_missing_data(sector: SectorProfile) -> Markup:
    """How many indicators are published by sector, in a sentence."""
    count = len(sector.italy.all_entries)
    return render_html("pages/sector_missing_data.html", sector.lang, count=count)
