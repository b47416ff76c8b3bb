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
from ripresa.catalogue import LANGS

LOCALES = {"it": "it_IT", "en": "en_GB"}
MISSING = "–"
MINUS = "−"
LOCALE_FILES = ("interface", "charts", "exports", "api")  # one namespace: a key stands in one file only
SIGNED = {
    "points": "points_value",
    "percent_change": "percent_value",
}  # units that are differences: the sign is always written
EDGES = {
    "noted_": (r"(?<![\w/-])", r"(?![\w/-])"),
    "population_": (r"(?:^|(?<=; )|(?<=\())", r"(?=$|; |\)| \()"),
}  # of a note: words outside addresses; whole phrases
UNITS = {
    "percent": "percent_value",
    "meur": "meur_value",
    "keur": "keur_value",
    "rank": "rank_value",
    **SIGNED,
}


@cache
def strings() -> dict[str, dict[str, str]]:
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
    entry = strings().get(key)
    if entry is None:
        raise KeyError(f'data/locales: no file has "[{key}]"')
    if lang not in entry:
        raise KeyError(f'data/locales, [{key}]: no "{lang}"')
    return filled(entry[lang], lang, values)


t = translate


def filled(sentence: str, lang: str, values: dict) -> str:
    """A sentence with its {placeholders} filled; one that counts chooses its words: "{rows:# riga|# righe}" is "1 riga", "12 righe"."""
    return sentence.format(
        **{
            name: Counted(value, lang) if isinstance(value, Integral) else value
            for name, value in values.items()
        }
    )


class Counted:
    """A number inside a sentence. With two forms, "one|other", the language's own rule takes one of them and # becomes the number as written; of three, the one between is for two: "both"."""

    def __init__(self, value, lang: str, written: str = ""):
        self.plain, self.written = written or str(value), written or number(value, lang)
        self.one = (
            Locale.parse(LOCALES[lang]).plural_form(int(value) if value == int(value) else value) == "one"
        )
        self.two = value == 2

    def __format__(self, forms: str) -> str:
        one, *more = forms.split("|")
        if not more:
            return format(self.plain, forms)
        return (one if self.one else more[0] if self.two else more[-1]).replace("#", self.written)


def noted(text: str, lang: str, kind: str = "noted_") -> str:
    """A document's title and date with what was noted beside them in the language: notes are kept in English, titles as their publishers wrote them.
    kind: "population_" for the phrases of the population a figure is of. What has no words here stays as it is."""
    found, own = _notes(lang, kind)
    return found.sub(lambda note: own[note[0]], text)


@cache
def _notes(lang: str, kind: str) -> tuple[re.Pattern, dict[str, str]]:
    """The notes of a kind in English, the longest tried first, and what each is in the language."""
    own = {note["en"]: note[lang] for key, note in strings().items() if key.startswith(kind)}
    before, after = EDGES[kind]
    return re.compile(
        f"{before}(?:{'|'.join(map(re.escape, sorted(own, key=len, reverse=True)))}){after}"
    ), own


def language(asked: str = "", accepted: str = "") -> str:
    """The language of a page: the one asked for, else the first that the browser's Accept-Language names, else Italian."""
    if asked in LANGS:
        return asked
    wishes = [wish.strip().lower().partition(";q=") for wish in accepted.split(",")]
    ranked = sorted(wishes, key=lambda wish: -_weight(wish[2]))
    return next(
        (code[:2] for code, _, weight in ranked if code[:2] in LANGS and _weight(weight) > 0), LANGS[0]
    )


@cache
def language_name(lang: str) -> str:
    """The language in its own words, for the switch: "Italiano", "English"."""
    return Locale(lang).get_display_name(lang).capitalize()


def rounded(value: float, decimals: int) -> float:
    """The value as it is printed: halves go away from zero, 5.35 to 5.4 and 7.65 to 7.7, as on paper; the binary fractions behind them would go either way."""
    written = Decimal(
        f"{float(value):.15g}"
    )  # 15 digits: all that was published, without what a subtraction leaves behind
    return float(written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def number(value, lang: str, decimals: int = 0, signed: bool = False) -> str:
    """17.4 -> "17,4" or "17.4"; 1234 -> "1.234" or "1,234"; missing -> "–"."""
    if _missing(value):
        return MISSING
    value = rounded(value, decimals) or 0.0  # no "-0"
    text = format_decimal(abs(value), format=_pattern(decimals), locale=LOCALES[lang])
    return (MINUS if value < 0 else "+" if signed and value > 0 else "") + text


def value_text(value, unit: str, decimals: int, lang: str) -> str:
    """A figure with its unit: "17,4%", "+3.2 points", "1.234 mln €"; missing -> "–"."""
    text = number(value, lang, decimals, signed=unit in SIGNED)
    return (
        text
        if text == MISSING or unit not in UNITS
        else t(UNITS[unit], lang, number=Counted(abs(rounded(value, decimals)), lang, text))
    )


def interval_text(low, high, unit: str, decimals: int, lang: str) -> str:
    """The two ends of an interval in words; "" when either is missing."""
    if _missing(low) or _missing(high):
        return ""
    return t(
        "interval",
        lang,
        low=value_text(low, unit, decimals, lang),
        high=value_text(high, unit, decimals, lang),
    )


def list_text(items, lang: str) -> str:
    """("a", "b", "c") -> "a, b e c" or "a, b and c"."""
    return format_list(list(items), locale=LOCALES[lang])


def period_text(period: str, lang: str) -> str:
    """A period code in words: "2020-05" -> "maggio 2020" or "May 2020". What is not a period comes back as it is."""
    if period == "latest":
        return t("latest", lang)
    if "/" in period:
        start, end = period.split("/", 1)
        return t("period_range", lang, start=period_text(start, lang), end=period_text(end, lang))
    if found := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = found.groups()
        return t({"Q": "period_quarter", "H": "period_half"}[kind], lang, part=part, year=year)
    if found := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", period):
        return _date_text(*(int(part) if part else None for part in found.groups()), lang) or period
    return period


def _date_text(year: int, month: int, day: int | None, lang: str) -> str:
    try:
        moment = date(year, month, day or 1)
    except ValueError:
        return ""
    if day:
        return format_date(moment, "long", locale=LOCALES[lang])
    return format_skeleton("yMMMM", moment, locale=LOCALES[lang])


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def _pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _missing(value) -> bool:
    return value is None or str(value) in ("nan", "<NA>", "NaT")
