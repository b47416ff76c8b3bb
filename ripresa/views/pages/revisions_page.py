"""The revisions page: every release of the data, newest first, and what it changed."""

from html import escape

import streamlit as st

from ripresa.database import query
from ripresa.database import releases as release
from ripresa.exports import atom
from ripresa.filters import Filters
from ripresa.i18n import format_period, t
from ripresa.views import shell
from ripresa.views.pages.topic_page import render_page_header

MAX_LISTED_CHANGES = 60  # changes of a release


def render_page(filters: Filters) -> None:
    """The page."""
    lang, known, made = filters.lang, query.get_data_version(), release.load_releases()
    render_page_header(t("page_revisions", lang), t("revisions_question", lang), t("revisions_intro", lang))
    current = t(
        "revisions_current" if any(one["version"] == known for one in made) else "revisions_unreleased",
        lang,
        version=known,
    )
    ways = f'<a href="{atom.FEED_PATH.strip("/")}?lang={lang}" target="_blank">{escape(t("revisions_feed", lang))}</a> · <a href="verify?lang={lang}" target="{shell.get_link_target()}">{escape(t("nav_verify", lang))}</a>'
    st.html(
        f'<div class="notice"><p>{escape(current)}</p></div><section class="article"><p>{ways}</p></section>'
    )
    changed: dict[str, list[dict[str, str]]] = {}
    for line in release.load_revisions():
        changed.setdefault(line["version"], []).append(line)
    entries = [render_release(one, changed.get(one["version"], []), lang) for one in reversed(made)]
    st.html(
        "".join(entries) or f'<section class="article"><p>{escape(t("revisions_none", lang))}</p></section>'
    )


def render_release(made: dict[str, str], lines: list[dict[str, str]], lang: str) -> str:
    """One release in words."""
    items = "".join(
        f"<li>{escape(atom.describe_revision(line, lang))}</li>" for line in lines[:MAX_LISTED_CHANGES]
    )
    more = (
        f"<li>{escape(t('cited_more', lang, count=len(lines) - MAX_LISTED_CHANGES))}</li>"
        if len(lines) > MAX_LISTED_CHANGES
        else ""
    )
    listed = (
        f"<details><summary>{escape(t('cited_which', lang))}</summary><ul>{items}{more}</ul></details>"
        if lines
        else ""
    )
    when = format_period(made["date"], lang)
    return (
        f'<section class="claim" id="{escape(made["version"])}"><h2>{escape(when)}</h2><p class="footnote">{escape(t("revisions_version", lang, version=made["version"], figures=int(made["observations"])))}</p>'
        f"<p>{escape(atom.format_revision_counts(lines, lang))}</p>{listed}</section>"
    )
