"""The result of a diagnosis: the action plan, then the scores and the comparison with official statistics."""

import streamlit as st

from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.views.diagnosis_session import DiagnosisSession, clear_diagnosis, open_adjacent_screen
from ripresa.views.pages import contribute_form, diagnosis_plan, diagnosis_results_page, diagnosis_scores


def render_result(session: DiagnosisSession, filters: Filters) -> None:
    """The result, in the order a firm needs it."""
    lang, result, plan = filters.lang, session.result, session.plan
    diagnosis_plan.render_header(session, result, plan, lang)
    diagnosis_plan.render_tools(session, result, plan, lang)
    diagnosis_plan.render_actions(plan, session.profile.region, lang)
    diagnosis_scores.render_scores(session, result, lang)
    diagnosis_scores.render_item_points(result, lang)
    diagnosis_scores.render_official_comparison(session, result, lang)
    with st.container(key="contribute"):
        contribute_form.render_form(session, result, lang)
        contribute_form.render_withdrawal_form(lang)
    diagnosis_results_page.render_results_link(lang)
    with st.container(key="secondary-actions", horizontal=True):
        st.button(
            t("diagnosis_back", lang),
            on_click=open_adjacent_screen,
            args=(-1,),
            type="tertiary",
            key=f"back_{lang}",
        )
        st.button(t("diagnosis_forget", lang), on_click=clear_diagnosis, type="tertiary", key=f"erase_{lang}")
