"""A published table as cells: read twice through DuckDB, so that only the cells that feed an indicator ever reach Python."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pandas as pd

from ripresa.importers.records import DroppedCells, DropReason, ImporterError

MEMORY_LIMIT = "384MB"
MAX_SERIES = 2_000_000
FETCH_SIZE = 20_000


@dataclass(frozen=True)
class CellTable:
    """A relation with a text column for each dimension, `time`, and the texts of the cell; nothing in it is null."""

    relation: str
    dimensions: dict[str, str]  # name in lower case -> column
    value_columns: tuple[str, ...]  # columns of the cell, in the order that `split` takes them
    parse_cell: Callable[..., tuple[str, ...]]  # texts -> value, flags, secrecy
    table_id: str = ""  # the publisher's id, where the file says it
    last_update: str = ""  # ISO day of the publisher's last update, where the file says it


@dataclass(frozen=True)
class CodeClassifier:
    """Sorts the codes of some dimensions: fields of a figure, or a Drop."""

    columns: tuple[str, ...]
    classify: Callable[..., dict | DropReason]


@contextmanager
def open_connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of one's own, bounded in memory, that spills to a folder which disappears."""
    with TemporaryDirectory(prefix="import-") as folder:
        config = {
            "memory_limit": MEMORY_LIMIT,
            "threads": 2,
            "temp_directory": folder,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
        with duckdb.connect(config=config) as own:
            yield own


def build_csv_scan(path: Path, names: list[str], delimiter: str, quote: str = '"') -> str:
    """SQL that reads a delimited text with a header, every column as text under its position: c0, c1, ..."""
    columns = ", ".join(f"'c{place}': 'varchar'" for place in range(len(names)))

    def literal(text):
        return "'" + text.replace("'", "''") + "'"

    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, skip=1, delim={literal(delimiter)}, quote={literal(quote)}, escape={literal(quote)}, "
        f"columns={{{columns}}}, strict_mode=true, null_padding=false, ignore_errors=false, nullstr='')"
    )


def fetch_first_row(own: duckdb.DuckDBPyConnection, sql: str, name: str) -> tuple:
    """The first row of a query. Raises ImportFault."""
    try:
        row = own.execute(f"{sql} limit 1").fetchone()
    except duckdb.Error as fault:
        raise ImporterError(describe_duckdb_error(fault, name)) from None
    if row is None:
        raise ImporterError(f"{name} has a header and no rows: ask the publisher for the whole table.")
    return row


def read_matching_cells(
    own: duckdb.DuckDBPyConnection,
    cells: CellTable,
    series: CodeClassifier,
    areas: CodeClassifier,
    times: CodeClassifier,
    dropped: DroppedCells,
    name: str,
) -> Iterator[tuple[dict, dict, dict, tuple]]:
    """The cells whose series, area and time feed an indicator, as (series, area, time, texts), in a stable order; the others are counted in `dropped`."""
    try:
        yield from _iterate_matching_cells(own, cells, (series, areas, times), dropped, name)
    except duckdb.Error as fault:
        raise ImporterError(describe_duckdb_error(fault, name)) from None


def _iterate_matching_cells(
    own: duckdb.DuckDBPyConnection,
    cells: CellTable,
    sorts: tuple[CodeClassifier, CodeClassifier, CodeClassifier],
    dropped: DroppedCells,
    name: str,
) -> Iterator[tuple]:
    kept: list[dict[int, dict | DropReason]] = []
    for place, (sort, combinations) in enumerate(zip(sorts, _count_combinations(own, cells, sorts, name))):
        verdicts = [sort.classify(*codes) for codes, _ in combinations]
        numbers = [
            -1 - number if isinstance(verdict, DropReason) else number
            for number, verdict in enumerate(verdicts)
        ]  # below zero: not wanted
        _create_lookup_table(
            own,
            f"sort{place}",
            sort.columns,
            [(*codes, number) for (codes, _), number in zip(combinations, numbers)],
        )
        kept.append(dict(zip(numbers, verdicts)))
        if place == 0:
            for verdict, (_, times) in zip(verdicts, combinations):
                if isinstance(verdict, DropReason):
                    dropped.add(verdict, times)
    joins = " ".join(
        f"join sort{place} on " + " and ".join(f"sort{place}.{name} = cells.{name}" for name in sort.columns)
        for place, sort in enumerate(sorts)
    )
    texts = ", ".join(f"cells.{column}" for column in cells.value_columns)
    own.execute(
        f"create temp table fed as select sort0.id as series, sort1.id as area, sort2.id as time, {texts} from {cells.relation} as cells {joins} where sort0.id >= 0"
    )
    for area, time, times in own.execute(
        "select area, time, count(*) from fed where area < 0 or time < 0 group by all"
    ).fetchall():
        dropped.add(kept[1][area] if area < 0 else kept[2][time], times)
    found = own.execute("select * from fed where area >= 0 and time >= 0 order by all")
    while rows := found.fetchmany(FETCH_SIZE):
        for series, area, time, *cell in rows:
            yield kept[0][series], kept[1][area], kept[2][time], tuple(cell)


def _count_combinations(
    own: duckdb.DuckDBPyConnection, cells: CellTable, sorts: tuple[CodeClassifier, ...], name: str
) -> list[list[tuple[tuple, int]]]:
    """For each sort, its combinations of codes with how many cells each has: one pass over the file."""
    columns = [column for sort in sorts for column in sort.columns]
    sets = ", ".join(f"({', '.join(sort.columns)})" for sort in sorts)
    which = ", ".join(f"grouping({sort.columns[0]})" for sort in sorts)
    found = own.execute(
        f"select {which}, {', '.join(columns)}, count(*) from {cells.relation} as cells group by grouping sets ({sets})"
    )
    counted: list[list[tuple[tuple, int]]] = [[] for _ in sorts]
    starts = [sum(len(sort.columns) for sort in sorts[:place]) + len(sorts) for place in range(len(sorts))]
    total = 0
    while rows := found.fetchmany(FETCH_SIZE):
        total += len(rows)
        if total > MAX_SERIES:
            raise ImporterError(
                f"{name} has more than {MAX_SERIES:,} series: ask the publisher for a smaller extraction."
            )
        for row in rows:
            place = row[: len(sorts)].index(0)
            counted[place].append((row[starts[place] : starts[place] + len(sorts[place].columns)], row[-1]))
    return [sorted(combinations) for combinations in counted]


def _create_lookup_table(
    own: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], rows: list[tuple]
) -> None:
    frame = pd.DataFrame(rows, columns=[*columns, "id"])
    own.register("incoming", frame)
    own.execute(
        f"create or replace temp table {table} as select {', '.join(f'{column}::varchar as {column}' for column in columns)}, id::integer as id from incoming"
    )
    own.unregister("incoming")


def describe_duckdb_error(fault: duckdb.Error, name: str) -> str:
    """What DuckDB says of a file, as one sentence with the line."""
    words = str(fault)
    if found := re.search(r"IMPORT: (.+?)\.?(\n|$)", words):
        return f"{name}: {found[1]}."
    line = re.search(r"Line: (\d+)", words)
    where = f"{name}, line {int(line[1]):,}" if line else name
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", words):
        return f"{where}: {found[2]} columns where line 1 has {found[1]}; the file is cut short or a text lacks its quotes, download it again."
    if "quote" in words:
        return f"{where}: a quote is opened and not closed; the file is cut short or was edited, download it again."
    if "Maximum line size" in words or "maximum_line_size" in words:
        return f"{where}: longer than 2 MB; this is not a table with one row a line."
    if isinstance(fault, duckdb.OutOfMemoryException):
        return f"{name} does not fit in {MEMORY_LIMIT} of memory and the disk is full: free some space or ask for a smaller extraction."
    return f"{where} cannot be read as a table ({words.splitlines()[0][:120].rstrip('.')}): download or export it again."
