"""HTML to tagged PDF with Chromium: real text, vector drawings, no network."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ripresa.exports.chromium import find_chromium


class BrowserNotFoundError(RuntimeError):
    """Chromium or playwright is missing; the message names what to install."""


@contextmanager
def open_pdf_renderer() -> Iterator[Callable[[str], bytes]]:
    """A function from an HTML page to its PDF. Raises BrowserNotFoundError."""
    path = find_chromium()
    if not path:
        raise BrowserNotFoundError(
            "No Chromium on this machine: install it (Debian, Ubuntu: apt install chromium) "
            "or say where it is with CHROMIUM=/path/to/it."
        )
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserNotFoundError(
            "Printing needs the package playwright: install requirements-dev.txt, or type make sheets."
        ) from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True, java_script_enabled=False).new_page()

        def render_pdf(html: str) -> bytes:
            page.set_content(html)
            return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)

        yield render_pdf
        browser.close()
