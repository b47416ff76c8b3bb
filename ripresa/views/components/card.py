"""A headline as a card: the figure, whom it describes, and how far it has come since 2019. Words and a small drawing, on screen before any chart."""

from html import escape

import pandas as pd

from ripresa import catalogue
from ripresa.i18n import MISSING_TEXT, format_period, format_value, t, translate_fragments
from ripresa.observations.rows import is_provisional

LEVEL_UNITS = ("meur", "keur", "count", "index")  # units whose recovery is told in percent of 2019


def render_card(
    topic: str,
    indicator,
    headline: dict | None,
    scope: str,
    sparkline: str,
    recovery: str,
    sources: list[str],
    lang: str,
) -> str:
    """The card of a topic. figure: a row of queries/headline; whom: the place and size it is about; drawing: its line over time; sources: those of the line."""
    if headline is None:
        value, when = MISSING_TEXT, MISSING_TEXT
    else:
        value = format_value(headline["value"], indicator.unit, indicator.decimals, lang)
        status = f", {t('status_provisional', lang)}" if is_provisional(headline) else ""
        when = format_period(headline["period"], lang) + status
    source = headline["source"] if headline is not None else indicator.source
    publishers = dict.fromkeys(
        translate_fragments(catalogue.load_sources()[id].publisher, lang) for id in (source, *sources)
    )
    return f"""<div class="card"><p class="kicker">{escape(topic)}</p>
        <p class="big-number">{escape(value)}</p><p class="description"><strong>{escape(indicator.label[lang])}</strong>, {escape(scope)}, {escape(when)}</p>
        {sparkline}<p class="recovery">{escape(recovery)}</p>
        <p class="footnote">{escape(catalogue.get_universe(indicator, [source], lang))}. {escape(t("source", lang))}: {escape(", ".join(publishers))}.</p></div>"""


def describe_recovery(headline: dict | None, rows: pd.DataFrame, indicator, lang: str) -> str:
    """One sentence: the level of 2019, the worst period since, and whether 2019 has been regained. figure: a row of queries/headline; rows: its line."""
    if headline is None:
        return t("recovery_nothing", lang)
    if is_missing(headline["baseline"]):
        first = rows.iloc[0]
        return t(
            "recovery_no_baseline",
            lang,
            first=_format_value(first["value"], indicator, lang),
            period=format_period(first["period"], lang),
        )
    words = {
        "name": indicator.short[lang],
        "baseline": _format_value(headline["baseline"], indicator, lang),
        "period": format_period(headline["period"], lang),
        "latest": _format_change_since_baseline(headline["value"], headline["baseline"], indicator, lang),
        "worst": _format_change_since_baseline(headline["worst"], headline["baseline"], indicator, lang),
        "extreme": _format_value(headline["worst"], indicator, lang),
        "worst_period": format_period(headline["worst_period"], lang)
        if not is_missing(headline["worst_period"])
        else MISSING_TEXT,
    }
    if indicator.desired_direction == "neither" or is_missing(headline["worst"]):
        return t("recovery_change", lang, **words)
    never = (
        headline["worst"] <= headline["baseline"]
        if indicator.desired_direction == "lower"
        else headline["worst"] >= headline["baseline"]
    )
    if never:
        return t(f"recovery_never_{indicator.desired_direction}", lang, **words)
    short = (
        headline["value"] > headline["baseline"]
        if indicator.desired_direction == "lower"
        else headline["value"] < headline["baseline"]
    )
    if is_missing(headline["regained_period"]) or short:  # regained and lost again is not regained
        return t("recovery_not_yet", lang, **words)
    return t(
        "recovery_regained", lang, **words, regained_period=format_period(headline["regained_period"], lang)
    )


def is_missing(value) -> bool:
    """No figure: None or NaN."""
    return value is None or value != value


def _format_value(value, indicator, lang: str) -> str:
    return format_value(value, indicator.unit, indicator.decimals, lang)


def _format_change_since_baseline(value, baseline, indicator, lang: str) -> str:
    """A share as it is; a sum as its distance from 2019."""
    if is_missing(value):
        return MISSING_TEXT
    if indicator.unit not in LEVEL_UNITS or not baseline:
        return _format_value(value, indicator, lang)
    return t("on_2019", lang, change=format_value((value / baseline - 1) * 100, "percent_change", 1, lang))
