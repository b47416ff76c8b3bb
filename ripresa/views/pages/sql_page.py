"""The SQL page: one's own question to the published tables, with examples, the tables beside it, and the answer to take away."""

import re
from concurrent.futures import Future
from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import rate_limit
from ripresa.charts import theme as look
from ripresa.database.build_errors import BuildError
from ripresa.database.query import get_data_version, run_query
from ripresa.exports import snippets
from ripresa.filters import Filters, resolve_view
from ripresa.i18n import MISSING_TEXT, format_number, t
from ripresa.sandbox import pool as locked
from ripresa.views import shell
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.pages.topic_page import render_page_header
from ripresa.views.session import get_session

STYLESHEET = Path(__file__).with_name("sql_page.css")
MAX_URL_SQL_LENGTH = 6000  # characters of a question that an address can hold
MAX_TABLE_ROWS, MAX_CHART_ROWS = 500, 300  # rows on the page, rows on the chart; the file has all
OPEN_TABLE = "observations"  # the table that opens
EXAMPLES = {  # examples written here; the others are the dashboard's own questions
    "count": "select indicator, count(*) as observations, min(period) as first, max(period) as last\nfrom observations\ngroup by indicator\norder by observations desc",
    "regions": "select geo_name as region, value as death_rate\nfrom observations_in('{lang}')\nwhere indicator = 'death_rate' and sector = 'all' and size = 'all' and gender = 'all'\n"
    "  and period = '2024' and level = 'area'\norder by death_rate desc",
}
FIGURE_EXAMPLES = {
    "map": ("italy", "death_rate", "map"),
    "trend": ("italy", "death_rate", "time"),
    "sectors": ("italy", "death_rate", "sectors"),
    "leaders": ("world", "closure_rate", "leaders"),
}  # level, indicator, figure
CHART_KINDS = ("bar", "line", "points")
PERIOD_PATTERN = re.compile(r"(19|20)\d\d($|[-/])")  # a year, and what begins with one


def render_page(filters: Filters) -> None:
    """The page."""
    lang, session = filters.lang, get_session().sql
    render_page_header(
        t("page_sql", lang),
        t("sql_question", lang),
        t("sql_intro", lang, seconds=f"{locked.MAX_SECONDS:g}", rows=format_number(locked.MAX_ROWS, lang)),
    )
    st.html(STYLESHEET)
    if session.text is None:
        sql = st.query_params.get("sql", "")[: locked.MAX_SQL_LENGTH]
        set_editor_text(sql or get_example("regions", lang))
        if sql:
            submit_query(sql)
    left, right = st.columns([8, 4], gap="medium")
    with left:
        render_editor(lang)
    with right:
        st.html(render_schema(lang))
    render_outcome(lang)


def render_editor(lang: str) -> None:
    """The question, with the dashboard's own as examples."""
    names = {"": t("sql_examples", lang)} | {
        name: t(f"sql_example_{name}", lang) for name in (*EXAMPLES, *FIGURE_EXAMPLES)
    }
    st.selectbox(
        t("sql_examples", lang),
        list(names),
        format_func=names.get,
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
    return snippets.build_sql(
        resolve_view(Filters(lang=lang, level=level, indicator=indicator), "closures"), figure=figure
    )


def _load_example(lang: str) -> None:
    if name := st.session_state[f"sql_example_{lang}"]:
        set_editor_text(get_example(name, lang))


def set_editor_text(sql: str) -> None:
    """A text in the box: a box of its own each time, since one that is set while it loads comes up empty."""
    session = get_session().sql
    session.text, session.editor_number = sql, session.editor_number + 1


def _get_editor_key() -> str:
    return f"sql_text_{get_session().sql.editor_number}"


def render_schema(lang: str) -> str:
    """The tables that can be asked, their columns and what these hold."""
    parts = []
    for name, columns in sorted(
        run_query("dictionary", lang=lang).groupby("table_name", sort=True),
        key=lambda pair: pair[0] != OPEN_TABLE,
    ):
        listed = "".join(
            f"<dt>{escape(row.column_name)} <small>{escape(row.data_type.lower())}</small></dt><dd>{escape(row.comment)}</dd>"
            for row in columns.itertuples()
        )
        parts.append(
            f"<details{' open' if name == OPEN_TABLE else ''}><summary>{escape(name)}</summary><p>{escape(columns.table_comment.iloc[0])}</p><dl>{listed}</dl></details>"
        )
    return f'<div class="schema-browser" tabindex="0" role="region" aria-label="{escape(t("sql_tables", lang))}"><p>{escape(t("sql_tables", lang))}</p>{"".join(parts)}</div>'


# --- asking ---


def submit_query(sql: str) -> None:
    """Asks a question; the address takes it along."""
    session = get_session().sql
    session.text = sql
    try:
        if seconds := rate_limit.acquire_token("sql", shell.get_client_key()):
            raise locked.QueryRejectedError("often", seconds=seconds)
        session.future = locked.submit_sql(sql, session_id=session.token)
    except (locked.QueryRejectedError, BuildError) as fault:
        session.future = Future()
        session.future.set_exception(fault)
    if sql.strip() and len(sql) <= MAX_URL_SQL_LENGTH:
        st.query_params["sql"] = sql
    elif "sql" in st.query_params:
        del st.query_params["sql"]


def cancel_query() -> None:
    """Stops the question that is running."""
    locked.cancel_sql(get_session().sql.token)


def render_outcome(lang: str) -> None:
    """The answer, or a word and a cancel button until it is there."""
    future = get_session().sql.future
    if future is None:
        return
    if not future.done():
        return st.fragment(render_progress, run_every=0.5)(lang)
    try:
        result = future.result()
    except locked.QueryRejectedError as fault:
        return render_error(fault.format_message(lang), fault.hint)
    except BuildError as fault:
        return render_error(str(fault).splitlines()[0])
    render_result(result, lang)


def render_progress(lang: str) -> None:
    """Looks again every half second whether the answer is there."""
    future = get_session().sql.future
    if future is None or future.done():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(f'<p class="running" role="status">{escape(t("sql_running", lang))}</p>', width="content")
        st.button(t("sql_cancel", lang), key=f"sql_cancel_{lang}", on_click=cancel_query)


def render_error(sentence: str, more: str = "") -> None:
    """Why there is no answer; more: the engine's own help, line by line."""
    st.html(
        f'<div class="notice" role="status"><p>{escape(sentence)}</p>{f"<pre>{escape(more)}</pre>" if more else ""}</div>'
    )


# --- the answer ---


@st.fragment
def render_result(result: locked.QueryResult, lang: str) -> None:
    """The answer: how much there is, the file, the table, a chart."""
    rows = result.rows
    told = t("sql_answer", lang, rows=len(rows), seconds=format_number(result.seconds, lang, 2)) + (
        " " + t("sql_truncated", lang, rows=format_number(locked.MAX_ROWS, lang)) if result.truncated else ""
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(f'<p class="running" role="status">{escape(told)}</p>', width="content")
        st.download_button(
            t("csv", lang),
            data=lambda: data_table.build_csv(rows),
            file_name=f"sql_{get_data_version()}.csv",
            mime="text/csv",
            key=f"sql_csv_{lang}",
            on_click="ignore",
        )
        drawn = (
            st.toggle(t("sql_chart", lang), key=f"sql_chart_{lang}")
            if get_chart_columns(rows) and len(rows) > 1
            else False
        )
    if drawn:
        render_chart(rows, lang)
    if len(rows.columns):
        st.html(render_result_table(rows, lang))


def render_result_table(rows: pd.DataFrame, lang: str) -> str:
    """The first rows as a table, values as the database has them."""
    few = rows.head(MAX_TABLE_ROWS)
    body = [
        dict(zip(few.columns, map(_format_cell, values))) for values in few.itertuples(index=False, name=None)
    ]
    return data_table.render_table(
        body,
        {name: name for name in few.columns},
        t("sql_first", lang, rows=format_number(MAX_TABLE_ROWS, lang))
        if len(rows) > MAX_TABLE_ROWS
        else t("sql_result", lang),
        numeric_columns=tuple(get_numeric_columns(rows)),
    )


def get_numeric_columns(rows: pd.DataFrame) -> list[str]:
    """The columns of numbers."""
    return [
        name
        for name in rows.columns
        if pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name])
    ]


def get_chart_columns(rows: pd.DataFrame) -> list[str]:
    """The columns that say something as a length: numbers that are not only an order."""
    return [name for name in get_numeric_columns(rows) if not name.endswith("position")]


def choose_axes(rows: pd.DataFrame) -> tuple[str, str]:
    """The two columns drawn at first: the first that tells the rows apart ("", their number, where none does), and the values."""
    numbers = get_chart_columns(rows)
    up = (
        "value"
        if "value" in numbers
        else next((name for name in reversed(numbers) if rows[name].nunique() > 1), numbers[-1])
    )
    return next(
        (name for name in rows.columns if name != up and has_distinct_values(get_axis_values(rows, name))), ""
    ), up


def get_axis_values(rows: pd.DataFrame, across: str) -> list:
    """Where each row stands: a number, a name, or its own number where no column is chosen."""
    if not across:
        return list(range(1, len(rows) + 1))
    return (
        [None if pd.isna(value) else value for value in rows[across]]
        if across in get_numeric_columns(rows)
        else rows[across].map(_format_cell).tolist()
    )


def has_distinct_values(names: list) -> bool:
    return len(set(names)) == len(names)


def render_chart(rows: pd.DataFrame, lang: str) -> None:
    """A simple chart of two columns."""
    few, numbers = rows.head(MAX_CHART_ROWS), get_chart_columns(rows)
    first, values = choose_axes(few)
    names = {"": t("sql_row", lang)} | {name: name for name in rows.columns}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        across = st.selectbox(
            t("sql_across", lang),
            list(names),
            index=list(names).index(first),
            format_func=names.get,
            key=f"sql_x_{lang}_{first}",
            width=220,
        )
        up = st.selectbox(
            t("sql_up", lang), numbers, index=numbers.index(values), key=f"sql_y_{lang}_{values}", width=220
        )
        kind = st.radio(
            t("sql_kind", lang),
            CHART_KINDS,
            format_func=lambda kind: t(f"sql_kind_{kind}", lang),
            horizontal=True,
            key=f"sql_kind_{lang}",
        )
    said = (
        [t("sql_drawn", lang, rows=format_number(MAX_CHART_ROWS, lang))] if len(rows) > MAX_CHART_ROWS else []
    )
    if kind == "bar" and not has_distinct_values(get_axis_values(few, across)):
        said.append(t("sql_repeated", lang, across=across))
    if said:
        st.html(f'<p class="footnote">{escape(" ".join(said))}</p>')
    plotly_figure.render_plotly_figure(
        build_chart(few, across, up, kind, shell.get_theme(), lang),
        "sql_drawing",
        lang,
        "sql",
        t("sql_alt", lang, up=up, across=names[across], rows=len(few)),
    )


def build_chart(rows: pd.DataFrame, across: str, up: str, kind: str, theme: str, lang: str) -> go.Figure:
    """Names of bars stand left, where they can be read; periods, in their order, and everything else stand. Bars of one name would be added up, so those are points."""
    colour, where, values = (
        look.get_palette(theme).bar,
        get_axis_values(rows, across),
        [None if pd.isna(value) else float(value) for value in rows[up]],
    )
    bars = {"type": "bar"} if has_distinct_values(where) else {"type": "scatter", "mode": "markers"}
    timely = all(PERIOD_PATTERN.match(str(name)) for name in where)
    if kind == "bar" and across and across not in get_numeric_columns(rows) and not timely:
        trace = {**bars, "x": values, "y": where, "orientation": "h", "marker": {"color": colour}}
        return look.build_figure(
            [trace],
            look.build_layout(
                theme,
                lang,
                90 + 24 * len(set(where)),
                xaxis=look.build_axis(theme, title={"text": escape(up)}),
                yaxis=look.build_axis(theme, type="category", autorange="reversed"),
            ),
        )
    trace = (
        bars
        if kind == "bar"
        else {"type": "scatter", "mode": "lines+markers" if kind == "line" else "markers"}
    )
    trace |= {"x": where, "y": values, "marker": {"color": colour}} | (
        {"line": {"color": colour}} if kind == "line" else {}
    )
    title = {"text": escape(across or t("sql_row", lang))}
    return look.build_figure(
        [trace],
        look.build_layout(
            theme,
            lang,
            420,
            xaxis=look.build_axis(theme, title=title),
            yaxis=look.build_axis(theme, title={"text": escape(up)}),
        ),
    )


def _format_cell(value: object) -> str:
    """A value as text; whatever is missing is a dash."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value) or value is pd.NaT:
        return MISSING_TEXT
    return str(value).lower() if isinstance(value, bool) else str(value)
