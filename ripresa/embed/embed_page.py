"""The embed: one figure as a small page for an iframe, with no websocket, no other host and one script.

`build_response` implements `/embed/v1/{indicator}`: the query parameters are those of Filters, `figure`
(one of FIGURE_TYPES), `theme` (light or dark; by default the reader's own) and `version` (a release; by
default the newest data). The URL is a stable interface: v1 keeps its meaning.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pandas as pd

from ripresa import catalogue, http_cache, settings
from ripresa.charts.heatmap import build_heatmap_grid, select_sector_level
from ripresa.charts.line import has_line
from ripresa.charts.line_styles import DEFAULT_AREAS, REFERENCE_AREAS, select_areas_to_plot
from ripresa.charts.scales import build_threshold_scale, get_text_colour
from ripresa.charts.theme import get_palette
from ripresa.database.build_errors import BuildError
from ripresa.database.query import get_data_version
from ripresa.embed.figure import REFERENCE_WIDTH, RenderedFigure, count_lines
from ripresa.embed.heatmap_figure import render_heatmap
from ripresa.embed.line_figure import render_lines
from ripresa.embed.map_figure import get_rows_on_map, render_choropleth
from ripresa.embed.row_figures import render_bars, render_dots, render_dumbbell, render_sector_bars
from ripresa.exports import links, versions
from ripresa.exports.export_table import format_indicator_label
from ripresa.filters import Filters, View, get_values_of_all_periods, resolve_view
from ripresa.i18n import MISSING_TEXT, format_interval, format_number, format_period, negotiate_language, t
from ripresa.narrative.figure_text import FigureText, build_figure_text
from ripresa.narrative.headlines import build_headline
from ripresa.narrative.phrases import format_indicator_value
from ripresa.observations.rows import (
    Row,
    get_row_roles,
    has_several,
    to_records,
    with_reference_rows,
    with_values,
)
from ripresa.templating import render_template

EMBED_PATH = "/embed/v1/"
THEMES = ("light", "dark")
FIGURE_TYPES = ("map", "bars", "dots", "trend", "sectors", "leaders", "heat", "compared")
RESIZE_SCRIPT = (
    '(()=>{const say=()=>parent.postMessage({type:"ripresa-digitale",'
    'height:Math.ceil(document.body.getBoundingClientRect().height)},"*");'
    'new ResizeObserver(say).observe(document.body);addEventListener("load",say)})()'
)
LATEST_CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=86400"
VERSIONED_CACHE_CONTROL = "public, max-age=86400, stale-while-revalidate=604800"
CACHE_SIZE = 256
MAX_ECHOED_LENGTH = 60  # characters of an unknown indicator that the 404 page repeats
MAX_VERSION_LENGTH = 40

# Heights in pixels of the parts of a page around the figure, as embed_page.css sets them.
TITLE_FONT_SIZE, TITLE_LINE_HEIGHT, TITLE_HEIGHT = 23, 28.8, 33  # the height is that of one line with margins
SUBTITLE_FONT_SIZE, SUBTITLE_LINE_HEIGHT, SUBTITLE_MARGIN = 14, 20.3, 12
FOOTER_FONT_SIZE, FOOTER_LINE_HEIGHT, FOOTER_WIDTH = 12.5, 18.2, REFERENCE_WIDTH - 20
DETAILS_HEIGHT, FOOTER_MARGIN, SPARE_HEIGHT = 32, 12, 20  # the folded table; the rest allows for other fonts

SVG_RENDERERS: dict[str, Callable[[list[Row], View], RenderedFigure]] = {
    "bars": render_bars,
    "dots": render_dots,
    "trend": render_lines,
    "sectors": render_sector_bars,
    "leaders": render_dumbbell,
}


@dataclass(frozen=True)
class EmbedResponse:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class RenderedPage:
    """The HTML of an embed, its <style> elements, and its estimated height in pixels at REFERENCE_WIDTH."""

    html: str
    styles: tuple[str, ...]
    height: int


def build_response(
    indicator: str, query: Mapping[str, Iterable[str] | str], if_none_match: str = "", site: str = ""
) -> EmbedResponse:
    """The response for `/embed/v1/{indicator}`.

    query: names with a value or a list of values; site: base URL of the pages, for the link to them.
    """
    parameters = {name: [value] if isinstance(value, str) else list(value) for name, value in query.items()}
    try:
        return _build_response(indicator, parameters, if_none_match, site)
    except BuildError as error:
        lang = negotiate_language(parameters.get("lang", [""])[-1], "")
        page = _render_message(f"{t('fault_database', lang)} {error}", lang)
        return _build_html_response(503, page, "no-store")


def _build_response(
    indicator: str, parameters: dict[str, list[str]], if_none_match: str, site: str
) -> EmbedResponse:
    filters = Filters.from_url_parameters({**parameters, "indicator": indicator}, lang=settings.LANGS[0])
    if not filters.indicator:
        sentence = t("embed_unknown", filters.lang, indicator=indicator[:MAX_ECHOED_LENGTH])
        return _build_html_response(404, _render_message(sentence, filters.lang), "no-store")
    figure, theme, version = (
        parameters.get(name, [""])[-1] for name in ("figure", "theme", links.VERSION_PARAMETER)
    )
    version = version[:MAX_VERSION_LENGTH]
    view = resolve_embed_view(filters, figure)
    ignored = [parameter.partition("=")[0] for parameter in filters.invalid_parameters]
    if figure not in ("", *FIGURE_TYPES):
        ignored.append("figure")
    if ignored:  # by name only: a value from the URL is never repeated
        names = ", ".join(dict.fromkeys(ignored))
        view = replace(view, notices=(("dropped", (("what", names),)), *view.notices))
    page = _render_cached_page(
        get_data_version(),
        view,
        version,
        figure if figure in FIGURE_TYPES else "",
        theme if theme in THEMES else "",
        site.rstrip("/"),
    )
    if page is None:
        sentence = t("embed_version", view.lang, version=version)
        return _build_html_response(404, _render_message(sentence, view.lang), "no-store")
    cache_control = VERSIONED_CACHE_CONTROL if version else LATEST_CACHE_CONTROL
    return _build_html_response(200, page, cache_control, if_none_match)


def resolve_embed_view(filters: Filters, figure: str) -> View:
    """The view of a figure type.

    "leaders" is of all countries with both genders and "compared" of any areas: no level of a topic has
    these.
    """
    indicator = catalogue.get_indicator(filters.indicator)
    if figure == "leaders":
        filters = Filters(filters.lang, "world", invalid_parameters=filters.invalid_parameters)
    elif figure != "compared":
        return resolve_view(filters, indicator.topic)
    level = filters.level or "world"
    return View(
        filters.lang,
        indicator.topic,
        level,
        indicator,
        () if figure == "leaders" else filters.geo or DEFAULT_AREAS[level],
        filters.sector or "all",
        filters.gender or "all",
        filters.size or "all",
        filters.period,
        (),
        "series",
        page="compare" if figure == "compared" else "",
    )


def build_iframe_code(view: View, site: str, version: str = "", figure: str = "", theme: str = "") -> str:
    """The HTML to copy into a page: the iframe, and the script that adjusts its height.

    `version` pins it to a release.
    """
    if figure == "compared":  # a comparison has no default view that short parameters could rely on
        parameters = links.to_filters(view).to_url_parameters()
    else:
        parameters = links.get_short_parameters(view)
    query = {name: values for name, values in parameters.items() if name != "indicator"}
    for name, value in (("figure", figure), ("theme", theme), (links.VERSION_PARAMETER, version)):
        if value:
            query[name] = [value]
    site = site.rstrip("/")
    page = _render_cached_page(get_data_version(), view, version, figure, theme, site)
    code = render_template(
        "embed/iframe.html",
        source=f"{site}{EMBED_PATH}{view.indicator.id}?{urlencode(query, doseq=True)}",
        title=format_indicator_label(
            view.indicator, {} if figure in ("sectors", "heat", "leaders") else view.breakdown, view.lang
        ),
        height=page.height if page else _estimate_height(),
    )
    return str(code)  # text to copy, which a page escapes like any other


def get_default_figure_type(view: View) -> str:
    """The figure type a view opens with."""
    return {"map": "map", "dots": "dots"}.get(view.chart, "trend")


@lru_cache(maxsize=CACHE_SIZE)
def _render_cached_page(
    current_version: str, view: View, version: str, figure: str, theme: str, site: str
) -> RenderedPage | None:
    return render_page(view, site, version, figure, theme)


def render_page(
    view: View, site: str = "", version: str = "", figure: str = "", theme: str = ""
) -> RenderedPage | None:
    """The page of a figure; None where the version is not available."""
    kind = figure or get_default_figure_type(view)
    frame = _load_rows(view, kind, version)
    if frame is None:
        return None
    rows = to_records(frame, view.lang)
    if kind in ("sectors", "heat"):
        rows = select_sector_level(rows)
    if not with_values(rows):
        return _render_message(build_headline(rows, view), view.lang)
    if kind == "compared":
        kind = "trend" if has_line(frame) else "dots" if view.indicator.chart == "dots" else "bars"
    if kind == "map" and not get_rows_on_map(rows, view):
        kind = "dots"
    rendered, text = _render_figure(rows, view, kind, version)
    parameters = (
        links.get_permalink_parameters(view, version) if version else links.get_short_parameters(view)
    )
    notes = [t(key, view.lang, **dict(values)) for key, values in view.notices] + [*text.notes]
    version_note = t("embed_version_shown", view.lang, version=version or get_data_version())
    columns = _build_table_columns(rows, view)
    html = render_template(
        "embed/page.html",
        lang=view.lang,
        t=t,
        theme=theme,
        style=_load_style(),
        script=RESIZE_SCRIPT,
        title=text.title,
        subtitle=text.subtitle,
        alt=text.alt,
        kind=kind,
        figure=rendered,
        columns=list(columns),
        rows=[[get_text(row) for get_text in columns.values()] for row in _sort_table_rows(rows, view)],
        notes=notes,
        source=text.source,
        page_url=links.build_page_url(site, view, parameters),
        site_name=settings.SITE_NAME,
        version_note=version_note,
    )
    footer = [*notes, text.source, f"{settings.SITE_NAME} · {version_note}"]
    styles = (_load_style(), rendered.style) if rendered.style else (_load_style(),)
    return RenderedPage(html, styles, _estimate_height(text, rendered, footer))


def _render_figure(rows: list[Row], view: View, kind: str, version: str) -> tuple[RenderedFigure, FigureText]:
    """The figure and its texts."""
    if kind == "heat":
        grid = build_heatmap_grid(rows, view)
        style = _build_class_colours(grid.values, view, grid.decimals)
        return replace(render_heatmap(grid, view), style=style), grid.text
    text = build_figure_text(rows, view, {"trend": "lines", "leaders": "gaps"}.get(kind, kind))
    if kind == "map":
        # The version is available: its rows were loaded before.
        run_query = cast(
            Callable[..., pd.DataFrame], partial(versions.run_query_at, version or get_data_version())
        )
        values: Sequence[float] = get_values_of_all_periods(view, run_query)
        values = values or [row["value"] for row in get_rows_on_map(rows, view).values()]
        style = _build_class_colours(values, view, view.indicator.decimals)
        return replace(render_choropleth(rows, view, text.alt, values), style=style), text
    if kind == "sectors":
        text = replace(text, subtitle=f"{rows[0]['geo_name']} · {text.subtitle}")
    return SVG_RENDERERS[kind](rows, view), text


def _estimate_height(
    text: FigureText | None = None, figure: RenderedFigure | None = None, footer: Sequence[str] = ()
) -> int:
    """The height in pixels of a page at REFERENCE_WIDTH with the table folded, rather too large.

    Used for the iframe where no script adjusts its height.
    """
    height: float = DETAILS_HEIGHT + FOOTER_MARGIN + SPARE_HEIGHT
    if text and figure:
        height += TITLE_HEIGHT + TITLE_LINE_HEIGHT * (count_lines(text.title, TITLE_FONT_SIZE) - 1)
        height += SUBTITLE_MARGIN + SUBTITLE_LINE_HEIGHT * count_lines(text.subtitle, SUBTITLE_FONT_SIZE)
        height += figure.height
    footer_lines = (count_lines(line, FOOTER_FONT_SIZE, FOOTER_WIDTH) for line in footer if line)
    return round(height + FOOTER_LINE_HEIGHT * sum(footer_lines))


def _load_rows(view: View, kind: str, version: str) -> pd.DataFrame | None:
    """The rows of the figure as they were in a version; None where it is not available."""
    run_query = partial(versions.run_query_at, version or get_data_version())
    if kind == "trend":
        return run_query("trend", **view.breakdown, geos=select_areas_to_plot(view), lang=view.lang)
    if kind == "compared":
        rows = run_query("trend", **view.breakdown, geos=view.geo, lang=view.lang)
        return rows if rows is None or has_line(rows) else _select_period(rows, view.period)
    if kind == "leaders":
        return run_query("by_gender", indicator=view.indicator.id, sector="all", size="all", lang=view.lang)
    if kind == "heat":
        return run_query("area_sector", **view.query_parameters)
    if kind == "sectors":
        geo = (*view.geo, *REFERENCE_AREAS[view.level])[0]
        return run_query("by_sector", **view.query_parameters, geo=geo)
    rows = run_query("map", **view.query_parameters)
    references = run_query("reference_areas", **view.query_parameters)
    return None if rows is None or references is None else with_reference_rows(rows, references, view)


def _select_period(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """The rows of a period (the newest, where it has none) in the edition that most areas have."""
    if not (rows["period"] == period).any():
        period = rows["period"].max()
    rows = rows[rows["period"] == period]
    return rows[rows["edition"] == rows["edition"].mode().max()] if len(rows) else rows


# --- the page around the figure ---


def _render_message(sentence: str, lang: str) -> RenderedPage:
    """A page with a sentence instead of a figure."""
    html = render_template(
        "embed/message.html",
        lang=lang,
        theme="",
        title=settings.SITE_NAME,
        style=_load_style(),
        script=RESIZE_SCRIPT,
        sentence=sentence,
    )
    return RenderedPage(html, (_load_style(),), _estimate_height())


@cache
def _load_style() -> str:
    """The CSS of every embed, with the colours of both themes."""
    text = Path(__file__).with_name("embed_page.css").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("/*")]
    return _build_theme_rules(_build_css_variables("light"), _build_css_variables("dark")) + "".join(lines)


def _build_css_variables(theme: str) -> str:
    palette = get_palette(theme)
    colours = {
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
    return "".join(f"--{name}:{colour};" for name, colour in colours.items()) + f"color-scheme:{theme}"


def _build_class_colours(values: Sequence[float], view: View, decimals: int) -> str:
    """CSS rules for the colours of the classes of these values, in both themes."""
    rules = []
    for theme in THEMES:
        scale = build_threshold_scale(values, view.indicator.unit, decimals, get_palette(theme))
        rules.append(
            "".join(
                f"--c{i}:{colour};--t{i}:{get_text_colour(colour)};" for i, colour in enumerate(scale.colours)
            )
        )
    return _build_theme_rules(*rules)


def _build_theme_rules(light: str, dark: str) -> str:
    """CSS rules of the root for the theme in the URL, else for the reader's own."""
    dark_by_default = f"@media(prefers-color-scheme:dark){{:root:not(.light){{{dark}}}}}"
    return f":root{{{light}}}{dark_by_default}:root.dark{{{dark}}}"


def _sort_table_rows(rows: list[Row], view: View) -> list[Row]:
    """The rows that have a value, references first, each with its role."""
    rows = with_values(rows)
    with_roles = [row | {"role": role} for row, role in zip(rows, get_row_roles(rows, view), strict=True)]
    return sorted(with_roles, key=lambda row: bool(row["role"] == "area"))


def _build_table_columns(rows: list[Row], view: View) -> dict[str, Callable[[Row], str]]:
    """The columns of the table that are not the same or empty in every row, with the text of a row."""
    lang, indicator = view.lang, view.indicator
    rows = with_values(rows)

    def format_name(row: Row) -> str:
        name: str = row["geo_name"]
        return t("reference", lang, name=name) if row["role"] == "reference" else name

    def format_row_interval(row: Row) -> str:
        interval = format_interval(row["ci_low"], row["ci_high"], indicator.unit, indicator.decimals, lang)
        return interval or MISSING_TEXT

    columns: dict[str, Callable[[Row], str]] = {
        "geo_name": format_name,
        "sector_name": lambda row: str(row["sector_name"]),
        "gender_name": lambda row: str(row["gender_name"]),
        "period": lambda row: format_period(row["period"], lang),
        "edition_name": lambda row: str(row["edition_name"]),
        "value": lambda row: format_indicator_value(row["value"], view),
        "interval": format_row_interval,
        "n": lambda row: row["sample_size_note"] or format_number(row["n"], lang),
        "status": lambda row: t(f"status_{row['status']}", lang),
    }
    is_shown = {
        "sector_name": has_several(rows, "sector"),
        "gender_name": has_several(rows, "gender"),
        "edition_name": has_several(rows, "edition"),
        "interval": any(row["ci_low"] is not None for row in rows),
        "n": any(row["n"] is not None or row["sample_size_note"] for row in rows),
    }
    return {name: get_text for name, get_text in columns.items() if is_shown.get(name, True)}


# --- the response ---


def _build_html_response(
    status: int, page: RenderedPage, cache_control: str, if_none_match: str = ""
) -> EmbedResponse:
    content = page.html.encode()
    etag = http_cache.compute_etag(content)
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "ETag": etag,
        "Cache-Control": cache_control,
        "Content-Security-Policy": _build_csp(page.styles),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Access-Control-Allow-Origin": "*",
    }
    if status == 200 and http_cache.is_not_modified(if_none_match, etag):
        kept_headers = ("ETag", "Cache-Control", "Content-Security-Policy")
        return EmbedResponse(304, {name: headers[name] for name in kept_headers}, b"")
    return EmbedResponse(status, headers, content)


def _build_csp(styles: Sequence[str]) -> str:
    """A content security policy for the page's own styles and script only.

    Framing is not restricted: `frame-ancestors *` would refuse a page opened from a file.
    """
    style_hashes = " ".join(_hash_csp_source(style) for style in styles)
    return (
        f"default-src 'none'; style-src {style_hashes}; script-src {_hash_csp_source(RESIZE_SCRIPT)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash_csp_source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
