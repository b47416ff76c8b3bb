"""How the dashboard is made: methods, what is never mixed, sources and licences, privacy, glossary, accessibility."""

from html import escape

import streamlit as st

from ripresa.database.query import run_query
from ripresa.filters import Filters
from ripresa.i18n import format_number, format_period, t, translate_fragments
from ripresa.views.components import accessibility_statement, data_table, glossary
from ripresa.views.pages.topic_page import render_page_header

SECTIONS = {  # heading: its sentences
    "about_methods": ("about_methods_1", "about_methods_2", "about_methods_3", "about_methods_4"),
    "about_never": (
        "about_never_1",
        "about_never_2",
        "about_never_3",
        "about_never_4",
        "about_never_5",
        "about_never_6",
        "about_never_7",
    ),
    "about_intervals": ("about_intervals_1", "about_intervals_2"),
    "about_privacy": ("about_privacy_1", "about_privacy_2", "about_privacy_3"),
    "about_reuse": ("about_reuse_1", "about_reuse_2"),
}
LIST_SECTIONS = ("about_never",)


def render_page(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    made = run_query("build").iloc[0]
    render_page_header(
        t("page_about", lang),
        t("about_question", lang),
        t(
            "about_intro",
            lang,
            figures=format_number(made["observations"], lang),
            derived=format_number(made["derived"], lang),
            version=made["version"],
            date=format_period(str(made["data_date"])[:10], lang),
        ),
    )
    st.html(render_contents(lang))
    for heading, sentences in SECTIONS.items():
        words = [escape(t(sentence, lang)) for sentence in sentences]
        body = (
            "<ul>" + "".join(f"<li>{sentence}</li>" for sentence in words) + "</ul>"
            if heading in LIST_SECTIONS
            else "".join(f"<p>{sentence}</p>" for sentence in words)
        )
        st.html(
            f'<section class="article" id="{heading}"><h2>{escape(t(heading, lang))}</h2>{body}</section>'
        )
    st.html(glossary.render_glossary(lang))
    st.html(accessibility_statement.render_statement(lang))
    render_sources(lang)


def render_contents(lang: str) -> str:
    """What is on the page, as links."""
    links = "".join(
        f'<li><a href="#{heading}">{escape(t(heading, lang))}</a></li>'
        for heading in (*SECTIONS, "glossary", "statement_title", "about_sources")
    )
    return f'<nav aria-label="{escape(t("about_contents", lang))}"><ul class="contents">{links}</ul></nav>'


def render_sources(lang: str) -> None:
    """Every source family: who, what kind, which terms, what to know."""
    body = [
        {
            "name": (row["name"], row["url"]),
            "publisher": translate_fragments(row["publisher"], lang),
            "kind": t(f"kind_{row['kind']}", lang).strip("()."),
            "licence": row["licence"],
            "observations": format_number(row["observations"], lang),
            "note": row["note"],
        }
        for row in run_query("sources", lang=lang).to_dict("records")
    ]
    heads = {
        name: t(f"column_{name}", lang)
        for name in ("name", "publisher", "kind", "licence", "observations", "note")
    }
    st.html(
        f'<section class="article" id="about_sources"><h2>{escape(t("about_sources", lang))}</h2></section>'
    )
    with st.container(key="sources"):
        st.html(
            data_table.render_table(
                body, heads, t("about_sources_caption", lang), numeric_columns=("observations",)
            )
        )
