"""What a visitor meets: the same view in either language, filters that follow, a menu on a narrow screen, a
broken address, no other host asked.
"""

import json
import urllib.request
from itertools import pairwise

import pytest
from playwright.sync_api import Error, expect

from ripresa import i18n
from tests.browser.conftest import NARROW

VIEW = "level=italy&geo=ITC4&geo=ITI4&period=2020"


def test_a_link_opened_in_the_other_language_shows_the_same_view(visit):
    italian, english = visit(f"/closures?lang=it&{VIEW}"), visit(f"/closures?lang=en&{VIEW}")
    assert {**italian.place[1], "lang": ["en"]} == english.place[1]
    assert english.place[1]["geo"] == ["ITC4", "ITI4"]
    assert english.place[1]["period"] == ["2020"]
    assert italian.painted(21) == english.painted(21)
    assert "2020" in english.shown()
    assert "Lombardy" in english.shown()
    assert "Lombardia" in italian.shown()


def test_the_language_switch_keeps_the_view(visit):
    visitor = visit(f"/closures?lang=it&{VIEW}")
    before, painted = visitor.place, visitor.painted(21)
    visitor.page.get_by_text("English", exact=True).click()
    visitor.page.wait_for_url("**lang=en**")
    visitor.settle()
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    expect(visitor.page.locator("h1").first).to_contain_text("Who closed")
    assert visitor.place == (before[0], {**before[1], "lang": ["en"]})
    assert visitor.painted(21) == painted


def test_the_shared_filters_follow_to_another_page(visit):
    visitor = visit("/closures?lang=en&level=italy&geo=ITC4")
    visitor.page.locator('header a[href*="women"]').first.click()
    visitor.page.wait_for_url("**/women**geo=ITC4**")
    assert visitor.settle().place[1]["lang"] == ["en"]


def test_the_menu_can_be_reached_on_a_narrow_screen(visit):
    visitor = visit("/closures?lang=it", size={"width": 390, "height": 844})
    visitor.painted(21)
    visitor.page.locator('[data-testid="stExpandSidebarButton"]').click()
    visitor.page.locator('[data-testid="stSidebar"] a[href*="women"]').click()
    visitor.page.wait_for_url("**/women**")


def test_the_menu_marks_the_page_and_the_group_it_is_in(visit):
    visitor = visit("/data?lang=en")
    marked = visitor.page.locator('header [aria-current="page"], header [aria-current="true"]')
    expect(marked).to_have_text([i18n.t("nav_sources", "en")])
    assert marked.evaluate("one => getComputedStyle(one).boxShadow") != "none"
    marked.click()
    expect(visitor.page.locator('[role="menuitem"][aria-current="page"]')).to_have_text(
        i18n.t("nav_data", "en")
    )
    visitor.page.locator('header a[href*="women"]').first.click()
    expect(marked).to_have_text([i18n.t("nav_women", "en")])
    visitor.page.set_viewport_size(NARROW)
    visitor.page.locator('[data-testid="stExpandSidebarButton"]').click()
    expect(visitor.page.locator('[data-testid="stSidebar"] [aria-current="page"]')).to_have_text(
        i18n.t("nav_women", "en")
    )


@pytest.mark.parametrize("width", [1280, 1440])
def test_the_names_of_the_pages_stand_at_even_distances_and_clear_of_the_language(width, visit):
    visitor = visit("/about?lang=it", size={"width": width, "height": 500})
    ends = visitor.page.evaluate("""() => [...document.querySelectorAll(
        "[data-testid=stTopNavLink] p, [data-testid=stTopNavSection], .st-key-language"
    )].map(name => {
        const range = document.createRange();
        range.selectNodeContents(name);
        const box = range.getBoundingClientRect();
        return [box.left, box.right];
    })""")
    gaps = [second[0] - first[1] for first, second in pairwise(ends)]
    assert len(gaps) > 7, gaps
    assert max(gaps[:5]) - min(gaps[:5]) < 2, gaps
    assert min(gaps) >= 8, gaps


def test_a_broken_address_shows_the_page_all_the_same(visit):
    visitor = visit(
        "/closures?lang=xx&level=moon&geo=ATLANTIS&indicator='%3Bdrop&period=9999&sector=%F0%9F%A6%84"
    )
    assert visitor.painted(21)
    expect(visitor.page.locator('[data-testid="stException"]')).to_have_count(0)


def test_a_call_at_another_host_is_closed_and_written_down(visit):
    """The guard of all these tests: it would see one. The pages' own security policy stops a script before it
    calls, and that is written down too.
    """
    visitor = visit("/about?lang=en")
    with pytest.raises(Error, match="ERR_FAILED"):
        visitor.page.goto("http://another.example/")
    assert visit.outside == ["http://another.example/"]
    visit.outside.clear()
    visitor.page.wait_for_url(
        "chrome-error://**"
    )  # the browser's own page about the refusal comes a moment later
    visitor.open("/about?lang=en").page.evaluate("() => fetch('http://another.example/').catch(() => null)")
    assert visit.outside
    assert all("Content Security Policy" in said for said in visit.outside)
    visit.outside.clear()


def test_the_server_says_that_it_is_well(site):
    with urllib.request.urlopen(f"{site}/healthz") as answer:
        assert json.load(answer)["status"] == "ok"


def test_on_a_phone_the_menu_makes_room_for_the_page_it_led_to(visit):
    visitor = visit("/closures?lang=it", size=NARROW)
    menu = visitor.page.locator('[data-testid="stSidebar"]')
    visitor.page.locator('[data-testid="stExpandSidebarButton"]').click()
    menu.get_by_text(i18n.t("nav_women", "it"), exact=True).click()
    visitor.page.wait_for_url("**/women**")
    visitor.page.wait_for_function(
        "() => document.querySelector('[data-testid=\"stSidebar\"]').getBoundingClientRect().right <= 0"
    )


def test_on_a_phone_a_menu_left_open_is_closed_at_the_next_arrival(visit):
    visitor = visit("/about?lang=it", size=NARROW)
    visitor.page.locator('[data-testid="stExpandSidebarButton"]').click()
    visitor.page.wait_for_function(
        "() => document.querySelector('[data-testid=\"stSidebar\"]').getBoundingClientRect().right > 200"
    )
    visitor.page.reload()
    expect(visitor.page.locator('[data-testid="stSidebar"][data-collapsed="true"]')).to_have_count(1)


def test_the_bar_uses_its_room_and_marks_what_is_behind_its_end(visit):
    visitor = visit("/compare?lang=it", size={"width": 1024, "height": 500})
    shown = visitor.page.locator(
        '[data-testid="stTopNav"] .rc-overflow-item:not([aria-hidden="true"], .rc-overflow-item-rest)'
    )
    expect(shown).to_have_count(5)
    expect(visitor.page.locator('header .rc-overflow-item-rest [aria-current="true"]')).to_have_count(1)
    visitor.page.locator('header a[href*="closures"]').first.click()
    expect(visitor.page.locator("header .rc-overflow-item-rest [aria-current]")).to_have_count(0)


def test_the_ways_from_the_data_page_stand_on_one_line(visit):
    ways = visit("/data?lang=en").page.locator(".st-key-data-page-links a")
    expect(ways).to_have_count(4)
    lines = ways.evaluate_all(
        "all => all.map(a => { const words = document.createRange(); "
        "words.selectNodeContents(a.querySelector('p') ?? a); "
        "return words.getBoundingClientRect().bottom; })"
    )
    assert max(lines) - min(lines) < 1


def test_on_a_phone_every_area_compared_stays_in_sight_and_the_list_speaks_italian(visit):
    visitor = visit("/compare?lang=it&geo=ITC4&geo=ITI4&geo=ITA&geo=ITF3&geo=ITG1", size=NARROW)
    page = visitor.page
    page.locator(".st-key-compare-chooser input").first.click()
    expect(page.get_by_role("option", name="Scegliete tutto")).to_be_visible()
    inside = """() => {
        const container = document.querySelector("[data-testid=stMultiSelectTagsContainer]");
        const around = container.getBoundingClientRect();
        return [...container.querySelectorAll("[role=group] > span")]
            .map(chip => chip.getBoundingClientRect())
            .map(chip => chip.left >= around.left && chip.right <= around.right);
    }"""
    assert page.evaluate(inside) == [True] * 5, "the first of them is what the others are compared with"


def test_on_a_phone_a_choice_longer_than_its_box_is_wrapped_and_read_whole(visit):
    page = visit("/closures?lang=it", size=NARROW).page
    box = page.locator('.st-key-filter-bar [class*="st-key-indicator_"] [role="group"]')
    chosen = box.locator("input")
    assert chosen.evaluate("one => one.scrollWidth > one.clientWidth"), "the browser alone would cut it"
    shown = (
        "one => getComputedStyle(one, '::before').content.includes(one.querySelector('input').value) "
        "&& getComputedStyle(one, '::before').visibility === 'visible'"
    )
    assert box.evaluate(shown)
    assert box.bounding_box()["height"] > 45
    assert chosen.evaluate("one => getComputedStyle(one).opacity") == "0"
    chosen.click()
    assert chosen.evaluate("one => getComputedStyle(one).opacity") == "1"
    assert not box.evaluate(shown)
    before = chosen.input_value()
    page.get_by_role("option").nth(1).click()
    page.wait_for_url("**indicator=**")
    page.locator("h1").click()
    page.wait_for_function(
        'before => document.querySelector(\'.st-key-filter-bar [class*="st-key-indicator_"] '
        "[role=group]').dataset.shown !== before",
        arg=before,
    )
    assert box.evaluate(shown)


def test_a_menu_link_opened_in_another_tab_keeps_the_language_and_the_visit_goes_on_in_this_one(visit):
    visitor = visit("/closures?lang=en")  # a browser that asks for Italian
    links = visitor.page.locator('header a[href*="women"], header a[href*="profits"]')
    expect(links.first).to_have_attribute("href", f"{visitor.site}/profits?lang=en")
    expect(links.last).to_have_attribute("href", f"{visitor.site}/women?lang=en")
    with visitor.page.context.expect_page() as opened:
        links.last.click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url("**/women?lang=en")
    expect(opened.value.locator("html")).to_have_attribute("lang", "en")
    assert visitor.place[0] == "/closures"
    visitor.page.get_by_text("Italiano", exact=True).click()
    visitor.page.wait_for_url("**lang=it**")
    expect(links.first).to_have_attribute("href", f"{visitor.site}/profits?lang=it")
    links.first.click()
    visitor.page.wait_for_url("**/profits**")
    assert (
        visitor.settle()
        .page.evaluate("() => performance.getEntriesByType('navigation')[0].name")
        .endswith("/closures?lang=en")
    ), "the page was loaded once"


def test_a_download_looks_the_same_on_every_page_and_a_table_of_regions_is_shown_whole(visit):
    look = (
        "one => { const look = getComputedStyle(one); return ['color', 'backgroundColor', 'borderColor', "
        "'borderRadius', 'fontSize', 'minHeight', 'paddingLeft'].map(name => look[name]); }"
    )
    visitor = visit("/?lang=it")
    table = visitor.page.locator(".table .scroll").first
    assert table.locator("tbody tr").count() == 22
    assert table.evaluate("one => one.scrollHeight - one.clientHeight") <= 0
    looks = {tuple(visitor.page.locator(".figure-actions [value=csv]").first.evaluate(look))}
    for page in ("data", "profile", "compare"):
        visitor.open(f"/{page}?lang=it")
        button = visitor.page.locator(".stDownloadButton button", has_text="CSV").first
        expect(button).to_contain_text("Scaricate")
        looks.add(tuple(button.evaluate(look)))
    assert len(looks) == 1, looks
    assert (
        visitor.open("/data?lang=it")
        .page.locator(".table .scroll")
        .first.evaluate("one => one.scrollHeight > one.clientHeight + 100")
    ), "156 rows are still a box of their own"
