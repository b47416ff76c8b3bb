"""Figures of an embed with one row per area, sector or case: bars, dots and dumbbells."""

from collections.abc import Callable, Sequence

from ripresa.charts.bar import BARS_AT_EACH_END, MAX_BARS
from ripresa.embed.figure import (
    RenderedFigure,
    build_percent_scale,
    count_lines,
    describe_markers,
    get_marker,
)
from ripresa.filters import View
from ripresa.i18n import t
from ripresa.narrative.headlines import pair_by_gender
from ripresa.narrative.phrases import format_indicator_value
from ripresa.observations.rows import (
    Row,
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_highlighted_areas,
    get_reference_rows,
    has_interval,
    is_other_edition,
    with_values,
)
from ripresa.templating import render_template

BAR_HEIGHT = 13  # pixels
MIN_BAR_WIDTH = 0.3  # percent
NAME_FONT_SIZE, NAME_LINE_HEIGHT, ROW_PADDING = 14, 16.8, 6  # pixels; .rows li in embed_page.css
NAME_WIDTH = 180  # pixels of the column of names at REFERENCE_WIDTH
NOTE_FONT_SIZE, NOTE_LINE_HEIGHT = 13, 23  # pixels; p.ref in embed_page.css

Scale = Callable[[float], float]


def render_bars(rows: list[Row], view: View) -> RenderedFigure:
    """One bar per area, highest first, rows of another edition last, with dotted lines for the reference.

    Of many areas only both ends of the order and the highlighted ones are included.
    """
    rows = flag_other_editions(rows)
    ordered = sorted(
        with_values(get_area_rows(rows, view)) or with_values(rows),
        key=lambda row: (-row["value"], row["geo_name"]),
    )
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_other_edition)
    visible = [
        row
        for place, row in enumerate(ordered)
        if len(ordered) <= MAX_BARS
        or place < BARS_AT_EACH_END
        or place >= len(ordered) - BARS_AT_EACH_END
        or row["geo"] in get_highlighted_areas(view)
    ]
    references = with_values(get_reference_rows(rows, view))[:1]
    scale = build_percent_scale([row["value"] for row in visible + references])
    header = [
        f"┆ {row['geo_name']}{format_edition_mark(row)} {format_indicator_value(row['value'], view)}"
        for row in references
    ]
    footer = [describe_markers(visible, view)]
    if len(visible) < len(ordered):
        hidden = t(
            "note_hidden",
            view.lang,
            shown=len(visible),
            count=len(ordered),
            top=BARS_AT_EACH_END,
            bottom=BARS_AT_EACH_END,
        )
        footer.insert(0, hidden)
    return _render_rows(
        "embed/bars.html",
        [
            _build_bar(row, row["geo_name"], row["geo"] in get_highlighted_areas(view), scale, view)
            for row in visible
        ],
        header,
        footer,
        list_tag="ol",
        bar_height=BAR_HEIGHT,
        zero=_locate_zero_line(visible, scale),
        references=[f"{scale(row['value']):.2f}" for row in references],
    )


def render_sector_bars(rows: list[Row], view: View) -> RenderedFigure:
    """One bar per sector of an area: the total, then highest first, rows of another edition last."""
    ordered = sorted(
        flag_other_editions(with_values(rows)),
        key=lambda row: (row["sector"] != "all", is_other_edition(row), -row["value"]),
    )
    scale = build_percent_scale([row["value"] for row in ordered])
    return _render_rows(
        "embed/bars.html",
        [_build_bar(row, row["sector_name"], row["sector"] == "all", scale, view) for row in ordered],
        [],
        [describe_markers(ordered, view)],
        list_tag="ul",
        bar_height=BAR_HEIGHT,
        zero=_locate_zero_line(ordered, scale),
        references=[],
    )


def _build_bar(row: Row, name: str, is_highlighted: bool, scale: Scale, view: View) -> dict[str, object]:
    zero, end = scale(0), scale(row["value"])
    return {
        "name": name,
        "is_highlighted": is_highlighted,
        "css_class": "bar apart" if is_other_edition(row) else "bar",
        "x": f"{min(zero, end):.2f}",
        "width": f"{max(abs(end - zero), MIN_BAR_WIDTH):.2f}",
        "value": _format_marked_value(row, view),
    }


def _locate_zero_line(rows: list[Row], scale: Scale) -> str:
    """The zero line in percent of the width; "" where no value is negative."""
    return f"{scale(0):.2f}" if min(row["value"] for row in rows) < 0 else ""


def render_dots(rows: list[Row], view: View) -> RenderedFigure:
    """One dot per area in alphabetical order: not a ranking."""
    ordered = sorted(with_values(rows), key=lambda row: row["geo_name"].casefold())
    scale = build_percent_scale([row["value"] for row in ordered])
    dots: list[dict[str, object]] = [
        {
            "name": row["geo_name"],
            "is_highlighted": row["geo"] in get_highlighted_areas(view),
            "x": f"{scale(row['value']):.2f}",
            "value": _format_marked_value(row, view),
        }
        for row in ordered
    ]
    return _render_rows("embed/dots.html", dots, [], [describe_markers(ordered, view)])


def render_dumbbell(rows: list[Row], view: View) -> RenderedFigure:
    """Two marks per row for firms led by women and by men, with their intervals and a line between them."""
    pairs = pair_by_gender(rows, view)
    pair_rows = [row for *_, women, men in pairs for row in (women, men)]
    scale = build_percent_scale(
        [
            value
            for row in pair_rows
            for value in (row["ci_low"], row["value"], row["ci_high"])
            if value is not None
        ]
    )
    dumbbells: list[dict[str, object]] = [
        {
            "name": name,
            "is_highlighted": women["geo"] in get_highlighted_areas(view),
            "women": f"{scale(women['value']):.2f}",
            "men": f"{scale(men['value']):.2f}",
            "intervals": [
                {"start": f"{scale(row['ci_low']):.2f}", "end": f"{scale(row['ci_high']):.2f}", "y": y}
                for row, y in ((women, 5), (men, 11))
                if has_interval(row)
            ],
            "value": f"● {_format_marked_value(women, view)} ■ {_format_marked_value(men, view)}",
        }
        for _, name, women, men in pairs
    ]
    header = [row["gender_name"] for row in pairs[0][2:]]
    return _render_rows("embed/dumbbell.html", dumbbells, header, [describe_markers(pair_rows, view)])


def _format_marked_value(row: Row, view: View) -> str:
    return f"{format_indicator_value(row['value'], view)}{get_marker(row)}"


def _render_rows(
    template: str,
    rows: Sequence[dict[str, object]],
    header: Sequence[str],
    footer: Sequence[str],
    **context: object,
) -> RenderedFigure:
    """A template that extends embed/rows.html, with lines of text above and below the rows."""
    footer = [text for text in footer if text]
    html = render_template(template, rows=rows, header=header, footer=footer, **context)
    row_heights = (
        ROW_PADDING + NAME_LINE_HEIGHT * count_lines(str(row["name"]), NAME_FONT_SIZE, NAME_WIDTH)
        for row in rows
    )
    note_heights = (NOTE_LINE_HEIGHT * count_lines(text, NOTE_FONT_SIZE) for text in (*header, *footer))
    return RenderedFigure(html, sum(row_heights) + sum(note_heights))
