"""The results of all diagnoses: the published release, with the withheld cells marked.

Nothing is computed here beyond the release, and no group is ranked."""

from pathlib import Path

import streamlit as st

from ripresa.diagnosis.diagnosis_records import OVERALL
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.filters import Filters
from ripresa.i18n import format_number, format_period, t
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header
from ripresa.views.pages import results_figures, results_lists
from ripresa.views.pages.release_cells import (
    GROUP_KINDS,
    TOTAL_CODES,
    Release,
    get_group_codes,
    get_group_name,
)

STYLESHEET = Path(__file__).with_name("diagnosis_page.css")


def render_page(filters: Filters) -> None:
    """The page: the sample, the levels of groups of firms, official shares, answers and first actions."""
    lang, release = filters.lang, Release(read_visible_release(), filters.lang)
    st.html(STYLESHEET)
    if release.rows:
        _render_header(release)
        measure, kind, code = render_choices(release)
        results_figures.render_group(release, measure, kind, code)
        results_figures.render_all_groups(release, measure, kind)
        results_figures.render_official_comparison(release)
        results_lists.render_answer_distribution(release)
        results_lists.render_first_actions(release)
        results_lists.render_months(release)
        results_lists.render_withheld_summary(release)
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
            get_group_codes(release.select_groups("level", measure, kind), kind),
            format_func=lambda code: get_group_name(kind, code, lang),
            key=f"results_{kind}_{lang}",
        )
    return measure, kind, code
