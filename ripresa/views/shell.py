"""The frame around every page: language, navigation, and the filters kept in the session and mirrored to the address."""

import atexit
import gc
import secrets
from dataclasses import replace
from html import escape
from pathlib import Path

import streamlit as st

from ripresa import i18n, logs, rate_limit, settings
from ripresa.catalogue import CatalogueError
from ripresa.database import query
from ripresa.database.build_errors import BuildError
from ripresa.filters import URL_PARAMETERS, Filters
from ripresa.i18n import format_period, t
from ripresa.views.session import get_session
from ripresa.views.streamlit_internals import build_script_element, format_script_arguments

STYLESHEETS = tuple(Path(__file__).with_name(name) for name in ("style.css", "streamlit_overrides.css"))
SHELL_SCRIPT = Path(__file__).with_name("shell.js").read_text(encoding="utf-8")
LOGO_SVG = Path(__file__).with_name("mark.svg").read_text(encoding="utf-8")
NAVIGATION = {  # the first pages stand in the bar, the others under a name of their own
    "": ("overview", "closures", "profits", "digital_sales", "women", "diagnosis"),
    "nav_places": ("profile", "compare"),
    "nav_firm": ("resources", "diagnosis_results"),
    "nav_sources": ("checks", "data", "sql", "revisions", "verify", "about"),
}
FOOTER_PAGES = (
    "diagnosis_results",
    "data",
    "sql",
    "revisions",
    "verify",
)  # pages named at the foot of every page
PAGE_NAMES = tuple(page for group in NAVIGATION.values() for page in group)
STATEFUL_PAGES = ("diagnosis", "sql", "verify")  # pages with more on them than their address holds
SHARED_FILTERS = ("lang", "level", "geo", "sector")  # what a visitor keeps when turning to another page


def run() -> None:
    """Draws the frame and, in it, the page the visitor asked for. What goes wrong is said in a sentence."""
    logs.REQUEST_ID.set(
        secrets.token_hex(8)
    )  # the run of a page is a request of its own: it came through the websocket
    for stylesheet in STYLESHEETS:
        st.html(stylesheet)
    lang = _negotiate_language()
    try:
        version, collected = (
            query.get_data_version(),
            format_period(str(query.run_query("build")["data_date"].iloc[0])[:10], lang),
        )
        page = st.navigation(build_pages(lang), position="top")
        chosen = _sync_filters_with_url(page.url_path or PAGE_NAMES[0], lang)
    except (BuildError, CatalogueError) as fault:
        return _render_error(t("fault_database", lang), lang, str(fault).splitlines()[0])
    st.set_page_config(
        page_title=f"{page.title} · {t('site', lang)}",
        page_icon=build_favicon(),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.logo(_build_logo(get_theme()), size="large")
    _render_language_switch(lang)
    _inject_translations(lang, page.url_path)
    if chosen.invalid_parameters:
        st.html(
            f'<div class="notice"><p>{escape(t("dropped", lang, what=", ".join(chosen.invalid_parameters)))}</p></div>'
        )
    try:
        with logs.log_duration("script", page=page.url_path or PAGE_NAMES[0], lang=lang):
            page.run()
    except Exception:  # the reader gets a sentence and a way out, the server's log the whole story
        logs.LOGGER.exception(
            "page",
            extra={"fields": {"page": page.url_path or PAGE_NAMES[0], "address": chosen.to_url_parameters()}},
        )
        _render_error(t("fault_page", lang), lang)
        st.button(
            t("reset", lang),
            on_click=set_filters,
            kwargs={name: () if name == "geo" else "" for name in SHARED_FILTERS if name != "lang"},
        )
    st.html(
        f'<footer class="site-footer"><p>{escape(t("foot", lang, version=version, date=collected))}</p></footer>'
    )
    with st.container(
        key="footer-links", horizontal=True, gap="medium"
    ):  # in the same session: a link that loads the page again would lose a diagnosis
        for way in FOOTER_PAGES:
            st.page_link(f"pages/{way}.py", label=t(f"nav_{way}", lang), query_params={"lang": lang})
        st.page_link("pages/about.py", label=t("foot_access", lang), query_params={"lang": lang})
    if page.url_path not in STATEFUL_PAGES:
        st.button(t("again", lang), key="redraw-trigger")  # unseen: frame.js presses it
    _freeze_garbage_collector()


def get_filters() -> Filters:
    """The visitor's choices. A page opened cold, before the frame has run, is sent through the frame with its address."""
    filters = get_session().filters
    if filters is None:
        st.switch_page(
            st.navigation(build_pages(_negotiate_language()), position="top"),
            query_params=_get_query_parameters(),
        )
    return filters


def set_filters(**changes) -> None:
    """Takes a choice of the visitor's (for callbacks): the session's filters change, and the address follows."""
    session = get_session()
    session.filters = replace(get_filters(), **changes, invalid_parameters=())
    session.has_new_choice = True


def reset_filters() -> None:
    """Back to the page's opening view, in the same language."""
    set_filters(
        **{
            name: () if name == "geo" else ""
            for name in Filters.__dataclass_fields__
            if name not in ("lang", "invalid_parameters")
        }
    )


def get_client_key() -> str:
    """A name for who asks, for the limits: not their address."""
    return rate_limit.get_client_key(
        str(st.context.ip_address), ", ".join(st.context.headers.get_all("X-Forwarded-For"))
    )


def get_theme() -> str:
    """The visitor's theme, "light" or "dark"."""
    return "dark" if st.context.theme.type == "dark" else "light"


def get_link_target() -> str:
    """Where a link that loads the page again opens: in a tab of its own while a diagnosis is under way, which it would lose."""
    diagnosis = get_session().diagnosis
    return "_blank" if diagnosis and diagnosis.started_at else "_self"


def build_pages(lang: str) -> dict[str, list]:
    """Streamlit's pages, group by group: names in the language, addresses the same in both."""
    return {
        t(group, lang) if group else "": [
            st.Page(
                settings.PAGES / f"{page}.py",
                title=t(f"nav_{page}", lang),
                url_path=page,
                default=page == PAGE_NAMES[0],
            )
            for page in there
        ]
        for group, there in NAVIGATION.items()
    }


def _negotiate_language(*, use_session: bool = True) -> str:
    """The visitor's language: from the URL, else chosen earlier in this session, else from the browser.

    A language chosen since the last run comes before that of the URL."""
    session, lang = get_session(), st.query_params.get("lang", "")
    if use_session and session.filters and (session.has_new_choice or lang not in i18n.LANGS):
        lang = session.filters.lang
    return i18n.negotiate_language(lang, st.context.headers.get("Accept-Language", ""))


def _sync_filters_with_url(page: str, lang: str) -> Filters:
    """The session's filters for this run: read from the URL where the visitor changed it, else the choices so far."""
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
        in_url = Filters.from_url_parameters(parameters, _negotiate_language(use_session=False))
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
        if st.session_state.get("lang") != lang:
            st.session_state["lang"] = lang
        st.radio(
            t("language", lang),
            i18n.LANGS,
            key="lang",
            format_func=i18n.get_language_name,
            horizontal=True,
            label_visibility="collapsed",
            on_change=lambda: set_filters(lang=st.session_state["lang"]),
        )


def _inject_translations(lang: str, page: str) -> None:
    """The document in the visitor's language, Streamlit's own words too, and the place of the page in the menu."""
    own = [sentence for key, sentence in i18n.load_strings().items() if key.startswith("own_")]
    pairs = [[sentence[other], sentence[lang]] for sentence in own for other in i18n.LANGS]
    group = next(group for group, there in NAVIGATION.items() if (page or PAGE_NAMES[0]) in there)
    arguments = format_script_arguments(lang, pairs, page, group and t(group, lang))
    st.html(build_script_element(f"{SHELL_SCRIPT}({arguments})"), unsafe_allow_javascript=True)


def _build_logo(theme: str) -> str:
    """The site's name as a picture, in the visitor's own fonts and the theme's ink."""
    ink, mark = {"light": ("#1B2430", "#154C86"), "dark": ("#F1F3F5", "#77AEDD")}[theme]
    return LOGO_SVG.replace("{name}", t("site", i18n.LANGS[0])).replace("{ink}", ink).replace("{mark}", mark)


def build_favicon() -> str:
    """The mark alone, square, for the browser's tab."""
    drawing = _build_logo("light").partition("<text")[0]
    return drawing.replace('width="218"', 'width="32"').replace("0 0 218 32", "0 0 32 32") + "</svg>"


def _render_error(sentence: str, lang: str, detail: str = "") -> None:
    more = f"<p><code>{escape(detail)}</code></p>" if detail else ""
    st.html(
        f'<div class="page-header"><h1>{escape(t("fault_title", lang))}</h1><p class="lead">{escape(sentence)}</p>{more}</div>'
    )


@st.cache_resource(show_spinner=False)
def _freeze_garbage_collector() -> bool:
    """Once, after the first page: what was loaded stays, so that no later collection walks through it again."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # the database closes cleanly when the server stops
    return True
