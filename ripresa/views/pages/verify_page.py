"""The verify page: drop a file that left here, and read whether it is intact and current."""

from html import escape
from pathlib import Path

import streamlit as st

from ripresa.exports import verify
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.views.pages.topic_page import render_page_header

STYLESHEET = Path(__file__).with_name("verify_page.css")
MAX_MEGABYTES = 20  # megabytes
METADATA_SUFFIX = "-metadata.json"  # what lies beside a CSV, with its seal


def render_page(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    render_page_header(t("page_verify", lang), t("verify_question", lang), t("verify_intro", lang))
    with st.container(key="file-drop"):
        st.html(STYLESHEET)
        given = st.file_uploader(
            t("verify_label", lang),
            accept_multiple_files=True,
            max_upload_size=MAX_MEGABYTES,
            key="verify_files",
        )
    found = verify_files([(one.name, one.getvalue()) for one in given])
    st.html(
        "".join(_render_verdict(verdict, lang) for verdict in found)
        or f'<p class="footnote">{escape(t("verify_private", lang))}</p>'
    )
    sentences = "".join(
        f"<li>{escape(t(f'verify_means_{state}', lang))}</li>" for state in (*verify.STATES, "unsealed")
    )
    st.html(
        f'<section class="article"><h2>{escape(t("verify_means", lang))}</h2><ul>{sentences}</ul><p>{escape(t("verify_command", lang))}</p></section>'
    )


def verify_files(given: list[tuple[str, bytes]]) -> list[verify.VerificationResult]:
    """One verdict a file, the metadata beside a CSV read with it."""
    beside = dict(given)
    alone = [
        (name, content)
        for name, content in given
        if not (name.endswith(METADATA_SUFFIX) and name.removesuffix(METADATA_SUFFIX) in beside)
    ]
    return [
        verify.verify_file(content, name, beside.get(f"{name}{METADATA_SUFFIX}")) for name, content in alone
    ]


def _render_verdict(verdict: verify.VerificationResult, lang: str) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in verdict.format_findings(lang))
    listed = f"<ul>{lines}</ul>" if lines else ""
    return f'<div class="claim verdict_{verdict.state}" role="status"><p class="verdict">{escape(t(f"verify_state_{verdict.phrase_key}", lang))}</p><p>{escape(verdict.format_message(lang))}</p>{listed}</div>'
