"""The maps' boundaries as they lie in static/geo."""

import json
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


def read_geojson(name: str) -> bytes:
    """The GeoJSON of a name, empty where it is not there or not whole."""
    path = BOUNDARIES_FOLDER / f"{name}.geojson"
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return b""
    return _parse_file(path, stamp)[0]


def list_boundary_files() -> list[dict]:
    """One row a file: name, what its ids are, features, bytes, credit, address."""
    rows = []
    for name in BOUNDARY_NAMES:
        if read_geojson(name):
            content, features, credit = _parse_file(
                BOUNDARIES_FOLDER / f"{name}.geojson",
                (BOUNDARIES_FOLDER / f"{name}.geojson").stat().st_mtime_ns,
            )
            rows.append(
                {
                    "name": name,
                    "ids": CODE_SYSTEMS[name],
                    "features": features,
                    "bytes": len(content),
                    "credit": credit,
                    "href": f"/api/v1/boundaries/{name}",
                }
            )
    return rows


@lru_cache(maxsize=8)
def _parse_file(path: Path, stamp: int) -> tuple[bytes, int, str]:
    content = path.read_bytes()
    try:
        parsed = json.loads(content)
        return content, len(parsed["features"]), parsed.get("credit", "")
    except (ValueError, KeyError, TypeError):
        return b"", 0, ""
