"""Claims against the evidence: what was said, what the figures say, what can be written."""

from html import escape

import streamlit as st

from ripresa import catalogue
from ripresa.database.query import ask
from ripresa.filters import Filters
from ripresa.i18n import period_text, t
from ripresa.profiles import sheet
from ripresa.views.pages import claim_evidence
from ripresa.views.pages.topic_page import opening

SIGNS = {"confirmed": "✓", "misworded": "≈", "contradicted": "✗", "not_confirmed": "?", "open": "…"}


def show(filters: Filters) -> None:
    """The page, one claim after the other."""
    lang = filters.lang
    opening(t("page_checks", lang), t("checks_question", lang), t("checks_intro", lang))
    st.html(sheet.STYLE)
    for claim in ask("claims", lang=lang).itertuples():
        _claim(claim, filters)


def _claim(claim, filters: Filters) -> None:
    lang = filters.lang
    when = t("checks_said", lang, who=claim.stated_by, when=period_text(claim.stated_on, lang))
    good = (
        ""
        if claim.verdict == "confirmed"
        else f'<p class="no"><strong>{escape(t("checks_no", lang))}</strong> <s>{escape(claim.claim)}</s></p>'
    )
    st.html(f"""<article class="claim {claim.verdict}"><p class="verdict"><span aria-hidden="true">{SIGNS[claim.verdict]}</span> {escape(t(f"verdict_{claim.verdict}", lang))}</p>
        <h2>{escape(t("checks_quoted", lang, claim=claim.claim))}</h2><p class="credit">{escape(when)}</p>
        <p class="what">{escape(claim.finding)}.</p>{good}
        <p class="yes"><strong>{escape(t("checks_yes", lang))}</strong> {escape(claim.suggested_wording)}.</p>{claim_evidence.sides(claim, lang)}</article>""")
    if claim.evidence_indicator:
        topic = catalogue.indicator(claim.evidence_indicator).topic
        door = Filters(
            lang=lang,
            level="world",
            geo=(claim.evidence_geo,),
            indicator=claim.evidence_indicator,
            period=claim.evidence_period,
        )
        st.page_link(f"pages/{topic}.py", label=t("checks_see", lang), query_params=door.to_address())
