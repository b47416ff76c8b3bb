"""A topic's page: its question, the filters, and every figure the catalogue and the data allow for the choice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from html import escape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ripresa import catalogue
from ripresa.charts import bar as ranking
from ripresa.charts import choropleth as regions
from ripresa.charts import dot, dumbbell, heatmap, line
from ripresa.charts.line_styles import REFERENCE_AREAS, select_areas_to_plot
from ripresa.charts.theme import get_figure_text, set_figure_text
from ripresa.database.query import cache_per_data_version, run_query
from ripresa.filters import Filters, View, get_available_indicators, get_values_of_all_periods, resolve_view
from ripresa.i18n import format_items, t, translate_fragments
from ripresa.observations import boundaries
from ripresa.observations.rows import to_records, with_reference_rows
from ripresa.views import shell
from ripresa.views.components import glossary
from ripresa.views.components.document_link import is_home_page, render_document_link
from ripresa.views.components.figure_panel import render_figure_panel
from ripresa.views.components.filter_bar import render_filter_bar
from ripresa.views.session import get_session
from ripresa.views.shell import get_filters, get_theme

SECTOR_KINDS = ("total", "section")
MAX_FEW_SECTORS = 4  # sectors
RATE_UNITS = ("percent", "percent_change", "points")


@dataclass(frozen=True, eq=False)
class RenderedFigure:
    """A figure with what it was drawn from: its key on the page, its rows and its view; `draw` draws it again in another theme."""

    name: str
    figure: go.Figure
    rows: pd.DataFrame
    view: View
    redraw: Callable[[str], go.Figure]
    area_name: str = ""


def build_rendered_figure(
    name: str,
    redraw: Callable[[str], go.Figure],
    theme: str,
    rows: pd.DataFrame,
    view: View,
    area_name: str = "",
) -> RenderedFigure:
    """A figure drawn in a theme."""
    return RenderedFigure(name, redraw(theme), rows, view, redraw, area_name)


def render_page(name: str, filters: Filters) -> None:
    """The page of topic `name` for the visitor's filters."""
    view, topic = resolve_view(filters, name), catalogue.load_topics()[name]
    render_page_header(topic.title[view.lang], topic.question[view.lang], topic.intro[view.lang])
    render_notices(view, render_filter_bar(view))
    rows, place = FIRST_FIGURE_RENDERERS[view.chart](view), st.container()
    render_side_by_side(*build_time_figures(view, get_theme()))
    render_side_by_side(build_sector_figure(view, get_theme()), *build_gender_figures(view, get_theme()))
    with place:  # asked last, so that no figure waits for it
        render_definition(view, rows)
    render_side_by_side(build_heatmap_figure(view, get_theme()))


def render_page_header(kicker: str, question: str, intro: str) -> None:
    """The top of a page: its subject, its question as heading, what to know before reading, and its words explained."""
    explained = glossary.render_page_glossary(get_session().page, get_filters().lang)
    st.html(
        f'<div class="page-header"><p class="kicker">{escape(kicker)}</p><h1>{escape(question)}</h1><p class="lead">{escape(intro)}</p>{explained}</div>'
    )


def render_notices(view: View, offered) -> None:
    """What was asked for and is not there, with the way back."""
    sentences = [t(key, view.lang, **dict(values)) for key, values in view.notices]
    without = [option.label for option in offered.areas if option.code in view.geo and not option.available]
    if without:
        abroad = view.level == "italy" and view.indicator.id in get_available_indicators(
            catalogue.load_topics()[view.topic], "europe"
        )  # where Italy is to be found then
        sentences.append(
            t(
                "chosen_without_italy" if abroad else "chosen_without",
                view.lang,
                areas=format_items(without, view.lang),
            )
        )
    if sentences:
        st.html(
            '<div class="notice">'
            + "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
            + "</div>"
        )
        st.button(
            t("reset", view.lang), on_click=shell.reset_filters, type="tertiary", key=f"reset_{view.lang}"
        )


# --- the first figure ---


def render_map_panel(view: View) -> pd.DataFrame:
    """Areas on a map (or tiles) with the same figures in order beside it."""
    first, order = build_map_figures(
        view, get_theme(), st.session_state.get(f"map_kind_{view.level}_{view.lang}", "")
    )
    render_figure_panel(
        "map",
        first.figure,
        first.rows,
        view,
        (first.redraw, order.redraw),
        is_selectable=True,
        secondary_figure=order.figure,
        render_controls=MAP_CONTROLS.get(view.level),
    )
    return first.rows


@cache_per_data_version
def build_map_figures(view: View, theme: str, map_mode: str) -> tuple[RenderedFigure, RenderedFigure]:
    """The map and the areas in order; drawn: "tiles", or the continent to be seen closer."""
    rows = with_reference_rows(
        run_query("map", **view.query_parameters), run_query("reference_areas", **view.query_parameters), view
    )
    found = to_records(rows, view.lang)
    closer = view.level == "world" and map_mode in set(rows["continent"])
    order = build_rendered_figure(
        "map",
        partial(
            ranking.build_bar_chart,
            [row for row in found if row.get("continent") == map_mode] if closer else found,
            view,
        ),
        theme,
        rows,
        view,
    )
    whole = partial(
        regions.build_tile_grid_map if map_mode == "tiles" else regions.build_choropleth,
        found,
        view,
        class_values=get_values_of_all_periods(view),
    )

    def part(theme: str) -> go.Figure:
        figure = whole(theme)
        figure.layout.geo.update(get_continent_bounds(rows, map_mode))
        set_figure_text(figure, get_figure_text(order.figure))
        return figure

    return build_rendered_figure("map", part if closer else whole, theme, rows, view), order


@cache_per_data_version
def build_dot_figure(view: View, theme: str) -> RenderedFigure:
    """The few areas that published a figure, by name."""
    rows = with_reference_rows(
        run_query("map", **view.query_parameters), run_query("reference_areas", **view.query_parameters), view
    )
    return build_rendered_figure("dots", partial(dot.build_dot_plot, rows, view), theme, rows, view)


@cache_per_data_version
def build_series_figure(view: View, theme: str) -> RenderedFigure:
    """One or a few areas over time."""
    rows = run_query("trend", **view.breakdown, geos=view.geo, lang=view.lang)
    return build_rendered_figure("series", partial(line.build_line_chart, rows, view), theme, rows, view)


def full_width(draw: Callable) -> Callable:
    """A first figure that has the page's width."""

    def show(view: View) -> pd.DataFrame:
        one = draw(view, get_theme())
        render_figure_panel(one.name, one.figure, one.rows, view, (one.redraw,))
        return one.rows

    return show


FIRST_FIGURE_RENDERERS = {
    "map": render_map_panel,
    "dots": full_width(build_dot_figure),
    "series": full_width(build_series_figure),
}


def render_tile_switch(view: View) -> None:
    """Italy as it is, or as tiles of equal size."""
    _render_map_radio(view, {"": t("drawn_map", view.lang), "tiles": t("drawn_tiles", view.lang)})


def render_continent_switch(view: View) -> None:
    """The whole world, or one continent closer."""
    there = sorted(set(run_query("map", **view.query_parameters)["continent"].dropna()) - {""})
    _render_map_radio(
        view, {"": t("level_world", view.lang)} | {code: t(f"continent_{code}", view.lang) for code in there}
    )


MAP_CONTROLS = {"italy": render_tile_switch, "world": render_continent_switch}


def _render_map_radio(view: View, names: dict[str, str]) -> None:
    st.radio(
        t("drawn", view.lang),
        list(names),
        format_func=names.get,
        horizontal=True,
        label_visibility="collapsed",
        key=f"map_kind_{view.level}_{view.lang}",
    )


def get_continent_bounds(rows: pd.DataFrame, continent: str) -> dict:
    """The part of the map that holds a continent's areas."""
    places = [
        boundaries.load_map_areas("world")[code]
        for code in rows[rows["continent"] == continent]["geo"]
        if code in boundaries.load_map_areas("world")
    ]
    x, y = sorted(place.x for place in places), sorted(place.y for place in places)
    return {
        "lonaxis": {"range": [x[0] - 12, x[-1] + 12]},
        "lataxis": {"range": [max(y[0] - 12, -60), min(y[-1] + 12, 82)]},
    }


# --- what it measures ---


def render_definition(view: View, rows: pd.DataFrame) -> None:
    """The definition, the population and the documents behind the figures, folded."""
    indicator, lang = view.indicator, view.lang
    found = run_query(
        "citations", **view.breakdown, period=view.period, editions=view.editions, geos=view.geo
    )
    documents = "".join(
        f"<li>{render_document_link(row.publisher, row.title, row.published, row.url, lang)}</li>"
        for row in found.head(8).itertuples()
    )
    home = (
        f"<p>{escape(t('publisher_home', lang))}</p>"
        if any(is_home_page(row.url) for row in found.head(8).itertuples())
        else ""
    )
    more = f"<li>{escape(t('documents_more', lang, count=len(found) - 8))}</li>" if len(found) > 8 else ""
    sources = tuple(dict.fromkeys(rows["source"])) or (indicator.source,)
    named = "".join(f"<p>{_render_source(catalogue.load_sources()[id], lang)}</p>" for id in sources)
    st.html(f"""<details class="about"><summary>{escape(t("what_it_measures", lang))}</summary>
        <p><strong>{escape(indicator.label[lang])}.</strong> {escape(indicator.description[lang])}</p>
        <p><strong>{escape(t("universe", lang))}</strong> {escape(catalogue.get_universe(indicator, sources, lang))}.</p>
        {named}<p><strong>{escape(t("documents", lang))}</strong></p><ul>{documents}{more}</ul>{home}</details>""")


def _render_source(source, lang: str) -> str:
    return f"<strong>{escape(translate_fragments(source.publisher, lang))}, {escape(source.name[lang])}.</strong> {escape(source.note[lang])} <em>{escape(t(f'kind_{source.kind}', lang))}</em>"


# --- over time, by sector, by who leads ---


def cached_across_periods(draw: Callable) -> Callable:
    """Figures of all periods: drawn once for every period a visitor can be at, and handed on with theirs."""
    drawn = cache_per_data_version(draw)

    def shown(view: View, theme: str) -> tuple[RenderedFigure, ...]:
        return tuple(
            replace(one, view=replace(one.view, period=view.period, notices=view.notices))
            for one in drawn(replace(view, period="", notices=()), theme)
        )

    return shown


@cached_across_periods
def build_time_figures(view: View, theme: str) -> tuple[RenderedFigure, ...]:
    """The same indicator over time, and beside it the indicators the catalogue sets beside it, on the same scale."""
    if view.chart == "series":
        return ()
    geos = select_areas_to_plot(view)
    shown = [view, *(replace(view, indicator=catalogue.get_indicator(id)) for id in view.indicator.related)]
    found = [(one, run_query("trend", **one.breakdown, geos=geos, lang=view.lang)) for one in shown]
    found = [(one, rows) for one, rows in found if line.has_line(rows)][:2]
    if not found or found[0][0] is not view:
        return ()
    reaches = [
        line.get_value_extent(rows, one) for one, rows in found if one.indicator.unit == view.indicator.unit
    ]
    span = (
        (min(low for low, _ in reaches), max(high for _, high in reaches))
        if len(reaches) == len(found)
        else ()
    )
    return tuple(
        build_rendered_figure(
            name,
            partial(line.build_line_chart, rows, one, value_range=span, styled_areas=geos),
            theme,
            rows,
            one,
        )
        for name, (one, rows) in zip(("time", "beside"), found, strict=False)
    )


def render_side_by_side(*drawings: RenderedFigure | None) -> None:
    """The drawings there are, in as many columns."""
    there = [one for one in drawings if one is not None]
    for one, column in zip(there, st.columns(len(there), gap="large") if there else [], strict=True):
        with column:
            render_figure_panel(
                one.name,
                one.figure,
                one.rows,
                one.view,
                (one.redraw,),
                collapse_notes=True,
                area_name=one.area_name,
            )


@cache_per_data_version
def build_sector_figure(view: View, theme: str) -> RenderedFigure | None:
    """The sectors of the first area chosen that has them, else of the whole; where they are few, those of Italy in an indicator of the topic that has many."""
    here, rows = None, None
    for geo in dict.fromkeys((*view.geo, *REFERENCE_AREAS[view.level], "ITA")):
        found = select_sector_level(run_query("by_sector", **view.query_parameters, geo=geo))
        if found["sector"].nunique() > 2:
            here, rows = replace(view, geo=(geo,)), found
            break
    if here is None or rows["sector"].nunique() <= MAX_FEW_SECTORS:
        for id in catalogue.load_topics()[view.topic].extra_indicators if view.level == "italy" else ():
            other = resolve_view(
                Filters(lang=view.lang, level="italy", indicator=id, period=view.period), view.topic
            )
            found = select_sector_level(run_query("by_sector", **other.query_parameters, geo="ITA"))
            if other.indicator.unit in RATE_UNITS and found["sector"].nunique() > MAX_FEW_SECTORS:
                here, rows = replace(other, geo=("ITA",)), found
                break
    return (
        build_rendered_figure(
            "sectors",
            partial(heatmap.build_sector_bar_chart, rows, here),
            theme,
            rows,
            here,
            _describe_area(rows, view),
        )
        if here
        else None
    )


def _describe_area(rows: pd.DataFrame, view: View) -> str:
    """The area whose sectors are shown, and which of those chosen before it have none."""
    shown, geo = rows["geo_name"].iloc[0], rows["geo"].iloc[0]
    without = view.geo[: view.geo.index(geo)] if geo in view.geo else view.geo
    if not without:
        return shown
    return t(
        "sectors_of_another",
        view.lang,
        shown=shown,
        wanted=format_items([boundaries.load_short_names()[code][view.lang] for code in without], view.lang),
    )


@cached_across_periods
def build_gender_figures(view: View, theme: str) -> tuple[RenderedFigure, ...]:
    """Firms led by women beside firms led by men: for this indicator, else for the first of the topic that has both."""
    for id in dict.fromkeys(
        (view.indicator.id, *get_available_indicators(catalogue.load_topics()[view.topic]))
    ):
        rows = run_query("by_gender", indicator=id, sector="all", size="all", lang=view.lang)
        if len(rows):
            here = replace(
                view,
                indicator=catalogue.get_indicator(id),
                level="world",
                geo=(),
                sector="all",
                size="all",
                gender="all",
            )
            return (
                build_rendered_figure(
                    "leaders", partial(dumbbell.build_dumbbell_chart, rows, here), theme, rows, here
                ),
            )
    return ()


@cache_per_data_version
def build_heatmap_figure(view: View, theme: str) -> RenderedFigure | None:
    """All areas by all sectors, where that is published."""
    if view.period == "latest" or view.chart != "map":
        return None
    rows = select_sector_level(run_query("area_sector", **view.query_parameters))
    return (
        build_rendered_figure("heat", partial(heatmap.build_heatmap, rows, view), theme, rows, view)
        if (rows.groupby("sector")["geo"].nunique() > 3).sum() > 1
        else None
    )


def select_sector_level(rows: pd.DataFrame) -> pd.DataFrame:
    """Total and sections only, where there are enough: aggregates and divisions beside them would count firms twice."""
    few = rows[rows["sector_kind"].isin(SECTOR_KINDS)]
    return few if few["sector"].nunique() > 3 else rows
