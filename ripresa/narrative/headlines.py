"""The headline of a figure.

A headline never claims more than the data support: with intervals "higher" or "not distinguishable", without
them a plain difference that is called so.
"""

from collections.abc import Callable, Sequence

import pandas as pd

from ripresa.filters import View
from ripresa.i18n import format_items, format_period, round_half_up, t
from ripresa.narrative.phrases import (
    MAX_NAMES,
    format_area_name,
    format_difference,
    format_headline_subject,
    format_indicator_value,
    format_period_range,
    format_reference_name,
    format_row_period,
    join_with_semicolons,
)
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import (
    Row,
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_decimal_year,
    get_highlighted_areas,
    get_reference_rows,
    has_several,
    is_old_survey,
    is_other_edition,
    is_reference,
    is_small_sample,
    to_records,
    unique_in_order,
    with_values,
)
from ripresa.observations.series import Segment, build_series, split_segments

MAX_LISTED_CHANGES = 4  # areas in a list of changes
MAX_COUNTED_SECTORS = 8  # up to this number, the headline gives the number of published sectors

NameFormat = Callable[[Row], str]
GenderPair = tuple[str, str, Row, Row]  # code, name, women's row, men's row


def build_headline(rows: pd.DataFrame | list[Row], view: View, kind: str = "") -> str:
    """The headline of a figure of these rows; `kind` is inferred from the rows if it is empty."""
    records = to_records(rows, view.lang)
    if not with_values(records):
        return _fill("no_data_title", records, view)
    return HEADLINE_BUILDERS[kind or infer_figure_kind(records, view)](records, view)


def infer_figure_kind(rows: list[Row], view: View) -> str:
    """The kind of figure for these rows: gaps, heat, sectors, trend, dots or areas."""
    if {"female", "male"} <= {row.get("gender") for row in rows}:
        return "gaps"
    if has_several(rows, "sector"):
        return "heat" if has_several(rows, "geo") else "sectors"
    if len({(row["geo"], row["edition"]) for row in rows}) < len(rows):
        return "trend"
    return "dots" if view.chart == "dots" else "areas"


def _fill(key: str, rows: Sequence[Row], view: View, **values: object) -> str:
    """A headline that begins with the indicator."""
    return t(key, view.lang, short=format_headline_subject(rows, view), **values)


def _describe_row(row: Row, view: View) -> dict[str, str]:
    """The placeholders of a sentence about one row."""
    return {
        "name": row["geo_name"],
        "value": format_indicator_value(row["value"], view),
        "period": format_row_period(row, view.lang),
    }


def _describe_change(segment: Segment, view: View) -> dict[str, str]:
    """The placeholders of a sentence about the change from the first to the last row."""
    first, last = segment[0], segment[-1]
    return {
        "name": last["geo_name"],
        "first": format_indicator_value(first["value"], view),
        "first_period": format_row_period(first, view.lang),
        "last": format_indicator_value(last["value"], view),
        "last_period": format_row_period(last, view.lang),
    }


# --- areas ---


def _build_area_headline(rows: list[Row], view: View) -> str:
    rows = flag_other_editions(rows)
    area_rows = with_values(get_area_rows(rows, view)) or with_values(rows)
    reference_rows = with_values(get_reference_rows(rows, view))[:1]
    selected = [row for row in area_rows if row["geo"] in view.geo]
    rankable = _get_rankable_rows(area_rows)
    if len(selected) == 1 and reference_rows and selected[0]["edition"] == reference_rows[0]["edition"]:
        return build_comparison_headline(selected[0], reference_rows[0], view)
    if 1 <= len(selected) <= MAX_NAMES:
        return _build_list_headline(selected + reference_rows, rows, view)
    if len(rankable) == 1:
        [row] = rankable
        return _fill(
            "single",
            rows,
            view,
            name=format_area_name(row, rows, view),
            value=format_indicator_value(row["value"], view),
        )
    return _build_range_headline(
        rankable, view, lambda row: format_area_name(row, rankable, view), reference_rows
    )


def _build_range_headline(
    rows: list[Row], view: View, format_name: NameFormat, reference_rows: Sequence[Row] = ()
) -> str:
    low_rows, high_rows = find_extremes(rows, view)
    low = format_indicator_value(low_rows[0]["value"], view)
    high = format_indicator_value(high_rows[0]["value"], view)
    if low == high:
        return _fill("same_everywhere", rows, view, value=low)
    text = _fill(
        "range",
        rows,
        view,
        low=low,
        high=high,
        low_name=format_tied_names(low_rows, format_name, view),
        high_name=format_tied_names(high_rows, format_name, view),
    )
    if classify_difference(high_rows[0], low_rows[0]) == "indistinct":
        text += t("ends_indistinct", view.lang)
    for row in reference_rows:
        name = row["geo_name"] + format_edition_mark(row)
        text += f"; {t('item', view.lang, name=name, value=format_indicator_value(row['value'], view))}"
    return text


def find_extremes(rows: list[Row], view: View) -> tuple[list[Row], list[Row]]:
    """The rows with the lowest and with the highest printed value, ties included, of the main edition.

    Small samples and old surveys are left out while two other rows remain.
    """
    rows = _get_rankable_rows(rows)
    precise = [row for row in rows if not is_small_sample(row) and not is_old_survey(row)]
    if len(precise) >= 2:
        rows = precise
    printed = [round_half_up(row["value"], view.indicator.decimals) for row in rows]
    low, high = min(printed), max(printed)
    return (
        [row for row, value in zip(rows, printed, strict=True) if value == low],
        [row for row, value in zip(rows, printed, strict=True) if value == high],
    )


def _get_rankable_rows(rows: list[Row]) -> list[Row]:
    """The rows of the main edition."""
    return [row for row in rows if not is_other_edition(row)] or rows


def format_tied_names(rows: Sequence[Row], format_name: NameFormat, view: View) -> str:
    """The names of rows with one value: up to two, else the first and a count."""
    names = list(dict.fromkeys(map(format_name, rows)))
    if len(names) <= 2:
        return format_items(names, view.lang)
    return t("extreme_more", view.lang, name=names[0], count=len(names) - 1)


def _build_list_headline(selected: Sequence[Row], rows: list[Row], view: View) -> str:
    items = [
        t(
            "item",
            view.lang,
            name=format_area_name(row, rows, view),
            value=format_indicator_value(row["value"], view),
        )
        for row in selected
    ]
    return _fill("listed", rows, view, items=join_with_semicolons(items))


def build_comparison_headline(row: Row, other: Row, view: View) -> str:
    """The headline of one area compared with a reference area."""
    value = format_indicator_value(row["value"], view)
    other_value = format_indicator_value(other["value"], view)
    outcome = classify_difference(row, other)
    if outcome:
        key = {"higher": "above", "lower": "below", "indistinct": "indistinct"}[outcome]
    elif value == other_value:
        key = "simple_same"
    else:
        key = "simple_above" if row["value"] > other["value"] else "simple_below"
    return _fill(
        key,
        [row],
        view,
        name=row["geo_name"],
        value=value,
        other=format_reference_name(other, view),
        other_name=other["geo_name"],
        other_value=other_value,
        difference=format_difference(row["value"], other["value"], view),
    )


# --- trends ---


def _build_trend_headline(rows: list[Row], view: View) -> str:
    """The change along the newest segment of the selected areas, or else of Italy."""
    areas = unique_in_order(with_values(rows), "geo")
    selected = [geo for geo in dict.fromkeys(view.geo) if geo in areas][:MAX_LISTED_CHANGES]
    preferred = [geo for geo in (*view.geo, *get_highlighted_areas(view), "ITA") if geo in areas]
    if not preferred and len(areas) <= MAX_LISTED_CHANGES:
        selected = areas
    if len(selected) > 1:
        return _build_changes_headline([_get_newest_segment(geo, rows, view) for geo in selected], rows, view)
    segment = _get_newest_segment((preferred or areas)[0], rows, view)
    first, last = segment[0], segment[-1]
    if first is last:
        return _fill("at_period", rows, view, **_describe_row(last, view))
    change = _describe_change(segment, view)
    if [row["period"] for row in with_values(rows) if row["geo"] == last["geo"]].count(last["period"]) > 1:
        change["name"] += f" ({last.get('edition_name') or last['edition']})"
    if classify_difference(last, first) == "indistinct":
        key = "change_indistinct"
    else:
        key = "change_none" if change["first"] == change["last"] else "change"
    return _fill(key, rows, view, **change)


def _build_changes_headline(segments: list[Segment], rows: list[Row], view: View) -> str:
    """The changes of several areas; the periods appear once if they are the same for all."""
    periods = {(segment[0]["period"], segment[-1]["period"]) for segment in segments}
    if len(periods) == 1 and len(segments[0]) > 1:
        [(start, end)] = periods
        items = [t("change_item", view.lang, **_describe_change(segment, view)) for segment in segments]
        period = format_period_range(start, end, view)
        return _fill("changes", rows, view, period=period, items=join_with_semicolons(items))
    items = [_format_change(segment, view) for segment in segments]
    return _fill("listed", rows, view, items=join_with_semicolons(items))


def _format_change(segment: Segment, view: View) -> str:
    """The change of one of several areas, with its periods."""
    if len(segment) == 1:
        return t("item_dated", view.lang, **_describe_row(segment[0], view))
    return t("change_dated", view.lang, **_describe_change(segment, view))


def _get_newest_segment(geo: str, rows: list[Row], view: View) -> Segment:
    """The newest segment of an area, preferably of more than one point."""
    segments = [
        segment
        for series in build_series(rows)
        if series.geo == geo
        for segment in split_segments(series, rows, view.indicator.breaks)
    ]
    return max(segments, key=lambda segment: (len(segment) > 1, get_decimal_year(segment[-1]), len(segment)))


# --- dots: areas are named and counted, never ranked ---


def _build_dot_headline(rows: list[Row], view: View) -> str:
    rows_with_values = with_values(rows)
    area_rows = with_values(get_area_rows(rows, view)) or rows_with_values
    count = len({row.get("published_geo") or row["geo"] for row in area_rows})
    newest = {row["geo"]: row for row in sorted(rows_with_values, key=get_decimal_year)}
    highlighted = [newest[geo] for geo in get_highlighted_areas(view) if geo in newest]
    if len(highlighted) > 1 or any(is_reference(row, view) for row in highlighted):
        items = [_format_change([row], view) for row in highlighted[:MAX_LISTED_CHANGES]]
        return _fill("listed", rows, view, items=join_with_semicolons(items))
    if count == 1:
        row = (highlighted or area_rows)[0]
        key = "at_period" if view.level == "italy" else "quoted_one"
        return _fill(key, [row], view, **_describe_row(row, view))
    suffix = "_areas" if view.level == "italy" else ""
    if not highlighted:
        return _fill("quoted_many" + suffix, rows, view, count=count)
    return _fill("quoted" + suffix, rows, view, **_describe_row(highlighted[0], view), count=count)


# --- women-led and men-led firms ---


def pair_by_gender(rows: list[Row], view: View) -> list[GenderPair]:
    """(code, name, women's row, men's row) for each area, sector, size or period that has both, in order."""
    column = next((name for name in ("geo", "sector", "size") if has_several(rows, name)), "geo")
    rows_by_gender: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in with_values(rows):
        key = (row[column], row["period"], row["edition"])
        rows_by_gender.setdefault(key, {})[row["gender"]] = row
    codes = {code for code, *_ in rows_by_gender}
    is_dated = len(codes) < len(rows_by_gender) or has_several(rows, "period")
    pairs = []
    for (code, *_), genders in rows_by_gender.items():
        if "female" in genders and "male" in genders:
            name = genders["female"][f"{column}_name"]
            if is_dated:
                name += f", {format_period(genders['female']['period'], view.lang)}"
            pairs.append((code, name, genders["female"], genders["male"]))
    return pairs


def _build_gender_gap_headline(rows: list[Row], view: View) -> str:
    pairs = pair_by_gender(rows, view)
    if not pairs:
        return _fill("no_data_title", rows, view)
    if len(pairs) == 1:
        return _build_one_gap_headline(pairs[0], pairs, rows, view)
    highlighted = [pair for pair in pairs if pair[0] in get_highlighted_areas(view)]
    if highlighted and view.geo:
        return _build_one_gap_headline(highlighted[-1], pairs, rows, view)
    outcomes = [classify_difference(women, men) for *_, women, men in pairs]
    if all(outcomes):
        key, more, less = "gap_many_distinct", outcomes.count("higher"), outcomes.count("lower")
    else:
        more = sum(women["value"] > men["value"] for *_, women, men in pairs)
        less = sum(women["value"] < men["value"] for *_, women, men in pairs)
        key = "gap_many"
        if len(pairs) in (more, less):
            key = "gap_all_more" if more else "gap_all_less"
    return _fill(key, rows, view, count=len(pairs), more=more, less=less)


def _build_one_gap_headline(pair: GenderPair, pairs: list[GenderPair], rows: list[Row], view: View) -> str:
    _, name, women, men = pair
    women_value = format_indicator_value(women["value"], view)
    men_value = format_indicator_value(men["value"], view)
    outcome = classify_difference(women, men)
    if outcome:
        key = "gap_one_indistinct" if outcome == "indistinct" else "gap_one_distinct"
    else:
        key = "gap_one_same" if women_value == men_value else "gap_one"
    difference = format_difference(women["value"], men["value"], view)
    return _fill(
        key,
        rows,
        view,
        count=len(pairs),
        name=name,
        women=women_value,
        men=men_value,
        difference=difference,
    )


# --- sectors ---


def _build_sector_headline(rows: list[Row], view: View) -> str:
    rows = with_values(flag_other_editions(rows))
    sector_rows = [row for row in rows if row["sector"] != "all"]
    total_rows = [row for row in rows if row["sector"] == "all"]
    if not sector_rows:
        return _build_list_headline(total_rows[:1], total_rows, view)
    is_dated = has_several(rows, "period")

    def format_name(row: Row) -> str:
        name: str = row["sector_name"]
        return f"{name}, {format_period(row['period'], view.lang)}" if is_dated else name

    text = _build_range_headline(sector_rows, view, format_name)
    if 1 < len(sector_rows) <= MAX_COUNTED_SECTORS:
        text += t("of_published", view.lang, count=len(sector_rows))
    for row in total_rows[:1]:
        value = format_indicator_value(row["value"], view)
        text += f"; {t('total', view.lang).lower()}{format_edition_mark(row)} {value}"
        if is_dated:
            text += f" ({format_row_period(row, view.lang)})"
    return text


def _build_heatmap_headline(rows: list[Row], view: View) -> str:
    rows = flag_other_editions(rows)
    cells = [row for row in with_values(get_area_rows(rows, view)) if row["sector"] != "all"]
    return _build_range_headline(
        cells or with_values(rows), view, lambda row: f"{row['geo_name']}, {row['sector_name']}"
    )


HEADLINE_BUILDERS: dict[str, Callable[[list[Row], View], str]] = {
    **dict.fromkeys(("areas", "map", "tiles", "bars"), _build_area_headline),
    **dict.fromkeys(("trend", "lines", "multiples"), _build_trend_headline),
    "dots": _build_dot_headline,
    "gaps": _build_gender_gap_headline,
    "sectors": _build_sector_headline,
    "heat": _build_heatmap_headline,
}
