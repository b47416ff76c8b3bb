"""Links to the documents in which figures were published."""

import re
from urllib.parse import urlsplit

from ripresa.i18n import format_period, translate_fragments
from ripresa.templating import Markup, render_template

DATE = re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])(?:-\d\d)?\b")


def render_document_link(publisher: str, title: str, published: str, url: str, lang: str) -> Markup:
    """Publisher, title and date of a document, as a link where it has a web address."""
    published_text = DATE.sub(lambda match: format_period(match[0], lang), str(published or ""))
    text = translate_fragments(", ".join(part for part in (publisher, title, published_text) if part), lang)
    return render_template("components/document_link.html", url=str(url), text=text)


def is_home_page(url: str) -> bool:
    """Whether an address is a publisher's home page rather than a page with the table itself."""
    parts = urlsplit(str(url))
    return bool(parts.netloc) and parts.path in ("", "/") and not parts.query
