"""Placement of labels next to lines so that they overlap neither each other nor the lines."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from operator import itemgetter

from ripresa.charts.text_width import estimate_text_width
from ripresa.charts.theme import TICK_SIZE, Spec

# Pixels, on a phone and on half a page: one position must suit both; overlaps have these weights.
PLOT_WIDTHS = (220, 460)
PLOT_WIDTH_WEIGHTS = (1, 3)
HALF_LINE_HEIGHT = 7.5  # of a line of text
SAMPLING_STEP = 4  # between two sampled pixels of a line
POINT_RADIUS = 4
OVERLAP_COST = 50  # of another label or the edge of the figure; a pixel of a line costs 1
MAX_SPREAD_STEPS = 40
CANDIDATE_POSITIONS = sorted(  # (cost of the distance, anchor, x shift, y shift), the nearest first
    (
        (abs(rise) / 4 + (0 if anchor == "left" else 4), anchor, shift, rise)
        for anchor, shift in (("left", 9), ("right", -9), ("center", 0))
        for rise in (0, -4, 4, -8, 8, -12, 12, -16, 16, -22, 22, -28, 28, -36)
    ),
    key=itemgetter(0),
)

Box = tuple[float, float, float, float]  # left, right, bottom, top
Pixel = tuple[float, float]
Label = tuple[float, float, str]  # x as a share of the plot's width, y in pixels, text


class _Canvas:
    """A plot of one width: what covers its pixels."""

    def __init__(
        self, width: int, height: float, lines: Sequence[Sequence[Pixel]], margin_labels: Sequence[Label]
    ) -> None:
        self._width, self._height = width, height
        self._line_pixels = _sample_line_pixels(lines, width)
        self._margin_boxes = [
            (width, width + estimate_text_width(text, TICK_SIZE), y - half_height, y + half_height)
            for y, half_height, text in margin_labels
        ]
        self._right_edge = max([width, *(box[1] for box in self._margin_boxes)])
        self._boxes: list[Box] = []

    def compute_box(self, label: Label, anchor: str, shift: int, rise: int) -> Box:
        return _compute_box(label, self._width, anchor, shift, rise)

    def add(self, box: Box) -> None:
        """Occupies the space of a label."""
        self._boxes.append(box)

    def compute_cost(self, box: Box) -> float:
        """The cost of the overlaps of a label at this place."""
        left, right, bottom, top = box
        line_pixels = sum(left <= x <= right and bottom <= y <= top for x, y in self._line_pixels)
        overlaps = sum(
            left < other[1] and right > other[0] and bottom < other[3] and top > other[2]
            for other in self._margin_boxes
        )
        # Labels of higher points come first, so a label must also not be above an earlier one.
        overlaps += sum(left < other[1] and right > other[0] and top > other[2] for other in self._boxes)
        overlaps += left < 0 or right > self._right_edge or bottom < 0 or top > self._height
        return line_pixels + OVERLAP_COST * overlaps


def place_labels(
    labels: Sequence[Label],
    lines: Sequence[Sequence[Pixel]],
    margin_labels: Sequence[Label],
    height: float,
) -> list[Spec]:
    """The nearest position with the least overlap for each label, in the vertical order of their points.

    lines: points with x as a share of the plot's width and y in pixels. margin_labels: centre, half height
    and text of the labels to the right of the plot. Returns xanchor, xshift and yshift for each label.
    """
    canvases = [_Canvas(width, height, lines, margin_labels) for width in PLOT_WIDTHS]
    positions: dict[int, Spec] = {}
    for i, label in sorted(enumerate(labels), key=lambda item: -item[1][1]):
        least_cost, best_boxes = inf, [(0.0, 0.0, 0.0, 0.0)] * len(canvases)
        for distance_cost, anchor, shift, rise in CANDIDATE_POSITIONS:
            if distance_cost >= least_cost:
                break
            boxes = [canvas.compute_box(label, anchor, shift, rise) for canvas in canvases]
            cost = distance_cost + sum(
                weight * canvas.compute_cost(box)
                for weight, canvas, box in zip(PLOT_WIDTH_WEIGHTS, canvases, boxes, strict=True)
            )
            if cost < least_cost:
                least_cost, best_boxes = cost, boxes
                positions[i] = {"xanchor": anchor, "xshift": shift} | ({"yshift": rise} if rise else {})
        for canvas, box in zip(canvases, best_boxes, strict=True):
            canvas.add(box)
    return [positions[i] for i in range(len(labels))]


def _compute_box(label: Label, width: int, anchor: str, shift: int, rise: int) -> Box:
    x, y, text = label
    text_width = estimate_text_width(text, TICK_SIZE)
    left = x * width + shift - {"left": 0, "right": text_width, "center": text_width / 2}[anchor]
    return left, left + text_width, y + rise - HALF_LINE_HEIGHT, y + rise + HALF_LINE_HEIGHT


def _sample_line_pixels(lines: Sequence[Sequence[Pixel]], width: int) -> list[Pixel]:
    """Pixels at regular distances along the lines, and the corners of their points."""
    offsets = (-POINT_RADIUS, POINT_RADIUS)
    pixels: list[Pixel] = []
    for line in lines:
        points = [(x * width, y) for x, y in line]
        pixels += [(x + dx, y + dy) for x, y in points for dx in offsets for dy in offsets]
        for (x1, y1), (x2, y2) in pairwise(points):
            steps = int(max(abs(x2 - x1), abs(y2 - y1)) // SAMPLING_STEP) + 1
            pixels += [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps)]
    return pixels


def spread_labels(labels: Sequence[tuple[float, float]], height: float) -> list[float]:
    """Moves labels (centre, half height) apart until none overlaps; their new centres in the same order.

    Labels may exceed the height of the plot by 6 pixels.
    """
    centres = [centre for centre, _ in labels]
    half_heights = [half_height for _, half_height in labels]
    order = sorted(range(len(labels)), key=centres.__getitem__)
    for _ in range(MAX_SPREAD_STEPS):
        is_settled = True
        for lower, upper in pairwise(order):
            distance = half_heights[lower] + half_heights[upper] + 1
            overlap = distance - (centres[upper] - centres[lower])
            if overlap > 0.5:
                centres[lower] -= overlap / 2
                centres[upper] += overlap / 2
                is_settled = False
        for i in order:
            centres[i] = min(max(centres[i], half_heights[i] - 6), height - half_heights[i] + 6)
        if is_settled:
            break
    return centres
