"""A headline as a card: the figure, whom it describes, and how far it has come since 2019. Words and a small drawing, on screen before any chart."""

from base64 import b64encode
from html import escape

import pandas as pd

from ripresa import catalogue
from ripresa.charts.theme import PALETTES
from ripresa.i18n import MISSING_TEXT, format_period, format_value, t, translate_fragments
from ripresa.observations.rows import is_provisional

LEVEL_UNITS = ("meur", "keur", "count", "index")  # units whose recovery is told in percent of 2019
WIDTH, HEIGHT, PADDING = 220, 56, 7
LINE_COLOURS = {theme: palette.qualitative[0] for theme, palette in PALETTES.items()}
PAGE_COLOURS = {theme: palette.background for theme, palette in PALETTES.items()}
TEXT_COLOURS = {theme: palette.secondary_text for theme, palette in PALETTES.items()}


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


def render_sparkline(rows: pd.DataFrame, indicator, lang: str, theme: str) -> str:
    """The line over time as a small drawing: dotted where 2019 stood, a dot and a year at both ends, hollow where provisional. "" for fewer than two points."""
    known = [row for row in rows.to_dict("records") if not is_missing(row["value"])]
    points = [
        (row["period_start"].year + (row["period_start"].month - 1) / 12, row["value"]) for row in known
    ]
    if len(points) < 2:
        return ""
    (first, _), (last, _) = points[0], points[-1]
    values = [value for _, value in points]
    high = max(values)
    low = min(
        *values, high - abs(high) * 0.2
    )  # a fifth of the figure at least, so that a still line looks still
    x = [PADDING + (at - first) / (last - first) * (WIDTH - 2 * PADDING) for at, _ in points]
    y = [HEIGHT - PADDING - (value - low) / ((high - low) or 1) * (HEIGHT - 2 * PADDING) for value in values]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    base = next((b for b, (at, _) in zip(y, points, strict=True) if int(at) == 2019), None)
    dotted = (
        f'<path d="M{PADDING} {base:.1f}H{WIDTH - PADDING}" stroke="{TEXT_COLOURS[theme]}" stroke-dasharray="2 3" opacity=".7"/>'
        if base is not None
        else ""
    )
    words = t(
        "spark",
        lang,
        name=indicator.short[lang],
        start=int(first),
        end=int(last),
        first=_format_value(values[0], indicator, lang),
        last=_format_value(values[-1], indicator, lang),
    )
    ends = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{r}" fill="{PAGE_COLOURS[theme] if is_provisional(row) else LINE_COLOURS[theme]}" stroke="{LINE_COLOURS[theme]}" stroke-width="1.5"/>'
        for a, b, r, row in ((x[0], y[0], 3, known[0]), (x[-1], y[-1], 4.5, known[-1]))
    )
    drawing = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 16}" font-family="system-ui, sans-serif" font-size="12" fill="{TEXT_COLOURS[theme]}">
        {dotted}<polyline points="{line}" fill="none" stroke="{LINE_COLOURS[theme]}" stroke-width="2" stroke-linejoin="round"/>
        {ends}
        <text x="{PADDING - 4}" y="{HEIGHT + 13}">{int(first)}</text><text x="{WIDTH - PADDING + 4}" y="{HEIGHT + 13}" text-anchor="end">{int(last)}</text></svg>"""
    return f'<figure class="sparkline"><img width="{WIDTH}" height="{HEIGHT + 16}" alt="{escape(words)}" src="data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"><figcaption>{escape(indicator.short[lang])}</figcaption></figure>'


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
