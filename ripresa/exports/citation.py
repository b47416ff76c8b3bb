"""How to cite a view: its publishers first, this site second, with data version and day of access."""

import re

from ripresa.exports.export_table import ExportedTable
from ripresa.i18n import format_period, t, translate_fragments
from ripresa.settings import SITE_NAME

MAX_AREAS_IN_TITLE = 3
TEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def format_citation(export: ExportedTable, lang: str = "") -> str:
    """One sentence for a footnote."""
    lang = lang or export.view.lang
    sources = [
        f"{translate_fragments(source.publisher, lang)}, {source.name[lang]}" for source in export.sources
    ]
    return t(
        "citation",
        lang,
        sources="; ".join(sources),
        title=format_title(export, lang),
        version=export.version,
        day=format_period(export.access_date.isoformat(), lang),
        link=export.permalink,
    )


def format_bibtex(export: ExportedTable) -> str:
    """An entry for a bibliography in LaTeX."""
    lang, view = export.view.lang, export.view
    period = re.sub(r"[^0-9A-Za-z]+", "", view.period)
    key = "_".join(("ripresa", view.indicator.id, view.level, period, export.version[:6]))
    fields = {
        "author": " and ".join(f"{{{_escape_tex(name)}}}" for name in [*_get_publishers(export), SITE_NAME]),
        "title": f"{{{_escape_tex(format_title(export, lang))}}}",
        "howpublished": _escape_tex(t("dashboard", lang)),
        "publisher": _escape_tex("; ".join(_get_publishers(export))),
        "year": str(export.access_date.year),
        "version": export.version,
        "url": _sanitize_url(export.permalink),
        "urldate": export.access_date.isoformat(),
        "note": _escape_tex(export.text.source),
        "language": {"it": "italian", "en": "english"}[lang],
    }
    return (
        f"@misc{{{key},\n"
        + "".join(f"  {name:<12} = {{{value}}},\n" for name, value in fields.items())
        + "}\n"
    )


def format_ris(export: ExportedTable) -> str:
    """An entry for reference managers."""
    lines = [
        ("TY", "DATA"),
        *(("AU", name) for name in _get_publishers(export)),
        ("AU", SITE_NAME),
        ("TI", format_title(export, export.view.lang)),
        ("T2", t("dashboard", export.view.lang)),
        ("PY", str(export.access_date.year)),
        ("PB", "; ".join(_get_publishers(export))),
        ("ET", export.version),
        ("N1", export.text.source),
        ("LA", export.view.lang),
        ("UR", _sanitize_url(export.permalink)),
        ("Y2", export.access_date.strftime("%Y/%m/%d")),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines)


def format_title(export: ExportedTable, lang: str) -> str:
    """The title of a citation: indicator, areas, periods."""
    view, table = export.view, export.table
    names: list[str] = []
    if lang == view.lang:  # the table has its names in one language
        names = list(dict.fromkeys(table.loc[table["geo"].isin(view.geo), "geo_name"]))
    areas = ", ".join(names) if 0 < len(names) <= MAX_AREAS_IN_TITLE else t(f"level_{view.level}", lang)
    periods = table.sort_values("period_start")["period"].tolist() or [view.period]
    when = format_period(periods[0], lang)
    if periods[-1] != periods[0]:
        when += f" – {format_period(periods[-1], lang)}"
    is_provisional = (table["status"] == "provisional") | table["flags"].str.contains("p")
    is_provisional &= table["value"].notna()
    if is_provisional.any():
        when += f" ({t('status_provisional' if is_provisional.all() else 'cited_partly', lang)})"
    return f"{export.format_label(lang)}, {areas}, {when}"


def _get_publishers(export: ExportedTable) -> list[str]:
    return list(
        dict.fromkeys(translate_fragments(source.publisher, export.view.lang) for source in export.sources)
    )


def _escape_tex(text: str) -> str:
    return "".join(TEX_ESCAPES.get(letter, letter) for letter in text)


def _sanitize_url(url: str) -> str:
    return re.sub(r"[\s{}\\]", "", url)
