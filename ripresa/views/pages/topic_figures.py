"""The figures of a topic's page, built from the rows of a view and cached per data version."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, wraps

import pandas as pd
import plotly.graph_objects as go

from ripresa import catalogue
from ripresa.charts import bar, choropleth, dot, dumbbell, heatmap, line, sector_bar, tile_grid
from ripresa.charts.line_styles import REFERENCE_AREAS, select_areas_to_plot
from ripresa.charts.theme import get_figure_text, set_figure_text
from ripresa.database.query import cache_per_data_version, run_query
from ripresa.filters import Filters, View, get_available_indicators, get_values_of_all_periods, resolve_view
from ripresa.i18n import format_items, t
from ripresa.observations import boundaries
from ripresa.observations.rows import to_records, with_reference_rows

MAX_FEW_SECTORS = 4  # sectors; with no more, an indicator with many is shown instead
RATE_UNITS = ("percent", "percent_change", "points")
MAP_MARGIN_DEGREES = 12  # around the areas of a continent
MIN_MAP_LATITUDE, MAX_MAP_LATITUDE = -60, 82


@dataclass(frozen=True, eq=False)
class RenderedFigure:
    """A figure with its key on the page, its rows and view; `redraw` builds it in another theme."""

    name: str
    figure: go.Figure
    rows: pd.DataFrame
    view: View
    redraw: Callable[[str], go.Figure]
    area_name: str = ""


FigureBuilder = Callable[[View, str], tuple[RenderedFigure, ...]]  # from a view and a theme


def build_rendered_figure(
    name: str,
    redraw: Callable[[str], go.Figure],
    theme: str,
    rows: pd.DataFrame,
    view: View,
    area_name: str = "",
) -> RenderedFigure:
    """A figure built in a theme."""
    return RenderedFigure(name, redraw(theme), rows, view, redraw, area_name)


def cached_across_periods(build: FigureBuilder) -> FigureBuilder:
    """Caches figures that do not depend on the selected period; only the returned views carry it."""
    cached_build = cache_per_data_version(build)

    @wraps(build)
    def build_for_period(view: View, theme: str) -> tuple[RenderedFigure, ...]:
        return tuple(
            replace(figure, view=replace(figure.view, period=view.period, notices=view.notices))
            for figure in cached_build(replace(view, period="", notices=()), theme)
        )

    return build_for_period


# --- the first figure ---


def query_map_rows(view: View) -> pd.DataFrame:
    """The observations of a view's areas, followed by those of its reference areas."""
    areas = run_query("map", **view.query_parameters)
    return with_reference_rows(areas, run_query("reference_areas", **view.query_parameters), view)


@cache_per_data_version
def build_map_figures(view: View, theme: str, map_mode: str) -> tuple[RenderedFigure, RenderedFigure]:
    """The map and the bars of the same areas. map_mode: "", "tiles", or a continent to zoom to."""
    rows = query_map_rows(view)
    records = to_records(rows, view.lang)
    is_zoomed = view.level == "world" and map_mode in set(rows["continent"])
    bar_records = records
    if is_zoomed:
        bar_records = [row for row in records if row.get("continent") == map_mode]
    bars = build_rendered_figure("map", partial(bar.build_bar_chart, bar_records, view), theme, rows, view)
    build_map = partial(
        tile_grid.build_tile_grid_map if map_mode == "tiles" else choropleth.build_choropleth,
        records,
        view,
        class_values=get_values_of_all_periods(view),
    )

    def build_zoomed_map(theme: str) -> go.Figure:
        figure = build_map(theme)
        figure.layout.geo.update(get_continent_bounds(rows, map_mode))
        set_figure_text(figure, get_figure_text(bars.figure))
        return figure

    redraw: Callable[[str], go.Figure] = build_zoomed_map if is_zoomed else build_map
    return build_rendered_figure("map", redraw, theme, rows, view), bars


def get_continent_bounds(rows: pd.DataFrame, continent: str) -> dict[str, dict[str, list[float]]]:
    """The axes of a map (lonaxis, lataxis) that contain a continent's areas. rows: geo, continent."""
    places = boundaries.load_map_areas("world")
    codes = [code for code in rows[rows["continent"] == continent]["geo"] if code in places]
    longitudes, latitudes = [places[code].x for code in codes], [places[code].y for code in codes]
    south = max(min(latitudes) - MAP_MARGIN_DEGREES, MIN_MAP_LATITUDE)
    north = min(max(latitudes) + MAP_MARGIN_DEGREES, MAX_MAP_LATITUDE)
    west, east = min(longitudes) - MAP_MARGIN_DEGREES, max(longitudes) + MAP_MARGIN_DEGREES
    return {"lonaxis": {"range": [west, east]}, "lataxis": {"range": [south, north]}}


@cache_per_data_version
def build_dot_figure(view: View, theme: str) -> RenderedFigure:
    """The few areas with a figure, as dots."""
    rows = query_map_rows(view)
    return build_rendered_figure("dots", partial(dot.build_dot_plot, rows, view), theme, rows, view)


@cache_per_data_version
def build_series_figure(view: View, theme: str) -> RenderedFigure:
    """One or a few areas over time."""
    rows = run_query("trend", **view.breakdown, geos=view.geo, lang=view.lang)
    return build_rendered_figure("series", partial(line.build_line_chart, rows, view), theme, rows, view)


# --- over time, by sector, by gender ---


@cached_across_periods
def build_time_figures(view: View, theme: str) -> tuple[RenderedFigure, ...]:
    """The indicator over time, and the first related indicator with a history, on the same scale."""
    if view.chart == "series":
        return ()
    geos = select_areas_to_plot(view)
    related = [replace(view, indicator=catalogue.get_indicator(id)) for id in view.indicator.related]
    series = [
        (candidate, run_query("trend", **candidate.breakdown, geos=geos, lang=view.lang))
        for candidate in [view, *related]
    ]
    series = [(candidate, rows) for candidate, rows in series if line.has_line(rows)][:2]
    if not series or series[0][0] is not view:
        return ()
    value_range: tuple[float, ...] = ()
    if all(candidate.indicator.unit == view.indicator.unit for candidate, _ in series):
        extents = [line.get_value_extent(rows, candidate) for candidate, rows in series]
        value_range = (min(low for low, _ in extents), max(high for _, high in extents))
    return tuple(
        build_rendered_figure(
            name,
            partial(line.build_line_chart, rows, candidate, value_range=value_range, styled_areas=geos),
            theme,
            rows,
            candidate,
        )
        for name, (candidate, rows) in zip(("time", "beside"), series, strict=False)
    )


@cache_per_data_version
def build_sector_figure(view: View, theme: str) -> RenderedFigure | None:
    """The sectors of the first area that has them; None where there are none."""
    selected = _select_sector_rows(view)
    if selected is None:
        return None
    sector_view, rows = selected
    build = partial(sector_bar.build_sector_bar_chart, rows, sector_view)
    return build_rendered_figure("sectors", build, theme, rows, sector_view, _describe_area(rows, view))


def _select_sector_rows(view: View) -> tuple[View, pd.DataFrame] | None:
    """The rows by sector of the first chosen area that has several, else of its reference areas.

    In Italy, where that is few sectors, those of the topic's first extra indicator that has many."""
    selected = None
    for geo in dict.fromkeys((*view.geo, *REFERENCE_AREAS[view.level], "ITA")):
        rows = select_sector_level(run_query("by_sector", **view.query_parameters, geo=geo))
        if rows["sector"].nunique() > 2:
            selected = replace(view, geo=(geo,)), rows
            break
    has_many = selected is not None and selected[1]["sector"].nunique() > MAX_FEW_SECTORS
    if has_many or view.level != "italy":
        return selected
    for id in catalogue.load_topics()[view.topic].extra_indicators:
        other_filters = Filters(lang=view.lang, level="italy", indicator=id, period=view.period)
        other = resolve_view(other_filters, view.topic)
        rows = select_sector_level(run_query("by_sector", **other.query_parameters, geo="ITA"))
        if other.indicator.unit in RATE_UNITS and rows["sector"].nunique() > MAX_FEW_SECTORS:
            return replace(other, geo=("ITA",)), rows
    return selected


def _describe_area(rows: pd.DataFrame, view: View) -> str:
    """The area of the rows, and the areas chosen before it that have no sectors."""
    name, geo = str(rows["geo_name"].iloc[0]), rows["geo"].iloc[0]
    without = view.geo[: view.geo.index(geo)] if geo in view.geo else view.geo
    if not without:
        return name
    wanted = format_items([boundaries.load_short_names()[code][view.lang] for code in without], view.lang)
    return t("sectors_of_another", view.lang, shown=name, wanted=wanted)


@cached_across_periods
def build_gender_figures(view: View, theme: str) -> tuple[RenderedFigure, ...]:
    """Firms led by women and by men, for this indicator or the first of the topic that has both."""
    available = get_available_indicators(catalogue.load_topics()[view.topic])
    for id in dict.fromkeys((view.indicator.id, *available)):
        rows = run_query("by_gender", indicator=id, sector="all", size="all", lang=view.lang)
        if len(rows):
            gender_view = replace(
                view,
                indicator=catalogue.get_indicator(id),
                level="world",
                geo=(),
                sector="all",
                size="all",
                gender="all",
            )
            build = partial(dumbbell.build_dumbbell_chart, rows, gender_view)
            return (build_rendered_figure("leaders", build, theme, rows, gender_view),)
    return ()


@cache_per_data_version
def build_heatmap_figure(view: View, theme: str) -> RenderedFigure | None:
    """All areas by all sectors; None unless several sectors have more than three areas."""
    if view.period == "latest" or view.chart != "map":
        return None
    rows = select_sector_level(run_query("area_sector", **view.query_parameters))
    if (rows.groupby("sector")["geo"].nunique() > 3).sum() <= 1:
        return None
    return build_rendered_figure("heat", partial(heatmap.build_heatmap, rows, view), theme, rows, view)


def select_sector_level(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the sectors that a chart of sectors shows (see heatmap.select_sector_level)."""
    sectors = [
        {"sector": sector, "sector_kind": kind}
        for sector, kind in zip(rows["sector"], rows["sector_kind"], strict=True)
    ]
    selected = {row["sector"] for row in heatmap.select_sector_level(sectors)}
    return rows[rows["sector"].isin(selected)]
