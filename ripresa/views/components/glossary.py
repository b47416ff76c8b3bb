"""The field's words in plain ones: all of them on the page about methods, a page's own where that page begins."""

from html import escape

from ripresa.i18n import t

TERM_PAGES = {  # each term, and the pages that use it
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


def render_glossary(lang: str) -> str:
    """The glossary."""
    return f'<section class="article" id="glossary"><h2>{escape(t("glossary", lang))}</h2>{_render_terms(tuple(TERM_PAGES), lang)}</section>'


def render_page_glossary(page: str, lang: str) -> str:
    """The words of a page, folded; "" where there are none."""
    used = tuple(term for term, pages in TERM_PAGES.items() if page in pages)
    return (
        f'<details class="glossary"><summary>{escape(t("glossary_here", lang))}</summary>{_render_terms(used, lang)}</details>'
        if used
        else ""
    )


def _render_terms(terms: tuple[str, ...], lang: str) -> str:
    return (
        "<dl>"
        + "".join(
            f"<dt>{escape(t(f'term_{term}', lang))}</dt><dd>{escape(t(f'means_{term}', lang))}</dd>"
            for term in terms
        )
        + "</dl>"
    )
