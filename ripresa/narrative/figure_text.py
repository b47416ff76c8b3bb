"""The text of a figure: title, subtitle, source, notes, alternative text and hover text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import format_interval, format_number, format_period, t, translate_fragments
from ripresa.narrative.headlines import build_headline, find_extremes, format_tied_names, infer_figure_kind
from ripresa.narrative.notes import AREA_KINDS, build_notes
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

MAX_LISTED_DOTS = 24  # values in the alternative text of a dot plot
ALT_TEXT_KEYS = {"areas": "alt_map", "trend": "alt_lines"}  # other kinds: alt_KIND


@dataclass(frozen=True)
class FigureText:
    """The text around a figure, and its aspect ratio (height / width) where that is fixed, else 0."""

    title: str
    subtitle: str
    source: str = ""
    notes: tuple[str, ...] = ()
    alt: str = ""
    label: str = ""  # inside the picture: the data are a synthetic sample
    population: str = ""  # of the sample, where official shares are in the same figure
    aspect_ratio: float = 0.0


def build_figure_text(
    rows: pd.DataFrame | list[Row], view: View, kind: str = "", extra_notes: Sequence[str] = ()
) -> FigureText:
    """Title, subtitle, source, notes and alternative text of a figure of these rows."""
    records = to_records(rows, view.lang)
    return FigureText(
        build_headline(records, view, kind),
        build_subtitle(records, view),
        format_source_line(records, view),
        (*build_notes(records, view, kind), *extra_notes),
        build_alt_text(records, view, kind),
    )


# --- subtitle and source ---


def build_subtitle(rows: pd.DataFrame | list[Row], view: View) -> str:
    """The indicator, its universe, the breakdown that all rows share and the period."""
    records = to_records(rows, view.lang)
    records = with_values(records) or records
    shared_breakdown = [
        records[0][f"{dimension}_name"]
        for dimension in ("sector", "gender", "size")
        if records and not has_several(records, dimension) and records[0].get(dimension) not in ("all", None)
    ]
    universe = catalogue.get_universe(view.indicator, [row["source"] for row in records], view.lang)
    label = view.indicator.label[view.lang]
    return " · ".join([label, universe, *shared_breakdown, *_format_periods(records, view)])


def _format_periods(rows: list[Row], view: View) -> list[str]:
    if not rows:
        return []
    first: str = min(rows, key=get_decimal_year)["period"]
    last: str = max(rows, key=get_decimal_year)["period"]
    if first == last:
        all_provisional = all(map(is_provisional, rows))
        return [format_row_period(rows[0], view.lang) if all_provisional else format_period(last, view.lang)]
    text = format_period_range(first, last, view)
    if view.period == "latest" and infer_figure_kind(rows, view) in ("areas", "sectors", "heat"):
        text = t("latest_between", view.lang, between=text)
    return [text]


def format_source_line(rows: pd.DataFrame | list[Row], view: View) -> str:
    """The publishers of the values and their licences."""
    names = {
        row["source"]: row.get("source_name") or "" for row in with_values(to_records(rows, view.lang))
    } or {view.indicator.source: ""}
    sources = "; ".join(_format_source(id, name, view.lang) for id, name in names.items())
    return t("source_line", view.lang, sources=sources)


def _format_source(id: str, name: str, lang: str) -> str:
    source = catalogue.load_sources().get(id)
    if source is None:
        return name or id
    text = t(
        "named_source", lang, publisher=translate_fragments(source.publisher, lang), name=source.name[lang]
    )
    return f"{text} ({t('licence', lang, licence=source.licence[lang])})"


# --- alternative text and hover text ---


def build_alt_text(rows: pd.DataFrame | list[Row], view: View, kind: str = "") -> str:
    """The figure for screen readers: kind, headline, extremes and the number of areas without data."""
    records = to_records(rows, view.lang)
    kind = kind or infer_figure_kind(records, view)
    description = t(
        ALT_TEXT_KEYS.get(kind, f"alt_{kind}"),
        view.lang,
        places=t(f"place_{view.level or 'world'}", view.lang),
        names=format_name_list(unique_in_order(records, "geo_name"), view.lang) if records else "",
        count=len({row["geo"] for row in get_area_rows(records, view)}),
    )
    parts = [f"{description}.", f"{build_headline(records, view, kind)}."]
    parts.append(_describe_values(records, view, kind))
    if absent := count_absent_areas(records, view, kind):
        parts.append(t("alt_absent", view.lang, count=absent))
    return " ".join(filter(None, parts))


def _describe_values(records: list[Row], view: View, kind: str) -> str:
    rows = with_values(get_area_rows(records, view)) or with_values(records)
    if kind == "dots" and rows:
        rows.sort(key=lambda row: (row["geo_name"].casefold(), get_decimal_year(row)))
        items = [
            f"{row['geo_name']} {format_indicator_value(row['value'], view)} "
            f"({format_row_period(row, view.lang)})"
            for row in rows[:MAX_LISTED_DOTS]
        ]
        return t("alt_values", view.lang, items=join_with_semicolons(items))
    if kind in AREA_KINDS and len(rows) > 1:
        candidates = with_values(get_area_rows(flag_other_editions(records), view)) or rows
        low, high = find_extremes(candidates, view)

        def format_name(row: Row) -> str:
            return format_area_name(row, rows, view)

        return t(
            "alt_extremes",
            view.lang,
            low=format_indicator_value(low[0]["value"], view),
            high=format_indicator_value(high[0]["value"], view),
            low_name=format_tied_names(low, format_name, view),
            high_name=format_tied_names(high, format_name, view),
        )
    return ""


def count_absent_areas(rows: list[Row], view: View, kind: str) -> int:
    """The number of areas without a value: among those of the map if there is one, else among the rows."""
    if kind in ("areas", "map", "tiles") and view.level in boundaries.MAP_FILES:
        areas = set(boundaries.get_data_area_codes(view.level))
    else:
        areas = {row["geo"] for row in rows}
    return len(areas - {row["geo"] for row in with_values(rows)})


HOVER_WARNINGS: tuple[tuple[Callable[[Row], bool], str], ...] = (
    (is_small_sample, "small_base"),
    (is_old_survey, "old_survey"),
    (is_old_vintage, "old_vintage"),
    (lambda row: row.get("status") == "derived", "derived"),
)


def build_hover_text(row: Row, view: View, name: str = "") -> str:
    """The tooltip of a point as HTML: name, value, interval, period, sample size and warnings, one a line."""
    lang, indicator = view.lang, view.indicator
    lines = [f"<b>{_escape(name or row['geo_name'])}{format_edition_mark(row)}</b>"]
    lines.append(
        format_indicator_value(row["value"], view) if row["value"] is not None else t("no_data", lang)
    )
    if interval := format_interval(
        row.get("ci_low"), row.get("ci_high"), indicator.unit, indicator.decimals, lang
    ):
        lines.append(t("interval_95", lang, interval=interval))
    lines.append(format_row_period(row, lang))
    if row.get("n") is not None:
        lines.append(t("base_n", lang, n=_escape(format_number(row["n"], lang))))
    elif row.get("sample_size_note"):
        lines.append(t("base_n", lang, n=_escape(row["sample_size_note"])))
    if is_other_edition(row):
        lines.append(f"{t('other_edition', lang)}: {_escape(row.get('edition_name') or row['edition'])}")
    lines += [
        t(key, lang, count=SMALL_SAMPLE_SIZE) for has_warning, key in HOVER_WARNINGS if has_warning(row)
    ]
    return "<br>".join(lines)


def _escape(text: object) -> str:
    return escape(str(text), quote=False)
