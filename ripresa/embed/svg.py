"""Figures for embeds: maps, bars, dots and lines as small SVG, drawn here and readable without a script.

Sizes along the page are in percent and heights in pixels, so that text keeps its size at any width. Colours are classes: `c0`, `c1`, ... are those
of a map, and the page's style says what they are in light and dark.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from math import cos, isfinite, radians, sin, sqrt

from ripresa.charts import theme as look
from ripresa.charts.bar import BARS_AT_EACH_END, MAX_BARS
from ripresa.charts.heatmap import HeatmapGrid, format_cell
from ripresa.charts.line import build_time_ticks
from ripresa.charts.line_styles import assign_styles, select_areas_to_plot
from ripresa.charts.scales import ThresholdScale, build_threshold_scale, compute_ticks
from ripresa.filters import View
from ripresa.i18n import MISSING_TEXT, t
from ripresa.narrative.headlines import pair_by_gender
from ripresa.narrative.phrases import format_indicator_value, format_plain_number
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    OTHER_EDITION_MARK,
    SMALL_SAMPLE_SIZE,
    flag_other_editions,
    format_edition_mark,
    get_area_rows,
    get_decimal_year,
    get_highlighted_areas,
    get_reference_rows,
    has_interval,
    is_old_survey,
    is_old_vintage,
    is_other_edition,
    is_provisional,
    is_small_sample,
    with_values,
)
from ripresa.observations.series import build_series, rank_editions, split_segments

MAP_WIDTHS = {"italy": 470, "europe": 640, "world": 900}  # of the map's coordinates
MAP_BOUNDS = {"europe": (-11.0, 34.5, 35.5, 69.0)}  # lon, lat of what is drawn; elsewhere all of it
BAR_HEIGHT, LINE_CHART_HEIGHT, MAP_FONT_SIZE = 13, 300, 12
MIN_TICK_DISTANCE = 11  # percent of the width between two moments under the lines
ROW_MARKERS = {"apart": OTHER_EDITION_MARK, "small": "*", "old": "†"}
HATCH_PATTERNS = "".join(
    f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate({angle})"><path class="hatch" d="M0 0V5"/></pattern>'
    for name, angle in (("apart", 90), ("small", 45), ("old", -45))
)


# --- map ---


@cache
def get_map_outlines(level: str) -> tuple[int, int, dict[str, str], dict[str, tuple[float, float]]]:
    """Width, height, the path of each area, and where its label stands."""
    project = {
        "italy": _build_albers_projection(38, 46, 12.5),
        "europe": _build_albers_projection(40, 62, 14),
        "world": _project_natural_earth,
    }[level]
    rings = {
        code: [[project(*_shift_antimeridian(point, ring, level)) for point in ring] for ring in outlines]
        for code, outlines in areas.load_rings(level).items()
    }
    corners = (
        [project(lon, lat) for lon in MAP_BOUNDS[level][::2] for lat in MAP_BOUNDS[level][1::2]]
        if level in MAP_BOUNDS
        else [point for found in rings.values() for ring in found for point in ring]
    )
    left, top = min(x for x, _ in corners), max(y for _, y in corners)
    scale = MAP_WIDTHS[level] / (max(x for x, _ in corners) - left)
    height = round((top - min(y for _, y in corners)) * scale)

    def place(point):
        return ((point[0] - left) * scale, (top - point[1]) * scale)

    paths = {
        code: _build_path([[place(point) for point in ring] for ring in found], MAP_WIDTHS[level], height)
        for code, found in rings.items()
    }
    labels = {code: place(project(*areas.get_label_point(level, code))) for code in paths}
    return MAP_WIDTHS[level], height, paths, labels


def get_rows_on_map(found: list[dict], view: View) -> dict[str, dict]:
    """The rows that the map of the level has an area for, by code."""
    return {
        row["geo"]: row
        for row in flag_other_editions(with_values(found))
        if row["geo"] in areas.load_map_areas(view.level)
    }


def render_choropleth(
    found: list[dict], view: View, title: str, across: Sequence[float]
) -> tuple[str, ThresholdScale]:
    """A map of classes, and the classes: those of the values `across`."""
    known = get_rows_on_map(found, view)
    scale = build_threshold_scale(
        across, view.indicator.unit, view.indicator.decimals, look.get_palette("light")
    )
    wide, tall, paths, labels = get_map_outlines(view.level)
    parts = []
    for code in sorted(paths, key=lambda code: code in view.geo):
        kind = (
            f"c{scale.get_class_index(known[code]['value'])}"
            if code in known
            else "ctx"
            if areas.load_map_areas(view.level)[code].context
            else "none"
        )
        name = (
            f"<title>{escape(areas.load_map_areas(view.level)[code].name[view.lang])}: {escape(format_indicator_value(known[code]['value'], view))}</title>"
            if code in known
            else ""
        )
        over = next(
            (
                over
                for over, is_so in (
                    ("apart", is_other_edition),
                    ("small", is_small_sample),
                    ("old", is_old_survey),
                )
                if code in known and is_so(known[code])
            ),
            "",
        )
        look_, shape = f'class="{kind}{" on" if code in view.geo else ""}"', f'd="{paths[code]}"'
        if over:  # drawn twice, filled and hatched
            parts.append(
                f'<defs><path id="{code}" {shape}/></defs><use href="#{code}" {look_}>{name}</use><use href="#{code}" class="{over}"/>'
            )
        elif paths[code]:
            parts.append(f"<path {look_} {shape}>{name}</path>" if name else f"<path {look_} {shape}/>")
    if view.level == "italy":
        inks = {
            code: "sea" if code in areas.LABELS_AT_SEA else f"t{scale.get_class_index(row['value'])}"
            for code, row in known.items()
        }
        parts += [
            f'<text class="{inks[code]}" x="{labels[code][0]:.0f}" y="{labels[code][1] + 4:.0f}">{escape(format_plain_number(row["value"], view))}</text>'
            for code, row in known.items()
        ]
    return (
        f'<svg class="map {view.level}" viewBox="0 0 {wide} {tall}" role="img" aria-label="{escape(title)}">{HATCH_PATTERNS}{"".join(parts)}</svg>',
        scale,
    )


def render_map_legend(scale: ThresholdScale, found: list[dict], view: View) -> str:
    """The classes of a map with the limits between them, and what a hatch and grey mean."""
    known = get_rows_on_map(found, view)
    notes = (
        [("none", t("no_data", view.lang))]
        if any(code not in known for code in areas.get_data_area_codes(view.level))
        else []
    )
    notes += [("apart", t("other_edition", view.lang))] if any(map(is_other_edition, known.values())) else []
    notes += (
        [("small", t("small_base", view.lang, count=SMALL_SAMPLE_SIZE))]
        if any(map(is_small_sample, known.values()))
        else []
    )
    notes += (
        [("old", t("old_survey", view.lang))]
        if any(is_old_survey(row) and not is_small_sample(row) for row in known.values())
        else []
    )
    words = "".join(
        f'<span><svg width="14" height="14" aria-hidden="true"><rect class="{kind}" width="14" height="14"/></svg> {escape(word)}</span>'
        for kind, word in notes
    )
    return f'<div class="key">{_render_class_limits(scale, view)}{words}</div>'


def _render_class_limits(scale: ThresholdScale, view: View) -> str:
    if not scale.thresholds:
        return ""
    share = 100 / len(scale.colours)
    limits = look.format_tick_labels(scale.thresholds, view)
    blocks = "".join(
        f'<rect class="c{i}" x="{share * i:.2f}%" width="{share:.2f}%" height="12"/>'
        for i in range(len(scale.colours))
    )
    words = "".join(
        f'<text x="{share * (i + 1):.2f}%" y="26">{escape(limit)}</text>' for i, limit in enumerate(limits)
    )
    return f'<svg height="30" aria-hidden="true">{blocks}{words}</svg>'


def _build_albers_projection(south: float, north: float, centre: float):
    """Conic equal-area projection with two standard parallels."""
    n = (sin(radians(south)) + sin(radians(north))) / 2
    c = cos(radians(south)) ** 2 + 2 * n * sin(radians(south))

    def project(lon: float, lat: float) -> tuple[float, float]:
        rho, angle = sqrt(max(c - 2 * n * sin(radians(lat)), 0)) / n, n * radians(lon - centre)
        return rho * sin(angle), -rho * cos(angle)

    return project


def _project_natural_earth(lon: float, lat: float) -> tuple[float, float]:
    f = radians(lat)
    return (
        radians(lon - 11)
        * (0.8707 - 0.131979 * f**2 + f**4 * (-0.013791 + f**4 * (0.003971 * f**2 - 0.001529 * f**4))),
        f * (1.007226 + f**2 * (0.015085 + f**4 * (-0.044475 + 0.028874 * f**2 - 0.005916 * f**4))),
    )


def _shift_antimeridian(point, ring, level: str) -> tuple[float, float]:
    """The eastern end of Siberia goes with the rest of it; where the file of Europe is cut, the edge goes out of sight."""
    if level == "world" and max(place[0] for place in ring) < -168:
        return point[0] + 360, point[1]
    return (point[0] + 20 if level == "europe" and point[0] > 49.9 else point[0]), point[1]


def _build_path(rings: list[list[tuple[float, float]]], wide: int, tall: int) -> str:
    """A path on whole coordinates, each step from the last; specks are dropped unless they are all there is."""
    drawn = []
    for ring in rings:
        points = list(dict.fromkeys((round(x), round(y)) for x, y in ring if isfinite(x) and isfinite(y)))
        inside = any(-20 <= x <= wide + 20 and -20 <= y <= tall + 20 for x, y in points)
        if inside and points:
            drawn.append(
                (
                    abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1]))) / 2,
                    points,
                )
            )
    largest = max((size for size, _ in drawn), default=0)
    kept = [points for size, points in drawn if len(points) > 2 and (size >= 3 or size == largest)] or [
        [(x, y), (x + 2, y), (x, y + 2)] for _, [(x, y), *_] in drawn[:1]
    ]
    return "".join(
        f"M{points[0][0]} {points[0][1]}l"
        + " ".join(f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in zip(points, points[1:]))
        + "z"
        for points in kept
    ).replace(" -", "-")


# --- bars and dots ---


def render_bars(found: list[dict], view: View) -> str:
    """One bar an area, highest first and those of another edition last, with the figure beside it and a dotted line for what they are compared with."""
    found = flag_other_editions(found)
    ordered = sorted(
        with_values(get_area_rows(found, view)) or with_values(found),
        key=lambda row: (-row["value"], row["geo_name"]),
    )
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_other_edition)
    shown = [
        row
        for place, row in enumerate(ordered)
        if len(ordered) <= MAX_BARS
        or place < BARS_AT_EACH_END
        or place >= len(ordered) - BARS_AT_EACH_END
        or row["geo"] in get_highlighted_areas(view)
    ]
    against = with_values(get_reference_rows(found, view))[:1]
    place = _build_percent_scale([row["value"] for row in shown + against])
    zero = place(0)
    mark = (
        f'<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="-5" y2="{BAR_HEIGHT + 5}"/>'
        if min(row["value"] for row in shown) < 0
        else ""
    )
    mark += "".join(
        f'<line class="ref" x1="{place(row["value"]):.2f}%" x2="{place(row["value"]):.2f}%" y2="100%"/>'
        for row in against
    )
    lines = "".join(
        _render_bar(row, row["geo_name"], _get_highlight_attribute(row, view), place, mark, view)
        for row in shown
    )
    head = "".join(
        f'<p class="ref">┆ {escape(row["geo_name"])}{format_edition_mark(row)} {escape(format_indicator_value(row["value"], view))}</p>'
        for row in against
    )
    hidden = (
        f'<p class="ref">{escape(t("note_hidden", view.lang, shown=len(shown), count=len(ordered), top=BARS_AT_EACH_END, bottom=BARS_AT_EACH_END))}</p>'
        if len(shown) < len(ordered)
        else ""
    )
    return f"{head}<ol class=rows>{lines}</ol>{hidden}{_render_marker_notes(shown, view)}"


def render_sector_bars(found: list[dict], view: View) -> str:
    """One bar a sector of one area, the total on top, then highest first, those of another edition last."""
    ordered = sorted(
        flag_other_editions(with_values(found)),
        key=lambda row: (row["sector"] != "all", is_other_edition(row), -row["value"]),
    )
    place = _build_percent_scale([row["value"] for row in ordered])
    mark = (
        f'<line class="zero" x1="{place(0):.2f}%" x2="{place(0):.2f}%" y1="-5" y2="{BAR_HEIGHT + 5}"/>'
        if min(row["value"] for row in ordered) < 0
        else ""
    )
    lines = "".join(
        _render_bar(
            row, row["sector_name"], ' class="on"' if row["sector"] == "all" else "", place, mark, view
        )
        for row in ordered
    )
    return f"<ul class=rows>{lines}</ul>{_render_marker_notes(ordered, view)}"


def _render_bar(row: dict, name: str, on: str, place, mark: str, view: View) -> str:
    zero, end = place(0), place(row["value"])
    return (
        f'<li{on}><span>{escape(name)}</span><svg height="{BAR_HEIGHT}" aria-hidden="true"><rect class="bar{" apart" * is_other_edition(row)}" x="{min(zero, end):.2f}%" '
        f'width="{max(abs(end - zero), 0.3):.2f}%" height="{BAR_HEIGHT}"/>{mark}</svg><b>{escape(format_indicator_value(row["value"], view))}{_get_marker(row)}</b></li>'
    )


def render_dumbbell(found: list[dict], view: View) -> str:
    """Two marks a row, firms led by women and firms led by men, their intervals and the line between them."""
    both = pair_by_gender(found, view)
    place = _build_percent_scale(
        [
            value
            for *_, women, men in both
            for row in (women, men)
            for value in (row["ci_low"], row["value"], row["ci_high"])
            if value is not None
        ]
    )
    lines = "".join(
        f'<li{_get_highlight_attribute(women, view)}><span>{escape(name)}</span><svg height="16" aria-hidden="true">{_render_gap(women, men, place)}</svg>'
        f"<b>● {escape(format_indicator_value(women['value'], view))}{_get_marker(women)} ■ {escape(format_indicator_value(men['value'], view))}{_get_marker(men)}</b></li>"
        for _, name, women, men in both
    )
    names = "".join(
        f'<p class="ref"><span class="{kind}">{mark}</span> {escape(row["gender_name"])}</p>'
        for kind, mark, row in zip(("w", "m"), "●■", both[0][2:])
    )
    return f"{names}<ul class=rows>{lines}</ul>{_render_marker_notes([row for pair in both for row in pair[2:]], view)}"


def _render_gap(women: dict, men: dict, place) -> str:
    at = [f"{place(row['value']):.2f}%" for row in (women, men)]
    sure = "".join(
        f'<line class="zero" x1="{place(row["ci_low"]):.2f}%" x2="{place(row["ci_high"]):.2f}%" y1="{y}" y2="{y}"/>'
        for row, y in ((women, 5), (men, 11))
        if has_interval(row)
    )
    return (
        f'<line class="grid" x2="100%" y1="8" y2="8"/><line class="gap" x1="{at[0]}" x2="{at[1]}" y1="8" y2="8"/>{sure}'
        f'<svg x="{at[1]}"><rect class="m" x="-4.5" y="3.5" width="9" height="9"/></svg><circle class="w" cx="{at[0]}" cy="8" r="5"/>'
    )


def render_heatmap(grid: HeatmapGrid, view: View) -> tuple[str, ThresholdScale]:
    """A table of areas by sectors, each figure on the colour of its class, and the classes."""
    scale = build_threshold_scale(grid.values, view.indicator.unit, grid.decimals, look.get_palette("light"))
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in grid.sectors.values())
    body = "".join(
        f'<tr{" class=on" if geo in get_highlighted_areas(view) else ""}><th scope="row">{escape(name)}</th>'
        + "".join(
            f'<td class="c{scale.get_class_index(row["value"])} t{scale.get_class_index(row["value"])}">{escape(format_cell(row, grid.decimals, view))}</td>'
            if row
            else f"<td>{MISSING_TEXT}</td>"
            for row in line
        )
        + "</tr>"
        for (geo, name), line in zip(grid.areas.items(), grid.cells)
    )
    marks = _render_marker_notes([row for line in grid.cells for row in line if row], view)
    return (
        f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table><div class="key">{_render_class_limits(scale, view)}</div>{marks}',
        scale,
    )


def render_dots(found: list[dict], view: View) -> str:
    """One dot an area in alphabetical order: never a ranking."""
    ordered = sorted(with_values(found), key=lambda row: row["geo_name"].casefold())
    place = _build_percent_scale([row["value"] for row in ordered])
    lines = "".join(
        f'<li{_get_highlight_attribute(row, view)}><span>{escape(row["geo_name"])}</span><svg height="14" aria-hidden="true"><line class="grid" x2="100%" y1="7" y2="7"/>'
        f'<circle class="bar" cx="{place(row["value"]):.2f}%" cy="7" r="5"/></svg><b>{escape(format_indicator_value(row["value"], view))}{_get_marker(row)}</b></li>'
        for row in ordered
    )
    return f"<ul class=rows>{lines}</ul>{_render_marker_notes(ordered, view)}"


def _get_marker(row: dict) -> str:
    return (
        ROW_MARKERS["apart"]
        if is_other_edition(row)
        else ROW_MARKERS["small"]
        if is_small_sample(row)
        else ROW_MARKERS["old"]
        if is_old_survey(row)
        else ""
    )


def _render_marker_notes(rows: list[dict], view: View) -> str:
    """What the marks after a figure mean, where there are any."""
    words = {
        ROW_MARKERS["apart"]: t("other_edition", view.lang),
        ROW_MARKERS["small"]: t("small_base", view.lang, count=SMALL_SAMPLE_SIZE),
        ROW_MARKERS["old"]: t("old_survey", view.lang),
    }
    said = "   ".join(f"{mark} {words[mark]}" for mark in dict.fromkeys(filter(None, map(_get_marker, rows))))
    return f'<p class="ref">{escape(said)}</p>' if said else ""


def _build_percent_scale(values: list[float]):
    """From a value to percent of the width, zero always inside."""
    low, high = min([0, *values]), max([0, *values])
    return lambda value: 1 + 98 * (value - low) / ((high - low) or 1)


def _get_highlight_attribute(row: dict, view: View) -> str:
    return ' class="on"' if row["geo"] in get_highlighted_areas(view) else ""


# --- lines ---


def render_lines(found: list[dict], view: View) -> str:
    """Lines in the colours and dashes of the page, the areas without a colour in grey, cut where two points cannot be joined."""
    known = with_values(found)
    named = assign_styles(known, select_areas_to_plot(view))
    dashes = {edition: f"d{i % len(look.LINE_DASHES)}" for i, edition in enumerate(rank_editions(known))}
    values = [
        value
        for row in known
        for value in ((row["ci_low"], row["value"], row["ci_high"]) if has_interval(row) else (row["value"],))
    ]
    grid = compute_ticks(min([*values, 0] if min(values) < 0.5 * max(values) else values), max(values))
    times = [get_decimal_year(row) for row in known]
    first, span = min(times), (max(times) - min(times)) or 1

    def across(at):
        return 3 + 94 * (at - first) / span

    def down(value):
        return 96 - 92 * (value - grid[0]) / ((grid[-1] - grid[0]) or 1)

    scale = list(zip(grid, look.format_tick_labels(grid, view)))
    rules = "".join(
        f'<line class="grid" x2="100%" y1="{down(tick):.1f}%" y2="{down(tick):.1f}%"/>' for tick, _ in scale
    )
    levels = "".join(
        f'<text x="100%" y="{down(tick):.1f}%" dy="4">{escape(word)}</text>' for tick, word in scale
    )
    paths = []
    for line in sorted(build_series(known), key=lambda line: line.geo in named):
        kind = f"l{named[line.geo]}" if line.geo in named else "mute"
        for part in split_segments(line, known, view.indicator.breaks):
            points = [(across(get_decimal_year(row)), down(row["value"])) for row in part]
            paths.append(
                f'<path class="l {kind} {dashes[line.edition]}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'
            )
            paths += [
                f'<path class="p {kind}" d="M{x:.1f} {y:.1f}h0"><title>{escape(row["geo_name"])}, {escape(row["period"])}: {escape(format_indicator_value(row["value"], view))}</title></path>'
                + (
                    f'<path class="p hollow" d="M{x:.1f} {y:.1f}h0"/>'
                    if is_provisional(row) or is_old_vintage(row)
                    else ""
                )
                for (x, y), row in zip(points, part)
            ]
    when = build_time_ticks(known, view.lang)
    moments = _drop_crowded_ticks(
        [
            (across(at), word.split("<br>"))
            for at, word in zip(when["tickvals"], when["ticktext"])
            if 0 <= across(at) <= 100
        ]
    )
    words = "".join(
        f'<text x="{at:.1f}%" y="{14 + 14 * row}">{escape(word)}</text>'
        for at, said in moments
        for row, word in enumerate(said)
    )
    last = {row["geo"]: row for row in sorted(known, key=get_decimal_year)}
    names = "".join(
        f'<li><svg width="22" height="10" aria-hidden="true"><path class="l l{i}" d="M0 5h22"/></svg> {escape(last[geo]["geo_name"])} <b>{escape(format_indicator_value(last[geo]["value"], view))}</b></li>'
        for geo, i in named.items()
    )
    names += _render_line_legend(known, dashes, view)
    return (
        f'<div class="plot"><svg class="levels" height="{LINE_CHART_HEIGHT}" aria-hidden="true">{levels}</svg><svg height="{LINE_CHART_HEIGHT}" aria-hidden="true">{rules}'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" height="100%">{"".join(paths)}</svg></svg><span></span><svg class="when" height="{4 + 14 * max(len(said) for _, said in moments)}" aria-hidden="true">{words}</svg></div>'
        f'<ul class="names">{names}</ul>'
    )


def _drop_crowded_ticks(moments: list[tuple]) -> list[tuple]:
    """Those of the moments (percent across, words) whose words have room on a narrow screen, the last among them."""
    kept: list[tuple] = []
    for one in reversed(moments):
        if not kept or kept[-1][0] - one[0] > MIN_TICK_DISTANCE:
            kept.append(one)
    return kept[::-1]


def _render_line_legend(known: list[dict], dashes: dict[str, str], view: View) -> str:
    """What the dashes and the hollow points mean, where there are any."""
    editions_ = {row["edition"]: row.get("edition_name") or row["edition"] for row in known}
    keys = (
        [
            (f'<path class="l quiet {dash}" d="M0 5h22"/>', editions_[edition])
            for edition, dash in dashes.items()
        ]
        if len(dashes) > 1
        else []
    )
    keys += [
        ('<path class="p quiet" d="M11 5h0"/><path class="p hollow" d="M11 5h0"/>', t(word, view.lang))
        for word, is_so in (("provisional", is_provisional), ("old_vintage", is_old_vintage))
        if any(map(is_so, known))
    ]
    return "".join(
        f'<li><svg width="22" height="10" aria-hidden="true">{mark}</svg> {escape(word)}</li>'
        for mark, word in keys
    )
