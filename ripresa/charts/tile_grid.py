"""The tile grid map of Italy: tiles of equal size, so that small regions weigh as much as large ones."""

from collections.abc import Iterable, Mapping

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.choropleth import BOTTOM_MARGIN, build_colorbar_options, format_absent_area
from ripresa.charts.scales import ThresholdScale, build_threshold_scale, get_text_colour
from ripresa.charts.theme import (
    TICK_SIZE,
    Palette,
    Spec,
    build_annotation,
    build_empty_figure,
    build_figure,
    build_layout,
    get_palette,
)
from ripresa.charts.traces import HOVER_TEXT
from ripresa.filters import View
from ripresa.i18n import MISSING_TEXT, t
from ripresa.narrative.figure_text import build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_plain_number
from ripresa.observations.boundaries import Tile, load_tile_grid
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    SMALL_SAMPLE_SIZE,
    Row,
    flag_other_editions,
    get_area_rows,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

TILE_GRID_HEIGHT = 620
HALF_TILE = 0.47  # of the distance between two tiles, which leaves a gap


def build_tile_grid_map(
    rows: pd.DataFrame | list[Row], view: View, theme: str = "light", class_values: Iterable[float] = ()
) -> go.Figure:
    """Tiles with name and value, coloured by class; the arguments are those of build_choropleth."""
    records = flag_other_editions(to_records(rows, view.lang))
    rows_by_area = {row["geo"]: row for row in with_values(records)}
    figure_text = build_figure_text(records, view, "tiles")
    if not rows_by_area:
        return build_empty_figure(view, theme, figure_text)
    colours = get_palette(theme)
    scale = build_threshold_scale(
        list(class_values) or [row["value"] for row in with_values(get_area_rows(records, view))],
        view.indicator.unit,
        view.indicator.decimals,
        colours,
    )
    grid = load_tile_grid()
    # Selected tiles are last, so that their outline is above the neighbours.
    tiles = dict(sorted(grid["tiles"].items(), key=lambda item: item[0] in view.geo))
    fills = {
        code: scale.get_colour(rows_by_area[code]["value"]) if code in rows_by_area else colours.no_data
        for code in tiles
    }
    hidden = {"visible": False, "fixedrange": True, "constrain": "domain"}
    return build_figure(
        [_build_hover_trace(tiles, rows_by_area, scale, view, theme)],
        build_layout(
            theme,
            view.lang,
            TILE_GRID_HEIGHT,
            figure_text=figure_text,
            shapes=[
                shape
                for code, tile in tiles.items()
                for shape in _build_tile_shapes(tile, fills[code], code in view.geo, colours)
            ],
            annotations=[
                _build_tile_label(tile, rows_by_area.get(code), fills[code], view, theme)
                for code, tile in tiles.items()
            ]
            + _build_legend(rows_by_area, view, theme),
            margin={"l": 4, "r": 4, "t": 4, "b": BOTTOM_MARGIN, "pad": 0},
            hoverdistance=40,
            xaxis={**hidden, "range": [-0.55, grid["cols"] - 0.45]},
            yaxis={**hidden, "range": [grid["rows"] - 0.45, -0.55], "scaleanchor": "x"},
        ),
    )


def _build_hover_trace(
    tiles: Mapping[str, Tile], rows_by_area: Mapping[str, Row], scale: ThresholdScale, view: View, theme: str
) -> Spec:
    """Transparent markers with the tooltips and the colour bar."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [tile["col"] for tile in tiles.values()],
        "y": [tile["row"] for tile in tiles.values()],
        "text": [
            build_hover_text(rows_by_area[code], view)
            if code in rows_by_area
            else format_absent_area(code, view)
            for code in tiles
        ],
        "customdata": [[code] for code in tiles],
        **HOVER_TEXT,
        "showlegend": False,
        "marker": {
            "size": 40,
            "opacity": 0,
            "symbol": "square",
            "cmin": -0.5,
            "cmax": len(scale.colours) - 0.5,
            "color": [0] * len(tiles),
            **build_colorbar_options(scale, view, theme),
        },
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
    }


def _build_tile_shapes(tile: Tile, fill: str, is_selected: bool, colours: Palette) -> list[Spec]:
    """A tile; a selected one has a bold outline with a pale one inside, visible on light and dark tiles."""
    outline = {"color": colours.text, "width": 3} if is_selected else {"color": colours.border, "width": 0.6}
    square = {**_build_square(tile, HALF_TILE), "fillcolor": fill, "line": outline}
    if not is_selected:
        return [square]
    inner_outline = {"color": colours.background, "width": 2}
    return [square, {**_build_square(tile, HALF_TILE - 0.05), "line": inner_outline}]


def _build_square(tile: Tile, half: float) -> Spec:
    x, y = tile["col"], tile["row"]
    return {"type": "rect", "x0": x - half, "x1": x + half, "y0": y - half, "y1": y + half, "layer": "below"}


def _build_tile_label(tile: Tile, row: Row | None, fill: str, view: View, theme: str) -> Spec:
    value = MISSING_TEXT
    if row is not None:
        value = format_plain_number(row["value"], view)
        if is_other_edition(row):
            value += OTHER_EDITION_MARK
        if is_small_sample(row):
            value += "*"
    return build_annotation(
        theme,
        f"<b>{tile['label']}</b><br>{value}",
        x=tile["col"],
        y=tile["row"],
        font={"size": TICK_SIZE, "color": get_text_colour(fill)},
    )


def _build_legend(rows_by_area: Mapping[str, Row], view: View, theme: str) -> list[Spec]:
    """The meaning of the marks in the tiles."""
    rows, lang = rows_by_area.values(), view.lang
    entries = []
    if load_tile_grid()["tiles"].keys() - rows_by_area.keys():
        entries.append(f"{MISSING_TEXT} {t('no_data', lang)}")
    if any(map(is_small_sample, rows)):
        entries.append(f"* {t('small_base', lang, count=SMALL_SAMPLE_SIZE)}")
    if any(map(is_other_edition, rows)):
        entries.append(f"{OTHER_EDITION_MARK} {t('other_edition', lang)}")
    if not entries:
        return []
    position = {"x": 0.5, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "top"}
    return [build_annotation(theme, "   ".join(entries), yshift=-46, **position)]
