"""The diagnosis, screen by screen: what it is, the profile, four goals, and the result. The address holds the screen; no answer is in it, in a cookie or in a log."""

from html import escape
from pathlib import Path

import streamlit as st

from ripresa.diagnosis.questionnaire import Goal
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import get_visible_items
from ripresa.filters import Filters
from ripresa.i18n import t
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
QUESTION_SCREENS = SCREENS[1:-1]  # the screens with questions
SELECT_QUESTIONS = (
    "region",
)  # a list to choose from; the other questions of the profile show all their answers
SCROLL_SCRIPT = """<script>
    if ({opened}) {{
        const main = document.querySelector('[data-testid="stMain"]'), head = main?.querySelector('h1');
        main?.scrollTo(0, 0);
        head?.setAttribute('tabindex', '-1');
        head?.focus({{preventScroll: true}});
    }}
</script>"""


def render_page(filters: Filters) -> None:
    """The page: the screen the firm has come to."""
    kept, here, lang = sync_screen_with_url(), get_diagnosis_session(), filters.lang
    st.html(STYLESHEET)
    if not kept:
        st.html(f'<div class="notice"><p>{escape(t("diagnosis_elsewhere", lang))}</p></div>')
    if here.screen == START:
        render_start(here, lang)
    elif here.screen == RESULT:
        diagnosis_result.render_result(here, filters)
    else:
        render_questions(here, lang)
    st.html(SCROLL_SCRIPT.format(opened=here.screens_opened), unsafe_allow_javascript=True)


def render_start(here: DiagnosisSession, lang: str) -> None:
    """What it is, how long it takes, what is kept."""
    points = "".join(
        f"<li><strong>{escape(t(f'diagnosis_{name}', lang))}</strong> {escape(t(f'diagnosis_{name}_about', lang, minutes=get_questionnaire().promised_minutes, count=len(get_questionnaire().items)))}</li>"
        for name in ("what", "how_long", "kept")
    )
    st.html(
        f'<div class="page-header"><p class="kicker">{escape(t("nav_diagnosis", lang))} · {escape(t("diagnosis_trial", lang))}</p>'
        f'<h1>{escape(t("diagnosis_question", lang))}</h1></div><ul class="assurances">{points}</ul>'
    )
    with st.container(key="step-buttons", horizontal=True, vertical_alignment="center"):
        st.button(
            t("diagnosis_resume" if here.started_at else "diagnosis_start", lang),
            on_click=open_screen,
            args=(PROFILE,),
            type="primary",
            key=f"start_{lang}",
        )
    diagnosis_results_page.render_results_link(lang)
    contribute_form.render_withdrawal_form(lang)


def render_questions(here: DiagnosisSession, lang: str) -> None:
    """A screen with questions, and the ways on and back."""
    place = QUESTION_SCREENS.index(here.screen)
    goal = None if here.screen == PROFILE else get_questionnaire().get_goal(here.screen)
    title, about = (
        (goal.label[lang], goal.description[lang])
        if goal
        else (t("diagnosis_profile", lang), t("diagnosis_profile_about", lang))
    )
    done = f'<span style="width:{100 * (place + 1) // len(QUESTION_SCREENS)}%"></span>'
    said = t("diagnosis_progress", lang, place=place + 1, count=len(QUESTION_SCREENS))
    st.html(
        f'<div class="page-header"><div class="progress"><p>{escape(said)}</p><div class="progress-track" role="progressbar" aria-label="{escape(said)}" aria-valuemin="0" '
        f'aria-valuemax="{len(QUESTION_SCREENS)}" aria-valuenow="{place + 1}">{done}</div></div><h1>{escape(title)}</h1><p class="lead">{escape(about)}</p></div>'
    )
    with st.container(key="questions"):
        render_goal_questions(here, goal, lang) if goal else render_profile_questions(here, lang)
    last = here.screen == QUESTION_SCREENS[-1]
    with st.container(key="step-buttons", horizontal=True, vertical_alignment="center"):
        st.button(t("diagnosis_back", lang), on_click=open_adjacent_screen, args=(-1,), key=f"back_{lang}")
        st.button(
            t("diagnosis_finish" if last else "diagnosis_next", lang),
            on_click=open_adjacent_screen,
            args=(1,),
            type="primary",
            key=f"next_{lang}",
        )
        if not last:
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


def render_goal_questions(here: DiagnosisSession, goal: Goal, lang: str) -> None:
    """The questions of a goal that these answers leave open."""
    for item in get_visible_items(here.answers):
        if item.goal == goal.id:
            labels = dict(get_questionnaire().get_answer_options(item, lang))
            key = _seed_widget(f"{item.id}_{lang}", here.answers.get(item.id))
            st.radio(
                item.question[lang],
                list(labels),
                index=None,
                format_func=labels.get,
                key=key,
                on_change=_save_answer,
                args=(item.id, key),
            )


def render_profile_questions(here: DiagnosisSession, lang: str) -> None:
    """Who answers: none of it is needed for the plan."""
    for question in get_questionnaire().profile_questions:
        labels = {
            option.id: option.text[lang] + (f" ({option.examples[lang]})" if option.examples else "")
            for option in question.options
        }
        if question.id == "goals":
            render_goal_choice(here, labels, lang)
            continue
        key = _seed_widget(f"profile_{question.id}_{lang}", getattr(here.profile, question.id) or None)
        given = {
            "index": None,
            "format_func": labels.get,
            "key": key,
            "on_change": _save_profile_answer,
            "args": (question.id, key),
        }
        if question.id in SELECT_QUESTIONS:
            st.selectbox(
                question.question[lang], list(labels), placeholder=t("diagnosis_choose", lang), **given
            )
        else:
            st.radio(question.question[lang], list(labels), **given)


def render_goal_choice(here: DiagnosisSession, labels: dict[str, str], lang: str) -> None:
    """The goal that counts most, then the second one: they order the plan and touch no score."""
    first, second = (*here.profile.goals, None, None)[:2]
    key = _seed_widget(f"goal_1_{lang}", first)
    st.radio(
        t("diagnosis_goal_1", lang),
        list(labels),
        index=None,
        format_func=labels.get,
        key=key,
        on_change=_save_first_goal,
        args=(key,),
    )
    if first:
        others = [id for id in labels if id != first]
        key = _seed_widget(f"goal_2_{lang}", second)
        st.radio(
            t("diagnosis_goal_2", lang),
            others,
            index=None,
            format_func=labels.get,
            key=key,
            on_change=_save_second_goal,
            args=(key,),
        )


def clear_screen(goal: Goal | None) -> None:
    """Leaves every question of a screen blank again (for callbacks)."""
    if goal is None:
        get_diagnosis_session().profile = type(get_diagnosis_session().profile)()
    else:
        for item in goal.items:
            set_answer(item.id, None)


def _seed_widget(key: str, given) -> str:
    """The widget shows the answer that is kept: it may have been given in the other language, or before another page."""
    if key not in st.session_state or st.session_state[key] != given:
        st.session_state[key] = given
    return key


def _save_answer(item: str, key: str) -> None:
    set_answer(item, st.session_state[key])


def _save_profile_answer(question: str, key: str) -> None:
    update_profile(**{question: st.session_state[key] or ""})


def _save_first_goal(key: str) -> None:
    first = st.session_state[key]
    update_profile(
        goals=tuple(
            dict.fromkeys(
                (first, *(goal for goal in get_diagnosis_session().profile.goals[1:] if goal != first))
            )
        )
        if first
        else ()
    )


def _save_second_goal(key: str) -> None:
    second = st.session_state[key]
    update_profile(goals=(*get_diagnosis_session().profile.goals[:1], *((second,) if second else ())))
