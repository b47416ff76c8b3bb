"""The areas of the maps: names, label points, boundaries and hatch lines."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, radians, sin
from typing import Any, TypedDict

from ripresa import settings

MAP_FILES = {"italy": "italy_nuts2", "europe": "europe_countries", "world": "world_countries"}
GEOJSON_URL = "/app/static/geo/{name}.geojson"
SHORT_NAMES = {  # where the official name is too long for a bar or the end of a line
    "ITH1": {"it": "Bolzano", "en": "Bolzano"},
    "ITH2": {"it": "Trento", "en": "Trento"},
    "ITF+ITG": {"it": "Mezzogiorno", "en": "Mezzogiorno"},
    "EU27_2020": {"it": "UE", "en": "EU"},
    "WORLD": {"it": "Mondo", "en": "World"},
    "EUR": {"it": "Europa", "en": "Europe"},
}
NARROW_NAMES = {"Friuli-Venezia Giulia": "Friuli-V. Giulia"}  # in a panel 100 pixels wide
LABEL_POINTS = {  # where the label point of the boundary file has too little space for a number
    "ITC3": (8.9, 43.82),
    "ITH5": (11.0, 44.6),
    "ITH2": (11.15, 46.1),
    "ITI3": (13.25, 43.35),
}
LABELS_AT_SEA = ("ITC3",)
HATCH_SPACING = {"italy": 0.22, "europe": 0.8, "world": 2.6}  # degrees between two lines of a hatch
HATCH_DECIMALS = {"italy": 2, "europe": 1, "world": 1}

Point = tuple[float, float]  # longitude, latitude
Ring = Sequence[Sequence[float]]  # a closed line of points
GeoJson = dict[str, Any]  # a FeatureCollection whose features have id, label point (x, y) and europe


class Tile(TypedDict):
    """One area of the tile grid."""

    row: int
    col: int
    label: str


class TileGrid(TypedDict):
    """The tile grid of Italy; the tiles by area code."""

    rows: int
    cols: int
    tiles: dict[str, Tile]


@dataclass(frozen=True)
class MapArea:
    """One area of a map, its names by language; `context` marks a neighbour without data."""

    id: str
    name: dict[str, str]
    x: float
    y: float
    context: bool


def load_boundaries(level: str) -> GeoJson:
    """The GeoJSON of a level, for figures that are rendered on the server."""
    return load_boundary_file(f"{MAP_FILES[level]}.geojson")


@cache
def load_boundary_file(name: str) -> GeoJson:
    """A GeoJSON of static/geo, shared: read it, never change it."""
    boundaries: GeoJson = json.loads((settings.BOUNDARIES / name).read_text(encoding="utf-8"))
    return boundaries


@cache
def load_map_areas(level: str) -> dict[str, MapArea]:
    """Every area on the map of a level, by code."""
    areas = {}
    for feature in load_boundaries(level)["features"]:
        properties = feature["properties"]
        code = properties["id"]
        areas[code] = MapArea(
            code,
            load_short_names().get(code, {"it": code, "en": code}),
            properties["x"],
            properties["y"],
            context=properties.get("europe", 1) == 0,
        )
    return areas


@cache
def load_rings(level: str) -> dict[str, list[Ring]]:
    """The outlines of each area of a level by code: all rings of all its polygons."""
    rings = {}
    for feature in load_boundaries(level)["features"]:
        geometry = feature["geometry"]
        coordinates = geometry["coordinates"]
        polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
        rings[feature["properties"]["id"]] = [ring for polygon in polygons for ring in polygon]
    return rings


@cache
def load_short_names() -> dict[str, dict[str, str]]:
    """Short names for figures by code: {"ITH1": {"it": "Bolzano", "en": "Bolzano"}, ...}."""
    with settings.GEOGRAPHIES.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: SHORT_NAMES.get(row["code"], {"it": row["name_it"], "en": row["name_en"]})
            for row in csv.DictReader(lines)
        }


def get_label_point(level: str, code: str) -> Point:
    """Longitude and latitude of an area's label."""
    area = load_map_areas(level)[code]
    return LABEL_POINTS.get(code, (area.x, area.y))


@cache
def get_data_area_codes(level: str) -> tuple[str, ...]:
    """The codes of the areas that may have data: all but the context."""
    return tuple(code for code, area in load_map_areas(level).items() if not area.context)


@cache
def load_tile_grid() -> TileGrid:
    """The tile grid of Italy."""
    grid: TileGrid = json.loads(settings.TILE_GRID.read_text(encoding="utf-8"))
    return grid


@cache
def build_hatch_lines(level: str, code: str, angle: int) -> tuple[list[float | None], list[float | None]]:
    """Parallel lines that fill an area, as longitudes and latitudes with None between two lines.

    Scan-line filling in coordinates rotated by `angle` degrees, in which the lines are horizontal. One of the
    lines passes through the area's label point.
    """
    area = load_map_areas(level)[code]
    rings = [[_rotate(point, -angle) for point in ring] for ring in load_rings(level)[code]]
    spacing = HATCH_SPACING[level]
    _, start = _rotate((area.x, area.y), -angle)
    heights = [y for ring in rings for _, y in ring]
    longitudes: list[float | None] = []
    latitudes: list[float | None] = []
    for i in range(int((min(heights) - start) // spacing), int((max(heights) - start) // spacing) + 2):
        height = start + i * spacing
        crossings = sorted(_find_crossings(rings, height))
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            ends = [_rotate((x, height), angle) for x in (left, right)]
            longitudes += [*(round(x, HATCH_DECIMALS[level]) for x, _ in ends), None]
            latitudes += [*(round(y, HATCH_DECIMALS[level]) for _, y in ends), None]
    return longitudes, latitudes


def _rotate(point: Sequence[float], degrees: float) -> Point:
    """The point rotated about the origin, counterclockwise."""
    x, y = point[:2]
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    return x * cosine - y * sine, x * sine + y * cosine


def _find_crossings(rings: Sequence[Ring], height: float) -> Iterator[float]:
    """Where the rings cross a horizontal line."""
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 <= height) != (y2 <= height):
                yield x1 + (height - y1) * (x2 - x1) / (y2 - y1)
