"""The choropleth map of an embed with its legend."""

from collections.abc import Sequence

from ripresa.charts import theme
from ripresa.charts.scales import ThresholdScale, build_threshold_scale
from ripresa.embed.figure import CONTENT_WIDTH, RenderedFigure, get_kind_labels, get_row_kind
from ripresa.embed.map_outlines import get_map_outlines
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.phrases import format_indicator_value, format_plain_number
from ripresa.observations import boundaries
from ripresa.observations.rows import (
    Row,
    flag_other_editions,
    is_old_survey,
    is_other_edition,
    is_small_sample,
    with_values,
)
from ripresa.templating import render_template

HATCH_ANGLES = {"apart": 90, "small": 45, "old": -45}
MAX_MAP_HEIGHT = 500  # of .map in embed_page.css
KEY_HEIGHT, KEY_NOTES_HEIGHT = 38, 17.4  # pixels of the legend: the classes, and the line of notes below


def get_rows_on_map(rows: list[Row], view: View) -> dict[str, Row]:
    """The rows that the map of the level has an area for, by code."""
    return {
        row["geo"]: row
        for row in flag_other_editions(with_values(rows))
        if row["geo"] in boundaries.load_map_areas(view.level)
    }


def render_choropleth(rows: list[Row], view: View, alt: str, values: Sequence[float]) -> RenderedFigure:
    """A map whose classes are those of `values`, with its legend."""
    mapped = get_rows_on_map(rows, view)
    scale = build_threshold_scale(
        values, view.indicator.unit, view.indicator.decimals, theme.get_palette("light")
    )
    outlines = get_map_outlines(view.level)
    notes = _build_legend_notes(mapped, view)
    html = render_template(
        "embed/map.html",
        level=view.level,
        outlines=outlines,
        alt=alt,
        hatch_angles=HATCH_ANGLES,
        shapes=[
            _build_shape(code, outlines.paths[code], mapped.get(code), scale, view)
            for code in sorted(outlines.paths, key=lambda code: code in view.geo)
        ],
        labels=_build_labels(mapped, scale, view) if view.level == "italy" else [],
        classes=build_class_legend(scale, view),
        notes=notes,
    )
    height = min(MAX_MAP_HEIGHT, CONTENT_WIDTH * outlines.height / outlines.width) + KEY_HEIGHT
    return RenderedFigure(html, height + KEY_NOTES_HEIGHT if notes else height)


def _build_shape(
    code: str, path: str, row: Row | None, scale: ThresholdScale, view: View
) -> dict[str, object]:
    """An area of the map: its path, CSS class, hatch and the text of its tooltip."""
    area = boundaries.load_map_areas(view.level)[code]
    title = ""
    if row:
        css_class = f"c{scale.get_class_index(row['value'])}"
        title = f"{area.name[view.lang]}: {format_indicator_value(row['value'], view)}"
    else:
        css_class = "ctx" if area.context else "none"
    return {
        "code": code,
        "path": path,
        "css_class": f"{css_class} on" if code in view.geo else css_class,
        "title": title,
        "hatch": get_row_kind(row) if row else "",
    }


def _build_labels(mapped: dict[str, Row], scale: ThresholdScale, view: View) -> list[dict[str, object]]:
    """The values written on the map."""
    points = get_map_outlines(view.level).label_points
    return [
        {
            "css_class": "sea"
            if code in boundaries.LABELS_AT_SEA
            else f"t{scale.get_class_index(row['value'])}",
            "x": f"{points[code][0]:.0f}",
            "y": f"{points[code][1] + 4:.0f}",
            "text": format_plain_number(row["value"], view),
        }
        for code, row in mapped.items()
    ]


def _build_legend_notes(mapped: dict[str, Row], view: View) -> list[tuple[str, str]]:
    """CSS class and meaning of grey and of each hatch that the map contains."""
    labels = get_kind_labels(view)
    rows = mapped.values()
    notes = []
    if any(code not in mapped for code in boundaries.get_data_area_codes(view.level)):
        notes.append(("none", t("no_data", view.lang)))
    if any(map(is_other_edition, rows)):
        notes.append(("apart", labels["apart"]))
    if any(map(is_small_sample, rows)):
        notes.append(("small", labels["small"]))
    if any(is_old_survey(row) and not is_small_sample(row) for row in rows):
        notes.append(("old", labels["old"]))
    return notes


def build_class_legend(scale: ThresholdScale, view: View) -> list[dict[str, str]]:
    """The blocks of a class legend in percent of the width, each but the last with its upper limit.

    Empty where there is one class.
    """
    if not scale.thresholds:
        return []
    width = 100 / len(scale.colours)
    limits = theme.format_tick_labels(scale.thresholds, view)
    return [
        {"x": f"{width * i:.2f}", "width": f"{width:.2f}", "end": f"{width * (i + 1):.2f}", "limit": limit}
        for i, limit in enumerate([*limits, ""])
    ]
