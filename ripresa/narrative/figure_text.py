"""The words around a figure, from its rows and in the view's language: title, subtitle, source, notes, alternative text, and what the pointer says."""

from html import escape

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import interval_text, noted, number, period_text, t
from ripresa.narrative.headlines import ends_of, extremes, finding, kind_of
from ripresa.narrative.notes import notes
from ripresa.narrative.phrases import between, dated, join, named, semicolons, show
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    SMALL_BASE,
    first_each,
    is_apart,
    is_old,
    is_provisional,
    is_small,
    no_direction,
    peers,
    records,
    set_apart,
    several,
    sign,
    valued,
    year,
)


def frame(rows, view: View, kind: str = "", **more) -> dict:
    """Title, subtitle, source, notes and alternative text: what a figure carries in layout.meta."""
    found = records(rows, view.lang)
    return {
        "title": finding(found, view, kind),
        "subtitle": subtitle(found, view),
        "source": source_line(found, view),
        "notes": notes(found, view, kind) + list(more.get("notes", ())),
        "alt": alt(found, view, kind),
    }


# --- subtitle and source ---


def subtitle(rows, view: View) -> str:
    """Indicator, universe, what is held fixed, period."""
    found = valued(records(rows, view.lang)) or records(rows, view.lang)
    fixed = [
        found[0][f"{name}_name"]
        for name in ("sector", "gender", "size")
        if found and not several(found, name) and found[0].get(name) not in ("all", None)
    ]
    return " · ".join(
        [
            view.indicator.label[view.lang],
            catalogue.universe(view.indicator, [row["source"] for row in found], view.lang),
            *fixed,
            *_periods(found, view),
        ]
    )


def _periods(found: list[dict], view: View) -> list[str]:
    if not found:
        return []
    first, last = min(found, key=year)["period"], max(found, key=year)["period"]
    if first == last:
        return [dated(found[0], view) if all(map(is_provisional, found)) else period_text(last, view.lang)]
    stretch = between(first, last, view)
    newest = view.period == "latest" and kind_of(found, view) in ("areas", "sectors", "heat")
    return [t("latest_between", view.lang, between=stretch) if newest else stretch]


def source_line(rows, view: View) -> str:
    """Who published the figures, under which licence."""
    return t(
        "source_line",
        view.lang,
        sources="; ".join(
            _source(id, name, view.lang) for id, name in _sources(records(rows, view.lang), view).items()
        ),
    )


def _sources(found: list[dict], view: View) -> dict[str, str]:
    return {row["source"]: row.get("source_name") or "" for row in valued(found)} or {
        view.indicator.source: ""
    }


def _source(id: str, name: str, lang: str) -> str:
    known = catalogue.sources().get(id)
    if known is None:
        return name or id
    text = t("named_source", lang, publisher=noted(known.publisher, lang), name=known.name[lang])
    return f"{text} ({t('licence', lang, licence=known.licence[lang])})"


# --- alternative text and hover ---

ALTS = {
    "areas": "alt_map",
    "map": "alt_map",
    "tiles": "alt_tiles",
    "bars": "alt_bars",
    "trend": "alt_lines",
    "lines": "alt_lines",
    "multiples": "alt_multiples",
    "dots": "alt_dots",
    "gaps": "alt_gaps",
    "sectors": "alt_sectors",
    "heat": "alt_heat",
    "spark": "alt_spark",
}


def alt(rows, view: View, kind: str = "") -> str:
    """The figure for those who do not see it: what it is, what it says, its extremes, how many areas have no data."""
    found = records(rows, view.lang)
    kind = kind or kind_of(found, view)
    names = join(first_each(found, "geo_name"), view.lang) if found else ""
    what = t(
        ALTS[kind],
        view.lang,
        places=t(f"place_{view.level or 'world'}", view.lang),
        names=names,
        count=len({row["geo"] for row in peers(found, view)}),
    )
    return " ".join(
        part
        for part in (
            f"{what}.",
            f"{finding(found, view, kind)}.",
            _alt_values(found, view, kind),
            _alt_absent(found, view, kind),
        )
        if part
    )


def _alt_values(found: list[dict], view: View, kind: str) -> str:
    known = valued(peers(found, view)) or valued(found)
    if kind == "dots" and known:
        rows = sorted(known, key=lambda row: (row["geo_name"].casefold(), year(row)))
        items = [f"{row['geo_name']} {show(row['value'], view)} ({dated(row, view)})" for row in rows[:24]]
        return t("alt_values", view.lang, items=semicolons(items))
    if kind in ("areas", "map", "tiles", "bars") and len(known) > 1:
        low, high = extremes(valued(peers(set_apart(found), view)) or known, view)
        return t(
            "alt_extremes",
            view.lang,
            low=show(low[0]["value"], view),
            high=show(high[0]["value"], view),
            low_name=ends_of(low, lambda row: named(row, known, view), view),
            high_name=ends_of(high, lambda row: named(row, known, view), view),
        )
    return ""


def _alt_absent(found: list[dict], view: View, kind: str) -> str:
    absent = absent_areas(found, view, kind)
    return t("alt_absent", view.lang, count=absent) if absent else ""


def absent_areas(found: list[dict], view: View, kind: str) -> int:
    """How many areas have no value: of the whole map where there is one, else of the rows."""
    known = {row["geo"] for row in valued(found)}
    if kind in ("areas", "map", "tiles") and view.level in boundaries.MAPS:
        return len(set(boundaries.drawn(view.level)) - known)
    return len({row["geo"] for row in found} - known)


def hover(row: dict, view: View, name: str = "") -> str:
    """What appears under the pointer: name, value, interval, period, base and warnings, one a line."""
    lang = view.lang
    n = number(row["n"], lang) if row.get("n") is not None else row.get("sample_size_note") or ""
    interval = interval_text(
        row.get("ci_low"), row.get("ci_high"), view.indicator.unit, view.indicator.decimals, lang
    )
    lines = [
        f"<b>{escape(name or row['geo_name'], quote=False)}{sign(row)}</b>",
        show(row["value"], view) if row["value"] is not None else t("no_data", lang),
        t("interval_95", lang, interval=interval) if interval else "",
        dated(row, view),
        t("base_n", lang, n=escape(str(n), quote=False)) if n else "",
        f"{t('other_edition', lang)}: {escape(row.get('edition_name') or row['edition'], quote=False)}"
        if is_apart(row)
        else "",
        t("small_base", lang, count=SMALL_BASE) if is_small(row) else "",
        t("old_survey", lang) if is_old(row) else "",
        t("old_vintage", lang) if no_direction(row) else "",
        t("derived", lang) if row.get("status") == "derived" else "",
    ]
    return "<br>".join(line for line in lines if line)
