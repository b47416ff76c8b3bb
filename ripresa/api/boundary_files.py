"""The maps' boundaries as they lie in static/geo."""

import json
from functools import lru_cache
from pathlib import Path

from ripresa import settings
from ripresa.api.endpoints import BOUNDARIES

FOLDER = settings.BOUNDARIES
IDS = {
    "italy_nuts2": "NUTS 2021",
    "europe_countries": "ISO 3166-1 alpha-3",
    "world_countries": "ISO 3166-1 alpha-3",
    "nuts2_europe": "NUTS 2021",
}


def shapes(name: str) -> bytes:
    """The GeoJSON of a name, empty where it is not there or not whole."""
    path = FOLDER / f"{name}.geojson"
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        return b""
    return _read(path, stamp)[0]


def listed() -> list[dict]:
    """One row a file: name, what its ids are, features, bytes, credit, address."""
    rows = []
    for name in BOUNDARIES:
        if shapes(name):
            content, features, credit = _read(
                FOLDER / f"{name}.geojson", (FOLDER / f"{name}.geojson").stat().st_mtime_ns
            )
            rows.append(
                {
                    "name": name,
                    "ids": IDS[name],
                    "features": features,
                    "bytes": len(content),
                    "credit": credit,
                    "href": f"/api/v1/boundaries/{name}",
                }
            )
    return rows


@lru_cache(maxsize=8)
def _read(path: Path, stamp: int) -> tuple[bytes, int, str]:
    content = path.read_bytes()
    try:
        parsed = json.loads(content)
        return content, len(parsed["features"]), parsed.get("credit", "")
    except (ValueError, KeyError, TypeError):
        return b"", 0, ""
