"""Everything that relies on private parts of Streamlit, which an upgrade may change without notice.

Its selectors are in streamlit_overrides.css (layout, colours) and in the table STREAMLIT of shell.js (events,
attributes). tests/test_streamlit_contract.py checks each part against the installed version and names what an
upgrade breaks; tests/test_streamlit_testids.py looks for each selector.
"""

import json
import re
from html import escape

from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from streamlit import net_util

from ripresa.i18n import t

STATIC_PATH = "/static/"  # Streamlit's own JavaScript, CSS and media
APP_STATIC_PATH = "/app/static/"  # the files of our folder static/
ENDPOINT_PATH = "/_stcore/"  # health check, websocket, uploads
IDENTIFIER_DEPTHS = {"_stcore": 3, "media": 2}  # path parts before the ids of sessions and files
HTML_TAG = '<html lang="en">'
TITLE_ELEMENT = "<title>Streamlit</title>"
FONT_PRELOAD = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>')
NOSCRIPT_ELEMENT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
# Without BACKEND_BASE_URL the client first probes /<page>/_stcore/ for its server and gets a 404.
BASE_URL_SCRIPT = "window.__streamlit = {BACKEND_BASE_URL: new URL('.', location).href}"
# DOMPurify, which cleans the HTML of st.html, silently removes a script whose text holds such a sequence.
REMOVED_IN_SCRIPT = re.compile(r"<[/\w!]")


def disable_external_ip_lookup() -> None:
    """Stops requests to checkip.amazonaws.com, which block the event loop.

    Streamlit makes one at start-up and one for each websocket that another site opens.
    """
    net_util.get_external_ip = lambda: None


def is_index_html(scope: Scope, headers: Headers) -> bool:
    """Whether a response is Streamlit's index.html: its static file route sends it for every unknown path.

    Valid once the response has begun, when the router has stored the endpoint in `scope`.
    """
    is_html = headers.get("content-type", "").startswith("text/html")
    return is_html and isinstance(scope.get("endpoint"), StaticFiles)


def get_page_name(scope: Scope) -> str:
    """The Streamlit page that the path names, "" for the first, without the prefix of a mount."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).strip("/")


def rewrite_index_html(html: str, lang: str, script_url: str = "") -> str:
    """index.html in the visitor's language, without the unused font, with the script at `script_url`."""
    html = FONT_PRELOAD.sub("", html, count=1)
    html = NOSCRIPT_ELEMENT.sub(f"<noscript><p>{escape(t('noscript', lang))}</p></noscript>", html)
    html = html.replace(HTML_TAG, f'<html lang="{lang}">', 1)
    html = html.replace("<head>", f"<head><script>{BASE_URL_SCRIPT}</script>", 1)
    html = html.replace(TITLE_ELEMENT, f"<title>{escape(t('site', lang))}</title>", 1)
    if script_url:
        # `defer`: downloaded while Streamlit starts, executed after it
        html = html.replace("</head>", f'<script defer data-drawing src="{script_url}"></script></head>', 1)
    return html


def build_script_element(script: str) -> str:
    """A <script> element for `st.html(..., unsafe_allow_javascript=True)`.

    Raises ValueError for a script that Streamlit would drop.
    """
    if match := REMOVED_IN_SCRIPT.search(script):
        excerpt = script[max(0, match.start() - 20) : match.end() + 20]
        raise ValueError(
            f"Streamlit drops a script that holds {match[0]!r} (in {excerpt!r}): write \\x3c for '<'."
        )
    return f"<script>{script}</script>"


def format_script_arguments(*values: object) -> str:
    """Values as arguments of a JavaScript call, with every "<" escaped."""
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values).replace("<", "\\u003c")
