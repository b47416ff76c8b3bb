"""The accessibility statement: how far the pages conform, what fails and why, how that was found, whom to tell."""

import tomllib
from functools import cache
from html import escape

from ripresa import settings
from ripresa.i18n import format_period, t

SECTIONS = {  # heading: its sentences
    "statement_state": ("statement_state_1",),
    "statement_fails": (),
    "statement_made": ("statement_made_1", "statement_made_2"),
    "statement_tell": ("statement_tell_1",),
    "statement_enforce": ("statement_enforce_1",),
    "statement_site": ("statement_site_1", "statement_works_1"),
}


@cache
def load_findings() -> dict:
    """What data/locales/accessibility.toml says: when the pages were judged, the findings that are Streamlit's own doing, the limits."""
    return tomllib.loads((settings.LOCALES / "accessibility.toml").read_text(encoding="utf-8"))


def render_statement(lang: str) -> str:
    """The statement, in the order of AgID's model. Who publishes the site and where to write are the publisher's to say."""
    values = {
        "publisher": settings.get_publisher() or t("statement_nobody", lang),
        "contact": settings.get_contact() or t("statement_no_contact", lang),
        "date": format_period(load_findings()["judged"], lang),
    }
    parts = []
    for heading, sentences in SECTIONS.items():
        body = "".join(f"<p>{escape(t(sentence, lang, **values))}</p>" for sentence in sentences)
        parts.append(f"<h3>{escape(t(heading, lang))}</h3>{body or _render_nonconformities(lang)}")
    return f'<section class="article" id="statement_title"><h2>{escape(t("statement_title", lang))}</h2><p>{escape(t("statement_who", lang, **values))}</p>{"".join(parts)}</section>'


def _render_nonconformities(lang: str) -> str:
    why = [
        f"{one[lang]} ({t('statement_criterion', lang, criterion=one['criterion'], upstream=one['upstream'])})"
        for one in load_findings()["finding"]
    ]
    limits = [one[lang] for one in load_findings()["limit"]]
    return (
        f"<p>{escape(t('statement_fails_1', lang))}</p>{_render_list(why)}<p>{escape(t('statement_limits', lang))}</p>{_render_list(limits)}"
        f"<p>{escape(t('statement_burden', lang))}</p>"
    )


def _render_list(sentences: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"
