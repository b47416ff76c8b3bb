"""Labels of a line chart: names and values at the ends of the lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from ripresa.charts.label_placement import HALF_LINE_HEIGHT, place_labels, spread_labels
from ripresa.charts.scales import compute_contrast
from ripresa.charts.theme import LINE_DASHES, TICK_SIZE, Spec, build_annotation, get_palette, wrap_text
from ripresa.filters import View
from ripresa.narrative.phrases import format_data_label
from ripresa.observations.rows import Row, get_decimal_year, with_values
from ripresa.observations.series import Segment, Series

DASH_SYMBOLS = dict(zip(LINE_DASHES, "━╍┉┅", strict=True))  # a dash style as text
MAX_LABELS_WITH_VALUE = 4  # areas
MIN_TEXT_CONTRAST = 4.5  # WCAG 2.1, level AA


@dataclass(frozen=True, eq=False)
class Line:
    """A series with its style; lines without a label are thin and grey."""

    series: Series
    segments: list[Segment]
    colour: str
    symbol: str
    dash: str
    has_label: bool

    @property
    def first_row(self) -> Row:
        return with_values(self.series.points)[0]

    @property
    def last_row(self) -> Row:
        return with_values(self.series.points)[-1]

    @property
    def last_year(self) -> float:
        return get_decimal_year(self.last_row)


@dataclass(frozen=True)
class PlotArea:
    """The data ranges of a plot's axes and its height in pixels."""

    first_year: float
    last_year: float
    low: float
    high: float
    height: int

    def locate(self, row: Row) -> tuple[float, float]:
        """x as a share of the plot's width and y in pixels."""
        x = (get_decimal_year(row) - self.first_year) / (self.last_year - self.first_year)
        return x, (row["value"] - self.low) / (self.high - self.low) * self.height


def build_end_labels(
    labelled_lines: Sequence[Line], lines: Sequence[Line], plot: PlotArea, view: View, theme: str
) -> list[Spec]:
    """Annotations with the names of the labelled lines, placed so that they do not overlap.

    Lines that end last have their label to the right of the plot, the others next to their last point.
    """
    ends = _select_ends(labelled_lines)
    last_year = max((line.last_year for line in ends), default=0)
    margin_lines = [line for line in ends if line.last_year == last_year]
    inner_lines = [line for line in ends if line.last_year != last_year]
    margin_texts = [
        "<br>".join([wrap_text(_format_name(line, ends), 13, 4), *_format_values(line, ends, view)])
        for line in margin_lines
    ]
    inner_texts = [
        " ".join([_format_name(line, ends), *_format_values(line, ends, view)]) for line in inner_lines
    ]
    heights = [plot.locate(line.last_row)[1] for line in margin_lines]
    half_heights = [HALF_LINE_HEIGHT * (text.count("<br>") + 1) for text in margin_texts]
    centres = spread_labels(list(zip(heights, half_heights, strict=True)), plot.height)
    positions = place_labels(
        [(*plot.locate(line.last_row), text) for line, text in zip(inner_lines, inner_texts, strict=True)],
        [list(map(plot.locate, segment)) for line in lines for segment in line.segments],
        list(zip(centres, half_heights, margin_texts, strict=True)),
        plot.height,
    )
    return [
        _build_label(line, text, theme, x=line.last_year, borderpad=0, **position)
        for line, text, position in zip(inner_lines, inner_texts, positions, strict=True)
    ] + [
        _build_label(line, text, theme, x=1, xref="paper", yshift=round(centre - height))
        for line, text, centre, height in zip(margin_lines, margin_texts, centres, heights, strict=True)
    ]


def _select_ends(lines: Sequence[Line]) -> list[Line]:
    """The lines to label: the newest edition of each area and those that overlap it in time."""
    newest: dict[str, Line] = {}
    for line in lines:
        current = newest.setdefault(line.series.geo, line)
        if line.last_year > current.last_year:
            newest[line.series.geo] = line
    return [line for line in lines if line.last_year >= get_decimal_year(newest[line.series.geo].first_row)]


def _format_name(line: Line, ends: Sequence[Line]) -> str:
    """The name of an area, with the dash of the line and its edition where several lines have that name."""
    name: str = line.last_row["geo_name"]
    same_area = [end for end in ends if end.series.geo == line.series.geo]
    if len(same_area) > 1:
        name = f"{DASH_SYMBOLS[line.dash]} {name}"
    if [end.last_year for end in same_area].count(line.last_year) > 1:
        name += f", {line.last_row.get('edition_name') or line.series.edition}"
    return name


def _format_values(line: Line, ends: Sequence[Line], view: View) -> list[str]:
    """The last value, if there are few labels."""
    if len({end.series.geo for end in ends}) > MAX_LABELS_WITH_VALUE:
        return []
    return [f"<b>{format_data_label(line.last_row['value'], view)}</b>"]


def _build_label(line: Line, text: str, theme: str, **position: object) -> Spec:
    base: Spec = {
        "y": line.last_row["value"],
        "align": "left",
        "xanchor": "left",
        "yanchor": "middle",
        "xshift": 9,
        "font": {"size": TICK_SIZE, "color": _get_label_colour(line.colour, theme)},
    }
    return build_annotation(theme, text, **base | position)


def _get_label_colour(colour: str, theme: str) -> str:
    """The colour of the line if text in it has enough contrast, else the colour of text."""
    palette = get_palette(theme)
    has_contrast = compute_contrast(colour, palette.background) >= MIN_TEXT_CONTRAST
    return colour if has_contrast else palette.text
