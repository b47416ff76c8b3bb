"""The words of exports, Italian and English side by side in words.toml."""

import tomllib
from functools import cache

from ripresa import settings
from ripresa.i18n import filled

PHRASES = settings.LOCALES / "exports.toml"


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Every phrase: {key: {"it": ..., "en": ...}}."""
    return tomllib.loads(PHRASES.read_text(encoding="utf-8"))


def say(key: str, lang: str, **values) -> str:
    """A phrase in the language, filled."""
    return filled(phrases()[key][lang], lang, values)
