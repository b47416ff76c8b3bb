"""The areas a map draws: names, label points, boundaries and the strokes that hatch them."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from math import cos, radians, sin

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
NARROW_NAMES = {"Friuli-Venezia Giulia": "Friuli-V. Giulia"}  # in a panel of a hundred pixels
LABEL_POINTS = {
    "ITC3": (8.9, 43.82),
    "ITH5": (11.0, 44.6),
    "ITH2": (11.15, 46.1),
    "ITI3": (13.25, 43.35),
}  # where a number fits better than at the label point
LABELS_AT_SEA = ("ITC3",)
HATCH_SPACING = {"italy": 0.22, "europe": 0.8, "world": 2.6}  # degrees between two strokes of a hatch


@dataclass(frozen=True)
class MapArea:
    """One area of a map; `context` is a neighbour drawn for orientation only."""

    id: str
    name: dict
    x: float
    y: float
    context: bool


@cache
def load_boundaries(level: str) -> dict:
    """The GeoJSON of a level, for figures drawn on the server."""
    return json.loads((settings.BOUNDARIES / f"{MAP_FILES[level]}.geojson").read_text(encoding="utf-8"))


@cache
def load_map_areas(level: str) -> dict[str, MapArea]:
    """Every area a map of this level draws, by code."""
    named, found = load_short_names(), {}
    for feature in load_boundaries(level)["features"]:
        its = feature["properties"]
        found[its["id"]] = MapArea(
            its["id"],
            named.get(its["id"], {"it": its["id"], "en": its["id"]}),
            its["x"],
            its["y"],
            context=its.get("europe", 1) == 0,
        )
    return found


@cache
def load_short_names() -> dict[str, dict[str, str]]:
    """Short names for figures by code: {"ITH1": {"it": "Bolzano", "en": "Bolzano"}, ...}."""
    with settings.GEOGRAPHIES.open(encoding="utf-8", newline="") as lines:
        return {
            row["code"]: SHORT_NAMES.get(row["code"], {"it": row["name_it"], "en": row["name_en"]})
            for row in csv.DictReader(lines)
        }


def get_label_point(level: str, code: str) -> tuple[float, float]:
    """Where the number of an area is written."""
    return LABEL_POINTS.get(code) or (load_map_areas(level)[code].x, load_map_areas(level)[code].y)


@cache
def get_data_area_codes(level: str) -> tuple[str, ...]:
    """The codes that count: every area but the neighbours kept as context."""
    return tuple(code for code, area in load_map_areas(level).items() if not area.context)


@cache
def load_tile_grid() -> dict:
    """The tile map of Italy: rows, columns, and for each area its row, column and label."""
    return json.loads(settings.TILE_GRID.read_text(encoding="utf-8"))


@cache
def build_hatch_lines(level: str, code: str, angle: int) -> tuple[list, list]:
    """Parallel strokes that fill an area, as longitudes and latitudes with None between two strokes. One passes by its label point."""
    area, rings = load_map_areas(level)[code], _get_rings(level, code)
    turn, back = (cos(radians(angle)), sin(radians(angle))), (cos(radians(-angle)), sin(radians(-angle)))
    turned = [[_rotate(point, back) for point in ring] for ring in rings]
    gap, start = HATCH_SPACING[level], _rotate((area.x, area.y), back)[1]
    heights = [y for ring in turned for _, y in ring]
    digits = 2 if level == "italy" else 1
    lon, lat = [], []
    for i in range(int((min(heights) - start) // gap), int((max(heights) - start) // gap) + 2):
        height = start + i * gap
        crossings = sorted(_find_crossings(turned, height))
        for left, right in zip(crossings[::2], crossings[1::2]):
            for end in (left, right):
                x, y = _rotate((end, height), turn)
                lon.append(round(x, digits))
                lat.append(round(y, digits))
            lon.append(None)
            lat.append(None)
    return lon, lat


@cache
def _load_geometries(level: str) -> dict[str, dict]:
    return {
        feature["properties"]["id"]: feature["geometry"] for feature in load_boundaries(level)["features"]
    }


def _get_rings(level: str, code: str) -> list:
    shape = _load_geometries(level)[code]
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [ring for polygon in polygons for ring in polygon]


def _rotate(point, turn) -> tuple[float, float]:
    (x, y), (c, s) = point[:2], turn
    return x * c - y * s, x * s + y * c


def _find_crossings(rings: list, height: float):
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
            if (y1 <= height) != (y2 <= height):
                yield x1 + (height - y1) * (x2 - x1) / (y2 - y1)
