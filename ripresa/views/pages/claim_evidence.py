"""The evidence of a claim on both sides: each figure once, large, with the documents that give it and, where it was set aside, why. No Streamlit here."""

from html import escape

from ripresa import catalogue
from ripresa.database.query import ask
from ripresa.i18n import t, value_text
from ripresa.views.components.document_link import document

HEADS = {"observation": "checks_observation", "excluded_observation": "checks_evidence_side"}
DOCUMENT = ("publisher", "title", "published", "url")


def sides(claim, lang: str) -> str:
    """Both sides of a claim as figures, side by side; "" for a claim without figures. claim: a row of queries/claims."""
    found = ask(
        "claim_evidence",
        indicator=claim.evidence_indicator,
        geo=claim.evidence_geo,
        period=claim.evidence_period,
    ).to_dict("records")
    if not found:
        return ""
    indicator = catalogue.indicator(claim.evidence_indicator)
    columns = "".join(
        _side(side, [row for row in found if row["side"] == side], indicator, lang) for side in HEADS
    )
    return f'<div class="sides" role="group" aria-label="{escape(t("checks_sides", lang))}">{columns}</div>'


def _side(side: str, rows: list[dict], indicator, lang: str) -> str:
    if not rows:
        return f'<section class="{side}"><h3>{escape(t(HEADS[side], lang))}</h3><p class="credit">{escape(t("checks_no_evidence", lang))}</p></section>'
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
        documents = "".join(f"<li>{document(*map(row.get, DOCUMENT), lang)}</li>" for row in own)
        reason = f'<p class="credit">{escape(why)}</p>' if why else ""
        figures += f'<p class="big {own[0]["exclusion_reason"]}">{escape(value_text(value, indicator.unit, decimals, lang))}</p>{reason}<ul>{documents}</ul>'
    return f'<section class="{side}"><h3>{escape(t(HEADS[side], lang))}</h3>{figures}</section>'
