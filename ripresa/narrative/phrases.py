"""Phrases, values and names as the figures write them, in the view's language."""

import re
from datetime import date
from functools import lru_cache

from babel.dates import format_skeleton

from ripresa.filters import View
from ripresa.i18n import (
    LOCALES,
    PluralNumber,
    format_items,
    format_number,
    format_period,
    format_value,
    load_strings,
    round_half_up,
    t,
)
from ripresa.observations.rows import format_edition_mark, has_several, is_provisional

POINT_UNITS = ("percent", "points", "percent_change")
MAX_NAMES = 4  # more are counted, not named


def format_indicator_value(value, view: View) -> str:
    """A value with its unit, in the language."""
    return _format_value_cached(value, view.indicator.unit, view.indicator.decimals, view.lang)


_format_value_cached = lru_cache(maxsize=8192)(
    format_value
)  # a small multiple writes the same figures again and again


def format_plain_number(value, view: View) -> str:
    """A value without its unit, for cells and labels."""
    return format_number(
        value, view.lang, view.indicator.decimals, signed=view.indicator.unit in ("points", "percent_change")
    )


def format_data_label(value, view: View) -> str:
    """A value at the end of a bar: the percent sign stays, other units are in the subtitle."""
    return (
        format_indicator_value(value, view)
        if view.indicator.unit.startswith("percent")
        else format_plain_number(value, view)
    )


def format_short_period(period: str, lang: str) -> str:
    """A period for the end of a line or a tick: "mag 2020", "May 2020"; a year as it is."""
    if found := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", period):
        year, month, day = found.groups()
        return format_skeleton(
            "yMMMd" if day else "yMMM", date(int(year), int(month), int(day or 1)), locale=LOCALES[lang]
        )
    if found := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = found.groups()
        return t({"Q": "short_quarter", "H": "short_half"}[kind], lang, year=year, part=part)
    return format_period(period, lang)


def format_difference(a, b, view: View) -> str:
    """The distance between two values as they are printed, so that the reader's own subtraction agrees."""
    decimals, unit = view.indicator.decimals, view.indicator.unit
    distance = abs(round_half_up(a, decimals) - round_half_up(b, decimals))
    if unit not in POINT_UNITS:
        return format_value(distance, unit, decimals, view.lang)
    return t(
        "points",
        view.lang,
        number=PluralNumber(
            round_half_up(distance, decimals), view.lang, format_number(distance, view.lang, decimals)
        ),
    )


def format_indicator_label(found: list[dict], view: View) -> str:
    """The indicator in a few words, with the sector and who leads where the rows are of a part of the firms."""
    parts = [
        found[0][f"{name}_name"]
        for name in ("sector", "gender")
        if found and found[0].get(name) not in ("all", "female-male", None) and not has_several(found, name)
    ]
    return ", ".join(
        [
            view.indicator.short[view.lang],
            *(part if part[1:2].isupper() else part[0].lower() + part[1:] for part in parts),
        ]
    )


def format_area_name(row: dict, found: list[dict], view: View) -> str:
    """The area, with its period where periods differ and the sign of another edition."""
    return (
        f"{row['geo_name']}, {format_period(row['period'], view.lang)}"
        if has_several(found, "period")
        else row["geo_name"]
    ) + format_edition_mark(row)


def format_reference_name(row: dict, view: View) -> str:
    """What the others are compared with, as it stands inside a sentence."""
    key = f"ref_{row['geo']}"
    return t(key, view.lang) if key in load_strings() else row["geo_name"]


def format_row_period(row: dict, view: View) -> str:
    """The period in words, "provisional" added where it is."""
    text = format_period(row["period"], view.lang)
    return f"{text}, {t('provisional', view.lang)}" if is_provisional(row) else text


def format_name_list(items: list[str], lang: str) -> str:
    """Names as a list; beyond four the rest is counted."""
    if len(items) > MAX_NAMES + 1:
        return t("extreme_more", lang, name=", ".join(items[:MAX_NAMES]), count=len(items) - MAX_NAMES)
    return format_items(items, lang)


def format_period_range(first: str, last: str, view: View) -> str:
    """Two periods as a stretch: "2019–2024"."""
    return t(
        "between_years" if len(first) == len(last) == 4 else "between",
        view.lang,
        first=format_period(first, view.lang),
        last=format_period(last, view.lang),
    )


def join_with_semicolons(items: list[str]) -> str:
    """Items that hold commas themselves."""
    return "; ".join(items)
