"""The scores of a diagnosis with their ranges, the points of each answer, and the official statistics."""

from datetime import date

import streamlit as st

from ripresa import catalogue
from ripresa.charts.diagnosis_charts import render_score_range
from ripresa.diagnosis import official_statistics
from ripresa.diagnosis.official_statistics import OfficialComparison
from ripresa.diagnosis.peers import find_peer_statistics
from ripresa.diagnosis.published_file import read_visible_release
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import (
    ANSWERED,
    SCORED_STATES,
    DiagnosisResult,
    ItemScore,
    Score,
    format_level,
    round_score,
)
from ripresa.i18n import MISSING_TEXT, format_period, format_value, t
from ripresa.observations.boundaries import load_short_names
from ripresa.observations.rows import Row
from ripresa.views.components import data_table
from ripresa.views.components.html import render_html, render_section_heading
from ripresa.views.diagnosis_session import DiagnosisSession
from ripresa.views.pages.official_figures import query_official_shares
from ripresa.views.pages.release_cells import DEFAULT_SIZE


def render_scores(session: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """The overall score and those of the goals: value, level in words and range of uncertainty."""
    questionnaire = get_questionnaire()
    scores = {t("scores_overall", lang): result.overall}
    scores |= {goal.label[lang]: result.goals[goal.id] for goal in questionnaire.goals}
    notes = [t("scores_about", lang)]
    if result.overall.is_capped:
        notes.append(t("scores_capped", lang))
    if result.sensitivity:
        (goal_low, goal_high), (low, high) = result.sensitivity.goal, result.sensitivity.overall
        effects = {"goal_low": goal_low, "goal_high": goal_high, "all_low": low, "all_high": high}
        values = {name: format_value(value, "index", 1, lang) for name, value in effects.items()}
        notes.append(questionnaire.format_message("step_effect", lang, **values))
    notes.append(_describe_peers(session, lang))
    st.html(
        render_html(
            "pages/scores.html",
            lang,
            rows=[_build_score_row(name, score, lang) for name, score in scores.items()],
            missing_text=MISSING_TEXT,
            notes=notes,
            disclaimer=questionnaire.disclaimer[lang],
        )
    )


def _build_score_row(name: str, score: Score, lang: str) -> dict[str, object]:
    """A row of the table of scores; `value` is None without a score."""
    row: dict[str, object] = {"name": name, "level": format_level(score, lang), "value": None}
    if score.value is None or score.low is None or score.high is None:
        return row
    low, high = round_score(score.low), round_score(score.high)
    limits = [level.min_score for level in get_questionnaire().levels[1:]]
    return row | {
        "value": round_score(score.value),
        "range": t("scores_exact", lang) if score.is_exact else t("scores_between", lang, low=low, high=high),
        "drawing": render_score_range(score.low, score.value, score.high, limits),
    }


def _describe_peers(session: DiagnosisSession, lang: str) -> str:
    """The interquartile range of similar firms, where the published release has it."""
    statistics = find_peer_statistics(
        read_visible_release(), "overall", session.profile.sector, session.profile.size
    )
    if statistics is None:
        return t("peers_none", lang)
    return t(
        f"peers_{statistics.grouping}",
        lang,
        n=statistics.sample_size,
        low=round_score(statistics.q1),
        high=round_score(statistics.q3),
        median=round_score(statistics.median),
        until=format_period(statistics.month_to, lang),
    )


def render_item_points(result: DiagnosisResult, lang: str) -> None:
    """By goal, a folded table of questions with the points gained and missing, most missing points first."""
    headers = {name: t(f"moved_{name}", lang) for name in ("question", "answer", "gained", "missing")}
    for goal in get_questionnaire().goals:
        if not result.goals[goal.id].has_value:
            continue
        scores = sorted(
            (result.items[item.id] for item in goal.items), key=lambda score: -score.points_missing
        )
        table = data_table.render_table(
            [_build_points_row(score, lang) for score in scores],
            headers,
            t("moved_caption", lang),
            numeric_columns=("gained", "missing"),
            stacked=True,
        )
        summary = t("moved_title", lang, goal=goal.label[lang])
        st.html(render_html("pages/folded_table.html", lang, summary=summary, table=table))


def _build_points_row(score: ItemScore, lang: str) -> Row:
    gained = missing = MISSING_TEXT
    if score.state in SCORED_STATES:
        gained = format_value(score.points_gained, "points", 0, lang)
        missing = format_value(score.points_missing, "points", 0, lang)
    return {
        "question": score.item.question[lang],
        "answer": _format_answer(score, lang),
        "gained": gained,
        "missing": missing,
    }


def _format_answer(score: ItemScore, lang: str) -> str:
    if score.state.startswith("hidden"):
        return t("moved_not_asked", lang)
    answer = score.points if score.state == ANSWERED else score.state
    return get_questionnaire().format_answer(score.item, answer, lang)


# --- official statistics ---


def render_official_comparison(session: DiagnosisSession, result: DiagnosisResult, lang: str) -> None:
    """The firm's answers and the share of firms that answer yes in the official survey."""
    profile, rows = session.profile, query_official_shares(lang)
    names = {row["size"]: row["size_name"] for row in rows}
    names |= {row["sector"]: row["sector_name"] for row in rows}
    size = profile.size or DEFAULT_SIZE
    comparisons = official_statistics.compare_with_official_statistics(
        result, rows, date.today().year, size, profile.sector
    )
    sentences = [t("official_about", lang)]
    if profile.region:
        sentences.append(t("official_region", lang, region=load_short_names()[profile.region][lang]))
    if not profile.size:
        sentences.append(t("official_size", lang))
    render_section_heading(t("official_title", lang), " ".join(sentences))
    body: list[Row] = [
        {
            "question": catalogue.get_indicator(comparison.official_question.indicator).label[lang],
            "you": t(f"official_{comparison.firm_answer}".lower(), lang),
            "share": _format_official_shares(comparison, names, lang),
            "note": " ".join(official_statistics.format_notes(comparison, lang)),
        }
        for comparison in comparisons
        if comparison.state == "shown"
    ]
    if body:
        headers = {name: t(f"official_{name}", lang) for name in ("question", "you", "share", "note")}
        st.html(data_table.render_table(body, headers, t("official_caption", lang), stacked=True))
    missing = [
        {
            "question": comparison.item.question[lang],
            "notes": " ".join(official_statistics.format_notes(comparison, lang)),
            "code": comparison.official_question.code,
        }
        for comparison in comparisons
        if comparison.state != "shown"
    ]
    if missing:
        st.html(render_html("pages/official_missing.html", lang, missing=missing))


def _format_official_shares(comparison: OfficialComparison, names: dict[str, str], lang: str) -> str:
    """The shares by size class and by sector, each with group, country, year and source."""
    parts = []
    for share, dimension in ((comparison.by_size, "size"), (comparison.by_sector, "sector")):
        if share:
            group = ", ".join([names[getattr(share, dimension)], t("italy", lang), str(share.year)])
            parts.append(f"{format_value(share.value, 'percent', 1, lang)} ({group}; {share.source})")
    return " · ".join(parts) or MISSING_TEXT
