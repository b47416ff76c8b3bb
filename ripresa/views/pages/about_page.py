"""How the dashboard is made: methods, sources, licences, privacy, glossary and accessibility."""

import streamlit as st

from ripresa.database.query import query_records
from ripresa.filters import Filters
from ripresa.i18n import format_number, format_period, t, translate_fragments
from ripresa.views.components import accessibility_statement, data_table, glossary
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header

SECTIONS = {  # heading: its sentences
    "about_methods": tuple(f"about_methods_{number}" for number in range(1, 5)),
    "about_never": tuple(f"about_never_{number}" for number in range(1, 8)),
    "about_intervals": ("about_intervals_1", "about_intervals_2"),
    "about_privacy": ("about_privacy_1", "about_privacy_2", "about_privacy_3"),
    "about_reuse": ("about_reuse_1", "about_reuse_2"),
}
LIST_SECTIONS = ("about_never",)
SOURCE_COLUMNS = ("name", "publisher", "kind", "licence", "observations", "note")


def render_page(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    build = query_records("build")[0]
    render_page_header(
        t("page_about", lang),
        t("about_question", lang),
        t(
            "about_intro",
            lang,
            figures=format_number(build["observations"], lang),
            derived=format_number(build["derived"], lang),
            version=build["version"],
            date=format_period(str(build["data_date"])[:10], lang),
        ),
    )
    headings = (*SECTIONS, "glossary", "statement_title", "about_sources")
    st.html(render_html("pages/about_contents.html", lang, headings=headings))
    for heading, sentences in SECTIONS.items():
        _render_article(heading, sentences, lang)
    st.html(glossary.render_glossary(lang))
    st.html(accessibility_statement.render_statement(lang))
    render_sources(lang)


def render_sources(lang: str) -> None:
    """Every source family: publisher, kind, licence and what to know about it."""
    body = [
        {
            "name": (row["name"], row["url"]),
            "publisher": translate_fragments(row["publisher"], lang),
            "kind": t(f"kind_{row['kind']}", lang).strip("()."),
            "licence": row["licence"],
            "observations": format_number(row["observations"], lang),
            "note": row["note"],
        }
        for row in query_records("sources", lang=lang)
    ]
    headers = {name: t(f"column_{name}", lang) for name in SOURCE_COLUMNS}
    caption = t("about_sources_caption", lang)
    _render_article("about_sources", (), lang)
    with st.container(key="sources"):
        st.html(data_table.render_table(body, headers, caption, numeric_columns=("observations",)))


def _render_article(heading: str, sentences: tuple[str, ...], lang: str) -> None:
    is_list = heading in LIST_SECTIONS
    st.html(render_html("pages/article.html", lang, heading=heading, sentences=sentences, is_list=is_list))
