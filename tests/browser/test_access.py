"""Everyone can use the pages: axe on each, a screen of 320 pixels, no word of the other language, the keyboard alone, the system's own colours.

The pages are walked once, themes and widths taken in turn; AUDIT=whole (`make audit`) walks every page in every language, theme and width."""
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from data import words
from data.words import t
from tests.browser.conftest import Visitor
from ui import access, frame

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES, WIDTHS = ("light", "dark"), (1440, 768, 390)
TURNS = [("light", 1440), ("dark", 768), ("light", 390), ("dark", 1440), ("light", 768), ("dark", 390)]
WHOLE = os.environ.get("AUDIT") == "whole"
FINDINGS = """async ([tags, known]) => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations.flatMap(found => found.nodes.map(node => {
    const there = document.querySelector(node.target[0]);
    return [found.id, known.findIndex(one => one.rule === found.id && there?.matches(one.selector)), node.html.slice(0, 160), node.failureSummary];
}))"""
WIDEST = "() => Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')].map(box => box.scrollWidth))"
FOREIGN = "[lang]:not(html), textarea, script, style, noscript, [data-testid=stIconMaterial], [data-testid=stMain] .st-key-language"
TEXTS = f"""() => {{
    const found = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const given = (element, text) => element.closest({FOREIGN!r}) || found.add((element.closest('.stHtml, .main-svg') ? 'ours ' : 'frame ') + text.trim().replace(/\\s+/g, ' '));
    while (texts.nextNode()) if (texts.currentNode.nodeValue.trim()) given(texts.currentNode.parentElement, texts.currentNode.nodeValue);
    for (const name of ['aria-label', 'aria-description', 'title', 'data-title', 'placeholder', 'alt'])
        for (const element of document.querySelectorAll(`[${{name}}]`)) given(element, element.getAttribute(name));
    return [...found];
}}"""
STATES = {  # what a page opened cold does not show: address, and what is pressed there
    "figure": ("/closures?lang={lang}&geo=ITC4", lambda page: [page.locator(f'.st-key-map_data label:has(input[aria-label="{t(key, page.evaluate("document.documentElement.lang"))}"])').click() for key in ("show_table", "save_kit")]),
    "profile": ("/profile?lang={lang}&geo=ITC4", None),
    "questions": ("/diagnosis?lang={lang}", lambda page: page.locator('.st-key-steps button[kind="primary"]').click()),
    "answer": ("/sql?lang={lang}&sql=select+1+as+one,+2+as+two", lambda page: expect(page.locator(".table")).to_be_visible()),
    "menu": ("/about?lang={lang}", lambda page: page.locator('[data-testid="stSidebar"][data-collapsed="true"]').count() and page.locator('[data-testid="stExpandSidebarButton"]').click()),
}


@dataclass
class Walk:
    """What was met on the way: findings of axe that are ours, known ones, pages wider than the screen, the words of the Italian pages."""

    runs: Counter = field(default_factory=Counter)
    ours: list = field(default_factory=list)
    known: Counter = field(default_factory=Counter)
    wide: list = field(default_factory=list)
    italian: dict = field(default_factory=dict)


def turns() -> list[tuple[str, str, str, int]]:
    """(place, language, theme, width) of each run."""
    places = [*frame.PAGES, *STATES]
    if WHOLE:
        return list(product(places, words.LANGS, THEMES, WIDTHS))
    return [(place, lang, *TURNS[(i + j) % len(TURNS)]) for i, place in enumerate(places) for j, lang in enumerate(words.LANGS) if place in frame.PAGES or (i + j) % 2]


def open_at(visitor: Visitor, place: str, lang: str) -> None:
    """A page opened cold ("closures") or in a state of STATES."""
    address, act = STATES.get(place, (f"/{'' if place == frame.PAGES[0] else place}?lang={{lang}}", None))
    visitor.open(address.format(lang=lang))
    if act:
        act(visitor.page)
        visitor.page.wait_for_timeout(300)
        visitor.settle()
    visitor.page.wait_for_timeout(150)


@pytest.fixture(scope="module")
def walked(browser, site) -> Walk:
    walk = Walk()
    began = time.monotonic()
    context = browser.new_context(locale="it-IT", service_workers="block", bypass_csp=True)
    visitor = Visitor(context.new_page(), site)
    for place, lang, theme, width in turns():
        visitor.page.emulate_media(color_scheme=theme)
        visitor.page.set_viewport_size({"width": 390 if place == "menu" else width, "height": 900})
        open_at(visitor, place, lang)
        visitor.page.evaluate(AXE)
        for rule, known, html, why in visitor.page.evaluate(FINDINGS, [TAGS, access.known()["finding"]]):
            if known < 0:
                walk.ours.append(f"{place} {lang} {theme} {width}: {rule}: {html}: {why}")
            else:
                walk.known[rule] += 1
        if lang == words.LANGS[0]:
            walk.italian.setdefault(place, set()).update(visitor.page.evaluate(TEXTS))
        for narrow in (720, 320):  # a wide screen at 200%, and what WCAG 1.4.10 asks
            visitor.page.set_viewport_size({"width": narrow, "height": 800})
            visitor.page.wait_for_timeout(80)
            if (widest := visitor.page.evaluate(WIDEST)) > narrow:
                walk.wide.append(f"{place} {lang}: {widest} px on a screen of {narrow}")
        walk.runs[place] += 1
    context.close()
    print(f"axe: {sum(walk.runs.values())} runs over {len(walk.runs)} pages and states x {len(words.LANGS)} languages x {len(THEMES)} themes x {len(WIDTHS)} widths"
          f" ({'the whole matrix' if WHOLE else 'in turn'}): {len(walk.ours)} findings of ours, {sum(walk.known.values())} of Streamlit's ({dict(walk.known)}), {time.monotonic() - began:.0f} s")
    return walk


# --- every page, walked once ---

def test_axe_finds_nothing_on_any_page_that_is_ours(walked):
    assert not walked.ours, "\n".join(walked.ours)


def test_every_failure_the_statement_lists_still_occurs(walked):
    assert {one["rule"] for one in access.known()["finding"]} == set(walked.known)


def test_no_page_scrolls_sideways_at_twice_the_size_or_on_320_pixels(walked):
    assert not walked.wide, "\n".join(walked.wide)
