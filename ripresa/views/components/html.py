"""HTML of the pages: templates with translation, notices and footnotes."""

from collections.abc import Iterable
from functools import partial

import streamlit as st

from ripresa.i18n import translate
from ripresa.templating import Markup, render_template


def render_html(name: str, lang: str, /, **context: object) -> Markup:
    """The template `ripresa/templates/NAME`, in which `t(key, **values)` translates into `lang`."""
    return render_template(name, lang=lang, t=partial(translate, lang=lang), **context)


def render_notice(*sentences: str, title: str = "", items: Iterable[str] = (), role: str = "") -> None:
    """Shows a box with a bold title, a list and sentences, each optional.

    role: the ARIA role of the box, such as "status" or "alert"."""
    st.html(
        render_template(
            "components/notice.html", sentences=sentences, title=title, items=list(items), role=role
        )
    )


def render_paragraph(text: str, css_class: str) -> None:
    """Shows a paragraph; css_class: "footnote" for sources and notes, "lead" for introductions."""
    st.html(render_template("components/paragraph.html", css_class=css_class, text=text))


def render_section_heading(heading: str, lead: str = "") -> None:
    """Shows a heading inside a page, with an introduction where there is one."""
    st.html(render_template("components/section_heading.html", heading=heading, lead=lead))
