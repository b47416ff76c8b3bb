"""The action plan of a diagnosis: its summary, the buttons to print and export it, and its actions."""

from datetime import date

import streamlit as st

from ripresa.diagnosis import plan_calendar
from ripresa.diagnosis.action_plan import Action, ActionPlan, format_cause, format_first_step
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import DiagnosisResult, get_visible_items
from ripresa.i18n import format_items, format_period, t
from ripresa.views.components.export_menu import get_site_url
from ripresa.views.components.html import (
    render_html,
    render_notice,
    render_paragraph,
    render_section_heading,
)
from ripresa.views.diagnosis_session import PROFILE, DiagnosisSession, open_screen
from ripresa.views.pages import resources_page

FACTS = ("effort", "cost", "resource")  # of an action


def render_header(session: DiagnosisSession, result: DiagnosisResult, plan: ActionPlan, lang: str) -> None:
    """The heading, a sentence on what the plan is based on, and a warning about critical actions."""
    answered = [
        t(f"profile_{question.id}", lang)
        for question in get_questionnaire().profile_questions
        if getattr(session.profile, question.id)
    ]
    critical = [action.recommendation.title[lang] for action in plan.actions if action.is_critical]
    st.html(
        render_html(
            "pages/plan_header.html",
            lang,
            lead=t(
                _get_lead_key(result, plan, has_profile=bool(answered)),
                lang,
                count=len(plan.actions),
                told=format_items(answered, lang),
            ),
            printed_on=format_period(f"{date.today():%Y-%m-%d}", lang),
            critical_label=get_questionnaire().format_message("critical", lang),
            critical_titles=format_items(critical, lang) if critical else "",
        )
    )


def _get_lead_key(result: DiagnosisResult, plan: ActionPlan, has_profile: bool) -> str:
    if result.is_blank:
        return "plan_told" if has_profile else "plan_blank"
    if plan.is_starter_plan:
        return "plan_starting"
    return "plan_lead" if plan.actions else "plan_nothing"


def render_tools(session: DiagnosisSession, result: DiagnosisResult, plan: ActionPlan, lang: str) -> None:
    """Buttons to print the plan, add it to a calendar and change the answers.

    A plan from too few answers for a score has a sentence about it, and first a button to the unanswered."""
    visible_items = get_visible_items(session.answers)
    unanswered = [item for item in visible_items if session.answers.get(item.id) is None]
    is_thin = bool(unanswered) and not result.overall.has_value
    if is_thin and not result.is_blank:
        answer_count = len(visible_items) - len(unanswered)
        render_paragraph(t("plan_thin", lang, count=answer_count, asked=len(visible_items)), "lead")
    with st.container(key="result-actions", horizontal=True, vertical_alignment="center"):
        if is_thin:
            st.button(
                t("plan_more", lang),
                on_click=open_screen,
                args=(unanswered[0].goal,),
                type="primary",
                key=f"more_{lang}",
            )
        st.html(
            render_html("pages/print_button.html", lang, is_secondary=is_thin),
            unsafe_allow_javascript=True,
            width="content",
        )
        if plan.actions:
            site_url = get_site_url()
            st.download_button(
                t("plan_calendar", lang),
                data=lambda: plan_calendar.build_ics(plan, lang, site_url, date.today()),
                file_name=t("plan_calendar_file", lang),
                mime="text/calendar",
                key=f"calendar_{lang}",
                on_click="ignore",
            )
        if not is_thin:
            st.button(t("plan_change", lang), on_click=open_screen, args=(PROFILE,), key=f"change_{lang}")


def render_actions(plan: ActionPlan, region: str, lang: str) -> None:
    """The actions of this week, month and quarter, and those that depend on another."""
    for slot in get_questionnaire().slots:
        if actions := plan.get_slot_actions(slot.id):
            render_section_heading(slot.label[lang])
            with st.container(key=f"slot_{slot.id}"):
                for action in actions:
                    render_action(action, region, lang)
    if plan.blocked_actions:
        items = [_describe_blocked_action(action, lang) for action in plan.blocked_actions]
        render_notice(title=t("plan_later", lang), items=items)


def _describe_blocked_action(action: Action, lang: str) -> str:
    prerequisite = action.prerequisite.title[lang] if action.prerequisite else ""
    waiting = get_questionnaire().format_message("waits_for", lang, title=prerequisite)
    return f"{action.recommendation.title[lang]}. {waiting}."


def render_action(action: Action, region: str, lang: str) -> None:
    """One action: its effect, first step, effort, cost and cause, and a link to resources about it."""
    questionnaire, recommendation = get_questionnaire(), action.recommendation
    facts = {
        t(f"plan_{name}", lang): getattr(questionnaire, name)[getattr(recommendation, name)].label[lang]
        for name in FACTS
    }
    cause = format_cause(action, lang)
    resources_url = plan_calendar.build_resources_url(action, lang, get_site_url())
    subject = action.item.subject
    with st.container(key=f"action_{action.id.replace('.', '_')}"):
        st.html(
            render_html(
                "pages/plan_action.html",
                lang,
                goal=questionnaire.get_goal(action.item.goal).label[lang],
                recommendation=recommendation,
                critical_label=questionnaire.format_message("critical", lang) if action.is_critical else "",
                first_step=format_first_step(action, lang),
                facts=facts,
                rationale=t("plan_cause", lang, question=action.item.question[lang], cause=cause),
                resources_url=resources_url,
            )
        )
        st.page_link(
            "pages/resources.py",
            label=t("plan_learn", lang, subject=resources_page.get_label("subject", subject, lang)),
            query_params={"lang": lang, "subject": subject} | ({"geo": region} if region else {}),
        )
