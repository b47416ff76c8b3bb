"""One figure that can be published: what it says, the figure, its notes and source, and the same rows as a table and a file."""

from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from secrets import token_hex

import pandas as pd
import streamlit as st

from ripresa.database import query
from ripresa.exports import formats
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.observations.rows import roles
from ripresa.views import shell
from ripresa.views.components import data_table, export_menu, plotly_figure

ROW = Path(__file__).with_name("figure_actions.js")


def panel(
    name: str,
    figure,
    rows: pd.DataFrame,
    view: View,
    again: tuple[Callable, ...],
    select: bool = False,
    beside=None,
    above: Callable | None = None,
    folded: bool = False,
    where: str = "",
) -> None:
    """A figure with its words; `name` is its key on the page, `again` draws it, and the one beside it, in another theme.

    select: the reader chooses an area by touching it. beside: a second figure of the same rows. above: draws the figure's own controls.
    folded: the notes wait behind a line, on pages that have said them once. where: the area, when the title does not name it.
    """
    words = figure.layout.meta
    export_menu.since(name, view)
    st.html(
        f'<div class="finding"><h2>{escape(words["title"])}</h2><p class="sub">{escape(" · ".join(filter(None, (where, words["subtitle"]))))}</p></div>'
    )
    if rows["value"].notna().any():
        if above:
            above(view)
        if beside is None:
            _draw(name, figure, view, select)
        else:
            left, right = st.columns([7, 5], gap="medium")
            with left:
                _draw(name, figure, view, select)
            with right:
                _draw(f"{name}_beside", beside, view, select)
    said = dict.fromkeys([*words["notes"], *(beside.layout.meta["notes"] if beside is not None else ())])
    notes = f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in said)}</ul>" if said else ""
    if folded and notes:
        notes = (
            f"<details><summary>{escape(t('notes', view.lang, count=len(said)))}</summary>{notes}</details>"
        )
    read = "".join(f"<p>{escape(one.layout.meta['alt'])}</p>" for one in (figure, beside) if one is not None)
    st.html(
        f'<div class="credit"><p>{escape(words["source"])}</p>{notes}<details class="read"><summary>{escape(t("read_figure", view.lang))}</summary>{read}</details></div>'
    )
    data(name, rows, view, words["title"], tuple(one for one in (figure, beside) if one is not None), again)


@st.fragment
def data(
    name: str, rows: pd.DataFrame, view: View, caption: str, drawn: tuple, again: tuple[Callable, ...]
) -> None:
    """The rows behind a figure: a table when asked for, a CSV file at a click, and all else that can be taken of the figures `drawn`."""
    asked = st.session_state.setdefault(f"{st.session_state['page']}_{name}_open", set())
    file = (
        {
            "name": formats.name(rows, view, query.version(), "csv"),
            "text": export_menu.file(rows, view, drawn, "csv", export_menu.site()).decode(),
            "number": token_hex(4),
        }
        if "csv" in asked
        else None
    )
    asked.discard("csv")
    _row()(
        key=f"{name}_row",
        data={
            "names": {
                "table": t("show_table", view.lang),
                "csv": t("csv", view.lang),
                "kit": t("save_kit", view.lang),
            },
            "of": caption,
            "open": sorted(asked),
            "file": file,
        },
        on_asked_change=lambda: asked.symmetric_difference_update([st.session_state[f"{name}_row"]["asked"]]),
    )
    if "table" in asked:
        st.html(
            data_table.figures(
                export_menu.marked(name, rows, view)
                .assign(role=roles(rows.to_dict("records"), view))
                .sort_values("role", ascending=False, kind="stable"),
                view.indicator,
                view.lang,
                caption,
            )
        )
    if "kit" in asked:
        export_menu.kit(name, drawn, rows, view, again)


@cache
def _row() -> Callable:
    """The buttons under a figure, in one message: Streamlit's own switches and download are four."""
    return st.components.v2.component("ripresa_row", js=ROW.read_text(encoding="utf-8"), isolate_styles=False)


def _draw(name: str, figure, view: View, select: bool) -> None:
    plotly_figure.draw(
        figure,
        name,
        view.lang,
        f"{view.indicator.id}_{name}",
        figure.layout.meta["alt"],
        _touched if select else None,
    )


def _touched(code: str) -> None:
    """An area touched on a figure becomes the one chosen; touched again, none is."""
    shell.choose(geo=() if st.session_state["filters"].geo == (code,) else (code,))
