"""One figure that can be published: what it says, the figure, its notes and source, and the same rows as a table and a file."""

from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from secrets import token_hex

import pandas as pd
import streamlit as st

from ripresa.charts.theme import get_figure_text
from ripresa.database import query
from ripresa.exports import formats
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.observations.rows import get_row_roles
from ripresa.views import shell
from ripresa.views.components import data_table, export_menu, plotly_figure
from ripresa.views.session import get_session

ACTIONS_SCRIPT = Path(__file__).with_name("figure_actions.js")


def render_figure_panel(
    name: str,
    figure,
    rows: pd.DataFrame,
    view: View,
    redraw: tuple[Callable, ...],
    is_selectable: bool = False,
    secondary_figure=None,
    render_controls: Callable | None = None,
    collapse_notes: bool = False,
    area_name: str = "",
) -> None:
    """A figure with its words; `name` is its key on the page, `again` draws it, and the one beside it, in another theme.

    select: the reader chooses an area by touching it. beside: a second figure of the same rows. above: draws the figure's own controls.
    folded: the notes wait behind a line, on pages that have said them once. where: the area, when the title does not name it.
    """
    text = get_figure_text(figure)
    export_menu.render_changes_since_citation(name, view)
    st.html(
        f'<div class="headline"><h2>{escape(text.title)}</h2><p class="subtitle">{escape(" · ".join(filter(None, (area_name, text.subtitle))))}</p></div>'
    )
    if rows["value"].notna().any():
        if render_controls:
            render_controls(view)
        if secondary_figure is None:
            _render_figure(name, figure, view, is_selectable)
        else:
            left, right = st.columns([7, 5], gap="medium")
            with left:
                _render_figure(name, figure, view, is_selectable)
            with right:
                _render_figure(f"{name}_beside", secondary_figure, view, is_selectable)
    said = dict.fromkeys(
        [*text.notes, *(get_figure_text(secondary_figure).notes if secondary_figure is not None else ())]
    )
    notes = f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in said)}</ul>" if said else ""
    if collapse_notes and notes:
        notes = (
            f"<details><summary>{escape(t('notes', view.lang, count=len(said)))}</summary>{notes}</details>"
        )
    read = "".join(
        f"<p>{escape(get_figure_text(one).alt)}</p>" for one in (figure, secondary_figure) if one is not None
    )
    st.html(
        f'<div class="footnote"><p>{escape(text.source)}</p>{notes}<details class="text-alternative"><summary>{escape(t("read_figure", view.lang))}</summary>{read}</details></div>'
    )
    render_figure_data(
        name,
        rows,
        view,
        text.title,
        tuple(one for one in (figure, secondary_figure) if one is not None),
        redraw,
    )


@st.fragment
def render_figure_data(
    name: str, rows: pd.DataFrame, view: View, caption: str, figures: tuple, redraw: tuple[Callable, ...]
) -> None:
    """The rows behind a figure: a table when asked for, a CSV file at a click, and all else that can be taken of the figures `drawn`."""
    session = get_session()
    asked = session.open_actions.setdefault((session.page, name), set())
    file = (
        {
            "name": formats.build_file_name(rows, view, query.get_data_version(), "csv"),
            "text": export_menu.build_file(rows, view, figures, "csv", export_menu.get_site_url()).decode(),
            "nonce": token_hex(4),
        }
        if "csv" in asked
        else None
    )
    asked.discard("csv")
    _get_actions_component()(
        key=f"{name}_actions",
        data={
            "labels": {
                "table": t("show_table", view.lang),
                "csv": t("csv", view.lang),
                "export": t("save_kit", view.lang),
            },
            "caption": caption,
            "open": sorted(asked),
            "file": file,
        },
        on_clicked_change=lambda: asked.symmetric_difference_update(
            [st.session_state[f"{name}_actions"]["clicked"]]
        ),
    )
    if "table" in asked:
        st.html(
            data_table.render_observations(
                export_menu.add_cited_values(name, rows, view)
                .assign(role=get_row_roles(rows.to_dict("records"), view))
                .sort_values("role", ascending=False, kind="stable"),
                view.indicator,
                view.lang,
                caption,
            )
        )
    if "export" in asked:
        export_menu.render_export_menu(name, figures, rows, view, redraw)


@cache
def _get_actions_component() -> Callable:
    """The buttons under a figure, in one message: Streamlit's own switches and download are four."""
    return st.components.v2.component(
        "ripresa_figure_actions", js=ACTIONS_SCRIPT.read_text(encoding="utf-8"), isolate_styles=False
    )


def _render_figure(name: str, figure, view: View, select: bool) -> None:
    plotly_figure.render_plotly_figure(
        figure,
        name,
        view.lang,
        f"{view.indicator.id}_{name}",
        get_figure_text(figure).alt,
        _toggle_area if select else None,
    )


def _toggle_area(code: str) -> None:
    """An area touched on a figure becomes the one chosen; touched again, none is."""
    shell.set_filters(geo=() if shell.get_filters().geo == (code,) else (code,))
