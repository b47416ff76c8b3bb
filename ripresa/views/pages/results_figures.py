"""The figures of the published release: levels of groups of firms, and answers with official shares."""

from collections.abc import Callable, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import catalogue
from ripresa.charts import diagnosis_charts
from ripresa.charts.theme import get_figure_text
from ripresa.diagnosis import official_statistics
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.i18n import t
from ripresa.narrative.figure_text import FigureText
from ripresa.observations.rows import Row
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.components.html import render_html
from ripresa.views.components.widgets import render_csv_button
from ripresa.views.pages.official_figures import get_loaded_indicators, get_share_by_size
from ripresa.views.pages.release_cells import (
    GROUP_KINDS,
    TOTAL_CODES,
    Release,
    ReleaseRow,
    build_cell,
    build_cells,
    format_cell,
    format_sample_size,
    get_default_size,
    get_file_stem,
    get_group_codes,
    get_group_name,
    get_level_names,
    get_measure_name,
)
from ripresa.views.shell import get_theme

COMPARABLE_MATCHES = ("direct", "near")


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
        for code in get_group_codes(rows, kind)
    ]
    title = t(f"results_every_{kind}", lang, what=get_measure_name(measure, lang))
    figure_text = _build_figure_text(release, title, t("results_every_sub", lang))
    figure = diagnosis_charts.build_group_chart(groups, get_level_names(lang), get_theme(), lang, figure_text)
    _render_figure("every", figure, rows, lang)


def render_official_comparison(release: Release) -> None:
    """The answers of one size class and the official shares of the same class."""
    lang = release.lang
    official_rows = release.select("official")
    sizes = get_group_codes(official_rows, "size_class")
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
    for code in get_group_codes(rows, kind):
        group_rows = [row for row in rows if row[kind] == code]
        line = {"group": get_group_name(kind, code, lang), "n": format_sample_size(group_rows[0], lang)}
        for cell in build_cells(group_rows, lang):
            levels, share = cell["category"].split("+"), format_cell(cell, lang)
            if len(levels) > 1:
                share = t("results_together", lang, share=share)
            line |= dict.fromkeys(levels, share)
        body.append(line)
    return data_table.render_table(body, headers, caption, numeric_columns=("n",))
