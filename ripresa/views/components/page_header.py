"""The top of a page, and the notices about the view it shows."""

import streamlit as st

from ripresa import catalogue
from ripresa.filter_options import Options
from ripresa.filters import View, get_available_indicators
from ripresa.i18n import format_items, t
from ripresa.templating import render_template
from ripresa.views import shell
from ripresa.views.components import glossary
from ripresa.views.components.html import render_notice
from ripresa.views.session import get_session


def render_page_header(kicker: str, question: str, intro: str) -> None:
    """The subject of a page, its question as heading, an introduction, and the terms it uses."""
    terms = glossary.render_page_glossary(get_session().page, shell.get_filters().lang)
    st.html(
        render_template(
            "components/page_header.html", kicker=kicker, question=question, intro=intro, terms=terms
        )
    )


def render_view_notices(view: View, options: Options) -> None:
    """What the reader chose and has no data, with a button to reset the filters."""
    sentences = [t(key, view.lang, **dict(values)) for key, values in view.notices]
    without = [option.label for option in options.areas if option.code in view.geo and not option.available]
    if without:
        topic = catalogue.load_topics()[view.topic]
        is_in_europe = view.level == "italy" and view.indicator.id in get_available_indicators(
            topic, "europe"
        )
        key = "chosen_without_italy" if is_in_europe else "chosen_without"
        sentences.append(t(key, view.lang, areas=format_items(without, view.lang)))
    if sentences:
        render_notice(*sentences)
        st.button(
            t("reset", view.lang), on_click=shell.reset_filters, type="tertiary", key=f"reset_{view.lang}"
        )
