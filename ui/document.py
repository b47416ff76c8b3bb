"""A document that figures were read in, as its readers find it."""
from html import escape
from urllib.parse import urlsplit

from data.words import noted


def document(publisher: str, title: str, published: str, url: str, lang: str) -> str:
    """Publisher, title and date, with the way there where it has an address."""
    words = escape(noted(", ".join(part for part in (publisher, title, published) if part), lang))
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{words}</a>' if str(url).startswith("http") else words


def is_home(url: str) -> bool:
    """Whether an address is a publisher's first page, where a table must still be looked for."""
    parts = urlsplit(str(url))
    return bool(parts.netloc) and parts.path in ("", "/") and not parts.query
