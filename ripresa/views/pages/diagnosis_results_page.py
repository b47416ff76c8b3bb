"""The results of all diagnoses: the published release, with the withheld cells marked.

Nothing is computed here beyond the release, and no group is ranked."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import catalogue
from ripresa.charts import diagnosis_charts
from ripresa.charts.theme import get_figure_text
from ripresa.diagnosis import official_statistics
from ripresa.diagnosis.diagnosis_records import OVERALL
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.filters import Filters
from ripresa.i18n import format_items, format_number, format_period, t
from ripresa.narrative.figure_text import FigureText
from ripresa.observations.rows import Row
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.components.html import render_html, render_paragraph, render_section_heading
from ripresa.views.components.page_header import render_page_header
from ripresa.views.components.widgets import render_csv_button
from ripresa.views.pages.official_figures import get_loaded_indicators, get_share_by_size
from ripresa.views.pages.release_cells import (
    GROUP_KINDS,
    PUBLISHED_STATUSES,
    TOTAL_CODES,
    WITHHELD_STATUSES,
    Release,
    ReleaseRow,
    build_cell,
    build_cells,
    format_cell,
    format_sample_size,
    format_withheld_reason,
    get_default_size,
    get_file_stem,
    get_group_name,
    get_level_names,
    get_measure_name,
)
from ripresa.views.shell import get_theme

COMPARABLE_MATCHES = ("direct", "near")
MAX_ACTIONS = 10  # actions listed
STYLESHEET = Path(__file__).with_name("diagnosis_page.css")


def render_page(filters: Filters) -> None:
    """The page: the sample, the levels of groups of firms, official shares, answers and first actions."""
    lang, release = filters.lang, Release(read_visible_release(), filters.lang)
    st.html(STYLESHEET)
    if release.rows:
        _render_header(release)
        measure, kind, code = render_choices(release)
        render_group(release, measure, kind, code)
        render_all_groups(release, measure, kind)
        render_official_comparison(release)
        render_answer_distribution(release)
        render_first_actions(release)
        render_months(release)
        render_withheld_summary(release)
    else:
        render_page_header(
            t("nav_diagnosis_results", lang), t("results_question", lang), t("results_none", lang)
        )
    st.page_link("pages/diagnosis.py", label=t("results_take", lang), query_params={"lang": lang})


def _render_header(release: Release) -> None:
    lang = release.lang
    total = release.select("diagnoses", measure="all", **TOTAL_CODES)[0]
    lead = t(
        "results_lead",
        lang,
        n=format_number(int(total["n_shown"]), lang),
        start=format_period(total["month_from"], lang),
        end=format_period(total["month_to"], lang),
    )
    render_page_header(
        release.add_label(t("nav_diagnosis_results", lang)),
        release.add_label(t("results_question", lang)),
        release.add_label(lead),
    )
    if release.label:
        st.html(render_html("pages/sample_notice.html", lang, label=release.label))


def render_results_link(lang: str) -> None:
    """The link to this page, labelled when the sample is synthetic."""
    release = Release(read_visible_release(), lang)
    st.page_link(
        "pages/diagnosis_results.py",
        label=release.add_label(t("diagnosis_to_results", lang)),
        query_params={"lang": lang},
    )


def render_choices(release: Release) -> tuple[str, str, str]:
    """The lists of scores, kinds of group and groups in the release; returns the choices."""
    lang = release.lang
    measures = {OVERALL: t("scores_overall", lang)}
    measures |= {goal.id: goal.label[lang] for goal in get_questionnaire().goals}
    with st.container(key="filter-bar"):
        measure = st.selectbox(
            t("results_measure", lang),
            list(measures),
            format_func=measures.__getitem__,
            key=f"results_measure_{lang}",
        )
        kind = st.radio(
            t("results_kind", lang),
            GROUP_KINDS,
            format_func=lambda kind: t(f"results_{kind}", lang),
            horizontal=True,
            key=f"results_kind_{lang}",
        )
        code = st.selectbox(
            t(f"results_{kind}", lang),
            _get_group_codes(release.select_groups("level", measure, kind), kind),
            format_func=lambda code: get_group_name(kind, code, lang),
            key=f"results_{kind}_{lang}",
        )
    return measure, kind, code


def _get_group_codes(rows: Sequence[ReleaseRow], kind: str) -> list[str]:
    return list(dict.fromkeys(row[kind] for row in rows))


def render_group(release: Release, measure: str, kind: str, code: str) -> None:
    """The levels of one group, each with its interval, and the median of its scores."""
    lang = release.lang
    rows = [row for row in release.select_groups("level", measure, kind) if row[kind] == code]
    scores = {
        row["category"]: row for row in release.select_groups("score", measure, kind) if row[kind] == code
    }
    median = scores.get("median")
    sentence = t("results_median_withheld", lang)
    if median and median["estimate"]:
        sentence = t(
            "results_median",
            lang,
            median=median["estimate"],
            low=median["ci_low"],
            high=median["ci_high"],
            q1=scores["q1"]["estimate"],
            q3=scores["q3"]["estimate"],
        )
    figure_text = _build_figure_text(
        release,
        t("results_one", lang, who=get_group_name(kind, code, lang), what=get_measure_name(measure, lang)),
        t("results_one_sub", lang, n=format_sample_size(rows[0], lang)),
    )
    figure = diagnosis_charts.build_level_chart(
        build_cells(rows, lang), get_level_names(lang), get_theme(), lang, figure_text
    )
    _render_figure("one", figure, rows, lang, notes=[sentence])


def render_all_groups(release: Release, measure: str, kind: str) -> None:
    """All the groups of a kind, in a fixed order."""
    lang = release.lang
    rows = release.select_groups("level", measure, kind)
    groups = [
        {
            "name": get_group_name(kind, code, lang),
            "cells": build_cells([row for row in rows if row[kind] == code], lang),
        }
        for code in _get_group_codes(rows, kind)
    ]
    title = t(f"results_every_{kind}", lang, what=get_measure_name(measure, lang))
    figure_text = _build_figure_text(release, title, t("results_every_sub", lang))
    figure = diagnosis_charts.build_group_chart(groups, get_level_names(lang), get_theme(), lang, figure_text)
    _render_figure("every", figure, rows, lang)


# --- official statistics ---


def render_official_comparison(release: Release) -> None:
    """The answers of one size class and the official shares of the same class."""
    lang = release.lang
    official_rows = release.select("official")
    sizes = _get_group_codes(official_rows, "size_class")
    key = f"results_official_{lang}"
    size = st.session_state.setdefault(key, get_default_size(release.rows, sizes))
    rows: list[ReleaseRow] = []
    comparisons: list[Row] = []
    for row in official_rows:
        comparison = _build_comparison(row, lang) if row["size_class"] == size else None
        if comparison:
            rows.append(row)
            comparisons.append(comparison)
    figure_text = _build_figure_text(
        release,
        t("beside_title", lang),
        t("beside_sub", lang, size=get_group_name("size_class", size, lang)),
        t("beside_firms", lang),
    )
    headers = {column: t(f"beside_{column}", lang) for column in ("question", "share", "official", "note")}
    body: list[Row] = [
        {
            "question": comparison["name"],
            "share": format_cell(comparison, lang),
            "official": comparison["about"],
            "note": comparison["note"],
        }
        for comparison in comparisons
    ]
    notes = []
    if size == official_statistics.UNDER_TEN_PERSONS:
        notes.append(get_questionnaire().format_message("official_small", lang))
    _render_figure(
        "beside",
        diagnosis_charts.build_official_comparison_chart(comparisons, get_theme(), lang, figure_text),
        rows,
        lang,
        notes=notes,
        table_html=data_table.render_table(body, headers, figure_text.title, stacked=True),
        render_controls=lambda: st.radio(
            t("results_size_class", lang),
            sizes,
            format_func=lambda code: get_group_name("size_class", code, lang),
            horizontal=True,
            key=key,
        ),
    )


def _build_comparison(row: ReleaseRow, lang: str) -> Row | None:
    """A row of the table "official" with the official share; None where the two questions differ too much.

    The cell of the answers (see build_cell) with name, official (None: not loaded), note and about."""
    item = get_questionnaire().get_item(row["measure"])
    question = next(question for question in item.official_questions if question.code == row["category"])
    if question.match not in COMPARABLE_MATCHES:
        return None
    share = None
    if question.indicator in get_loaded_indicators():
        share = get_share_by_size(question.indicator, row["size_class"], lang)
    if share:
        name, (value, about) = catalogue.get_indicator(question.indicator).label[lang], share
    else:
        name, value, about = item.question[lang], None, get_questionnaire().format_message("not_loaded", lang)
    return build_cell(row, lang) | {
        "name": name,
        "official": value,
        "note": question.note[lang],
        "about": about,
    }


# --- lists ---


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


# --- figures ---


def _build_figure_text(release: Release, title: str, subtitle: str, population: str = "") -> FigureText:
    return FigureText(release.add_label(title), subtitle, label=release.label, population=population)


def _render_figure(
    key: str,
    figure: go.Figure,
    rows: list[ReleaseRow],
    lang: str,
    *,
    notes: Sequence[str] = (),
    table_html: str = "",
    render_controls: Callable[[], object] | None = None,
) -> None:
    """A figure with its text, and its rows as a table and a CSV file.

    table_html: the table, by default one of groups by levels. render_controls: shows the figure's widgets."""
    text = get_figure_text(figure)
    st.html(render_html("pages/results_headline.html", lang, text=text))
    if render_controls:
        render_controls()
    stem = get_file_stem(rows)
    alt = ". ".join([text.title, text.subtitle, *notes])
    plotly_figure.render_plotly_figure(figure, f"results_{key}", lang, f"{stem}_{key}", alt)
    footnotes = [*notes, t("results_source", lang)]
    st.html(render_html("pages/results_footnotes.html", lang, footnotes=footnotes))
    with st.container(key=f"results_{key}_data", horizontal=True, vertical_alignment="center", gap="medium"):
        has_table = st.toggle(t("show_table", lang), key=f"results_{key}_table_{lang}")
        render_csv_button(
            t("csv", lang),
            lambda: data_table.build_csv(pd.DataFrame(rows)),
            f"{stem}_{key}.csv",
            f"results_{key}_csv_{lang}",
        )
    if has_table:
        st.html(table_html or _render_level_table(rows, text.title, lang))


def _render_level_table(rows: list[ReleaseRow], caption: str, lang: str) -> str:
    """A table of groups by levels."""
    kind = next((kind for kind in GROUP_KINDS if any(row[kind] != TOTAL_CODES[kind] for row in rows)), "area")
    headers = {"group": t(f"results_{kind}", lang), "n": t("column_n", lang), **get_level_names(lang)}
    body: list[Row] = []
    for code in _get_group_codes(rows, kind):
        group_rows = [row for row in rows if row[kind] == code]
        line = {"group": get_group_name(kind, code, lang), "n": format_sample_size(group_rows[0], lang)}
        for cell in build_cells(group_rows, lang):
            levels, share = cell["category"].split("+"), format_cell(cell, lang)
            if len(levels) > 1:
                share = t("results_together", lang, share=share)
            line |= dict.fromkeys(levels, share)
        body.append(line)
    return data_table.render_table(body, headers, caption, numeric_columns=("n",))
