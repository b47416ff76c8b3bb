"""Heatmaps: areas by sectors, with the value in each cell."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from ripresa.charts.choropleth import build_colorbar
from ripresa.charts.scales import ThresholdScale, build_threshold_scale, get_text_colour
from ripresa.charts.theme import (
    SMALL_SIZE,
    Palette,
    Spec,
    build_axis,
    build_empty_figure,
    build_figure,
    build_layout,
    get_palette,
    wrap_text,
)
from ripresa.charts.traces import build_text_traces
from ripresa.filters import View
from ripresa.i18n import MISSING_TEXT, t
from ripresa.narrative.figure_text import FigureText, build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_plain_number
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    Row,
    flag_other_editions,
    get_highlighted_areas,
    is_other_edition,
    to_records,
    with_values,
)

CELL_HEIGHT, COLORBAR_HEIGHT = 26, 44  # pixels
NARROW_HEADER_HEIGHT, WIDE_HEADER_HEIGHT = 160, 62
MAX_WIDE_COLUMNS = 8  # with more columns, their names are vertical and the cells have no decimals
MAX_COLUMNS_ON_ONE_LINE = 3  # with more, every other column name is one line higher
MIN_SECTIONS = 3


@dataclass(frozen=True)
class HeatmapGrid:
    """Areas by sectors: names by code, a list of rows for each area (None in an empty cell) and the text."""

    areas: dict[str, str]
    sectors: dict[str, str]
    cells: list[list[Row | None]]
    decimals: int
    text: FigureText

    @property
    def values(self) -> list[float]:
        """All values."""
        return [row["value"] for line in self.cells for row in line if row]

    @property
    def is_narrow(self) -> bool:
        """Whether the columns are narrow."""
        return len(self.sectors) > MAX_WIDE_COLUMNS


def build_heatmap(rows: pd.DataFrame | list[Row], view: View, theme: str = "light") -> go.Figure:
    """Areas by sectors in the order of the rows, highlighted areas first; sectors of few areas are left out.

    rows: geo, geo_name, sector, sector_name, value.
    """
    colours = get_palette(theme)
    grid = build_heatmap_grid(to_records(rows, view.lang), view)
    if not grid.cells:
        return build_empty_figure(view, theme, grid.text)
    scale = build_threshold_scale(grid.values, view.indicator.unit, grid.decimals, colours)
    header_height = NARROW_HEADER_HEIGHT if grid.is_narrow else WIDE_HEADER_HEIGHT
    font = {"size": SMALL_SIZE, "color": colours.text}
    return build_figure(
        [
            _build_colour_trace(grid, scale, view, theme),
            *_build_cell_texts(grid, scale, view, colours),
        ],
        build_layout(
            theme,
            view.lang,
            header_height + CELL_HEIGHT * len(grid.areas) + COLORBAR_HEIGHT,
            figure_text=grid.text,
            margin={"l": 8, "r": 8, "t": header_height, "b": COLORBAR_HEIGHT, "pad": 4},
            xaxis=build_axis(
                theme,
                side="top",
                tickvals=list(range(len(grid.sectors))),
                showgrid=False,
                tickangle=-90 if grid.is_narrow else 0,
                range=[-0.5, len(grid.sectors) - 0.5],
                automargin=False,
                ticktext=_format_sector_names(grid),
                tickfont=font,
            ),
            yaxis=build_axis(
                theme,
                range=[len(grid.areas) - 0.5, -0.5],
                tickvals=list(range(len(grid.areas))),
                showgrid=False,
                tickfont=font,
                ticktext=[_format_area_name(geo, name, view) for geo, name in grid.areas.items()],
            ),
        ),
    )


def build_heatmap_grid(rows: list[Row], view: View) -> HeatmapGrid:
    """The rows as a grid: highlighted areas first, and the sectors that enough areas have."""
    rows = flag_other_editions(_select_common_sectors(select_sector_level(rows)))
    cells = {(row["geo"], row["sector"]): row for row in with_values(rows)}
    names = {row["geo"]: row["geo_name"] for row in rows}
    areas = {geo: names[geo] for geo in sorted(names, key=lambda geo: geo not in get_highlighted_areas(view))}
    sectors = {row["sector"]: row["sector_name"] for row in rows}
    decimals = 0 if len(sectors) > MAX_WIDE_COLUMNS else view.indicator.decimals
    notes = [t("note_rounded", view.lang)] if decimals < view.indicator.decimals else []
    return HeatmapGrid(
        areas,
        sectors,
        [[cells.get((geo, sector)) for sector in sectors] for geo in areas] if cells else [],
        decimals,
        build_figure_text(rows, view, "heat", notes),
    )


def select_sector_level(rows: list[Row]) -> list[Row]:
    """The total and the NACE sections if there are enough sections, else all rows.

    A sector and its parts would count twice.
    """
    sections = {row["sector"] for row in rows if row.get("sector_kind") == "section"}
    if len(sections) < MIN_SECTIONS:
        return rows
    return [row for row in rows if row["sector"] in sections or row["sector"] == "all"]


def _select_common_sectors(rows: list[Row]) -> list[Row]:
    """The sectors that at least half as many areas have as the most common one."""
    counts = Counter(row["sector"] for row in with_values(rows))
    highest = max(counts.values(), default=0)
    return [row for row in rows if counts[row["sector"]] * 2 >= highest]


def format_cell(row: Row | None, decimals: int, view: View) -> str:
    """The text of a cell."""
    if row is None:
        return MISSING_TEXT
    text = format_plain_number(row["value"], view, decimals)
    return text + OTHER_EDITION_MARK if is_other_edition(row) else text


def _build_colour_trace(grid: HeatmapGrid, scale: ThresholdScale, view: View, theme: str) -> Spec:
    return {
        "type": "heatmap",
        "x": list(range(len(grid.sectors))),
        "y": list(range(len(grid.areas))),
        "z": [[scale.get_class_index(row["value"]) if row else None for row in line] for line in grid.cells],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "colorscale": scale.to_colorscale(),
        "xgap": 2,
        "ygap": 2,
        "hoverongaps": False,
        "hovertext": [[_build_hover_text(row, view) for row in line] for line in grid.cells],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorbar": build_colorbar(scale, view, theme, len=240),
    }


def _build_hover_text(row: Row | None, view: View) -> str:
    return build_hover_text(row, view, f"{row['geo_name']}, {row['sector_name']}") if row else ""


def _build_cell_texts(grid: HeatmapGrid, scale: ThresholdScale, view: View, colours: Palette) -> list[Spec]:
    labels = [
        (
            x,
            y,
            format_cell(row, grid.decimals, view),
            get_text_colour(scale.get_colour(row["value"])) if row else colours.secondary_text,
        )
        for y, line in enumerate(grid.cells)
        for x, row in enumerate(line)
    ]
    return build_text_traces(labels, {"type": "scatter"}, SMALL_SIZE)


def _format_sector_names(grid: HeatmapGrid) -> list[str]:
    """The names of the columns; every other one is a line higher, so that they do not overlap on a phone."""
    if grid.is_narrow:
        return [_truncate(name, 26) for name in grid.sectors.values()]
    names = [wrap_text(name, 12, 3) for name in grid.sectors.values()]
    if len(names) > MAX_COLUMNS_ON_ONE_LINE:
        names[::2] = [name + "<br> " for name in names[::2]]
    return names


def _truncate(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip(" ,") + "…"


def _format_area_name(geo: str, name: str, view: View) -> str:
    text = wrap_text(boundaries.NARROW_NAMES.get(name, name), 18, 2)
    return f"<b>{text}</b>" if geo in get_highlighted_areas(view) else text
