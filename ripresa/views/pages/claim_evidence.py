"""The evidence of a claim: published and excluded figures, each with its documents. No Streamlit."""

from typing import TypedDict

from ripresa import catalogue
from ripresa.catalogue import Indicator
from ripresa.database.query import query_records
from ripresa.i18n import format_value, t
from ripresa.observations.rows import Row
from ripresa.templating import Markup
from ripresa.views.components.document_link import render_document_link
from ripresa.views.components.html import render_html

SIDE_TITLES = {"observation": "checks_observation", "excluded_observation": "checks_evidence_side"}


class EvidenceFigure(TypedDict):
    """One value of the evidence: its text, why it is excluded (code and words) and links to its documents."""

    text: str
    exclusion_reason: str
    reasons: str
    documents: list[Markup]


def render_sides(claim: Row, lang: str) -> Markup:
    """Both sides of a claim; "" for a claim without figures. claim: a row of queries/claims.sql."""
    rows = query_records(
        "claim_evidence",
        indicator=claim["evidence_indicator"],
        geo=claim["evidence_geo"],
        period=claim["evidence_period"],
    )
    if not rows:
        return Markup()
    indicator = catalogue.get_indicator(claim["evidence_indicator"])
    sides = {
        side: _build_figures([row for row in rows if row["side"] == side], indicator, lang)
        for side in SIDE_TITLES
    }
    return render_html("pages/claim_evidence.html", lang, titles=SIDE_TITLES, sides=sides)


def _build_figures(rows: list[Row], indicator: Indicator, lang: str) -> list[EvidenceFigure]:
    """One figure per distinct value, in the order of the rows."""
    figures: list[EvidenceFigure] = []
    for value in dict.fromkeys(row["value"] for row in rows):
        same_value = [row for row in rows if row["value"] == value]
        reasons = dict.fromkeys(row["exclusion_reason"] for row in same_value if row["exclusion_reason"])
        decimals = max(indicator.decimals, 0 if float(value).is_integer() else 1)
        figures.append(
            {
                "text": format_value(value, indicator.unit, decimals, lang),
                "exclusion_reason": same_value[0]["exclusion_reason"],
                "reasons": " ".join(t(f"exclusion_reason_{reason}", lang) for reason in reasons),
                "documents": [
                    render_document_link(row["publisher"], row["title"], row["published"], row["url"], lang)
                    for row in same_value
                ],
            }
        )
    return figures
