"""What a reader must know before repeating a figure."""

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import list_text, period_text, t
from ripresa.narrative.headlines import kind_of
from ripresa.narrative.phrases import join, semicolons
from ripresa.observations.rows import (
    SMALL_BASE,
    has_interval,
    is_apart,
    is_old,
    is_provisional,
    is_small,
    no_direction,
    peers,
    records,
    set_apart,
    several,
    valued,
    year,
    year_of,
)


def notes(rows, view: View, kind: str = "") -> list[str]:
    """What a reader must know before repeating the figure, most important first."""
    found, lang = records(rows, view.lang), view.lang
    known = valued(found)
    kind = kind or kind_of(found, view) if found else kind
    wanted = not view.indicator.note_sources or any(
        row.get("source") in view.indicator.note_sources for row in peers(found, view) or found
    )
    lines = [view.indicator.note[lang]] if wanted and view.indicator.note.get(lang) else []
    if kind == "dots":
        lines.append(t("note_dots", lang))
    lines += _provisional_note(known, lang) + _edition_note(known, lang) + _apart_note(known, kind, lang)
    if kind in ("trend", "lines", "multiples", "dots", "spark"):
        lines += _break_note(known, view)
    lines += (
        _small_note(known, view)
        + _drawn_note(known, lang)
        + _old_note(known, kind, lang)
        + _vintage_note(known, lang)
        + _interval_note(known, lang)
    )
    if kind == "map":
        lines.append(t("note_boundaries", lang))
    return lines


def _provisional_note(known: list[dict], lang: str) -> list[str]:
    periods = sorted({row["period"] for row in known if is_provisional(row)})
    return (
        [
            t(
                "note_provisional",
                lang,
                periods=list_text([period_text(period, lang) for period in periods], lang),
            )
        ]
        if periods
        else []
    )


def _edition_note(known: list[dict], lang: str) -> list[str]:
    names = list(dict.fromkeys(row.get("edition_name") or row.get("edition") or "" for row in known))
    if len(names) > 1:
        return [t("note_editions", lang, editions=semicolons(names))]
    alone = any(row.get("edition") == "single" for row in known)
    return [t("note_edition", lang, edition=names[0])] if names and names[0] and not alone else []


def _apart_note(known: list[dict], kind: str, lang: str) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in set_apart(known) if kind in ("areas", "map", "tiles", "bars", "sectors", "heat") else ():
        if is_apart(row):
            name = {"sectors": row["sector_name"], "heat": f"{row['geo_name']}, {row['sector_name']}"}.get(
                kind, row["geo_name"]
            )
            groups.setdefault(row.get("edition_name") or row["edition"], []).append(name)
    return [
        t("note_apart", lang, names=semicolons(names), edition=edition) for edition, names in groups.items()
    ]


def _break_note(known: list[dict], view: View) -> list[str]:
    times = [year(row) for row in known]
    inside = [
        period for period in view.indicator.breaks if times and min(times) < year_of(period) <= max(times)
    ]
    return (
        [
            t(
                "note_break",
                view.lang,
                periods=list_text([period_text(period, view.lang) for period in inside], view.lang),
            )
        ]
        if inside
        else []
    )


def _small_note(known: list[dict], view: View) -> list[str]:
    names = list(dict.fromkeys(row["geo_name"] for row in known if is_small(row)))
    return [t("note_small", view.lang, names=join(names, view.lang), count=SMALL_BASE)] if names else []


def _drawn_note(known: list[dict], lang: str) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in known:
        if row.get("published_geo"):
            groups.setdefault(row["published_geo"], []).append(row["geo_name"])
    return [
        t("note_published_geo", lang, names=list_text(list(dict.fromkeys(names)), lang))
        for names in groups.values()
    ]


def _old_note(known: list[dict], kind: str, lang: str) -> list[str]:
    if kind not in ("areas", "map", "tiles", "bars") or not several(known, "period"):
        return []
    old = len([row for row in known if is_old(row)])
    first, last = min(known, key=year), max(known, key=year)
    lines = [
        t(
            "note_years",
            lang,
            first=period_text(first["period"], lang),
            last=period_text(last["period"], lang),
        )
    ]
    return lines + ([t("note_old", lang, count=old)] if old else [])


def _vintage_note(known: list[dict], lang: str) -> list[str]:
    names = list(dict.fromkeys(row["geo_name"] for row in known if no_direction(row)))
    return [t("note_vintage", lang, names=join(names, lang))] if names else []


def _interval_note(known: list[dict], lang: str) -> list[str]:
    with_interval = [row for row in known if has_interval(row)]
    lines = []
    if with_interval:
        counted = all(
            getattr(catalogue.sources().get(row["source"]), "kind", "") == "register" for row in with_interval
        )
        lines.append(t("note_interval_register" if counted else "note_interval", lang))
        if len(with_interval) < len(known):
            lines.append(t("note_interval_some", lang))
        return lines
    return [
        t(f"reason_{reason}", lang)
        for reason in dict.fromkeys(row.get("no_ci_reason") for row in known)
        if reason
    ]
