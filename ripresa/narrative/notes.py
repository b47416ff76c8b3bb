"""The notes under a figure: its caveats."""

from collections.abc import Iterable

import pandas as pd

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import format_items, format_period, t
from ripresa.narrative.headlines import infer_figure_kind
from ripresa.narrative.phrases import format_name_list, join_with_semicolons
from ripresa.observations.rows import (
    SMALL_SAMPLE_SIZE,
    Row,
    flag_other_editions,
    get_area_rows,
    get_decimal_year,
    has_interval,
    has_several,
    is_old_survey,
    is_old_vintage,
    is_other_edition,
    is_provisional,
    is_small_sample,
    parse_decimal_year,
    to_records,
    unique_in_order,
    with_values,
)

AREA_KINDS = ("areas", "map", "tiles", "bars")
TIME_KINDS = ("trend", "lines", "multiples", "dots")


def build_notes(rows: pd.DataFrame | list[Row], view: View, kind: str = "") -> list[str]:
    """The notes for a figure of these rows, most important first."""
    records, lang = to_records(rows, view.lang), view.lang
    rows_with_values = with_values(records)
    if records and not kind:
        kind = infer_figure_kind(records, view)
    notes = _build_indicator_notes(records, view)
    if kind == "dots":
        notes.append(t("note_dots", lang))
    notes += _build_provisional_notes(rows_with_values, lang)
    notes += _build_edition_notes(rows_with_values, lang)
    notes += _build_other_edition_notes(rows_with_values, kind, lang)
    if kind in TIME_KINDS:
        notes += _build_break_notes(rows_with_values, view)
    notes += _build_small_sample_notes(rows_with_values, lang)
    notes += _build_published_geo_notes(rows_with_values, lang)
    if kind in AREA_KINDS:
        notes += _build_survey_year_notes(rows_with_values, lang)
    notes += _build_vintage_notes(rows_with_values, lang)
    notes += _build_interval_notes(rows_with_values, lang)
    if kind == "map":
        notes.append(t("note_boundaries", lang))
    return notes


def _build_indicator_notes(rows: list[Row], view: View) -> list[str]:
    """The note of the catalogue, if it applies to a source of these rows."""
    note, sources = view.indicator.note.get(view.lang), view.indicator.note_sources
    applies = not sources or any(row.get("source") in sources for row in get_area_rows(rows, view) or rows)
    return [note] if note and applies else []


def _format_periods(periods: Iterable[str], lang: str) -> str:
    return format_items([format_period(period, lang) for period in periods], lang)


def _build_provisional_notes(rows: list[Row], lang: str) -> list[str]:
    periods = sorted({row["period"] for row in rows if is_provisional(row)})
    return [t("note_provisional", lang, periods=_format_periods(periods, lang))] if periods else []


def _build_edition_notes(rows: list[Row], lang: str) -> list[str]:
    names = list(dict.fromkeys(row.get("edition_name") or row.get("edition") or "" for row in rows))
    if len(names) > 1:
        return [t("note_editions", lang, editions=join_with_semicolons(names))]
    is_single = any(row.get("edition") == "single" for row in rows)
    return [t("note_edition", lang, edition=name) for name in names if name and not is_single]


def _build_other_edition_notes(rows: list[Row], kind: str, lang: str) -> list[str]:
    if kind not in (*AREA_KINDS, "sectors", "heat"):
        return []
    names: dict[str, list[str]] = {}
    for row in filter(is_other_edition, flag_other_editions(rows)):
        name = row["sector_name"] if kind == "sectors" else row["geo_name"]
        if kind == "heat":
            name += f", {row['sector_name']}"
        names.setdefault(row.get("edition_name") or row["edition"], []).append(name)
    return [
        t("note_apart", lang, names=join_with_semicolons(edition_names), edition=edition)
        for edition, edition_names in names.items()
    ]


def _build_break_notes(rows: list[Row], view: View) -> list[str]:
    years = list(map(get_decimal_year, rows))
    breaks = [
        period
        for period in view.indicator.breaks
        if years and min(years) < parse_decimal_year(period) <= max(years)
    ]
    return [t("note_break", view.lang, periods=_format_periods(breaks, view.lang))] if breaks else []


def _build_small_sample_notes(rows: list[Row], lang: str) -> list[str]:
    names = unique_in_order(filter(is_small_sample, rows), "geo_name")
    if not names:
        return []
    return [t("note_small", lang, names=format_name_list(names, lang), count=SMALL_SAMPLE_SIZE)]


def _build_published_geo_notes(rows: list[Row], lang: str) -> list[str]:
    """One note for each joined area: the areas that share its value."""
    names: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.get("published_geo"):
            names.setdefault(row["published_geo"], {})[row["geo_name"]] = None
    return [t("note_published_geo", lang, names=format_items(areas, lang)) for areas in names.values()]


def _build_survey_year_notes(rows: list[Row], lang: str) -> list[str]:
    if not has_several(rows, "period"):
        return []
    first, last = min(rows, key=get_decimal_year), max(rows, key=get_decimal_year)
    periods = {"first": format_period(first["period"], lang), "last": format_period(last["period"], lang)}
    notes = [t("note_years", lang, **periods)]
    if old_count := sum(map(is_old_survey, rows)):
        notes.append(t("note_old", lang, count=old_count))
    return notes


def _build_vintage_notes(rows: list[Row], lang: str) -> list[str]:
    names = unique_in_order(filter(is_old_vintage, rows), "geo_name")
    return [t("note_vintage", lang, names=format_name_list(names, lang))] if names else []


def _build_interval_notes(rows: list[Row], lang: str) -> list[str]:
    rows_with_interval = list(filter(has_interval, rows))
    if not rows_with_interval:
        reasons = dict.fromkeys(row.get("no_ci_reason") for row in rows)
        return [t(f"reason_{reason}", lang) for reason in reasons if reason]
    sources = (catalogue.load_sources().get(row["source"]) for row in rows_with_interval)
    all_registers = all(source is not None and source.kind == "register" for source in sources)
    notes = [t("note_interval_register" if all_registers else "note_interval", lang)]
    if len(rows_with_interval) < len(rows):
        notes.append(t("note_interval_some", lang))
    return notes
