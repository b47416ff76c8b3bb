"""The diagnosis, one screen at a time: introduction, profile, the goals' questions, and the result.

The address holds the name of the screen. Answers are in no address, cookie or log."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import streamlit as st

from ripresa.diagnosis.questionnaire import Goal, ProfileQuestion
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import get_visible_items
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.views.components.html import render_html, render_notice
from ripresa.views.components.widgets import seed_widget
from ripresa.views.diagnosis_session import (
    PROFILE,
    RESULT,
    SCREENS,
    START,
    DiagnosisSession,
    clear_diagnosis,
    get_diagnosis_session,
    open_adjacent_screen,
    open_screen,
    set_answer,
    sync_screen_with_url,
    update_profile,
)
from ripresa.views.pages import contribute_form, diagnosis_result, diagnosis_results_page

STYLESHEET = Path(__file__).with_name("diagnosis_page.css")
QUESTION_SCREENS = SCREENS[1:-1]
SELECT_QUESTIONS = ("region",)  # profile questions shown as a list; the others as radio buttons
Answer = TypeVar("Answer", bound=int | str)


def render_page(filters: Filters) -> None:
    """The page: the current screen of the diagnosis."""
    has_screen, session, lang = sync_screen_with_url(), get_diagnosis_session(), filters.lang
    st.html(STYLESHEET)
    if not has_screen:
        render_notice(t("diagnosis_elsewhere", lang))
    if session.screen == START:
        render_start(session, lang)
    elif session.screen == RESULT:
        diagnosis_result.render_result(session, filters)
    else:
        render_questions(session, lang)
    scroll_script = render_html("pages/scroll_script.html", lang, screens_opened=session.screens_opened)
    st.html(scroll_script, unsafe_allow_javascript=True)


def render_start(session: DiagnosisSession, lang: str) -> None:
    """What the diagnosis is, how long it takes and what is stored."""
    questionnaire = get_questionnaire()
    st.html(
        render_html(
            "pages/diagnosis_start.html",
            lang,
            minutes=questionnaire.promised_minutes,
            item_count=len(questionnaire.items),
        )
    )
    with st.container(key="step-buttons", horizontal=True, vertical_alignment="center"):
        st.button(
            t("diagnosis_resume" if session.started_at else "diagnosis_start", lang),
            on_click=open_screen,
            args=(PROFILE,),
            type="primary",
            key=f"start_{lang}",
        )
    diagnosis_results_page.render_results_link(lang)
    contribute_form.render_withdrawal_form(lang)


def render_questions(session: DiagnosisSession, lang: str) -> None:
    """A screen of questions, with the buttons to go on and back."""
    goal = None if session.screen == PROFILE else get_questionnaire().get_goal(session.screen)
    st.html(
        render_html(
            "pages/diagnosis_progress.html",
            lang,
            step=QUESTION_SCREENS.index(session.screen) + 1,
            step_count=len(QUESTION_SCREENS),
            title=goal.label[lang] if goal else t("diagnosis_profile", lang),
            description=goal.description[lang] if goal else t("diagnosis_profile_about", lang),
        )
    )
    with st.container(key="questions"):
        if goal:
            render_goal_questions(session, goal, lang)
        else:
            render_profile_questions(session, lang)
    is_last = session.screen == QUESTION_SCREENS[-1]
    with st.container(key="step-buttons", horizontal=True, vertical_alignment="center"):
        st.button(t("diagnosis_back", lang), on_click=open_adjacent_screen, args=(-1,), key=f"back_{lang}")
        st.button(
            t("diagnosis_finish" if is_last else "diagnosis_next", lang),
            on_click=open_adjacent_screen,
            args=(1,),
            type="primary",
            key=f"next_{lang}",
        )
        if not is_last:
            st.button(
                t("diagnosis_straight", lang),
                on_click=open_screen,
                args=(RESULT,),
                type="tertiary",
                key=f"skip_to_plan_{lang}",
            )
    with st.container(key="secondary-actions", horizontal=True):
        st.button(
            t("diagnosis_clear", lang),
            on_click=clear_screen,
            args=(goal,),
            type="tertiary",
            key=f"clear_{lang}",
        )
        st.button(t("diagnosis_forget", lang), on_click=clear_diagnosis, type="tertiary", key=f"erase_{lang}")


def render_goal_questions(session: DiagnosisSession, goal: Goal, lang: str) -> None:
    """The questions of a goal that are visible after the answers given so far."""
    for item in get_visible_items(session.answers):
        if item.goal == goal.id:
            labels = dict(get_questionnaire().get_answer_options(item, lang))
            key = seed_widget(f"{item.id}_{lang}", session.answers.get(item.id))
            _render_radio(item.question[lang], labels, key, _save_answer, item.id)


def render_profile_questions(session: DiagnosisSession, lang: str) -> None:
    """The questions about the firm, all optional."""
    for question in get_questionnaire().profile_questions:
        if question.id == "goals":
            render_goal_choice(session, question, lang)
            continue
        labels = _get_option_labels(question, lang)
        key = seed_widget(f"profile_{question.id}_{lang}", getattr(session.profile, question.id) or None)
        if question.id in SELECT_QUESTIONS:
            st.selectbox(
                question.question[lang],
                list(labels),
                index=None,
                format_func=labels.__getitem__,
                key=key,
                on_change=_save_profile_answer,
                args=(question.id, key),
                placeholder=t("diagnosis_choose", lang),
            )
        else:
            _render_radio(question.question[lang], labels, key, _save_profile_answer, question.id)


def _get_option_labels(question: ProfileQuestion, lang: str) -> dict[str, str]:
    return {
        option.id: option.text[lang] + (f" ({option.examples[lang]})" if option.examples else "")
        for option in question.options
    }


def render_goal_choice(session: DiagnosisSession, question: ProfileQuestion, lang: str) -> None:
    """The most important goal and the second one: they order the plan and change no score."""
    labels = _get_option_labels(question, lang)
    first, second = (*session.profile.goals, None, None)[:2]
    _render_goal_radio(1, labels, first, lang)
    if first:
        _render_goal_radio(2, {id: label for id, label in labels.items() if id != first}, second, lang)


def _render_goal_radio(rank: int, labels: dict[str, str], goal: str | None, lang: str) -> None:
    key = seed_widget(f"goal_{rank}_{lang}", goal)
    _render_radio(t(f"diagnosis_goal_{rank}", lang), labels, key, _save_goal, rank)


def _render_radio(
    question: str, labels: Mapping[Answer, str], key: str, save: Callable[..., None], subject: str | int
) -> None:
    """A question, none of whose answers is preselected; a choice calls `save(subject, key)`."""
    st.radio(
        question,
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        key=key,
        on_change=save,
        args=(subject, key),
    )


# --- callbacks ---


def clear_screen(goal: Goal | None) -> None:
    """Clears the answers to a goal's questions, or the profile."""
    if goal is None:
        get_diagnosis_session().profile = type(get_diagnosis_session().profile)()
    else:
        for item in goal.items:
            set_answer(item.id, None)


def _save_answer(item: str, key: str) -> None:
    set_answer(item, st.session_state[key])


def _save_profile_answer(question: str, key: str) -> None:
    update_profile(**{question: st.session_state[key] or ""})


def _save_goal(rank: int, key: str) -> None:
    """Saves the first goal, keeping a different second one, or the second."""
    goal, goals = st.session_state[key], get_diagnosis_session().profile.goals
    if rank == 2:
        update_profile(goals=(*goals[:1], goal) if goal else goals[:1])
    else:
        update_profile(goals=(goal, *(other for other in goals[1:] if other != goal)) if goal else ())
