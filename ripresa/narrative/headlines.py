"""The sentence over a figure, and what it may say.

A finding never says more than the data allow: with intervals "higher" or "not distinguishable", without them a plain difference called so.
"""

from ripresa.filters import View
from ripresa.i18n import format_items, format_period, round_half_up, t
from ripresa.narrative.phrases import (
    MAX_NAMES,
    format_area_name,
    format_difference,
    format_indicator_label,
    format_indicator_value,
    format_period_range,
    format_reference_name,
    format_row_period,
    join_with_semicolons,
)
from ripresa.narrative.significance import classify_difference
from ripresa.observations.rows import (
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
from ripresa.observations.series import build_series, split_segments

MAX_LISTED_CHANGES = 4  # areas named in a sentence of changes
MAX_COUNTED_SECTORS = 8  # sectors: as many are some of them, and the title says of how many it speaks


def build_headline(rows, view: View, kind: str = "") -> str:
    """The sentence over the figure."""
    found = to_records(rows, view.lang)
    if not with_values(found):
        return t("no_data_title", view.lang, short=format_indicator_label(found, view))
    return HEADLINE_BUILDERS[kind or infer_figure_kind(found, view)](found, view)


def infer_figure_kind(found: list[dict], view: View) -> str:
    """What the rows are about: gaps, heat, sectors, trend, dots or areas."""
    if {"female", "male"} <= {row.get("gender") for row in found}:
        return "gaps"
    if has_several(found, "sector"):
        return "heat" if has_several(found, "geo") else "sectors"
    if len({(row["geo"], row["edition"]) for row in found}) < len(found):
        return "trend"
    return "dots" if view.chart == "dots" else "areas"


def _build_area_headline(found: list[dict], view: View) -> str:
    found = flag_other_editions(found)
    known = with_values(get_area_rows(found, view)) or with_values(found)
    against = with_values(get_reference_rows(found, view))
    chosen = [row for row in known if row["geo"] in view.geo]
    known = _get_rankable_rows(known)
    if len(chosen) == 1 and against and chosen[0]["edition"] == against[0]["edition"]:
        return build_comparison_headline(chosen[0], against[0], view)
    if 1 <= len(chosen) <= MAX_NAMES:
        return _build_list_headline(chosen + against[:1], found, view)
    if len(known) == 1:
        return t(
            "single",
            view.lang,
            short=format_indicator_label(found, view),
            name=format_area_name(known[0], found, view),
            value=format_indicator_value(known[0]["value"], view),
        )
    return _build_range_headline(known, against, view, lambda row: format_area_name(row, known, view))


def _build_range_headline(known: list[dict], against: list[dict], view: View, name) -> str:
    low, high = find_extremes(known, view)
    values = {
        "short": format_indicator_label(known, view),
        "low": format_indicator_value(low[0]["value"], view),
        "high": format_indicator_value(high[0]["value"], view),
    }
    if values["low"] == values["high"]:
        return t("same_everywhere", view.lang, short=format_indicator_label(known, view), value=values["low"])
    ends = {"low_name": format_tied_names(low, name, view), "high_name": format_tied_names(high, name, view)}
    text = t("range", view.lang, **values, **ends) + (
        t("ends_indistinct", view.lang) if classify_difference(high[0], low[0]) == "indistinct" else ""
    )
    return text + "".join(
        f"; {t('item', view.lang, name=row['geo_name'] + format_edition_mark(row), value=format_indicator_value(row['value'], view))}"
        for row in against[:1]
    )


def find_extremes(known: list[dict], view: View) -> tuple[list[dict], list[dict]]:
    """The lowest and the highest rows of one edition, ties included as printed; small bases and old surveys stand back while two others remain."""
    known = _get_rankable_rows(known)
    firm = [row for row in known if not is_small_sample(row) and not is_old_survey(row)]
    known = firm if len(firm) >= 2 else known
    printed = [round_half_up(row["value"], view.indicator.decimals) for row in known]
    return (
        [row for row, value in zip(known, printed) if value == min(printed)],
        [row for row, value in zip(known, printed) if value == max(printed)],
    )


def _get_rankable_rows(known: list[dict]) -> list[dict]:
    """The rows that may be ranked: those of the edition most have."""
    return [row for row in known if not is_other_edition(row)] or known


def format_tied_names(tied: list[dict], name, view: View) -> str:
    names = list(dict.fromkeys(name(row) for row in tied))
    if len(names) <= 2:
        return format_items(names, view.lang)
    return t("extreme_more", view.lang, name=names[0], count=len(names) - 1)


def _build_list_headline(chosen: list[dict], found: list[dict], view: View) -> str:
    items = [
        t(
            "item",
            view.lang,
            name=format_area_name(row, found, view),
            value=format_indicator_value(row["value"], view),
        )
        for row in chosen
    ]
    return t(
        "listed", view.lang, short=format_indicator_label(found, view), items=join_with_semicolons(items)
    )


def build_comparison_headline(row: dict, other: dict, view: View) -> str:
    """One area against what it is compared with."""
    words = {
        "short": format_indicator_label([row], view),
        "name": row["geo_name"],
        "value": format_indicator_value(row["value"], view),
        "other": format_reference_name(other, view),
        "other_name": other["geo_name"],
        "other_value": format_indicator_value(other["value"], view),
        "difference": format_difference(row["value"], other["value"], view),
    }
    judged = classify_difference(row, other)
    if judged:
        return t(
            {"higher": "above", "lower": "below", "indistinct": "indistinct"}[judged], view.lang, **words
        )
    if words["value"] == words["other_value"]:
        return t("simple_same", view.lang, **words)
    return t("simple_above" if row["value"] > other["value"] else "simple_below", view.lang, **words)


def _build_trend_headline(found: list[dict], view: View) -> str:
    """From the first to the last figure that can be joined, for the chosen areas or else Italy."""
    known = with_values(found)
    present = unique_in_order(known, "geo")
    wanted = [
        geo for geo in dict.fromkeys((*view.geo, *get_highlighted_areas(view), "ITA")) if geo in present
    ] or present
    chosen = [geo for geo in wanted if geo in view.geo][:MAX_LISTED_CHANGES] or (
        present if wanted is present and len(present) <= MAX_LISTED_CHANGES else []
    )
    if len(chosen) > 1:
        ends = [(part[0], part[-1]) for part in (_get_newest_segment(geo, found, view) for geo in chosen)]
        if (
            len({(first["period"], last["period"]) for first, last in ends}) == 1
            and ends[0][0] is not ends[0][1]
        ):
            items = [
                t(
                    "change_item",
                    view.lang,
                    name=last["geo_name"],
                    first=format_indicator_value(first["value"], view),
                    last=format_indicator_value(last["value"], view),
                )
                for first, last in ends
            ]
            return t(
                "changes",
                view.lang,
                short=format_indicator_label(found, view),
                period=format_period_range(ends[0][0]["period"], ends[0][1]["period"], view),
                items=join_with_semicolons(items),
            )
        return t(
            "listed",
            view.lang,
            short=format_indicator_label(found, view),
            items=join_with_semicolons([_format_change(first, last, view) for first, last in ends]),
        )
    stretch = _get_newest_segment(wanted[0], found, view)
    first, last = stretch[0], stretch[-1]
    if first is last:
        return t(
            "at_period",
            view.lang,
            short=format_indicator_label(found, view),
            name=last["geo_name"],
            value=format_indicator_value(last["value"], view),
            period=format_row_period(last, view),
        )
    value = format_indicator_value(last["value"], view)
    key = (
        "change_indistinct"
        if classify_difference(last, first) == "indistinct"
        else "change_none"
        if format_indicator_value(first["value"], view) == value
        else "change"
    )
    twice = sum(row["geo"] == last["geo"] and row["period"] == last["period"] for row in known) > 1
    name = (
        f"{last['geo_name']} ({last.get('edition_name') or last['edition']})" if twice else last["geo_name"]
    )
    return t(
        key,
        view.lang,
        short=format_indicator_label(found, view),
        name=name,
        first=format_indicator_value(first["value"], view),
        first_period=format_row_period(first, view),
        last=value,
        last_period=format_row_period(last, view),
    )


def _format_change(first: dict, last: dict, view: View) -> str:
    """One of several areas whose stretches begin or end at different times."""
    if first is last:
        return t(
            "item_dated",
            view.lang,
            name=last["geo_name"],
            value=format_indicator_value(last["value"], view),
            period=format_row_period(last, view),
        )
    return t(
        "change_dated",
        view.lang,
        name=last["geo_name"],
        first=format_indicator_value(first["value"], view),
        first_period=format_row_period(first, view),
        last=format_indicator_value(last["value"], view),
        last_period=format_row_period(last, view),
    )


def _get_newest_segment(geo: str, found: list[dict], view: View) -> list[dict]:
    """An area's newest stretch of figures that can be joined."""
    parts = [
        part
        for line in build_series(found)
        if line.geo == geo
        for part in split_segments(line, found, view.indicator.breaks)
    ]
    return max(parts, key=lambda part: (len(part) > 1, get_decimal_year(part[-1]), len(part)))


def _build_dot_headline(found: list[dict], view: View) -> str:
    """Who is named and how many are, never who is first."""
    known = with_values(get_area_rows(found, view)) or with_values(found)
    count = len({row.get("published_geo") or row["geo"] for row in known})
    newest = {row["geo"]: row for row in sorted(with_values(found), key=get_decimal_year)}
    chosen = [newest[geo] for geo in get_highlighted_areas(view) if geo in newest]
    areas_too = "_areas" if view.level == "italy" else ""
    if not chosen:
        return (
            t("quoted_many" + areas_too, view.lang, short=format_indicator_label(found, view), count=count)
            if count > 1
            else _build_single_dot_headline(known[0], view)
        )
    row = chosen[0]
    if len(chosen) > 1 or is_reference(row, view):
        return t(
            "listed",
            view.lang,
            short=format_indicator_label(found, view),
            items=join_with_semicolons(
                [_format_change(row, row, view) for row in chosen[:MAX_LISTED_CHANGES]]
            ),
        )
    if count == 1:
        return _build_single_dot_headline(row, view)
    return t(
        "quoted" + areas_too,
        view.lang,
        short=format_indicator_label(found, view),
        name=row["geo_name"],
        value=format_indicator_value(row["value"], view),
        period=format_row_period(row, view),
        count=count,
    )


def _build_single_dot_headline(row: dict, view: View) -> str:
    key = "at_period" if view.level == "italy" else "quoted_one"
    return t(
        key,
        view.lang,
        short=format_indicator_label([row], view),
        name=row["geo_name"],
        value=format_indicator_value(row["value"], view),
        period=format_row_period(row, view),
    )


def pair_by_gender(found: list[dict], view: View) -> list[tuple[str, str, dict, dict]]:
    """(code, name, women's row, men's row) for each area, sector, size or period that has both, in order of appearance."""
    column = next((name for name in ("geo", "sector", "size") if has_several(found, name)), "geo")
    labels = {"geo": "geo_name", "sector": "sector_name", "size": "size_name"}
    both: dict[tuple, dict] = {}
    for row in with_values(found):
        both.setdefault((row[column], row["period"], row["edition"]), {})[row["gender"]] = row
    dated = len({code for code, *_ in both}) < len(both) or has_several(found, "period")
    names = [(code, pair) for (code, *_), pair in both.items() if "female" in pair and "male" in pair]
    return [
        (code, _format_pair_name(pair["female"], labels[column], dated, view), pair["female"], pair["male"])
        for code, pair in names
    ]


def _format_pair_name(row: dict, label: str, dated: bool, view: View) -> str:
    return f"{row[label]}, {format_period(row['period'], view.lang)}" if dated else row[label]


def _build_gender_gap_headline(found: list[dict], view: View) -> str:
    both = pair_by_gender(found, view)
    if not both:
        return t("no_data_title", view.lang, short=format_indicator_label(found, view))
    chosen = [pair for pair in both if pair[0] in get_highlighted_areas(view)] or (
        both if len(both) == 1 else []
    )
    words = {"short": format_indicator_label(found, view), "count": len(both)}
    if chosen and (view.geo or len(both) == 1):
        _, name, women, men = chosen[-1]
        judged = classify_difference(women, men)
        same = format_indicator_value(women["value"], view) == format_indicator_value(men["value"], view)
        key = {"": "gap_one_same" if same else "gap_one", "indistinct": "gap_one_indistinct"}.get(
            judged, "gap_one_distinct"
        )
        return t(
            key,
            view.lang,
            **words,
            name=name,
            women=format_indicator_value(women["value"], view),
            men=format_indicator_value(men["value"], view),
            difference=format_difference(women["value"], men["value"], view),
        )
    judged = [classify_difference(women, men) for *_, women, men in both]
    if all(judged):
        return t(
            "gap_many_distinct", view.lang, **words, more=judged.count("higher"), less=judged.count("lower")
        )
    more, less = (
        sum(sign * women["value"] > sign * men["value"] for *_, women, men in both) for sign in (1, -1)
    )
    key = "gap_all_more" if more == len(both) else "gap_all_less" if less == len(both) else "gap_many"
    return t(key, view.lang, **words, more=more, less=less)


def _build_sector_headline(found: list[dict], view: View) -> str:
    found = flag_other_editions(found)
    parts = [row for row in with_values(found) if row["sector"] != "all"]
    whole = [row for row in with_values(found) if row["sector"] == "all"]
    if not parts:
        return _build_list_headline(whole[:1], whole, view)
    dates = has_several(parts + whole, "period")
    text = _build_range_headline(
        parts,
        [],
        view,
        lambda row: (
            f"{row['sector_name']}, {format_period(row['period'], view.lang)}"
            if dates
            else row["sector_name"]
        ),
    )
    text += t("of_published", view.lang, count=len(parts)) if 1 < len(parts) <= MAX_COUNTED_SECTORS else ""
    return text + "".join(
        f"; {t('total', view.lang).lower()}{format_edition_mark(row)} {format_indicator_value(row['value'], view)}"
        + (f" ({format_row_period(row, view)})" if dates else "")
        for row in whole[:1]
    )


def _build_heatmap_headline(found: list[dict], view: View) -> str:
    found = flag_other_editions(found)
    cells = [row for row in with_values(get_area_rows(found, view)) if row["sector"] != "all"] or with_values(
        found
    )
    return _build_range_headline(cells, [], view, lambda row: f"{row['geo_name']}, {row['sector_name']}")


HEADLINE_BUILDERS = {
    "areas": _build_area_headline,
    "map": _build_area_headline,
    "tiles": _build_area_headline,
    "bars": _build_area_headline,
    "trend": _build_trend_headline,
    "lines": _build_trend_headline,
    "multiples": _build_trend_headline,
    "dots": _build_dot_headline,
    "gaps": _build_gender_gap_headline,
    "sectors": _build_sector_headline,
    "heat": _build_heatmap_headline,
}
