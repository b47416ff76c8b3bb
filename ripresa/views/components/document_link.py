"""A document that figures were read in, as its readers find it."""

import re
from html import escape
from urllib.parse import urlsplit

from ripresa.i18n import format_period, translate_fragments

DATE = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d)?\b")


def render_document_link(publisher: str, title: str, published: str, url: str, lang: str) -> str:
    """Publisher, title and date, with the way there where it has an address."""
    day = DATE.sub(lambda day: format_period(day[0], lang), str(published or ""))
    words = escape(translate_fragments(", ".join(part for part in (publisher, title, day) if part), lang))
    return (
        f'<a href="{escape(url)}" target="_blank" rel="noopener">{words}</a>'
        if str(url).startswith("http")
        else words
    )


def is_home_page(url: str) -> bool:
    """Whether an address is a publisher's first page, where a table must still be looked for."""
    parts = urlsplit(str(url))
    return bool(parts.netloc) and parts.path in ("", "/") and not parts.query
