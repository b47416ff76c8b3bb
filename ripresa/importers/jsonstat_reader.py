"""JSON-stat 2.0, as Eurostat's statistics API answers."""

import json
import math
from collections.abc import Iterator

import duckdb
import pandas as pd

from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

MAX_BYTES = 32 << 20  # bytes; larger tables stream as SDMX-CSV or TSV
CONFIDENTIALITY_FLAGS = frozenset("CNP")


def read(own: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of a JSON-stat text. Raises ImportFault."""
    if text.size > MAX_BYTES:
        raise ImporterError(
            f"{text.name}: JSON-stat beyond {MAX_BYTES >> 20} MB is not read; ask the publisher for SDMX-CSV or TSV, which stream."
        )
    document = parse_document(text.path.read_text(encoding="utf-8-sig"), text.name)
    try:
        names, rows = list(map(str, document["id"])), list(iterate_cells(document))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise ImporterError(
            f"{text.name} is not whole JSON-stat 2.0 (id, size, dimension, value do not fit together: {fault}); download it again."
        ) from None
    columns = {
        ("time_period" if name.lower() == "time" else name.lower()): f"d{place}"
        for place, name in enumerate(names)
    }
    own.register(
        "incoming", pd.DataFrame(rows, columns=[*columns.values(), "value", "flags", "secrecy"], dtype="str")
    )
    own.execute("create temp table observed as select * from incoming")
    own.unregister("incoming")
    extension = document.get("extension")
    table = extension.get("id", "") if isinstance(extension, dict) else ""
    return CellTable(
        "observed",
        columns,
        ("value", "flags", "secrecy"),
        lambda *texts: texts,
        table_id=str(table).lower(),
        last_update=str(document.get("updated", ""))[:10],
    )


def parse_document(text: str, name: str) -> dict:
    """A JSON object with its numbers as written. Raises ImportFault."""

    def refuse(word):
        raise ValueError(f"{word} is not a JSON number")

    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=refuse)
    except (ValueError, RecursionError) as fault:
        raise ImporterError(f"{name} is not whole JSON ({str(fault)[:80]}): download it again.") from None
    if not isinstance(document, dict):
        raise ImporterError(f"{name} is JSON but not a JSON-stat dataset: ask for format=JSON of one table.")
    if "error" in document or "warning" in document and "value" not in document:
        raise ImporterError(
            f"{name} is an answer without data ({str(document.get('error') or document.get('warning'))[:120]}): ask again, or for a smaller extraction."
        )
    return document


def iterate_cells(document: dict) -> Iterator[tuple[str, ...]]:
    """The codes of each cell, then its value, flags and secrecy. Raises KeyError, TypeError or ValueError on a document that does not hold together."""
    sizes = [int(size) for size in document["size"]]
    codes = [
        _get_category_codes(document["dimension"][name]["category"], size)
        for name, size in zip(document["id"], sizes, strict=True)
    ]
    most = math.prod(sizes)
    values, statuses = (
        _index_by_position(document["value"], most),
        _index_by_position(document.get("status") or {}, most),
    )
    steps = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    for position in sorted(values.keys() | statuses.keys()):
        value, status = values.get(position), statuses.get(position) or ""
        if isinstance(value, (bool, list, dict)) or not isinstance(status, str):
            raise ValueError(f"cell {position} holds {str(value)[:20]!r}")
        marks, _, secrecy = status.partition("@")
        secrecy = secrecy or "".join(letter for letter in marks if letter in CONFIDENTIALITY_FLAGS)
        where = [code[position // step % size] for code, step, size in zip(codes, steps, sizes)]
        yield (
            *where,
            "" if value is None else value,
            "".join(letter for letter in marks if letter not in CONFIDENTIALITY_FLAGS),
            secrecy,
        )


def _get_category_codes(category: dict, size: int) -> list[str]:
    """The codes of a dimension in order; one code alone may have a label only."""
    index = category.get("index", list(category.get("label", {})))
    codes = sorted(index, key=lambda code: int(index[code])) if isinstance(index, dict) else list(index)
    if (
        len(set(codes)) != size
        or isinstance(index, dict)
        and sorted(int(place) for place in index.values()) != list(range(size))
    ):
        raise ValueError(f"a dimension of {size} has {len(codes)} codes")
    return [str(code) for code in codes]


def _index_by_position(cells: dict | list | str, most: int) -> dict[int, str]:
    """Cells by position; a list has them all, a mapping some, one text is the same for all."""
    if isinstance(cells, str):
        raise ValueError("one status for all cells is not read")
    found = {
        int(place): cell for place, cell in (enumerate(cells) if isinstance(cells, list) else cells.items())
    }
    if any(not 0 <= place < most for place in found) or isinstance(cells, list) and len(found) != most:
        raise ValueError(f"{len(found)} cells do not fit in {most}")
    return found
