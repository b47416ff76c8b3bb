"""The result of a diagnosis: the plan first, then the scores with their ranges, what moved them, and official figures beside the answers."""

from datetime import date
from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.charts.diagnosis_charts import mark
from ripresa.database.query import ask
from ripresa.diagnosis import official_statistics, plan_calendar
from ripresa.diagnosis.action_plan import Action, Plan, cause, first_step
from ripresa.diagnosis.peers import peers
from ripresa.diagnosis.questionnaire import bank
from ripresa.diagnosis.scoring import ANSWERED, SCORED, Result, Score, level_text, visible, whole
from ripresa.disclosure.published_file import for_pages
from ripresa.filters import Filters
from ripresa.i18n import MISSING, list_text, period_text, t, value_text
from ripresa.observations.boundaries import names as names_of_areas
from ripresa.views.components import data_table
from ripresa.views.components.export_menu import site
from ripresa.views.diagnosis_session import PROFILE, Visit, forget, go, step
from ripresa.views.pages import contribute_form, diagnosis_results_page, resources_page

PRINT = """<script>
    document.querySelectorAll('button.print').forEach(button => { button.onclick = () => window.print(); });
</script>"""


def show(here: Visit, filters: Filters) -> None:
    """The whole result, in the order a firm needs it."""
    lang, result, plan = filters.lang, here.result, here.plan
    opening(here, result, plan, lang)
    tools(here, result, plan, lang)
    actions(plan, here.profile.region, lang)
    scores(here, result, lang)
    moved(result, lang)
    beside(here, result, lang)
    with st.container(key="contribute"):
        contribute_form.show(here, result, lang)
        contribute_form.withdraw(lang)
    diagnosis_results_page.door(lang)
    with st.container(key="aside", horizontal=True):
        st.button(t("diagnosis_back", lang), on_click=step, args=(-1,), type="tertiary", key=f"back_{lang}")
        st.button(t("diagnosis_forget", lang), on_click=forget, type="tertiary", key=f"forget_{lang}")


def opening(here: Visit, result: Result, plan: Plan, lang: str) -> None:
    """The heading, and in one sentence what the plan is made of."""
    told = [
        t(f"profile_{question.id}", lang) for question in bank().profile if getattr(here.profile, question.id)
    ]
    kind = (
        ("told" if told else "blank")
        if result.blank
        else "starting"
        if plan.starting
        else "lead"
        if plan.actions
        else "nothing"
    )
    warning = (
        f'<p class="critical">{escape(bank().word("critical", lang))}: {escape(list_text((one.recommendation.title[lang] for one in plan.actions if one.critical), lang))}.</p>'
        if any(one.critical for one in plan.actions)
        else ""
    )
    st.html(
        f'<div class="opening"><p class="kicker">{escape(t("nav_diagnosis", lang))} · {escape(t("diagnosis_trial", lang))}</p><h1>{escape(t("plan_title", lang))}</h1>'
        f'<p class="lead">{escape(t(f"plan_{kind}", lang, count=len(plan.actions), told=list_text(told, lang)))}</p>'
        f'<p class="on-paper">{escape(t("site", lang))} · {escape(period_text(f"{date.today():%Y-%m-%d}", lang))}</p>{warning}</div>'
    )


def tools(here: Visit, result: Result, plan: Plan, lang: str) -> None:
    """To paper, to the calendar, or back to the questions. A plan from few answers says so, and leads first of all to those left blank."""
    asked, address = visible(here.answers), site()
    blank = [item for item in asked if here.answers.get(item.id) is None]
    thin = bool(blank) and not result.overall.shown
    if thin and not result.blank:
        st.html(
            f'<p class="lead">{escape(t("plan_thin", lang, count=len(asked) - len(blank), asked=len(asked)))}</p>'
        )
    with st.container(key="tools", horizontal=True, vertical_alignment="center"):
        if thin:
            st.button(
                t("plan_more", lang), on_click=go, args=(blank[0].goal,), type="primary", key=f"more_{lang}"
            )
        st.html(
            f'<button type="button" class="print{" quiet" if thin else ""}">{escape(t("plan_print", lang))}</button>{PRINT}',
            unsafe_allow_javascript=True,
            width="content",
        )
        if plan.actions:
            st.download_button(
                t("plan_calendar", lang),
                data=lambda: plan_calendar.ics(plan, lang, address, date.today()),
                file_name=t("plan_calendar_file", lang),
                mime="text/calendar",
                key=f"calendar_{lang}",
                on_click="ignore",
            )
        if not thin:
            st.button(t("plan_change", lang), on_click=go, args=(PROFILE,), key=f"change_{lang}")


# --- the plan ---


def actions(plan: Plan, region: str, lang: str) -> None:
    """The actions of this week, month and quarter, and those that wait for another."""
    for slot in bank().slots:
        there = plan.slot(slot.id)
        if there:
            st.html(f'<h2 class="section">{escape(slot.label[lang])}</h2>')
            with st.container(key=f"slot_{slot.id}"):
                for one in there:
                    action(one, region, lang)
    if plan.later:
        waiting = "".join(
            f"<li>{escape(one.recommendation.title[lang])}. {escape(bank().word('waits_for', lang, title=one.waits_for.title[lang]))}.</li>"
            for one in plan.later
        )
        st.html(
            f'<div class="said"><p><strong>{escape(t("plan_later", lang))}</strong></p><ul>{waiting}</ul></div>'
        )


def action(one: Action, region: str, lang: str) -> None:
    """One action: what to do, the answer behind it, the first step, what it takes, and where to learn it."""
    todo = one.recommendation
    urgent = f'<p class="urgent">{escape(bank().word("critical", lang))}</p>' if one.critical else ""
    facts = "".join(
        f"<div><dt>{escape(t(f'plan_{kind}', lang))}</dt><dd>{escape(getattr(bank(), kind)[getattr(todo, kind)].label[lang])}</dd></div>"
        for kind in ("effort", "cost", "resource")
    )
    with st.container(key=f"action_{one.id.replace('.', '_')}"):
        st.html(
            f'<article class="action"><p class="kicker">{escape(bank().goal(one.item.goal).label[lang])}</p><h3>{escape(todo.title[lang])}</h3>{urgent}'
            f'<p>{escape(todo.effect[lang])}</p><p class="first"><strong>{escape(t("plan_first_step", lang))}</strong> {escape(first_step(one, lang))}</p><dl>{facts}</dl>'
            f'<p class="cause">{escape(t("plan_cause", lang, question=one.item.question[lang], cause=cause(one, lang)))}</p>'
            f'<p class="on-paper">{escape(t("plan_learn_at", lang, address=plan_calendar.learning(one, lang, site())))}</p></article>'
        )
        st.page_link(
            "pages/resources.py",
            label=t("plan_learn", lang, subject=resources_page.label("subject", one.item.subject, lang)),
            query_params={"lang": lang, "subject": one.item.subject} | ({"geo": region} if region else {}),
        )


# --- the scores ---


def scores(here: Visit, result: Result, lang: str) -> None:
    """Overall and by goal: the number, how far it could lie from it, and the level in words."""
    lines = [
        _line(t("scores_overall", lang), result.overall, lang),
        *(_line(goal.label[lang], result.goals[goal.id], lang) for goal in bank().goals),
    ]
    heads = "".join(
        f'<th scope="col">{escape(t(f"scores_{name}", lang))}</th>'
        for name in ("goal", "number", "level", "range")
    )
    said = [t("scores_about", lang)]
    if result.overall.capped:
        said.append(t("scores_capped", lang))
    if result.steps:
        (goal_low, goal_high), (low, high) = result.steps.goal, result.steps.overall
        said.append(
            bank().word(
                "step_effect",
                lang,
                **{
                    name: value_text(value, "index", 1, lang)
                    for name, value in {
                        "goal_low": goal_low,
                        "goal_high": goal_high,
                        "all_low": low,
                        "all_high": high,
                    }.items()
                },
            )
        )
    said.append(_peers(here, lang))
    st.html(
        f'<h2 class="section">{escape(t("scores_title", lang))}</h2><table class="scores"><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
        f'<div class="credit"><ul>{"".join(f"<li>{escape(one)}</li>" for one in said)}</ul><p>{escape(bank().disclaimer[lang])}</p></div>'
    )


def _line(name: str, score: Score, lang: str) -> str:
    if not score.shown:
        return f'<tr><th scope="row">{escape(name)}</th><td class="number">{MISSING}</td><td colspan="2">{escape(level_text(score, lang))}</td></tr>'
    value, low, high = (whole(one) for one in (score.value, score.low, score.high))
    words = t("scores_exact", lang) if score.exact else t("scores_between", lang, low=low, high=high)
    return (
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{value}</td><td>{escape(level_text(score, lang))}</td>'
        f"<td>{mark(score.low, score.value, score.high, [level.start for level in bank().levels[1:]])}<small>{escape(words)}</small></td></tr>"
    )


def _peers(here: Visit, lang: str) -> str:
    """Where the middle half of similar firms lies, once a real release says so."""
    found = peers(for_pages(), "overall", here.profile.sector, here.profile.size)
    if found is None:
        return t("peers_none", lang)
    return t(
        f"peers_{found.rung}",
        lang,
        n=found.n,
        low=whole(found.q1),
        high=whole(found.q3),
        median=whole(found.median),
        until=period_text(found.month_to, lang),
    )


def moved(result: Result, lang: str) -> None:
    """For each goal, every question with what its answer brought and what the best one would add; the largest room first."""
    heads = {name: t(f"moved_{name}", lang) for name in ("question", "answer", "gained", "missing")}
    for goal in bank().goals:
        if not result.goals[goal.id].shown:
            continue
        there = sorted((result.items[item.id] for item in goal.items), key=lambda one: -one.missing)
        body = [
            {
                "question": one.item.question[lang],
                "answer": _given(one, lang),
                **{
                    name: value_text(getattr(one, name), "points", 0, lang)
                    if one.state in SCORED
                    else MISSING
                    for name in ("gained", "missing")
                },
            }
            for one in there
        ]
        st.html(
            f'<details class="about"><summary>{escape(t("moved_title", lang, goal=goal.label[lang]))}</summary>'
            f"{data_table.html(body, heads, t('moved_caption', lang), numbers=('gained', 'missing'), stacked=True)}</details>"
        )


def _given(one, lang: str) -> str:
    """The answer in words; a question that was not asked says so."""
    if one.state.startswith("hidden"):
        return t("moved_not_asked", lang)
    return bank().answer_text(one.item, one.points if one.state == ANSWERED else one.state, lang)


# --- official figures ---


def official_rows(lang: str) -> list[dict]:
    """Italy's official shares by size class and by sector, for the questions of the bank whose indicator is loaded."""
    found = []
    for id in official_statistics.indicators():
        if id in catalogue.indicators():
            opening = catalogue.indicator(id).view("europe")
            cut = {
                "indicator": id,
                "geo": official_statistics.COUNTRY,
                "gender": "all",
                "period": "latest",
                "editions": opening["editions"],
                "lang": lang,
            }
            for rows in (ask("by_size", **cut, sector="all"), ask("by_sector", **cut, size="GE10")):
                found += [row | {"indicator": id} for row in rows.to_dict("records")]
    return found


def beside(here: Visit, result: Result, lang: str) -> None:
    """The firm's own yes or no beside the share of firms that say yes in the official survey."""
    rows = official_rows(lang)
    names = {row["size"]: row["size_name"] for row in rows} | {
        row["sector"]: row["sector_name"] for row in rows
    }
    found = official_statistics.comparisons(
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
                "question": catalogue.indicator(one.reference.indicator).label[lang],
                "you": t(f"official_{one.yes}".lower(), lang),
                "share": _share(one, names, lang),
                "note": " ".join(official_statistics.notes(one, lang)),
            }
            for one in loaded
        ]
        st.html(data_table.html(body, heads, t("official_caption", lang), stacked=True))
    rest = [one for one in found if one.state != "shown"]
    if rest:
        listed = "".join(
            f"<li>{escape(one.item.question[lang])} <em>{escape(' '.join(official_statistics.notes(one, lang)))}</em> ({escape(one.reference.code)})</li>"
            for one in rest
        )
        st.html(
            f'<details class="about"><summary>{escape(t("official_missing", lang, count=len(rest)))}</summary><ul>{listed}</ul></details>'
        )


def _share(one, names: dict[str, str], lang: str) -> str:
    shares = (
        (one.by_size, one.by_size and names[one.by_size.size]),
        (one.by_sector, one.by_sector and names[one.by_sector.sector]),
    )
    said = [
        f"{value_text(share.value, 'percent', 1, lang)} ({name}, {t('italy', lang)}, {share.year}; {share.source})"
        for share, name in shares
        if share
    ]
    return " · ".join(said) or MISSING
