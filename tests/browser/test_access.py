"""Everyone can use the pages: opened cold in their language, axe on each, a screen of 320 pixels, no word of
the other language, the keyboard alone, the system's own colours.

The pages are walked once, themes and widths taken in turn; AUDIT=whole (`make audit`) walks every page in
every language, theme and width.
"""

import os
import re
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from pathlib import Path

import axe_playwright_python
import pytest
from PIL import Image
from playwright.sync_api import expect

from ripresa import i18n, settings
from ripresa.i18n import t
from ripresa.views import shell
from ripresa.views.components import accessibility_statement
from tests.browser.conftest import NARROW, Visitor, watch

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
THEMES, WIDTHS = ("light", "dark"), (1440, 768, 390)
TURNS = [("light", 1440), ("dark", 768), ("light", 390), ("dark", 1440), ("light", 768), ("dark", 390)]
WHOLE = os.environ.get("AUDIT") == "whole"
FINDINGS = """async ([tags, known]) => (await axe.run(document, {
    runOnly: tags,
    rules: {
        'heading-order': {enabled: true}, 'page-has-heading-one': {enabled: true},
        'landmark-one-main': {enabled: true}, 'region': {enabled: true},
    },
    resultTypes: ['violations'],
    preload: false,
})).violations.flatMap(violation => violation.nodes.map(node => {
    const element = document.querySelector(node.target[0]);
    return [
        violation.id,
        known.findIndex(issue => issue.rule === violation.id && element?.matches(issue.selector)),
        node.html.slice(0, 160),
        node.failureSummary,
    ];
}))"""
WIDEST = (
    "() => Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')].map(box "
    "=> box.scrollWidth))"
)
FOREIGN = (
    "[lang]:not(html), textarea, script, style, noscript, [data-testid=stIconMaterial], "
    "[data-testid=stMain] .st-key-language"
)
TEXTS = f"""() => {{
    const texts = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const add = (element, text) => element.closest({FOREIGN!r}) || texts.add(
        (element.closest('.stHtml, .main-svg') ? 'ours ' : 'frame ') + text.trim().replace(/\\s+/g, ' '));
    while (walker.nextNode()) {{
        const node = walker.currentNode;
        if (node.nodeValue.trim()) add(node.parentElement, node.nodeValue);
    }}
    for (const name of ['aria-label', 'aria-description', 'title', 'data-title', 'placeholder', 'alt'])
        for (const element of document.querySelectorAll(`[${{name}}]`))
            add(element, element.getAttribute(name));
    return [...texts];
}}"""
STATES = {  # what a page opened cold does not show: address, and what is pressed there
    "figure": (
        "/closures?lang={lang}&geo=ITC4",
        lambda page: [
            page.locator(f".st-key-map_actions [value={what}]").click() for what in ("table", "export")
        ],
    ),
    "area": ("/profile?lang={lang}&geo=ITC4", None),
    "questions": (
        "/diagnosis?lang={lang}",
        lambda page: page.locator('.st-key-step-buttons button[kind="primary"]').click(),
    ),
    "answer": (
        "/sql?lang={lang}&sql=select+1+as+one,+2+as+two",
        lambda page: expect(page.locator(".table")).to_be_visible(),
    ),
    "menu": (
        "/about?lang={lang}",
        lambda page: (
            page.locator('[data-testid="stSidebar"][data-collapsed="true"]').count()
            and page.locator('[data-testid="stExpandSidebarButton"]').click()
        ),
    ),
}


@dataclass
class Walk:
    """What was met on the way: pages that did not open as they should, findings of axe that are ours, known
    ones, pages wider than the screen, the words of the Italian pages.
    """

    runs: Counter = field(default_factory=Counter)
    amiss: list = field(default_factory=list)
    ours: list = field(default_factory=list)
    known: Counter = field(default_factory=Counter)
    wide: list = field(default_factory=list)
    italian: dict = field(default_factory=dict)


def turns() -> list[tuple[str, str, str, int]]:
    """(place, language, theme, width) of each run."""
    places = [*shell.PAGE_NAMES, *STATES]
    if WHOLE:
        return list(product(places, i18n.LANGS, THEMES, WIDTHS))
    return [
        (place, lang, *TURNS[(i + j) % len(TURNS)])
        for i, place in enumerate(places)
        for j, lang in enumerate(i18n.LANGS)
        if place in shell.PAGE_NAMES or (i + j) % 2
    ]


def open_at(visitor: Visitor, place: str, lang: str) -> None:
    """A page opened cold ("closures") or in a state of STATES."""
    address, act = STATES.get(
        place, (f"/{'' if place == shell.PAGE_NAMES[0] else place}?lang={{lang}}", None)
    )
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
    visitors = {}
    for lang, locale in (("it", "en-GB"), ("en", "it-IT")):  # the address decides, not the browser
        page = browser.new_context(locale=locale, service_workers="block").new_page()
        watch(page, walk.amiss, walk.amiss)
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((f"{site}/", "data:", "blob:"))
                else walk.amiss.append(request.url)
            ),
        )
        page.on(
            "response",
            lambda answer: (
                walk.amiss.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
            ),
        )
        page.on(
            "websocket",
            lambda socket: (
                None
                if socket.url.startswith(f"{site.replace('http', 'ws', 1)}/")
                else walk.amiss.append(socket.url)
            ),
        )
        visitors[lang] = Visitor(page, site)
    for place, lang, theme, width in turns():
        visitor = visitors[lang]
        visitor.page.goto("about:blank")  # what is left is not drawn again for another screen
        visitor.page.emulate_media(color_scheme=theme)
        visitor.page.set_viewport_size({"width": 390 if place == "menu" else width, "height": 900})
        open_at(visitor, place, lang)
        met = (
            visitor.page.locator("html").get_attribute("lang"),
            visitor.page.title().endswith(t("site", lang)),
            visitor.place[1]["lang"],
            visitor.page.locator('[data-testid="stException"]').count(),
        )
        if met != (lang, True, [lang], 0):
            walk.amiss.append(f"{place} {lang}: {met}")
        visitor.page.evaluate(AXE)
        for rule, known, html, why in visitor.page.evaluate(
            FINDINGS, [TAGS, accessibility_statement.load_findings()["finding"]]
        ):
            if known < 0:
                walk.ours.append(f"{place} {lang} {theme} {width}: {rule}: {html}: {why}")
            else:
                walk.known[rule] += 1
        if lang == i18n.LANGS[0]:
            walk.italian.setdefault(place, set()).update(visitor.page.evaluate(TEXTS))
        for narrow in (
            visitor.page.viewport_size["width"],
            720,
            320,
        ):  # its own, a wide screen at 200%, and what WCAG 1.4.10 asks
            if narrow != visitor.page.viewport_size["width"]:
                visitor.page.set_viewport_size({"width": narrow, "height": 800})
                visitor.page.wait_for_timeout(80)
            if (widest := visitor.page.evaluate(WIDEST)) > narrow:
                walk.wide.append(f"{place} {lang}: {widest} px on a screen of {narrow}")
        walk.runs[place] += 1
    for visitor in visitors.values():
        visitor.page.context.close()
    print(
        f"axe: {sum(walk.runs.values())} runs over {len(walk.runs)} pages and states x "
        f"{len(i18n.LANGS)} languages x {len(THEMES)} themes x {len(WIDTHS)} widths"
        f" ({'the whole matrix' if WHOLE else 'in turn'}): {len(walk.ours)} findings of ours, "
        f"{sum(walk.known.values())} of Streamlit's ({dict(walk.known)}), "
        f"{time.monotonic() - began:.0f} s"
    )
    return walk


# --- every page, walked once ---


def test_every_page_opens_cold_in_its_language_asks_no_other_host_nor_what_is_not_there_and_no_script_fails(
    walked,
):
    assert set(walked.runs) >= {path.stem for path in (settings.ROOT / "pages").glob("*.py")}
    assert not walked.amiss, "\n".join(walked.amiss)


def test_axe_finds_nothing_on_any_page_that_is_ours(walked):
    assert not walked.ours, "\n".join(walked.ours)


def test_every_failure_the_statement_lists_still_occurs(walked):
    assert {one["rule"] for one in accessibility_statement.load_findings()["finding"]} == set(walked.known)


def test_no_page_scrolls_sideways_as_it_opens_at_twice_the_size_or_on_320_pixels(walked):
    assert not walked.wide, "\n".join(walked.wide)


# --- no word of the other language ---

ENGLISH = re.compile(
    r"\b(the|and|of|to|from|your|you|not|with|open|close|choose|select|remove|clear|press|enter|upload|"
    r"download|drag|drop|browse|limit|running|stop|show|hide|view|more|less|search|results?"
    r"|options?|values?|pages?|sidebar|main|content|home|fullscreen|zoom|copy|connection|error|"
    r"settings|print|rerun|deploy|skip|navigate|expand|collapse)\b",
    re.IGNORECASE,
)


def pairs(declared) -> list[tuple[str, str]]:
    """Every sentence that a file of declarations holds in both languages."""
    if isinstance(declared, list):
        return [pair for one in declared for pair in pairs(one)]
    if not isinstance(declared, dict):
        return []
    own = (
        [(declared["it"], declared["en"])]
        if all(isinstance(declared.get(lang), str) for lang in ("it", "en"))
        else []
    )
    return own + [pair for one in declared.values() for pair in pairs(one)]


def foreign() -> tuple[set[str], set[str]]:
    """English sentences, and the fixed parts of those with something to fill in, that no Italian sentence
    holds.
    """
    found = [
        pair
        for path in settings.ROOT.glob("*/**/*.toml")
        for pair in pairs(tomllib.loads(path.read_text(encoding="utf-8")))
    ]
    italian = "\n".join(one for one, _ in found)
    sentences = {other for one, other in found if other != one and other not in italian}
    return sentences, {
        part.strip()
        for sentence in sentences
        for part in re.split(r"\{\w+\}", sentence)
        if len(part.strip()) > 18 and part.strip() not in italian
    }


def test_no_english_sentence_stands_on_an_italian_page(walked):
    sentences, parts = foreign()
    assert len(sentences) > 500
    assert len(parts) > 300
    left = {}
    for place, texts in walked.italian.items():
        read = {text.partition(" ")[2] for text in texts}
        whole = "\n".join(read)
        if found := (sentences & read) | {part for part in parts if part in whole}:
            left[place] = found
    assert not left


def test_streamlit_says_nothing_in_english_on_an_italian_page(walked):
    said = {
        text.partition(" ")[2]
        for texts in walked.italian.values()
        for text in texts
        if text.startswith("frame ")
    }
    assert t("own_skip", "it") in said
    assert t("own_expand", "it") in said
    assert not {one for one in said if ENGLISH.search(one)}, (
        "say it in data/locales/interface.toml as own_..., as Streamlit writes it"
    )


def test_streamlit_s_words_that_come_later_are_italian_too(visit):
    visitor = visit("/closures?lang=it")
    visitor.page.locator('[data-testid="stMultiSelect"] input').first.fill("zzzz")
    expect(visitor.page.get_by_text(t("own_none", "it"))).to_be_visible()
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_text("English", exact=True).click()
    visitor.page.wait_for_url("**lang=en**")
    visitor.settle()
    expect(visitor.page.locator('[data-testid="stSkipToContent"]')).to_have_text(t("own_skip", "en"))
    visitor.page.locator('[data-testid="stMultiSelect"] input').first.fill("zzzz")
    expect(visitor.page.get_by_text(t("own_none", "en"))).to_be_visible()


# --- the keyboard alone ---

LOOK = """() => {
    const here = document.activeElement;
    if (here === document.body) return null;
    const look = () => {
        const styles = [];
        for (let box = here, up = 0; box && up < 5; box = box.parentElement, up++) {
            const style = getComputedStyle(box);
            styles.push([
                style.outlineStyle, style.outlineWidth, style.boxShadow,
                style.borderColor, style.backgroundColor,
            ].join());
        }
        return styles.join();
    };
    const focused = look();
    here.blur();
    const plain = look();
    here.focus({focusVisible: true, preventScroll: true});
    const box = (here.closest('label') ?? here).getBoundingClientRect();
    const visible = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
    return [focused !== plain, visible, here.outerHTML.slice(0, 120)];
}"""


def named(name: str) -> str:
    return f"here.getAttribute('aria-label') === {name!r}"


def tab_to(page, condition: str) -> None:
    """Presses Tab until the element in focus, `here`, is the one meant."""
    for _ in range(120):
        if page.evaluate(f"() => {{ const here = document.activeElement; return Boolean({condition}); }}"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {condition}")


@pytest.mark.parametrize(
    ("address", "width"),
    [("/closures?lang=it", 1440), ("/closures?lang=it", 390), ("/compare?lang=en", 1440)],
)
def test_tab_walks_the_page_to_its_end_and_the_focus_is_always_seen(address, width, visit):
    visitor = visit(address, size={"width": width, "height": 900})
    visitor.page.wait_for_timeout(1000)
    unseen, stops = [], 0
    while stops < 150:
        visitor.page.keyboard.press("Tab")
        found = visitor.page.evaluate(LOOK)
        if found is None:
            break
        stops += 1
        if not all(found[:2]):
            unseen.append(found)
    assert 20 < stops < 150, "a trap, or hardly anything to reach"
    assert not unseen


def test_a_journalist_with_a_keyboard_alone_finds_a_figure_and_takes_it(visit):
    """Skip the menu, choose an area and a year, open the table, take the file and the citation."""
    lang = "it"
    visitor = visit(f"/closures?lang={lang}")
    page, press = visitor.page, visitor.page.keyboard.press
    press("Tab")
    press("Enter")
    assert page.evaluate("() => document.activeElement.dataset.testid") == "stMain"
    tab_to(page, named(t("filter_geo_italy", lang)))
    page.keyboard.type("Lombard")
    press("Enter")
    page.wait_for_url("**geo=ITC4**")
    visitor.settle()
    press("Escape")
    tab_to(page, named(t("filter_period", lang)))
    press("ControlOrMeta+a")
    page.keyboard.type("2022")
    press("Enter")
    page.wait_for_url("**period=2022**")
    visitor.settle()
    tab_to(page, "here.matches('.st-key-map_actions [value=table]')")
    press("Space")
    expect(page.locator(".table").first).to_contain_text("2022")
    tab_to(page, "here.matches('.st-key-map_actions [value=csv]')")
    with page.expect_download() as taken:
        press("Enter")
    assert "Lombardia" in taken.value.path().read_text(encoding="utf-8")
    tab_to(page, "here.matches('.st-key-map_actions [value=export]')")
    press("Space")
    expect(page.locator(".st-key-export-menu_map")).to_be_visible()
    tab_to(page, "here.matches('[type=radio]') && here.closest('.st-key-export-menu_map')")
    while not page.locator("button.copy-button").count():
        press("ArrowRight")
        page.wait_for_timeout(300)
        visitor.settle()
    tab_to(page, "here.matches('button.copy-button')")
    press("Enter")
    expect(page.locator('.copy-box [role="status"]').first).not_to_be_empty()


def test_an_analyst_with_a_keyboard_alone_asks_in_sql_and_is_not_trapped_in_the_box(visit):
    visitor = visit("/sql?lang=en")
    page, press = visitor.page, visitor.page.keyboard.press
    tab_to(page, "here.matches('textarea')")
    press("ControlOrMeta+a")
    page.keyboard.type("select 6 * 7 as answer")
    press("Tab")
    assert not page.evaluate("() => document.activeElement.matches('textarea')")
    tab_to(page, f"here.matches('button') && here.innerText === {t('sql_run', 'en')!r}")
    press("Enter")
    expect(page.locator(".table tbody")).to_contain_text("42")


def test_with_a_keyboard_alone_the_documents_of_300_figures_are_two_steps_away(visit):
    visitor = visit("/data?lang=it")
    page, press = visitor.page, visitor.page.keyboard.press
    repeated = page.locator(".table td a")
    assert repeated.count() > 100
    assert all(
        name.startswith(f"{text} ") and len(name) > 20
        for text, name in repeated.evaluate_all(
            "all => all.map(a => [a.textContent, a.getAttribute('aria-label')])"
        )
    )
    tab_to(page, "here.matches('a[href=\"#documents\"]')")
    press("Tab")
    assert page.evaluate("() => document.activeElement.matches('.table .scroll')")
    press("Tab")
    assert page.evaluate("() => document.activeElement.matches('.documents a')")
    page.locator('a[href="#documents"]').focus()
    press("Enter")
    press("Tab")
    assert page.evaluate("() => document.activeElement.matches('.documents a')")


# --- what the visitor's own system asks ---


def test_nothing_moves_for_those_who_asked_for_less_movement(visit):
    longest = (
        "() => Math.max(...[...document.querySelectorAll('*')].flatMap(one "
        "=> [getComputedStyle(one).transitionDuration, "
        "getComputedStyle(one).animationDuration]).map(parseFloat))"
    )
    visitor = visit("/about?lang=en")
    assert visitor.page.evaluate(longest) > 0.05
    visitor.page.emulate_media(reduced_motion="reduce")
    assert visitor.page.evaluate(longest) < 0.001


def test_with_the_system_s_own_colours_a_choice_made_and_a_chart_can_be_seen(visit):
    visitor = visit("/closures?lang=en", forced_colors="active", color_scheme="dark")
    visitor.painted()
    chosen, other = (
        visitor.page.locator(f'[data-testid="stRadioOption"]{state}').first.evaluate(
            "one => getComputedStyle(one).backgroundColor"
        )
        for state in ("[data-selected]", ":not([data-selected])")
    )
    assert chosen != other
    assert (
        visitor.figure.evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(14, 17, 23)"
    )  # that of the theme whose ink it has


# --- the words drawn on charts ---

DRAWN = """() => [...document.querySelectorAll('.js-plotly-plot text')].flatMap(text => {
    const box = text.getBoundingClientRect(), style = getComputedStyle(text);
    const transparent = style.visibility === 'hidden' || style.opacity === '0' || style.fillOpacity === '0';
    if (!text.textContent.trim() || box.width < 2 || transparent) return [];
    if (text.closest('.hoverlayer, .modebar')) return [];
    const colour = style.fill.match(/[\\d.]+/g).slice(0, 3).map(Number);
    return [[text.textContent, colour, [box.left, box.top, box.right, box.bottom].map(Math.round)]];
})"""


def luminance(colour) -> float:
    parts = [part / 255 for part in colour[:3]]
    return sum(
        weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
        for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
    )


def contrast(one, other) -> float:
    """As WCAG 2.2 defines it, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def behind(picture, ink, box) -> tuple[int, int, int]:
    """The colour on which a text stands: the commonest of its box that is not nearly its own ink."""
    left, top, right, bottom = box
    shades = picture.crop((left, top, max(right, left + 1), max(bottom, top + 1))).getcolors(100_000)
    return max(
        (
            (count, colour)
            for count, colour in shades
            if sum(abs(a - b) for a, b in zip(colour, ink, strict=True)) > 40
        ),
        default=(0, tuple(map(int, ink))),
    )[1]


@pytest.mark.parametrize("theme", THEMES)
def test_every_word_drawn_on_a_chart_has_the_contrast_that_text_needs(theme, visit):
    """axe does not read the fill of drawn text: here it is measured on the picture of the page."""
    assert round(contrast((255, 255, 255), (0, 0, 0))) == 21
    assert contrast((119, 119, 119), (255, 255, 255)) < 4.5
    visitor = visit("/closures?lang=en", size={"width": 1440, "height": 4200}, color_scheme=theme)
    visitor.painted()
    visitor.page.wait_for_timeout(1500)
    texts = visitor.page.evaluate(DRAWN)
    picture = Image.open(BytesIO(visitor.page.screenshot())).convert("RGB")
    assert len(texts) > 60
    faint = {
        (text, tuple(ink), ground, round(contrast(ink, ground), 1))
        for text, ink, box in texts
        if contrast(ink, ground := behind(picture, ink, box)) < 4.5
    }
    assert not faint


def test_on_a_phone_the_menu_takes_up_the_keyboard_and_escape_gives_it_back(visit):
    page = visit("/closures?lang=it", NARROW).page
    button = page.get_by_test_id("stExpandSidebarButton")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stSidebarNavLink").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_choice_is_told_to_who_does_not_see_the_page(lang, visit):
    visitor = visit(f"/closures?lang={lang}")
    visitor.painted()
    status = visitor.page.locator("#ripresa-status")
    expect(status).to_have_text("")
    visitor.page.get_by_role("combobox", name=t("filter_period", lang)).first.click()
    before = visitor.page.locator(".headline h2").first.inner_text()
    visitor.page.get_by_role("option", name="2021").click()
    expect(status).not_to_have_text("")
    assert status.inner_text() == visitor.page.locator(".headline h2").first.inner_text() != before


def test_a_button_that_its_press_takes_away_leaves_the_keyboard_at_the_sentence_that_answers(visit):
    lang = "it"
    visitor = visit(f"/resources?lang={lang}&geo=ITF5&cost=free")
    page, press = visitor.page, visitor.page.keyboard.press
    for address, name, answer in (
        (None, t("resources_all", lang), ".lead.result-summary"),
        (f"/closures?lang={lang}&geo=ITH1&sector=I", t("reset", lang), ".headline h2"),
    ):
        if address:
            visitor.open(address)
        button = page.get_by_role("button", name=name)
        button.focus()
        press("Enter")
        expect(button).to_have_count(0)
        expect(page.locator(answer).first).to_be_focused()
