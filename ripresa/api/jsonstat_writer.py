"""JSON-stat 2.0: figures as a cube, one dimension for each column of their key."""

import math
from collections.abc import Iterable

DIMENSIONS = ("indicator", "geo", "sector", "gender", "size", "period", "edition")
DIMENSION_ROLES = {"time": ["period"], "geo": ["geo"], "metric": ["indicator"]}
MAX_CELLS = 1_000_000  # cells: readers make room for all of them, empty ones too


class CubeTooLargeError(ValueError):
    """The cube would have more than MOST cells."""

    def __init__(self, cells: int):
        self.cells = cells
        super().__init__(f"{cells} cells")


def build_dataset(
    rows: Iterable[dict],
    code_order: dict[str, tuple[str, ...]],
    metadata: dict,
    dimension_labels: dict[str, str],
) -> dict:
    """A dataset. rows: those of observations.sql. order: codes of a dimension in reading order, where it has one. about: label, source, updated, ...

    Values and flags are by position, empty cells left out; intervals, sample sizes and states are in `extension`, by position too. Raises TooLarge."""
    rows = list(rows)
    categories = {name: _list_categories(name, rows, code_order.get(name, ())) for name in DIMENSIONS}
    sizes = [len(codes) for codes in categories.values()]
    if math.prod(sizes) > MAX_CELLS:
        raise CubeTooLargeError(math.prod(sizes))
    steps = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    places = {
        name: {code: place * step for place, code in enumerate(codes)}
        for (name, codes), step in zip(categories.items(), steps)
    }
    cells = {sum(places[name][row[name]] for name in DIMENSIONS): row for row in rows}
    beside = {
        name: {str(cell): row[name] for cell, row in sorted(cells.items()) if row[name] is not None}
        for name in ("ci_low", "ci_high", "n")
    }
    states = {str(cell): row["status"] for cell, row in sorted(cells.items()) if row["status"] != "ok"}
    return {
        "version": "2.0",
        "class": "dataset",
        **metadata,
        "id": list(DIMENSIONS),
        "size": sizes,
        "role": DIMENSION_ROLES,
        "dimension": {
            name: _build_dimension(name, codes, rows, dimension_labels) for name, codes in categories.items()
        },
        "value": {str(cell): row["value"] for cell, row in sorted(cells.items())},
        "status": {str(cell): row["flags"] for cell, row in sorted(cells.items()) if row["flags"]},
        "extension": metadata.get("extension", {}) | beside | {"state": states},
    }


def _list_categories(name: str, rows: list[dict], order: tuple[str, ...]) -> list[str]:
    """The codes that the rows have: in reading order, periods by their first day."""
    if name == "period":
        return [period for _, period in sorted({(row["period_start"], row["period"]) for row in rows})]
    have = {row[name] for row in rows}
    return [code for code in order if code in have] + sorted(have - set(order))


def _build_dimension(name: str, codes: list[str], rows: list[dict], names: dict[str, str]) -> dict:
    labels = {row[name]: row.get(f"{name}_name", row[name]) for row in rows}
    category = {"index": codes, "label": {code: labels[code] for code in codes}}
    if name == "indicator":
        units = {row["indicator"]: row["unit"] for row in rows}
        category["unit"] = {code: {"label": units[code]} for code in codes}
    return {"label": names.get(name, name), "category": category}
