"""The result of a diagnosis: the plan first, then the scores with their ranges, what moved them, and official figures beside the answers."""

from datetime import date
from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.charts.diagnosis_charts import render_score_range
from ripresa.database.query import run_query
from ripresa.diagnosis import official_statistics, plan_calendar
from ripresa.diagnosis.action_plan import Action, ActionPlan, format_cause, format_first_step
from ripresa.diagnosis.peers import find_peer_statistics
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import (
    ANSWERED,
    SCORED_STATES,
    DiagnosisResult,
    Score,
    format_level,
    get_visible_items,
    round_half_up,
)
from ripresa.filters import Filters
from ripresa.i18n import MISSING_TEXT, format_items, format_period, format_value, t
from ripresa.observations.boundaries import load_short_names as names_of_areas
from ripresa.views.components import data_table
from ripresa.views.components.export_menu import get_site_url
from ripresa.views.diagnosis_session import (
    PROFILE,
    DiagnosisSession,
    clear_diagnosis,
    open_adjacent_screen,
    open_screen,
)
from ripresa.views.pages import contribute_form, diagnosis_results_page, resources_page

PRINT_SCRIPT = """<script>
    document.querySelectorAll('button.print-button').forEach(button => { button.onclick = () => window.print(); });
</script>"""


def render_result(here: DiagnosisSession, filters: Filters) -> None:
    """The whole result, in the order a firm needs it."""
    lang, result, plan = filters.lang, here.result, here.plan
    render_header(here, result, plan, lang)
    render_tools(here, result, plan, lang)
    render_actions(plan, here.profile.region, lang)
    render_scores(here, result, lang)
    render_item_points(result, lang)
    render_official_comparison(here, result, lang)
    with st.container(key="contribute"):
        contribute_form.render_form(here, result, lang)
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


def render_header(here: DiagnosisSession, result: DiagnosisResult, plan: ActionPlan, lang: str) -> None:
    """The heading, and in one sentence what the plan is made of."""
    told = [
        t(f"profile_{question.id}", lang)
        for question in get_questionnaire().profile_questions
        if getattr(here.profile, question.id)
    ]
    kind = (
        ("told" if told else "blank")
        if result.is_blank
        else "starting"
        if plan.is_starter_plan
        else "lead"
        if plan.actions
        else "nothing"
    )
    warning = (
        f'<p class="critical">{escape(get_questionnaire().format_message("critical", lang))}: {escape(format_items((one.recommendation.title[lang] for one in plan.actions if one.is_critical), lang))}.</p>'
        if any(one.is_critical for one in plan.actions)
        else ""
    )
    st.html(
        f'<div class="page-header"><p class="kicker">{escape(t("nav_diagnosis", lang))} · {escape(t("diagnosis_trial", lang))}</p><h1>{escape(t("plan_title", lang))}</h1>'
        f'<p class="lead">{escape(t(f"plan_{kind}", lang, count=len(plan.actions), told=format_items(told, lang)))}</p>'
        f'<p class="print-only">{escape(t("site", lang))} · {escape(format_period(f"{date.today():%Y-%m-%d}", lang))}</p>{warning}</div>'
    )


def render_tools(here: DiagnosisSession, result: DiagnosisResult, plan: ActionPlan, lang: str) -> None:
    """To paper, to the calendar, or back to the questions. A plan from few answers says so, and leads first of all to those left blank."""
    asked, address = get_visible_items(here.answers), get_site_url()
    blank = [item for item in asked if here.answers.get(item.id) is None]
    thin = bool(blank) and not result.overall.has_value
    if thin and not result.is_blank:
        st.html(
            f'<p class="lead">{escape(t("plan_thin", lang, count=len(asked) - len(blank), asked=len(asked)))}</p>'
        )
    with st.container(key="result-actions", horizontal=True, vertical_alignment="center"):
        if thin:
            st.button(
                t("plan_more", lang),
                on_click=open_screen,
                args=(blank[0].goal,),
                type="primary",
                key=f"more_{lang}",
            )
        st.html(
            f'<button type="button" class="print-button{" secondary" if thin else ""}">{escape(t("plan_print", lang))}</button>{PRINT_SCRIPT}',
            unsafe_allow_javascript=True,
            width="content",
        )
        if plan.actions:
            st.download_button(
                t("plan_calendar", lang),
                data=lambda: plan_calendar.build_ics(plan, lang, address, date.today()),
                file_name=t("plan_calendar_file", lang),
                mime="text/calendar",
                key=f"calendar_{lang}",
                on_click="ignore",
            )
        if not thin:
            st.button(t("plan_change", lang), on_click=open_screen, args=(PROFILE,), key=f"change_{lang}")


# --- the plan ---


def render_actions(plan: ActionPlan, region: str, lang: str) -> None:
    """The actions of this week, month and quarter, and those that wait for another."""
    for slot in get_questionnaire().slots:
        there = plan.get_slot_actions(slot.id)
        if there:
            st.html(f'<h2 class="section">{escape(slot.label[lang])}</h2>')
            with st.container(key=f"slot_{slot.id}"):
                for one in there:
                    render_action(one, region, lang)
    if plan.blocked_actions:
        waiting = "".join(
            f"<li>{escape(one.recommendation.title[lang])}. {escape(get_questionnaire().format_message('waits_for', lang, title=one.prerequisite.title[lang]))}.</li>"
            for one in plan.blocked_actions
        )
        st.html(
            f'<div class="notice"><p><strong>{escape(t("plan_later", lang))}</strong></p><ul>{waiting}</ul></div>'
        )


def render_action(one: Action, region: str, lang: str) -> None:
    """One action: what to do, the answer behind it, the first step, what it takes, and where to learn it."""
    todo = one.recommendation
    urgent = (
        f'<p class="urgent">{escape(get_questionnaire().format_message("critical", lang))}</p>'
        if one.is_critical
        else ""
    )
    facts = "".join(
        f"<div><dt>{escape(t(f'plan_{kind}', lang))}</dt><dd>{escape(getattr(get_questionnaire(), kind)[getattr(todo, kind)].label[lang])}</dd></div>"
        for kind in ("effort", "cost", "resource")
    )
    with st.container(key=f"action_{one.id.replace('.', '_')}"):
        st.html(
            f'<article class="action"><p class="kicker">{escape(get_questionnaire().get_goal(one.item.goal).label[lang])}</p><h3>{escape(todo.title[lang])}</h3>{urgent}'
            f'<p>{escape(todo.effect[lang])}</p><p class="first-step"><strong>{escape(t("plan_first_step", lang))}</strong> {escape(format_first_step(one, lang))}</p><dl>{facts}</dl>'
            f'<p class="rationale">{escape(t("plan_cause", lang, question=one.item.question[lang], cause=format_cause(one, lang)))}</p>'
            f'<p class="print-only">{escape(t("plan_learn_at", lang, address=plan_calendar.build_resources_url(one, lang, get_site_url())))}</p></article>'
        )
        st.page_link(
            "pages/resources.py",
            label=t("plan_learn", lang, subject=resources_page.get_label("subject", one.item.subject, lang)),
            query_params={"lang": lang, "subject": one.item.subject} | ({"geo": region} if region else {}),
        )


# --- the scores ---


def render_scores(here: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """Overall and by goal: the number, how far it could lie from it, and the level in words."""
    lines = [
        _render_score_row(t("scores_overall", lang), result.overall, lang),
        *(
            _render_score_row(goal.label[lang], result.goals[goal.id], lang)
            for goal in get_questionnaire().goals
        ),
    ]
    heads = "".join(
        f'<th scope="col">{escape(t(f"scores_{name}", lang))}</th>'
        for name in ("goal", "number", "level", "range")
    )
    said = [t("scores_about", lang)]
    if result.overall.is_capped:
        said.append(t("scores_capped", lang))
    if result.sensitivity:
        (goal_low, goal_high), (low, high) = result.sensitivity.goal, result.sensitivity.overall
        said.append(
            get_questionnaire().format_message(
                "step_effect",
                lang,
                **{
                    name: format_value(value, "index", 1, lang)
                    for name, value in {
                        "goal_low": goal_low,
                        "goal_high": goal_high,
                        "all_low": low,
                        "all_high": high,
                    }.items()
                },
            )
        )
    said.append(_describe_peers(here, lang))
    st.html(
        f'<h2 class="section">{escape(t("scores_title", lang))}</h2><table class="scores"><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
        f'<div class="footnote"><ul>{"".join(f"<li>{escape(one)}</li>" for one in said)}</ul><p>{escape(get_questionnaire().disclaimer[lang])}</p></div>'
    )


def _render_score_row(name: str, score: Score, lang: str) -> str:
    if not score.has_value:
        return f'<tr><th scope="row">{escape(name)}</th><td class="number">{MISSING_TEXT}</td><td colspan="2">{escape(format_level(score, lang))}</td></tr>'
    value, low, high = (round_half_up(one) for one in (score.value, score.low, score.high))
    words = t("scores_exact", lang) if score.is_exact else t("scores_between", lang, low=low, high=high)
    return (
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{value}</td><td>{escape(format_level(score, lang))}</td>'
        f"<td>{render_score_range(score.low, score.value, score.high, [level.min_score for level in get_questionnaire().levels[1:]])}<small>{escape(words)}</small></td></tr>"
    )


def _describe_peers(here: DiagnosisSession, lang: str) -> str:
    """Where the middle half of similar firms lies, once a real release says so."""
    found = find_peer_statistics(read_visible_release(), "overall", here.profile.sector, here.profile.size)
    if found is None:
        return t("peers_none", lang)
    return t(
        f"peers_{found.grouping}",
        lang,
        n=found.sample_size,
        low=round_half_up(found.q1),
        high=round_half_up(found.q3),
        median=round_half_up(found.median),
        until=format_period(found.month_to, lang),
    )


def render_item_points(result: DiagnosisResult, lang: str) -> None:
    """For each goal, every question with what its answer brought and what the best one would add; the largest room first."""
    heads = {name: t(f"moved_{name}", lang) for name in ("question", "answer", "gained", "missing")}
    for goal in get_questionnaire().goals:
        if not result.goals[goal.id].has_value:
            continue
        there = sorted((result.items[item.id] for item in goal.items), key=lambda one: -one.points_missing)
        body = [
            {
                "question": one.item.question[lang],
                "answer": _format_answer(one, lang),
                **{
                    name: format_value(getattr(one, f"points_{name}"), "points", 0, lang)
                    if one.state in SCORED_STATES
                    else MISSING_TEXT
                    for name in ("gained", "missing")
                },
            }
            for one in there
        ]
        st.html(
            f'<details class="about"><summary>{escape(t("moved_title", lang, goal=goal.label[lang]))}</summary>'
            f"{data_table.render_table(body, heads, t('moved_caption', lang), numeric_columns=('gained', 'missing'), stacked=True)}</details>"
        )


def _format_answer(one, lang: str) -> str:
    """The answer in words; a question that was not asked says so."""
    if one.state.startswith("hidden"):
        return t("moved_not_asked", lang)
    return get_questionnaire().format_answer(
        one.item, one.points if one.state == ANSWERED else one.state, lang
    )


# --- official figures ---


def get_official_rows(lang: str) -> list[dict]:
    """Italy's official shares by size class and by sector, for the questions of the bank whose indicator is loaded."""
    found = []
    for id in official_statistics.get_official_indicators():
        if id in catalogue.load_indicators():
            opening = catalogue.get_indicator(id).get_default_view("europe")
            cut = {
                "indicator": id,
                "geo": official_statistics.REFERENCE_AREA,
                "gender": "all",
                "period": "latest",
                "editions": opening["editions"],
                "lang": lang,
            }
            for rows in (
                run_query("by_size", **cut, sector="all"),
                run_query("by_sector", **cut, size="GE10"),
            ):
                found += [row | {"indicator": id} for row in rows.to_dict("records")]
    return found


def render_official_comparison(here: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """The firm's own yes or no beside the share of firms that say yes in the official survey."""
    rows = get_official_rows(lang)
    names = {row["size"]: row["size_name"] for row in rows} | {
        row["sector"]: row["sector_name"] for row in rows
    }
    found = official_statistics.compare_with_official_statistics(
        result,
        rows,
        date.today().year,
        here.profile.size or diagnosis_results_page.DEFAULT_SIZE,
        here.profile.sector,
    )
    loaded = [one for one in found if one.state == "shown"]
    region = here.profile.region
    said = [
        t("official_about", lang),
        *([t("official_region", lang, region=names_of_areas()[region][lang])] if region else []),
        *([] if here.profile.size else [t("official_size", lang)]),
    ]
    st.html(
        f'<h2 class="section">{escape(t("official_title", lang))}</h2><p class="lead">{escape(" ".join(said))}</p>'
    )
    if loaded:
        heads = {name: t(f"official_{name}", lang) for name in ("question", "you", "share", "note")}
        body = [
            {
                "question": catalogue.get_indicator(one.official_question.indicator).label[lang],
                "you": t(f"official_{one.firm_answer}".lower(), lang),
                "share": _format_official_shares(one, names, lang),
                "note": " ".join(official_statistics.format_notes(one, lang)),
            }
            for one in loaded
        ]
        st.html(data_table.render_table(body, heads, t("official_caption", lang), stacked=True))
    rest = [one for one in found if one.state != "shown"]
    if rest:
        listed = "".join(
            f"<li>{escape(one.item.question[lang])} <em>{escape(' '.join(official_statistics.format_notes(one, lang)))}</em> ({escape(one.official_question.code)})</li>"
            for one in rest
        )
        st.html(
            f'<details class="about"><summary>{escape(t("official_missing", lang, count=len(rest)))}</summary><ul>{listed}</ul></details>'
        )


def _format_official_shares(one, names: dict[str, str], lang: str) -> str:
    shares = (
        (one.by_size, one.by_size and names[one.by_size.size]),
        (one.by_sector, one.by_sector and names[one.by_sector.sector]),
    )
    said = [
        f"{format_value(share.value, 'percent', 1, lang)} ({name}, {t('italy', lang)}, {share.year}; {share.source})"
        for share, name in shares
        if share
    ]
    return " · ".join(said) or MISSING_TEXT
