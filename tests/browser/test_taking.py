"""What a visitor takes away, in a real browser: images that carry their words and their seal, a citation
copied, a question cancelled, a file judged.
"""

import re
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ripresa import i18n
from ripresa.charts.theme import get_palette
from ripresa.exports import verify
from ripresa.i18n import t


def taken(visitor, click) -> tuple[str, bytes]:
    """The name and the content of what a click saves."""
    with visitor.page.expect_download() as waited:
        click()
    return waited.value.suggested_filename, Path(waited.value.path()).read_bytes()


def opened(visit, address: str, lang: str):
    """A page with what can be taken of its first figure open."""
    visitor = visit(f"{address}?lang={lang}")
    visitor.painted()
    visitor.page.get_by_text(t("save_kit", lang)).first.click()
    return visitor


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_camera_saves_an_image_with_its_words_and_its_seal(form, lang, visit):
    visitor = opened(visit, "/closures", lang)
    button = visitor.page.locator(f'button.save-button[data-form="{form}"][data-size="web"]')
    expect(button).to_be_visible()
    name, image = taken(visitor, button.click)
    assert re.fullmatch(rf"death_rate_italy_\d{{4}}_{lang}_\w{{12}}\.{form}", name)
    assert verify.verify_file(image, name).state == "current"
    if form == "svg":
        written = " ".join(unescape(re.sub(r"<[^>]*>", " ", image.decode())).split())
        assert "ISTAT" in written
        assert "CC BY 4.0" in written
        assert {"it": "versione dei dati", "en": "data version"}[lang] in written


def test_an_image_saved_from_a_dark_screen_is_light_and_leaves_the_screen_dark(visit):
    visitor = visit("/closures?lang=en", color_scheme="dark")
    before = visitor.painted()
    visitor.page.get_by_text(t("save_kit", "en")).first.click()
    name, image = taken(
        visitor, visitor.page.locator('button.save-button[data-form="svg"][data-size="web"]').click
    )
    drawn, light, dark = image.decode(), get_palette("light"), get_palette("dark")

    def fill(colour):
        return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))

    assert fill(light.background) in drawn
    assert fill(light.text) in drawn
    assert not any(fill(colour) in drawn for colour in (dark.background, dark.text, *dark.sequential[:3]))
    assert verify.verify_file(image, name).state == "current"
    assert visitor.painted() == before


def test_a_citation_is_copied_at_a_click(visit):
    visitor = opened(visit, "/closures", "en")
    visitor.page.get_by_text(t("save_cite", "en"), exact=True).click()
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.locator("button.copy-button").nth(1).click()
    expect(visitor.page.locator('.copy-box [role="status"]').nth(1)).to_have_text(t("save_copied", "en"))
    assert visitor.page.evaluate("navigator.clipboard.readText()").startswith("@misc{ripresa_death_rate")


def test_a_table_taken_from_a_figure_is_known_again_by_the_page_that_verifies(visit, tmp_path):
    visitor = opened(visit, "/closures", "it")
    visitor.page.get_by_text(t("save_files", "it"), exact=True).click()
    name, content = taken(visitor, visitor.page.get_by_text(t("save_file_xlsx", "it"), exact=True).click)
    (tmp_path / name).write_bytes(content)
    visitor.open("/verify?lang=it")
    visitor.page.locator("input[type=file]").set_input_files(tmp_path / name)
    expect(visitor.page.locator(".verdict_current .verdict")).to_have_text(t("verify_state_current", "it"))


def test_a_question_that_takes_long_can_be_cancelled_and_keeps_nobody_else_waiting(visit):
    visitor, another = visit("/sql?lang=en"), visit("/sql?lang=en")

    def ask(who, sql: str) -> None:
        who.page.locator(".st-key-sql-form textarea").fill(sql)
        who.page.locator(".st-key-sql-form textarea").press("Control+Enter")

    ask(
        visitor,
        "select count(*) from observations a, observations b, observations c "
        "where a.value + b.value + c.value < 0",
    )
    stop = visitor.page.get_by_role("button", name=t("sql_cancel", "en"))
    expect(stop).to_be_visible()
    ask(another, "select 6 * 7")
    expect(another.page.locator(".table tbody th")).to_have_text("42")
    stop.click()
    expect(visitor.page.locator(".notice")).to_have_text("The question was cancelled.")


def test_the_sql_of_a_figure_opens_in_its_page_with_the_answer(visit):
    visitor = opened(visit, "/closures", "en")
    visitor.page.get_by_text(t("save_code", "en"), exact=True).click()
    visitor.page.get_by_text(t("save_sql_run", "en")).click()
    expect(visitor.page.locator(".table tbody tr")).to_have_count(21)
    expect(visitor.page.locator(".st-key-sql-form textarea")).to_have_value(re.compile("death_rate"))


def test_an_analyst_finds_an_indicator_its_views_and_the_document_of_a_figure(visit):
    visitor = visit("/data?lang=en")
    page = visitor.page
    page.locator(".table tbody td a").first.click()
    expect(page.locator(".documents li:target a")).to_be_visible()
    page.locator('[data-testid="stRadioOption"]', has_text="Catalogue").click()
    search = page.get_by_role("textbox", name="Search the catalogue")
    search.fill("death_rate")
    search.press("Enter")
    expect(page.locator(".table tbody tr")).to_have_count(1)
    page.locator('[data-testid="stRadioOption"]', has_text="Coverage").click()
    page.locator(".table tbody tr", has_text="death rate").locator("td a").nth(1).click()
    page.wait_for_url("**/closures?*")
    visitor.settle()
    assert visitor.place == ("/closures", {"lang": ["en"], "level": ["europe"], "indicator": ["death_rate"]})
    expect(visitor.figure).to_be_visible()
