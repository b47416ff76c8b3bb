"""A headline as a card: the value, its scope, the recovery since 2019 and a sparkline."""

from collections.abc import Iterable

import pandas as pd

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.i18n import MISSING_TEXT, format_period, format_value, is_missing, t, translate_fragments
from ripresa.observations.rows import Row, is_provisional
from ripresa.templating import Markup
from ripresa.views.components.html import render_html

LEVEL_UNITS = ("meur", "keur", "count", "index")  # units whose recovery is a percent change on 2019


def render_card(
    topic: str,
    indicator: Indicator,
    headline: Row | None,
    scope: str,
    sparkline: str,
    recovery: str,
    sources: Iterable[str],
    lang: str,
) -> Markup:
    """The card of a topic.

    headline: a row of queries/headline; scope: its area and size class; recovery: a sentence;
    sources: those of the rows of the sparkline."""
    value = period = MISSING_TEXT
    source = indicator.source
    if headline is not None:
        value = _format_value(headline["value"], indicator, lang)
        period = format_period(headline["period"], lang)
        if is_provisional(headline):
            period += f", {t('status_provisional', lang)}"
        source = headline["source"]
    publishers = [catalogue.load_sources()[id].publisher for id in (source, *sources)]
    return render_html(
        "components/card.html",
        lang,
        topic=topic,
        value=value,
        label=indicator.label[lang],
        scope=scope,
        period=period,
        sparkline=sparkline,
        recovery=recovery,
        universe=catalogue.get_universe(indicator, [source], lang),
        publishers=dict.fromkeys(translate_fragments(publisher, lang) for publisher in publishers),
    )


def describe_recovery(headline: Row | None, rows: pd.DataFrame, indicator: Indicator, lang: str) -> str:
    """One sentence: the level of 2019, the worst period since, and whether 2019 has been regained.

    headline: a row of queries/headline; rows: the series of the indicator, oldest first."""
    if headline is None:
        return t("recovery_nothing", lang)
    baseline, worst, latest = headline["baseline"], headline["worst"], headline["value"]
    if is_missing(baseline):
        first = rows.iloc[0]
        first_value = _format_value(first["value"], indicator, lang)
        return t("recovery_no_baseline", lang, first=first_value, period=format_period(first["period"], lang))
    values = {
        "name": indicator.short[lang],
        "baseline": _format_value(baseline, indicator, lang),
        "period": format_period(headline["period"], lang),
        "latest": _format_change_since_baseline(latest, baseline, indicator, lang),
        "worst": _format_change_since_baseline(worst, baseline, indicator, lang),
        "extreme": _format_value(worst, indicator, lang),
        "worst_period": _format_period(headline["worst_period"], lang),
        "regained_period": _format_period(headline["regained_period"], lang),
    }
    direction = indicator.desired_direction
    if direction == "neither" or is_missing(worst):
        return t("recovery_change", lang, **values)
    sign = -1 if direction == "lower" else 1
    if sign * (worst - baseline) >= 0:
        return t(f"recovery_never_{direction}", lang, **values)
    is_below_baseline = sign * (latest - baseline) < 0
    if is_missing(headline["regained_period"]) or is_below_baseline:  # a recovery since lost does not count
        return t("recovery_not_yet", lang, **values)
    return t("recovery_regained", lang, **values)


def _format_value(value: float, indicator: Indicator, lang: str) -> str:
    return format_value(value, indicator.unit, indicator.decimals, lang)


def _format_period(period: str | None, lang: str) -> str:
    return MISSING_TEXT if period is None or is_missing(period) else format_period(period, lang)


def _format_change_since_baseline(value: float, baseline: float, indicator: Indicator, lang: str) -> str:
    """The percent change on 2019 of a level; a rate or share as it is."""
    if is_missing(value):
        return MISSING_TEXT
    if indicator.unit not in LEVEL_UNITS or not baseline:
        return _format_value(value, indicator, lang)
    change = format_value((value / baseline - 1) * 100, "percent_change", 1, lang)
    return t("on_2019", lang, change=change)
