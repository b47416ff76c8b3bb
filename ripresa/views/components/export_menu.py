"""What a reader takes away from a figure: its image, files, citation, links, embed, code. Nothing is made before it is asked for."""

from collections.abc import Callable
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import rate_limit
from ripresa.charts.theme import PALETTES, get_figure_text
from ripresa.database import query
from ripresa.database import releases as release
from ripresa.database.release_changes import SERIES_KEY
from ripresa.embed import embed_page
from ripresa.exports import browser_image, citation, formats, image_renderer, links, snippets, versions
from ripresa.exports import export_table as figures
from ripresa.exports import image_layout as printed
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.views import shell
from ripresa.views.streamlit_internals import build_script_element

FOLDER = Path(__file__).parent
STYLESHEET = FOLDER / "export_menu.css"
SECTIONS = ("image", "files", "cite", "link", "embed", "code")
EMBED_KINDS = {
    "map": "map",
    "dots": "dots",
    "series": "trend",
    "time": "trend",
    "beside": "trend",
    "compared": "compared",
    "sectors": "sectors",
    "leaders": "leaders",
    "heat": "heat",
}  # figures of a page as /embed/v1 names them
SNIPPET_FIGURES = {name: name for name in snippets.QUERY_NAMES} | {
    "compared": "time"
}  # figures whose code can be given
FIGURE_QUERIES = {
    "map": "map",
    "dots": "map",
    "series": "trend",
    "compared": "trend",
}  # the question behind a page's first figure
MAX_LISTED_CHANGES = 40  # changes said under a cited link
OBSERVATION_KEY = (*SERIES_KEY, "period")


def render_export_menu(
    name: str,
    drawn: tuple[go.Figure, ...],
    rows: pd.DataFrame,
    view: View,
    again: tuple[Callable[[str], go.Figure], ...],
) -> None:
    """What can be taken of one figure, one kind at a time. drawn: the figure and, where there is one, the figure beside it; `again` draws each in another theme."""
    lang = view.lang
    there = [
        part
        for part in SECTIONS
        if (part != "embed" or name in EMBED_KINDS)
        and (part != "code" or name in SNIPPET_FIGURES)
        and (part != "image" or drawn)
    ]
    st.html(STYLESHEET)
    with st.container(key=f"export-menu_{name}"):
        part = st.radio(
            t("save_parts", lang),
            there,
            format_func=lambda part: t(f"save_{part}", lang),
            horizontal=True,
            label_visibility="collapsed",
            key=f"{name}_section_{lang}",
        )
        render_images(name, drawn, rows, view, again) if part == "image" else SECTION_RENDERERS[part](
            name, drawn, rows, view
        )


def build_export_table(
    rows: pd.DataFrame, view: View, drawn: tuple[go.Figure, ...], site_url: str = ""
) -> figures.ExportedTable:
    """The rows of a figure, ready to leave. `here` is where the pages are, for those who cannot ask the visitor."""
    return figures.build_export(
        rows,
        view,
        site_url or get_site_url(),
        date.today(),
        text=get_figure_text(drawn[0]) if drawn else None,
    )


def get_site_url() -> str:
    """Where the pages are, as this visitor reached them: https://host."""
    reached, folder = urlsplit(st.context.url or ""), (st.get_option("server.baseUrlPath") or "").strip("/")
    host = (
        f"{reached.scheme}://{reached.netloc}"
        if reached.netloc
        else f"http://{st.context.headers.get('Host') or 'localhost'}"
    )
    return f"{host}/{folder}".rstrip("/")


# --- what can be taken ---


def render_images(
    name: str,
    drawn: tuple[go.Figure, ...],
    rows: pd.DataFrame,
    view: View,
    again: tuple[Callable[[str], go.Figure], ...],
) -> None:
    """PNG and SVG made by the reader's browser; from the server too, where it has one of its own. Light, whatever the screen is, unless asked for dark."""
    lang, place = view.lang, 0
    with st.container(horizontal=True, gap="medium"):
        if len(drawn) > 1:
            place = st.radio(
                t("save_which", lang),
                range(len(drawn)),
                format_func=lambda place: t(("save_figure_map", "save_figure_order")[place], lang),
                horizontal=True,
                key=f"{name}_figure_{lang}",
            )
        theme = st.radio(
            t("save_colours", lang),
            list(PALETTES),
            format_func=lambda theme: t(f"save_embed_{theme}", lang),
            horizontal=True,
            key=f"{name}_theme_{lang}",
        )
    one, other = build_export_table(rows, view, drawn[place:]), theme != shell.get_theme()
    figure = again[place](theme) if other else drawn[place]
    st.html(
        f'<p class="hint">{escape(t("save_image_hint", lang))}</p>{browser_image.render_save_buttons(f"{name}_beside" if place else name, figure, one, theme, other)}'
    )
    st.html(browser_image.load_script(), unsafe_allow_javascript=True)
    if image_renderer.find_browser():
        _render_server_image(name, figure, one, theme)


def _render_server_image(name: str, drawn: go.Figure, one: figures.ExportedTable, theme: str) -> None:
    """An image drawn by the server: asked for, waited for, then taken."""
    lang = one.view.lang
    st.html(f'<p class="hint">{escape(t("save_served", lang))}</p>')
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        form = st.selectbox(
            t("save_form", lang),
            ["pdf", "svg", "png"],
            format_func=str.upper,
            key=f"{name}_format_{lang}",
            width=110,
        )
        size = st.selectbox(
            t("save_size", lang),
            list(printed.IMAGE_SIZES),
            format_func=lambda size: t(f"size_{size}", lang),
            key=f"{name}_size_{lang}",
            width=190,
        )
        asked = st.button(t("save_draw", lang), key=f"{name}_render_{lang}")
    if not asked:
        return
    try:
        if rate_limit.acquire_token("image", shell.get_client_key()):
            raise image_renderer.RenderError("often")
        with st.spinner(t("save_drawing", lang)):
            image = image_renderer.render_image(drawn, one, form, size, theme)
    except image_renderer.RenderError as fault:
        return st.html(f'<div class="notice"><p>{escape(fault.format_message(lang))}</p></div>')
    st.download_button(
        t("save_take", lang, form=form.upper()),
        data=image,
        file_name=formats.build_file_name(one.table, one.view, one.version, form),
        mime=image_renderer.IMAGE_MEDIA_TYPES[form],
        key=f"{name}_rendered_{lang}",
        on_click="ignore",
        type="primary",
    )


def render_files(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The rows in every format, each made at its click."""
    lang, known, here = view.lang, query.get_data_version(), get_site_url()
    st.html(f'<p class="hint">{escape(t("save_files_hint", lang))}</p>')
    with st.container(horizontal=True, gap="small"):
        for form, made in formats.FORMATS.items():
            st.download_button(
                t(f"save_file_{form}", lang),
                data=lambda form=form: build_file(rows, view, drawn, form, here),
                file_name=formats.build_file_name(rows, view, known, form),
                mime=made.media_type,
                key=f"{name}_file_{form}_{lang}",
                on_click="ignore",
            )


def build_file(
    rows: pd.DataFrame, view: View, drawn: tuple[go.Figure, ...], form: str, site_url: str = ""
) -> bytes:
    """The rows of a figure as a file; asked for by the browser, outside the visitor's run."""
    return formats.build_file(build_export_table(rows, view, drawn, site_url), form)


def warn_if_not_archived(lang: str) -> None:
    """Before a version is cited: that it is not among those kept here, where so."""
    if not _is_archived():
        st.html(
            f'<div class="notice"><p>{escape(t("save_unkept", lang, version=query.get_data_version()))}</p></div>'
        )


def _is_archived() -> bool:
    return any(made["version"] == query.get_data_version() for made in release.load_releases())


def render_citations(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """How to cite the figure: for a footnote, LaTeX, a reference manager."""
    one, lang = build_export_table(rows, view, drawn), view.lang
    warn_if_not_archived(lang)
    render_copy_boxes(
        [
            (t("save_cite_text", lang), citation.format_citation(one, lang), ""),
            ("BibTeX", citation.format_bibtex(one), ""),
            ("RIS (Zotero, EndNote, Mendeley)", citation.format_ris(one), ""),
        ],
        lang,
    )


def render_links(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The address that follows the newest data, and the one to cite."""
    lang, known = view.lang, query.get_data_version()
    warn_if_not_archived(lang)
    render_copy_boxes(
        [
            (
                t("save_link_plain", lang),
                links.build_page_url(get_site_url(), view, links.get_short_parameters(view)),
                t("save_link_plain_hint", lang),
            ),
            (
                t("save_link_cited", lang),
                links.build_page_url(get_site_url(), view, links.get_permalink_parameters(view, known)),
                t("save_link_cited_hint", lang, version=known),
            ),
        ],
        lang,
    )


def render_embed_code(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The code that shows the figure in another page: live, or frozen on a release."""
    lang, known = view.lang, query.get_data_version()
    kinds = ["map", "bars"] if name == "map" and len(drawn) > 1 else [EMBED_KINDS[name]]
    with st.container(horizontal=True, gap="medium"):
        kind = (
            kinds[0]
            if len(kinds) == 1
            else _render_choice(
                name, "which", {"map": t("save_figure_map", lang), "bars": t("save_figure_order", lang)}, lang
            )
        )
        version = (
            _render_choice(
                name, "frozen", {"": t("save_embed_live", lang), known: t("save_embed_frozen", lang)}, lang
            )
            if _is_archived()
            else ""
        )
        theme = _render_choice(
            name,
            "colours",
            {
                "": t("save_embed_auto", lang),
                "light": t("save_embed_light", lang),
                "dark": t("save_embed_dark", lang),
            },
            lang,
        )
    code = embed_page.build_iframe_code(view, get_site_url(), version, kind, theme)
    address = code.partition('src="')[2].partition('"')[0]
    render_copy_boxes(
        [(t("save_embed_code", lang), code, t("save_embed_hint", lang))],
        lang,
        f'<p class="hint"><a href="{address}" target="_blank" rel="noopener">{escape(t("save_embed_see", lang))}</a></p>',
    )


def _render_choice(name: str, what: str, names: dict[str, str], lang: str) -> str:
    return st.radio(
        t(f"save_{what}", lang),
        list(names),
        format_func=names.get,
        horizontal=True,
        key=f"{name}_{what}_embed_{lang}",
    )


def render_snippets(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The SQL and the Python that give the figure again, outside the dashboard."""
    lang, figure = view.lang, SNIPPET_FIGURES[name]
    title = get_figure_text(drawn[0]).title if drawn else ""
    sql = snippets.build_sql(view, figure=figure, rows=rows)
    there = f"sql?{urlencode({'lang': lang, 'sql': sql})}"
    database = f"{get_site_url()}/api/v1/versions/{query.get_data_version()}/database"
    render_copy_boxes(
        [
            ("SQL (DuckDB)", sql, t("save_sql_hint", lang)),
            (
                "Python",
                snippets.build_python_script(
                    view, figure=figure, rows=rows, title=title, site=get_site_url()
                ),
                t("save_python_hint", lang),
            ),
        ],
        lang,
        f'<p class="hint"><a href="{escape(there)}" target="{shell.get_link_target()}">{escape(t("save_sql_run", lang))}</a> · <a href="{escape(database)}">{escape(t("save_database", lang))}</a></p>',
        "wide",
    )


SECTION_RENDERERS = {
    "files": render_files,
    "cite": render_citations,
    "link": render_links,
    "embed": render_embed_code,
    "code": render_snippets,
}


# --- texts to copy ---


def render_copy_boxes(texts: list[tuple[str, str, str]], lang: str, after: str = "", look: str = "") -> None:
    """Texts that are copied at a click: (name, text, hint) each."""
    st.html("".join(build_copy_box(*one, lang, look) for one in texts) + after)
    st.html(build_copy_script(), unsafe_allow_javascript=True)


def build_copy_box(label: str, text: str, hint: str, lang: str, look: str = "") -> str:
    """One text with its button."""
    button = f'<button type="button" class="copy-button" aria-label="{escape(t("save_copy_what", lang, what=label))}">{escape(t("save_copy", lang))}</button>'
    told = f'<span role="status" data-done="{escape(t("save_copied", lang))}" data-failed="{escape(t("save_selected", lang))}"></span>'
    said = f'<p class="hint">{escape(hint)}</p>' if hint else ""
    return (
        f'<div class="copy-box {look}"><div class="copy-box-header"><strong>{escape(label)}</strong>{told}{button}</div>{said}'
        f'<pre tabindex="0" role="region" aria-label="{escape(label)}"><code>{escape(text)}</code></pre></div>'
    )


@cache
def build_copy_script() -> str:
    """What makes the buttons copy."""
    return build_script_element((FOLDER / "copy_button.js").read_text(encoding="utf-8"))


# --- a cited link, opened later ---


def compare_with_cited_version(name: str, view: View) -> pd.DataFrame | None:
    """What the version in the address showed beside today's figures; None where no version is asked for, or it is not kept."""
    version = get_cited_version()
    if not version or name not in FIGURE_QUERIES:
        return None
    return versions.compare_versions(
        version, FIGURE_QUERIES[name], view, **({"geos": view.geo} if FIGURE_QUERIES[name] == "trend" else {})
    )


def get_cited_version() -> str:
    """The data version in the address, if this is a cited link."""
    return st.query_params.get(links.VERSION_PARAMETER, "")[:40]


def render_changes_since_citation(name: str, view: View) -> None:
    """Above the first figure of a cited link: how many of its figures have changed, and which."""
    if not get_cited_version() or name not in FIGURE_QUERIES:
        return
    found = compare_with_cited_version(name, view)
    changed = [] if found is None else found[found["kind"] != "same"].to_dict("records")
    told = [
        f"{row['geo_name']}: {versions.describe_change(row, view)}" for row in changed[:MAX_LISTED_CHANGES]
    ]
    if len(changed) > MAX_LISTED_CHANGES:
        told.append(t("cited_more", view.lang, count=len(changed) - MAX_LISTED_CHANGES))
    more = (
        f"<details><summary>{escape(t('cited_which', view.lang))}</summary><ul>{''.join(f'<li>{escape(one)}</li>' for one in told)}</ul></details>"
        if told
        else ""
    )
    st.html(
        f'<div class="notice citation-changes"><p>{escape(versions.summarize_changes(get_cited_version(), view, found))}</p>{more}</div>'
    )


def add_cited_values(name: str, rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a table with the column `since` where a cited link is opened: what each figure was."""
    found = compare_with_cited_version(name, view)
    if found is None:
        return rows
    told = {
        (*(row[name] for name in SERIES_KEY), row["period_now"]): versions.describe_change(row, view)
        for row in found.to_dict("records")
    }
    return rows.assign(
        since=[told.get(tuple(row[name] for name in OBSERVATION_KEY), "") for row in rows.to_dict("records")]
    )
