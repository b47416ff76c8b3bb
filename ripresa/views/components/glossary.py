"""Definitions of the field's terms: all of them on the page about methods, those of a page at its top."""

from ripresa.templating import Markup
from ripresa.views.components.html import render_html

TERM_PAGES = {  # term: the pages that use it
    "enterprise": ("overview", "closures", "digital_sales", "profile", "compare"),
    "sme": ("overview", "profits", "digital_sales", "profile", "compare", "resources", "checks"),
    "death": ("closures", "profile", "compare"),
    "balance": ("closures", "profile", "compare"),
    "points": ("closures", "profits", "profile", "compare", "checks"),
    "value_added": ("overview", "profits", "profile", "compare"),
    "nuts": ("profits", "sql"),
    "nace": ("closures", "profits", "sql"),
    "universe": ("closures", "profits", "digital_sales", "women", "data"),
    "register": ("overview", "closures", "women", "profile", "compare"),
    "survey": ("overview", "closures", "digital_sales", "women", "checks"),
    "wave": ("profits", "checks"),
    "base": ("women", "profile"),
    "interval": ("women", "profile", "compare", "diagnosis_results"),
    "wilson": ("women",),
    "indistinct": ("women", "profile", "compare"),
    "provisional": ("overview", "closures", "profile", "compare", "data", "sql"),
    "computed": ("profits", "profile", "compare"),
    "flag": ("data", "sql"),
    "edition": ("closures", "profits", "digital_sales", "women", "compare", "checks", "data", "sql"),
    "revision": ("revisions",),
    "version": ("revisions", "verify", "sql"),
    "intensity": ("digital_sales",),
    "startup": ("overview", "women", "profile"),
    "suppression": ("diagnosis_results",),
    "complementary": ("diagnosis_results",),
    "median": ("diagnosis_results",),
}


def render_glossary(lang: str) -> Markup:
    """All terms, as a section of the page about methods."""
    return render_html("components/glossary.html", lang, terms=TERM_PAGES)


def render_page_glossary(page: str, lang: str) -> Markup:
    """The terms of a page in a closed disclosure element; empty where it uses none."""
    terms = [term for term, pages in TERM_PAGES.items() if page in pages]
    return render_html("components/page_glossary.html", lang, terms=terms) if terms else Markup()
