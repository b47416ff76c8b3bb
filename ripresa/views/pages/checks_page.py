"""Fact checks: public claims compared with the published figures, with a wording the evidence supports."""

import streamlit as st

from ripresa import catalogue
from ripresa.database.query import query_records
from ripresa.filters import Filters
from ripresa.i18n import format_period, t
from ripresa.observations.rows import Row
from ripresa.profiles import profile_html
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header
from ripresa.views.pages import claim_evidence

VERDICT_SIGNS = {
    "confirmed": "✓",
    "misworded": "≈",
    "contradicted": "✗",
    "not_confirmed": "?",
    "open": "…",
}


def render_page(filters: Filters) -> None:
    """The page, one claim after the other."""
    lang = filters.lang
    render_page_header(t("page_checks", lang), t("checks_question", lang), t("checks_intro", lang))
    st.html(profile_html.STYLE_PATH)
    for claim in query_records("claims", lang=lang):
        _render_claim(claim, lang)


def _render_claim(claim: Row, lang: str) -> None:
    """A claim with its verdict, the evidence and a link to the figure. claim: a row of queries/claims.sql."""
    st.html(
        render_html(
            "pages/claim.html",
            lang,
            claim=claim,
            stated_on=format_period(claim["stated_on"], lang),
            verdict_sign=VERDICT_SIGNS[claim["verdict"]],
            sides=claim_evidence.render_sides(claim, lang),
        )
    )
    if claim["evidence_indicator"]:
        figure_filters = Filters(
            lang=lang,
            level="world",
            geo=(claim["evidence_geo"],),
            indicator=claim["evidence_indicator"],
            period=claim["evidence_period"],
        )
        st.page_link(
            f"pages/{catalogue.get_indicator(claim['evidence_indicator']).topic}.py",
            label=t("checks_see", lang),
            query_params=figure_filters.to_url_parameters(),
        )
