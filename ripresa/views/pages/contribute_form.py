"""Contributing a diagnosis to the aggregates, and withdrawing it; neither changes the scores or the plan."""

from datetime import date

import streamlit as st

from ripresa.diagnosis.contribution import build_contribution, generate_withdrawal_code, get_missing_questions
from ripresa.diagnosis.contribution_store import ContributionStoreError, get_code_expiry_date, open_store
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, DiagnosisResult
from ripresa.i18n import format_items, format_period, t
from ripresa.views.components.html import render_html, render_notice, render_section_heading
from ripresa.views.diagnosis_session import PROFILE, DiagnosisSession, get_diagnosis_session, open_screen

STORED_FIELDS = (
    "version",
    "month",
    "place",
    "firm",
    "goals",
    "role",
    "language",
    "duration",
    "scores",
    "answers",
    "number",
)


def render_form(session: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """What would be stored and the consent checkbox; after a contribution its withdrawal code, shown once."""
    render_section_heading(t("contribute_title", lang), t("contribute_about", lang))
    if session.withdrawal_code:
        render_withdrawal_code(session.withdrawal_code, lang)
        return
    if session.has_contributed:
        render_notice(t("contribute_done", lang))
        return
    rules, expiry_date = get_questionnaire().privacy, _format_expiry_date(lang)
    st.html(
        render_html(
            "pages/stored_fields.html", lang, fields=STORED_FIELDS, rules=rules, expiry_date=expiry_date
        )
    )
    if not any(item.state == ANSWERED for item in result.items.values()):
        render_notice(t("contribute_no_answer", lang))
    elif missing := get_missing_questions(session.profile):
        questions = format_items((t(f"profile_{id}", lang) for id in missing), lang)
        render_notice(t("contribute_lacking", lang, what=questions))
        st.button(
            t("contribute_profile", lang), on_click=open_screen, args=(PROFILE,), key=f"to_profile_{lang}"
        )
    else:
        _render_consent(session, lang)


def _render_consent(session: DiagnosisSession, lang: str) -> None:
    if session.has_store_error:
        render_notice(t("contribute_fault", lang), role="alert")
    has_agreed = st.checkbox(t("contribute_agree", lang), value=False, key=f"consent_{lang}")
    st.button(
        t("contribute_give", lang),
        on_click=store_contribution,
        args=(lang,),
        disabled=not has_agreed,
        key=f"contribute_{lang}",
    )


def store_contribution(lang: str) -> None:
    """Stores the contribution once (for callbacks): a retry sends the same row and the same code."""
    session, today = get_diagnosis_session(), date.today()
    if session.has_contributed or not st.session_state.get(f"consent_{lang}"):
        return
    contribution = session.pending_contribution or build_contribution(
        session.result, session.profile, lang, session.duration_seconds, today
    )
    code = session.pending_code or generate_withdrawal_code()
    session.pending_contribution, session.pending_code = contribution, code
    try:
        open_store().add_contribution(contribution, code, today)
    except ContributionStoreError:
        session.has_store_error = True
        return
    session.withdrawal_code, session.has_contributed, session.has_store_error = code, True, False
    session.pending_contribution, session.pending_code = None, ""


def render_withdrawal_code(code: str, lang: str) -> None:
    """The withdrawal code, until the reader confirms having noted it."""
    st.html(render_html("pages/withdrawal_code.html", lang, code=code, expiry_date=_format_expiry_date(lang)))
    st.button(t("code_noted", lang), on_click=discard_withdrawal_code, key=f"code_noted_{lang}")


def discard_withdrawal_code() -> None:
    """Removes the code from the server's memory (for callbacks)."""
    get_diagnosis_session().withdrawal_code = ""


def render_withdrawal_form(lang: str) -> None:
    """The form that withdraws a contributed diagnosis by its code."""
    with (
        st.expander(t("withdraw_title", lang), key=f"withdraw_{lang}"),
        st.form(f"withdraw_form_{lang}", clear_on_submit=True, border=False),
    ):
        code = st.text_input(t("withdraw_code", lang), max_chars=60, autocomplete="off")
        if st.form_submit_button(t("withdraw_do", lang)) and code.strip():
            try:
                is_withdrawn = open_store().withdraw(code, date.today())
                outcome = "withdraw_done" if is_withdrawn else "withdraw_unknown"
            except ContributionStoreError:
                outcome = "contribute_fault"
            render_notice(t(outcome, lang), role="status")


def _format_expiry_date(lang: str) -> str:
    return format_period(f"{get_code_expiry_date(date.today()):%Y-%m-%d}", lang)
