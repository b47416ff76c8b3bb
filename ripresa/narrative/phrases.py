"""Values, periods and names as the texts of figures write them, in the language of a view."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.dates import format_skeleton

from ripresa.catalogue import Indicator
from ripresa.filters import View
from ripresa.i18n import (
    LOCALES,
    SIGNED_UNITS,
    PluralNumber,
    format_items,
    format_number,
    format_period,
    format_value,
    load_strings,
    round_half_up,
    t,
)
from ripresa.observations.rows import Row, format_edition_mark, has_several, is_provisional

POINT_UNITS = ("percent", "points", "percent_change")
MAX_NAMES = 4  # more are counted


@dataclass(frozen=True)
class FormatContext:
    """The part of a view that the format of a value depends on, where there is no view."""

    indicator: Indicator
    lang: str


def format_indicator_value(value: float | None, view: View | FormatContext) -> str:
    """A value with its unit."""
    return _format_value_cached(value, view.indicator.unit, view.indicator.decimals, view.lang)


_format_value_cached = lru_cache(maxsize=8192)(format_value)  # small multiples repeat the same values


def format_plain_number(value: float | None, view: View | FormatContext, decimals: int | None = None) -> str:
    """A value without its unit, for cells and labels; by default with the decimals of the indicator."""
    indicator = view.indicator
    places = indicator.decimals if decimals is None else decimals
    return format_number(value, view.lang, places, signed=indicator.unit in SIGNED_UNITS)


def format_data_label(value: float | None, view: View) -> str:
    """A value at the end of a bar: with a percent sign, without other units, which are in the subtitle."""
    if view.indicator.unit.startswith("percent"):
        return format_indicator_value(value, view)
    return format_plain_number(value, view)


def format_short_period(period: str, lang: str) -> str:
    """A period for the end of a line or a tick: "mag 2020", "May 2020"; a year unchanged."""
    if match := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", period):
        year, month, day = match.groups()
        skeleton = "yMMMd" if day else "yMMM"
        return format_skeleton(skeleton, date(int(year), int(month), int(day or 1)), locale=LOCALES[lang])
    if match := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = match.groups()
        return t({"Q": "short_quarter", "H": "short_half"}[kind], lang, year=year, part=part)
    return format_period(period, lang)


def format_difference(a: float, b: float, view: View | FormatContext) -> str:
    """The distance between two values as they are printed, so that readers can check the subtraction."""
    decimals, unit = view.indicator.decimals, view.indicator.unit
    distance = abs(round_half_up(a, decimals) - round_half_up(b, decimals))
    if unit not in POINT_UNITS:
        return format_value(distance, unit, decimals, view.lang)
    text = format_number(distance, view.lang, decimals)
    number = PluralNumber(round_half_up(distance, decimals), view.lang, text)
    return t("points", view.lang, number=number)


def format_headline_subject(rows: Sequence[Row], view: View) -> str:
    """The short name of the indicator, with the sector and who leads where all rows share one."""
    parts = [view.indicator.short[view.lang]]
    for dimension in ("sector", "gender"):
        is_shared = rows and not has_several(rows, dimension)
        if is_shared and rows[0].get(dimension) not in ("all", "female-male", None):
            name: str = rows[0][f"{dimension}_name"]
            is_abbreviation = name[1:2].isupper()
            parts.append(name if is_abbreviation else name[0].lower() + name[1:])
    return ", ".join(parts)


def format_area_name(row: Row, rows: Iterable[Row], view: View) -> str:
    """The name of an area, with its period where the rows have several and the mark of another edition."""
    name: str = row["geo_name"]
    if has_several(rows, "period"):
        name += f", {format_period(row['period'], view.lang)}"
    return name + format_edition_mark(row)


def format_reference_name(row: Row, view: View) -> str:
    """The name of a reference row inside a sentence."""
    key = f"ref_{row['geo']}"
    return t(key, view.lang) if key in load_strings() else str(row["geo_name"])


def format_row_period(row: Row, lang: str) -> str:
    """The period of a row, marked as provisional if the value is."""
    text = format_period(row["period"], lang)
    return f"{text}, {t('provisional', lang)}" if is_provisional(row) else text


def format_name_list(names: Sequence[str], lang: str) -> str:
    """Names as a list; more than five are shortened to four and a count."""
    if len(names) > MAX_NAMES + 1:
        first_names = ", ".join(names[:MAX_NAMES])
        return t("extreme_more", lang, name=first_names, count=len(names) - MAX_NAMES)
    return format_items(names, lang)


def format_period_range(first: str, last: str, view: View) -> str:
    """A range of two periods: "2019–2024"."""
    key = "between_years" if len(first) == len(last) == 4 else "between"
    return t(key, view.lang, first=format_period(first, view.lang), last=format_period(last, view.lang))


def join_with_semicolons(items: Iterable[str]) -> str:
    """Items that contain commas as one text."""
    return "; ".join(items)
