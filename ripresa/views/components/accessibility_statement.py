"""The accessibility statement: conformance status, known failures with their reasons, method and contact."""

import tomllib
from functools import cache
from typing import TypedDict, cast

from ripresa import settings
from ripresa.i18n import format_period, t
from ripresa.templating import Markup
from ripresa.views.components.html import render_html

SECTIONS = {  # heading: its sentences; the section without sentences lists the failures
    "statement_state": ("statement_state_1",),
    "statement_fails": (),
    "statement_made": ("statement_made_1", "statement_made_2"),
    "statement_tell": ("statement_tell_1",),
    "statement_enforce": ("statement_enforce_1",),
    "statement_site": ("statement_site_1", "statement_works_1"),
}


class Findings(TypedDict):
    """accessibility.toml; the sentences are by language."""

    judged: str
    finding: list[dict[str, str]]
    limit: list[dict[str, str]]


@cache
def load_findings() -> Findings:
    """data/locales/accessibility.toml: date of the assessment, failures caused by Streamlit, known limits."""
    text = (settings.LOCALES / "accessibility.toml").read_text(encoding="utf-8")
    return cast(Findings, tomllib.loads(text))


def render_statement(lang: str) -> Markup:
    """The statement in the order of AgID's model; publisher and contact are those of the settings."""
    findings = load_findings()
    values = {
        "publisher": settings.get_publisher() or t("statement_nobody", lang),
        "contact": settings.get_contact() or t("statement_no_contact", lang),
        "date": format_period(findings["judged"], lang),
    }
    nonconformities = []
    for finding in findings["finding"]:
        criterion = {name: finding[name] for name in ("criterion", "upstream")}
        nonconformities.append(f"{finding[lang]} ({t('statement_criterion', lang, **criterion)})")
    return render_html(
        "components/accessibility_statement.html",
        lang,
        sections=SECTIONS,
        values=values,
        nonconformities=nonconformities,
        limits=[limit[lang] for limit in findings["limit"]],
    )
