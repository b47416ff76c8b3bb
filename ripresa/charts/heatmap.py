"""Sectors of one area as bars, and areas by sectors as a table in colour."""

from dataclasses import dataclass

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import (
    SECOND_AXIS_TRACE,
    build_axes,
    build_bar_traces,
    build_dot_trace,
    get_value_extent,
)
from ripresa.charts.choropleth import build_colorbar
from ripresa.charts.scales import build_threshold_scale, get_text_colour
from ripresa.filters import View
from ripresa.i18n import format_number, t
from ripresa.narrative.figure_text import FigureText, build_figure_text, build_hover_text
from ripresa.narrative.phrases import format_data_label
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    flag_other_editions,
    format_edition_mark,
    get_highlighted_areas,
    has_interval,
    is_other_edition,
    is_small_sample,
    to_records,
    with_values,
)

ROW_HEIGHT, BOTTOM_MARGIN = 34, 30
CELL_HEIGHT, COLORBAR_HEIGHT = 26, 44
MAX_WIDE_COLUMNS = 8  # beyond as many columns names stand upright and the cells hold whole numbers


def build_sector_bar_chart(rows, view: View, theme: str = "light") -> go.Figure:
    """One bar a sector of one area, the total on top, then highest first, those of another edition last. rows: sector, sector_name, value; sector_kind, if given, keeps to
    NACE sections where the source has them, so that a sector and its parts are not set side by side."""
    colours = look.get_palette(theme)
    records = flag_other_editions(select_sector_level(to_records(rows, view.lang)))
    known = with_values(records)
    figure_text = build_figure_text(records, view, "sectors")
    if not known:
        return look.build_empty_figure(view, theme, figure_text)
    ordered = sorted(known, key=lambda row: (row["sector"] != "all", is_other_edition(row), -row["value"]))
    drawn, low_high = list(enumerate(ordered)), get_value_extent(known)
    paint = {row["sector"]: _get_colour(row, view, colours) for row in ordered}
    traces = (
        [build_dot_trace(drawn, paint, view, colours, "sector")]
        if any(map(has_interval, known))
        else build_bar_traces(drawn, paint, "sector", view, colours)
    )
    return look.build_figure(
        [*traces, SECOND_AXIS_TRACE],
        look.build_layout(
            theme,
            view.lang,
            ROW_HEIGHT * len(ordered) + BOTTOM_MARGIN + 8,
            figure_text=figure_text,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": 8, "b": BOTTOM_MARGIN, "pad": 4},
            **build_axes(
                [_format_label(row, view) for row in ordered],
                [format_data_label(row["value"], view) for row in ordered],
                *low_high,
                theme,
                view,
            ),
        ),
    )


def build_heatmap(rows, view: View, theme: str = "light") -> go.Figure:
    """Areas by sectors, the figure in each cell. rows: geo, geo_name, sector, sector_name, value; order as given, the chosen areas first.

    Sectors that few areas have are left to the table.
    """
    colours = look.get_palette(theme)
    grid = build_heatmap_grid(to_records(rows, view.lang), view)
    if not grid.cells:
        return look.build_empty_figure(view, theme, grid.text)
    places, across, values, decimals, many = (
        list(grid.areas),
        list(grid.sectors),
        grid.cells,
        grid.decimals,
        len(grid.sectors) > MAX_WIDE_COLUMNS,
    )
    scale = build_threshold_scale(grid.values, view.indicator.unit, decimals, colours)
    shade = {
        "type": "heatmap",
        "x": list(range(len(across))),
        "y": list(range(len(places))),
        "z": [[scale.get_class_index(row["value"]) if row else None for row in line] for line in values],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "colorscale": scale.to_colorscale(),
        "xgap": 2,
        "ygap": 2,
        "hoverongaps": False,
        "hovertext": [
            [
                build_hover_text(row, view, f"{row['geo_name']}, {row['sector_name']}") if row else ""
                for row in line
            ]
            for line in values
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorbar": build_colorbar(scale, view, theme, len=240),
    }
    points = [(x, y, row) for y, line in enumerate(values) for x, row in enumerate(line)]
    inks: dict[str, list] = {}
    for x, y, row in points:
        inks.setdefault(
            get_text_colour(scale.get_colour(row["value"])) if row else colours.secondary_text, []
        ).append((x, y, format_cell(row, decimals, view)))
    text = [
        {
            "type": "scatter",
            "mode": "text",
            "x": [x for x, _, _ in written],
            "y": [y for _, y, _ in written],
            "text": [text for *_, text in written],
            "hoverinfo": "skip",
            "showlegend": False,
            "textfont": {"size": look.SMALL_SIZE, "color": ink},
            "selected": {"textfont": {"color": ink}},
            "unselected": {"textfont": {"color": ink}},
        }
        for ink, written in inks.items()
    ]
    head = 160 if many else 62
    labels = [
        _truncate(grid.sectors[sector], 26) if many else look.wrap_text(grid.sectors[sector], 12, 3)
        for sector in across
    ]
    if not many and len(across) > 3:
        labels = [
            label + "<br> " * (i % 2 == 0) for i, label in enumerate(labels)
        ]  # every other name a line higher: they do not touch on a phone
    return look.build_figure(
        [shade, *text],
        look.build_layout(
            theme,
            view.lang,
            head + CELL_HEIGHT * len(places) + COLORBAR_HEIGHT,
            figure_text=grid.text,
            margin={"l": 8, "r": 8, "t": head, "b": COLORBAR_HEIGHT, "pad": 4},
            xaxis=look.build_axis(
                theme,
                side="top",
                tickvals=list(range(len(across))),
                showgrid=False,
                tickangle=-90 if many else 0,
                range=[-0.5, len(across) - 0.5],
                automargin=False,
                ticktext=labels,
                tickfont={"size": look.SMALL_SIZE, "color": colours.text},
            ),
            yaxis=look.build_axis(
                theme,
                range=[len(places) - 0.5, -0.5],
                tickvals=list(range(len(places))),
                showgrid=False,
                tickfont={"size": look.SMALL_SIZE, "color": colours.text},
                ticktext=[
                    f"<b>{_wrap_area_name(grid.areas[geo])}</b>"
                    if geo in get_highlighted_areas(view)
                    else _wrap_area_name(grid.areas[geo])
                    for geo in places
                ],
            ),
        ),
    )


@dataclass(frozen=True)
class HeatmapGrid:
    """Areas by sectors: their names by code, the rows of each line (None where there is none), the decimals there is room for, and the words."""

    areas: dict[str, str]
    sectors: dict[str, str]
    cells: list[list[dict | None]]
    decimals: int
    text: FigureText

    @property
    def values(self) -> list[float]:
        """Every figure in it."""
        return [row["value"] for line in self.cells for row in line if row]


def build_heatmap_grid(records: list[dict], view: View) -> HeatmapGrid:
    """The rows as areas, the chosen first, by sectors that enough areas have."""
    records = flag_other_editions(_select_common_sectors(select_sector_level(records)))
    cells = {(row["geo"], row["sector"]): row for row in with_values(records)}
    names = {row["geo"]: row["geo_name"] for row in records}
    areas_, across = (
        {geo: names[geo] for geo in sorted(names, key=lambda geo: geo not in get_highlighted_areas(view))},
        {row["sector"]: row["sector_name"] for row in records},
    )
    decimals = (
        0 if len(across) > MAX_WIDE_COLUMNS else view.indicator.decimals
    )  # of what is printed, which decides the colour
    notes = [t("note_rounded", view.lang)] if decimals < view.indicator.decimals else []
    return HeatmapGrid(
        areas_,
        across,
        [[cells.get((geo, sector)) for sector in across] for geo in areas_] if cells else [],
        decimals,
        build_figure_text(records, view, "heat", notes),
    )


def select_sector_level(found: list[dict]) -> list[dict]:
    """The total and the NACE sections where there are at least three sections, else every row: a whole beside its parts would be counted twice."""
    sections = {row["sector"] for row in found if row.get("sector_kind") == "section"}
    return (
        [row for row in found if row["sector"] in sections or row["sector"] == "all"]
        if len(sections) >= 3
        else found
    )


def _select_common_sectors(found: list[dict]) -> list[dict]:
    """The sectors that at least half as many areas have as the most common one."""
    counts: dict[str, int] = {}
    for row in with_values(found):
        counts[row["sector"]] = counts.get(row["sector"], 0) + 1
    most = max(counts.values(), default=0)
    return [row for row in found if counts.get(row["sector"], 0) * 2 >= most]


def format_cell(row: dict | None, decimals: int, view: View) -> str:
    """The figure of a cell."""
    return (
        format_number(
            row["value"], view.lang, decimals, signed=view.indicator.unit in ("points", "percent_change")
        )
        + OTHER_EDITION_MARK * is_other_edition(row)
        if row
        else "–"
    )


def _truncate(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _wrap_area_name(name: str) -> str:
    return look.wrap_text(areas.NARROW_NAMES.get(name, name), 18, 2)


def _format_label(row: dict, view: View) -> str:
    text = (
        look.wrap_text(row["sector_name"], 22, 2)
        + format_edition_mark(row)
        + (" *" if is_small_sample(row) else "")
    )
    return f"<b>{text}</b>" if row["sector"] in ("all", view.sector) else text


def _get_colour(row: dict, view: View, colours) -> str:
    if row["sector"] == "all":
        return colours.border
    return colours.qualitative[0] if row["sector"] == view.sector else colours.bar
