"""The maps are painted in a browser without access to other hosts, and a click on a map selects an area."""

import pytest
from playwright.sync_api import expect

from ripresa import catalogue
from ripresa.charts import tile_grid
from ripresa.database.query import run_query
from ripresa.filters import Filters, resolve_view
from ripresa.i18n import t
from tests.browser.conftest import NARROW

TOPICS = [topic for topic in catalogue.load_topics() if topic != "context"]
OPENINGS = [
    (topic, level) for topic in TOPICS for level in catalogue.load_topics()[topic].indicators_by_level
]
SHADED = {
    ("closures", "italy"): 21,
    ("profits", "italy"): 21,
    ("closures", "europe"): 20,
    ("digital_sales", "europe"): 27,
    ("women", "world"): 150,
}  # at least
DRAWN = {"italy": 21, "europe": 40, "world": 200}  # at least
BEYOND = {"ARM", "AZE"}  # have figures, and lie east of the frame of the map of Europe
GREY = {"rgb(200, 194, 184)", "rgb(90, 84, 76)"}  # no data, in either theme
COVERED = """() => {
    const intersect = (button, box) => button.width && box.width
        && box.left < button.right && box.right > button.left
        && box.top < button.bottom && box.bottom > button.top;
    return [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot =>
        [...plot.querySelectorAll('.modebar-btn')].map(button => button.getBoundingClientRect()).flatMap(
            button => [...plot.querySelectorAll('text')]
                .filter(text => intersect(button, text.getBoundingClientRect()))
                .map(text => text.textContent)));
}"""
ITALY = set(
    "ITC1 ITC2 ITC3 ITC4 ITH1 ITH2 ITH3 ITH4 ITH5 ITI1 ITI2 ITI3 ITI4 ITF1 ITF2 ITF3 ITF4 ITF5 ITF6 "
    "ITG1 ITG2".split()
)


def shaded(painted: dict[str, str]) -> set[str]:
    return {code for code, fill in painted.items() if fill not in GREY}


@pytest.mark.parametrize(("topic", "level"), OPENINGS)
def test_the_first_figure_of_every_topic_and_level_is_painted(topic, level, visit):
    """A map shades every area that has a figure; named dots are there one by one."""
    view = resolve_view(Filters(level=level), topic)
    rows = run_query("map", **view.query_parameters).dropna(subset="value")
    visitor = visit(f"/{topic}?lang=en&level={level}")
    expect(visitor.figure).to_be_visible()
    if view.chart != "map":
        expect(visitor.figure.locator("path.point").first).to_be_attached()
        return
    painted = visitor.painted(DRAWN[level])
    assert set(rows["geo"]) - shaded(painted) <= BEYOND
    assert len(shaded(painted)) >= SHADED.get((topic, level), 1)


def test_every_area_of_italy_is_on_the_map_in_one_of_several_shades(visit):
    painted = visit("/closures?lang=it").painted(21)
    assert set(painted) == ITALY == shaded(painted)
    assert len(set(painted.values())) >= 3


@pytest.mark.parametrize("lang", ["it", "en"])
def test_a_click_on_a_region_chooses_it(lang, visit):
    visitor = visit(f"/closures?lang={lang}")
    visitor.click_area("ITC4")
    visitor.page.wait_for_url("**geo=ITC4**")
    visitor.settle()
    expect(visitor.page.locator('[data-testid="stMultiSelect"]').first).to_contain_text(
        "Lombardia" if lang == "it" else "Lombardy"
    )


def test_the_list_of_areas_chooses_like_the_map(visit):
    visitor = visit("/closures?lang=it")
    visitor.page.locator('[data-testid="stMultiSelect"] input').first.fill("Lombard")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**geo=ITC4**")
    assert set(visitor.settle().painted(21)) == ITALY


def test_the_map_is_painted_in_the_dark_theme_too(visit):
    visitor = visit("/closures?lang=it", color_scheme="dark")
    assert shaded(visitor.painted(21)) == ITALY
    assert (
        visitor.page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        == "rgb(14, 17, 23)"
    )


def test_the_chart_s_own_camera_does_not_offer_a_picture_without_its_words(visit):
    visitor = visit("/closures?lang=en")
    visitor.painted(21)
    shown = (
        "[...document.querySelectorAll('.modebar-btn')].map(button => [getComputedStyle(button).display, "
        "button.querySelector('path')?.getAttribute('d').slice(0, 8)])"
    )
    buttons = visitor.page.evaluate(shown)
    assert ["none", "m500 450"] in buttons, (
        "plotly's camera has another drawing now: the rule that hides it must change"
    )


def test_another_year_changes_the_drawing_and_does_not_build_it_anew(visit):
    visitor = visit("/closures?lang=en&period=2023")
    before = visitor.painted(21)
    visitor.page.evaluate(
        "() => document.querySelectorAll('.js-plotly-plot').forEach(plot => { plot.seen = true; "
        "plot.on('plotly_afterplot', () => plot.again = true); })"
    )
    visitor.page.get_by_role("combobox", name="Period").click()
    visitor.page.get_by_role("option", name="2020").click()
    visitor.page.wait_for_url("**period=2020**")
    visitor.page.wait_for_function(
        "() => document.querySelector('.js-plotly-plot').again "
        "&& document.querySelectorAll('.js-plotly-plot')[1].again"
    )
    visitor.settle()
    seen = visitor.page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => [plot.seen, "
        "Boolean(plot.again)])"
    )
    assert seen == [[True, True], [True, True], [True, False], [True, False], [True, True], [True, False]], (
        "the map, the order, the sectors; not the lines"
    )
    assert visitor.painted(21) != before


def test_an_area_touched_again_is_let_go(visit):
    visitor = visit("/closures?lang=en&geo=ITG1")
    visitor.page.get_by_text("Italiano", exact=True).click()
    visitor.page.wait_for_url("**lang=it**")
    visitor.settle().click_area("ITG1")
    visitor.page.wait_for_url(lambda address: "geo" not in address)


def test_a_figure_fills_the_whole_screen_and_comes_back(visit):
    visitor = visit("/closures?lang=it")
    visitor.painted(21)
    size = (
        "() => [document.querySelector('.js-plotly-plot')._fullLayout.width, "
        "document.querySelector('.js-plotly-plot')._fullLayout.height]"
    )
    before = visitor.page.evaluate(size)
    visitor.figure.hover()
    visitor.figure.locator(f'[data-title="{t("whole_screen", "it")}"]').click()
    visitor.page.wait_for_function(
        f"() => document.fullscreenElement && ({size})()[0] === innerWidth && ({size})()[1] < innerHeight"
    )
    title, source = (
        visitor.page.locator(".headline h2").first.inner_text(),
        visitor.page.locator(".stHtml .footnote > p").first.inner_text(),
    )
    said = visitor.page.evaluate("() => document.fullscreenElement.innerText")
    assert said.startswith(title)
    assert said.strip().endswith(source)
    visitor.page.evaluate("() => document.exitFullscreen()")
    visitor.page.wait_for_function(f"before => String(({size})()) === String(before)", arg=before)


def test_on_a_phone_a_map_takes_the_room_of_its_shape_and_tiles_take_their_own(visit):
    heights = (
        "() => [document.querySelector('.js-plotly-plot')._fullLayout.height, "
        "document.querySelector('.stElementContainer.st-key-map').getBoundingClientRect().height]"
    )
    visitor = visit("/digital_sales?lang=it&level=europe", size=NARROW)
    visitor.painted(40)
    drawn, room = visitor.page.evaluate(heights)
    assert drawn == room < 330, "a map of Europe 358 pixels wide is 233 high, and has its classes under it"
    assert visitor.page.evaluate(COVERED) == [], "the button of the whole screen stands on a value"
    visitor = visit("/closures?lang=it", size=NARROW)
    visitor.painted(21)
    visitor.page.get_by_text(t("drawn_tiles", "it"), exact=True).click()
    visitor.page.wait_for_function(
        f"() => String(({heights})()) === '{tile_grid.TILE_GRID_HEIGHT},{tile_grid.TILE_GRID_HEIGHT}'"
    )


def test_the_box_of_areas_leaves_room_to_type_and_to_touch(visit):
    """The names of the areas chosen fill a phone's line in Italian; WCAG 2.2 asks for 24 pixels."""
    box = visit("/compare?lang=it", {"width": 390, "height": 844}).page.locator(".stMultiSelect input").first
    assert box.bounding_box()["width"] >= 24
