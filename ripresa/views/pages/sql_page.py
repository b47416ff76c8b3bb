"""The SQL page: the reader's own query on the published tables, with examples and the tables' columns."""

from concurrent.futures import Future
from pathlib import Path

import streamlit as st

from ripresa import rate_limit
from ripresa.database.build_errors import BuildError
from ripresa.database.query import run_query
from ripresa.exports import snippets
from ripresa.filters import Filters, resolve_view
from ripresa.i18n import format_number, t
from ripresa.sandbox import pool
from ripresa.templating import Markup
from ripresa.views import shell
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header
from ripresa.views.pages.sql_result import render_result
from ripresa.views.session import get_session

STYLESHEET = Path(__file__).with_name("sql_page.css")
MAX_URL_SQL_LENGTH = 6000  # characters of a query that an address can hold
POLL_SECONDS = 0.5
OPEN_TABLE = "observations"  # the table whose columns are unfolded
EXAMPLES = {  # queries of this page; those of FIGURE_EXAMPLES are the figures' own
    "count": """\
select indicator, count(*) as observations, min(period) as first, max(period) as last
from observations
group by indicator
order by observations desc""",
    "regions": """\
select geo_name as region, value as death_rate
from observations_in('{lang}')
where indicator = 'death_rate' and sector = 'all' and size = 'all' and gender = 'all'
  and period = '2024' and level = 'area'
order by death_rate desc""",
}
FIGURE_EXAMPLES = {  # level, indicator, figure
    "map": ("italy", "death_rate", "map"),
    "trend": ("italy", "death_rate", "time"),
    "sectors": ("italy", "death_rate", "sectors"),
    "leaders": ("world", "closure_rate", "leaders"),
}


def render_page(filters: Filters) -> None:
    """The page."""
    lang = filters.lang
    render_page_header(
        t("page_sql", lang),
        t("sql_question", lang),
        t("sql_intro", lang, seconds=f"{pool.MAX_SECONDS:g}", rows=format_number(pool.MAX_ROWS, lang)),
    )
    st.html(STYLESHEET)
    if get_session().sql.text is None:
        sql = st.query_params.get("sql", "")[: pool.MAX_SQL_LENGTH]
        set_editor_text(sql or get_example("regions", lang))
        if sql:
            submit_query(sql)
    editor_column, schema_column = st.columns([8, 4], gap="medium")
    with editor_column:
        render_editor(lang)
    with schema_column:
        st.html(render_schema(lang))
    render_outcome(lang)


# --- editor ---


def render_editor(lang: str) -> None:
    """The text area of the query, and the list of examples."""
    names = {"": t("sql_examples", lang)}
    names |= {name: t(f"sql_example_{name}", lang) for name in (*EXAMPLES, *FIGURE_EXAMPLES)}
    st.selectbox(
        t("sql_examples", lang),
        list(names),
        format_func=names.__getitem__,
        key=f"sql_example_{lang}",
        label_visibility="collapsed",
        on_change=_load_example,
        args=(lang,),
    )
    with st.container(key="sql-form"), st.form("sql_form", border=False):
        st.text_area(t("sql_label", lang), value=get_session().sql.text, key=_get_editor_key(), height=290)
        st.form_submit_button(
            t("sql_run", lang),
            type="primary",
            on_click=lambda: submit_query(st.session_state[_get_editor_key()]),
        )


def get_example(name: str, lang: str) -> str:
    """The SQL of an example."""
    if name in EXAMPLES:
        return EXAMPLES[name].format(lang=lang)
    level, indicator, figure = FIGURE_EXAMPLES[name]
    view = resolve_view(Filters(lang=lang, level=level, indicator=indicator), "closures")
    return snippets.build_sql(view, figure=figure)


def _load_example(lang: str) -> None:
    if name := st.session_state[f"sql_example_{lang}"]:
        set_editor_text(get_example(name, lang))


def set_editor_text(sql: str) -> None:
    """Replaces the text of the editor by a new widget: one whose value is set while it loads stays empty."""
    session = get_session().sql
    session.text, session.editor_number = sql, session.editor_number + 1


def _get_editor_key() -> str:
    return f"sql_text_{get_session().sql.editor_number}"


def render_schema(lang: str) -> Markup:
    """The tables that can be queried, with their columns and comments."""
    tables: dict[str, object] = {OPEN_TABLE: []}
    for name, columns in run_query("dictionary", lang=lang).groupby("table_name", sort=True):
        tables[str(name)] = columns.to_dict("records")
    return render_html("pages/sql_schema.html", lang, tables=tables, open_table=OPEN_TABLE)


# --- running a query ---


def submit_query(sql: str) -> None:
    """Submits a query to the sandbox (for callbacks), and writes it to the address."""
    session = get_session().sql
    session.text = sql
    try:
        if seconds := rate_limit.acquire_token("sql", shell.get_client_key()):
            raise pool.QueryRejectedError("often", seconds=seconds)
        session.future = pool.submit_sql(sql, session_id=session.token)
    except (pool.QueryRejectedError, BuildError) as error:
        session.future = Future()
        session.future.set_exception(error)
    if sql.strip() and len(sql) <= MAX_URL_SQL_LENGTH:
        st.query_params["sql"] = sql
    elif "sql" in st.query_params:
        del st.query_params["sql"]


def cancel_query() -> None:
    """Cancels the running query (for callbacks)."""
    pool.cancel_sql(get_session().sql.token)


def render_outcome(lang: str) -> None:
    """The result of the query, its error, or its progress."""
    future = get_session().sql.future
    if future is None:
        return
    if not future.done():
        st.fragment(render_progress, run_every=POLL_SECONDS)(lang)
        return
    try:
        result = future.result()
    except pool.QueryRejectedError as error:
        render_error(error.format_message(lang), lang, hint=error.hint)
    except BuildError as error:
        render_error(str(error).splitlines()[0], lang)
    else:
        render_result(result, lang)


def render_progress(lang: str) -> None:
    """A status line with a cancel button; reruns the page once the query is done."""
    future = get_session().sql.future
    if future is None or future.done():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(render_html("pages/sql_status.html", lang, text=t("sql_running", lang)), width="content")
        st.button(t("sql_cancel", lang), key=f"sql_cancel_{lang}", on_click=cancel_query)


def render_error(message: str, lang: str, hint: str = "") -> None:
    """Why the query failed. hint: the lines of the database's own message."""
    st.html(render_html("pages/sql_error.html", lang, message=message, hint=hint))
