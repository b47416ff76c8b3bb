"""A figure with its headline, notes and source, and its rows as a table and as files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import cast

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa.charts.theme import get_figure_text
from ripresa.database import query
from ripresa.exports import formats
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.observations.rows import Row, get_row_roles
from ripresa.views import shell
from ripresa.views.components import data_table, export_menu, plotly_figure
from ripresa.views.components.html import render_html
from ripresa.views.session import get_session

ACTIONS_SCRIPT = Path(__file__).with_name("figure_actions.js")
Redraw = Callable[[str], go.Figure]  # builds a figure in the theme "light" or "dark"


@dataclass(frozen=True)
class PanelOptions:
    """How a figure is shown."""

    is_selectable: bool = False  # a click on an area selects it
    secondary_figure: go.Figure | None = None  # of the same rows, at the right
    render_controls: Callable[[View], object] | None = None  # shows the figure's own controls
    collapse_notes: bool = False  # for pages whose notes repeat
    area_name: str = ""  # where the title does not name the area


DEFAULT_OPTIONS = PanelOptions()


def render_figure_panel(
    name: str,
    figure: go.Figure,
    rows: pd.DataFrame,
    view: View,
    redraw: tuple[Redraw, ...],
    options: PanelOptions = DEFAULT_OPTIONS,
) -> None:
    """A figure with its texts; `name` is its key on the page.

    redraw: builds the figure, and the secondary one, in another theme."""
    figures = (figure,) if options.secondary_figure is None else (figure, options.secondary_figure)
    texts = list(map(get_figure_text, figures))
    text = texts[0]
    export_menu.render_changes_since_citation(name, view)
    subtitle = " · ".join(filter(None, (options.area_name, text.subtitle)))
    st.html(render_html("components/headline.html", view.lang, title=text.title, subtitle=subtitle))
    if rows["value"].notna().any():
        if options.render_controls:
            options.render_controls(view)
        _render_figures(name, figures, view, options.is_selectable)
    st.html(
        render_html(
            "components/figure_footnotes.html",
            view.lang,
            source=text.source,
            notes=list(dict.fromkeys(note for each in texts for note in each.notes)),
            collapse_notes=options.collapse_notes,
            alt_texts=[each.alt for each in texts],
        )
    )
    render_figure_data(name, rows, view, text.title, figures, redraw)


def _render_figures(name: str, figures: tuple[go.Figure, ...], view: View, is_selectable: bool) -> None:
    if len(figures) == 1:
        return _render_figure(name, figures[0], view, is_selectable)
    for column, key, figure in zip(
        st.columns([7, 5], gap="medium"), (name, f"{name}_beside"), figures, strict=True
    ):
        with column:
            _render_figure(key, figure, view, is_selectable)


def _render_figure(key: str, figure: go.Figure, view: View, is_selectable: bool) -> None:
    plotly_figure.render_plotly_figure(
        figure,
        key,
        view.lang,
        f"{view.indicator.id}_{key}",
        get_figure_text(figure).alt,
        _toggle_area if is_selectable else None,
    )


@st.fragment
def render_figure_data(
    name: str,
    rows: pd.DataFrame,
    view: View,
    caption: str,
    figures: tuple[go.Figure, ...],
    redraw: tuple[Redraw, ...],
) -> None:
    """The buttons under a figure and what they open: the table, the CSV file and the export menu."""
    session = get_session()
    actions = session.open_actions.setdefault((session.page, name), set())
    file = _build_csv_file(rows, view, figures) if "csv" in actions else None
    actions.discard("csv")
    key = f"{name}_actions"
    _get_actions_component()(
        key=key,
        data={
            "labels": {
                "table": t("show_table", view.lang),
                "csv": t("csv", view.lang),
                "export": t("save_kit", view.lang),
            },
            "caption": caption,
            "open": sorted(actions),
            "file": file,
        },
        on_clicked_change=lambda: actions.symmetric_difference_update([st.session_state[key]["clicked"]]),
    )
    if "table" in actions:
        st.html(_render_rows(name, rows, view, caption))
    if "export" in actions:
        export_menu.render_export_menu(name, figures, rows, view, redraw)


def _build_csv_file(rows: pd.DataFrame, view: View, figures: tuple[go.Figure, ...]) -> dict[str, str]:
    """Name and text of the CSV file; the browser saves it once for each nonce."""
    content = export_menu.build_file(rows, view, figures, "csv", export_menu.get_site_url())
    return {
        "name": formats.build_file_name(rows, view, query.get_data_version(), "csv"),
        "text": content.decode(),
        "nonce": token_hex(4),
    }


def _render_rows(name: str, rows: pd.DataFrame, view: View, caption: str) -> str:
    table = export_menu.add_cited_values(name, rows, view)
    table = table.assign(role=get_row_roles(cast(list[Row], rows.to_dict("records")), view))
    table = table.sort_values("role", ascending=False, kind="stable")
    return data_table.render_observations(table, view.indicator, view.lang, caption)


@cache
def _get_actions_component() -> Callable[..., object]:
    """The buttons as one component: with Streamlit's own widgets they would be four elements."""
    return st.components.v2.component(
        "ripresa_figure_actions", js=ACTIONS_SCRIPT.read_text(encoding="utf-8"), isolate_styles=False
    )


def _toggle_area(code: str) -> None:
    """Selects an area alone, or none where it was selected alone."""
    shell.set_filters(geo=() if shell.get_filters().geo == (code,) else (code,))
