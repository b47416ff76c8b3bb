"""The revisions page: every release of the data, newest first, with the changes it made."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import streamlit as st

from ripresa.database import query, releases
from ripresa.exports import atom
from ripresa.filters import Filters
from ripresa.i18n import format_period, t
from ripresa.templating import Markup
from ripresa.views import shell
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header

MAX_LISTED_CHANGES = 60  # changes of a release


def render_page(filters: Filters) -> None:
    """The page."""
    lang, version = filters.lang, query.get_data_version()
    render_page_header(t("page_revisions", lang), t("revisions_question", lang), t("revisions_intro", lang))
    released = releases.load_releases()
    st.html(
        render_html(
            "pages/revisions_intro.html",
            lang,
            version=version,
            is_released=any(release["version"] == version for release in released),
            feed_path=atom.FEED_PATH.strip("/"),
            link_target=shell.get_link_target(),
        )
    )
    revisions: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for revision in releases.load_revisions():
        revisions[revision["version"]].append(revision)
    if released:
        st.html(
            Markup().join(
                render_release(release, revisions[release["version"]], lang) for release in reversed(released)
            )
        )
    else:
        st.html(render_html("pages/revisions_none.html", lang))


def render_release(release: Mapping[str, str], revisions: Sequence[Mapping[str, str]], lang: str) -> Markup:
    """One release: its date and version, the number of changes by kind, and the first of the changes."""
    return render_html(
        "pages/release.html",
        lang,
        release=release,
        date=format_period(release["date"], lang),
        observation_count=int(release["observations"]),
        counts=atom.format_revision_counts(revisions, lang),
        changes=[atom.describe_revision(revision, lang) for revision in revisions[:MAX_LISTED_CHANGES]],
        unlisted_count=len(revisions) - MAX_LISTED_CHANGES,
    )
