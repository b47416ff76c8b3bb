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
from ripresa.charts.theme import PALETTES
from ripresa.database import query
from ripresa.database import releases as release
from ripresa.embed import embed_page
from ripresa.exports import browser_image, citation, formats, image_renderer, links, snippets, versions
from ripresa.exports import export_table as figures
from ripresa.exports import image_layout as printed
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.views import shell

HERE = Path(__file__).parent
STYLE = HERE / "export_menu.css"
PARTS = ("image", "files", "cite", "link", "embed", "code")
EMBEDDED = {
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
REBUILT = {name: name for name in snippets.QUESTIONS} | {
    "compared": "time"
}  # figures whose code can be given
ASKED = {
    "map": "map",
    "dots": "map",
    "series": "trend",
    "compared": "trend",
}  # the question behind a page's first figure
LISTED = 40  # changes said under a cited link
SLICE = (*release.SLICE, "period")


def kit(
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
        for part in PARTS
        if (part != "embed" or name in EMBEDDED)
        and (part != "code" or name in REBUILT)
        and (part != "image" or drawn)
    ]
    st.html(STYLE)
    with st.container(key=f"kit_{name}"):
        part = st.radio(
            t("save_parts", lang),
            there,
            format_func=lambda part: t(f"save_{part}", lang),
            horizontal=True,
            label_visibility="collapsed",
            key=f"{name}_part_{lang}",
        )
        images(name, drawn, rows, view, again) if part == "image" else MADE[part](name, drawn, rows, view)


def export(rows: pd.DataFrame, view: View, drawn: tuple[go.Figure, ...], here: str = "") -> figures.Export:
    """The rows of a figure, ready to leave. `here` is where the pages are, for those who cannot ask the visitor."""
    return figures.prepare(
        rows, view, here or site(), date.today(), meta=drawn[0].layout.meta if drawn else None
    )


def site() -> str:
    """Where the pages are, as this visitor reached them: https://host."""
    reached, folder = urlsplit(st.context.url or ""), (st.get_option("server.baseUrlPath") or "").strip("/")
    host = (
        f"{reached.scheme}://{reached.netloc}"
        if reached.netloc
        else f"http://{st.context.headers.get('Host') or 'localhost'}"
    )
    return f"{host}/{folder}".rstrip("/")


# --- what can be taken ---


def images(
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
                key=f"{name}_which_{lang}",
            )
        theme = st.radio(
            t("save_colours", lang),
            list(PALETTES),
            format_func=lambda theme: t(f"save_embed_{theme}", lang),
            horizontal=True,
            key=f"{name}_theme_{lang}",
        )
    one, other = export(rows, view, drawn[place:]), theme != shell.theme()
    figure = again[place](theme) if other else drawn[place]
    st.html(
        f'<p class="hint">{escape(t("save_image_hint", lang))}</p>{browser_image.buttons(f"{name}_beside" if place else name, figure, one, theme, other)}'
    )
    st.html(browser_image.script(), unsafe_allow_javascript=True)
    if image_renderer.browser():
        _served(name, figure, one, theme)


def _served(name: str, drawn: go.Figure, one: figures.Export, theme: str) -> None:
    """An image drawn by the server: asked for, waited for, then taken."""
    lang = one.view.lang
    st.html(f'<p class="hint">{escape(t("save_served", lang))}</p>')
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        form = st.selectbox(
            t("save_form", lang),
            ["pdf", "svg", "png"],
            format_func=str.upper,
            key=f"{name}_form_{lang}",
            width=110,
        )
        size = st.selectbox(
            t("save_size", lang),
            list(printed.SIZES),
            format_func=lambda size: t(f"size_{size}", lang),
            key=f"{name}_size_{lang}",
            width=190,
        )
        asked = st.button(t("save_draw", lang), key=f"{name}_draw_{lang}")
    if not asked:
        return
    try:
        if rate_limit.wait("image", shell.visitor()):
            raise image_renderer.RenderError("often")
        with st.spinner(t("save_drawing", lang)):
            image = image_renderer.image(drawn, one, form, size, theme)
    except image_renderer.RenderError as fault:
        return st.html(f'<div class="said"><p>{escape(fault.sentence(lang))}</p></div>')
    st.download_button(
        t("save_take", lang, form=form.upper()),
        data=image,
        file_name=formats.name(one.table, one.view, one.version, form),
        mime=image_renderer.FORMS[form],
        key=f"{name}_drawn_{lang}",
        on_click="ignore",
        type="primary",
    )


def tables(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The rows in every format, each made at its click."""
    lang, known, here = view.lang, query.version(), site()
    st.html(f'<p class="hint">{escape(t("save_files_hint", lang))}</p>')
    with st.container(horizontal=True, gap="small"):
        for form, made in formats.FORMATS.items():
            st.download_button(
                t(f"save_file_{form}", lang),
                data=lambda form=form: file(rows, view, drawn, form, here),
                file_name=formats.name(rows, view, known, form),
                mime=made.mime,
                key=f"{name}_file_{form}_{lang}",
                on_click="ignore",
            )


def file(rows: pd.DataFrame, view: View, drawn: tuple[go.Figure, ...], form: str, here: str = "") -> bytes:
    """The rows of a figure as a file; asked for by the browser, outside the visitor's run."""
    return formats.make(export(rows, view, drawn, here), form)


def unkept(lang: str) -> None:
    """Before a version is cited: that it is not among those kept here, where so."""
    if not _is_kept():
        st.html(f'<div class="said"><p>{escape(t("save_unkept", lang, version=query.version()))}</p></div>')


def _is_kept() -> bool:
    return any(made["version"] == query.version() for made in release.releases())


def citations(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """How to cite the figure: for a footnote, LaTeX, a reference manager."""
    one, lang = export(rows, view, drawn), view.lang
    unkept(lang)
    copies(
        [
            (t("save_cite_text", lang), citation.text(one, lang), ""),
            ("BibTeX", citation.bibtex(one), ""),
            ("RIS (Zotero, EndNote, Mendeley)", citation.ris(one), ""),
        ],
        lang,
    )


def addresses(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The address that follows the newest data, and the one to cite."""
    lang, known = view.lang, query.version()
    unkept(lang)
    copies(
        [
            (
                t("save_link_plain", lang),
                links.page(site(), view, links.plain(view)),
                t("save_link_plain_hint", lang),
            ),
            (
                t("save_link_cited", lang),
                links.page(site(), view, links.cited(view, known)),
                t("save_link_cited_hint", lang, version=known),
            ),
        ],
        lang,
    )


def frames(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The code that shows the figure in another page: live, or frozen on a release."""
    lang, known = view.lang, query.version()
    kinds = ["map", "bars"] if name == "map" and len(drawn) > 1 else [EMBEDDED[name]]
    with st.container(horizontal=True, gap="medium"):
        kind = (
            kinds[0]
            if len(kinds) == 1
            else _choice(
                name, "which", {"map": t("save_figure_map", lang), "bars": t("save_figure_order", lang)}, lang
            )
        )
        version = (
            _choice(
                name, "frozen", {"": t("save_embed_live", lang), known: t("save_embed_frozen", lang)}, lang
            )
            if _is_kept()
            else ""
        )
        theme = _choice(
            name,
            "colours",
            {
                "": t("save_embed_auto", lang),
                "light": t("save_embed_light", lang),
                "dark": t("save_embed_dark", lang),
            },
            lang,
        )
    code = embed_page.code(view, site(), version, kind, theme)
    address = code.partition('src="')[2].partition('"')[0]
    copies(
        [(t("save_embed_code", lang), code, t("save_embed_hint", lang))],
        lang,
        f'<p class="hint"><a href="{address}" target="_blank" rel="noopener">{escape(t("save_embed_see", lang))}</a></p>',
    )


def _choice(name: str, what: str, names: dict[str, str], lang: str) -> str:
    return st.radio(
        t(f"save_{what}", lang),
        list(names),
        format_func=names.get,
        horizontal=True,
        key=f"{name}_{what}_embed_{lang}",
    )


def code(name: str, drawn: tuple[go.Figure, ...], rows: pd.DataFrame, view: View) -> None:
    """The SQL and the Python that give the figure again, outside the dashboard."""
    lang, figure = view.lang, REBUILT[name]
    title = drawn[0].layout.meta["title"] if drawn else ""
    sql = snippets.sql(view, figure=figure, rows=rows)
    there = f"sql?{urlencode({'lang': lang, 'sql': sql})}"
    database = f"{site()}/api/v1/versions/{query.version()}/database"
    copies(
        [
            ("SQL (DuckDB)", sql, t("save_sql_hint", lang)),
            (
                "Python",
                snippets.python(view, figure=figure, rows=rows, title=title, site=site()),
                t("save_python_hint", lang),
            ),
        ],
        lang,
        f'<p class="hint"><a href="{escape(there)}" target="{shell.tab()}">{escape(t("save_sql_run", lang))}</a> · <a href="{escape(database)}">{escape(t("save_database", lang))}</a></p>',
        "wide",
    )


MADE = {"files": tables, "cite": citations, "link": addresses, "embed": frames, "code": code}


# --- texts to copy ---


def copies(texts: list[tuple[str, str, str]], lang: str, after: str = "", look: str = "") -> None:
    """Texts that are copied at a click: (name, text, hint) each."""
    st.html("".join(copied(*one, lang, look) for one in texts) + after)
    st.html(script(), unsafe_allow_javascript=True)


def copied(label: str, text: str, hint: str, lang: str, look: str = "") -> str:
    """One text with its button."""
    button = f'<button type="button" class="copier" aria-label="{escape(t("save_copy_what", lang, what=label))}">{escape(t("save_copy", lang))}</button>'
    told = f'<span role="status" data-done="{escape(t("save_copied", lang))}" data-failed="{escape(t("save_selected", lang))}"></span>'
    said = f'<p class="hint">{escape(hint)}</p>' if hint else ""
    return (
        f'<div class="copied {look}"><div class="head"><strong>{escape(label)}</strong>{told}{button}</div>{said}'
        f'<pre tabindex="0" role="region" aria-label="{escape(label)}"><code>{escape(text)}</code></pre></div>'
    )


@cache
def script() -> str:
    """What makes the buttons copy."""
    return f"<script>{(HERE / 'copy_button.js').read_text(encoding='utf-8')}</script>"


# --- a cited link, opened later ---


def compared(name: str, view: View) -> pd.DataFrame | None:
    """What the version in the address showed beside today's figures; None where no version is asked for, or it is not kept."""
    version = cited()
    if not version or name not in ASKED:
        return None
    return versions.compare(
        version, ASKED[name], view, **({"geos": view.geo} if ASKED[name] == "trend" else {})
    )


def cited() -> str:
    """The data version in the address, if this is a cited link."""
    return st.query_params.get(links.VERSION, "")[:40]


def since(name: str, view: View) -> None:
    """Above the first figure of a cited link: how many of its figures have changed, and which."""
    if not cited() or name not in ASKED:
        return
    found = compared(name, view)
    changed = [] if found is None else found[found["kind"] != "same"].to_dict("records")
    told = [f"{row['geo_name']}: {versions.said(row, view)}" for row in changed[:LISTED]]
    if len(changed) > LISTED:
        told.append(t("cited_more", view.lang, count=len(changed) - LISTED))
    more = (
        f"<details><summary>{escape(t('cited_which', view.lang))}</summary><ul>{''.join(f'<li>{escape(one)}</li>' for one in told)}</ul></details>"
        if told
        else ""
    )
    st.html(f'<div class="said cited"><p>{escape(versions.summary(cited(), view, found))}</p>{more}</div>')


def marked(name: str, rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a table with the column `since` where a cited link is opened: what each figure was."""
    found = compared(name, view)
    if found is None:
        return rows
    told = {
        (*(row[name] for name in release.SLICE), row["period_now"]): versions.said(row, view)
        for row in found.to_dict("records")
    }
    return rows.assign(
        since=[told.get(tuple(row[name] for name in SLICE), "") for row in rows.to_dict("records")]
    )
