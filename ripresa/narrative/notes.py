"""What a reader must know before repeating a figure."""

from ripresa import catalogue
from ripresa.filters import View
from ripresa.i18n import format_items, format_period, t
from ripresa.narrative.headlines import infer_figure_kind
from ripresa.narrative.phrases import format_name_list, join_with_semicolons
from ripresa.observations.rows import (
    SMALL_SAMPLE_SIZE,
    flag_other_editions,
    get_area_rows,
    get_decimal_year,
    has_interval,
    has_several,
    is_old_survey,
    is_old_vintage,
    is_other_edition,
    is_provisional,
    is_small_sample,
    parse_decimal_year,
    to_records,
    with_values,
)


def build_notes(rows, view: View, kind: str = "") -> list[str]:
    """What a reader must know before repeating the figure, most important first."""
    found, lang = to_records(rows, view.lang), view.lang
    known = with_values(found)
    kind = kind or infer_figure_kind(found, view) if found else kind
    wanted = not view.indicator.note_sources or any(
        row.get("source") in view.indicator.note_sources for row in get_area_rows(found, view) or found
    )
    lines = [view.indicator.note[lang]] if wanted and view.indicator.note.get(lang) else []
    if kind == "dots":
        lines.append(t("note_dots", lang))
    lines += (
        _build_provisional_notes(known, lang)
        + _build_edition_notes(known, lang)
        + _build_other_edition_notes(known, kind, lang)
    )
    if kind in ("trend", "lines", "multiples", "dots"):
        lines += _build_break_notes(known, view)
    lines += (
        _build_small_sample_notes(known, view)
        + _build_published_geo_notes(known, lang)
        + _build_survey_year_notes(known, kind, lang)
        + _build_vintage_notes(known, lang)
        + _build_interval_notes(known, lang)
    )
    if kind == "map":
        lines.append(t("note_boundaries", lang))
    return lines


def _build_provisional_notes(known: list[dict], lang: str) -> list[str]:
    periods = sorted({row["period"] for row in known if is_provisional(row)})
    return (
        [
            t(
                "note_provisional",
                lang,
                periods=format_items([format_period(period, lang) for period in periods], lang),
            )
        ]
        if periods
        else []
    )


def _build_edition_notes(known: list[dict], lang: str) -> list[str]:
    names = list(dict.fromkeys(row.get("edition_name") or row.get("edition") or "" for row in known))
    if len(names) > 1:
        return [t("note_editions", lang, editions=join_with_semicolons(names))]
    alone = any(row.get("edition") == "single" for row in known)
    return [t("note_edition", lang, edition=names[0])] if names and names[0] and not alone else []


def _build_other_edition_notes(known: list[dict], kind: str, lang: str) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in (
        flag_other_editions(known) if kind in ("areas", "map", "tiles", "bars", "sectors", "heat") else ()
    ):
        if is_other_edition(row):
            name = {"sectors": row["sector_name"], "heat": f"{row['geo_name']}, {row['sector_name']}"}.get(
                kind, row["geo_name"]
            )
            groups.setdefault(row.get("edition_name") or row["edition"], []).append(name)
    return [
        t("note_apart", lang, names=join_with_semicolons(names), edition=edition)
        for edition, names in groups.items()
    ]


def _build_break_notes(known: list[dict], view: View) -> list[str]:
    times = [get_decimal_year(row) for row in known]
    inside = [
        period
        for period in view.indicator.breaks
        if times and min(times) < parse_decimal_year(period) <= max(times)
    ]
    return (
        [
            t(
                "note_break",
                view.lang,
                periods=format_items([format_period(period, view.lang) for period in inside], view.lang),
            )
        ]
        if inside
        else []
    )


def _build_small_sample_notes(known: list[dict], view: View) -> list[str]:
    names = list(dict.fromkeys(row["geo_name"] for row in known if is_small_sample(row)))
    return (
        [t("note_small", view.lang, names=format_name_list(names, view.lang), count=SMALL_SAMPLE_SIZE)]
        if names
        else []
    )


def _build_published_geo_notes(known: list[dict], lang: str) -> list[str]:
    groups: dict[str, list[str]] = {}
    for row in known:
        if row.get("published_geo"):
            groups.setdefault(row["published_geo"], []).append(row["geo_name"])
    return [
        t("note_published_geo", lang, names=format_items(list(dict.fromkeys(names)), lang))
        for names in groups.values()
    ]


def _build_survey_year_notes(known: list[dict], kind: str, lang: str) -> list[str]:
    if kind not in ("areas", "map", "tiles", "bars") or not has_several(known, "period"):
        return []
    old = len([row for row in known if is_old_survey(row)])
    first, last = min(known, key=get_decimal_year), max(known, key=get_decimal_year)
    lines = [
        t(
            "note_years",
            lang,
            first=format_period(first["period"], lang),
            last=format_period(last["period"], lang),
        )
    ]
    return lines + ([t("note_old", lang, count=old)] if old else [])


def _build_vintage_notes(known: list[dict], lang: str) -> list[str]:
    names = list(dict.fromkeys(row["geo_name"] for row in known if is_old_vintage(row)))
    return [t("note_vintage", lang, names=format_name_list(names, lang))] if names else []


def _build_interval_notes(known: list[dict], lang: str) -> list[str]:
    with_interval = [row for row in known if has_interval(row)]
    lines = []
    if with_interval:
        counted = all(
            getattr(catalogue.load_sources().get(row["source"]), "kind", "") == "register"
            for row in with_interval
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
