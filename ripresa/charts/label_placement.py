"""Names beside lines, where they cover neither one another nor what is drawn."""

from math import inf
from operator import itemgetter, mul

from ripresa.charts import theme as look
from ripresa.charts.text_width import estimate_text_width

PLOT_WIDTHS = (220, 460)  # pixels of a plot on a phone and on half a page: a name is to stand well in both
PLOT_WIDTH_WEIGHTS = (1, 3)  # of what it covers in each
HALF_LINE_HEIGHT = 7.5  # the height of a line of text
SAMPLING_STEP = 4  # between two pixels where a line is felt
CANDIDATE_POSITIONS = sorted(
    (
        (abs(rise) / 4 + 4 * (anchor != "left"), anchor, shift, rise)
        for anchor, shift in (("left", 9), ("right", -9), ("center", 0))
        for rise in (0, -4, 4, -8, 8, -12, 12, -16, 16, -22, 22, -28, 28, -36)
    ),
    key=itemgetter(0),
)  # the nearest first, with what it costs to be far

Box = tuple[float, float, float, float]  # left, right, bottom, top


def place_labels(
    points: list[tuple[float, float, str]],
    drawn: list[list[tuple[float, float]]],
    ends: list[tuple[float, float, str]],
    height: float,
) -> list[dict]:
    """Where the name of each point stands: as near as it covers least, those of higher points above those of lower ones.

    points: share of the plot's width, pixels of its height, and the name. drawn: the stretches of the lines. ends: middle, half height and name of what stands to the right of the plot."""
    felt = [_sample_line_pixels(drawn, width) for width in PLOT_WIDTHS]
    fixed = [
        [
            (width, width + estimate_text_width(text, look.TICK_SIZE), up - half, up + half)
            for up, half, text in ends
        ]
        for width in PLOT_WIDTHS
    ]
    taken: list[list[Box]] = [[] for _ in PLOT_WIDTHS]
    places: dict[int, dict] = {}
    for place, point in sorted(enumerate(points), key=lambda pair: -pair[1][1]):
        least, found = inf, None
        for far, anchor, shift, rise in CANDIDATE_POSITIONS:
            if far >= least:
                break
            boxes = [_compute_box(point, width, anchor, shift, rise) for width in PLOT_WIDTHS]
            cost = far + sum(
                map(
                    mul,
                    PLOT_WIDTH_WEIGHTS,
                    map(_compute_cost, boxes, felt, fixed, taken, PLOT_WIDTHS, [height] * len(PLOT_WIDTHS)),
                )
            )
            if cost < least:
                least, found = cost, boxes
                places[place] = {"xanchor": anchor, "xshift": shift} | ({"yshift": rise} if rise else {})
        for there, box in zip(taken, found):
            there.append(box)
    return [places[place] for place in range(len(points))]


def _compute_box(point: tuple[float, float, str], width: int, anchor: str, shift: int, rise: int) -> Box:
    x, y, text = point
    wide = estimate_text_width(text, look.TICK_SIZE)
    left = x * width + shift - {"left": 0, "right": wide, "center": wide / 2}[anchor]
    return left, left + wide, y + rise - HALF_LINE_HEIGHT, y + rise + HALF_LINE_HEIGHT


def _compute_cost(
    box: Box, felt: list, fixed: list[Box], taken: list[Box], width: int, height: float
) -> float:
    """What a name covers there: a pixel of a line counts one, another name or the figure's edge fifty."""
    left, right, bottom, top = box
    covered = sum(left <= x <= right and bottom <= y <= top for x, y in felt)
    clash = sum(
        left < other[1] and right > other[0] and bottom < other[3] and top > other[2] for other in fixed
    )
    clash += sum(
        left < other[1] and right > other[0] and top > other[2] for other in taken
    )  # nor is it above the name of a higher point
    return covered + 50 * (
        clash
        + (left < 0 or right > max([width, *(other[1] for other in fixed)]) or bottom < 0 or top > height)
    )


def _sample_line_pixels(drawn: list[list[tuple[float, float]]], width: int) -> list[tuple[float, float]]:
    """A pixel every few along each line, and the corners of its points."""
    parts = [[(x * width, y) for x, y in part] for part in drawn]
    found = [(x + dx, y + dy) for part in parts for x, y in part for dx in (-4, 4) for dy in (-4, 4)]
    for part in parts:
        for (x1, y1), (x2, y2) in zip(part, part[1:]):
            steps = int(max(abs(x2 - x1), abs(y2 - y1)) // SAMPLING_STEP) + 1
            found += [(x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps)]
    return found


def spread_labels(labels: list[list], height: float) -> list[list]:
    """Labels [centre, half height, ...] pushed apart until none covers another, kept inside the figure."""
    ordered = sorted(labels, key=lambda label: label[0])
    for _ in range(40):
        moved = False
        for a, b in zip(ordered, ordered[1:]):
            overlap = a[1] + b[1] + 1 - (b[0] - a[0])
            if overlap > 0.5:
                a[0] -= overlap / 2
                b[0] += overlap / 2
                moved = True
        for label in ordered:
            label[0] = min(max(label[0], label[1] - 6), height - label[1] + 6)
        if not moved:
            break
    return ordered
