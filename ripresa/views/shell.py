"""The shell of every page: language, navigation, footer, and filters in the session and in the URL."""

import atexit
import gc
import secrets
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ripresa import i18n, logs, rate_limit, settings
from ripresa.catalogue import CatalogueError
from ripresa.database import query
from ripresa.database.build_errors import BuildError
from ripresa.filters import URL_PARAMETERS, Filters
from ripresa.i18n import format_period, t
from ripresa.views.components.html import render_html, render_notice
from ripresa.views.components.widgets import seed_widget
from ripresa.views.session import get_session
from ripresa.views.streamlit_internals import build_script_element, format_script_arguments

FOLDER = Path(__file__).parent
STYLESHEETS = (FOLDER / "style.css", FOLDER / "streamlit_overrides.css")
SHELL_SCRIPT = (FOLDER / "shell.js").read_text(encoding="utf-8")
LOGO_SVG = (FOLDER / "mark.svg").read_text(encoding="utf-8")
LOGO_COLOURS = {"light": ("#1B2430", "#154C86"), "dark": ("#F1F3F5", "#77AEDD")}  # of text and mark, by theme
NAVIGATION = {  # label of a menu: its pages; the pages without a label are in the bar itself
    "": ("overview", "closures", "profits", "digital_sales", "women", "diagnosis"),
    "nav_places": ("profile", "compare"),
    "nav_firm": ("resources", "diagnosis_results"),
    "nav_sources": ("checks", "data", "sql", "revisions", "verify", "about"),
}
FOOTER_PAGES = ("diagnosis_results", "data", "sql", "revisions", "verify")
PAGE_NAMES = tuple(page for pages in NAVIGATION.values() for page in pages)
STATEFUL_PAGES = ("diagnosis", "sql", "verify")  # pages with state that is not in their URL
SHARED_FILTERS = ("lang", "level", "geo", "sector")  # kept when the visitor opens another page


def run() -> None:
    """Renders the page of the URL in its shell; errors become a sentence."""
    logs.REQUEST_ID.set(
        secrets.token_hex(8)
    )  # a run arrives over the websocket, without a request of its own
    for stylesheet in STYLESHEETS:
        st.html(stylesheet)
    lang = _get_visitor_language()
    try:
        version = query.get_data_version()
        data_date = format_period(str(query.run_query("build")["data_date"].iloc[0])[:10], lang)
        page = st.navigation(build_pages(lang), position="top")
        page_name = page.url_path or PAGE_NAMES[0]
        filters = _sync_filters_with_url(page_name, lang)
    except (BuildError, CatalogueError) as error:
        return _render_error(t("fault_database", lang), lang, str(error).splitlines()[0])
    st.set_page_config(
        page_title=f"{page.title} · {t('site', lang)}",
        page_icon=build_favicon(),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.logo(_build_logo(get_theme()), size="large")
    _render_language_switch(lang)
    _run_shell_script(lang, page.url_path)
    if filters.invalid_parameters:
        render_notice(t("dropped", lang, what=", ".join(filters.invalid_parameters)))
    _run_page(page, page_name, filters)
    _render_footer(lang, version, data_date)
    if page.url_path not in STATEFUL_PAGES:
        st.button(t("again", lang), key="redraw-trigger")  # hidden: shell.js clicks it after a reconnection
    _freeze_garbage_collector()


def _run_page(page: StreamlitPage, page_name: str, filters: Filters) -> None:
    lang = filters.lang
    try:
        with logs.log_duration("script", page=page_name, lang=lang):
            page.run()
    except Exception:  # the visitor gets a sentence and a button, the log gets the traceback
        logs.LOGGER.exception(
            "page", extra={"fields": {"page": page_name, "address": filters.to_url_parameters()}}
        )
        _render_error(t("fault_page", lang), lang)
        st.button(
            t("reset", lang),
            on_click=set_filters,
            kwargs=_get_empty_filters(name for name in SHARED_FILTERS if name != "lang"),
        )


def _render_footer(lang: str, version: str, data_date: str) -> None:
    st.html(render_html("components/footer.html", lang, version=version, date=data_date))
    # Page links stay in the session; a plain link would reload the page and lose a diagnosis.
    with st.container(key="footer-links", horizontal=True, gap="medium"):
        for name in FOOTER_PAGES:
            st.page_link(f"pages/{name}.py", label=t(f"nav_{name}", lang), query_params={"lang": lang})
        st.page_link("pages/about.py", label=t("foot_access", lang), query_params={"lang": lang})


def get_filters() -> Filters:
    """The visitor's filters. A page script started without run() is restarted through it with its URL."""
    filters = get_session().filters
    if filters is None:
        st.switch_page(
            st.navigation(build_pages(_get_visitor_language()), position="top"),
            query_params=_get_query_parameters(),
        )
    return filters


def set_filters(**changes: str | tuple[str, ...]) -> None:
    """Changes filters of the session (for callbacks); the URL follows in the next run."""
    session = get_session()
    changed: dict[str, Any] = {**changes, "invalid_parameters": ()}
    session.filters = replace(get_filters(), **changed)
    session.has_new_choice = True


def reset_filters() -> None:
    """Resets every filter but the language."""
    names = (field.name for field in fields(Filters))
    set_filters(**_get_empty_filters(name for name in names if name not in ("lang", "invalid_parameters")))


def _get_empty_filters(names: Iterable[str]) -> dict[str, str | tuple[str, ...]]:
    return {name: () if name == "geo" else "" for name in names}


def get_client_key() -> str:
    """A key of the client for rate limits, which does not reveal its IP address."""
    return rate_limit.get_client_key(
        str(st.context.ip_address), ", ".join(st.context.headers.get_all("X-Forwarded-For"))
    )


def get_theme() -> str:
    """The visitor's theme, "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def get_link_target() -> str:
    """The target of links that reload the page: "_blank" while a reload would lose a diagnosis."""
    diagnosis = get_session().diagnosis
    return "_blank" if diagnosis and diagnosis.started_at else "_self"


def build_pages(lang: str) -> dict[str, list[StreamlitPage]]:
    """Streamlit's pages by menu: labels in the language, URLs the same in both."""
    return {
        t(menu, lang) if menu else "": [
            st.Page(
                settings.PAGES / f"{name}.py",
                title=t(f"nav_{name}", lang),
                url_path=name,
                default=name == PAGE_NAMES[0],
            )
            for name in names
        ]
        for menu, names in NAVIGATION.items()
    }


def _get_visitor_language(*, use_session: bool = True) -> str:
    """The visitor's language: a new choice, else that of the URL, of the session, of the browser."""
    session, lang = get_session(), st.query_params.get("lang", "")
    if use_session and session.filters and (session.has_new_choice or lang not in settings.LANGS):
        lang = session.filters.lang
    return i18n.negotiate_language(lang, st.context.headers.get("Accept-Language", ""))


def _sync_filters_with_url(page: str, lang: str) -> Filters:
    """The filters for this run: those of the URL where the visitor changed it, else those of the session."""
    session, parameters = get_session(), _get_query_parameters()
    previous = session.filters
    has_page_changed = previous is not None and page != session.page
    has_url_changed = bool(parameters) if has_page_changed else parameters != session.query_parameters
    if previous is None or (has_url_changed and not session.has_new_choice):
        # The URL is not rewritten: that would add a history entry, and Back would not leave the page.
        filters = Filters.from_url_parameters(parameters, lang)
    else:
        filters = previous
        if has_page_changed:
            filters = Filters(**{name: getattr(previous, name) for name in SHARED_FILTERS})
        in_url = Filters.from_url_parameters(parameters, _get_visitor_language(use_session=False))
        if filters.to_url_parameters() != in_url.to_url_parameters():
            page_parameters = {} if has_page_changed else _get_page_parameters(parameters)
            parameters = filters.to_url_parameters() | page_parameters
            st.query_params.from_dict(parameters)
    session.filters, session.page, session.query_parameters = filters, page, parameters
    session.has_new_choice, session.has_page_changed = False, has_page_changed
    return filters


def _get_page_parameters(parameters: dict[str, list[str]]) -> dict[str, list[str]]:
    """The query parameters that are not filters: only their page reads them."""
    return {name: values for name, values in parameters.items() if name not in URL_PARAMETERS}


def _get_query_parameters() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _render_language_switch(lang: str) -> None:
    with st.container(key="language"):
        st.radio(
            t("language", lang),
            settings.LANGS,
            key=seed_widget("lang", lang),
            format_func=lambda code: i18n.get_language_name(code),
            horizontal=True,
            label_visibility="collapsed",
            on_change=lambda: set_filters(lang=st.session_state["lang"]),
        )


def _run_shell_script(lang: str, page: str) -> None:
    """Translates Streamlit's own texts in the browser and marks the page in the menu."""
    texts = [text for key, text in i18n.load_strings().items() if key.startswith("own_")]
    translations = [[text[other], text[lang]] for text in texts for other in settings.LANGS]
    menu = next(menu for menu, names in NAVIGATION.items() if (page or PAGE_NAMES[0]) in names)
    arguments = format_script_arguments(lang, translations, page, menu and t(menu, lang))
    st.html(build_script_element(f"{SHELL_SCRIPT}({arguments})"), unsafe_allow_javascript=True)


def _build_logo(theme: str) -> str:
    """The site's name and mark as SVG, in the colours of a theme."""
    text_colour, mark_colour = LOGO_COLOURS[theme]
    logo = LOGO_SVG.replace("{name}", t("site", settings.LANGS[0]))
    return logo.replace("{ink}", text_colour).replace("{mark}", mark_colour)


def build_favicon() -> str:
    """The mark alone as a square SVG."""
    mark = _build_logo("light").partition("<text")[0]
    return mark.replace('width="218"', 'width="32"').replace("0 0 218 32", "0 0 32 32") + "</svg>"


def _render_error(sentence: str, lang: str, detail: str = "") -> None:
    st.html(render_html("components/error.html", lang, sentence=sentence, detail=detail))


@st.cache_resource(show_spinner=False)
def _freeze_garbage_collector() -> bool:
    """Freezes the garbage collector after the first page: later collections skip long-lived objects."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # the database closes cleanly when the server stops
    return True
