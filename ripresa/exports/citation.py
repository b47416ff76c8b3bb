"""How to cite a view: the publishers first, us second, with data version and day of access."""

import re

from ripresa.exports.export_table import Export
from ripresa.i18n import noted, period_text, t

US = "Ripresa digitale"
TEX = {
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


def text(export: Export, lang: str = "") -> str:
    """One sentence for a footnote."""
    lang = lang or export.view.lang
    said = "; ".join(f"{noted(source.publisher, lang)}, {source.name[lang]}" for source in export.sources)
    return t(
        "citation",
        lang,
        sources=said,
        title=title(export, lang),
        version=export.version,
        day=period_text(export.day.isoformat(), lang),
        link=export.link,
    )


def bibtex(export: Export) -> str:
    """An entry for a bibliography in LaTeX."""
    lang, view = export.view.lang, export.view
    key = "_".join(
        (
            "ripresa",
            view.indicator.id,
            view.level,
            re.sub(r"[^0-9A-Za-z]+", "", view.period),
            export.version[:6],
        )
    )
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in [*_publishers(export), US]),
        "title": f"{{{_tex(title(export, lang))}}}",
        "howpublished": _tex(t("dashboard", lang)),
        "publisher": _tex("; ".join(_publishers(export))),
        "year": str(export.day.year),
        "version": export.version,
        "url": _address(export.link),
        "urldate": export.day.isoformat(),
        "note": _tex(export.meta["source"]),
        "language": {"it": "italian", "en": "english"}[lang],
    }
    return (
        f"@misc{{{key},\n"
        + "".join(f"  {name:<12} = {{{value}}},\n" for name, value in fields.items())
        + "}\n"
    )


def ris(export: Export) -> str:
    """An entry for reference managers."""
    lines = [
        ("TY", "DATA"),
        *(("AU", name) for name in _publishers(export)),
        ("AU", US),
        ("TI", title(export, export.view.lang)),
        ("T2", t("dashboard", export.view.lang)),
        ("PY", str(export.day.year)),
        ("PB", "; ".join(_publishers(export))),
        ("ET", export.version),
        ("N1", export.meta["source"]),
        ("LA", export.view.lang),
        ("UR", _address(export.link)),
        ("Y2", export.day.strftime("%Y/%m/%d")),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines)


def title(export: Export, lang: str) -> str:
    """What is cited: indicator, where, when."""
    view = export.view
    names = (
        list(dict.fromkeys(export.table.loc[export.table["geo"].isin(view.geo), "geo_name"]))
        if lang == view.lang
        else []
    )
    where = ", ".join(names) if 0 < len(names) <= 3 else t(f"level_{view.level}", lang)
    periods = (
        export.table.sort_values("period_start")["period"].unique().tolist()
        if len(export.table)
        else [view.period]
    )
    when = (
        period_text(periods[0], lang)
        if len(periods) == 1
        else f"{period_text(periods[0], lang)} – {period_text(periods[-1], lang)}"
    )
    provisional = (
        (export.table["status"] == "provisional") | export.table["flags"].str.contains("p")
    ) & export.table["value"].notna()
    when += (
        f" ({t('status_provisional' if provisional.all() else 'cited_partly', lang)})"
        if provisional.any()
        else ""
    )
    return f"{export.label(lang)}, {where}, {when}"


def _publishers(export: Export) -> list[str]:
    return list(dict.fromkeys(noted(source.publisher, export.view.lang) for source in export.sources))


def _tex(said: str) -> str:
    return "".join(TEX.get(letter, letter) for letter in said)


def _address(link: str) -> str:
    return re.sub(r"[\s{}\\]", "", link)
