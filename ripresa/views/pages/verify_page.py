"""The verify page: upload a file downloaded from this site and see whether it is intact and current."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from ripresa.exports import verify
from ripresa.exports.verify import VerificationResult
from ripresa.filters import Filters
from ripresa.i18n import t
from ripresa.templating import Markup
from ripresa.views.components.html import render_html, render_paragraph
from ripresa.views.components.page_header import render_page_header

STYLESHEET = Path(__file__).with_name("verify_page.css")
MAX_MEGABYTES = 20
METADATA_SUFFIX = "-metadata.json"  # of the file next to a CSV that holds its seal


def render_page(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    render_page_header(t("page_verify", lang), t("verify_question", lang), t("verify_intro", lang))
    with st.container(key="file-drop"):
        st.html(STYLESHEET)
        uploads = st.file_uploader(
            t("verify_label", lang),
            accept_multiple_files=True,
            max_upload_size=MAX_MEGABYTES,
            key="verify_files",
        )
    results = verify_files([(upload.name, upload.getvalue()) for upload in uploads])
    if results:
        st.html(Markup().join(_render_verdict(result, lang) for result in results))
    else:
        render_paragraph(t("verify_private", lang), "footnote")
    st.html(render_html("pages/verify_states.html", lang, states=(*verify.STATES, "unsealed")))


def verify_files(files: Sequence[tuple[str, bytes]]) -> list[VerificationResult]:
    """One result per file (name, content); the metadata of a CSV is read together with it."""
    contents = dict(files)
    return [
        verify.verify_file(content, name, contents.get(f"{name}{METADATA_SUFFIX}"))
        for name, content in files
        if not (name.endswith(METADATA_SUFFIX) and name.removesuffix(METADATA_SUFFIX) in contents)
    ]


def _render_verdict(result: VerificationResult, lang: str) -> Markup:
    return render_html("pages/verify_verdict.html", lang, result=result)
