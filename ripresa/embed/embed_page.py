"""One figure alone, for an iframe: a page of a few kilobytes with no websocket, no other host and no script but the one that says its height.

`answer` is the whole of `/embed/v1/{indicator}`: the parameters are those of Filters, and `figure` (map, bars, dots, trend, sectors, leaders, heat, compared), `theme` (light, dark; the
reader's own otherwise), `version` (frozen on a release; the newest data otherwise). The path is a promise: v1 keeps meaning this.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd

from ripresa import catalogue
from ripresa.catalogue import LANGS
from ripresa.charts import theme as look
from ripresa.charts.heatmap import crossed, one_level
from ripresa.charts.line import has_line
from ripresa.charts.line_styles import BESIDE, COMPANY, company
from ripresa.charts.scales import classes, text_on
from ripresa.database import query as queries
from ripresa.database.build import BuildError
from ripresa.embed import svg
from ripresa.exports import image_layout as printed
from ripresa.exports import links, versions
from ripresa.exports.export_table import label
from ripresa.filters import Filters, View, all_periods, resolve
from ripresa.i18n import MISSING, interval_text, language, number, period_text, t
from ripresa.narrative.figure_text import frame
from ripresa.narrative.headlines import finding
from ripresa.narrative.phrases import show
from ripresa.observations.rows import beside, records, roles, several, valued

PATH = "/embed/v1/"
THEMES = ("light", "dark")
FIGURES = ("map", "bars", "dots", "trend", "sectors", "leaders", "heat", "compared")
SCRIPT = """(()=>{const say=()=>parent.postMessage({type:"ripresa-digitale",height:Math.ceil(document.body.getBoundingClientRect().height)},"*");new ResizeObserver(say).observe(document.body);addEventListener("load",say)})()"""
LIVE, FROZEN = (
    "public, max-age=300, stale-while-revalidate=86400",
    "public, max-age=86400, stale-while-revalidate=604800",
)
WIDE, WIDER = 760, 1.17  # pixels of the frame whose height is offered; a reader's letters beside Arial's
KEPT = 256


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(
    indicator: str, query: Mapping[str, Iterable[str] | str], if_none_match: str = "", site: str = ""
) -> Answer:
    """The answer for `/embed/v1/{indicator}`. `query` maps names to values or lists of values; `site` is where the pages are, for the link to them."""
    said = {name: [value] if isinstance(value, str) else list(value) for name, value in query.items()}
    try:
        return _answer(indicator, said, if_none_match, site)
    except BuildError as fault:
        lang = language(said.get("lang", [""])[-1], "")
        return _page_answer(503, _sentence(f"{t('fault_database', lang)} {fault}", lang), "no-store", "")


def _answer(indicator: str, said: dict[str, list[str]], if_none_match: str, site: str) -> Answer:
    filters = Filters.from_address({**said, "indicator": indicator}, lang=LANGS[0])
    if not filters.indicator:
        return _page_answer(
            404,
            _sentence(t("embed_unknown", filters.lang, indicator=indicator[:60]), filters.lang),
            "no-store",
            if_none_match,
        )
    wanted = said.get("figure", [""])[-1]
    view = _view(filters, wanted)
    ignored = dict.fromkeys(
        [one.partition("=")[0] for one in filters.dropped] + ["figure"] * (wanted not in ("", *FIGURES))
    )
    if ignored:  # by name alone: what was said in the address is never repeated
        view = replace(view, notes=(("dropped", (("what", ", ".join(ignored)),)), *view.notes))
    theme, version = said.get("theme", [""])[-1], said.get(links.VERSION, [""])[-1][:40]
    body = _body(
        queries.version(),
        view,
        version,
        wanted if wanted in FIGURES else "",
        theme if theme in THEMES else "",
        site.rstrip("/"),
    )
    if body is None:
        return _page_answer(
            404,
            _sentence(t("embed_version", view.lang, version=version), view.lang),
            "no-store",
            if_none_match,
        )
    return _page_answer(200, body, FROZEN if version else LIVE, if_none_match)


def _view(filters: Filters, figure: str) -> View:
    """What the address asks for. Leaders are of all countries that tell them apart, comparisons of any areas: no level of a topic offers these."""
    indicator = catalogue.indicator(filters.indicator)
    if figure == "leaders":
        filters = Filters(filters.lang, "world", dropped=filters.dropped)
    elif figure != "compared":
        return resolve(filters, indicator.topic)
    level = filters.level or "world"
    cut = (getattr(filters, name) or "all" for name in ("sector", "gender", "size"))
    return View(
        filters.lang,
        indicator.topic,
        level,
        indicator,
        () if figure == "leaders" else filters.geo or COMPANY[level],
        *cut,
        filters.period,
        (),
        "series",
        page="compare" if figure == "compared" else "",
    )


def code(view: View, site: str, version: str = "", figure: str = "", theme: str = "") -> str:
    """What to copy into a page: the frame, and the line that lets it grow. `version` freezes it."""
    said = (
        links.filters(view).to_address() if figure == "compared" else links.plain(view)
    )  # a comparison has no defaults to fall back on
    address = {name: values for name, values in said.items() if name != "indicator"}
    address |= {
        name: [value]
        for name, value in (("figure", figure), ("theme", theme), (links.VERSION, version))
        if value
    }
    source = f"{site.rstrip('/')}{PATH}{view.indicator.id}?{urlencode(address, doseq=True)}"
    shown = _body(queries.version(), view, version, figure, theme, site.rstrip("/")) or ""
    title = label(view.indicator, {} if figure in ("sectors", "heat", "leaders") else view.cut, view.lang)
    return (
        f'<iframe src="{escape(source)}" title="{escape(title)}" width="100%" height="{height(shown)}" style="border:0" loading="lazy"></iframe>\n'
        '<script>addEventListener("message",e=>{if(e.data&&e.data.type==="ripresa-digitale")document.querySelectorAll("iframe").forEach(f=>{if(f.contentWindow===e.source)f.height=e.data.height})})</script>'
    )


def height(body: str) -> int:
    """About how tall an embed stands where no script lets its frame grow: its words wrapped, its rows counted, the table folded."""

    def lines(text: str, size: float, room: float = WIDE - 4) -> int:
        return len(printed.wrapped(unescape(re.sub("<[^>]*>", "", text)), room / WIDER, size))

    def each(start: str, end: str) -> list[str]:
        return re.findall(f"{start}(.*?){end}", body)

    tall = sum(33 + 28.8 * (lines(text, 23) - 1) for text in each("<h1>", "</h1>")) + sum(
        12 + 20.3 * lines(text, 14) for text in each("</h1><p>", "</p>")
    )
    tall += sum(
        min(500, (WIDE - 4) * int(down) / int(wide))
        for wide, down in re.findall(r'class="map \w+" viewBox="0 0 (\d+) (\d+)"', body)
    )
    tall += sum(38 + 17.4 * bool(text.count("<span>")) for text in each('<div class="key">', "</div>"))
    tall += sum(6 + 16.8 * lines(name, 14, 180) for name in each("<li[^>]*><span>", "</span>"))
    tall += sum(23 * lines(text, 13) for text in each('<p class="ref">', "</p>"))
    tall += sum(
        svg.LINE_HEIGHT + 2 + int(under) for under in re.findall(r'class="when" height="(\d+)"', body)
    )
    tall += sum(
        8 + 24.3 * lines("".join(f"xxxxx {name}" for name in re.findall("<li>(.*?)</li>", text)), 14)
        for text in each('<ul class="names">', "</ul>")
    )
    tall += 24 * body.partition('class="heat"')[2].partition("</table>")[0].count("<tr") + max(
        (
            min(132, WIDER * printed.width(unescape(name), 12))
            for name in each('<th scope="col"><span>', "</span>")
        ),
        default=0,
    )
    notes = body.partition("<footer>")[2]
    return round(
        tall
        + 32
        + 12
        + 20
        + sum(
            18.2 * lines(text, 12.5, WIDE - 20)
            for text in re.findall("<li>(.*?)</li>|<p>(.*?)</p>", notes)
            for text in text
            if text
        )
    )


def kind_of(view: View) -> str:
    """The figure a view opens with."""
    return {"map": "map", "dots": "dots"}.get(view.chart, "trend")


def page(view: View, site: str = "", version: str = "", figure: str = "", theme: str = "") -> str | None:
    """The HTML of one figure; None where the version is not kept."""
    kind = figure or kind_of(view)
    rows = _rows(view, kind, version)
    if rows is None:
        return None
    found = records(rows, view.lang)
    found = one_level(found) if kind in ("sectors", "heat") else found
    if not valued(found):
        return _sentence(finding(found, view), view.lang)
    if kind == "compared":
        kind = "trend" if has_line(rows) else "dots" if view.indicator.chart == "dots" else "bars"
    if kind == "map" and not svg.mapped(found, view):
        kind = "dots"
    words = frame(found, view, {"trend": "lines", "leaders": "gaps"}.get(kind, kind))
    if kind == "heat":
        grid = crossed(found, view)
        words, (drawn, scale) = grid.words, svg.heat(grid, view)
        drawn = f'{_classes(grid.values, view, grid.decimals)}<div class="wide" role="region" tabindex="0" aria-label="{escape(words["alt"])}">{drawn}</div>'
    elif kind == "map":
        across = all_periods(view, partial(versions.ask, version or queries.version())) or [
            row["value"] for row in svg.mapped(found, view).values()
        ]
        drawn, scale = svg.shaded(found, view, words["alt"], across)
        drawn = _classes(across, view, view.indicator.decimals) + drawn + svg.key(scale, found, view)
    else:
        drawn = f'<div role="group" aria-label="{escape(words["alt"])}">{getattr(svg, "lines" if kind == "trend" else kind)(found, view)}</div>'
    if kind == "sectors":
        words |= {"subtitle": f"{found[0]['geo_name']} · {words['subtitle']}"}
    shown = version or queries.version()
    here = links.page(site, view, links.cited(view, version) if version else links.plain(view))
    notes = [t(key, view.lang, **dict(values)) for key, values in view.notes] + words["notes"]
    return _document(
        view.lang,
        words["title"],
        f"""<figure><figcaption><h1>{escape(words["title"])}</h1><p>{escape(words["subtitle"])}</p></figcaption>
{drawn}
<details><summary>{escape(t("embed_table", view.lang))}</summary>{_table(found, view, words["title"])}</details>
<footer><ul>{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ul><p>{escape(words["source"])}</p>
<p><a href="{escape(here)}" target="_blank" rel="noopener">Ripresa digitale</a> · {escape(t("embed_version_shown", view.lang, version=shown))}</p></footer></figure>""",
        theme,
    )


def _rows(view: View, kind: str, version: str) -> pd.DataFrame | None:
    """The rows of the figure, as the version had them."""
    known = version or queries.version()
    if kind == "trend":
        return versions.ask(known, "trend", **view.cut, geos=company(view), lang=view.lang)
    if kind == "compared":
        rows = versions.ask(known, "trend", **view.cut, geos=view.geo, lang=view.lang)
        return rows if rows is None or has_line(rows) else _one_moment(rows, view.period)
    if kind == "leaders":
        return versions.ask(
            known, "by_gender", indicator=view.indicator.id, sector="all", size="all", lang=view.lang
        )
    if kind == "heat":
        return versions.ask(known, "area_sector", **view.moment)
    if kind == "sectors":
        return versions.ask(known, "by_sector", **view.moment, geo=(*view.geo, *BESIDE[view.level])[0])
    rows, against = (versions.ask(known, name, **view.moment) for name in ("map", "references"))
    return None if rows is None else beside(rows, against, view)


def _one_moment(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """The rows of a period (the newest, where it has none) in the edition that most areas have."""
    there = rows[rows["period"] == (period if (rows["period"] == period).any() else rows["period"].max())]
    return there[there["edition"] == there["edition"].mode().max()] if len(there) else there


@lru_cache(maxsize=KEPT)
def _body(current: str, view: View, version: str, figure: str, theme: str, site: str) -> str | None:
    return page(view, site, version, figure, theme)


# --- the page around the figure ---


def _document(lang: str, title: str, content: str, theme: str = "") -> str:
    return (
        f'<!doctype html><html lang="{lang}"{f" class={theme}" if theme else ""}><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_style()}</style>{content}<script>{SCRIPT}</script></html>'
    )


def _sentence(sentence: str, lang: str) -> str:
    return _document(lang, "Ripresa digitale", f"<p>{escape(sentence)}</p>")


@cache
def _style() -> str:
    """The style, with the colours of both themes."""
    text = Path(__file__).with_name("embed_page.css").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("/*")]
    return _both(_colours("light"), _colours("dark")) + "".join(lines)


def _colours(theme: str) -> str:
    palette = look.palette(theme)
    plain = {
        "page": palette.page,
        "ink": palette.ink,
        "soft": palette.soft,
        "grid": palette.grid,
        "border": palette.border,
        "mute": palette.mute,
        "none": palette.no_data,
        "bar": palette.bar,
        "on": palette.qualitative[0],
        "ctx": palette.panel,
        **{f"l{i}": colour for i, colour in enumerate(palette.qualitative)},
    }
    return "".join(f"--{name}:{colour};" for name, colour in plain.items()) + f"color-scheme:{theme}"


def _classes(values: Sequence[float], view: View, decimals: int) -> str:
    """The colours of the classes in both themes."""
    rules = []
    for theme in THEMES:
        palette = look.palette(theme)
        own = classes(values, view.indicator.unit, decimals, palette)
        rules.append(
            "".join(f"--c{i}:{colour};--t{i}:{text_on(colour)};" for i, colour in enumerate(own.colours))
        )
    return f"<style>{_both(*rules)}</style>"


def _both(light: str, dark: str) -> str:
    """Rules of the root in both themes: the one asked for, else the reader's own."""
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root:not(.light){{{dark}}}}}:root.dark{{{dark}}}"


def _table(found: list[dict], view: View, caption: str) -> str:
    """The rows as a table, with the columns that say something here."""
    lang, rows = view.lang, valued(found)
    rows = sorted(
        (row | {"role": role} for row, role in zip(rows, roles(rows, view))),
        key=lambda row: row["role"] == "area",
    )
    columns = {
        "geo_name": lambda row: (
            t("reference", lang, name=row["geo_name"]) if row["role"] == "reference" else row["geo_name"]
        ),
        **({"sector_name": lambda row: row["sector_name"]} if several(rows, "sector") else {}),
        **({"gender_name": lambda row: row["gender_name"]} if several(rows, "gender") else {}),
        "period": lambda row: period_text(row["period"], lang),
        **({"edition_name": lambda row: row["edition_name"]} if several(rows, "edition") else {}),
        "value": lambda row: show(row["value"], view),
        **(
            {
                "interval": lambda row: (
                    interval_text(
                        row["ci_low"], row["ci_high"], view.indicator.unit, view.indicator.decimals, lang
                    )
                    or MISSING
                )
            }
            if any(row["ci_low"] is not None for row in rows)
            else {}
        ),
        **(
            {"n": lambda row: row["sample_size_note"] or number(row["n"], lang)}
            if any(row["n"] is not None or row["sample_size_note"] for row in rows)
            else {}
        ),
        "status": lambda row: t(f"status_{row['status']}", lang),
    }
    head = "".join(f'<th scope="col">{escape(t(f"embed_column_{name}", lang))}</th>' for name in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(str(cell(row)))}</th>'
            if name == "geo_name"
            else f"<td>{escape(str(cell(row)))}</td>"
            for name, cell in columns.items()
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _page_answer(status: int, body: str, caching: str, if_none_match: str) -> Answer:
    content = body.encode()
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "ETag": tag,
        "Cache-Control": caching,
        "Content-Security-Policy": _policy(body),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Access-Control-Allow-Origin": "*",
    }
    if status == 200 and tag in [part.strip().removeprefix("W/") for part in if_none_match.split(",")]:
        return Answer(
            304, {name: headers[name] for name in ("ETag", "Cache-Control", "Content-Security-Policy")}, b""
        )
    return Answer(status, headers, content)


def _policy(body: str) -> str:
    """Nothing but this page's own style and script. Who may frame it is left open: `frame-ancestors *` would refuse a page opened from a file."""
    style = [part.partition("</style>")[0] for part in body.split("<style>")[1:]]
    hashes = " ".join(f"'sha256-{_hash(text)}'" for text in style)
    return f"default-src 'none'; style-src {hashes}; script-src 'sha256-{_hash(SCRIPT)}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
