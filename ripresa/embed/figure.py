"""Shared by the figures of an embed: the rendered result, percent scales, and marks of rows with a note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ripresa.exports.image_layout import wrap_text
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    SMALL_SAMPLE_SIZE,
    Row,
    is_old_survey,
    is_other_edition,
    is_small_sample,
)
from ripresa.templating import Markup

REFERENCE_WIDTH = 760  # pixels; width of the frame for which a height is estimated
CONTENT_WIDTH = REFERENCE_WIDTH - 4  # without the padding of the body
FONT_WIDTH_FACTOR = 1.17  # a browser's system font is up to this much wider than Arial, which is measured

# Kinds of rows that are hatched on a map and marked after a value, the first that applies; a row's CSS class.
ROW_KINDS: dict[str, Callable[[Row], bool]] = {
    "apart": is_other_edition,
    "small": is_small_sample,
    "old": is_old_survey,
}
ROW_MARKERS = {"apart": OTHER_EDITION_MARK, "small": "*", "old": "†"}


@dataclass(frozen=True)
class RenderedFigure:
    """A figure as HTML, its estimated height in pixels at REFERENCE_WIDTH, and the CSS rules it needs."""

    html: Markup
    height: float
    style: str = ""


def count_lines(text: str, font_size: float, width: float = CONTENT_WIDTH) -> int:
    """Estimated number of lines of a text wrapped to a width in pixels."""
    return len(wrap_text(text, width / FONT_WIDTH_FACTOR, font_size))


def get_row_kind(row: Row) -> str:
    """The first of ROW_KINDS that applies to a row, else ""."""
    return next((kind for kind, applies in ROW_KINDS.items() if applies(row)), "")


def get_kind_labels(view: View) -> dict[str, str]:
    """What the kinds of rows are called in a legend."""
    return {
        "apart": t("other_edition", view.lang),
        "small": t("small_base", view.lang, count=SMALL_SAMPLE_SIZE),
        "old": t("old_survey", view.lang),
    }


def get_marker(row: Row) -> str:
    """The mark after a row's value, "" for most rows."""
    return ROW_MARKERS.get(get_row_kind(row), "")


def describe_markers(rows: Sequence[Row], view: View) -> str:
    """The marks after the rows' values and their meaning, "" where there are none."""
    labels = get_kind_labels(view)
    kinds = dict.fromkeys(kind for row in rows if (kind := get_row_kind(row)))
    return "   ".join(f"{ROW_MARKERS[kind]} {labels[kind]}" for kind in kinds)


def build_percent_scale(values: Sequence[float]) -> Callable[[float], float]:
    """A function from a value to percent of the width; the scale includes zero."""
    low, high = min([0, *values]), max([0, *values])
    return lambda value: 1 + 98 * (value - low) / ((high - low) or 1)
