"""Choropleth maps: areas coloured by class."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.scales import ThresholdScale, build_threshold_scale, get_text_colour
from ripresa.charts.theme import (
    NO_SELECTION_DIMMING,
    SMALL_SIZE,
    TICK_SIZE,
    TRANSPARENT,
    Palette,
    Spec,
    build_empty_figure,
    build_figure,
    build_layout,
    build_legend,
    format_tick_labels,
    get_palette,
)
from ripresa.charts.traces import HOVER_TEXT, NO_HOVER, build_text_traces
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_plain_number
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    SMALL_SAMPLE_SIZE,
    Row,
    flag_other_editions,
    is_old_survey,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

MAP_HEIGHTS = {"italy": 580, "europe": 535, "world": 410}
ASPECT_RATIOS = {"italy": 1.29, "europe": 0.69, "world": 0.46}  # height / width, the maximum on a phone
OUTLINE_WIDTHS = {"italy": 2.4, "europe": 1.9, "world": 1.4}
TOP_MARGIN, BOTTOM_MARGIN = 4, 72  # pixels; the colour bar and the legend are below the map
GEO_LAYOUTS: dict[str, dict[str, dict[str, object]]] = {
    "italy": {
        "projection": {"type": "mercator"},
        "lonaxis": {"range": [6.3, 18.8]},
        "lataxis": {"range": [35.3, 47.3]},
    },
    "europe": {
        "projection": {"type": "equal earth", "rotation": {"lon": 14}},
        "lonaxis": {"range": [-17.5, 44]},
        "lataxis": {"range": [34, 71.5]},
        "center": {"lon": 14, "lat": 50},
    },
    "world": {
        "projection": {"type": "natural earth"},
        "lonaxis": {"range": [-169, 191]},
        "lataxis": {"range": [-56, 80]},
    },
}


def build_choropleth(
    rows: pd.DataFrame | list[Row],
    view: View,
    theme: str = "light",
    geojson_mode: str = "address",
    class_values: Iterable[float] = (),
) -> go.Figure:
    """Areas coloured by class; rows: those of a map.

    geojson_mode: "address" makes the browser load the boundaries from this site, "inline" embeds them, for
    rendering on the server. class_values: the values of all periods, so that all have the same classes.
    """
    records, level = flag_other_editions(to_records(rows, view.lang)), view.level
    areas = boundaries.load_map_areas(level)
    rows_by_area = {row["geo"]: row for row in with_values(records) if row["geo"] in areas}
    figure_text = build_figure_text(records, view, "map")
    if not rows_by_area:
        return build_empty_figure(view, theme, figure_text)
    colours = get_palette(theme)
    scale = build_threshold_scale(
        list(class_values) or [row["value"] for row in rows_by_area.values()],
        view.indicator.unit,
        view.indicator.decimals,
        colours,
    )
    # A scattergeo trace has to precede the choropleths: plotly.js would request its own base map otherwise.
    traces = [
        *_build_value_labels(rows_by_area, view, scale, colours),
        *_build_hatch_traces(rows_by_area, view, scale, colours),
        *_build_area_traces(_get_geojson(level, geojson_mode), rows_by_area, view, scale, theme),
    ]
    return build_figure(
        traces,
        build_layout(
            theme,
            view.lang,
            MAP_HEIGHTS[level],
            figure_text=replace(figure_text, aspect_ratio=ASPECT_RATIOS[level]),
            showlegend=True,
            legend=build_legend(theme, x=0.5, xanchor="center", y=0, yref="container", yanchor="bottom"),
            margin={"l": 0, "r": 0, "t": TOP_MARGIN, "b": BOTTOM_MARGIN, "pad": 0},
            geo={
                "visible": False,
                "bgcolor": TRANSPARENT,
                "showframe": False,
                "domain": {"x": [0, 1], "y": [0, 1]},
                **GEO_LAYOUTS[level],
            },
        ),
    )


def _build_area_traces(
    geojson: object, rows_by_area: Mapping[str, Row], view: View, scale: ThresholdScale, theme: str
) -> list[Spec]:
    """Context, areas without data, areas by class, outlines of the selected areas, and a legend entry."""
    colours = get_palette(theme)
    data_areas = boundaries.get_data_area_codes(view.level)
    context = boundaries.load_map_areas(view.level).keys() - data_areas - rows_by_area.keys()
    absent = [code for code in data_areas if code not in rows_by_area]
    traces = []
    if context:
        context_trace = _build_flat_trace(geojson, sorted(context), colours.surface, colours.border, 0.3)
        traces.append(context_trace | NO_HOVER)
    if absent:
        absent_trace = _build_flat_trace(geojson, absent, colours.no_data, colours.border, 0.6)
        texts = [format_absent_area(code, view) for code in absent]
        traces.append({**absent_trace, "text": texts, **HOVER_TEXT})
    traces.append(_build_class_trace(geojson, rows_by_area, view, scale, theme))
    if selected := [code for code in view.geo if code in rows_by_area or code in absent]:
        # The pale outline under the bold one keeps it visible on dark areas.
        for colour, width in ((colours.background, 2.1), (colours.text, 1)):
            outline_width = width * OUTLINE_WIDTHS[view.level]
            outline = _build_flat_trace(geojson, selected, TRANSPARENT, colour, outline_width)
            traces.append(outline | NO_HOVER)
    if absent:
        traces.append(_build_legend_entry(t("no_data", view.lang), colours.no_data, "square", colours.border))
    return traces


def format_absent_area(code: str, view: View) -> str:
    """The tooltip of an area without data, as HTML."""
    area = boundaries.load_map_areas(view.level).get(code)
    return f"<b>{area.name[view.lang] if area else code}</b><br>{t('no_data', view.lang)}"


def build_colorbar_options(scale: ThresholdScale, view: View, theme: str, **options: object) -> Spec:
    """The colour scale and colour bar of a trace or marker; `options` go to the colour bar."""
    return {
        "colorscale": scale.to_colorscale(),
        "showscale": True,
        "colorbar": build_colorbar(scale, view, theme, **options),
    }


def build_colorbar(scale: ThresholdScale, view: View, theme: str, **options: object) -> Spec:
    """A colour bar of equal blocks with the thresholds between them."""
    colours = get_palette(theme)
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": 0,
        "yanchor": "top",
        "lenmode": "pixels",
        "len": 330,
        "thickness": 12,
        "xpad": 0,
        "ypad": 6,
        "outlinewidth": 0.6,
        "outlinecolor": colours.border,
        "tickmode": "array",
        "tickvals": [i + 0.5 for i in range(len(scale.thresholds))],
        "ticktext": format_tick_labels(scale.thresholds, view),
        "tickfont": {"size": TICK_SIZE, "color": colours.secondary_text},
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": colours.border,
        **options,
    }


def _get_geojson(level: str, mode: str) -> object:
    if mode == "inline":
        return boundaries.load_boundaries(level)
    return boundaries.GEOJSON_URL.format(name=boundaries.MAP_FILES[level])


def _build_value_labels(
    rows_by_area: Mapping[str, Row], view: View, scale: ThresholdScale, colours: Palette
) -> list[Spec]:
    """Values on the map of Italy, whose areas have space for them; elsewhere one invisible point."""
    if view.level != "italy":
        marker = {"size": 1, "opacity": 0}
        return [
            {"type": "scattergeo", "mode": "markers", "lon": [0], "lat": [0], "marker": marker, **NO_HOVER}
        ]
    labels = [
        (
            *boundaries.get_label_point("italy", code),
            format_plain_number(row["value"], view),
            colours.text
            if code in boundaries.LABELS_AT_SEA
            else get_text_colour(scale.get_colour(row["value"])),
        )
        for code, row in rows_by_area.items()
    ]
    return build_text_traces(labels, {"type": "scattergeo"}, SMALL_SIZE)


def _build_hatch_traces(
    rows_by_area: Mapping[str, Row], view: View, scale: ThresholdScale, colours: Palette
) -> list[Spec]:
    """Hatch lines over other editions, small samples and old surveys, with a legend entry for each kind.

    The lines are dark on light areas and light on dark ones.
    """
    lang = view.lang
    other_edition = [code for code, row in rows_by_area.items() if is_other_edition(row)]
    small = [code for code, row in rows_by_area.items() if is_small_sample(row)]
    old = [code for code, row in rows_by_area.items() if is_old_survey(row) and code not in small]
    traces: list[Spec] = []
    for codes, angle, symbol, label in (
        (other_edition, 0, "line-ew-open", f"{OTHER_EDITION_MARK} {t('other_edition', lang)}"),
        (small, 45, "line-ne-open", t("small_base", lang, count=SMALL_SAMPLE_SIZE)),
        (old, 135, "line-nw-open", t("old_survey", lang)),
    ):
        codes_by_colour: dict[str, list[str]] = {}
        for code in codes:
            colour = get_text_colour(scale.get_colour(rows_by_area[code]["value"]))
            codes_by_colour.setdefault(colour, []).append(code)
        for colour, group in codes_by_colour.items():
            traces.append(_build_hatch_trace(group, view.level, angle, colour))
        if codes:
            traces.append(_build_legend_entry(label, colours.text, symbol, colours.text))
    return traces


def _build_hatch_trace(codes: Iterable[str], level: str, angle: int, colour: str) -> Spec:
    lines = [boundaries.build_hatch_lines(level, code, angle) for code in codes]
    return {
        "type": "scattergeo",
        "mode": "lines",
        "lon": [x for longitudes, _ in lines for x in longitudes],
        "lat": [y for _, latitudes in lines for y in latitudes],
        "line": {"color": colour, "width": 1.1},
        "opacity": 0.85,
        **NO_HOVER,
    }


def _build_flat_trace(geojson: object, codes: Sequence[str], fill: str, border: str, width: float) -> Spec:
    """Areas in one colour."""
    return {
        "type": "choropleth",
        "geojson": geojson,
        "locations": codes,
        "z": [0] * len(codes),
        "colorscale": [[0, fill], [1, fill]],
        "showscale": False,
        "showlegend": False,
        "marker": {"line": {"color": border, "width": width}},
        **NO_SELECTION_DIMMING,
    }


def _build_class_trace(
    geojson: object, rows_by_area: Mapping[str, Row], view: View, scale: ThresholdScale, theme: str
) -> Spec:
    """Areas in the colours of their classes."""
    return {
        "type": "choropleth",
        "geojson": geojson,
        "locations": list(rows_by_area),
        "z": [scale.get_class_index(row["value"]) for row in rows_by_area.values()],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "text": [build_hover_text(row, view) for row in rows_by_area.values()],
        **HOVER_TEXT,
        "marker": {"line": {"color": get_palette(theme).border, "width": 0.6}},
        "showlegend": False,
        **NO_SELECTION_DIMMING,
        **build_colorbar_options(scale, view, theme),
    }


def _build_legend_entry(label: str, colour: str, symbol: str, border: str) -> Spec:
    """A legend entry without points on the map."""
    return {
        "type": "scattergeo",
        "mode": "markers",
        "lon": [None],
        "lat": [None],
        "name": label,
        "showlegend": True,
        "hoverinfo": "skip",
        "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"color": border, "width": 1}},
    }
