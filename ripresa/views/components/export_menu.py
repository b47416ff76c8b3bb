"""The export menu of a figure: image, files, citation, links, embed code and snippets, built on demand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import cast
from urllib.parse import urlencode, urlsplit

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import rate_limit
from ripresa.charts.theme import PALETTES, get_figure_text
from ripresa.database import query, releases
from ripresa.database.release_changes import SERIES_KEY
from ripresa.embed import embed_page
from ripresa.exports import (
    browser_image,
    citation,
    export_table,
    formats,
    image_layout,
    image_renderer,
    links,
    snippets,
    versions,
)
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.observations.rows import Row
from ripresa.templating import Markup
from ripresa.views import shell
from ripresa.views.components.html import render_html, render_notice, render_paragraph
from ripresa.views.streamlit_internals import build_script_element

FOLDER = Path(__file__).parent
STYLESHEET = FOLDER / "export_menu.css"
SECTIONS = ("image", "files", "cite", "link", "embed", "code")
EMBED_KINDS = {  # figure of a page: its name in /embed/v1
    "map": "map",
    "dots": "dots",
    "series": "trend",
    "time": "trend",
    "beside": "trend",
    "compared": "compared",
    "sectors": "sectors",
    "leaders": "leaders",
    "heat": "heat",
}
SNIPPET_FIGURES = {name: name for name in snippets.QUERY_NAMES} | {
    "compared": "time"
}  # figures with snippets
FIGURE_QUERIES = {
    "map": "map",
    "dots": "map",
    "series": "trend",
    "compared": "trend",
}  # of a page's first figure
MAX_LISTED_CHANGES = 40  # since the version of a cited link
OBSERVATION_KEY = (*SERIES_KEY, "period")

Redraw = Callable[[str], go.Figure]  # builds a figure in the theme "light" or "dark"


@dataclass(frozen=True)
class ExportSource:
    """What the sections of the menu export: a figure, the one at its right if any, and their rows."""

    name: str
    figures: tuple[go.Figure, ...]
    rows: pd.DataFrame
    view: View
    redraw: tuple[Redraw, ...]  # builds each figure in another theme

    def build_table(self, first_figure: int = 0) -> export_table.ExportedTable:
        """The rows with the texts of a figure."""
        return build_export_table(self.rows, self.view, self.figures[first_figure:])


def render_export_menu(
    name: str,
    figures: tuple[go.Figure, ...],
    rows: pd.DataFrame,
    view: View,
    redraw: tuple[Redraw, ...],
) -> None:
    """The sections that this figure has, one at a time. See ExportSource for the parameters."""
    available = {
        "embed": name in EMBED_KINDS,
        "code": name in SNIPPET_FIGURES,
        "image": bool(figures),
    }
    st.html(STYLESHEET)
    with st.container(key=f"export-menu_{name}"):
        section = st.radio(
            t("save_parts", view.lang),
            [section for section in SECTIONS if available.get(section, True)],
            format_func=lambda section: t(f"save_{section}", view.lang),
            horizontal=True,
            label_visibility="collapsed",
            key=f"{name}_section_{view.lang}",
        )
        SECTION_RENDERERS[section](ExportSource(name, figures, rows, view, redraw))


def build_export_table(
    rows: pd.DataFrame, view: View, figures: tuple[go.Figure, ...], site_url: str = ""
) -> export_table.ExportedTable:
    """The rows of a figure with its texts; site_url: for callers outside a visitor's run."""
    text = get_figure_text(figures[0]) if figures else None
    return export_table.build_export(rows, view, site_url or get_site_url(), date.today(), text=text)


def get_site_url() -> str:
    """The base URL of the pages, as this visitor reached them: https://host/folder."""
    url, folder = urlsplit(st.context.url or ""), (st.get_option("server.baseUrlPath") or "").strip("/")
    host = f"http://{st.context.headers.get('Host') or 'localhost'}"
    if url.netloc:
        host = f"{url.scheme}://{url.netloc}"
    return f"{host}/{folder}".rstrip("/")


# --- sections ---


def render_images(source: ExportSource) -> None:
    """PNG and SVG saved by the visitor's browser, and images rendered by the server where it has a browser.

    The theme is light unless dark is selected, whatever that of the page."""
    lang, index = source.view.lang, 0
    with st.container(horizontal=True, gap="medium"):
        if len(source.figures) > 1:
            labels = (t("save_figure_map", lang), t("save_figure_order", lang))
            index = st.radio(
                t("save_which", lang),
                range(len(source.figures)),
                format_func=labels.__getitem__,
                horizontal=True,
                key=f"{source.name}_figure_{lang}",
            )
        theme = st.radio(
            t("save_colours", lang),
            list(PALETTES),
            format_func=lambda theme: t(f"save_embed_{theme}", lang),
            horizontal=True,
            key=f"{source.name}_theme_{lang}",
        )
    table, is_other_theme = source.build_table(index), theme != shell.get_theme()
    figure = source.redraw[index](theme) if is_other_theme else source.figures[index]
    key = f"{source.name}_beside" if index else source.name
    buttons = browser_image.render_save_buttons(key, figure, table, theme, is_other_theme)
    st.html(_render_hint(t("save_image_hint", lang)) + Markup(buttons))  # nosec B704
    st.html(browser_image.load_script(), unsafe_allow_javascript=True)
    if image_renderer.find_browser():
        _render_server_image(source.name, figure, table, theme)


def _render_server_image(name: str, figure: go.Figure, table: export_table.ExportedTable, theme: str) -> None:
    """An image rendered by the server when its button is pressed, with a button to download it."""
    lang = table.view.lang
    render_paragraph(t("save_served", lang), "hint")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        file_format = st.selectbox(
            t("save_form", lang),
            ["pdf", "svg", "png"],
            format_func=str.upper,
            key=f"{name}_format_{lang}",
            width=110,
        )
        size = st.selectbox(
            t("save_size", lang),
            list(image_layout.IMAGE_SIZES),
            format_func=lambda size: t(f"size_{size}", lang),
            key=f"{name}_size_{lang}",
            width=190,
        )
        is_requested = st.button(t("save_draw", lang), key=f"{name}_render_{lang}")
    if not is_requested:
        return
    try:
        if rate_limit.acquire_token("image", shell.get_client_key()):
            raise image_renderer.RenderError("often")
        with st.spinner(t("save_drawing", lang)):
            image = image_renderer.render_image(figure, table, file_format, size, theme)
    except image_renderer.RenderError as error:
        return render_notice(error.format_message(lang))
    st.download_button(
        t("save_take", lang, form=file_format.upper()),
        data=image,
        file_name=formats.build_file_name(table.table, table.view, table.version, file_format),
        mime=image_renderer.IMAGE_MEDIA_TYPES[file_format],
        key=f"{name}_rendered_{lang}",
        on_click="ignore",
        type="primary",
    )


def render_files(source: ExportSource) -> None:
    """The rows in every format, each built when its button is pressed."""
    lang, version, site_url = source.view.lang, query.get_data_version(), get_site_url()
    render_paragraph(t("save_files_hint", lang), "hint")
    with st.container(horizontal=True, gap="small"):
        for name, file_format in formats.FORMATS.items():
            st.download_button(
                t(f"save_file_{name}", lang),
                data=partial(build_file, source.rows, source.view, source.figures, name, site_url),
                file_name=formats.build_file_name(source.rows, source.view, version, name),
                mime=file_format.media_type,
                key=f"{source.name}_file_{name}_{lang}",
                on_click="ignore",
            )


def build_file(
    rows: pd.DataFrame, view: View, figures: tuple[go.Figure, ...], file_format: str, site_url: str = ""
) -> bytes:
    """The rows of a figure as a file; Streamlit calls this outside the visitor's run."""
    return formats.build_file(build_export_table(rows, view, figures, site_url), file_format)


def warn_if_not_archived(lang: str) -> None:
    """A notice where the current data version is not among the archived releases, and so cannot be cited."""
    if not _is_archived():
        render_notice(t("save_unkept", lang, version=query.get_data_version()))


def _is_archived() -> bool:
    version = query.get_data_version()
    return any(release["version"] == version for release in releases.load_releases())


def render_citations(source: ExportSource) -> None:
    """Citations of the figure: as text, BibTeX and RIS."""
    table, lang = source.build_table(), source.view.lang
    warn_if_not_archived(lang)
    render_copy_boxes(
        [
            (t("save_cite_text", lang), citation.format_citation(table, lang), ""),
            ("BibTeX", citation.format_bibtex(table), ""),
            ("RIS (Zotero, EndNote, Mendeley)", citation.format_ris(table), ""),
        ],
        lang,
    )


def render_links(source: ExportSource) -> None:
    """The URL that shows the newest data, and the permanent one with the data version."""
    view, lang, version = source.view, source.view.lang, query.get_data_version()
    warn_if_not_archived(lang)
    current = links.build_page_url(get_site_url(), view, links.get_short_parameters(view))
    permalink = links.build_page_url(get_site_url(), view, links.get_permalink_parameters(view, version))
    render_copy_boxes(
        [
            (t("save_link_plain", lang), current, t("save_link_plain_hint", lang)),
            (t("save_link_cited", lang), permalink, t("save_link_cited_hint", lang, version=version)),
        ],
        lang,
    )


def render_embed_code(source: ExportSource) -> None:
    """The code of an <iframe> that shows the figure elsewhere, with the newest data or those of a release."""
    name, lang, version = source.name, source.view.lang, query.get_data_version()
    kind, fixed_version = EMBED_KINDS[name], ""
    figure_labels = {"map": t("save_figure_map", lang), "bars": t("save_figure_order", lang)}
    version_labels = {"": t("save_embed_live", lang), version: t("save_embed_frozen", lang)}
    theme_labels = {
        "": t("save_embed_auto", lang),
        "light": t("save_embed_light", lang),
        "dark": t("save_embed_dark", lang),
    }
    with st.container(horizontal=True, gap="medium"):
        if name == "map" and len(source.figures) > 1:
            kind = _render_choice(name, "which", figure_labels, lang)
        if _is_archived():
            fixed_version = _render_choice(name, "frozen", version_labels, lang)
        theme = _render_choice(name, "colours", theme_labels, lang)
    code = embed_page.build_iframe_code(source.view, get_site_url(), fixed_version, kind, theme)
    url = Markup(code.partition('src="')[2].partition('"')[0])  # escaped in the code  # nosec B704
    render_copy_boxes(
        [(t("save_embed_code", lang), code, t("save_embed_hint", lang))],
        lang,
        footer=render_html("components/embed_preview_link.html", lang, url=url),
    )


def _render_choice(name: str, option: str, labels: Mapping[str, str], lang: str) -> str:
    return st.radio(
        t(f"save_{option}", lang),
        list(labels),
        format_func=labels.__getitem__,
        horizontal=True,
        key=f"{name}_{option}_embed_{lang}",
    )


def render_snippets(source: ExportSource) -> None:
    """The SQL and the Python that reproduce the figure outside the dashboard."""
    view, lang, site_url = source.view, source.view.lang, get_site_url()
    figure = SNIPPET_FIGURES[source.name]
    title = get_figure_text(source.figures[0]).title if source.figures else ""
    sql = snippets.build_sql(view, figure=figure, rows=source.rows)
    script = snippets.build_python_script(view, figure=figure, rows=source.rows, title=title, site=site_url)
    page_links = render_html(
        "components/snippet_links.html",
        lang,
        sql_url=f"sql?{urlencode({'lang': lang, 'sql': sql})}",
        database_url=f"{site_url}/api/v1/versions/{query.get_data_version()}/database",
        target=shell.get_link_target(),
    )
    render_copy_boxes(
        [("SQL (DuckDB)", sql, t("save_sql_hint", lang)), ("Python", script, t("save_python_hint", lang))],
        lang,
        footer=page_links,
        css_class="wide",
    )


SECTION_RENDERERS: Mapping[str, Callable[[ExportSource], None]] = {
    "image": render_images,
    "files": render_files,
    "cite": render_citations,
    "link": render_links,
    "embed": render_embed_code,
    "code": render_snippets,
}


def _render_hint(text: str) -> Markup:
    return Markup('<p class="hint">{}</p>').format(text)


# --- texts to copy ---


def render_copy_boxes(
    texts: list[tuple[str, str, str]], lang: str, footer: Markup | None = None, css_class: str = ""
) -> None:
    """Shows texts with a button that copies them, as (label, text, hint), and the footer below."""
    boxes = [
        render_html("components/copy_box.html", lang, label=label, text=text, hint=hint, css_class=css_class)
        for label, text, hint in texts
    ]
    st.html(Markup("").join([*boxes, footer or Markup()]))
    st.html(build_copy_script(), unsafe_allow_javascript=True)


@cache
def build_copy_script() -> str:
    """The <script> of the copy buttons."""
    return build_script_element((FOLDER / "copy_button.js").read_text(encoding="utf-8"))


# --- changes since a cited version ---


def compare_with_cited_version(name: str, view: View) -> pd.DataFrame | None:
    """The figure's values in the version of the URL next to those of today.

    None where the URL names no version, or one that is not archived."""
    version = get_cited_version()
    if not version or name not in FIGURE_QUERIES:
        return None
    query_name = FIGURE_QUERIES[name]
    parameters = {"geos": view.geo} if query_name == "trend" else {}
    return versions.compare_versions(version, query_name, view, **parameters)


def get_cited_version() -> str:
    """The data version in the URL; empty where this is no cited link."""
    return st.query_params.get(links.VERSION_PARAMETER, "")[:40]


def render_changes_since_citation(name: str, view: View) -> None:
    """Above the first figure of a cited link: how many of its values have changed, and which."""
    version = get_cited_version()
    if not version or name not in FIGURE_QUERIES:
        return
    compared = compare_with_cited_version(name, view)
    changes = []
    if compared is not None:
        changed = cast(list[Row], compared[compared["kind"] != "same"].to_dict("records"))
        changes = [
            f"{row['geo_name']}: {versions.describe_change(row, view)}"
            for row in changed[:MAX_LISTED_CHANGES]
        ]
        if len(changed) > MAX_LISTED_CHANGES:
            changes.append(t("cited_more", view.lang, count=len(changed) - MAX_LISTED_CHANGES))
    st.html(
        render_html(
            "components/citation_changes.html",
            view.lang,
            summary=versions.summarize_changes(version, view, compared),
            changes=changes,
        )
    )


def add_cited_values(name: str, rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a table, on a cited link with the column `since`: how each value has changed."""
    compared = compare_with_cited_version(name, view)
    if compared is None:
        return rows
    changes = {
        (*(row[column] for column in SERIES_KEY), row["period_now"]): versions.describe_change(row, view)
        for row in cast(list[Row], compared.to_dict("records"))
    }
    keys = (tuple(row[column] for column in OBSERVATION_KEY) for row in rows.to_dict("records"))
    return rows.assign(since=[changes.get(key, "") for key in keys])
