"""Words, numbers and dates in the visitor's language. Pure: text in, text out.

The sentences are in `strings.toml`, Italian and English side by side; the way a language writes a number or a date comes from Babel.
"""

import re
import tomllib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from numbers import Integral

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_decimal

from ripresa import settings
from ripresa.settings import LANGS

LOCALES = {"it": "it_IT", "en": "en_GB"}
MISSING_TEXT = "–"
MINUS_SIGN = "−"
LOCALE_FILES = (
    "interface",
    "charts",
    "exports",
    "api",
    "sandbox",
)  # one namespace: a key stands in one file only
SIGNED_UNITS = {
    "points": "points_value",
    "percent_change": "percent_value",
}  # units that are differences: the sign is always written
FRAGMENT_BOUNDARIES = {
    "noted_": (r"(?<![\w/-])", r"(?![\w/-])"),
    "population_": (r"(?:^|(?<=; )|(?<=\())", r"(?=$|; |\)| \()"),
}  # of a note: words outside addresses; whole phrases
UNIT_KEYS = {
    "percent": "percent_value",
    "meur": "meur_value",
    "keur": "keur_value",
    "rank": "rank_value",
    **SIGNED_UNITS,
}


@cache
def load_strings() -> dict[str, dict[str, str]]:
    """Every sentence a visitor reads: {key: {"it": ..., "en": ...}}. Raises ValueError where two files share a key."""
    sentences: dict[str, dict[str, str]] = {}
    for name in LOCALE_FILES:
        entries = tomllib.loads((settings.LOCALES / f"{name}.toml").read_text(encoding="utf-8"))
        if shared := sorted(sentences.keys() & entries.keys()):
            raise ValueError(f"data/locales/{name}.toml: {', '.join(shared)} stands in another file too.")
        sentences |= entries
    return sentences


def translate(key: str, lang: str, **values: object) -> str:
    """The sentence `key` in `lang`, with its {placeholders} filled."""
    entry = load_strings().get(key)
    if entry is None:
        raise KeyError(f'data/locales: no file has "[{key}]"')
    if lang not in entry:
        raise KeyError(f'data/locales, [{key}]: no "{lang}"')
    return interpolate(entry[lang], lang, values)


t = translate


def interpolate(sentence: str, lang: str, values: dict) -> str:
    """A sentence with its {placeholders} filled; one that counts chooses its words: "{rows:# riga|# righe}" is "1 riga", "12 righe"."""
    return sentence.format(
        **{
            name: PluralNumber(value, lang) if isinstance(value, Integral) else value
            for name, value in values.items()
        }
    )


class PluralNumber:
    """A number inside a sentence. With two forms, "one|other", the language's own rule takes one of them and # becomes the number as written; of three, the one between is for two: "both"."""

    def __init__(self, value, lang: str, formatted: str = ""):
        self.plain_text, self.formatted = formatted or str(value), formatted or format_number(value, lang)
        self.is_one = (
            Locale.parse(LOCALES[lang]).plural_form(int(value) if value == int(value) else value) == "one"
        )
        self.is_two = value == 2

    def __format__(self, forms: str) -> str:
        one, *more = forms.split("|")
        if not more:
            return format(self.plain_text, forms)
        return (one if self.is_one else more[0] if self.is_two else more[-1]).replace("#", self.formatted)


def noted(text: str, lang: str, kind: str = "noted_") -> str:
    """A document's title and date with what was noted beside them in the language: notes are kept in English, titles as their publishers wrote them.
    kind: "population_" for the phrases of the population a figure is of. What has no words here stays as it is."""
    found, own = _load_fragments(lang, kind)
    return found.sub(lambda note: own[note[0]], text)


@cache
def _load_fragments(lang: str, kind: str) -> tuple[re.Pattern, dict[str, str]]:
    """The notes of a kind in English, the longest tried first, and what each is in the language."""
    own = {note["en"]: note[lang] for key, note in load_strings().items() if key.startswith(kind)}
    before, after = FRAGMENT_BOUNDARIES[kind]
    return re.compile(
        f"{before}(?:{'|'.join(map(re.escape, sorted(own, key=len, reverse=True)))}){after}"
    ), own


def negotiate_language(requested: str = "", accept_language: str = "") -> str:
    """The language of a page: the one asked for, else the first that the browser's Accept-Language names, else Italian."""
    if requested in LANGS:
        return requested
    wishes = [wish.strip().lower().partition(";q=") for wish in accept_language.split(",")]
    ranked = sorted(wishes, key=lambda wish: -_parse_quality(wish[2]))
    return next(
        (code[:2] for code, _, weight in ranked if code[:2] in LANGS and _parse_quality(weight) > 0), LANGS[0]
    )


@cache
def get_language_name(lang: str) -> str:
    """The language in its own words, for the switch: "Italiano", "English"."""
    return Locale(lang).get_display_name(lang).capitalize()


def round_half_up(value: float, decimals: int) -> float:
    """The value as it is printed: halves go away from zero, 5.35 to 5.4 and 7.65 to 7.7, as on paper; the binary fractions behind them would go either way."""
    written = Decimal(
        f"{float(value):.15g}"
    )  # 15 digits: all that was published, without what a subtraction leaves behind
    return float(written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def format_number(value, lang: str, decimals: int = 0, signed: bool = False) -> str:
    """17.4 -> "17,4" or "17.4"; 1234 -> "1.234" or "1,234"; missing -> "–"."""
    if is_missing(value):
        return MISSING_TEXT
    value = round_half_up(value, decimals) or 0.0  # no "-0"
    text = format_decimal(abs(value), format=_build_number_pattern(decimals), locale=LOCALES[lang])
    return (MINUS_SIGN if value < 0 else "+" if signed and value > 0 else "") + text


def format_value(value, unit: str, decimals: int, lang: str) -> str:
    """A figure with its unit: "17,4%", "+3.2 points", "1.234 mln €"; missing -> "–"."""
    text = format_number(value, lang, decimals, signed=unit in SIGNED_UNITS)
    return (
        text
        if text == MISSING_TEXT or unit not in UNIT_KEYS
        else t(UNIT_KEYS[unit], lang, number=PluralNumber(abs(round_half_up(value, decimals)), lang, text))
    )


def format_interval(low, high, unit: str, decimals: int, lang: str) -> str:
    """The two ends of an interval in words; "" when either is missing."""
    if is_missing(low) or is_missing(high):
        return ""
    return t(
        "interval",
        lang,
        low=format_value(low, unit, decimals, lang),
        high=format_value(high, unit, decimals, lang),
    )


def format_items(items, lang: str) -> str:
    """("a", "b", "c") -> "a, b e c" or "a, b and c"."""
    return format_list(list(items), locale=LOCALES[lang])


def format_period(period: str, lang: str) -> str:
    """A period code in words: "2020-05" -> "maggio 2020" or "May 2020". What is not a period comes back as it is."""
    if period == "latest":
        return t("latest", lang)
    if "/" in period:
        start, end = period.split("/", 1)
        return t("period_range", lang, start=format_period(start, lang), end=format_period(end, lang))
    if found := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = found.groups()
        return t({"Q": "period_quarter", "H": "period_half"}[kind], lang, part=part, year=year)
    if found := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", period):
        return _format_date(*(int(part) if part else None for part in found.groups()), lang) or period
    return period


def _format_date(year: int, month: int, day: int | None, lang: str) -> str:
    try:
        moment = date(year, month, day or 1)
    except ValueError:
        return ""
    if day:
        return format_date(moment, "long", locale=LOCALES[lang])
    return format_skeleton("yMMMM", moment, locale=LOCALES[lang])


def _parse_quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _build_number_pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def is_missing(value) -> bool:
    return value is None or str(value) in ("nan", "<NA>", "NaT")
