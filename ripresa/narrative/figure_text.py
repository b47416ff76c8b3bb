"""The words around a figure, from its rows and in the view's language: title, subtitle, source, notes, alternative text, and what the pointer says."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import format_interval, format_number, format_period, t, translate_fragments
from ripresa.narrative.headlines import build_headline, find_extremes, format_tied_names, infer_figure_kind
from ripresa.narrative.notes import build_notes
from ripresa.narrative.phrases import (
    format_area_name,
    format_indicator_value,
    format_name_list,
    format_period_range,
    format_row_period,
    join_with_semicolons,
)
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    SMALL_SAMPLE_SIZE,
    Row,
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_decimal_year,
    has_several,
    is_old_survey,
    is_old_vintage,
    is_other_edition,
    is_provisional,
    is_small_sample,
    to_records,
    unique_in_order,
    with_values,
)


@dataclass(frozen=True)
class FigureText:
    """The text around a figure, and the height of its plot for its width where that is fixed (0: it is not)."""

    title: str
    subtitle: str
    source: str = ""
    notes: tuple[str, ...] = ()
    alt: str = ""
    label: str = ""  # inside the picture: the figures are of an invented sample
    population: str = ""  # who answered, where official shares stand beside it
    aspect_ratio: float = 0.0


def build_figure_text(
    rows: pd.DataFrame | list[Row], view: View, kind: str = "", extra_notes: Sequence[str] = ()
) -> FigureText:
    """Headline, subtitle, source, notes and alternative text of a figure of `kind` drawn from `rows`."""
    found = to_records(rows, view.lang)
    return FigureText(
        build_headline(found, view, kind),
        build_subtitle(found, view),
        format_source_line(found, view),
        (*build_notes(found, view, kind), *extra_notes),
        build_alt_text(found, view, kind),
    )


# --- subtitle and source ---


def build_subtitle(rows, view: View) -> str:
    """Indicator, universe, what is held fixed, period."""
    found = with_values(to_records(rows, view.lang)) or to_records(rows, view.lang)
    fixed = [
        found[0][f"{name}_name"]
        for name in ("sector", "gender", "size")
        if found and not has_several(found, name) and found[0].get(name) not in ("all", None)
    ]
    return " · ".join(
        [
            view.indicator.label[view.lang],
            catalogue.get_universe(view.indicator, [row["source"] for row in found], view.lang),
            *fixed,
            *_format_periods(found, view),
        ]
    )


def _format_periods(found: list[dict], view: View) -> list[str]:
    if not found:
        return []
    first, last = min(found, key=get_decimal_year)["period"], max(found, key=get_decimal_year)["period"]
    if first == last:
        return [
            format_row_period(found[0], view)
            if all(map(is_provisional, found))
            else format_period(last, view.lang)
        ]
    stretch = format_period_range(first, last, view)
    newest = view.period == "latest" and infer_figure_kind(found, view) in ("areas", "sectors", "heat")
    return [t("latest_between", view.lang, between=stretch) if newest else stretch]


def format_source_line(rows, view: View) -> str:
    """Who published the figures, under which licence."""
    return t(
        "source_line",
        view.lang,
        sources="; ".join(
            _format_source(id, name, view.lang)
            for id, name in _get_sources(to_records(rows, view.lang), view).items()
        ),
    )


def _get_sources(found: list[dict], view: View) -> dict[str, str]:
    return {row["source"]: row.get("source_name") or "" for row in with_values(found)} or {
        view.indicator.source: ""
    }


def _format_source(id: str, name: str, lang: str) -> str:
    known = catalogue.load_sources().get(id)
    if known is None:
        return name or id
    text = t(
        "named_source", lang, publisher=translate_fragments(known.publisher, lang), name=known.name[lang]
    )
    return f"{text} ({t('licence', lang, licence=known.licence[lang])})"


# --- alternative text and hover ---

ALT_TEXT_KEYS = {
    "areas": "alt_map",
    "map": "alt_map",
    "tiles": "alt_tiles",
    "bars": "alt_bars",
    "trend": "alt_lines",
    "lines": "alt_lines",
    "multiples": "alt_multiples",
    "dots": "alt_dots",
    "gaps": "alt_gaps",
    "sectors": "alt_sectors",
    "heat": "alt_heat",
}


def build_alt_text(rows, view: View, kind: str = "") -> str:
    """The figure for those who do not see it: what it is, what it says, its extremes, how many areas have no data."""
    found = to_records(rows, view.lang)
    kind = kind or infer_figure_kind(found, view)
    names = format_name_list(unique_in_order(found, "geo_name"), view.lang) if found else ""
    what = t(
        ALT_TEXT_KEYS[kind],
        view.lang,
        places=t(f"place_{view.level or 'world'}", view.lang),
        names=names,
        count=len({row["geo"] for row in get_area_rows(found, view)}),
    )
    return " ".join(
        part
        for part in (
            f"{what}.",
            f"{build_headline(found, view, kind)}.",
            _describe_values(found, view, kind),
            _describe_absent_areas(found, view, kind),
        )
        if part
    )


def _describe_values(found: list[dict], view: View, kind: str) -> str:
    known = with_values(get_area_rows(found, view)) or with_values(found)
    if kind == "dots" and known:
        rows = sorted(known, key=lambda row: (row["geo_name"].casefold(), get_decimal_year(row)))
        items = [
            f"{row['geo_name']} {format_indicator_value(row['value'], view)} ({format_row_period(row, view)})"
            for row in rows[:24]
        ]
        return t("alt_values", view.lang, items=join_with_semicolons(items))
    if kind in ("areas", "map", "tiles", "bars") and len(known) > 1:
        low, high = find_extremes(with_values(get_area_rows(flag_other_editions(found), view)) or known, view)
        return t(
            "alt_extremes",
            view.lang,
            low=format_indicator_value(low[0]["value"], view),
            high=format_indicator_value(high[0]["value"], view),
            low_name=format_tied_names(low, lambda row: format_area_name(row, known, view), view),
            high_name=format_tied_names(high, lambda row: format_area_name(row, known, view), view),
        )
    return ""


def _describe_absent_areas(found: list[dict], view: View, kind: str) -> str:
    absent = count_absent_areas(found, view, kind)
    return t("alt_absent", view.lang, count=absent) if absent else ""


def count_absent_areas(found: list[dict], view: View, kind: str) -> int:
    """How many areas have no value: of the whole map where there is one, else of the rows."""
    known = {row["geo"] for row in with_values(found)}
    if kind in ("areas", "map", "tiles") and view.level in boundaries.MAP_FILES:
        return len(set(boundaries.get_data_area_codes(view.level)) - known)
    return len({row["geo"] for row in found} - known)


def build_hover_text(row: dict, view: View, name: str = "") -> str:
    """What appears under the pointer: name, value, interval, period, base and warnings, one a line."""
    lang = view.lang
    n = format_number(row["n"], lang) if row.get("n") is not None else row.get("sample_size_note") or ""
    interval = format_interval(
        row.get("ci_low"), row.get("ci_high"), view.indicator.unit, view.indicator.decimals, lang
    )
    lines = [
        f"<b>{escape(name or row['geo_name'], quote=False)}{format_edition_mark(row)}</b>",
        format_indicator_value(row["value"], view) if row["value"] is not None else t("no_data", lang),
        t("interval_95", lang, interval=interval) if interval else "",
        format_row_period(row, view),
        t("base_n", lang, n=escape(str(n), quote=False)) if n else "",
        f"{t('other_edition', lang)}: {escape(row.get('edition_name') or row['edition'], quote=False)}"
        if is_other_edition(row)
        else "",
        t("small_base", lang, count=SMALL_SAMPLE_SIZE) if is_small_sample(row) else "",
        t("old_survey", lang) if is_old_survey(row) else "",
        t("old_vintage", lang) if is_old_vintage(row) else "",
        t("derived", lang) if row.get("status") == "derived" else "",
    ]
    return "<br>".join(line for line in lines if line)
