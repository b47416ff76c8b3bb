"""HTML to tagged PDF with the machine's own Chromium: real text, drawings as vectors, no address asked."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ripresa import settings

BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class BrowserNotFoundError(RuntimeError):
    """There is nothing to print with: one sentence with the next step."""


@contextmanager
def open_pdf_renderer() -> Iterator[Callable[[str], bytes]]:
    """A function from a page of HTML to its PDF, for as long as the browser is open. Raises NoBrowser."""
    path = next(iter(settings.get_browser_paths()), None) or next(
        filter(None, map(shutil.which, BROWSER_NAMES)), None
    )
    if path is None:
        raise BrowserNotFoundError(
            "No Chromium on this machine: install it (Debian, Ubuntu: apt install chromium) or say where it is with CHROMIUM=/path/to/it."
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

        def to_pdf(html: str) -> bytes:
            page.set_content(html)
            return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)

        yield to_pdf
        browser.close()
