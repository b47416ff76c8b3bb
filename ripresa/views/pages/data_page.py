"""The data page: the observations of any view as files, the catalogue, the coverage and the dictionary."""

import unicodedata
from dataclasses import replace
from typing import NamedTuple

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.catalogue import Topic
from ripresa.database.query import get_data_version, query_records, run_query
from ripresa.filters import Filters, View, get_available_indicators, resolve_view
from ripresa.i18n import MISSING_TEXT, format_number, t, translate_fragments
from ripresa.observations.rows import Row
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.document_link import render_document_link
from ripresa.views.components.filter_bar import render_filter_bar
from ripresa.views.components.html import render_html, render_paragraph
from ripresa.views.components.page_header import render_page_header, render_view_notices
from ripresa.views.components.widgets import render_csv_button, seed_widget

LINKED_PAGES = ("sql", "revisions", "verify")
COVERAGE_LEVELS = {  # the level of the view that a count of the coverage links to
    "italian_areas": "italy",
    "european_countries": "europe",
    "countries": "world",
}
COVERAGE_COUNTS = (*COVERAGE_LEVELS, "sectors", "sizes", "observations", "with_interval")
CATALOGUE_COLUMNS = ("label", "description", "universe", "unit", "source", "id")
DICTIONARY_COLUMNS = ("table_name", "column_name", "data_type", "comment")
MAX_TABLE_ROWS = 300  # rows on the page; the file has all


class Document(NamedTuple):
    """A document in which observations were published."""

    publisher: str
    title: str
    published: str
    url: str


def render_page(filters: Filters) -> None:
    """The page, one of its sections at a time."""
    lang = filters.lang
    render_page_header(t("page_data", lang), t("data_question", lang), t("data_intro", lang))
    with st.container(key="data-page-links", horizontal=True, vertical_alignment="center", gap="medium"):
        for page in LINKED_PAGES:
            st.page_link(f"pages/{page}.py", label=t(f"data_way_{page}", lang), query_params={"lang": lang})
        st.html(
            render_html("pages/api_link.html", lang, link_target=shell.get_link_target()), width="content"
        )
    names = {section: t(f"data_{section}", lang) for section in SECTION_RENDERERS}
    section = st.radio(
        t("data_parts", lang),
        list(names),
        format_func=names.__getitem__,
        horizontal=True,
        label_visibility="collapsed",
        key=f"part_{lang}",
    )
    SECTION_RENDERERS[section](filters)


# --- observations ---


def render_observations(filters: Filters) -> None:
    """All periods of one indicator for a choice of filters, as a table and as files."""
    lang = filters.lang
    topic = _render_topic_choice(filters)
    view = resolve_view(replace(filters, period=""), topic)
    view = replace(view, geo=filters.geo and view.geo)  # without a choice of areas the table has them all
    render_view_notices(view, render_filter_bar(view, all_periods=True))
    rows = run_query("table", **view.breakdown, level=view.level, geos=view.geo, lang=lang)
    documents = run_query(
        "citations",
        **view.breakdown,
        period="latest",
        editions=tuple(rows["edition"].unique()),
        geos=view.geo,
    )
    indicator, version = view.indicator, get_data_version()
    st.html(render_html("pages/data_headline.html", lang, indicator=indicator, row_count=len(rows)))
    with st.container(horizontal=True, gap="medium"):
        render_csv_button(
            t("data_csv", lang),
            lambda: data_table.build_observations_csv(rows, lang),
            f"{indicator.id}_{version}.csv",
            f"data_csv_{lang}",
        )
        render_csv_button(
            t("data_citations", lang, count=len(documents)),
            lambda: data_table.build_csv(documents),
            f"{indicator.id}_citations_{version}.csv",
            f"data_citations_{lang}",
        )
    caption = indicator.label[lang]
    if len(rows) > MAX_TABLE_ROWS:
        caption = t("data_first", lang, count=MAX_TABLE_ROWS)
    numbered_rows, numbered_documents = number_documents(rows.head(MAX_TABLE_ROWS), view)
    st.html(
        render_html(
            "pages/observations_with_documents.html",
            lang,
            table=data_table.render_observations(numbered_rows, indicator, lang, caption),
            documents=[render_document_link(*document, lang) for document in numbered_documents],
        )
    )


def _render_topic_choice(filters: Filters) -> str:
    """The list of topics; returns the topic of the current indicator, or the first one."""
    lang, topics = filters.lang, catalogue.load_topics()
    topic = catalogue.get_indicator(filters.indicator).topic if filters.indicator else next(iter(topics))
    key = seed_widget(f"topic_{lang}", topic)
    st.selectbox(
        t("data_topic", lang),
        list(topics),
        key=key,
        format_func=lambda id: topics[id].title[lang],
        on_change=lambda: _open_topic(topics[st.session_state[key]]),
    )
    return topic


def _open_topic(topic: Topic) -> None:
    """Selects the first indicator of a topic, with the other filters but area and sector cleared."""
    first_level = next(filter(None, topic.indicators_by_level.values()))
    shell.set_filters(indicator=first_level[0], level="", period="", size="", gender="")


def number_documents(rows: pd.DataFrame, view: View) -> tuple[pd.DataFrame, list[Document]]:
    """The rows with a column `documents`, and the list of documents.

    The column holds links (text, address, accessible name) to the documents of the row. A document's number
    is its place in the list, from 1."""
    numbers: dict[Document, int] = {}
    keys = list(zip(rows["geo"], rows["period"], rows["edition"], strict=True))
    links: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {key: [] for key in keys}
    for row in query_records("observation_documents", **view.breakdown):
        key = (row["geo"], row["period"], row["edition"])
        if key in links:
            document = Document(row["publisher"], row["title"], row["published"], row["url"])
            number = numbers.setdefault(document, len(numbers) + 1)
            publisher = translate_fragments(document.publisher, view.lang)
            title = translate_fragments(document.title, view.lang)
            name = f"[{number}] {publisher}, {title}"
            links[key].append((f"[{number}]", f"#document-{number}", name))
    documents = pd.Series([links[key] for key in keys], index=rows.index, dtype=object)
    return rows.assign(documents=documents), list(numbers)


# --- catalogue, coverage, dictionary ---


def render_catalogue(filters: Filters) -> None:
    """The catalogue of indicators, with a search through all of its text."""
    lang = filters.lang
    search = st.text_input(
        t("data_search", lang), key=f"search_{lang}", placeholder=t("data_search_hint", lang)
    )
    terms, sources = normalize_text(search).split(), catalogue.load_sources()
    body: list[Row] = []
    for row in query_records("indicators", lang=lang):
        source = sources[row["source"]]
        cells = {
            "label": row["label"],
            "description": row["description"],
            "universe": row["universe"],
            "unit": t(f"unit_{row['unit']}", lang),
            "source": f"{translate_fragments(source.publisher, lang)}, {source.name[lang]}",
            "id": row["id"],
        }
        text = normalize_text(" ".join(cells.values()))
        if all(term in text for term in terms):
            body.append(cells | {"label": (row["label"], build_view_url(row["id"], lang))})
    if not body:
        render_paragraph(t("data_not_found", lang), "lead")
        return
    headers = {name: t(f"column_{name}", lang) for name in CATALOGUE_COLUMNS}
    caption, link_target = t("data_found", lang, count=len(body)), shell.get_link_target()
    with st.container(key="catalogue"):
        st.html(data_table.render_table(body, headers, caption, link_target=link_target))


def normalize_text(text: str) -> str:
    """Text for searching: lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def build_view_url(id: str, lang: str, level: str = "") -> str:
    """The address of an indicator's view at a level, or at the first level that has it; "" where none has."""
    topic = catalogue.load_topics()[catalogue.get_indicator(id).topic]
    for candidate in [level] if level else dict.fromkeys((topic.default_level, *catalogue.LEVELS)):
        if topic.indicators_by_level[candidate] and id in get_available_indicators(topic, candidate):
            return f"{topic.id}?lang={lang}&level={candidate}&indicator={id}"
    return ""


def render_coverage(filters: Filters) -> None:
    """How many areas, sectors, sizes and observations each indicator has; area counts link to their view."""
    lang = filters.lang
    body = [_build_coverage_row(row, lang) for row in query_records("coverage_matrix", lang=lang)]
    headers = {name: t(f"column_{name}", lang) for name in ("label", "years", *COVERAGE_COUNTS)}
    st.html(
        data_table.render_table(
            body,
            headers,
            t("data_coverage_caption", lang),
            numeric_columns=("years", *COVERAGE_COUNTS),
            link_target=shell.get_link_target(),
        )
    )


def _build_coverage_row(row: Row, lang: str) -> Row:
    first_year, last_year, id = row["first_year"], row["last_year"], row["indicator"]
    cells: Row = {
        "label": (row["label"], build_view_url(id, lang)),
        "years": str(last_year) if first_year == last_year else f"{first_year}–{last_year}",
    }
    for name in COVERAGE_COUNTS:
        url = build_view_url(id, lang, COVERAGE_LEVELS[name]) if name in COVERAGE_LEVELS else ""
        cells[name] = (format_number(row[name], lang), url) if row[name] else MISSING_TEXT
    return cells


def render_dictionary(filters: Filters) -> None:
    """Each column of the published tables."""
    lang = filters.lang
    headers = {name: t(f"column_{name}", lang) for name in DICTIONARY_COLUMNS}
    body = query_records("dictionary", lang=lang)
    st.html(data_table.render_table(body, headers, t("data_dictionary_caption", lang)))


SECTION_RENDERERS = {
    "figures": render_observations,
    "catalogue": render_catalogue,
    "coverage": render_coverage,
    "dictionary": render_dictionary,
}
