"""How the dashboard is made: methods, what is never mixed, sources and licences, privacy, glossary, accessibility."""

from html import escape

import streamlit as st

from ripresa.database.query import ask
from ripresa.filters import Filters
from ripresa.i18n import noted, number, period_text, t
from ripresa.views.components import accessibility_statement, data_table, glossary
from ripresa.views.pages.topic_page import opening

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
LISTED = ("about_never",)


def show(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    made = ask("build").iloc[0]
    opening(
        t("page_about", lang),
        t("about_question", lang),
        t(
            "about_intro",
            lang,
            figures=number(made["observations"], lang),
            derived=number(made["derived"], lang),
            version=made["version"],
            date=period_text(str(made["data_date"])[:10], lang),
        ),
    )
    st.html(contents(lang))
    for heading, sentences in SECTIONS.items():
        words = [escape(t(sentence, lang)) for sentence in sentences]
        body = (
            "<ul>" + "".join(f"<li>{sentence}</li>" for sentence in words) + "</ul>"
            if heading in LISTED
            else "".join(f"<p>{sentence}</p>" for sentence in words)
        )
        st.html(
            f'<section class="article" id="{heading}"><h2>{escape(t(heading, lang))}</h2>{body}</section>'
        )
    st.html(glossary.whole(lang))
    st.html(accessibility_statement.statement(lang))
    sources(lang)


def contents(lang: str) -> str:
    """What is on the page, as links."""
    links = "".join(
        f'<li><a href="#{heading}">{escape(t(heading, lang))}</a></li>'
        for heading in (*SECTIONS, "glossary", "statement_title", "about_sources")
    )
    return f'<nav aria-label="{escape(t("about_contents", lang))}"><ul class="contents">{links}</ul></nav>'


def sources(lang: str) -> None:
    """Every source family: who, what kind, which terms, what to know."""
    body = [
        {
            "name": (row["name"], row["url"]),
            "publisher": noted(row["publisher"], lang),
            "kind": t(f"kind_{row['kind']}", lang).strip("()."),
            "licence": row["licence"],
            "observations": number(row["observations"], lang),
            "note": row["note"],
        }
        for row in ask("sources", lang=lang).to_dict("records")
    ]
    heads = {
        name: t(f"column_{name}", lang)
        for name in ("name", "publisher", "kind", "licence", "observations", "note")
    }
    st.html(
        f'<section class="article" id="about_sources"><h2>{escape(t("about_sources", lang))}</h2></section>'
    )
    with st.container(key="sources"):
        st.html(data_table.html(body, heads, t("about_sources_caption", lang), numbers=("observations",)))
