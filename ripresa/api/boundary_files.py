"""The boundaries of the maps: GeoJSON files of static/geo."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.api.endpoints import BOUNDARY_NAMES

BOUNDARIES_FOLDER = settings.BOUNDARIES
CODE_SYSTEMS = {
    "italy_nuts2": "NUTS 2021",
    "europe_countries": "ISO 3166-1 alpha-3",
    "world_countries": "ISO 3166-1 alpha-3",
    "nuts2_europe": "NUTS 2021",
}


@dataclass(frozen=True)
class BoundaryFile:
    """A valid GeoJSON file, its number of features and its credit line."""

    content: bytes
    feature_count: int
    credit: str


def load_boundary_file(name: str) -> BoundaryFile | None:
    """The boundary file of a name; None if it is missing or not valid."""
    path = BOUNDARIES_FOLDER / f"{name}.geojson"
    try:
        return _parse_file(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def list_boundary_files() -> list[dict[str, object]]:
    """One row per file: name, code system of the ids, features, bytes, credit, path."""
    return [
        {
            "name": name,
            "ids": CODE_SYSTEMS[name],
            "features": file.feature_count,
            "bytes": len(file.content),
            "credit": file.credit,
            "href": f"/api/v1/boundaries/{name}",
        }
        for name in BOUNDARY_NAMES
        if (file := load_boundary_file(name))
    ]


@lru_cache(maxsize=8)
def _parse_file(path: Path, modified_ns: int) -> BoundaryFile:
    content = path.read_bytes()
    collection = json.loads(content)
    return BoundaryFile(content, len(collection["features"]), collection.get("credit", ""))
