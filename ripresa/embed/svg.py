"""Figures for embeds: maps, bars, dots and lines as small SVG, drawn here and readable without a script.

Sizes along the page are in percent and heights in pixels, so that text keeps its size at any width. Colours are classes: `c0`, `c1`, ... are those
of a map, and the page's style says what they are in light and dark.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from math import cos, isfinite, radians, sin, sqrt

from ripresa.charts import theme as look
from ripresa.charts.bar import ENDS, MOST
from ripresa.charts.heatmap import Grid, cell
from ripresa.charts.line import time_ticks
from ripresa.charts.line_styles import company, looks
from ripresa.charts.scales import Classes, classes, ticks
from ripresa.filters import View
from ripresa.i18n import MISSING, t
from ripresa.narrative.headlines import pairs
from ripresa.narrative.phrases import bare, show
from ripresa.observations import boundaries as areas
from ripresa.observations.rows import (
    APART,
    SMALL_BASE,
    focus,
    has_interval,
    is_apart,
    is_old,
    is_provisional,
    is_small,
    no_direction,
    peers,
    references,
    set_apart,
    sign,
    valued,
    year,
)
from ripresa.observations.series import editions, segments, series

WIDTHS = {"italy": 470, "europe": 640, "world": 900}  # of the map's coordinates
LIMITS = {"europe": (-11.0, 34.5, 35.5, 69.0)}  # lon, lat of what is drawn; elsewhere all of it
BAR, LINE_HEIGHT, MAP_TEXT = 13, 300, 12
ROOM = 11  # percent of the width between two moments under the lines
MARKS = {"apart": APART, "small": "*", "old": "†"}
HATCHES = "".join(
    f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate({angle})"><path class="hatch" d="M0 0V5"/></pattern>'
    for name, angle in (("apart", 90), ("small", 45), ("old", -45))
)


# --- map ---


@cache
def outlines(level: str) -> tuple[int, int, dict[str, str], dict[str, tuple[float, float]]]:
    """Width, height, the path of each area, and where its label stands."""
    project = {"italy": _albers(38, 46, 12.5), "europe": _albers(40, 62, 14), "world": _natural_earth}[level]
    shapes = {
        feature["properties"]["id"]: feature["geometry"] for feature in areas.boundaries(level)["features"]
    }
    rings = {
        code: [[project(*_turned(point, ring, level)) for point in ring] for ring in _rings(shape)]
        for code, shape in shapes.items()
    }
    corners = (
        [project(lon, lat) for lon in LIMITS[level][::2] for lat in LIMITS[level][1::2]]
        if level in LIMITS
        else [point for found in rings.values() for ring in found for point in ring]
    )
    left, top = min(x for x, _ in corners), max(y for _, y in corners)
    scale = WIDTHS[level] / (max(x for x, _ in corners) - left)
    height = round((top - min(y for _, y in corners)) * scale)

    def place(point):
        return ((point[0] - left) * scale, (top - point[1]) * scale)

    paths = {
        code: _path([[place(point) for point in ring] for ring in found], WIDTHS[level], height)
        for code, found in rings.items()
    }
    labels = {code: place(project(*areas.label(level, code))) for code in paths}
    return WIDTHS[level], height, paths, labels


def mapped(found: list[dict], view: View) -> dict[str, dict]:
    """The rows that the map of the level has an area for, by code."""
    return {row["geo"]: row for row in set_apart(valued(found)) if row["geo"] in areas.areas(view.level)}


def shaded(found: list[dict], view: View, title: str, across: Sequence[float]) -> tuple[str, Classes]:
    """A map of classes, and the classes: those of the values `across`."""
    known = mapped(found, view)
    scale = classes(across, view.indicator.unit, view.indicator.decimals, look.palette("light"))
    wide, tall, paths, labels = outlines(view.level)
    parts = []
    for code in sorted(paths, key=lambda code: code in view.geo):
        kind = (
            f"c{scale.index(known[code]['value'])}"
            if code in known
            else "ctx"
            if areas.areas(view.level)[code].context
            else "none"
        )
        name = (
            f"<title>{escape(areas.areas(view.level)[code].name[view.lang])}: {escape(show(known[code]['value'], view))}</title>"
            if code in known
            else ""
        )
        over = next(
            (
                over
                for over, is_so in (("apart", is_apart), ("small", is_small), ("old", is_old))
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
            code: "sea" if code in areas.AT_SEA else f"t{scale.index(row['value'])}"
            for code, row in known.items()
        }
        parts += [
            f'<text class="{inks[code]}" x="{labels[code][0]:.0f}" y="{labels[code][1] + 4:.0f}">{escape(bare(row["value"], view))}</text>'
            for code, row in known.items()
        ]
    return (
        f'<svg class="map {view.level}" viewBox="0 0 {wide} {tall}" role="img" aria-label="{escape(title)}">{HATCHES}{"".join(parts)}</svg>',
        scale,
    )


def key(scale: Classes, found: list[dict], view: View) -> str:
    """The classes of a map with the limits between them, and what a hatch and grey mean."""
    known = mapped(found, view)
    notes = (
        [("none", t("no_data", view.lang))]
        if any(code not in known for code in areas.drawn(view.level))
        else []
    )
    notes += [("apart", t("other_edition", view.lang))] if any(map(is_apart, known.values())) else []
    notes += (
        [("small", t("small_base", view.lang, count=SMALL_BASE))]
        if any(map(is_small, known.values()))
        else []
    )
    notes += (
        [("old", t("old_survey", view.lang))]
        if any(is_old(row) and not is_small(row) for row in known.values())
        else []
    )
    words = "".join(
        f'<span><svg width="14" height="14" aria-hidden="true"><rect class="{kind}" width="14" height="14"/></svg> {escape(word)}</span>'
        for kind, word in notes
    )
    return f'<div class="key">{_limits(scale, view)}{words}</div>'


def _limits(scale: Classes, view: View) -> str:
    if not scale.limits:
        return ""
    share = 100 / len(scale.colours)
    limits = look.tick_labels(list(scale.limits), view.indicator.unit, view.indicator.decimals, view.lang)
    blocks = "".join(
        f'<rect class="c{i}" x="{share * i:.2f}%" width="{share:.2f}%" height="12"/>'
        for i in range(len(scale.colours))
    )
    words = "".join(
        f'<text x="{share * (i + 1):.2f}%" y="26">{escape(limit)}</text>' for i, limit in enumerate(limits)
    )
    return f'<svg height="30" aria-hidden="true">{blocks}{words}</svg>'


def _albers(south: float, north: float, centre: float):
    """Conic equal-area projection with two standard parallels."""
    n = (sin(radians(south)) + sin(radians(north))) / 2
    c = cos(radians(south)) ** 2 + 2 * n * sin(radians(south))

    def project(lon: float, lat: float) -> tuple[float, float]:
        rho, angle = sqrt(max(c - 2 * n * sin(radians(lat)), 0)) / n, n * radians(lon - centre)
        return rho * sin(angle), -rho * cos(angle)

    return project


def _natural_earth(lon: float, lat: float) -> tuple[float, float]:
    f = radians(lat)
    return (
        radians(lon - 11)
        * (0.8707 - 0.131979 * f**2 + f**4 * (-0.013791 + f**4 * (0.003971 * f**2 - 0.001529 * f**4))),
        f * (1.007226 + f**2 * (0.015085 + f**4 * (-0.044475 + 0.028874 * f**2 - 0.005916 * f**4))),
    )


def _turned(point, ring, level: str) -> tuple[float, float]:
    """The eastern end of Siberia goes with the rest of it; where the file of Europe is cut, the edge goes out of sight."""
    if level == "world" and max(place[0] for place in ring) < -168:
        return point[0] + 360, point[1]
    return (point[0] + 20 if level == "europe" and point[0] > 49.9 else point[0]), point[1]


def _rings(shape: dict) -> list:
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [ring for polygon in polygons for ring in polygon]


def _path(rings: list[list[tuple[float, float]]], wide: int, tall: int) -> str:
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


def bars(found: list[dict], view: View) -> str:
    """One bar an area, highest first and those of another edition last, with the figure beside it and a dotted line for what they are compared with."""
    found = set_apart(found)
    ordered = sorted(
        valued(peers(found, view)) or valued(found), key=lambda row: (-row["value"], row["geo_name"])
    )
    if view.indicator.unit == "rank":
        ordered.reverse()
    ordered.sort(key=is_apart)
    shown = [
        row
        for place, row in enumerate(ordered)
        if len(ordered) <= MOST or place < ENDS or place >= len(ordered) - ENDS or row["geo"] in focus(view)
    ]
    against = valued(references(found, view))[:1]
    place = _share([row["value"] for row in shown + against])
    zero = place(0)
    mark = (
        f'<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="-5" y2="{BAR + 5}"/>'
        if min(row["value"] for row in shown) < 0
        else ""
    )
    mark += "".join(
        f'<line class="ref" x1="{place(row["value"]):.2f}%" x2="{place(row["value"]):.2f}%" y2="100%"/>'
        for row in against
    )
    lines = "".join(_bar(row, row["geo_name"], _on(row, view), place, mark, view) for row in shown)
    head = "".join(
        f'<p class="ref">┆ {escape(row["geo_name"])}{sign(row)} {escape(show(row["value"], view))}</p>'
        for row in against
    )
    hidden = (
        f'<p class="ref">{escape(t("note_hidden", view.lang, shown=len(shown), count=len(ordered), top=ENDS, bottom=ENDS))}</p>'
        if len(shown) < len(ordered)
        else ""
    )
    return f"{head}<ol class=rows>{lines}</ol>{hidden}{_marks(shown, view)}"


def sectors(found: list[dict], view: View) -> str:
    """One bar a sector of one area, the total on top, then highest first, those of another edition last."""
    ordered = sorted(
        set_apart(valued(found)), key=lambda row: (row["sector"] != "all", is_apart(row), -row["value"])
    )
    place = _share([row["value"] for row in ordered])
    mark = (
        f'<line class="zero" x1="{place(0):.2f}%" x2="{place(0):.2f}%" y1="-5" y2="{BAR + 5}"/>'
        if min(row["value"] for row in ordered) < 0
        else ""
    )
    lines = "".join(
        _bar(row, row["sector_name"], ' class="on"' if row["sector"] == "all" else "", place, mark, view)
        for row in ordered
    )
    return f"<ul class=rows>{lines}</ul>{_marks(ordered, view)}"


def _bar(row: dict, name: str, on: str, place, mark: str, view: View) -> str:
    zero, end = place(0), place(row["value"])
    return (
        f'<li{on}><span>{escape(name)}</span><svg height="{BAR}" aria-hidden="true"><rect class="bar{" apart" * is_apart(row)}" x="{min(zero, end):.2f}%" '
        f'width="{max(abs(end - zero), 0.3):.2f}%" height="{BAR}"/>{mark}</svg><b>{escape(show(row["value"], view))}{_mark(row)}</b></li>'
    )


def leaders(found: list[dict], view: View) -> str:
    """Two marks a row, firms led by women and firms led by men, their intervals and the line between them."""
    both = pairs(found, view)
    place = _share(
        [
            value
            for *_, women, men in both
            for row in (women, men)
            for value in (row["ci_low"], row["value"], row["ci_high"])
            if value is not None
        ]
    )
    lines = "".join(
        f'<li{_on(women, view)}><span>{escape(name)}</span><svg height="16" aria-hidden="true">{_gap(women, men, place)}</svg>'
        f"<b>● {escape(show(women['value'], view))}{_mark(women)} ■ {escape(show(men['value'], view))}{_mark(men)}</b></li>"
        for _, name, women, men in both
    )
    names = "".join(
        f'<p class="ref"><span class="{kind}">{mark}</span> {escape(row["gender_name"])}</p>'
        for kind, mark, row in zip(("w", "m"), "●■", both[0][2:])
    )
    return f"{names}<ul class=rows>{lines}</ul>{_marks([row for pair in both for row in pair[2:]], view)}"


def _gap(women: dict, men: dict, place) -> str:
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


def heat(grid: Grid, view: View) -> tuple[str, Classes]:
    """A table of areas by sectors, each figure on the colour of its class, and the classes."""
    scale = classes(grid.values, view.indicator.unit, grid.decimals, look.palette("light"))
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in grid.sectors.values())
    body = "".join(
        f'<tr{" class=on" if geo in focus(view) else ""}><th scope="row">{escape(name)}</th>'
        + "".join(
            f'<td class="c{scale.index(row["value"])} t{scale.index(row["value"])}">{escape(cell(row, grid.decimals, view))}</td>'
            if row
            else f"<td>{MISSING}</td>"
            for row in line
        )
        + "</tr>"
        for (geo, name), line in zip(grid.areas.items(), grid.lines)
    )
    marks = _marks([row for line in grid.lines for row in line if row], view)
    return (
        f'<table class="heat"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table><div class="key">{_limits(scale, view)}</div>{marks}',
        scale,
    )


def dots(found: list[dict], view: View) -> str:
    """One dot an area in alphabetical order: never a ranking."""
    ordered = sorted(valued(found), key=lambda row: row["geo_name"].casefold())
    place = _share([row["value"] for row in ordered])
    lines = "".join(
        f'<li{_on(row, view)}><span>{escape(row["geo_name"])}</span><svg height="14" aria-hidden="true"><line class="grid" x2="100%" y1="7" y2="7"/>'
        f'<circle class="bar" cx="{place(row["value"]):.2f}%" cy="7" r="5"/></svg><b>{escape(show(row["value"], view))}{_mark(row)}</b></li>'
        for row in ordered
    )
    return f"<ul class=rows>{lines}</ul>{_marks(ordered, view)}"


def _mark(row: dict) -> str:
    return (
        MARKS["apart"]
        if is_apart(row)
        else MARKS["small"]
        if is_small(row)
        else MARKS["old"]
        if is_old(row)
        else ""
    )


def _marks(rows: list[dict], view: View) -> str:
    """What the marks after a figure mean, where there are any."""
    words = {
        MARKS["apart"]: t("other_edition", view.lang),
        MARKS["small"]: t("small_base", view.lang, count=SMALL_BASE),
        MARKS["old"]: t("old_survey", view.lang),
    }
    said = "   ".join(f"{mark} {words[mark]}" for mark in dict.fromkeys(filter(None, map(_mark, rows))))
    return f'<p class="ref">{escape(said)}</p>' if said else ""


def _share(values: list[float]):
    """From a value to percent of the width, zero always inside."""
    low, high = min([0, *values]), max([0, *values])
    return lambda value: 1 + 98 * (value - low) / ((high - low) or 1)


def _on(row: dict, view: View) -> str:
    return ' class="on"' if row["geo"] in focus(view) else ""


# --- lines ---


def lines(found: list[dict], view: View) -> str:
    """Lines in the colours and dashes of the page, the areas without a colour in grey, cut where two points cannot be joined."""
    known = valued(found)
    named = looks(known, company(view))
    dashes = {edition: f"d{i % len(look.DASHES)}" for i, edition in enumerate(editions(known))}
    values = [
        value
        for row in known
        for value in ((row["ci_low"], row["value"], row["ci_high"]) if has_interval(row) else (row["value"],))
    ]
    grid = ticks(min([*values, 0] if min(values) < 0.5 * max(values) else values), max(values))
    times = [year(row) for row in known]
    first, span = min(times), (max(times) - min(times)) or 1

    def across(at):
        return 3 + 94 * (at - first) / span

    def down(value):
        return 96 - 92 * (value - grid[0]) / ((grid[-1] - grid[0]) or 1)

    scale = list(zip(grid, look.tick_labels(grid, view.indicator.unit, view.indicator.decimals, view.lang)))
    rules = "".join(
        f'<line class="grid" x2="100%" y1="{down(tick):.1f}%" y2="{down(tick):.1f}%"/>' for tick, _ in scale
    )
    levels = "".join(
        f'<text x="100%" y="{down(tick):.1f}%" dy="4">{escape(word)}</text>' for tick, word in scale
    )
    paths = []
    for line in sorted(series(known), key=lambda line: line.geo in named):
        kind = f"l{named[line.geo]}" if line.geo in named else "mute"
        for part in segments(line, known, view.indicator.breaks):
            points = [(across(year(row)), down(row["value"])) for row in part]
            paths.append(
                f'<path class="l {kind} {dashes[line.edition]}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'
            )
            paths += [
                f'<path class="p {kind}" d="M{x:.1f} {y:.1f}h0"><title>{escape(row["geo_name"])}, {escape(row["period"])}: {escape(show(row["value"], view))}</title></path>'
                + (
                    f'<path class="p hollow" d="M{x:.1f} {y:.1f}h0"/>'
                    if is_provisional(row) or no_direction(row)
                    else ""
                )
                for (x, y), row in zip(points, part)
            ]
    when = time_ticks(known, view.lang)
    moments = _apart(
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
    last = {row["geo"]: row for row in sorted(known, key=year)}
    names = "".join(
        f'<li><svg width="22" height="10" aria-hidden="true"><path class="l l{i}" d="M0 5h22"/></svg> {escape(last[geo]["geo_name"])} <b>{escape(show(last[geo]["value"], view))}</b></li>'
        for geo, i in named.items()
    )
    names += _keys(known, dashes, view)
    return (
        f'<div class="plot"><svg class="levels" height="{LINE_HEIGHT}" aria-hidden="true">{levels}</svg><svg height="{LINE_HEIGHT}" aria-hidden="true">{rules}'
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" height="100%">{"".join(paths)}</svg></svg><span></span><svg class="when" height="{4 + 14 * max(len(said) for _, said in moments)}" aria-hidden="true">{words}</svg></div>'
        f'<ul class="names">{names}</ul>'
    )


def _apart(moments: list[tuple]) -> list[tuple]:
    """Those of the moments (percent across, words) whose words have room on a narrow screen, the last among them."""
    kept: list[tuple] = []
    for one in reversed(moments):
        if not kept or kept[-1][0] - one[0] > ROOM:
            kept.append(one)
    return kept[::-1]


def _keys(known: list[dict], dashes: dict[str, str], view: View) -> str:
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
        for word, is_so in (("provisional", is_provisional), ("old_vintage", no_direction))
        if any(map(is_so, known))
    ]
    return "".join(
        f'<li><svg width="22" height="10" aria-hidden="true">{mark}</svg> {escape(word)}</li>'
        for mark, word in keys
    )
