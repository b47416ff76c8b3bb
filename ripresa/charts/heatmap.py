"""Sectors of one area as bars, and areas by sectors as a table in colour."""

from dataclasses import dataclass

import plotly.graph_objects as go

from ripresa.charts import theme as look
from ripresa.charts.bar import COLUMN, axes, dots, reach, solid
from ripresa.charts.choropleth import colorbar
from ripresa.charts.scales import classes, text_on
from ripresa.filters import View
from ripresa.i18n import number, t
from ripresa.narrative.figure_text import frame, hover
from ripresa.narrative.phrases import compact
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    APART,
    focus,
    has_interval,
    is_apart,
    is_small,
    records,
    set_apart,
    sign,
    valued,
)

ROW, FOOT = 34, 30
CELL, BAR_FOOT = 26, 44
MANY = 8  # beyond as many columns names stand upright and the cells hold whole numbers


def bars(rows, view: View, theme: str = "light") -> go.Figure:
    """One bar a sector of one area, the total on top, then highest first, those of another edition last. rows: sector, sector_name, value; sector_kind, if given, keeps to
    NACE sections where the source has them, so that a sector and its parts are not set side by side."""
    colours = look.palette(theme)
    found = set_apart(one_level(records(rows, view.lang)))
    known = valued(found)
    meta = frame(found, view, "sectors")
    if not known:
        return look.empty(view, theme, meta)
    ordered = sorted(known, key=lambda row: (row["sector"] != "all", is_apart(row), -row["value"]))
    drawn, low_high = list(enumerate(ordered)), reach(known)
    paint = {row["sector"]: _colour(row, view, colours) for row in ordered}
    traces = (
        [dots(drawn, paint, view, colours, "sector")]
        if any(map(has_interval, known))
        else solid(drawn, paint, "sector", view, colours)
    )
    return look.figure(
        [*traces, COLUMN],
        look.layout(
            theme,
            view.lang,
            ROW * len(ordered) + FOOT + 8,
            meta=meta,
            barmode="overlay",
            margin={"l": 8, "r": 8, "t": 8, "b": FOOT, "pad": 4},
            **axes(
                [_label(row, view) for row in ordered],
                [compact(row["value"], view) for row in ordered],
                *low_high,
                theme,
                view,
            ),
        ),
    )


def heat(rows, view: View, theme: str = "light") -> go.Figure:
    """Areas by sectors, the figure in each cell. rows: geo, geo_name, sector, sector_name, value; order as given, the chosen areas first.

    Sectors that few areas have are left to the table.
    """
    colours = look.palette(theme)
    grid = crossed(records(rows, view.lang), view)
    if not grid.lines:
        return look.empty(view, theme, grid.words)
    places, across, values, decimals, many = (
        list(grid.areas),
        list(grid.sectors),
        grid.lines,
        grid.decimals,
        len(grid.sectors) > MANY,
    )
    scale = classes(grid.values, view.indicator.unit, decimals, colours)
    shade = {
        "type": "heatmap",
        "x": list(range(len(across))),
        "y": list(range(len(places))),
        "z": [[scale.index(row["value"]) if row else None for row in line] for line in values],
        "zmin": -0.5,
        "zmax": len(scale.colours) - 0.5,
        "colorscale": scale.colorscale(),
        "xgap": 2,
        "ygap": 2,
        "hoverongaps": False,
        "hovertext": [
            [hover(row, view, f"{row['geo_name']}, {row['sector_name']}") if row else "" for row in line]
            for line in values
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "colorbar": colorbar(scale, view, theme, len=240),
    }
    points = [(x, y, row) for y, line in enumerate(values) for x, row in enumerate(line)]
    inks: dict[str, list] = {}
    for x, y, row in points:
        inks.setdefault(text_on(scale.colour(row["value"])) if row else colours.soft, []).append(
            (x, y, cell(row, decimals, view))
        )
    text = [
        {
            "type": "scatter",
            "mode": "text",
            "x": [x for x, _, _ in written],
            "y": [y for _, y, _ in written],
            "text": [text for *_, text in written],
            "hoverinfo": "skip",
            "showlegend": False,
            "textfont": {"size": look.SMALL, "color": ink},
            "selected": {"textfont": {"color": ink}},
            "unselected": {"textfont": {"color": ink}},
        }
        for ink, written in inks.items()
    ]
    head = 160 if many else 62
    labels = [
        _clipped(grid.sectors[sector], 26) if many else look.wrap(grid.sectors[sector], 12, 3)
        for sector in across
    ]
    if not many and len(across) > 3:
        labels = [
            label + "<br> " * (i % 2 == 0) for i, label in enumerate(labels)
        ]  # every other name a line higher: they do not touch on a phone
    return look.figure(
        [shade, *text],
        look.layout(
            theme,
            view.lang,
            head + CELL * len(places) + BAR_FOOT,
            meta=grid.words,
            margin={"l": 8, "r": 8, "t": head, "b": BAR_FOOT, "pad": 4},
            xaxis=look.axis(
                theme,
                side="top",
                tickvals=list(range(len(across))),
                showgrid=False,
                tickangle=-90 if many else 0,
                range=[-0.5, len(across) - 0.5],
                automargin=False,
                ticktext=labels,
                tickfont={"size": look.SMALL, "color": colours.ink},
            ),
            yaxis=look.axis(
                theme,
                range=[len(places) - 0.5, -0.5],
                tickvals=list(range(len(places))),
                showgrid=False,
                tickfont={"size": look.SMALL, "color": colours.ink},
                ticktext=[
                    f"<b>{_area(grid.areas[geo])}</b>" if geo in focus(view) else _area(grid.areas[geo])
                    for geo in places
                ],
            ),
        ),
    )


@dataclass(frozen=True)
class Grid:
    """Areas by sectors: their names by code, the rows of each line (None where there is none), the decimals there is room for, and the words."""

    areas: dict[str, str]
    sectors: dict[str, str]
    lines: list[list[dict | None]]
    decimals: int
    words: dict

    @property
    def values(self) -> list[float]:
        """Every figure in it."""
        return [row["value"] for line in self.lines for row in line if row]


def crossed(found: list[dict], view: View) -> Grid:
    """The rows as areas, the chosen first, by sectors that enough areas have."""
    found = set_apart(_shared(one_level(found)))
    cells = {(row["geo"], row["sector"]): row for row in valued(found)}
    names = {row["geo"]: row["geo_name"] for row in found}
    areas_, across = (
        {geo: names[geo] for geo in sorted(names, key=lambda geo: geo not in focus(view))},
        {row["sector"]: row["sector_name"] for row in found},
    )
    decimals = (
        0 if len(across) > MANY else view.indicator.decimals
    )  # of what is printed, which decides the colour
    notes = [t("note_rounded", view.lang)] if decimals < view.indicator.decimals else []
    return Grid(
        areas_,
        across,
        [[cells.get((geo, sector)) for sector in across] for geo in areas_] if cells else [],
        decimals,
        frame(found, view, "heat", notes=notes),
    )


def one_level(found: list[dict]) -> list[dict]:
    """The total and the NACE sections where there are at least three sections, else every row: a whole beside its parts would be counted twice."""
    sections = {row["sector"] for row in found if row.get("sector_kind") == "section"}
    return (
        [row for row in found if row["sector"] in sections or row["sector"] == "all"]
        if len(sections) >= 3
        else found
    )


def _shared(found: list[dict]) -> list[dict]:
    """The sectors that at least half as many areas have as the most common one."""
    counts: dict[str, int] = {}
    for row in valued(found):
        counts[row["sector"]] = counts.get(row["sector"], 0) + 1
    most = max(counts.values(), default=0)
    return [row for row in found if counts.get(row["sector"], 0) * 2 >= most]


def cell(row: dict | None, decimals: int, view: View) -> str:
    """The figure of a cell."""
    return (
        number(row["value"], view.lang, decimals, signed=view.indicator.unit in ("points", "percent_change"))
        + APART * is_apart(row)
        if row
        else "–"
    )


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(" ,") + "…"


def _area(name: str) -> str:
    return look.wrap(areas.NARROW.get(name, name), 18, 2)


def _label(row: dict, view: View) -> str:
    text = look.wrap(row["sector_name"], 22, 2) + sign(row) + (" *" if is_small(row) else "")
    return f"<b>{text}</b>" if row["sector"] in ("all", view.sector) else text


def _colour(row: dict, view: View, colours) -> str:
    if row["sector"] == "all":
        return colours.border
    return colours.qualitative[0] if row["sector"] == view.sector else colours.bar
