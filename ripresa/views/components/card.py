"""A headline as a card: the figure, whom it describes, and how far it has come since 2019. Words and a small drawing, on screen before any chart."""

from base64 import b64encode
from html import escape

import pandas as pd

from ripresa import catalogue
from ripresa.charts.theme import PALETTES
from ripresa.i18n import MISSING, noted, period_text, t, value_text
from ripresa.observations.rows import is_provisional

LEVELS = ("meur", "keur", "count", "index")  # units whose recovery is told in percent of 2019
WIDTH, HEIGHT, EDGE = 220, 56, 7
LINE = {theme: palette.qualitative[0] for theme, palette in PALETTES.items()}
PAGE = {theme: palette.page for theme, palette in PALETTES.items()}
INK = {theme: palette.soft for theme, palette in PALETTES.items()}


def card(
    topic: str,
    indicator,
    figure: dict | None,
    whom: str,
    drawing: str,
    recovery: str,
    sources: list[str],
    lang: str,
) -> str:
    """The card of a topic. figure: a row of queries/headline; whom: the place and size it is about; drawing: its line over time; sources: those of the line."""
    if figure is None:
        value, when = MISSING, MISSING
    else:
        value = value_text(figure["value"], indicator.unit, indicator.decimals, lang)
        status = f", {t('status_provisional', lang)}" if is_provisional(figure) else ""
        when = period_text(figure["period"], lang) + status
    source = figure["source"] if figure is not None else indicator.source
    publishers = dict.fromkeys(noted(catalogue.sources()[id].publisher, lang) for id in (source, *sources))
    return f"""<div class="card"><p class="kicker">{escape(topic)}</p>
        <p class="big">{escape(value)}</p><p class="what"><strong>{escape(indicator.label[lang])}</strong>, {escape(whom)}, {escape(when)}</p>
        {drawing}<p class="recovery">{escape(recovery)}</p>
        <p class="credit">{escape(catalogue.universe(indicator, [source], lang))}. {escape(t("source", lang))}: {escape(", ".join(publishers))}.</p></div>"""


def recovery(figure: dict | None, rows: pd.DataFrame, indicator, lang: str) -> str:
    """One sentence: the level of 2019, the worst period since, and whether 2019 has been regained. figure: a row of queries/headline; rows: its line."""
    if figure is None:
        return t("recovery_nothing", lang)
    if missing(figure["baseline"]):
        first = rows.iloc[0]
        return t(
            "recovery_no_baseline",
            lang,
            first=_show(first["value"], indicator, lang),
            period=period_text(first["period"], lang),
        )
    words = {
        "name": indicator.short[lang],
        "baseline": _show(figure["baseline"], indicator, lang),
        "period": period_text(figure["period"], lang),
        "latest": _against(figure["value"], figure["baseline"], indicator, lang),
        "worst": _against(figure["worst"], figure["baseline"], indicator, lang),
        "extreme": _show(figure["worst"], indicator, lang),
        "worst_period": period_text(figure["worst_period"], lang)
        if not missing(figure["worst_period"])
        else MISSING,
    }
    if indicator.desired_direction == "neither" or missing(figure["worst"]):
        return t("recovery_change", lang, **words)
    never = (
        figure["worst"] <= figure["baseline"]
        if indicator.desired_direction == "lower"
        else figure["worst"] >= figure["baseline"]
    )
    if never:
        return t(f"recovery_never_{indicator.desired_direction}", lang, **words)
    short = (
        figure["value"] > figure["baseline"]
        if indicator.desired_direction == "lower"
        else figure["value"] < figure["baseline"]
    )
    if missing(figure["regained_period"]) or short:  # regained and lost again is not regained
        return t("recovery_not_yet", lang, **words)
    return t("recovery_regained", lang, **words, regained_period=period_text(figure["regained_period"], lang))


def spark(rows: pd.DataFrame, indicator, lang: str, theme: str) -> str:
    """The line over time as a small drawing: dotted where 2019 stood, a dot and a year at both ends, hollow where provisional. "" for fewer than two points."""
    known = [row for row in rows.to_dict("records") if not missing(row["value"])]
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
    x = [EDGE + (at - first) / (last - first) * (WIDTH - 2 * EDGE) for at, _ in points]
    y = [HEIGHT - EDGE - (value - low) / ((high - low) or 1) * (HEIGHT - 2 * EDGE) for value in values]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    base = next((b for b, (at, _) in zip(y, points, strict=True) if int(at) == 2019), None)
    dotted = (
        f'<path d="M{EDGE} {base:.1f}H{WIDTH - EDGE}" stroke="{INK[theme]}" stroke-dasharray="2 3" opacity=".7"/>'
        if base is not None
        else ""
    )
    words = t(
        "spark",
        lang,
        name=indicator.short[lang],
        start=int(first),
        end=int(last),
        first=_show(values[0], indicator, lang),
        last=_show(values[-1], indicator, lang),
    )
    ends = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{r}" fill="{PAGE[theme] if is_provisional(row) else LINE[theme]}" stroke="{LINE[theme]}" stroke-width="1.5"/>'
        for a, b, r, row in ((x[0], y[0], 3, known[0]), (x[-1], y[-1], 4.5, known[-1]))
    )
    drawing = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 16}" font-family="system-ui, sans-serif" font-size="12" fill="{INK[theme]}">
        {dotted}<polyline points="{line}" fill="none" stroke="{LINE[theme]}" stroke-width="2" stroke-linejoin="round"/>
        {ends}
        <text x="{EDGE - 4}" y="{HEIGHT + 13}">{int(first)}</text><text x="{WIDTH - EDGE + 4}" y="{HEIGHT + 13}" text-anchor="end">{int(last)}</text></svg>"""
    return f'<figure class="spark"><img width="{WIDTH}" height="{HEIGHT + 16}" alt="{escape(words)}" src="data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"><figcaption>{escape(indicator.short[lang])}</figcaption></figure>'


def missing(value) -> bool:
    """No figure: None or NaN."""
    return value is None or value != value


def _show(value, indicator, lang: str) -> str:
    return value_text(value, indicator.unit, indicator.decimals, lang)


def _against(value, baseline, indicator, lang: str) -> str:
    """A share as it is; a sum as its distance from 2019."""
    if missing(value):
        return MISSING
    if indicator.unit not in LEVELS or not baseline:
        return _show(value, indicator, lang)
    return t("on_2019", lang, change=value_text((value / baseline - 1) * 100, "percent_change", 1, lang))
