"""Claims against the evidence: what was said, what the figures say, what can be written."""

from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.database.query import run_query
from ripresa.filters import Filters
from ripresa.i18n import format_period, t
from ripresa.profiles import sheet
from ripresa.views.pages import claim_evidence
from ripresa.views.pages.topic_page import render_page_header

VERDICT_SIGNS = {"confirmed": "✓", "misworded": "≈", "contradicted": "✗", "not_confirmed": "?", "open": "…"}


def render_page(filters: Filters) -> None:
    """The page, one claim after the other."""
    lang = filters.lang
    render_page_header(t("page_checks", lang), t("checks_question", lang), t("checks_intro", lang))
    st.html(sheet.STYLE_PATH)
    for claim in run_query("claims", lang=lang).itertuples():
        _render_claim(claim, filters)


def _render_claim(claim, filters: Filters) -> None:
    lang = filters.lang
    when = t("checks_said", lang, who=claim.stated_by, when=format_period(claim.stated_on, lang))
    good = (
        ""
        if claim.verdict == "confirmed"
        else f'<p class="unsupported-wording"><strong>{escape(t("checks_no", lang))}</strong> <s>{escape(claim.claim)}</s></p>'
    )
    st.html(f"""<article class="claim {claim.verdict}"><p class="verdict"><span aria-hidden="true">{VERDICT_SIGNS[claim.verdict]}</span> {escape(t(f"verdict_{claim.verdict}", lang))}</p>
        <h2>{escape(t("checks_quoted", lang, claim=claim.claim))}</h2><p class="footnote">{escape(when)}</p>
        <p class="description">{escape(claim.finding)}.</p>{good}
        <p class="suggested-wording"><strong>{escape(t("checks_yes", lang))}</strong> {escape(claim.suggested_wording)}.</p>{claim_evidence.render_sides(claim, lang)}</article>""")
    if claim.evidence_indicator:
        topic = catalogue.get_indicator(claim.evidence_indicator).topic
        door = Filters(
            lang=lang,
            level="world",
            geo=(claim.evidence_geo,),
            indicator=claim.evidence_indicator,
            period=claim.evidence_period,
        )
        st.page_link(f"pages/{topic}.py", label=t("checks_see", lang), query_params=door.to_url_parameters())
