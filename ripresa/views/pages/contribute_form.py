"""To give a diagnosis to the aggregates, and to take it back: a choice of its own, that changes neither score nor plan."""

from datetime import date
from html import escape

import streamlit as st

from ripresa.diagnosis.contribution import contribution, missing, new_code
from ripresa.diagnosis.contribution_store import StoreError, code_expires, open_store
from ripresa.diagnosis.questionnaire import bank
from ripresa.diagnosis.scoring import ANSWERED, Result
from ripresa.i18n import list_text, period_text, t
from ripresa.views.diagnosis_session import PROFILE, Visit, go, visit

STORED = (
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


def show(here: Visit, result: Result, lang: str) -> None:
    """What would be stored, the unticked choice, and the code, shown once."""
    st.html(
        f'<h2 class="section">{escape(t("contribute_title", lang))}</h2><p class="lead">{escape(t("contribute_about", lang))}</p>'
    )
    if here.code:
        return code(here, lang)
    if here.contributed:
        return st.html(f'<div class="said"><p>{escape(t("contribute_done", lang))}</p></div>')
    rules = bank().privacy
    stored = "".join(f"<li>{escape(t(f'stored_{name}', lang))}</li>" for name in STORED)
    st.html(
        f'<details class="about" open><summary>{escape(t("contribute_stored", lang))}</summary><ul>{stored}</ul><p>{escape(t("contribute_never", lang))}</p>'
        f"<p>{escape(t('contribute_rules', lang, months=rules['retention_months'], threshold=rules['threshold'], until=_until(lang)))}</p></details>"
    )
    if not any(one.state == ANSWERED for one in result.items.values()):
        return st.html(f'<div class="said"><p>{escape(t("contribute_no_answer", lang))}</p></div>')
    lacking = missing(here.profile)
    if lacking:
        what = list_text((t(f"profile_{id}", lang) for id in lacking), lang)
        st.html(f'<div class="said"><p>{escape(t("contribute_lacking", lang, what=what))}</p></div>')
        return st.button(
            t("contribute_profile", lang), on_click=go, args=(PROFILE,), key=f"to_profile_{lang}"
        )
    if here.failed:
        st.html(f'<div class="said" role="alert"><p>{escape(t("contribute_fault", lang))}</p></div>')
    agreed = st.checkbox(t("contribute_agree", lang), value=False, key=f"agree_{lang}")
    return st.button(
        t("contribute_give", lang), on_click=give, args=(lang,), disabled=not agreed, key=f"give_{lang}"
    )


def give(lang: str) -> None:
    """Stores the row, once: a second press finds the same row and the same code."""
    here, today = visit(), date.today()
    if here.contributed or not st.session_state.get(f"agree_{lang}"):
        return
    here.row, here.secret = (
        here.row or contribution(here.result, here.profile, lang, here.seconds, today),
        here.secret or new_code(),
    )
    try:
        open_store().add(here.row, here.secret, today)
    except StoreError:
        here.failed = True
        return
    here.code, here.contributed, here.failed, here.row, here.secret = here.secret, True, False, None, ""


def code(here: Visit, lang: str) -> None:
    """The withdrawal code: it can be read now and never again."""
    st.html(
        f'<div class="said"><p><strong>{escape(t("code_title", lang))}</strong></p><p class="code">{escape(here.code)}</p>'
        f"<p>{escape(t('code_about', lang, until=_until(lang)))}</p></div>"
    )
    st.button(t("code_noted", lang), on_click=noted, key=f"noted_{lang}")


def noted() -> None:
    """The code leaves the server's memory too."""
    visit().code = ""


def withdraw(lang: str) -> None:
    """The form that takes a contributed diagnosis back, for whoever has its code."""
    with (
        st.expander(t("withdraw_title", lang), key=f"withdraw_{lang}"),
        st.form(f"withdraw_form_{lang}", clear_on_submit=True, border=False),
    ):
        given = st.text_input(t("withdraw_code", lang), max_chars=60, autocomplete="off")
        if st.form_submit_button(t("withdraw_do", lang)) and given.strip():
            try:
                said = "withdraw_done" if open_store().withdraw(given, date.today()) else "withdraw_unknown"
            except StoreError:
                said = "contribute_fault"
            st.html(f'<div class="said" role="status"><p>{escape(t(said, lang))}</p></div>')


def _until(lang: str) -> str:
    return period_text(f"{code_expires(date.today()):%Y-%m-%d}", lang)
