"""Outlines of the areas of a map as SVG paths, projected and simplified to whole coordinates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, isfinite, radians, sin, sqrt

from ripresa.observations import boundaries

Point = tuple[float, float]
Ring = list[Point]
Projection = Callable[[float, float], Point]

MAP_WIDTHS = {"italy": 470, "europe": 640, "world": 900}  # of the viewBox
# West, south, east and north in degrees of the visible part; other maps show everything.
MAP_BOUNDS = {"europe": (-11.0, 34.5, 35.5, 69.0)}
VIEWBOX_MARGIN = 20  # outlines further outside the viewBox are left out
MIN_RING_AREA = 3  # square units of the viewBox; smaller islands are left out


@dataclass(frozen=True)
class MapOutlines:
    """The viewBox of a map, and the path and label point of each area by code."""

    width: int
    height: int
    paths: dict[str, str]
    label_points: dict[str, Point]


@cache
def get_map_outlines(level: str) -> MapOutlines:
    """The outlines of the map of a level: italy, europe or world."""
    project = _get_projection(level)
    rings = {
        code: [[project(*_shift_antimeridian(point, ring, level)) for point in ring] for ring in outlines]
        for code, outlines in boundaries.load_rings(level).items()
    }
    if level in MAP_BOUNDS:
        west, south, east, north = MAP_BOUNDS[level]
        extent = [project(lon, lat) for lon in (west, east) for lat in (south, north)]
    else:
        extent = [point for area_rings in rings.values() for ring in area_rings for point in ring]
    left, top = min(x for x, _ in extent), max(y for _, y in extent)
    width = MAP_WIDTHS[level]
    scale = width / (max(x for x, _ in extent) - left)
    height = round((top - min(y for _, y in extent)) * scale)

    def to_viewbox(point: Point) -> Point:
        return (point[0] - left) * scale, (top - point[1]) * scale

    return MapOutlines(
        width,
        height,
        {
            code: _build_path([[to_viewbox(point) for point in ring] for ring in area_rings], width, height)
            for code, area_rings in rings.items()
        },
        {code: to_viewbox(project(*boundaries.get_label_point(level, code))) for code in rings},
    )


def _get_projection(level: str) -> Projection:
    if level == "italy":
        return _build_albers_projection(38, 46, 12.5)
    if level == "europe":
        return _build_albers_projection(40, 62, 14)
    return _project_natural_earth


def _build_albers_projection(south: float, north: float, centre: float) -> Projection:
    """Albers equal-area conic projection with two standard parallels."""
    n = (sin(radians(south)) + sin(radians(north))) / 2
    c = cos(radians(south)) ** 2 + 2 * n * sin(radians(south))

    def project(lon: float, lat: float) -> Point:
        rho, angle = sqrt(max(c - 2 * n * sin(radians(lat)), 0)) / n, n * radians(lon - centre)
        return rho * sin(angle), -rho * cos(angle)

    return project


def _project_natural_earth(lon: float, lat: float) -> Point:
    """The Natural Earth projection by its polynomial (Šavrič et al. 2011), centred on 11° E."""
    f = radians(lat)
    return (
        radians(lon - 11)
        * (0.8707 - 0.131979 * f**2 + f**4 * (-0.013791 + f**4 * (0.003971 * f**2 - 0.001529 * f**4))),
        f * (1.007226 + f**2 * (0.015085 + f**4 * (-0.044475 + 0.028874 * f**2 - 0.005916 * f**4))),
    )


def _shift_antimeridian(point: Sequence[float], ring: Sequence[Sequence[float]], level: str) -> Point:
    """Joins the eastern end of Siberia to the rest; moves the cut edge of Europe's map out of sight."""
    lon, lat = point[:2]
    if level == "world" and max(other[0] for other in ring) < -168:
        return lon + 360, lat
    if level == "europe" and lon > 49.9:
        return lon + 20, lat
    return lon, lat


def _build_path(rings: list[Ring], width: int, height: int) -> str:
    """A path of relative steps on whole coordinates, without small islands unless the area has no other."""
    visible = []
    for ring in rings:
        points = list(dict.fromkeys((round(x), round(y)) for x, y in ring if isfinite(x) and isfinite(y)))
        if any(
            -VIEWBOX_MARGIN <= x <= width + VIEWBOX_MARGIN and -VIEWBOX_MARGIN <= y <= height + VIEWBOX_MARGIN
            for x, y in points
        ):
            visible.append((_compute_polygon_area(points), points))
    largest = max((size for size, _ in visible), default=0)
    outlines = [
        points for size, points in visible if len(points) > 2 and (size >= MIN_RING_AREA or size == largest)
    ]
    if visible and not outlines:  # an area of one or two points becomes a small triangle
        x, y = visible[0][1][0]
        outlines = [[(x, y), (x + 2, y), (x, y + 2)]]
    return "".join(_format_ring(points) for points in outlines)


def _compute_polygon_area(points: list[tuple[int, int]]) -> float:
    """The area of a polygon (shoelace formula)."""
    edges = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in edges)) / 2


def _format_ring(points: list[tuple[int, int]]) -> str:
    steps = " ".join(f"{x2 - x1} {y2 - y1}" for (x1, y1), (x2, y2) in pairwise(points))
    return f"M{points[0][0]} {points[0][1]}l{steps}z".replace(" -", "-")
