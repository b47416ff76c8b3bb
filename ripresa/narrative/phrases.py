"""Phrases, values and names as the figures write them, in the view's language."""

import re
from datetime import date
from functools import lru_cache

from babel.dates import format_skeleton

from ripresa.filters import View
from ripresa.i18n import LOCALES, Counted, list_text, number, period_text, rounded, strings, t, value_text
from ripresa.observations.rows import is_provisional, several, sign

POINT_UNITS = ("percent", "points", "percent_change")
NAMES = 4  # more are counted, not named


def show(value, view: View) -> str:
    """A value with its unit, in the language."""
    return _written(value, view.indicator.unit, view.indicator.decimals, view.lang)


_written = lru_cache(maxsize=8192)(value_text)  # a small multiple writes the same figures again and again


def bare(value, view: View) -> str:
    """A value without its unit, for cells and labels."""
    return number(
        value, view.lang, view.indicator.decimals, signed=view.indicator.unit in ("points", "percent_change")
    )


def compact(value, view: View) -> str:
    """A value at the end of a bar: the percent sign stays, other units are in the subtitle."""
    return show(value, view) if view.indicator.unit.startswith("percent") else bare(value, view)


def short_period(period: str, lang: str) -> str:
    """A period for the end of a line or a tick: "mag 2020", "May 2020"; a year as it is."""
    if found := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", period):
        year, month, day = found.groups()
        return format_skeleton(
            "yMMMd" if day else "yMMM", date(int(year), int(month), int(day or 1)), locale=LOCALES[lang]
        )
    if found := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = found.groups()
        return t({"Q": "short_quarter", "H": "short_half"}[kind], lang, year=year, part=part)
    return period_text(period, lang)


def difference(a, b, view: View) -> str:
    """The distance between two values as they are printed, so that the reader's own subtraction agrees."""
    decimals, unit = view.indicator.decimals, view.indicator.unit
    distance = abs(rounded(a, decimals) - rounded(b, decimals))
    if unit not in POINT_UNITS:
        return value_text(distance, unit, decimals, view.lang)
    return t(
        "points",
        view.lang,
        number=Counted(rounded(distance, decimals), view.lang, number(distance, view.lang, decimals)),
    )


def short(found: list[dict], view: View) -> str:
    """The indicator in a few words, with the sector and who leads where the rows are of a part of the firms."""
    parts = [
        found[0][f"{name}_name"]
        for name in ("sector", "gender")
        if found and found[0].get(name) not in ("all", "female-male", None) and not several(found, name)
    ]
    return ", ".join(
        [
            view.indicator.short[view.lang],
            *(part if part[1:2].isupper() else part[0].lower() + part[1:] for part in parts),
        ]
    )


def named(row: dict, found: list[dict], view: View) -> str:
    """The area, with its period where periods differ and the sign of another edition."""
    return (
        f"{row['geo_name']}, {period_text(row['period'], view.lang)}"
        if several(found, "period")
        else row["geo_name"]
    ) + sign(row)


def with_article(row: dict, view: View) -> str:
    """What the others are compared with, as it stands inside a sentence."""
    key = f"ref_{row['geo']}"
    return t(key, view.lang) if key in strings() else row["geo_name"]


def dated(row: dict, view: View) -> str:
    """The period in words, "provisional" added where it is."""
    text = period_text(row["period"], view.lang)
    return f"{text}, {t('provisional', view.lang)}" if is_provisional(row) else text


def join(items: list[str], lang: str) -> str:
    """Names as a list; beyond four the rest is counted."""
    if len(items) > NAMES + 1:
        return t("extreme_more", lang, name=", ".join(items[:NAMES]), count=len(items) - NAMES)
    return list_text(items, lang)


def between(first: str, last: str, view: View) -> str:
    """Two periods as a stretch: "2019–2024"."""
    return t(
        "between_years" if len(first) == len(last) == 4 else "between",
        view.lang,
        first=period_text(first, view.lang),
        last=period_text(last, view.lang),
    )


def semicolons(items: list[str]) -> str:
    """Items that hold commas themselves."""
    return "; ".join(items)
