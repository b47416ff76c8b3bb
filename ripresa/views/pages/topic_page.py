"""A topic's page: its question, the filters, and every figure that the catalogue and the data allow."""

import pandas as pd
import streamlit as st

from ripresa import catalogue
from ripresa.database.query import query_records, run_query
from ripresa.filters import Filters, View, resolve_view
from ripresa.i18n import t, translate_fragments
from ripresa.views.components.document_link import is_home_page, render_document_link
from ripresa.views.components.figure_panel import PanelOptions, render_figure_panel
from ripresa.views.components.filter_bar import render_filter_bar
from ripresa.views.components.html import render_html
from ripresa.views.components.page_header import render_page_header, render_view_notices
from ripresa.views.pages.topic_figures import (
    RenderedFigure,
    build_dot_figure,
    build_gender_figures,
    build_heatmap_figure,
    build_map_figures,
    build_sector_figure,
    build_series_figure,
    build_time_figures,
)
from ripresa.views.shell import get_theme

MAX_DOCUMENTS = 8  # documents listed


def render_page(name: str, filters: Filters) -> None:
    """The page of topic `name` for the reader's filters."""
    view, topic, theme = resolve_view(filters, name), catalogue.load_topics()[name], get_theme()
    render_page_header(topic.title[view.lang], topic.question[view.lang], topic.intro[view.lang])
    render_view_notices(view, render_filter_bar(view))
    rows = render_first_figure(view, theme)
    definition = st.container()
    render_side_by_side(*build_time_figures(view, theme))
    render_side_by_side(build_sector_figure(view, theme), *build_gender_figures(view, theme))
    with definition:  # filled after the figures, so that none of them waits for its query
        render_definition(view, rows)
    render_side_by_side(build_heatmap_figure(view, theme))


# --- figures ---


def render_first_figure(view: View, theme: str) -> pd.DataFrame:
    """The figure of the view's chart; returns its rows."""
    if view.chart == "map":
        return render_map_panel(view, theme)
    figure = build_dot_figure(view, theme) if view.chart == "dots" else build_series_figure(view, theme)
    render_figure_panel(figure.name, figure.figure, figure.rows, view, (figure.redraw,))
    return figure.rows


def render_map_panel(view: View, theme: str) -> pd.DataFrame:
    """The map, or tiles of equal size, with the bars of the same areas; returns the rows."""
    map_figure, bars = build_map_figures(view, theme, st.session_state.get(_get_map_mode_key(view), ""))
    render_figure_panel(
        "map",
        map_figure.figure,
        map_figure.rows,
        view,
        (map_figure.redraw, bars.redraw),
        PanelOptions(is_selectable=True, secondary_figure=bars.figure, render_controls=_render_map_modes),
    )
    return map_figure.rows


def _get_map_mode_key(view: View) -> str:
    return f"map_kind_{view.level}_{view.lang}"


def _render_map_modes(view: View) -> None:
    """The choice between map and tiles of Italy, or between the world and a continent."""
    if view.level == "italy":
        modes = {"": t("drawn_map", view.lang), "tiles": t("drawn_tiles", view.lang)}
    elif view.level == "world":
        continents = set(run_query("map", **view.query_parameters)["continent"].dropna()) - {""}
        modes = {"": t("level_world", view.lang)}
        modes |= {code: t(f"continent_{code}", view.lang) for code in sorted(continents)}
    else:
        return
    st.radio(
        t("drawn", view.lang),
        list(modes),
        format_func=modes.__getitem__,
        horizontal=True,
        label_visibility="collapsed",
        key=_get_map_mode_key(view),
    )


def render_side_by_side(*figures: RenderedFigure | None) -> None:
    """The figures there are, each in a column."""
    existing = [figure for figure in figures if figure is not None]
    if not existing:
        return
    for figure, column in zip(existing, st.columns(len(existing), gap="large"), strict=True):
        with column:
            render_figure_panel(
                figure.name,
                figure.figure,
                figure.rows,
                figure.view,
                (figure.redraw,),
                PanelOptions(collapse_notes=True, area_name=figure.area_name),
            )


# --- what it measures ---


def render_definition(view: View, rows: pd.DataFrame) -> None:
    """The definition, the population, the sources and the documents behind the figures, folded."""
    indicator, lang = view.indicator, view.lang
    documents = query_records(
        "citations", **view.breakdown, period=view.period, editions=view.editions, geos=view.geo
    )
    listed = documents[:MAX_DOCUMENTS]
    sources = tuple(dict.fromkeys(rows["source"])) or (indicator.source,)
    st.html(
        render_html(
            "pages/definition.html",
            lang,
            indicator=indicator,
            universe=catalogue.get_universe(indicator, sources, lang),
            sources=[catalogue.load_sources()[id] for id in sources],
            translate_fragments=translate_fragments,
            documents=[
                render_document_link(row["publisher"], row["title"], row["published"], row["url"], lang)
                for row in listed
            ],
            unlisted_count=len(documents) - len(listed),
            has_home_page=any(is_home_page(row["url"]) for row in listed),
        )
    )
