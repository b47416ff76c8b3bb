"""What the firms that took the diagnosis say: the published release, with what it withholds drawn as withheld. No ranking, nothing derived here."""

from collections import Counter
from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.charts import diagnosis_charts as charts
from ripresa.charts.theme import get_figure_text
from ripresa.database.query import run_query
from ripresa.diagnosis import official_statistics
from ripresa.diagnosis.diagnosis_records import OVERALL
from ripresa.diagnosis.italian_areas import ITALY, load_italian_areas
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.disclosure.linked_tables import ALL
from ripresa.filters import Filters
from ripresa.i18n import (
    MISSING_TEXT,
    format_interval,
    format_items,
    format_number,
    format_period,
    format_value,
    t,
)
from ripresa.narrative.figure_text import FigureText
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.pages.topic_page import render_page_header
from ripresa.views.shell import get_theme

TOTAL_CODES = {
    "area": ITALY,
    "sector": ALL,
    "size_class": ALL,
}  # what a group of firms is about, and the code of all firms in it
GROUP_KINDS = tuple(TOTAL_CODES)
PUBLISHED_STATUSES = (
    "shown",
    "merged",
    "repeated",
)  # statuses of the release: a cell with a figure, and one without
WITHHELD_STATUSES = ("small", "paired", "waiting", "quality")
COMPARABLE_MATCHES = ("direct", "near")
MAX_ACTIONS = 10  # actions listed
STYLESHEET = Path(__file__).with_name("diagnosis_page.css")
DEFAULT_SIZE = "10-49"  # the smallest class of the official surveys


def render_page(filters: Filters) -> None:
    """The page: who answered, levels of one group, all groups, answers beside official shares, first actions."""
    lang, rows = filters.lang, read_visible_release()
    st.html(STYLESHEET)
    if not rows:
        render_page_header(
            t("nav_diagnosis_results", lang), t("results_question", lang), t("results_none", lang)
        )
        return st.page_link("pages/diagnosis.py", label=t("results_take", lang), query_params={"lang": lang})
    label = _get_sample_label(rows, lang)
    whole = next(
        row
        for row in rows
        if row["table_id"] == "diagnoses"
        and row["measure"] == "all"
        and _get_domain(row) == tuple(TOTAL_CODES.values())
    )
    words = {
        "n": format_number(int(whole["n_shown"]), lang),
        "start": format_period(whole["month_from"], lang),
        "end": format_period(whole["month_to"], lang),
    }
    render_page_header(
        _add_label(t("nav_diagnosis_results", lang), label),
        _add_label(t("results_question", lang), label),
        _add_label(t("results_lead", lang, **words), label),
    )
    if label:
        st.html(
            f'<div class="notice sample-notice" role="note"><p><strong>{escape(label)}.</strong> {escape(t("results_invented", lang))}</p></div>'
        )
    measure, kind, code = render_choices(rows, lang)
    render_group(rows, measure, kind, code, label, lang)
    render_all_groups(rows, measure, kind, label, lang)
    render_official_comparison(rows, label, lang)
    render_answer_distribution(rows, label, lang)
    render_first_actions(rows, label, lang)
    render_months(rows, label, lang)
    render_withheld_summary(rows, lang)
    return st.page_link("pages/diagnosis.py", label=t("results_take", lang), query_params={"lang": lang})


def render_results_link(lang: str) -> None:
    """The link to this page; it says so when the sample behind it is invented."""
    rows = read_visible_release()
    st.page_link(
        "pages/diagnosis_results.py",
        label=_add_label(t("diagnosis_to_results", lang), _get_sample_label(rows, lang)),
        query_params={"lang": lang},
    )


def render_choices(rows, lang: str) -> tuple[str, str, str]:
    """What to look at, among the audited cells only: the score, the kind of group, the group."""
    goals = {OVERALL: t("scores_overall", lang)} | {
        goal.id: goal.label[lang] for goal in get_questionnaire().goals
    }
    with st.container(key="filter-bar"):
        measure = st.selectbox(
            t("results_measure", lang), list(goals), format_func=goals.get, key=f"results_measure_{lang}"
        )
        kind = st.radio(
            t("results_kind", lang),
            GROUP_KINDS,
            format_func=lambda one: t(f"results_{one}", lang),
            horizontal=True,
            key=f"results_kind_{lang}",
        )
        codes = list(
            dict.fromkeys(
                row[kind]
                for row in rows
                if row["table_id"] == "level" and row["measure"] == measure and _is_about_kind(row, kind)
            )
        )
        code = st.selectbox(
            t(f"results_{kind}", lang),
            codes,
            format_func=lambda one: get_group_name(kind, one, lang),
            key=f"results_{kind}_{lang}",
        )
    return measure, kind, code


def render_group(rows, measure: str, kind: str, code: str, label: str, lang: str) -> None:
    """The levels of one group, each with its interval."""
    own = [row for row in _select_level_rows(rows, measure, kind) if row[kind] == code]
    who, what = get_group_name(kind, code, lang), _get_measure_name(measure, lang)
    n = format_number(int(own[0]["n_shown"]), lang) if own[0]["n_shown"] else MISSING_TEXT
    scores = {
        row["category"]: row
        for row in rows
        if row["table_id"] == "score"
        and row["measure"] == measure
        and _is_about_kind(row, kind)
        and row[kind] == code
    }
    median = scores.get("median")
    said = (
        t(
            "results_median",
            lang,
            median=median["estimate"],
            low=median["ci_low"],
            high=median["ci_high"],
            q1=scores["q1"]["estimate"],
            q3=scores["q3"]["estimate"],
        )
        if median and median["estimate"]
        else t("results_median_withheld", lang)
    )
    figure_text = _build_figure_text(
        t("results_one", lang, who=who, what=what), t("results_one_sub", lang, n=n), label
    )
    _render_figure(
        "one",
        charts.build_level_chart(
            _build_cells(own, lang), _get_level_names(lang), get_theme(), lang, figure_text
        ),
        own,
        [said],
        lang,
    )


def render_all_groups(rows, measure: str, kind: str, label: str, lang: str) -> None:
    """All the groups of a kind, in a fixed order."""
    own = _select_level_rows(rows, measure, kind)
    groups = [
        {
            "name": get_group_name(kind, code, lang),
            "cells": _build_cells([row for row in own if row[kind] == code], lang),
        }
        for code in dict.fromkeys(row[kind] for row in own)
    ]
    figure_text = _build_figure_text(
        t(f"results_every_{kind}", lang, what=_get_measure_name(measure, lang)),
        t("results_every_sub", lang),
        label,
    )
    _render_figure(
        "every",
        charts.build_group_chart(groups, _get_level_names(lang), get_theme(), lang, figure_text),
        own,
        [],
        lang,
    )


def render_official_comparison(rows, label: str, lang: str) -> None:
    """Answers beside the official shares of the same size class, in another colour."""
    sizes = list(dict.fromkeys(row["size_class"] for row in rows if row["table_id"] == "official"))
    key = f"results_official_{lang}"
    size = st.session_state.setdefault(key, _get_default_size(rows, sizes))
    shares = _get_official_shares(size, lang)
    own = [row for row in rows if row["table_id"] == "official" and row["size_class"] == size]
    found = []
    for row in own:
        item = get_questionnaire().get_item(row["measure"])
        reference = next(one for one in item.official_questions if one.code == row["category"])
        if reference.match in COMPARABLE_MATCHES:
            share = shares.get(reference.indicator)
            told = catalogue.get_indicator(reference.indicator).label[lang] if share else item.question[lang]
            found.append(
                {
                    "row": row,
                    "name": told,
                    "official": share and share[0],
                    "note": reference.note[lang],
                    "about": share[1] if share else get_questionnaire().format_message("not_loaded", lang),
                }
                | _build_cell(row, lang)
            )
    figure_text = _build_figure_text(
        t("beside_title", lang),
        t("beside_sub", lang, size=get_group_name("size_class", size, lang)),
        label,
        t("beside_firms", lang),
    )
    heads = {column: t(f"beside_{column}", lang) for column in ("question", "share", "official", "note")}
    body = [
        {
            "question": one["name"],
            "share": _format_cell(one, lang),
            "official": one["about"],
            "note": one["note"],
        }
        for one in found
    ]
    _render_figure(
        "beside",
        charts.build_official_comparison_chart(found, get_theme(), lang, figure_text),
        [one["row"] for one in found],
        [get_questionnaire().format_message("official_small", lang)]
        if size == official_statistics.UNDER_TEN_PERSONS
        else [],
        lang,
        table_html=data_table.render_table(body, heads, figure_text.title, stacked=True),
        render_controls=lambda: st.radio(
            t("results_size_class", lang),
            sizes,
            format_func=lambda one: get_group_name("size_class", one, lang),
            horizontal=True,
            key=key,
        ),
    )


def render_answer_distribution(rows, label: str, lang: str) -> None:
    """What all firms answered to one question, chosen from the list."""
    there = {row["measure"]: [] for row in rows if row["table_id"] == "answer"}
    for row in rows:
        if row["table_id"] == "answer" and _get_domain(row) == tuple(TOTAL_CODES.values()):
            there[row["measure"]].append(row)
    _render_section_title("given", label, lang)
    item = get_questionnaire().get_item(
        st.selectbox(
            t("given_question", lang),
            list(there),
            format_func=lambda id: get_questionnaire().get_item(id).question[lang],
            key=f"results_item_{lang}",
        )
    )
    names = {str(option.points): option.text[lang] for option in item.options} | {
        name: t(f"given_{name}", lang) for name in ("none", "blank")
    }
    body = [
        {
            "answer": format_items((names[code] for code in cell["category"].split("+")), lang),
            "share": _format_cell(cell, lang),
        }
        for cell in _build_cells(there[item.id], lang)
    ]
    _render_list_table("given", body, label, lang)


def render_months(rows, label: str, lang: str) -> None:
    """How many diagnoses each month brought; a month with few is counted with its neighbour."""
    own = [row for row in rows if (row["table_id"], row["measure"]) == ("diagnoses", "month")]
    body = [
        {
            "month": format_items((format_period(code, lang) for code in row["category"].split("+")), lang),
            "count": format_number(int(row["n_shown"]), lang)
            if row["status"] in PUBLISHED_STATUSES
            else _format_reason(row["status"], row, lang),
        }
        for row in own
    ]
    _render_section_title("months", label, lang)
    _render_list_table("months", body, label, lang)


def render_first_actions(rows, label: str, lang: str) -> None:
    """The actions that most often come first in the plans."""
    titles = {
        action.id: action.title[lang] for item in get_questionnaire().items for action in item.recommendations
    }
    own = [
        row
        for row in rows
        if row["table_id"] == "action" and row["status"] in PUBLISHED_STATUSES and row["category"] in titles
    ][:MAX_ACTIONS]
    body = [
        {"action": titles[row["category"]], "share": _format_cell(_build_cell(row, lang), lang)}
        for row in own
    ]
    _render_section_title("first", label, lang)
    _render_list_table("first", body, label, lang)


def render_withheld_summary(rows, lang: str) -> None:
    """What is withheld, counted by reason, and the rules."""
    kinds = Counter(row["status"] for row in rows)
    items = "".join(
        f"<li>{escape(format_number(kinds[kind], lang))}: {escape(_format_reason(kind, rows[0], lang))}</li>"
        for kind in WITHHELD_STATUSES
        if kinds[kind]
    )
    rules = t(
        "withheld_rules",
        lang,
        least=rows[0]["statistics_from"],
        rounding=rows[0]["rounding"],
        version=rows[0]["version"],
        published=format_period(rows[0]["published_on"], lang),
    )
    st.html(
        f'<div class="about"><p><strong>{escape(t("withheld_title", lang))}</strong></p><ul>{items}</ul><p>{escape(rules)}</p></div>'
    )


def get_group_name(kind: str, code: str, lang: str) -> str:
    """A group of firms in words; codes published together are named together."""
    if code == TOTAL_CODES[kind]:
        return t("italy" if kind == "area" else f"results_all_{kind}", lang)
    labels = (
        {id: one[lang] for id, one in load_italian_areas().items()}
        if kind == "area"
        else {
            option.id: option.text[lang]
            for option in get_questionnaire()
            .get_profile_question("size" if kind == "size_class" else kind)
            .options
        }
    )
    return labels.get(code) or format_items((labels[part] for part in code.split("+")), lang)


def _get_default_size(rows, sizes: list[str]) -> str:
    """The size class to open with: one with a share to show, if there is any."""
    told = {
        row["size_class"]
        for row in rows
        if row["table_id"] == "official" and row["status"] in PUBLISHED_STATUSES
    }
    return next((one for one in (DEFAULT_SIZE, *sizes) if one in told), sizes[0])


def _render_section_title(name: str, label: str, lang: str) -> None:
    st.html(f'<h2 class="section">{escape(_add_label(t(f"{name}_title", lang), label))}</h2>')


def _render_list_table(name: str, body: list[dict], label: str, lang: str) -> None:
    """A short list as a table: what, and how much."""
    heads = {column: t(f"{name}_{column}", lang) for column in (body[0] if body else ())}
    st.html(
        data_table.render_table(
            body, heads, _add_label(t(f"{name}_caption", lang), label), numeric_columns=tuple(heads)[1:]
        )
        if body
        else f'<p class="lead">{escape(t("withheld", lang))}</p>'
    )


def _select_level_rows(rows, measure: str, kind: str) -> list[dict]:
    return [
        row
        for row in rows
        if row["table_id"] == "level" and row["measure"] == measure and _is_about_kind(row, kind)
    ]


def _is_about_kind(row: dict, kind: str) -> bool:
    """The row is about groups of this kind, whatever the others."""
    return all(row[other] == whole for other, whole in TOTAL_CODES.items() if other != kind)


def _get_domain(row: dict) -> tuple[str, ...]:
    return tuple(row[kind] for kind in TOTAL_CODES)


def _build_cells(rows: list[dict], lang: str) -> list[dict]:
    """The cells to draw: what is withheld alone and shown together with another is drawn once, together."""
    together = {
        code
        for row in rows
        if row["status"] in PUBLISHED_STATUSES and "+" in row["category"]
        for code in row["category"].split("+")
    }
    return sorted(
        (_build_cell(row, lang) for row in rows if row["category"] not in together),
        key=lambda cell: cell["category"],
    )


def _build_cell(row: dict, lang: str) -> dict:
    value, low, high = (float(row[name]) if row[name] else None for name in ("estimate", "ci_low", "ci_high"))
    shown = row["status"] in PUBLISHED_STATUSES and value is not None
    return {
        "category": row["category"],
        "value": value if shown else None,
        "ci_low": low,
        "ci_high": high,
        "reason": "" if shown else _format_reason(row["status"], row, lang),
    }


def _format_reason(status: str, row: dict, lang: str) -> str:
    return t(f"withheld_{status}", lang, threshold=row["threshold"], least=row["statistics_from"])


def _format_cell(cell: dict, lang: str) -> str:
    return (
        cell["reason"]
        or f"{format_value(cell['value'], 'percent', 1, lang)} ({format_interval(cell['ci_low'], cell['ci_high'], 'percent', 1, lang)})"
    )


def _get_level_names(lang: str) -> dict[str, str]:
    return {str(level.id): level.label[lang] for level in get_questionnaire().levels}


def _get_measure_name(measure: str, lang: str) -> str:
    return (
        t("scores_overall", lang) if measure == OVERALL else get_questionnaire().get_goal(measure).label[lang]
    )


def _get_official_shares(size: str, lang: str) -> dict[str, tuple[float, str]]:
    """Italy's share of each indicator loaded, for a size class: the value, and in words what it is."""
    found = {}
    for id in official_statistics.get_official_indicators():
        if id in catalogue.load_indicators():
            rows = run_query(
                "by_size",
                indicator=id,
                geo=official_statistics.REFERENCE_AREA,
                sector=ALL,
                gender=ALL,
                period="latest",
                editions=catalogue.get_indicator(id).get_default_view("europe")["editions"],
                lang=lang,
            )
            wanted = official_statistics.OFFICIAL_SIZE_CLASSES.get("" if size == ALL else size, size)
            for row in rows[rows["size"] == wanted].to_dict("records"):
                found[id] = (
                    row["value"],
                    f"{format_value(row['value'], 'percent', 1, lang)} ({row['size_name']}, {format_period(row['period'], lang)}; {row['source_name']})",
                )
    return found


def _get_sample_label(rows, lang: str) -> str:
    """What an invented sample is called on a page; its files keep the code of the release."""
    return get_questionnaire().format_message("synthetic", lang) if rows and rows[0]["label"] else ""


def _add_label(text: str, label: str) -> str:
    return f"{label} · {text}" if label else text


def _build_figure_text(title: str, subtitle: str, label: str, population: str = "") -> FigureText:
    return FigureText(_add_label(title, label), subtitle, label=label, population=population)


def _render_figure(
    key: str,
    figure,
    rows: list[dict],
    said: list[str],
    lang: str,
    table_html: str = "",
    render_controls: Callable | None = None,
) -> None:
    """A figure with its words, the same rows as a table, and as a file that says what they are. above: draws the figure's own choice."""
    text = get_figure_text(figure)
    st.html(
        f'<div class="headline"><h2>{escape(text.title)}</h2><p class="subtitle">{escape(text.subtitle)}</p></div>'
    )
    if render_controls:
        render_controls()
    alt = ". ".join([text.title, text.subtitle, *said])
    plotly_figure.render_plotly_figure(figure, f"results_{key}", lang, f"{_get_file_stem(rows)}_{key}", alt)
    st.html(
        f'<div class="footnote">{"".join(f"<p>{escape(one)}</p>" for one in [*said, t("results_source", lang)])}</div>'
    )
    with st.container(key=f"results_{key}_data", horizontal=True, vertical_alignment="center", gap="medium"):
        shown = st.toggle(t("show_table", lang), key=f"results_{key}_table_{lang}")
        st.download_button(
            t("csv", lang),
            data=lambda: data_table.build_csv(pd.DataFrame(rows)),
            file_name=f"{_get_file_stem(rows)}_{key}.csv",
            mime="text/csv",
            key=f"results_{key}_csv_{lang}",
            on_click="ignore",
        )
    if shown:
        st.html(table_html or _render_level_table(rows, text.title, lang))


def _get_file_stem(rows: list[dict]) -> str:
    return "SYNTHETIC_diagnosis" if rows and rows[0]["label"] else "diagnosis"


def _render_level_table(rows: list[dict], caption: str, lang: str) -> str:
    """Groups down, levels across."""
    kind = next((kind for kind in GROUP_KINDS if any(row[kind] != TOTAL_CODES[kind] for row in rows)), "area")
    names = _get_level_names(lang)
    heads = {"group": t(f"results_{kind}", lang), "n": t("column_n", lang), **names}
    body = []
    for code in dict.fromkeys(row[kind] for row in rows):
        own = [row for row in rows if row[kind] == code]
        line = {
            "group": get_group_name(kind, code, lang),
            "n": format_number(int(own[0]["n_shown"]), lang) if own[0]["n_shown"] else MISSING_TEXT,
        }
        for cell in _build_cells(own, lang):
            for level in cell["category"].split("+"):
                line[level] = (
                    _format_cell(cell, lang)
                    if "+" not in cell["category"]
                    else t("results_together", lang, share=_format_cell(cell, lang))
                )
        body.append(line)
    return data_table.render_table(body, heads, caption, numeric_columns=("n",))
