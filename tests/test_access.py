"""What everyone can read: the accessibility statement, the field's words explained where they are used."""

import re
from html import unescape

import pytest
from markupsafe import escape

from ripresa import i18n
from ripresa.i18n import t
from ripresa.views import shell
from ripresa.views.components import accessibility_statement, glossary
from tests.helpers.app import get_cold_html, get_html, open_page

EXACT = (
    "sme",
    "nuts",
    "wilson",
    "value_added",
    "median",
    "provisional",
    "intensity",
    "indistinct",
)  # terms that a page cannot use in another sense


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_statement_lists_every_known_failure_and_invents_no_publisher(lang):
    told = accessibility_statement.render_statement(lang)
    for one in (
        *accessibility_statement.load_findings()["finding"],
        *accessibility_statement.load_findings()["limit"],
    ):
        assert escape(one[lang]) in told
    assert told.count(escape(t("statement_nobody", lang))) == 2
    assert escape(t("statement_no_contact", lang)) in told
    assert "@" not in told
    assert re.findall(r"<h([23])>", told) == ["2", *"3" * len(accessibility_statement.SECTIONS)]


def test_whoever_publishes_the_site_is_named_in_its_statement(monkeypatch):
    monkeypatch.setenv("RIPRESA_PUBLISHER", "Camera <di> prova")
    monkeypatch.setenv("RIPRESA_CONTACT", "accesso@example.org")
    told = accessibility_statement.render_statement("it")
    assert told.count("Camera &lt;di&gt; prova") == 2
    assert "accesso@example.org" in told
    assert t("statement_nobody", "it") not in told
    assert t("statement_no_contact", "it") not in told


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_page_about_methods_holds_the_statement_and_the_whole_glossary(lang):
    page = get_cold_html("about", lang)
    assert accessibility_statement.render_statement(lang) in page
    assert all(f"<dt>{escape(t(f'term_{term}', lang))}</dt>" in page for term in glossary.TERM_PAGES)


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("page", [page for page in shell.PAGE_NAMES if page not in ("about", "diagnosis")])
def test_a_term_of_the_field_is_explained_on_the_page_that_uses_it(page, lang):
    found = get_html(open_page(page, lang=lang, geo="ITC4"))
    said, explained = (
        unescape(re.sub(r'<details class="glossary">.*?</details>|<[^>]+>', " ", found, flags=re.DOTALL)),
        glossary.render_page_glossary(page, lang),
    )
    assert explained in found
    used = [
        term for term in EXACT if re.search(rf"\b{re.escape(t(f'term_{term}', lang))}\b", said, re.IGNORECASE)
    ]
    assert [term for term in used if page not in glossary.TERM_PAGES[term]] == []


def test_every_term_is_used_on_a_page_that_is_there():
    assert {page for pages in glossary.TERM_PAGES.values() for page in pages} <= set(shell.PAGE_NAMES)
    assert all(glossary.TERM_PAGES.values())


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("page", ["closures", "profits", "digital_sales", "women", "compare"])
def test_every_figure_can_be_read_in_words(page, lang):
    """What a screen reader says of a chart is there for every reader, under it: how it is drawn and what it
    shows.
    """
    found = get_cold_html(page, lang)
    told = re.findall(r'<details class="text-alternative"><summary>(.*?)</summary>(.*?)</details>', found)
    assert len(told) == found.count('<div class="headline">') > 0
    assert {summary for summary, _ in told} == {t("read_figure", lang)}
    paragraphs = [text for _, body in told for text in re.findall(r"<p>(.*?)</p>", body)]
    assert len(paragraphs) >= len(told)
    assert all(len(text) > 60 and re.search(r"\d", text) for text in paragraphs)
