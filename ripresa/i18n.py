"""Translated strings, numbers, units and dates. Pure functions: text in, text out.

Sentences are in data/locales/*.toml, Italian and English together; number and date formats come from Babel.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
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
LOCALE_FILES = ("interface", "charts", "exports", "api", "sandbox")  # a key is in one file only
SIGNED_UNITS = {"points": "points_value", "percent_change": "percent_value"}  # differences always have a sign
FRAGMENT_BOUNDARIES = {  # regular expressions before and after a fragment to translate, by key prefix
    "noted_": (r"(?<![\w/-])", r"(?![\w/-])"),  # words, but not inside a URL
    "population_": (r"(?:^|(?<=; )|(?<=\())", r"(?=$|; |\)| \()"),  # whole phrases
}
UNIT_KEYS = {
    "percent": "percent_value",
    "meur": "meur_value",
    "keur": "keur_value",
    "rank": "rank_value",
    **SIGNED_UNITS,
}


@cache
def load_strings() -> dict[str, dict[str, str]]:
    """Every translated sentence: {key: {"it": ..., "en": ...}}. Raises ValueError for a key in two files."""
    sentences: dict[str, dict[str, str]] = {}
    for name in LOCALE_FILES:
        entries = tomllib.loads((settings.LOCALES / f"{name}.toml").read_text(encoding="utf-8"))
        if shared := sorted(sentences.keys() & entries.keys()):
            raise ValueError(f"data/locales/{name}.toml: {', '.join(shared)} stands in another file too.")
        sentences |= entries
    return sentences


def translate(key: str, lang: str, **values: object) -> str:
    """The sentence `key` in `lang`, with its {placeholders} filled. Raises KeyError."""
    entry = load_strings().get(key)
    if entry is None:
        raise KeyError(f'data/locales: no file has "[{key}]"')
    if lang not in entry:
        raise KeyError(f'data/locales, [{key}]: no "{lang}"')
    return interpolate(entry[lang], lang, values)


t = translate


def interpolate(sentence: str, lang: str, values: Mapping[str, object]) -> str:
    """A sentence with its {placeholders} filled.

    Integers choose the plural form: "{rows:# riga|# righe}" becomes "1 riga" or "12 righe".
    """
    arguments = {
        name: PluralNumber(int(value), lang) if isinstance(value, Integral) else value
        for name, value in values.items()
    }
    return sentence.format(**arguments)


class PluralNumber:
    """A number inside a sentence, whose format spec is the forms "one|other" or "one|two|other".

    The plural rule of the language chooses the form; "#" is replaced with the formatted number.
    """

    def __init__(self, value: float, lang: str, formatted: str = ""):
        self.plain_text, self.formatted = formatted or str(value), formatted or format_number(value, lang)
        number = int(value) if value == int(value) else value
        self.is_one = Locale.parse(LOCALES[lang]).plural_form(number) == "one"
        self.is_two = value == 2

    def __format__(self, spec: str) -> str:
        singular, *plurals = spec.split("|")
        if not plurals:
            return format(self.plain_text, spec)
        plural = plurals[0 if self.is_two else -1]
        return (singular if self.is_one else plural).replace("#", self.formatted)


def translate_fragments(text: str, lang: str, prefix: str = "noted_") -> str:
    """A document's title or a population with its English notes translated, where there is a translation.

    prefix: of the keys of the translations: "noted_" for notes on a title, "population_" for populations.
    """
    pattern, translations = _load_fragments(lang, prefix)
    return pattern.sub(lambda match: translations[match[0]], text)


@cache
def _load_fragments(lang: str, prefix: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern of the English fragments, the longest first, and the translation of each."""
    translations = {
        entry["en"]: entry[lang] for key, entry in load_strings().items() if key.startswith(prefix)
    }
    before, after = FRAGMENT_BOUNDARIES[prefix]
    fragments = "|".join(map(re.escape, sorted(translations, key=len, reverse=True)))
    return re.compile(f"{before}(?:{fragments}){after}"), translations


def negotiate_language(requested: str = "", accept_language: str = "") -> str:
    """The requested language, else the preferred one of an Accept-Language header, else Italian."""
    if requested in LANGS:
        return requested
    preferences = [
        (code[:2], _parse_quality(quality))
        for code, _, quality in (item.strip().lower().partition(";q=") for item in accept_language.split(","))
    ]
    supported = [(code, quality) for code, quality in preferences if code in LANGS and quality > 0]
    return max(supported, key=lambda preference: preference[1], default=(LANGS[0], 0))[0]


@cache
def get_language_name(lang: str) -> str:
    """The language's name in that language: "Italiano", "English"."""
    return (Locale(lang).get_display_name(lang) or lang).capitalize()


def round_half_up(value: float, decimals: int) -> float:
    """Rounds halves away from zero in decimal arithmetic: 5.35 to 5.4 and 7.65 to 7.7.

    15 significant digits hold every published value and drop the binary error of a subtraction.
    """
    written = Decimal(f"{float(value):.15g}")
    return float(written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def format_number(value: float | None, lang: str, decimals: int = 0, signed: bool = False) -> str:
    """17.4 -> "17,4" or "17.4"; 1234 -> "1.234" or "1,234"; missing -> "–"."""
    if value is None or is_missing(value):
        return MISSING_TEXT
    value = round_half_up(value, decimals) or 0.0  # no "-0"
    pattern = f"#,##0.{'0' * decimals}".removesuffix(".")
    sign = MINUS_SIGN if value < 0 else "+" if signed and value > 0 else ""
    return sign + format_decimal(abs(value), format=pattern, locale=LOCALES[lang])


def format_value(value: float | None, unit: str, decimals: int, lang: str) -> str:
    """A value with its unit: "17,4%", "+3.2 points", "1.234 mln €"; missing -> "–"."""
    text = format_number(value, lang, decimals, signed=unit in SIGNED_UNITS)
    if value is None or text == MISSING_TEXT or unit not in UNIT_KEYS:
        return text
    return t(UNIT_KEYS[unit], lang, number=PluralNumber(abs(round_half_up(value, decimals)), lang, text))


def format_interval(low: float | None, high: float | None, unit: str, decimals: int, lang: str) -> str:
    """The sentence for a confidence interval; "" when either end is missing."""
    if is_missing(low) or is_missing(high):
        return ""
    ends = {"low": low, "high": high}
    return t(
        "interval", lang, **{name: format_value(end, unit, decimals, lang) for name, end in ends.items()}
    )


def format_items(items: Iterable[str], lang: str) -> str:
    """("a", "b", "c") -> "a, b e c" or "a, b and c"."""
    return format_list(list(items), locale=LOCALES[lang])


def format_period(period: str, lang: str) -> str:
    """A period in words: "2020-05" -> "maggio 2020" or "May 2020". Anything else is returned unchanged."""
    if period == "latest":
        return t("latest", lang)
    if "/" in period:
        start, end = period.split("/", 1)
        return t("period_range", lang, start=format_period(start, lang), end=format_period(end, lang))
    if match := re.fullmatch(r"(\d{4})-([QH])(\d)", period):
        year, kind, part = match.groups()
        return t("period_quarter" if kind == "Q" else "period_half", lang, part=part, year=year)
    if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", period):
        return _format_date(period, lang)
    return period


def _format_date(period: str, lang: str) -> str:
    is_month = len(period) == len("2020-05")
    try:
        day = date.fromisoformat(f"{period}-01" if is_month else period)
    except ValueError:
        return period
    if is_month:
        return format_skeleton("yMMMM", day, locale=LOCALES[lang])
    return format_date(day, "long", locale=LOCALES[lang])


def _parse_quality(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NA or NaT."""
    return value is None or str(value) in ("nan", "<NA>", "NaT")
