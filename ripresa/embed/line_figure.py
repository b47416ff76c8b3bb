"""The line chart of an embed."""

from dataclasses import dataclass
from typing import cast

from ripresa.charts import theme
from ripresa.charts.line import build_time_ticks
from ripresa.charts.line_styles import assign_styles, select_areas_to_plot
from ripresa.charts.scales import compute_ticks
from ripresa.embed.figure import RenderedFigure, count_lines
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.phrases import format_indicator_value
from ripresa.observations.rows import (
    Row,
    get_decimal_year,
    has_interval,
    is_old_vintage,
    is_provisional,
    with_values,
)
from ripresa.observations.series import build_series, rank_editions, split_segments
from ripresa.templating import render_template

PLOT_HEIGHT = 300  # pixels
TIME_LABEL_LINE_HEIGHT = 14  # pixels
MIN_TICK_DISTANCE = 11  # percent of the width between two time labels, for a narrow screen
MIN_ZERO_BASED_RATIO = 0.5  # the axis begins at zero where the lowest value is below this part of the highest
LEGEND_FONT_SIZE, LEGEND_LINE_HEIGHT, LEGEND_MARGIN = 14, 24.3, 8  # pixels; .names in embed_page.css
SAMPLE_TEXT = "xxxxx"  # about as wide as the line sample of a legend entry and the gap before it


@dataclass(frozen=True)
class _Axes:
    """Both axes of the plot, in percent of its width and height."""

    first_year: float
    years: float
    ticks: list[float]

    def get_x(self, year: float) -> float:
        return 3 + 94 * (year - self.first_year) / self.years

    def get_y(self, value: float) -> float:
        return 96 - 92 * (value - self.ticks[0]) / ((self.ticks[-1] - self.ticks[0]) or 1)


def render_lines(rows: list[Row], view: View) -> RenderedFigure:
    """Lines in the colours and dashes of the topic page, areas without a colour in grey.

    A line is interrupted where two points are not comparable.
    """
    rows = with_values(rows)
    colours = assign_styles(rows, select_areas_to_plot(view))
    dashes = {edition: f"d{i % len(theme.LINE_DASHES)}" for i, edition in enumerate(rank_editions(rows))}
    axes = _build_axes(rows)
    labels = theme.format_tick_labels(axes.ticks, view)
    time_labels = _build_time_labels(rows, axes, view)
    time_axis_height = 4 + TIME_LABEL_LINE_HEIGHT * max(len(lines) for _, lines in time_labels)
    legend = _build_area_legend(rows, colours, view)
    marker_legend = _build_marker_legend(rows, dashes, view)
    html = render_template(
        "embed/lines.html",
        height=PLOT_HEIGHT,
        ticks=[
            {"y": f"{axes.get_y(tick):.1f}", "label": label}
            for tick, label in zip(axes.ticks, labels, strict=True)
        ],
        segments=_build_segments(rows, colours, dashes, axes, view),
        time_labels=[
            {"x": f"{x:.1f}", "y": TIME_LABEL_LINE_HEIGHT * line, "text": text}
            for x, lines in time_labels
            for line, text in enumerate(lines, 1)
        ],
        time_axis_height=time_axis_height,
        legend=legend,
        marker_legend=marker_legend,
    )
    legend_texts = [f"{entry['name']} {entry['value']}" for entry in legend]
    legend_texts += [entry["text"] for entry in marker_legend]
    legend_line = "".join(f"{SAMPLE_TEXT} {text}" for text in legend_texts)
    legend_height = LEGEND_MARGIN + LEGEND_LINE_HEIGHT * count_lines(legend_line, LEGEND_FONT_SIZE)
    return RenderedFigure(html, PLOT_HEIGHT + 2 + time_axis_height + legend_height)


def _build_axes(rows: list[Row]) -> _Axes:
    """Axes for the values with their intervals; the value axis includes zero unless it is far away."""
    values: list[float] = [row["value"] for row in rows]
    for row in rows:
        if has_interval(row):
            values += [row["ci_low"], row["ci_high"]]
    low, high = min(values), max(values)
    if low < MIN_ZERO_BASED_RATIO * high:
        low = min(low, 0)
    years = [get_decimal_year(row) for row in rows]
    return _Axes(min(years), (max(years) - min(years)) or 1, compute_ticks(low, high))


def _build_segments(
    rows: list[Row], colours: dict[str, int], dashes: dict[str, str], axes: _Axes, view: View
) -> list[dict[str, object]]:
    """The uninterrupted parts of the lines with their points, coloured areas on top."""
    segments: list[dict[str, object]] = []
    for series in sorted(build_series(rows), key=lambda series: series.geo in colours):
        colour = f"l{colours[series.geo]}" if series.geo in colours else "mute"
        for segment in split_segments(series, rows, view.indicator.breaks):
            points = [_build_point(row, axes, view) for row in segment]
            segments.append({"colour": colour, "dash": dashes[series.edition], "points": points})
    return segments


def _build_point(row: Row, axes: _Axes, view: View) -> dict[str, object]:
    value = format_indicator_value(row["value"], view)
    return {
        "x": f"{axes.get_x(get_decimal_year(row)):.1f}",
        "y": f"{axes.get_y(row['value']):.1f}",
        "title": f"{row['geo_name']}, {row['period']}: {value}",
        "is_hollow": is_provisional(row) or is_old_vintage(row),
    }


def _build_time_labels(rows: list[Row], axes: _Axes, view: View) -> list[tuple[float, list[str]]]:
    """Labels of the time axis, percent of the width and lines of text, as many as fit on a narrow screen.

    The last one is always among them.
    """
    ticks = build_time_ticks(rows, view.lang)
    labels: list[tuple[float, list[str]]] = []
    years, texts = cast(list[float], ticks["tickvals"]), cast(list[str], ticks["ticktext"])
    for year, text in zip(reversed(years), reversed(texts), strict=True):
        x = axes.get_x(year)
        if 0 <= x <= 100 and (not labels or labels[-1][0] - x > MIN_TICK_DISTANCE):
            labels.append((x, text.split("<br>")))
    return labels[::-1]


def _build_area_legend(rows: list[Row], colours: dict[str, int], view: View) -> list[dict[str, object]]:
    """The coloured areas with their latest value."""
    latest = {row["geo"]: row for row in sorted(rows, key=get_decimal_year)}
    return [
        {
            "colour": colour,
            "name": latest[geo]["geo_name"],
            "value": format_indicator_value(latest[geo]["value"], view),
        }
        for geo, colour in colours.items()
    ]


def _build_marker_legend(rows: list[Row], dashes: dict[str, str], view: View) -> list[dict[str, str]]:
    """The meaning of the dashes where there are several editions, and of hollow points."""
    entries = []
    if len(dashes) > 1:
        names = {row["edition"]: row.get("edition_name") or row["edition"] for row in rows}
        entries = [{"dash": dash, "text": names[edition]} for edition, dash in dashes.items()]
    for key, applies in (("provisional", is_provisional), ("old_vintage", is_old_vintage)):
        if any(map(applies, rows)):
            entries.append({"dash": "", "text": t(key, view.lang)})
    return entries
