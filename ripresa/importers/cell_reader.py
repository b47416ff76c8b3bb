"""Streams the cells of a table through DuckDB, so that only cells that feed an indicator reach Python.

The file is scanned twice: once for the distinct combinations of codes, which Python classifies, and once for
the cells of the combinations that are used.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb
import pandas as pd

from ripresa.importers.records import DroppedCells, DropReason, ImporterError

MEMORY_LIMIT = "384MB"
MAX_SERIES = 2_000_000
FETCH_SIZE = 20_000

# Pattern in a message of DuckDB -> sentence for the user; the first that matches is used.
ERROR_SENTENCES = (
    (r"IMPORT: ([^\n]+)", "{name}: {0}."),  # raised by the SQL of an importer
    (
        r"Expected Number of Columns: (\d+) Found: (\d+)",
        "{location}: {1} columns where line 1 has {0}; "
        "the file is cut short or a text lacks its quotes, download it again.",
    ),
    (
        "quote",
        "{location}: a quote is opened and not closed; "
        "the file is cut short or was edited, download it again.",
    ),
    ("[Mm]aximum[ _]line[ _]size", "{location}: longer than 2 MB; this is not a table with one row a line."),
    (
        "^Out of Memory Error",
        f"{{name}} does not fit in {MEMORY_LIMIT} of memory and the disk is full: "
        "free some space or ask for a smaller extraction.",
    ),
    ("^(.{,120})", "{location} cannot be read as a table ({0}): download or export it again."),
)

Fields = Mapping[str, str]  # fields of an ObservationRecord


def keep_texts(value: str, flags: str, secrecy: str) -> tuple[str, str, str]:
    """Parser of a table whose value, flags and confidentiality are in separate columns."""
    return value, flags, secrecy


@dataclass(frozen=True)
class CellTable:
    """An SQL relation with one row per cell: a text column per dimension and those of its value; no nulls."""

    relation: str
    dimensions: Mapping[str, str]  # name in lower case -> column
    value_columns: tuple[str, ...]  # in the order of the parameters of `parse_cell`
    parse_cell: Callable[..., tuple[str, str, str]] = keep_texts  # -> value, flags, confidentiality
    table_id: str = ""  # the publisher's id, where the file has it
    last_update: str = ""  # ISO date of the publisher's last update, where the file has it


@dataclass(frozen=True)
class CodeClassifier:
    """Maps the codes of some columns to fields of an observation, or to the reason to drop their cells."""

    columns: tuple[str, ...]
    classify: Callable[..., Fields | DropReason]


class Classifiers(NamedTuple):
    """The three classifiers of a table. Their fields are disjoint and make up the key of an observation."""

    series: CodeClassifier
    area: CodeClassifier
    time: CodeClassifier


@dataclass(frozen=True)
class _ClassifiedCodes:
    """Results of a classifier by the id of their combination of codes; ids of dropped ones are negative."""

    fields: dict[int, Fields] = field(default_factory=dict)
    reasons: dict[int, DropReason] = field(default_factory=dict)


@contextmanager
def open_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB with a memory limit, which spills to a temporary folder."""
    with TemporaryDirectory(prefix="import-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "threads": 2,
            "temp_directory": folder,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
        with duckdb.connect(config=config) as connection:
            yield connection


def build_csv_scan(path: Path, names: Sequence[str], delimiter: str, quote: str = '"') -> str:
    """SQL that scans a delimited text with a header, with every column as text, named c0, c1, ..."""
    path_literal, delimiter, quote = (_quote_literal(text) for text in (str(path), delimiter, quote))
    columns = ", ".join(f"'c{position}': 'varchar'" for position in range(len(names)))
    return (
        f"read_csv({path_literal}, auto_detect=false, header=false, skip=1, delim={delimiter}, "
        f"quote={quote}, escape={quote}, columns={{{columns}}}, strict_mode=true, null_padding=false, "
        "ignore_errors=false, nullstr='')"
    )


def _quote_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def fetch_first_row(connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> tuple[str, ...]:
    """The first row of a query over text columns. Raises ImporterError."""
    try:
        row: tuple[str, ...] | None = connection.execute(f"{sql} limit 1").fetchone()
    except duckdb.Error as error:
        raise ImporterError(describe_duckdb_error(error, name)) from None
    if row is None:
        raise ImporterError(f"{name} has a header and no rows: ask the publisher for the whole table.")
    return row


def create_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[tuple[object, ...]],
) -> None:
    """Creates a temporary table from rows; columns: name -> SQL type."""
    connection.register("incoming", pd.DataFrame(rows, columns=list(columns)))
    casts = ", ".join(f"{column}::{sql_type} as {column}" for column, sql_type in columns.items())
    connection.execute(f"create or replace temp table {table} as select {casts} from incoming")
    connection.unregister("incoming")


def read_matching_cells(
    connection: duckdb.DuckDBPyConnection,
    cells: CellTable,
    classifiers: Classifiers,
    dropped: DroppedCells,
    name: str,
) -> Iterator[tuple[dict[str, str], tuple[str, ...]]]:
    """The cells that all classifiers accept, as (fields, texts of the value columns), in a stable order.

    The other cells are counted in `dropped`. Raises ImporterError.
    """
    try:
        series, areas, times = _create_lookup_tables(connection, cells, classifiers, dropped, name)
        connection.execute(_build_join(cells, classifiers))
        for area, time, count in connection.execute(
            "select area, time, count(*) from matching where area < 0 or time < 0 group by all"
        ).fetchall():
            dropped.add(areas.reasons[area] if area < 0 else times.reasons[time], count)
        result = connection.execute("select * from matching where area >= 0 and time >= 0 order by all")
        while rows := result.fetchmany(FETCH_SIZE):
            for series_id, area, time, *texts in rows:
                fields = {**series.fields[series_id], **areas.fields[area], **times.fields[time]}
                yield fields, tuple(texts)
    except duckdb.Error as error:
        raise ImporterError(describe_duckdb_error(error, name)) from None


def _create_lookup_tables(
    connection: duckdb.DuckDBPyConnection,
    cells: CellTable,
    classifiers: Classifiers,
    dropped: DroppedCells,
    name: str,
) -> list[_ClassifiedCodes]:
    """Classifies the codes; creates a table per classifier, lookup0 to lookup2, with result ids."""
    results = []
    counts = _count_combinations(connection, cells, classifiers, name)
    for position, (classifier, combinations) in enumerate(zip(classifiers, counts, strict=True)):
        classified, rows = _ClassifiedCodes(), []
        for number, (codes, count) in enumerate(combinations):
            result = classifier.classify(*codes)
            if isinstance(result, DropReason):
                number = -1 - number
                classified.reasons[number] = result
                if position == 0:  # cells dropped by a later classifier are counted after the join
                    dropped.add(result, count)
            else:
                classified.fields[number] = result
            rows.append((*codes, number))
        columns = dict.fromkeys(classifier.columns, "varchar") | {"id": "integer"}
        create_table(connection, f"lookup{position}", columns, rows)
        results.append(classified)
    return results


def _build_join(cells: CellTable, classifiers: Classifiers) -> str:
    """SQL that creates the table `matching`: the ids of series, area and time of each cell, and its texts."""
    joins = []
    for position, classifier in enumerate(classifiers):
        conditions = [f"lookup{position}.{column} = cells.{column}" for column in classifier.columns]
        joins.append(f"join lookup{position} on {' and '.join(conditions)}")
    texts = ", ".join(f"cells.{column}" for column in cells.value_columns)
    return (
        "create temp table matching as "
        f"select lookup0.id as series, lookup1.id as area, lookup2.id as time, {texts} "
        f"from {cells.relation} as cells {' '.join(joins)} where lookup0.id >= 0"
    )


def _count_combinations(
    connection: duckdb.DuckDBPyConnection, cells: CellTable, classifiers: Sequence[CodeClassifier], name: str
) -> list[list[tuple[tuple[str, ...], int]]]:
    """For each classifier, the combinations of its columns with their number of cells, in one scan."""
    columns = [column for classifier in classifiers for column in classifier.columns]
    sets = ", ".join(f"({', '.join(classifier.columns)})" for classifier in classifiers)
    markers = ", ".join(f"grouping({classifier.columns[0]})" for classifier in classifiers)
    result = connection.execute(
        f"select {markers}, {', '.join(columns)}, count(*) from {cells.relation} as cells "
        f"group by grouping sets ({sets})"
    )
    counts: list[list[tuple[tuple[str, ...], int]]] = [[] for _ in classifiers]
    total = 0
    while rows := result.fetchmany(FETCH_SIZE):
        total += len(rows)
        if total > MAX_SERIES:
            raise ImporterError(
                f"{name} has more than {MAX_SERIES:,} series: ask the publisher for a smaller extraction."
            )
        for row in rows:
            position = row.index(0)  # the marker of the grouping set that this row belongs to
            start = len(classifiers) + sum(len(other.columns) for other in classifiers[:position])
            codes = row[start : start + len(classifiers[position].columns)]
            counts[position].append((codes, row[-1]))
    return [sorted(combinations) for combinations in counts]


def describe_duckdb_error(error: duckdb.Error, name: str) -> str:
    """An error of DuckDB on a file as one sentence, with the line where it is known."""
    message = str(error)
    line = re.search(r"Line: (\d+)", message)
    location = f"{name}, line {int(line[1]):,}" if line else name
    for pattern, sentence in ERROR_SENTENCES:
        if match := re.search(pattern, message):
            groups = [group.rstrip(".") for group in match.groups()]
            return sentence.format(*groups, name=name, location=location)
    raise AssertionError("the last pattern matches every message")
