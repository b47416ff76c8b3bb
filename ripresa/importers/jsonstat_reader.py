"""JSON-stat 2.0, as returned by Eurostat's statistics API."""

import json
import math
from collections.abc import Iterator
from typing import NoReturn, TypedDict, cast

import duckdb

from ripresa.importers import cell_reader
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

MAX_BYTES = 32 << 20  # larger tables stream as SDMX-CSV or TSV
CONFIDENTIALITY_FLAGS = frozenset("CNP")

JsonCells = dict[str, object] | list[object] | str


class Category(TypedDict, total=False):
    """The codes of a dimension: in order, or by position; one code alone may have a label only."""

    index: dict[str, int | str] | list[str]
    label: dict[str, str]


class Document(TypedDict, total=False):
    """The parts of a JSON-stat dataset that are read. Nothing is validated before iterate_cells."""

    id: list[str]
    size: list[int | str]
    dimension: dict[str, dict[str, Category]]  # the inner key is "category"
    value: JsonCells
    status: JsonCells | None
    updated: str
    extension: object
    error: object
    warning: object


def read(connection: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of a JSON-stat text. Raises ImporterError."""
    if text.size > MAX_BYTES:
        raise ImporterError(
            f"{text.name}: JSON-stat beyond {MAX_BYTES >> 20} MB is not read; "
            "ask the publisher for SDMX-CSV or TSV, which stream."
        )
    document = parse_document(text.path.read_text(encoding="utf-8-sig"), text.name)
    try:
        names = [
            "time_period" if name.lower() == "time" else name.lower() for name in map(str, document["id"])
        ]
        if len(set(names)) < len(names):
            raise ValueError("a dimension is there twice")
        rows = list(iterate_cells(document))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ImporterError(
            f"{text.name} is not whole JSON-stat 2.0 "
            f"(id, size, dimension, value do not fit together: {error}); download it again."
        ) from None
    columns = {name: f"d{position}" for position, name in enumerate(names)}
    value_columns = ("value", "flags", "secrecy")
    cell_reader.create_table(
        connection, "cells", dict.fromkeys((*columns.values(), *value_columns), "varchar"), rows
    )
    extension = document.get("extension")
    table = extension.get("id", "") if isinstance(extension, dict) else ""
    return CellTable(
        "cells",
        columns,
        value_columns,
        table_id=str(table).lower(),
        last_update=str(document.get("updated", ""))[:10],
    )


def parse_document(text: str, name: str) -> Document:
    """A JSON object with its numbers as text, digits as written. Raises ImporterError."""

    def refuse_constant(word: str) -> NoReturn:
        raise ValueError(f"{word} is not a JSON number")

    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ImporterError(f"{name} is not whole JSON ({str(error)[:80]}): download it again.") from None
    if not isinstance(document, dict):
        raise ImporterError(f"{name} is JSON but not a JSON-stat dataset: ask for format=JSON of one table.")
    if "error" in document or ("warning" in document and "value" not in document):
        reason = str(document.get("error") or document.get("warning"))[:120]
        raise ImporterError(
            f"{name} is an answer without data ({reason}): ask again, or for a smaller extraction."
        )
    return cast("Document", document)


def iterate_cells(document: Document) -> Iterator[tuple[str, ...]]:
    """The codes of each cell, then its value, flags and confidentiality.

    Raises KeyError, TypeError or ValueError on a document whose parts are inconsistent.
    """
    sizes = [int(size) for size in document["size"]]
    codes = [
        _get_category_codes(document["dimension"][name]["category"], size)
        for name, size in zip(document["id"], sizes, strict=True)
    ]
    values = _index_by_position(document["value"], math.prod(sizes))
    statuses = _index_by_position(document.get("status") or {}, math.prod(sizes))
    steps = [math.prod(sizes[position + 1 :]) for position in range(len(sizes))]
    for position in sorted(values.keys() | statuses.keys()):
        value, status = values.get(position), statuses.get(position) or ""
        if isinstance(value, (bool, list, dict)) or not isinstance(status, str):
            raise ValueError(f"cell {position} holds {str(value)[:20]!r}")
        letters, _, secrecy = status.partition("@")
        yield (
            *(code[position // step % size] for code, step, size in zip(codes, steps, sizes, strict=True)),
            "" if value is None else str(value),
            "".join(letter for letter in letters if letter not in CONFIDENTIALITY_FLAGS),
            secrecy or "".join(letter for letter in letters if letter in CONFIDENTIALITY_FLAGS),
        )


def _get_category_codes(category: Category, size: int) -> list[str]:
    """The codes of a dimension in order."""
    index = category.get("index", list(category.get("label", {})))
    if isinstance(index, dict):
        positions = {code: int(position) for code, position in index.items()}
        codes = sorted(positions, key=positions.__getitem__)
        is_complete = len(codes) == size and sorted(positions.values()) == list(range(size))
    else:
        codes = list(index)
        is_complete = len(set(codes)) == size
    if not is_complete:
        raise ValueError(f"a dimension of {size} has {len(codes)} codes")
    return [str(code) for code in codes]


def _index_by_position(cells: JsonCells, size: int) -> dict[int, object]:
    """Cells by position; a list has them all, a mapping some."""
    if isinstance(cells, str):
        raise ValueError("one status for all cells is not read")
    by_position = {
        int(position): cell
        for position, cell in (enumerate(cells) if isinstance(cells, list) else cells.items())
    }
    if any(not 0 <= position < size for position in by_position) or (
        isinstance(cells, list) and len(by_position) != size
    ):
        raise ValueError(f"{len(by_position)} cells do not fit in {size}")
    return by_position
