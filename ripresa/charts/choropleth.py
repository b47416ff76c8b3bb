"""Maps: areas shaded by class, and the same as tiles of equal size."""

from dataclasses import replace

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.scales import ThresholdScale, build_threshold_scale, get_text_colour
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_plain_number
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    SMALL_SAMPLE_SIZE,
    flag_other_editions,
    get_area_rows,
    is_old_survey,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

MAP_HEIGHTS = {"italy": 580, "europe": 535, "world": 410}
ASPECT_RATIOS = {
    "italy": 1.29,
    "europe": 0.69,
    "world": 0.46,
}  # how high a map is for its width: on a phone it takes no more
TILE_GRID_HEIGHT = 620
OUTLINE_WIDTHS = {"italy": 2.4, "europe": 1.9, "world": 1.4}
HALF_TILE = 0.47  # of a tile, leaving a thin gap
TOP_MARGIN, BOTTOM_MARGIN = 4, 72  # pixels above the map, and under the map for the classes and the legend
GEO_LAYOUTS = {
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
    rows, view: View, theme: str = "light", geojson_mode: str = "address", class_values=()
) -> go.Figure:
    """Areas shaded by class. rows: geo, geo_name, value and the other columns of a rows frame.

    boundaries: "address" sends the browser an address of this site, "inline" embeds the shapes, for drawing on a server.
    across: values of all periods, so that classes stay the same when the period changes.
    """
    found, level = flag_other_editions(to_records(rows, view.lang)), view.level
    known = {row["geo"]: row for row in with_values(found) if row["geo"] in areas.load_map_areas(level)}
    figure_text = build_figure_text(found, view, "map")
    if not known:
        return look.build_empty_figure(view, theme, figure_text)
    colours = look.get_palette(theme)
    scale = build_threshold_scale(
        [*class_values] or [row["value"] for row in known.values()],
        view.indicator.unit,
        view.indicator.decimals,
        colours,
    )
    absent = [code for code in areas.get_data_area_codes(level) if code not in known]
    context = [
        code for code, area in areas.load_map_areas(level).items() if area.context and code not in known
    ]
    shapes = _get_geojson(level, geojson_mode)
    traces = [
        *_build_value_labels(
            known, view, scale, colours
        ),  # a scattergeo before any choropleth: the library would ask another site for its own map first
        *_build_hatch_traces(known, view, scale, colours),
        _build_flat_trace(shapes, context, colours.surface, colours.border, 0.3, view),
        _build_flat_trace(shapes, absent, colours.no_data, colours.border, 0.6, view, has_hover=True),
        _build_class_trace(shapes, known, view, scale, colours, theme),
        *_build_outline_traces(
            shapes, [code for code in view.geo if code in known or code in absent], level, colours
        ),
        *(
            [_build_legend_entry(t("no_data", view.lang), colours.no_data, "square", colours.border)]
            if absent
            else []
        ),
    ]
    return look.build_figure(
        [trace for trace in traces if trace],
        look.build_layout(
            theme,
            view.lang,
            MAP_HEIGHTS[level],
            figure_text=replace(figure_text, aspect_ratio=ASPECT_RATIOS[level]),
            showlegend=True,
            legend=look.build_legend(theme, x=0.5, xanchor="center", y=0, yref="container", yanchor="bottom"),
            margin={"l": 0, "r": 0, "t": TOP_MARGIN, "b": BOTTOM_MARGIN, "pad": 0},
            geo={
                "visible": False,
                "bgcolor": look.TRANSPARENT,
                "showframe": False,
                "domain": {"x": [0, 1], "y": [0, 1]},
                **GEO_LAYOUTS[level],
            },
        ),
    )


def build_tile_grid_map(rows, view: View, theme: str = "light", class_values=()) -> go.Figure:
    """Italy as tiles of equal size with name and value, so that small areas weigh as much as large ones."""
    found = flag_other_editions(to_records(rows, view.lang))
    known = {row["geo"]: row for row in with_values(found)}
    figure_text = build_figure_text(found, view, "tiles")
    if not known:
        return look.build_empty_figure(view, theme, figure_text)
    colours = look.get_palette(theme)
    own = [row["value"] for row in with_values(get_area_rows(found, view))]
    scale = build_threshold_scale(
        [*class_values] or own, view.indicator.unit, view.indicator.decimals, colours
    )
    grid, text, shapes, points = (
        areas.load_tile_grid(),
        [],
        [],
        {"x": [], "y": [], "text": [], "customdata": []},
    )
    for code, tile in sorted(
        grid["tiles"].items(), key=lambda item: item[0] in view.geo
    ):  # the chosen last, over their neighbours
        row, x, y, chosen = known.get(code), tile["col"], tile["row"], code in view.geo
        fill = scale.get_colour(row["value"]) if row else colours.no_data
        shapes.append(
            {
                "type": "rect",
                "x0": x - HALF_TILE,
                "x1": x + HALF_TILE,
                "y0": y - HALF_TILE,
                "y1": y + HALF_TILE,
                "fillcolor": fill,
                "layer": "below",
                "line": {"color": colours.text if chosen else colours.border, "width": 3 if chosen else 0.6},
            }
        )
        if chosen:  # a pale line inside the bold one, seen on light and on dark tiles
            inner = HALF_TILE - 0.05
            shapes.append(
                {
                    "type": "rect",
                    "x0": x - inner,
                    "x1": x + inner,
                    "y0": y - inner,
                    "y1": y + inner,
                    "layer": "below",
                    "line": {"color": colours.background, "width": 2},
                }
            )
        mark = OTHER_EDITION_MARK * is_other_edition(row) + "*" * is_small_sample(row) if row else ""
        text.append(
            look.build_annotation(
                theme,
                f"<b>{tile['label']}</b><br>{format_plain_number(row['value'], view) + mark if row else '–'}",
                x=x,
                y=y,
                font={"size": look.TICK_SIZE, "color": get_text_colour(fill)},
            )
        )
        points["x"].append(x)
        points["y"].append(y)
        points["text"].append(
            build_hover_text(row, view)
            if row
            else f"<b>{_get_area_name(code, view)}</b><br>{t('no_data', view.lang)}"
        )
        points["customdata"].append([code])
    hidden = {"visible": False, "fixedrange": True}
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            **points,
            "hovertemplate": "%{text}<extra></extra>",
            "showlegend": False,
            "marker": {
                "size": 40,
                "opacity": 0,
                "symbol": "square",
                "cmin": -0.5,
                "cmax": len(scale.colours) - 0.5,
                "color": [0] * len(text),
                **_build_colorbar_options(scale, view, theme, colours),
            },
            "selected": {"marker": {"opacity": 0}},
            "unselected": {"marker": {"opacity": 0}},
        }
    ]
    frame_ = look.build_layout(
        theme,
        view.lang,
        TILE_GRID_HEIGHT,
        figure_text=figure_text,
        shapes=shapes,
        annotations=text + _build_tile_legend(known, view, theme, colours),
        margin={"l": 4, "r": 4, "t": 4, "b": BOTTOM_MARGIN, "pad": 0},
        hoverdistance=40,
        xaxis={**hidden, "range": [-0.55, grid["cols"] - 0.45], "constrain": "domain"},
        yaxis={**hidden, "range": [grid["rows"] - 0.45, -0.55], "scaleanchor": "x", "constrain": "domain"},
    )
    return look.build_figure(traces, frame_)


def _get_geojson(level: str, boundaries: str):
    return (
        areas.load_boundaries(level)
        if boundaries == "inline"
        else areas.GEOJSON_URL.format(name=areas.MAP_FILES[level])
    )


def _get_area_name(code: str, view: View) -> str:
    return (
        areas.load_map_areas(view.level)[code].name[view.lang]
        if code in areas.load_map_areas(view.level)
        else code
    )


def _build_value_labels(known: dict, view: View, scale: ThresholdScale, colours) -> list[dict]:
    """Values written on the map where areas are few enough to hold them, one trace an ink; elsewhere one silent point."""
    base = {"type": "scattergeo", "hoverinfo": "skip", "showlegend": False}
    if view.level != "italy":
        return [{**base, "mode": "markers", "lon": [0], "lat": [0], "marker": {"size": 1, "opacity": 0}}]
    inks: dict[str, list] = {}
    for code, row in known.items():
        ink = colours.text if code in areas.LABELS_AT_SEA else get_text_colour(scale.get_colour(row["value"]))
        inks.setdefault(ink, []).append(
            (*areas.get_label_point("italy", code), format_plain_number(row["value"], view))
        )
    return [
        {
            **base,
            "mode": "text",
            "lon": [x for x, _, _ in labels],
            "lat": [y for _, y, _ in labels],
            "text": [text for *_, text in labels],
            "textfont": {"size": look.SMALL_SIZE, "color": ink},
            "selected": {"textfont": {"color": ink}},
            "unselected": {"textfont": {"color": ink}},
        }
        for ink, labels in inks.items()
    ]


def _build_hatch_traces(known: dict, view: View, scale: ThresholdScale, colours) -> list[dict]:
    """Strokes over the areas that want caution, dark on pale areas and pale on dark ones, with an entry in the legend for each kind."""
    lang = view.lang
    small = [code for code, row in known.items() if is_small_sample(row)]
    old = [code for code, row in known.items() if is_old_survey(row) and code not in small]
    apart = [code for code, row in known.items() if is_other_edition(row)]
    kinds = (
        (apart, 0, "line-ew-open", f"{OTHER_EDITION_MARK} {t('other_edition', lang)}"),
        (small, 45, "line-ne-open", t("small_base", lang, count=SMALL_SAMPLE_SIZE)),
        (old, 135, "line-nw-open", t("old_survey", lang)),
    )
    traces = []
    for codes, angle, symbol, label in kinds:
        inks: dict[str, list[str]] = {}
        for code in codes:
            inks.setdefault(get_text_colour(scale.get_colour(known[code]["value"])), []).append(code)
        traces += [_build_hatch_trace(there, view.level, angle, ink) for ink, there in inks.items()] + [
            _build_legend_entry(label, colours.text, symbol, colours.text)
        ] * bool(codes)
    return traces


def _build_hatch_trace(codes: list[str], level: str, angle: int, ink: str) -> dict:
    lon, lat = [], []
    for code in codes:
        x, y = areas.build_hatch_lines(level, code, angle)
        lon += x
        lat += y
    return {
        "type": "scattergeo",
        "mode": "lines",
        "lon": lon,
        "lat": lat,
        "line": {"color": ink, "width": 1.1},
        "opacity": 0.85,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _build_flat_trace(
    shapes, codes: list[str], fill: str, border: str, width: float, view: View, has_hover: bool = False
) -> dict | None:
    if not codes:
        return None
    trace = {
        "type": "choropleth",
        "geojson": shapes,
        "locations": codes,
        "z": [0] * len(codes),
        "colorscale": [[0, fill], [1, fill]],
        "showscale": False,
        "showlegend": False,
        "marker": {"line": {"color": border, "width": width}},
        **look.NO_SELECTION_DIMMING,
    }
    if not has_hover:
        return {**trace, "hoverinfo": "skip"}
    missing = t("no_data", view.lang)
    return {
        **trace,
        "text": [f"<b>{_get_area_name(code, view)}</b><br>{missing}" for code in codes],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _build_class_trace(shapes, known: dict, view: View, scale: ThresholdScale, colours, theme: str) -> dict:
    return {
        "type": "choropleth",
        "geojson": shapes,
        "locations": list(known),
        "z": [scale.get_class_index(row["value"]) for row in known.values()],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "text": [build_hover_text(row, view) for row in known.values()],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"line": {"color": colours.border, "width": 0.6}},
        "showlegend": False,
        **look.NO_SELECTION_DIMMING,
        **_build_colorbar_options(scale, view, theme, colours),
    }


def _build_outline_traces(shapes, codes: list[str], level: str, colours) -> list[dict]:
    """The chosen areas again, hollow, with a bold border on top; the pale line under it keeps it visible on dark areas."""
    if not codes:
        return []
    hollow = {
        "type": "choropleth",
        "geojson": shapes,
        "locations": codes,
        "z": [0] * len(codes),
        "colorscale": [[0, look.TRANSPARENT], [1, look.TRANSPARENT]],
        "showscale": False,
        "showlegend": False,
        "hoverinfo": "skip",
        **look.NO_SELECTION_DIMMING,
    }
    return [
        {**hollow, "marker": {"line": {"color": colour, "width": width}}}
        for colour, width in (
            (colours.background, 2.1 * OUTLINE_WIDTHS[level]),
            (colours.text, OUTLINE_WIDTHS[level]),
        )
    ]


def _build_legend_entry(label: str, colour: str, symbol: str, border: str) -> dict:
    """A legend entry with nothing on the map."""
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


def _build_colorbar_options(scale: ThresholdScale, view: View, theme: str, colours) -> dict:
    return {
        "colorscale": scale.to_colorscale(),
        "showscale": True,
        "colorbar": build_colorbar(scale, view, theme),
    }


def build_colorbar(scale: ThresholdScale, view: View, theme: str, **more) -> dict:
    """Classes as equal blocks with the limits written between them."""
    ticks = look.format_tick_labels(
        list(scale.thresholds), view.indicator.unit, view.indicator.decimals, view.lang
    )
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
        "outlinecolor": look.get_palette(theme).border,
        "tickmode": "array",
        "tickvals": [i + 0.5 for i in range(len(scale.thresholds))],
        "ticktext": ticks,
        "tickfont": {"size": look.TICK_SIZE, "color": look.get_palette(theme).secondary_text},
        "ticks": "outside",
        "ticklen": 3,
        "tickcolor": look.get_palette(theme).border,
        **more,
    }


def _build_tile_legend(known: dict, view: View, theme: str, colours) -> list[dict]:
    missing = any(code not in known for code in areas.load_tile_grid()["tiles"])
    words = [f"– {t('no_data', view.lang)}"] if missing else []
    words += (
        [f"* {t('small_base', view.lang, count=SMALL_SAMPLE_SIZE)}"]
        if any(is_small_sample(row) for row in known.values())
        else []
    )
    words += (
        [f"{OTHER_EDITION_MARK} {t('other_edition', view.lang)}"]
        if any(map(is_other_edition, known.values()))
        else []
    )
    return (
        [
            look.build_annotation(
                theme,
                "   ".join(words),
                x=0.5,
                y=0,
                xref="paper",
                yref="paper",
                xanchor="center",
                yanchor="top",
                yshift=-46,
            )
        ]
        if words
        else []
    )
