"""The result of a query on the SQL page: a summary, the table, the CSV file and a chart of two columns."""

import re
from html import escape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa.charts import theme as chart_theme
from ripresa.database.query import get_data_version
from ripresa.i18n import MISSING_TEXT, format_number, t
from ripresa.sandbox import pool
from ripresa.views import shell
from ripresa.views.components import data_table, plotly_figure
from ripresa.views.components.html import render_html, render_paragraph
from ripresa.views.components.widgets import render_csv_button

MAX_TABLE_ROWS, MAX_CHART_ROWS = 500, 300  # rows on the page and on the chart; the file has all
CHART_KINDS = ("bar", "line", "points")
CHART_HEIGHT, BAR_CHART_MARGIN, BAR_HEIGHT = 420, 90, 24  # pixels
PERIOD_PATTERN = re.compile(r"(19|20)\d\d($|[-/])")  # a year, or a code that begins with one


@st.fragment
def render_result(result: pool.QueryResult, lang: str) -> None:
    """The number of rows, the CSV file, the chart when chosen, and the table."""
    rows = result.rows
    summary = t("sql_answer", lang, rows=len(rows), seconds=format_number(result.seconds, lang, 2))
    if result.truncated:
        summary += " " + t("sql_truncated", lang, rows=format_number(pool.MAX_ROWS, lang))
    has_chart = False
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.html(render_html("pages/sql_status.html", lang, text=summary), width="content")
        render_csv_button(
            t("csv", lang),
            lambda: data_table.build_csv(rows),
            f"sql_{get_data_version()}.csv",
            f"sql_csv_{lang}",
        )
        if get_chart_columns(rows) and len(rows) > 1:
            has_chart = st.toggle(t("sql_chart", lang), key=f"sql_chart_{lang}")
    if has_chart:
        render_chart(rows, lang)
    if len(rows.columns):
        st.html(render_result_table(rows, lang))


def render_result_table(rows: pd.DataFrame, lang: str) -> str:
    """The first rows as a table, with the values as the database returns them."""
    body = [
        {str(name): _format_cell(value) for name, value in zip(rows.columns, values, strict=True)}
        for values in rows.head(MAX_TABLE_ROWS).itertuples(index=False, name=None)
    ]
    caption = t("sql_result", lang)
    if len(rows) > MAX_TABLE_ROWS:
        caption = t("sql_first", lang, rows=format_number(MAX_TABLE_ROWS, lang))
    headers = {str(name): str(name) for name in rows.columns}
    return data_table.render_table(body, headers, caption, numeric_columns=tuple(get_numeric_columns(rows)))


def get_numeric_columns(rows: pd.DataFrame) -> list[str]:
    """The columns of numbers."""
    return [
        name
        for name in rows.columns
        if pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name])
    ]


def get_chart_columns(rows: pd.DataFrame) -> list[str]:
    """The columns that can be plotted as values: numbers that are not just a position in a list."""
    return [name for name in get_numeric_columns(rows) if not name.endswith("position")]


# --- chart ---


def choose_axes(rows: pd.DataFrame) -> tuple[str, str]:
    """The columns of the x and y axes to begin with.

    y: `value`, else the last numeric column that varies; x: the first other column that identifies the rows,
    or "" (the row number) where none does."""
    numeric = get_chart_columns(rows)
    y = next((name for name in reversed(numeric) if rows[name].nunique() > 1), numeric[-1])
    if "value" in numeric:
        y = "value"
    for name in rows.columns:
        if name != y and has_distinct_values(get_axis_values(rows, name)):
            return name, y
    return "", y


def get_axis_values(rows: pd.DataFrame, column: str) -> list[object]:
    """The values of a column on an axis: numbers or texts; the row numbers for ""."""
    if not column:
        return list(range(1, len(rows) + 1))
    if column in get_numeric_columns(rows):
        return [None if pd.isna(value) else value for value in rows[column]]
    return [_format_cell(value) for value in rows[column]]


def has_distinct_values(values: list[object]) -> bool:
    """Whether no value occurs twice."""
    return len(set(values)) == len(values)


def render_chart(rows: pd.DataFrame, lang: str) -> None:
    """The choices of axes and kind, and the chart."""
    drawn_rows, numeric = rows.head(MAX_CHART_ROWS), get_chart_columns(rows)
    first_x, first_y = choose_axes(drawn_rows)
    names = {"": t("sql_row", lang)} | {name: name for name in rows.columns}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        x = st.selectbox(
            t("sql_across", lang),
            list(names),
            index=list(names).index(first_x),
            format_func=names.__getitem__,
            key=f"sql_x_{lang}_{first_x}",
            width=220,
        )
        y = st.selectbox(
            t("sql_up", lang),
            numeric,
            index=numeric.index(first_y),
            key=f"sql_y_{lang}_{first_y}",
            width=220,
        )
        kind = st.radio(
            t("sql_kind", lang),
            CHART_KINDS,
            format_func=lambda kind: t(f"sql_kind_{kind}", lang),
            horizontal=True,
            key=f"sql_kind_{lang}",
        )
    notes = []
    if len(rows) > MAX_CHART_ROWS:
        notes.append(t("sql_drawn", lang, rows=format_number(MAX_CHART_ROWS, lang)))
    if kind == "bar" and not has_distinct_values(get_axis_values(drawn_rows, x)):
        notes.append(t("sql_repeated", lang, across=x))
    if notes:
        render_paragraph(" ".join(notes), "footnote")
    plotly_figure.render_plotly_figure(
        build_chart(drawn_rows, x, y, kind, shell.get_theme(), lang),
        "sql_drawing",
        lang,
        "sql",
        t("sql_alt", lang, up=y, across=names[x], rows=len(drawn_rows)),
    )


def build_chart(rows: pd.DataFrame, x: str, y: str, kind: str, theme: str, lang: str) -> go.Figure:
    """The values of column y by those of column x ("": the row number).

    Bars of names are horizontal, so that the names can be read; those of periods and numbers are vertical.
    Where a name occurs twice the bars become points, because Plotly would add the bars up."""
    positions = get_axis_values(rows, x)
    values = [None if pd.isna(value) else float(value) for value in rows[y]]
    colour = chart_theme.get_palette(theme).bar
    trace: dict[str, object] = {"type": "scatter", "mode": "markers", "marker": {"color": colour}}
    if kind == "line":
        trace |= {"mode": "lines+markers", "line": {"color": colour}}
    elif kind == "bar" and has_distinct_values(positions):
        trace = {"type": "bar", "marker": {"color": colour}}
    x_title, y_title = {"text": escape(x or t("sql_row", lang))}, {"text": escape(y)}
    are_periods = all(PERIOD_PATTERN.match(str(position)) for position in positions)
    if kind == "bar" and x and x not in get_numeric_columns(rows) and not are_periods:
        trace |= {"x": values, "y": positions, "orientation": "h"}
        height = BAR_CHART_MARGIN + BAR_HEIGHT * len(set(positions))
        x_axis = chart_theme.build_axis(theme, title=y_title)
        y_axis = chart_theme.build_axis(theme, type="category", autorange="reversed")
    else:
        trace |= {"x": positions, "y": values}
        height = CHART_HEIGHT
        x_axis = chart_theme.build_axis(theme, title=x_title)
        y_axis = chart_theme.build_axis(theme, title=y_title)
    layout = chart_theme.build_layout(theme, lang, height, xaxis=x_axis, yaxis=y_axis)
    return chart_theme.build_figure([trace], layout)


def _format_cell(value: object) -> str:
    """A value as text; a missing one as a dash."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return MISSING_TEXT
    return str(value).lower() if isinstance(value, bool) else str(value)
