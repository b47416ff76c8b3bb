"""A real browser for the tests, in which every host but the dashboard's own is closed and each call at one is
written down.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
SETTLED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
# Figures and rows of buttons are rendered after the end of the page's script.
DRAWN = """() => !document.querySelector('[data-testid="stSkeleton"]')
    && [...document.querySelectorAll('.stBidiComponent')].every(
        one => one.clientWidth === 0
            || one.querySelector('.figure-actions button, .js-plotly-plot .main-svg'))"""
SHAPES = ".js-plotly-plot .choroplethlayer path.choroplethlocation"
PAINTED = f"""() => {{
    const map = document.querySelector(".js-plotly-plot:has(.choroplethlayer path)");
    return [...map?.querySelectorAll({SHAPES!r}) ?? []]
        .filter(path => path.getBBox().width > 0)
        .map(path => [path.__data__.loc, getComputedStyle(path).fill]);
}}"""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
expect.set_options(timeout=20_000)


@dataclass
class Visitor:
    """Someone with a fresh browser: what they open, see and choose."""

    page: Page
    site: str

    def open(self, address: str) -> "Visitor":
        """Goes to an address of the dashboard ("/closures?lang=en") and waits until the page has settled."""
        self.page.goto(self.site + address, wait_until="commit")
        return self.settle()

    def settle(self) -> "Visitor":
        """Waits until the page's script has ended, its heading can be read and every figure and row of
        buttons is there: "the first" is the first.
        """
        self.page.wait_for_selector(SETTLED, state="attached", timeout=30_000)
        self.page.wait_for_function(DRAWN, timeout=30_000)
        expect(self.page.locator("h1").first).to_be_visible()
        return self

    @property
    def place(self) -> tuple[str, dict[str, list[str]]]:
        """Where the visitor is: ("/closures", {"lang": ["en"], ...})."""
        parts = urlsplit(self.page.url)
        return parts.path, parse_qs(parts.query)

    @property
    def figure(self) -> Locator:
        """The first figure of the page."""
        return self.page.locator(".js-plotly-plot").first

    def painted(self, at_least: int = 1) -> dict[str, str]:
        """The areas of the page's first map that have a size on the screen, by code, with their fill:
        {"ITC4": "rgb(...)", ...}.
        """
        self.page.wait_for_function(f"() => ({PAINTED})().length >= {at_least}", timeout=20_000)
        return dict(self.page.evaluate(PAINTED))

    def click_area(self, code: str) -> None:
        """Clicks the middle of an area of the map."""
        self.painted()
        shape = self.page.evaluate_handle(
            f"() => [...document.querySelectorAll({SHAPES!r})].find(path => path.__data__.loc === {code!r})"
        )
        shape.scroll_into_view_if_needed()
        box = shape.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2 - 2, box["y"] + box["height"] / 2)
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def shown(self) -> str:
        """The words of the page."""
        return self.page.locator('[data-testid="stMain"]').inner_text()


def watch(page: Page, outside: list[str], failures: list[str]) -> None:
    """Writes down what the security policy refused a page, and the scripts that failed in it."""
    page.on(
        "console",
        lambda message: outside.append(message.text) if "Content Security Policy" in message.text else None,
    )
    page.on("pageerror", lambda error: failures.append(str(error)))


@pytest.fixture(scope="module")
def browser(chromium):
    """A browser for one file of tests: it holds an event loop that other tests need free."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: str):
    """visit("/closures?lang=en") -> a Visitor, each in a browser of their own; at the end no other host was
    asked, or would have been, and no script failed.
    """
    contexts, outside, failures = [], [], []
    elsewhere = re.compile(rf"^(?!(http|ws)://{re.escape(urlsplit(site).netloc)}/)")

    def closed(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    def opened(address: str, size: dict = WIDE, **how) -> Visitor:
        context = browser.new_context(
            viewport=size, locale=how.pop("locale", "it-IT"), service_workers="block", **how
        )
        contexts.append(context)
        context.route(elsewhere, closed)
        context.route_web_socket(elsewhere, lambda socket: outside.append(socket.url))
        page = context.new_page()
        watch(page, outside, failures)
        return Visitor(page, site).open(address)

    opened.outside = outside
    yield opened
    for context in contexts:
        context.close()
    assert not outside, f"asked of other hosts: {outside}"
    assert not failures, f"scripts failed in the browser: {failures}"
