"""The lists of the published release: answers, first actions, months and withheld cells."""

from collections import Counter

import streamlit as st

from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.i18n import format_items, format_number, format_period, t
from ripresa.observations.rows import Row
from ripresa.views.components import data_table
from ripresa.views.components.html import render_html, render_paragraph, render_section_heading
from ripresa.views.pages.release_cells import (
    PUBLISHED_STATUSES,
    TOTAL_CODES,
    WITHHELD_STATUSES,
    Release,
    build_cell,
    build_cells,
    format_cell,
    format_withheld_reason,
)

MAX_ACTIONS = 10  # actions listed


def render_answer_distribution(release: Release) -> None:
    """The answers of all firms to one question, chosen from a list."""
    lang, questionnaire = release.lang, get_questionnaire()
    _render_section_title("given", release)
    item = questionnaire.get_item(
        st.selectbox(
            t("given_question", lang),
            list(dict.fromkeys(row["measure"] for row in release.select("answer"))),
            format_func=lambda id: questionnaire.get_item(id).question[lang],
            key=f"results_item_{lang}",
        )
    )
    names = {str(option.points): option.text[lang] for option in item.options}
    names |= {state: t(f"given_{state}", lang) for state in ("none", "blank")}
    body: list[Row] = [
        {
            "answer": format_items((names[code] for code in cell["category"].split("+")), lang),
            "share": format_cell(cell, lang),
        }
        for cell in build_cells(release.select("answer", measure=item.id, **TOTAL_CODES), lang)
    ]
    _render_list_table("given", body, release)


def render_first_actions(release: Release) -> None:
    """The actions that are most often first in the plans."""
    lang = release.lang
    titles = {
        action.id: action.title[lang] for item in get_questionnaire().items for action in item.recommendations
    }
    body: list[Row] = [
        {"action": titles[row["category"]], "share": format_cell(build_cell(row, lang), lang)}
        for row in release.select("action")
        if row["status"] in PUBLISHED_STATUSES and row["category"] in titles
    ]
    _render_section_title("first", release)
    _render_list_table("first", body[:MAX_ACTIONS], release)


def render_months(release: Release) -> None:
    """The number of diagnoses by month; months with few are published together with the next."""
    lang = release.lang
    body: list[Row] = [
        {
            "month": format_items((format_period(code, lang) for code in row["category"].split("+")), lang),
            "count": format_number(int(row["n_shown"]), lang)
            if row["status"] in PUBLISHED_STATUSES
            else format_withheld_reason(row["status"], row, lang),
        }
        for row in release.select("diagnoses", measure="month")
    ]
    _render_section_title("months", release)
    _render_list_table("months", body, release)


def render_withheld_summary(release: Release) -> None:
    """The number of withheld cells by reason, and the rules of the release."""
    lang, first = release.lang, release.rows[0]
    counts = Counter(row["status"] for row in release.rows)
    reasons = [
        f"{format_number(counts[status], lang)}: {format_withheld_reason(status, first, lang)}"
        for status in WITHHELD_STATUSES
        if counts[status]
    ]
    rules = t(
        "withheld_rules",
        lang,
        least=first["statistics_from"],
        rounding=first["rounding"],
        version=first["version"],
        published=format_period(first["published_on"], lang),
    )
    st.html(render_html("pages/withheld_summary.html", lang, reasons=reasons, rules=rules))


def _render_section_title(name: str, release: Release) -> None:
    render_section_heading(release.add_label(t(f"{name}_title", release.lang)))


def _render_list_table(name: str, body: list[Row], release: Release) -> None:
    """A table of two columns, or a sentence when all of it is withheld."""
    lang = release.lang
    if not body:
        render_paragraph(t("withheld", lang), "lead")
        return
    headers = {column: t(f"{name}_{column}", lang) for column in body[0]}
    caption = release.add_label(t(f"{name}_caption", lang))
    st.html(data_table.render_table(body, headers, caption, numeric_columns=tuple(headers)[1:]))
