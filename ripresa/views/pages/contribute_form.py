"""To give a diagnosis to the aggregates, and to take it back: a choice of its own, that changes neither score nor plan."""

from datetime import date
from html import escape

import streamlit as st

from ripresa.diagnosis.contribution import build_contribution, generate_withdrawal_code, get_missing_questions
from ripresa.diagnosis.contribution_store import ContributionStoreError, get_code_expiry_date, open_store
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import ANSWERED, DiagnosisResult
from ripresa.i18n import format_items, format_period, t
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


def render_form(here: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """What would be stored, the unticked choice, and the code, shown once."""
    st.html(
        f'<h2 class="section">{escape(t("contribute_title", lang))}</h2><p class="lead">{escape(t("contribute_about", lang))}</p>'
    )
    if here.withdrawal_code:
        return render_withdrawal_code(here, lang)
    if here.has_contributed:
        return st.html(f'<div class="notice"><p>{escape(t("contribute_done", lang))}</p></div>')
    rules = get_questionnaire().privacy
    stored = "".join(f"<li>{escape(t(f'stored_{name}', lang))}</li>" for name in STORED_FIELDS)
    st.html(
        f'<details class="about" open><summary>{escape(t("contribute_stored", lang))}</summary><ul>{stored}</ul><p>{escape(t("contribute_never", lang))}</p>'
        f"<p>{escape(t('contribute_rules', lang, months=rules['retention_months'], threshold=rules['threshold'], until=_format_expiry_date(lang)))}</p></details>"
    )
    if not any(one.state == ANSWERED for one in result.items.values()):
        return st.html(f'<div class="notice"><p>{escape(t("contribute_no_answer", lang))}</p></div>')
    lacking = get_missing_questions(here.profile)
    if lacking:
        what = format_items((t(f"profile_{id}", lang) for id in lacking), lang)
        st.html(f'<div class="notice"><p>{escape(t("contribute_lacking", lang, what=what))}</p></div>')
        return st.button(
            t("contribute_profile", lang), on_click=open_screen, args=(PROFILE,), key=f"to_profile_{lang}"
        )
    if here.has_store_error:
        st.html(f'<div class="notice" role="alert"><p>{escape(t("contribute_fault", lang))}</p></div>')
    agreed = st.checkbox(t("contribute_agree", lang), value=False, key=f"consent_{lang}")
    return st.button(
        t("contribute_give", lang),
        on_click=store_contribution,
        args=(lang,),
        disabled=not agreed,
        key=f"contribute_{lang}",
    )


def store_contribution(lang: str) -> None:
    """Stores the row, once: a second press finds the same row and the same code."""
    here, today = get_diagnosis_session(), date.today()
    if here.has_contributed or not st.session_state.get(f"consent_{lang}"):
        return
    here.pending_contribution, here.pending_code = (
        here.pending_contribution
        or build_contribution(here.result, here.profile, lang, here.duration_seconds, today),
        here.pending_code or generate_withdrawal_code(),
    )
    try:
        open_store().add_contribution(here.pending_contribution, here.pending_code, today)
    except ContributionStoreError:
        here.has_store_error = True
        return
    (
        here.withdrawal_code,
        here.has_contributed,
        here.has_store_error,
        here.pending_contribution,
        here.pending_code,
    ) = here.pending_code, True, False, None, ""


def render_withdrawal_code(here: DiagnosisSession, lang: str) -> None:
    """The withdrawal code: it can be read now and never again."""
    st.html(
        f'<div class="notice"><p><strong>{escape(t("code_title", lang))}</strong></p><p class="code">{escape(here.withdrawal_code)}</p>'
        f"<p>{escape(t('code_about', lang, until=_format_expiry_date(lang)))}</p></div>"
    )
    st.button(t("code_noted", lang), on_click=discard_withdrawal_code, key=f"code_noted_{lang}")


def discard_withdrawal_code() -> None:
    """The code leaves the server's memory too."""
    get_diagnosis_session().withdrawal_code = ""


def render_withdrawal_form(lang: str) -> None:
    """The form that takes a contributed diagnosis back, for whoever has its code."""
    with (
        st.expander(t("withdraw_title", lang), key=f"withdraw_{lang}"),
        st.form(f"withdraw_form_{lang}", clear_on_submit=True, border=False),
    ):
        given = st.text_input(t("withdraw_code", lang), max_chars=60, autocomplete="off")
        if st.form_submit_button(t("withdraw_do", lang)) and given.strip():
            try:
                said = "withdraw_done" if open_store().withdraw(given, date.today()) else "withdraw_unknown"
            except ContributionStoreError:
                said = "contribute_fault"
            st.html(f'<div class="notice" role="status"><p>{escape(t(said, lang))}</p></div>')


def _format_expiry_date(lang: str) -> str:
    return format_period(f"{get_code_expiry_date(date.today()):%Y-%m-%d}", lang)
