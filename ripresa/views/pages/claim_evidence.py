"""The evidence of a claim on both sides: each figure once, large, with the documents that give it and, where it was set aside, why. No Streamlit here."""

from html import escape

from ripresa import catalogue
from ripresa.database.query import run_query
from ripresa.i18n import format_value, t
from ripresa.views.components.document_link import render_document_link

SIDE_TITLES = {"observation": "checks_observation", "excluded_observation": "checks_evidence_side"}
DOCUMENT_FIELDS = ("publisher", "title", "published", "url")


def render_sides(claim, lang: str) -> str:
    """Both sides of a claim as figures, side by side; "" for a claim without figures. claim: a row of queries/claims."""
    found = run_query(
        "claim_evidence",
        indicator=claim.evidence_indicator,
        geo=claim.evidence_geo,
        period=claim.evidence_period,
    ).to_dict("records")
    if not found:
        return ""
    indicator = catalogue.get_indicator(claim.evidence_indicator)
    columns = "".join(
        _render_side(side, [row for row in found if row["side"] == side], indicator, lang)
        for side in SIDE_TITLES
    )
    return f'<div class="sides" role="group" aria-label="{escape(t("checks_sides", lang))}">{columns}</div>'


def _render_side(side: str, rows: list[dict], indicator, lang: str) -> str:
    if not rows:
        return f'<section class="{side}"><h3>{escape(t(SIDE_TITLES[side], lang))}</h3><p class="footnote">{escape(t("checks_no_evidence", lang))}</p></section>'
    figures = ""
    for value in dict.fromkeys(row["value"] for row in rows):
        own = [row for row in rows if row["value"] == value]
        why = " ".join(
            dict.fromkeys(
                t(f"exclusion_reason_{row['exclusion_reason']}", lang)
                for row in own
                if row["exclusion_reason"]
            )
        )
        decimals = max(indicator.decimals, 0 if float(value).is_integer() else 1)
        documents = "".join(
            f"<li>{render_document_link(*map(row.get, DOCUMENT_FIELDS), lang)}</li>" for row in own
        )
        reason = f'<p class="footnote">{escape(why)}</p>' if why else ""
        figures += f'<p class="big-number {own[0]["exclusion_reason"]}">{escape(format_value(value, indicator.unit, decimals, lang))}</p>{reason}<ul>{documents}</ul>'
    return f'<section class="{side}"><h3>{escape(t(SIDE_TITLES[side], lang))}</h3>{figures}</section>'
