"""The data page: the figures of any view to take away, the catalogue, what is covered, and what each column means."""

import unicodedata
from dataclasses import replace
from html import escape

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters, View, get_available_indicators, resolve_view
from ripresa.i18n import MISSING_TEXT, format_number, t, translate_fragments
from ripresa.views import shell
from ripresa.views.components import data_table
from ripresa.views.components.document_link import render_document_link
from ripresa.views.components.filter_bar import render_filter_bar
from ripresa.views.pages.topic_page import render_notices, render_page_header

SECTIONS = ("figures", "catalogue", "coverage", "dictionary")
LINKED_PAGES = ("sql", "revisions", "verify")  # pages that begin here
COVERAGE_LEVELS = {
    "italian_areas": "italy",
    "european_countries": "europe",
    "countries": "world",
}  # the view that a count of the coverage opens
MAX_TABLE_ROWS = 300  # rows on the page; the file has all


def render_page(filters: Filters) -> None:
    """The page; one of its parts at a time."""
    lang = filters.lang
    render_page_header(t("page_data", lang), t("data_question", lang), t("data_intro", lang))
    with st.container(key="data-page-links", horizontal=True, vertical_alignment="center", gap="medium"):
        for way in LINKED_PAGES:
            st.page_link(f"pages/{way}.py", label=t(f"data_way_{way}", lang), query_params={"lang": lang})
        st.html(
            f'<a href="api/v1/?lang={lang}" target="{shell.get_link_target()}">{escape(t("data_way_api", lang))}</a>',
            width="content",
        )
    names = {part: t(f"data_{part}", lang) for part in SECTIONS}
    part = st.radio(
        t("data_parts", lang),
        SECTIONS,
        format_func=names.get,
        horizontal=True,
        label_visibility="collapsed",
        key=f"part_{lang}",
    )
    {
        "figures": render_observations,
        "catalogue": render_catalogue,
        "coverage": render_coverage,
        "dictionary": render_dictionary,
    }[part](filters)


def render_observations(filters: Filters) -> None:
    """All periods of one indicator for a choice of filters, as a table and as files."""
    lang, topics = filters.lang, catalogue.load_topics()
    topic = catalogue.get_indicator(filters.indicator).topic if filters.indicator else next(iter(topics))
    key = f"topic_{lang}"
    if st.session_state.get(key) != topic:
        st.session_state[key] = topic
    st.selectbox(
        t("data_topic", lang),
        list(topics),
        key=key,
        format_func=lambda id: topics[id].title[lang],
        on_change=lambda: shell.set_filters(
            indicator=next(
                iter(next(filter(None, topics[st.session_state[key]].indicators_by_level.values())))
            ),
            level="",
            period="",
            size="",
            gender="",
        ),
    )
    view = resolve_view(replace(filters, period=""), topic)
    view = replace(view, geo=filters.geo and view.geo)  # no area of its own: the table opens whole
    render_notices(view, render_filter_bar(view, all_periods=True))
    rows = run_query("table", **view.breakdown, level=view.level, geos=view.geo, lang=lang)
    documents = run_query(
        "citations",
        **view.breakdown,
        period="latest",
        editions=tuple(rows["edition"].unique()),
        geos=view.geo,
    )
    name, indicator = view.indicator.id, view.indicator
    st.html(
        f'<div class="headline"><h2>{escape(indicator.label[lang])}</h2><p class="subtitle">{escape(t("data_rows", lang, count=len(rows)))} '
        f"{escape(indicator.description[lang])} {escape(indicator.note[lang])}</p></div>"
    )
    with st.container(horizontal=True, gap="medium"):
        st.download_button(
            t("data_csv", lang),
            data=lambda: data_table.build_observations_csv(rows, lang),
            file_name=f"{name}_{get_data_version()}.csv",
            mime="text/csv",
            key=f"data_csv_{lang}",
            on_click="ignore",
        )
        st.download_button(
            t("data_citations", lang, count=len(documents)),
            data=lambda: data_table.build_csv(documents),
            file_name=f"{name}_citations_{get_data_version()}.csv",
            mime="text/csv",
            key=f"data_citations_{lang}",
            on_click="ignore",
        )
    caption = (
        t("data_first", lang, count=MAX_TABLE_ROWS) if len(rows) > MAX_TABLE_ROWS else indicator.label[lang]
    )
    shown, way, listed = add_document_numbers(rows.head(MAX_TABLE_ROWS), view, lang)
    st.html(way + data_table.render_observations(shown, indicator, lang, caption) + listed)


def add_document_numbers(rows: pd.DataFrame, view: View, lang: str) -> tuple[pd.DataFrame, str, str]:
    """The rows with the numbers of the documents each figure was read in; the way to those documents past the table, and they as a numbered list."""
    numbers: dict[tuple, int] = {}
    read: dict[tuple, list] = {key: [] for key in zip(rows["geo"], rows["period"], rows["edition"])}
    for row in run_query("observation_documents", **view.breakdown).itertuples():
        if (row.geo, row.period, row.edition) in read:
            place = numbers.setdefault((row.publisher, row.title, row.published, row.url), len(numbers) + 1)
            read[row.geo, row.period, row.edition].append(
                (
                    f"[{place}]",
                    f"#document-{place}",
                    f"[{place}] {translate_fragments(row.publisher, lang)}, {translate_fragments(row.title, lang)}",
                )
            )
    items = "".join(
        f'<li id="document-{place}">{render_document_link(*one, lang)}</li>' for one, place in numbers.items()
    )
    way = (
        f'<p class="skip-link"><a href="#documents">{escape(t("data_to_documents", lang, count=len(numbers)))}</a></p>'
        if items
        else ""
    )
    listed = (
        f'<section class="documents" id="documents"><h3>{escape(t("data_documents", lang))}</h3><ol>{items}</ol></section>'
        if items
        else ""
    )
    return (
        rows.assign(documents=[read[key] for key in zip(rows["geo"], rows["period"], rows["edition"])]),
        way,
        listed,
    )


def render_catalogue(filters: Filters) -> None:
    """The catalogue, with a search through every word of it."""
    lang, columns = filters.lang, ("label", "description", "universe", "unit", "source")
    asked = st.text_input(
        t("data_search", lang), key=f"search_{lang}", placeholder=t("data_search_hint", lang)
    )
    sources, asked = catalogue.load_sources(), normalize_text(asked).split()
    body = []
    for row in run_query("indicators", lang=lang).itertuples():
        source = sources[row.source]
        cells = {
            "label": (row.label, build_view_url(row.id, lang)),
            "description": row.description,
            "universe": row.universe,
            "unit": t(f"unit_{row.unit}", lang),
            "source": f"{translate_fragments(source.publisher, lang)}, {source.name[lang]}",
            "id": row.id,
        }
        if all(word in normalize_text(" ".join((row.label, *list(cells.values())[1:]))) for word in asked):
            body.append(cells)
    if not body:
        return st.html(f'<p class="lead">{escape(t("data_not_found", lang))}</p>')
    heads = {name: t(f"column_{name}", lang) for name in (*columns, "id")}
    with st.container(key="catalogue"):
        st.html(
            data_table.render_table(
                body, heads, t("data_found", lang, count=len(body)), link_target=shell.get_link_target()
            )
        )


def normalize_text(words: str) -> str:
    """Words as one types them: small letters, no accents."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", words.lower()) if not unicodedata.combining(letter)
    )


def build_view_url(id: str, lang: str, level: str = "") -> str:
    """The address of an indicator's view, at a level or at the first that offers it; "" where none does."""
    topic = catalogue.load_topics()[catalogue.get_indicator(id).topic]
    levels = [level] if level else dict.fromkeys((topic.default_level, *catalogue.LEVELS))
    found = next(
        (
            one
            for one in levels
            if topic.indicators_by_level[one] and id in get_available_indicators(topic, one)
        ),
        "",
    )
    return f"{topic.id}?lang={lang}&level={found}&indicator={id}" if found else ""


def render_coverage(filters: Filters) -> None:
    """What there is of each indicator, level by level; each count opens its view."""
    lang = filters.lang
    counts = (
        "italian_areas",
        "european_countries",
        "countries",
        "sectors",
        "sizes",
        "observations",
        "with_interval",
    )
    body = [
        {
            "label": (row["label"], build_view_url(row["indicator"], lang)),
            "years": f"{row['first_year']}–{row['last_year']}"
            if row["first_year"] != row["last_year"]
            else str(row["last_year"]),
        }
        | {
            name: (
                format_number(row[name], lang),
                build_view_url(row["indicator"], lang, COVERAGE_LEVELS[name])
                if name in COVERAGE_LEVELS
                else "",
            )
            if row[name]
            else MISSING_TEXT
            for name in counts
        }
        for row in run_query("coverage_matrix", lang=lang).to_dict("records")
    ]
    heads = {name: t(f"column_{name}", lang) for name in ("label", "years", *counts)}
    st.html(
        data_table.render_table(
            body,
            heads,
            t("data_coverage_caption", lang),
            numeric_columns=("years", *counts),
            link_target=shell.get_link_target(),
        )
    )


def render_dictionary(filters: Filters) -> None:
    """Each column of the published tables."""
    lang, columns = filters.lang, ("table_name", "column_name", "data_type", "comment")
    body = run_query("dictionary", lang=lang).to_dict("records")
    st.html(
        data_table.render_table(
            body, {name: t(f"column_{name}", lang) for name in columns}, t("data_dictionary_caption", lang)
        )
    )
