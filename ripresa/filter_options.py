"""The choices of every selector, and why a choice without data is unavailable."""

from collections.abc import Sequence
from dataclasses import dataclass

from ripresa import catalogue, i18n
from ripresa.catalogue import LEVELS
from ripresa.coverage import Breakdown, CoverageRow, get_coverage, get_labels, is_charted_at_level
from ripresa.database.query import run_query
from ripresa.filters import View, get_available_indicators

ALWAYS_LISTED_SECTORS = ("all", *"BCDEFGHIJLMN")


@dataclass(frozen=True)
class Option:
    """One choice of a selector; `reason` is a sentence where it is unavailable, else empty."""

    code: str
    label: str
    reason: str = ""

    @property
    def available(self) -> bool:
        """Whether choosing it gives a figure."""
        return not self.reason


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


def build_options(view: View, for_all_periods: bool = False) -> Options:
    """The choices of each selector; those of the topic without data here are included with the reason.

    for_all_periods: for a table of every period, which has no selector of periods.
    """
    coverage = get_coverage(view.indicator.id, view.level, view.chart)
    sector_rows = [row for row in coverage if row["sector"] == view.sector]
    gender_rows = [row for row in sector_rows if row["gender"] == view.gender]
    size_rows = [row for row in gender_rows if row["size"] == view.size]
    return Options(
        indicators=_list_indicators(view),
        levels=_list_levels(view),
        areas=_list_areas(view, for_all_periods),
        sectors=_list_codes("sector", coverage, view, ALWAYS_LISTED_SECTORS),
        genders=_list_codes("gender", sector_rows, view),
        sizes=_list_codes("size", gender_rows, view),
        periods=() if for_all_periods else _list_periods(view, size_rows),
    )


def _list_indicators(view: View) -> tuple[Option, ...]:
    topic = catalogue.load_topics()[view.topic]
    available = get_available_indicators(topic, view.level)
    reason = i18n.t("reason_level", view.lang, level=_get_level_name(view.level, view.lang))
    return tuple(
        Option(id, catalogue.get_indicator(id).label[view.lang], "" if id in available else reason)
        for id in dict.fromkeys([*available, *get_available_indicators(topic)])
    )


def _list_levels(view: View) -> tuple[Option, ...]:
    available = catalogue.load_topics()[view.topic].indicators_by_level
    reason = i18n.t("reason_topic", view.lang)
    return tuple(
        Option(level, _get_level_name(level, view.lang), "" if available.get(level) else reason)
        for level in LEVELS
    )


def _list_areas(view: View, for_all_periods: bool) -> tuple[Option, ...]:
    if for_all_periods or view.chart == "series":
        rows = run_query("table", **view.breakdown, level=view.level, geos=(), lang=view.lang)
    else:
        rows = run_query("map", **view.query_parameters)
    available = set(rows["geo"])
    reason = i18n.t("reason_area", view.lang)
    areas = run_query("areas", level=view.level, lang=view.lang)
    return tuple(
        Option(code, name, "" if code in available else reason)
        for code, name in zip(areas["code"], areas["name"], strict=True)
    )


def _list_codes(
    kind: Breakdown, rows: Sequence[CoverageRow], view: View, always_listed: Sequence[str] = ()
) -> tuple[Option, ...]:
    """Codes with data first, then those always listed, each part in reading order."""
    available = {row[kind] for row in rows}
    level = _get_level_name(view.level, view.lang)
    reason = i18n.t("reason_no_data", view.lang, indicator=view.indicator.short[view.lang], level=level)
    options = [
        Option(code, name, "" if code in available else reason)
        for (label_kind, code), name in get_labels(view.lang).items()
        if label_kind == kind and (code in available or code in always_listed)
    ]
    return tuple(sorted(options, key=lambda option: not option.available))


def _list_periods(view: View, rows: Sequence[CoverageRow]) -> tuple[Option, ...]:
    """The newest first; "latest" before all where the default view has it."""
    starts = {
        row["period"]: row["period_start"] for row in rows if is_charted_at_level(row, view.level, view.chart)
    }
    periods = sorted(starts, key=lambda period: (starts[period], period), reverse=True)
    if view.indicator.get_default_view(view.level)["period"] == "latest":
        periods = ["latest", *periods]
    return tuple(Option(period, i18n.format_period(period, view.lang)) for period in periods)


def _get_level_name(level: str, lang: str) -> str:
    return i18n.t(f"level_{level}", lang)
