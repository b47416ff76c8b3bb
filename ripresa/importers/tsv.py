"""Eurostat's tab-separated tables: a line per series, a column per period, flags after the value."""

import re

import duckdb

from ripresa.importers import cell_reader
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

CELL_PATTERN = re.compile(r"(?P<value>:|[^\s@a-z:]*)\s*(?P<flags>[a-z ]*)(?:@(?P<secrecy>[A-Z]))?")


def read(connection: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of a TSV text; the table's id is taken from the name of the file. Raises ImporterError."""
    names, periods = _parse_header(text.require_complete())
    scan = cell_reader.build_csv_scan(text.path, ["key", *periods], "\t", quote="")
    cells = ", ".join(
        f"coalesce(c{position}, '') as \"{period}\"" for position, period in enumerate(periods, start=1)
    )
    keys = {name: f"k{position}" for position, name in enumerate(names, start=1)}
    key_columns = ", ".join(
        f"trim(codes[{position}]) as k{position}" for position in range(1, len(names) + 1)
    )
    error = (
        "error('IMPORT: series ' || c0 || ' has ' || len(string_split(c0, ',')) || ' codes where line 1 "
        f"names {len(names)}; the file was edited, download it again')"
    )
    split = f"case when len(string_split(c0, ',')) = {len(names)} then string_split(c0, ',') else {error} end"
    relation = (
        f"(select {key_columns}, time, cell from (unpivot (select {split} as codes, {cells} from {scan}) "
        "on columns(* exclude codes) into name time value cell))"
    )
    cell_reader.fetch_first_row(connection, f"select * from {relation}", text.name)
    return CellTable(
        relation,
        keys | {"time_period": "time"},
        ("cell",),
        parse_cell,
        table_id=re.sub(r"^estat_|\.(tsv|txt|gz).*$", "", text.name.lower()),
    )


def parse_cell(cell: str) -> tuple[str, str, str]:
    """'12.3 bp', ': u', ':', '4.5', ': @C' as value, flags and confidentiality. Raises ImporterError."""
    match = CELL_PATTERN.fullmatch(cell.strip())
    if not match:
        raise ImporterError(f"cell {cell[:40]!r} is not a value with flags after it.")
    return match["value"], match["flags"], match["secrecy"] or ""


def _parse_header(text: TextFile) -> tuple[list[str], list[str]]:
    """Dimensions and periods of line 1: 'freq,unit,geo\\TIME_PERIOD', '2019 ', '2020 '."""
    key, *periods = text.first_line.split("\t")
    names, _, column_dimension = key.partition("\\")
    periods = [period.strip() for period in periods]
    if (
        column_dimension.strip().lower() not in ("time_period", "time")
        or not periods
        or not all(re.fullmatch(r"[\dSQMWH-]{4,10}", period) for period in periods)
    ):
        raise ImporterError(
            f"{text.name}, line 1: a Eurostat TSV begins with its dimensions, then \\TIME_PERIOD, "
            "then the periods; download it again."
        )
    if len(set(periods)) < len(periods):
        raise ImporterError(f"{text.name}, line 1: a period stands there twice; download it again.")
    return [name.strip().lower() for name in names.split(",")], periods
