"""A sector's profile: beside the whole economy, in Italy, country by country and region by region. No Streamlit here."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import get_data_version, run_query
from ripresa.i18n import MISSING_TEXT, format_period, format_value, t
from ripresa.narrative import benchmark
from ripresa.narrative.phrases import FormatContext, format_difference
from ripresa.observations.rows import get_decimal_year, is_old_vintage, to_records, with_values
from ripresa.profiles import sheet
from ripresa.profiles.area_profile import (
    REDUNDANT_INDICATORS,
    AreaProfile,
    ProfileEntry,
    frame_to_dicts,
    select_same_period,
    select_shown_row,
)
from ripresa.views.components import data_table

SECTOR_FAMILIES = ("section", "aggregate")
MIN_AREAS = 3  # areas; fewer are no comparison
AREA_COUNT_PHRASES = {"country": "sector_countries", "area": "sector_areas"}


@dataclass(frozen=True)
class SectorComparison:
    """One indicator of the sector in many areas at one moment. rows: highest first, each with `whole`, the whole economy's figure or None."""

    indicator: Indicator
    level: str
    rows: tuple[dict, ...]


@dataclass(frozen=True)
class SectorProfile:
    """A sector with its Italian entries by topic, and its indicators across areas."""

    code: str
    name: str
    lang: str
    italy: AreaProfile
    comparisons: tuple[SectorComparison, ...]


def get_sector_names(lang: str) -> dict[str, str]:
    """The sectors that have figures somewhere, in reading order."""
    have = set(run_query("coverage")["sector"])
    return {
        row.code: row.name
        for row in run_query("labels", lang=lang).itertuples()
        if row.kind == "sector" and row.family in SECTOR_FAMILIES and row.code in have
    }


def get_sector_profile(code: str, lang: str) -> SectorProfile:
    """The profile of a sector. Raises KeyError where it has no figures."""
    return _build_sector_profile(get_data_version(), code, lang)


@lru_cache(maxsize=128)
def _build_sector_profile(version: str, code: str, lang: str) -> SectorProfile:
    name = {
        row.code: row.short for row in run_query("labels", lang=lang).itertuples() if row.kind == "sector"
    }[code]
    rows = with_values(to_records(run_query("profile_sector", sector=code, lang=lang), lang))
    ways = {
        (row["indicator"], row["sector"], row["gender"], row["size"], row["edition"]): row
        for row in frame_to_dicts(run_query("profile_recovery", geo="ITA"))
    }
    found: dict[str, tuple[ProfileEntry, ...]] = {}
    across = []
    for indicator in catalogue.load_indicators().values():
        own = [row for row in rows if row["indicator"] == indicator.id]
        entry = (
            None
            if indicator.id in REDUNDANT_INDICATORS
            else _build_italian_entry(indicator, [row for row in own if row["geo"] == "ITA"], ways)
        )
        if entry:
            found[indicator.topic] = (*found.get(indicator.topic, ()), entry)
        across += [one for level in AREA_COUNT_PHRASES if (one := _build_comparison(indicator, own, level))]
    sources = dict.fromkeys(row["source"] for one in across for row in one.rows) | dict.fromkeys(
        entry.row["source"] for entries in found.values() for entry in entries
    )
    return SectorProfile(
        code,
        name,
        lang,
        AreaProfile("ITA", name, "italy", "", lang, found, sources=tuple(sources)),
        tuple(across),
    )


def _build_italian_entry(indicator: Indicator, rows: list[dict], ways: dict) -> ProfileEntry | None:
    """Italy's figure for the sector, beside that of the whole economy."""
    if not rows:
        return None
    cuts = list(dict.fromkeys((row["gender"], row["size"]) for row in rows))
    views = [indicator.get_default_view(level) for level in indicator.default]
    cut = next(
        ((view["gender"], view["size"]) for view in views if (view["gender"], view["size"]) in cuts), cuts[0]
    )
    line = [row for row in rows if (row["gender"], row["size"]) == cut]
    row = select_shown_row(line, indicator, "italy")
    known = (*line, *(build_whole_economy_row(one) for one in line if one["total_value"] is not None))
    way = None if is_old_vintage(row) else ways.get((indicator.id, row["sector"], *cut, row["edition"]))
    return ProfileEntry(indicator, row, tuple(line), known, select_same_period(row, known), (), way)


def build_whole_economy_row(row: dict) -> dict:
    """The figure of all sectors that stands beside a sector's."""
    return row | {
        "geo": "whole",
        "value": row["total_value"],
        "ci_low": row["total_ci_low"],
        "ci_high": row["total_ci_high"],
    }


def _build_comparison(indicator: Indicator, rows: list[dict], level: str) -> SectorComparison | None:
    """The areas of a level that have the sector's figure, at the newest moment that most of them share (of self-selected surveys the one the catalogue opens on); no amounts."""
    if indicator.unit in benchmark.UNITS_WITHOUT_BENCHMARK or indicator.id in REDUNDANT_INDICATORS:
        return None
    moments: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["level"] == level:
            moments.setdefault((row["gender"], row["size"], row["period"]), []).append(row)
    if not moments:
        return None
    openings = (
        {view["period"] for view in map(indicator.get_default_view, indicator.default)}
        if catalogue.load_sources()[indicator.source].kind == "self_selected"
        else set()
    )
    if any(moment[2] in openings for moment in moments):
        moments = {moment: there for moment, there in moments.items() if moment[2] in openings}
    most = max(len({row["geo"] for row in there}) for there in moments.values())
    best = max(
        (
            there
            for there in moments.values()
            if len({row["geo"] for row in there}) >= max(MIN_AREAS, 0.9 * most)
        ),
        key=lambda there: get_decimal_year(there[0]),
        default=[],
    )
    areas = {row["geo"]: row for row in best}
    return (
        SectorComparison(
            indicator, level, tuple(sorted(areas.values(), key=lambda row: (-row["value"], row["geo_name"])))
        )
        if len(areas) >= MIN_AREAS
        else None
    )


# --- words ---


def build_summary(one: SectorProfile) -> list[str]:
    """The summary: Italy's first figures beside the whole economy, then in how many areas the sector stands above and below it."""
    said = []
    for id in catalogue.load_topics():
        entries = [
            entry
            for entry in one.italy.entries.get(id, ())
            if entry.indicator.unit not in benchmark.UNITS_WITHOUT_BENCHMARK
        ]
        said += [sheet.describe_entry_and_recovery(entry, one.lang) for entry in entries[:1]]
    said = [f"{t('italy', one.lang)}. {said[0]}", *said[1:]] if said else []
    return (
        said + [text for text in (describe_counts(there, one.lang) for there in one.comparisons) if text][:2]
    )


def describe_counts(there: SectorComparison, lang: str) -> str:
    """In how many areas the sector is above and below the whole economy; "" where the whole is not published for several."""
    pairs = [(row, build_whole_economy_row(row)) for row in there.rows if row["total_value"] is not None]
    if len(pairs) < MIN_AREAS:
        return ""
    words = [
        told.outcome
        for told in (benchmark.compare_rows(row, other, there.indicator, lang) for row, other in pairs)
        if told
    ]
    above, below = (
        sum(word in names for word in words) for names in (("higher", "above"), ("lower", "below"))
    )
    return t(
        f"sector_counted_{there.level}",
        lang,
        label=there.indicator.label[lang],
        period=format_period(pairs[0][0]["period"], lang),
        count=len(pairs),
        above=above,
        below=below,
    )


def render_comparison(there: SectorComparison, lang: str) -> str:
    """The areas as a table: the sector's figure, the whole economy's, and the difference in words."""
    indicator = there.indicator
    body = []
    for row in there.rows:
        told = (
            benchmark.compare_rows(row, build_whole_economy_row(row), indicator, lang)
            if row["total_value"] is not None
            else None
        )
        body.append(
            {
                "area": row["geo_name"],
                "value": format_value(row["value"], indicator.unit, indicator.decimals, lang),
                "whole": format_value(row["total_value"], indicator.unit, indicator.decimals, lang),
                "told": f"{told.symbol} {t(f'sector_{told.outcome}', lang, difference=_format_difference(row, indicator, lang))}"
                if told
                else MISSING_TEXT,
                "note": t("weak_vintage", lang) if is_old_vintage(row) else "",
            }
        )
    heads = {name: t(f"sector_column_{name}", lang) for name in ("area", "value", "whole", "told")} | (
        {"note": t("column_note", lang)} if any(line["note"] for line in body) else {}
    )
    caption = f"{indicator.label[lang]}, {format_period(there.rows[0]['period'], lang)}. {t(AREA_COUNT_PHRASES[there.level], lang, count=len(body))}"
    return data_table.render_table(body, heads, caption, numeric_columns=("value", "whole"))


def _format_difference(row: dict, indicator: Indicator, lang: str) -> str:
    return format_difference(row["value"], row["total_value"], FormatContext(indicator, lang))


def render_missing_data(one: SectorProfile) -> str:
    """How much is not published by sector, in a sentence."""
    have = len(list(one.italy.all_entries))
    return f'<section class="missing-data"><h2>{escape(t("profile_missing", one.lang))}</h2><p>{escape(t("sector_missing", one.lang, count=have))}</p></section>'
