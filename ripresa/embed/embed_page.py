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

from ripresa import catalogue, http_cache
from ripresa.charts import theme as look
from ripresa.charts.heatmap import build_heatmap_grid, select_sector_level
from ripresa.charts.line import has_line
from ripresa.charts.line_styles import DEFAULT_AREAS, REFERENCE_AREAS, select_areas_to_plot
from ripresa.charts.scales import build_threshold_scale, get_text_colour
from ripresa.database import query as queries
from ripresa.database.build_errors import BuildError
from ripresa.embed import svg
from ripresa.exports import image_layout as printed
from ripresa.exports import links, versions
from ripresa.exports.export_table import format_indicator_label
from ripresa.filters import Filters, View, get_values_of_all_periods, resolve_view
from ripresa.i18n import MISSING_TEXT, format_interval, format_number, format_period, negotiate_language, t
from ripresa.narrative.figure_text import build_figure_text
from ripresa.narrative.headlines import build_headline
from ripresa.narrative.phrases import format_indicator_value
from ripresa.observations.rows import get_row_roles, has_several, to_records, with_reference_rows, with_values
from ripresa.settings import LANGS

EMBED_PATH = "/embed/v1/"
THEMES = ("light", "dark")
FIGURE_TYPES = ("map", "bars", "dots", "trend", "sectors", "leaders", "heat", "compared")
RESIZE_SCRIPT = """(()=>{const say=()=>parent.postMessage({type:"ripresa-digitale",height:Math.ceil(document.body.getBoundingClientRect().height)},"*");new ResizeObserver(say).observe(document.body);addEventListener("load",say)})()"""
LATEST_CACHE_CONTROL, VERSIONED_CACHE_CONTROL = (
    "public, max-age=300, stale-while-revalidate=86400",
    "public, max-age=86400, stale-while-revalidate=604800",
)
REFERENCE_WIDTH, FONT_WIDTH_FACTOR = (
    760,
    1.17,
)  # pixels of the frame whose height is offered; a reader's letters beside Arial's
CACHE_SIZE = 256
SVG_RENDERERS = {
    "bars": svg.render_bars,
    "dots": svg.render_dots,
    "trend": svg.render_lines,
    "sectors": svg.render_sector_bars,
    "leaders": svg.render_dumbbell,
}


@dataclass(frozen=True)
class EmbedResponse:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def build_response(
    indicator: str, query: Mapping[str, Iterable[str] | str], if_none_match: str = "", site: str = ""
) -> EmbedResponse:
    """The answer for `/embed/v1/{indicator}`. `query` maps names to values or lists of values; `site` is where the pages are, for the link to them."""
    said = {name: [value] if isinstance(value, str) else list(value) for name, value in query.items()}
    try:
        return _build_response(indicator, said, if_none_match, site)
    except BuildError as fault:
        lang = negotiate_language(said.get("lang", [""])[-1], "")
        return _build_html_response(
            503, _render_message(f"{t('fault_database', lang)} {fault}", lang), "no-store", ""
        )


def _build_response(
    indicator: str, said: dict[str, list[str]], if_none_match: str, site: str
) -> EmbedResponse:
    filters = Filters.from_url_parameters({**said, "indicator": indicator}, lang=LANGS[0])
    if not filters.indicator:
        return _build_html_response(
            404,
            _render_message(t("embed_unknown", filters.lang, indicator=indicator[:60]), filters.lang),
            "no-store",
            if_none_match,
        )
    wanted = said.get("figure", [""])[-1]
    view = _resolve_view(filters, wanted)
    ignored = dict.fromkeys(
        [one.partition("=")[0] for one in filters.invalid_parameters]
        + ["figure"] * (wanted not in ("", *FIGURE_TYPES))
    )
    if ignored:  # by name alone: what was said in the address is never repeated
        view = replace(view, notices=(("dropped", (("what", ", ".join(ignored)),)), *view.notices))
    theme, version = said.get("theme", [""])[-1], said.get(links.VERSION_PARAMETER, [""])[-1][:40]
    body = _render_cached_page(
        queries.get_data_version(),
        view,
        version,
        wanted if wanted in FIGURE_TYPES else "",
        theme if theme in THEMES else "",
        site.rstrip("/"),
    )
    if body is None:
        return _build_html_response(
            404,
            _render_message(t("embed_version", view.lang, version=version), view.lang),
            "no-store",
            if_none_match,
        )
    return _build_html_response(
        200, body, VERSIONED_CACHE_CONTROL if version else LATEST_CACHE_CONTROL, if_none_match
    )


def _resolve_view(filters: Filters, figure: str) -> View:
    """What the address asks for. Leaders are of all countries that tell them apart, comparisons of any areas: no level of a topic offers these."""
    indicator = catalogue.get_indicator(filters.indicator)
    if figure == "leaders":
        filters = Filters(filters.lang, "world", invalid_parameters=filters.invalid_parameters)
    elif figure != "compared":
        return resolve_view(filters, indicator.topic)
    level = filters.level or "world"
    cut = (getattr(filters, name) or "all" for name in ("sector", "gender", "size"))
    return View(
        filters.lang,
        indicator.topic,
        level,
        indicator,
        () if figure == "leaders" else filters.geo or DEFAULT_AREAS[level],
        *cut,
        filters.period,
        (),
        "series",
        page="compare" if figure == "compared" else "",
    )


def build_iframe_code(view: View, site: str, version: str = "", figure: str = "", theme: str = "") -> str:
    """What to copy into a page: the frame, and the line that lets it grow. `version` freezes it."""
    said = (
        links.to_filters(view).to_url_parameters()
        if figure == "compared"
        else links.get_short_parameters(view)
    )  # a comparison has no defaults to fall back on
    address = {name: values for name, values in said.items() if name != "indicator"}
    address |= {
        name: [value]
        for name, value in (("figure", figure), ("theme", theme), (links.VERSION_PARAMETER, version))
        if value
    }
    source = f"{site.rstrip('/')}{EMBED_PATH}{view.indicator.id}?{urlencode(address, doseq=True)}"
    shown = (
        _render_cached_page(queries.get_data_version(), view, version, figure, theme, site.rstrip("/")) or ""
    )
    title = format_indicator_label(
        view.indicator, {} if figure in ("sectors", "heat", "leaders") else view.breakdown, view.lang
    )
    return (
        f'<iframe src="{escape(source)}" title="{escape(title)}" width="100%" height="{estimate_height(shown)}" style="border:0" loading="lazy"></iframe>\n'
        '<script>addEventListener("message",e=>{if(e.data&&e.data.type==="ripresa-digitale")document.querySelectorAll("iframe").forEach(f=>{if(f.contentWindow===e.source)f.height=e.data.height})})</script>'
    )


def estimate_height(body: str) -> int:
    """About how tall an embed stands where no script lets its frame grow: its words wrapped, its rows counted, the table folded."""

    def lines(text: str, size: float, room: float = REFERENCE_WIDTH - 4) -> int:
        return len(printed.wrap_text(unescape(re.sub("<[^>]*>", "", text)), room / FONT_WIDTH_FACTOR, size))

    def each(start: str, end: str) -> list[str]:
        return re.findall(f"{start}(.*?){end}", body)

    tall = sum(33 + 28.8 * (lines(text, 23) - 1) for text in each("<h1>", "</h1>")) + sum(
        12 + 20.3 * lines(text, 14) for text in each("</h1><p>", "</p>")
    )
    tall += sum(
        min(500, (REFERENCE_WIDTH - 4) * int(down) / int(wide))
        for wide, down in re.findall(r'class="map \w+" viewBox="0 0 (\d+) (\d+)"', body)
    )
    tall += sum(38 + 17.4 * bool(text.count("<span>")) for text in each('<div class="key">', "</div>"))
    tall += sum(6 + 16.8 * lines(name, 14, 180) for name in each("<li[^>]*><span>", "</span>"))
    tall += sum(23 * lines(text, 13) for text in each('<p class="ref">', "</p>"))
    tall += sum(
        svg.LINE_CHART_HEIGHT + 2 + int(under) for under in re.findall(r'class="when" height="(\d+)"', body)
    )
    tall += sum(
        8 + 24.3 * lines("".join(f"xxxxx {name}" for name in re.findall("<li>(.*?)</li>", text)), 14)
        for text in each('<ul class="names">', "</ul>")
    )
    tall += 24 * body.partition('class="heat"')[2].partition("</table>")[0].count("<tr") + max(
        (
            min(132, FONT_WIDTH_FACTOR * printed.measure_text(unescape(name), 12))
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
            18.2 * lines(text, 12.5, REFERENCE_WIDTH - 20)
            for text in re.findall("<li>(.*?)</li>|<p>(.*?)</p>", notes)
            for text in text
            if text
        )
    )


def get_default_figure_type(view: View) -> str:
    """The figure a view opens with."""
    return {"map": "map", "dots": "dots"}.get(view.chart, "trend")


def render_page(
    view: View, site: str = "", version: str = "", figure: str = "", theme: str = ""
) -> str | None:
    """The HTML of one figure; None where the version is not kept."""
    kind = figure or get_default_figure_type(view)
    rows = _load_rows(view, kind, version)
    if rows is None:
        return None
    found = to_records(rows, view.lang)
    found = select_sector_level(found) if kind in ("sectors", "heat") else found
    if not with_values(found):
        return _render_message(build_headline(found, view), view.lang)
    if kind == "compared":
        kind = "trend" if has_line(rows) else "dots" if view.indicator.chart == "dots" else "bars"
    if kind == "map" and not svg.get_rows_on_map(found, view):
        kind = "dots"
    text = build_figure_text(found, view, {"trend": "lines", "leaders": "gaps"}.get(kind, kind))
    if kind == "heat":
        grid = build_heatmap_grid(found, view)
        text, (drawn, scale) = grid.text, svg.render_heatmap(grid, view)
        drawn = f'{_render_class_style(grid.values, view, grid.decimals)}<div class="wide" role="region" tabindex="0" aria-label="{escape(text.alt)}">{drawn}</div>'
    elif kind == "map":
        across = get_values_of_all_periods(
            view, partial(versions.run_query_at, version or queries.get_data_version())
        ) or [row["value"] for row in svg.get_rows_on_map(found, view).values()]
        drawn, scale = svg.render_choropleth(found, view, text.alt, across)
        drawn = (
            _render_class_style(across, view, view.indicator.decimals)
            + drawn
            + svg.render_map_legend(scale, found, view)
        )
    else:
        drawn = f'<div role="group" aria-label="{escape(text.alt)}">{SVG_RENDERERS[kind](found, view)}</div>'
    if kind == "sectors":
        text = replace(text, subtitle=f"{found[0]['geo_name']} · {text.subtitle}")
    shown = version or queries.get_data_version()
    here = links.build_page_url(
        site,
        view,
        links.get_permalink_parameters(view, version) if version else links.get_short_parameters(view),
    )
    notes = [t(key, view.lang, **dict(values)) for key, values in view.notices] + [*text.notes]
    return _render_document(
        view.lang,
        text.title,
        f"""<figure><figcaption><h1>{escape(text.title)}</h1><p>{escape(text.subtitle)}</p></figcaption>
{drawn}
<details><summary>{escape(t("embed_table", view.lang))}</summary>{_render_table(found, view, text.title)}</details>
<footer><ul>{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ul><p>{escape(text.source)}</p>
<p><a href="{escape(here)}" target="_blank" rel="noopener">Ripresa digitale</a> · {escape(t("embed_version_shown", view.lang, version=shown))}</p></footer></figure>""",
        theme,
    )


def _load_rows(view: View, kind: str, version: str) -> pd.DataFrame | None:
    """The rows of the figure, as the version had them."""
    known = version or queries.get_data_version()
    if kind == "trend":
        return versions.run_query_at(
            known, "trend", **view.breakdown, geos=select_areas_to_plot(view), lang=view.lang
        )
    if kind == "compared":
        rows = versions.run_query_at(known, "trend", **view.breakdown, geos=view.geo, lang=view.lang)
        return rows if rows is None or has_line(rows) else _select_period(rows, view.period)
    if kind == "leaders":
        return versions.run_query_at(
            known, "by_gender", indicator=view.indicator.id, sector="all", size="all", lang=view.lang
        )
    if kind == "heat":
        return versions.run_query_at(known, "area_sector", **view.query_parameters)
    if kind == "sectors":
        return versions.run_query_at(
            known, "by_sector", **view.query_parameters, geo=(*view.geo, *REFERENCE_AREAS[view.level])[0]
        )
    rows, against = (
        versions.run_query_at(known, name, **view.query_parameters) for name in ("map", "reference_areas")
    )
    return None if rows is None else with_reference_rows(rows, against, view)


def _select_period(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """The rows of a period (the newest, where it has none) in the edition that most areas have."""
    there = rows[rows["period"] == (period if (rows["period"] == period).any() else rows["period"].max())]
    return there[there["edition"] == there["edition"].mode().max()] if len(there) else there


@lru_cache(maxsize=CACHE_SIZE)
def _render_cached_page(
    current: str, view: View, version: str, figure: str, theme: str, site: str
) -> str | None:
    return render_page(view, site, version, figure, theme)


# --- the page around the figure ---


def _render_document(lang: str, title: str, content: str, theme: str = "") -> str:
    return (
        f'<!doctype html><html lang="{lang}"{f" class={theme}" if theme else ""}><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_load_style()}</style>{content}<script>{RESIZE_SCRIPT}</script></html>'
    )


def _render_message(sentence: str, lang: str) -> str:
    return _render_document(lang, "Ripresa digitale", f"<p>{escape(sentence)}</p>")


@cache
def _load_style() -> str:
    """The style, with the colours of both themes."""
    text = Path(__file__).with_name("embed_page.css").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("/*")]
    return _build_theme_rules(_build_css_variables("light"), _build_css_variables("dark")) + "".join(lines)


def _build_css_variables(theme: str) -> str:
    palette = look.get_palette(theme)
    plain = {
        "page": palette.background,
        "ink": palette.text,
        "soft": palette.secondary_text,
        "grid": palette.grid,
        "border": palette.border,
        "mute": palette.muted,
        "none": palette.no_data,
        "bar": palette.bar,
        "on": palette.qualitative[0],
        "ctx": palette.surface,
        **{f"l{i}": colour for i, colour in enumerate(palette.qualitative)},
    }
    return "".join(f"--{name}:{colour};" for name, colour in plain.items()) + f"color-scheme:{theme}"


def _render_class_style(values: Sequence[float], view: View, decimals: int) -> str:
    """The colours of the classes in both themes."""
    rules = []
    for theme in THEMES:
        palette = look.get_palette(theme)
        own = build_threshold_scale(values, view.indicator.unit, decimals, palette)
        rules.append(
            "".join(
                f"--c{i}:{colour};--t{i}:{get_text_colour(colour)};" for i, colour in enumerate(own.colours)
            )
        )
    return f"<style>{_build_theme_rules(*rules)}</style>"


def _build_theme_rules(light: str, dark: str) -> str:
    """Rules of the root in both themes: the one asked for, else the reader's own."""
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root:not(.light){{{dark}}}}}:root.dark{{{dark}}}"


def _render_table(found: list[dict], view: View, caption: str) -> str:
    """The rows as a table, with the columns that say something here."""
    lang, rows = view.lang, with_values(found)
    rows = sorted(
        (row | {"role": role} for row, role in zip(rows, get_row_roles(rows, view))),
        key=lambda row: row["role"] == "area",
    )
    columns = {
        "geo_name": lambda row: (
            t("reference", lang, name=row["geo_name"]) if row["role"] == "reference" else row["geo_name"]
        ),
        **({"sector_name": lambda row: row["sector_name"]} if has_several(rows, "sector") else {}),
        **({"gender_name": lambda row: row["gender_name"]} if has_several(rows, "gender") else {}),
        "period": lambda row: format_period(row["period"], lang),
        **({"edition_name": lambda row: row["edition_name"]} if has_several(rows, "edition") else {}),
        "value": lambda row: format_indicator_value(row["value"], view),
        **(
            {
                "interval": lambda row: (
                    format_interval(
                        row["ci_low"], row["ci_high"], view.indicator.unit, view.indicator.decimals, lang
                    )
                    or MISSING_TEXT
                )
            }
            if any(row["ci_low"] is not None for row in rows)
            else {}
        ),
        **(
            {"n": lambda row: row["sample_size_note"] or format_number(row["n"], lang)}
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


def _build_html_response(status: int, body: str, caching: str, if_none_match: str) -> EmbedResponse:
    content = body.encode()
    etag = http_cache.compute_etag(content)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "ETag": etag,
        "Cache-Control": caching,
        "Content-Security-Policy": _build_csp(body),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Access-Control-Allow-Origin": "*",
    }
    if status == 200 and http_cache.is_not_modified(if_none_match, etag):
        return EmbedResponse(
            304, {name: headers[name] for name in ("ETag", "Cache-Control", "Content-Security-Policy")}, b""
        )
    return EmbedResponse(status, headers, content)


def _build_csp(body: str) -> str:
    """Nothing but this page's own style and script. Who may frame it is left open: `frame-ancestors *` would refuse a page opened from a file."""
    style = [part.partition("</style>")[0] for part in body.split("<style>")[1:]]
    hashes = " ".join(f"'sha256-{_hash_csp_source(text)}'" for text in style)
    return f"default-src 'none'; style-src {hashes}; script-src 'sha256-{_hash_csp_source(RESIZE_SCRIPT)}'; base-uri 'none'; form-action 'none'"


def _hash_csp_source(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
