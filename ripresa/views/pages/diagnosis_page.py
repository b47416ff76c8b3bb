"""The diagnosis, screen by screen: what it is, the profile, four goals, and the result. The address holds the screen; no answer is in it, in a cookie or in a log."""

from html import escape
from pathlib import Path

import streamlit as st

from ripresa.diagnosis.questionnaire import Goal, bank
from ripresa.diagnosis.scoring import visible
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.views.diagnosis_session import (
    PROFILE,
    RESULT,
    SCREENS,
    START,
    Visit,
    answer,
    follow,
    forget,
    go,
    step,
    tell,
    visit,
)
from ripresa.views.pages import contribute_form, diagnosis_result, diagnosis_results_page

STYLE = Path(__file__).with_name("diagnosis_page.css")
ASKED = SCREENS[1:-1]  # the screens with questions
LONG = ("region",)  # a list to choose from; the other questions of the profile show all their answers
TOP = """<script>
    if ({opened}) {{
        const main = document.querySelector('[data-testid="stMain"]'), head = main?.querySelector('h1');
        main?.scrollTo(0, 0);
        head?.setAttribute('tabindex', '-1');
        head?.focus({{preventScroll: true}});
    }}
</script>"""


def show(filters: Filters) -> None:
    """The page: the screen the firm has come to."""
    kept, here, lang = follow(), visit(), filters.lang
    st.html(STYLE)
    if not kept:
        st.html(f'<div class="said"><p>{escape(t("diagnosis_elsewhere", lang))}</p></div>')
    if here.screen == START:
        start(here, lang)
    elif here.screen == RESULT:
        diagnosis_result.show(here, filters)
    else:
        questions(here, lang)
    st.html(TOP.format(opened=here.opened), unsafe_allow_javascript=True)


def start(here: Visit, lang: str) -> None:
    """What it is, how long it takes, what is kept."""
    points = "".join(
        f"<li><strong>{escape(t(f'diagnosis_{name}', lang))}</strong> {escape(t(f'diagnosis_{name}_about', lang, minutes=bank().promised_minutes, count=len(bank().items)))}</li>"
        for name in ("what", "how_long", "kept")
    )
    st.html(
        f'<div class="opening"><p class="kicker">{escape(t("nav_diagnosis", lang))} · {escape(t("diagnosis_trial", lang))}</p>'
        f'<h1>{escape(t("diagnosis_question", lang))}</h1></div><ul class="promise">{points}</ul>'
    )
    with st.container(key="steps", horizontal=True, vertical_alignment="center"):
        st.button(
            t("diagnosis_resume" if here.began else "diagnosis_start", lang),
            on_click=go,
            args=(PROFILE,),
            type="primary",
            key=f"start_{lang}",
        )
    diagnosis_results_page.door(lang)
    contribute_form.withdraw(lang)


def questions(here: Visit, lang: str) -> None:
    """A screen with questions, and the ways on and back."""
    place = ASKED.index(here.screen)
    goal = None if here.screen == PROFILE else bank().goal(here.screen)
    title, about = (
        (goal.label[lang], goal.description[lang])
        if goal
        else (t("diagnosis_profile", lang), t("diagnosis_profile_about", lang))
    )
    done = f'<span style="width:{100 * (place + 1) // len(ASKED)}%"></span>'
    said = t("diagnosis_progress", lang, place=place + 1, count=len(ASKED))
    st.html(
        f'<div class="opening"><div class="progress"><p>{escape(said)}</p><div class="track" role="progressbar" aria-label="{escape(said)}" aria-valuemin="0" '
        f'aria-valuemax="{len(ASKED)}" aria-valuenow="{place + 1}">{done}</div></div><h1>{escape(title)}</h1><p class="lead">{escape(about)}</p></div>'
    )
    with st.container(key="questions"):
        items(here, goal, lang) if goal else profile(here, lang)
    last = here.screen == ASKED[-1]
    with st.container(key="steps", horizontal=True, vertical_alignment="center"):
        st.button(t("diagnosis_back", lang), on_click=step, args=(-1,), key=f"back_{lang}")
        st.button(
            t("diagnosis_finish" if last else "diagnosis_next", lang),
            on_click=step,
            args=(1,),
            type="primary",
            key=f"next_{lang}",
        )
        if not last:
            st.button(
                t("diagnosis_straight", lang),
                on_click=go,
                args=(RESULT,),
                type="tertiary",
                key=f"straight_{lang}",
            )
    with st.container(key="aside", horizontal=True):
        st.button(
            t("diagnosis_clear", lang), on_click=clear, args=(goal,), type="tertiary", key=f"clear_{lang}"
        )
        st.button(t("diagnosis_forget", lang), on_click=forget, type="tertiary", key=f"forget_{lang}")


def items(here: Visit, goal: Goal, lang: str) -> None:
    """The questions of a goal that these answers leave open."""
    for item in visible(here.answers):
        if item.goal == goal.id:
            labels = dict(bank().options(item, lang))
            key = _shown(f"{item.id}_{lang}", here.answers.get(item.id))
            st.radio(
                item.question[lang],
                list(labels),
                index=None,
                format_func=labels.get,
                key=key,
                on_change=_answered,
                args=(item.id, key),
            )


def profile(here: Visit, lang: str) -> None:
    """Who answers: none of it is needed for the plan."""
    for question in bank().profile:
        labels = {
            option.id: option.text[lang] + (f" ({option.examples[lang]})" if option.examples else "")
            for option in question.options
        }
        if question.id == "goals":
            goals(here, labels, lang)
            continue
        key = _shown(f"profile_{question.id}_{lang}", getattr(here.profile, question.id) or None)
        given = {
            "index": None,
            "format_func": labels.get,
            "key": key,
            "on_change": _told,
            "args": (question.id, key),
        }
        if question.id in LONG:
            st.selectbox(
                question.question[lang], list(labels), placeholder=t("diagnosis_choose", lang), **given
            )
        else:
            st.radio(question.question[lang], list(labels), **given)


def goals(here: Visit, labels: dict[str, str], lang: str) -> None:
    """The goal that counts most, then the second one: they order the plan and touch no score."""
    first, second = (*here.profile.goals, None, None)[:2]
    key = _shown(f"goal_1_{lang}", first)
    st.radio(
        t("diagnosis_goal_1", lang),
        list(labels),
        index=None,
        format_func=labels.get,
        key=key,
        on_change=_first_goal,
        args=(key,),
    )
    if first:
        others = [id for id in labels if id != first]
        key = _shown(f"goal_2_{lang}", second)
        st.radio(
            t("diagnosis_goal_2", lang),
            others,
            index=None,
            format_func=labels.get,
            key=key,
            on_change=_second_goal,
            args=(key,),
        )


def clear(goal: Goal | None) -> None:
    """Leaves every question of a screen blank again (for callbacks)."""
    if goal is None:
        visit().profile = type(visit().profile)()
    else:
        for item in goal.items:
            answer(item.id, None)


def _shown(key: str, given) -> str:
    """The widget shows the answer that is kept: it may have been given in the other language, or before another page."""
    if key not in st.session_state or st.session_state[key] != given:
        st.session_state[key] = given
    return key


def _answered(item: str, key: str) -> None:
    answer(item, st.session_state[key])


def _told(question: str, key: str) -> None:
    tell(**{question: st.session_state[key] or ""})


def _first_goal(key: str) -> None:
    first = st.session_state[key]
    tell(
        goals=tuple(dict.fromkeys((first, *(goal for goal in visit().profile.goals[1:] if goal != first))))
        if first
        else ()
    )


def _second_goal(key: str) -> None:
    second = st.session_state[key]
    tell(goals=(*visit().profile.goals[:1], *((second,) if second else ())))
