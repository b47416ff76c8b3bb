"""The diagnosis in a real browser: all, no and half the answers, by mouse and by keyboard alone, on a wide
and a narrow screen.
"""

import random
import unicodedata
from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from ripresa import i18n
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.diagnosis.scoring import get_visible_items
from ripresa.i18n import t
from tests.browser.conftest import NARROW, SETTLED, WIDE

GROUPS = '.st-key-questions [data-testid="stRadio"]'
ON = '.st-key-step-buttons button[kind="primary"]'
SCREENS = 1 + len(get_questionnaire().goals)


def rest(visitor) -> None:
    """Waits until an answer has been taken."""
    visitor.page.wait_for_timeout(120)
    visitor.page.wait_for_selector(SETTLED, state="attached")


def on(visitor) -> None:
    """The next screen; the browser goes back to its top."""
    before = visitor.page.locator("h1").inner_text()
    visitor.page.locator(ON).click()
    expect(visitor.page.locator("h1")).not_to_have_text(before)
    rest(visitor)


def answer(visitor, share: float, chance: random.Random) -> None:
    """Answers this share of the questions of a screen, those that appear while answering included."""
    done = 0
    while done < visitor.page.locator(GROUPS).count():
        if chance.random() < share:
            options = visitor.page.locator(GROUPS).nth(done).locator('[data-testid="stRadioOption"]')
            options.nth(chance.randrange(options.count())).click()
            rest(visitor)
        done += 1


def plain(text: str) -> str:
    """Letters without spaces and ligatures, which a sheet of paper may set otherwise."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def has_a_plan(visitor, lang: str) -> None:
    expect(visitor.page.locator("h1")).to_have_text(t("plan_title", lang))
    assert 1 <= visitor.page.locator(".action").count() <= 8
    assert visitor.place == ("/diagnosis", {"lang": [lang], "step": ["result"]})
    assert not [
        cookie
        for cookie in visitor.page.context.cookies()
        if any(item.id in str(cookie) for item in get_questionnaire().items)
    ]


EVERY_PAIR = [
    ("it", 0, WIDE),
    ("it", 0.5, WIDE),
    ("it", 1, NARROW),
    ("en", 0, NARROW),
    ("en", 0.5, NARROW),
    ("en", 1, WIDE),
]
OTHERS = [
    ("it", 0, NARROW),
    ("it", 0.5, NARROW),
    ("it", 1, WIDE),
    ("en", 0, WIDE),
    ("en", 0.5, WIDE),
    ("en", 1, NARROW),
]  # every pair again, and with the first all of them
PLACES = ("lang", "share", "size")


def told(one) -> str:
    return str(one["width"]) if isinstance(one, dict) else str(one)


@pytest.mark.parametrize(PLACES, OTHERS, ids=told)
def test_a_firm_with_a_mouse_gets_a_plan(lang, share, size, visit):
    visitor = visit(f"/diagnosis?lang={lang}", size=size)
    on(visitor)
    for _ in range(SCREENS):
        assert visitor.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop") < 5
        answer(visitor, share, random.Random(11))
        on(visitor)
    has_a_plan(visitor, lang)
    assert (
        visitor.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth")
        <= size["width"]
    )


@pytest.mark.parametrize(PLACES, EVERY_PAIR, ids=told)
def test_a_firm_with_a_keyboard_alone_gets_a_plan(lang, share, size, visit):
    """Tab to each question, Space to choose, Tab to the button, Enter: no mouse at all. Every pair of
    language, share of answers and width.
    """
    visitor, chance = visit(f"/diagnosis?lang={lang}", size=size), random.Random(5)
    press = visitor.page.keyboard.press

    def tab_to(script: str) -> None:
        for _ in range(60):
            if visitor.page.evaluate(
                f"() => {{ const here = document.activeElement; return Boolean({script}); }}"
            ):
                return
            press("Tab")
        raise AssertionError(f"not reached by Tab: {script}")

    for _ in range(SCREENS + 1):
        place = chosen = 0
        while place < visitor.page.locator(GROUPS).count():
            if chance.random() < share:
                tab_to(f"here.closest({GROUPS!r}) === document.querySelectorAll({GROUPS!r})[{place}]")
                press("Space")
                rest(visitor)
                chosen += 1
            place += 1
        assert visitor.page.locator(f"{GROUPS} label[data-selected]").count() == chosen
        before = visitor.page.locator("h1").inner_text()
        tab_to(f"here.matches({ON!r})")
        press("Enter")
        expect(visitor.page.locator("h1")).not_to_have_text(before)
        rest(visitor)
    has_a_plan(visitor, lang)


@pytest.mark.parametrize(
    ("size", "in_a_row", "in_a_pair"), [(WIDE, 4, 2), (NARROW, 1, 1)], ids=["wide", "narrow"]
)
def test_on_a_wide_screen_short_answers_stand_in_a_row_questions_in_pairs_and_graded_answers_in_a_ladder(
    size, in_a_row, in_a_pair, visit
):
    visitor = visit("/diagnosis?lang=it", size=size)

    def columns(place: str) -> int:
        return visitor.page.locator(place).evaluate_all(
            "all => new Set(all.map(one => Math.round(one.getBoundingClientRect().left))).size"
        )

    on(visitor)
    assert columns('[class*="st-key-profile_size"] [data-testid="stRadioOption"]') == in_a_row
    on(visitor)
    assert columns(GROUPS) == in_a_pair
    assert columns(f'[class*="st-key-{get_questionnaire().items[0].id}"] [data-testid="stRadioOption"]') == 1


def test_another_page_the_other_language_and_back_keep_the_answers(visit):
    visitor = visit("/diagnosis?lang=it")
    on(visitor)
    on(visitor)
    visitor.page.locator(GROUPS).first.locator('[data-testid="stRadioOption"]').nth(2).click()
    rest(visitor)
    visitor.page.locator('header a[href*="closures"]').first.click()
    visitor.page.wait_for_url("**/closures**")
    visitor.settle()
    visitor.page.get_by_text("English", exact=True).click()
    visitor.page.wait_for_url("**lang=en**")
    visitor.settle()
    visitor.page.locator('header a[href*="diagnosis"]').first.click()
    visitor.page.wait_for_url("**/diagnosis**")
    visitor.settle()
    expect(visitor.page.locator("h1")).to_have_text(get_questionnaire().goals[0].label["en"])
    expect(visitor.page.locator(GROUPS).first.locator("label[data-selected]")).to_have_text(
        get_questionnaire().items[0].options[2].text["en"]
    )


def test_the_plan_prints_without_what_only_works_on_a_screen_and_can_be_put_in_a_calendar(visit):
    visitor = visit("/diagnosis?lang=it")
    on(visitor)
    visitor.page.get_by_text(t("diagnosis_straight", "it")).click()
    expect(visitor.page.locator("h1")).to_have_text(t("plan_title", "it"))
    rest(visitor)
    visitor.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    visitor.page.locator("button.print-button").click()
    assert visitor.page.evaluate("() => window.printed")
    with visitor.page.expect_download() as told:
        visitor.page.get_by_text(t("plan_calendar", "it")).click()
    file = told.value.path().read_text(encoding="utf-8")
    assert told.value.suggested_filename == "piano-digitale.ics"
    assert file.startswith("BEGIN:VCALENDAR")
    visitor.page.emulate_media(media="print")
    for hidden in (".st-key-result-actions", "[data-testid=stHeader]", ".st-key-contribute", ".site-footer"):
        expect(visitor.page.locator(hidden).first).to_be_hidden()
    expect(visitor.page.locator(".action").first).to_be_visible()


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_printed_plan_is_whole_on_three_sheets_and_comes_first(lang, visit):
    visitor = visit(f"/diagnosis?lang={lang}")
    on(visitor)
    on(visitor)
    answer(visitor, 1, random.Random(2))
    visitor.page.get_by_text(t("diagnosis_straight", lang)).click()
    expect(visitor.page.locator("h1")).to_have_text(t("plan_title", lang))
    rest(visitor)
    told = [
        one
        for part in (".action h3", ".action .first-step", ".action .rationale", ".scores tbody th")
        for one in visitor.page.locator(part).all_inner_texts()
    ]
    sheets = [
        plain(sheet.extract_text())
        for sheet in PdfReader(BytesIO(visitor.page.pdf(prefer_css_page_size=True))).pages
    ]
    whole = "".join(sheets)
    assert len(sheets) <= 3
    assert len(told) > 10
    assert not [one for one in told if plain(one) not in whole]
    assert whole.count(f"/resources?lang={lang}&subject=") == visitor.page.locator(".action").count(), (
        "paper cannot be clicked"
    )
    order = [
        t("plan_title", lang),
        get_questionnaire().slots[0].label[lang],
        told[0],
        t("scores_title", lang),
        t("official_title", lang),
    ]
    places = [whole.index(plain(one)) for one in order]
    assert places == sorted(places)
    assert plain(order[2]) in sheets[0]
    assert not [
        key
        for key in ("plan_print", "plan_change", "plan_more", "contribute_title", "diagnosis_forget")
        if plain(t(key, lang)) in whole
    ]


def test_on_a_phone_the_official_shares_are_cards_and_nothing_is_cut(visit):
    visitor = visit("/diagnosis?lang=en", size=NARROW)
    begin = visitor.page.locator(ON).bounding_box()
    assert begin["y"] + begin["height"] < NARROW["height"]  # nobody has to look for the way in
    on(visitor)
    visitor.page.get_by_text(t("diagnosis_straight", "en")).click()
    expect(visitor.page.locator("h1")).to_have_text(t("plan_title", "en"))
    rest(visitor)
    table = visitor.page.locator(".stacked .scroll").last
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    cell = table.locator("td").first
    assert (
        cell.evaluate("one => getComputedStyle(one, '::before').content") == f'"{t("official_you", "en")}: "'
    )
    assert (
        visitor.page.locator(".action").first.bounding_box()["y"] < NARROW["height"]
    )  # the plan begins on the first screen


def thin(visit):
    """A visitor who gives the first answer to the first question and opens the plan, in Italian."""
    visitor = visit("/diagnosis?lang=it")
    on(visitor)
    on(visitor)
    visitor.page.locator(GROUPS).first.locator('[data-testid="stRadioOption"]').first.click()
    rest(visitor)
    visitor.page.get_by_text(t("diagnosis_straight", "it")).click()
    return visitor


def test_a_resource_of_the_plan_and_back_lose_nothing(visit):
    visitor = thin(visit)
    cause = visitor.page.locator(".action .rationale").first.inner_text()
    assert get_questionnaire().items[0].options[0].text["it"] in cause
    visitor.page.locator('[class*="st-key-action_"] [data-testid="stPageLink"] a').first.click()
    visitor.page.wait_for_url("**/resources?**")
    visitor.settle()
    assert visitor.place[1]["subject"] == [get_questionnaire().items[0].subject]
    visitor.page.get_by_role("link", name=t("resources_back", "it")).click()
    visitor.page.wait_for_url("**/diagnosis?**")
    expect(visitor.page.locator("h1")).to_have_text(t("plan_title", "it"))
    assert visitor.page.locator(".action .rationale").first.inner_text() == cause


def test_a_thin_plan_leads_back_to_the_questions_left_blank(visit):
    visitor = thin(visit)
    expect(
        visitor.page.get_by_text(t("plan_thin", "it", count=1, asked=len(get_visible_items({}))))
    ).to_be_visible()
    visitor.page.get_by_text(t("plan_more", "it")).click()
    expect(visitor.page.locator("h1")).to_have_text(get_questionnaire().goals[0].label["it"])


def test_back_leads_to_the_screen_before_and_forward_to_the_answers_given(visit):
    visitor = visit("/about?lang=it")
    page, heading = visitor.page, visitor.page.locator("h1")
    page.locator('header a[href*="diagnosis"]').first.click()
    page.wait_for_url("**/diagnosis**")
    expect(heading).to_have_text(t("diagnosis_question", "it"))
    visitor.settle()
    on(visitor)
    on(visitor)
    page.locator(GROUPS).first.locator('[data-testid="stRadioOption"]').nth(2).click()
    rest(visitor)
    titles = [
        t("diagnosis_question", "it"),
        t("diagnosis_profile", "it"),
        get_questionnaire().goals[0].label["it"],
    ]
    for title in titles[1::-1]:
        page.go_back()
        expect(heading).to_have_text(title)
        rest(visitor)
    assert page.evaluate("() => document.activeElement.tagName") == "H1"
    for title in titles[1:]:
        page.go_forward()
        expect(heading).to_have_text(title)
        rest(visitor)
    expect(page.locator(GROUPS).first.locator("label[data-selected]")).to_have_text(
        get_questionnaire().items[0].options[2].text["it"]
    )
    page.locator('header a[href*="closures"]').first.click()
    page.wait_for_url("**/closures**")
    visitor.settle()
    page.go_back()
    expect(heading).to_have_text(titles[2])
    rest(visitor)
    page.get_by_text(t("diagnosis_back", "it"), exact=True).click()
    expect(heading).to_have_text(titles[1])


def test_who_offers_the_answers_with_the_keyboard_is_led_to_the_code_and_then_to_the_thanks(visit):
    visitor = visit("/diagnosis?lang=it")
    page = visitor.page
    on(visitor)
    page.get_by_role("combobox", name=get_questionnaire().profile_questions[0].question["it"]).fill(
        "Lombardia"
    )
    page.keyboard.press("Enter")
    rest(visitor)
    answer(visitor, 1, random.Random(3))
    on(visitor)
    answer(visitor, 1, random.Random(3))
    page.get_by_text(t("diagnosis_straight", "it")).click()
    expect(page.locator("h1")).to_have_text(t("plan_title", "it"))
    rest(visitor)
    page.locator(".stCheckbox input").focus()
    page.keyboard.press("Space")
    for name, answered in (("contribute_give", "code_title"), ("code_noted", "contribute_done")):
        button = page.get_by_role("button", name=t(name, "it"))
        expect(button).to_be_enabled()
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".st-key-contribute .notice", has_text=t(answered, "it"))).to_be_focused()
