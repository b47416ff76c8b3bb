"""JSON-stat 2.0 (https://json-stat.org/full/): observations as a cube, one dimension per key column."""

import math
from collections.abc import Iterable, Mapping, Sequence

Row = Mapping[str, object]

DIMENSIONS = ("indicator", "geo", "sector", "gender", "size", "period", "edition")
DIMENSION_ROLES = {"time": ["period"], "geo": ["geo"], "metric": ["indicator"]}
EXTENSION_COLUMNS = ("ci_low", "ci_high", "n")
MAX_CELLS = 1_000_000  # readers allocate every cell of the cube, empty ones too


class CubeTooLargeError(ValueError):
    """The cube would have more than MAX_CELLS cells."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        super().__init__(f"{cells} cells")


def build_dataset(
    rows: Iterable[Row],
    code_order: Mapping[str, Sequence[str]],
    metadata: Mapping[str, object],
    extension: Mapping[str, object],
    dimension_labels: Mapping[str, str],
) -> dict[str, object]:
    """A dataset of the rows of observations.sql.

    `code_order` has the codes of a dimension in reading order, `metadata` further members of the dataset
    (label, source, updated ...). Values and flags are keyed by position and empty cells omitted; intervals,
    sample sizes and statuses are in `extension`, keyed by position too. Raises CubeTooLargeError.
    """
    rows = list(rows)
    categories = {name: _list_categories(name, rows, code_order.get(name, ())) for name in DIMENSIONS}
    sizes = [len(codes) for codes in categories.values()]
    if math.prod(sizes) > MAX_CELLS:
        raise CubeTooLargeError(math.prod(sizes))
    strides = [math.prod(sizes[index + 1 :]) for index in range(len(sizes))]
    offsets = {
        name: {code: index * stride for index, code in enumerate(codes)}
        for (name, codes), stride in zip(categories.items(), strides, strict=True)
    }
    cells = {sum(offsets[name][str(row[name])] for name in DIMENSIONS): row for row in rows}
    rows_by_position = {str(position): cells[position] for position in sorted(cells)}

    def collect(column: str, omitted: Sequence[object]) -> dict[str, object]:
        return {
            position: row[column] for position, row in rows_by_position.items() if row[column] not in omitted
        }

    return {
        "version": "2.0",
        "class": "dataset",
        **metadata,
        "extension": {
            **extension,
            **{name: collect(name, (None,)) for name in EXTENSION_COLUMNS},
            "state": collect("status", ("ok",)),
        },
        "id": list(DIMENSIONS),
        "size": sizes,
        "role": DIMENSION_ROLES,
        "dimension": {
            name: _build_dimension(name, codes, rows, dimension_labels.get(name, name))
            for name, codes in categories.items()
        },
        "value": collect("value", ()),
        "status": collect("flags", (None, "")),
    }


def _list_categories(name: str, rows: Sequence[Row], order: Sequence[str]) -> list[str]:
    """The codes that occur in the rows: in reading order, periods by their first day."""
    if name == "period":
        return [
            period for _, period in sorted({(str(row["period_start"]), str(row["period"])) for row in rows})
        ]
    codes = {str(row[name]) for row in rows}
    return [code for code in order if code in codes] + sorted(codes.difference(order))


def _build_dimension(name: str, codes: Sequence[str], rows: Sequence[Row], label: str) -> dict[str, object]:
    labels = {row[name]: row.get(f"{name}_name", row[name]) for row in rows}
    category: dict[str, object] = {"index": codes, "label": {code: labels[code] for code in codes}}
    if name == "indicator":
        units = {row["indicator"]: row["unit"] for row in rows}
        category["unit"] = {code: {"label": units[code]} for code in codes}
    return {"label": label, "category": category}
