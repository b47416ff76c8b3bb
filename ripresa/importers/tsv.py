"""Eurostat's tab-separated tables: a line a series, a column a period, flags after the value."""

import re

import duckdb

from ripresa.importers import cell_reader
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

CELL_PATTERN = re.compile(r"(?P<value>:|[^\s@a-z:]*)\s*(?P<flags>[a-z ]*)(?:@(?P<secrecy>[A-Z]))?")


def read(own: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of a TSV text. The table's name is not in it: the file's name says it. Raises ImportFault."""
    names, periods = _parse_header(text.require_complete())
    source = cell_reader.build_csv_scan(text.path, ["key", *periods], "\t", quote="")
    renamed = ", ".join(
        f"coalesce(c{place}, '') as \"{period}\"" for place, period in enumerate(periods, start=1)
    )
    keys = ", ".join(f"trim(codes[{place}]) as k{place}" for place in range(1, len(names) + 1))
    wrong = f"error('IMPORT: series ' || c0 || ' has ' || len(string_split(c0, ',')) || ' codes where line 1 names {len(names)}; the file was edited, download it again')"
    relation = (
        f"(select {keys}, time, cell from (unpivot "
        f"(select case when len(string_split(c0, ',')) = {len(names)} then string_split(c0, ',') else {wrong} end as codes, {renamed} from {source}) "
        "on columns(* exclude codes) into name time value cell))"
    )
    dimensions = {name: f"k{place}" for place, name in enumerate(names, start=1)} | {"time_period": "time"}
    cell_reader.fetch_first_row(own, f"select * from {relation}", text.name)
    return CellTable(
        relation,
        dimensions,
        ("cell",),
        parse_cell,
        table_id=re.sub(r"^estat_|\.(tsv|txt|gz).*$", "", text.name.lower()),
    )


def parse_cell(cell: str) -> tuple[str, str, str]:
    """'12.3 bp', ': u', ':', '4.5', ': @C' as value, flags and secrecy. Raises ImportFault."""
    found = CELL_PATTERN.fullmatch(cell.strip())
    if not found:
        raise ImporterError(f"cell {cell[:40]!r} is not a value with flags after it.")
    return found["value"], found["flags"], found["secrecy"] or ""


def _parse_header(text: TextFile) -> tuple[list[str], list[str]]:
    """Dimensions and periods of line 1: 'freq,unit,geo\\TIME_PERIOD', '2019 ', '2020 '."""
    first, *periods = text.head.partition("\n")[0].rstrip("\r").split("\t")
    names, _, across = first.partition("\\")
    periods = [period.strip() for period in periods]
    if (
        across.strip().lower() not in ("time_period", "time")
        or not periods
        or not all(re.fullmatch(r"[\dSQMWH-]{4,10}", period) for period in periods)
    ):
        raise ImporterError(
            f"{text.name}, line 1: a Eurostat TSV begins with its dimensions, then \\TIME_PERIOD, then the periods; download it again."
        )
    if len(set(periods)) < len(periods):
        raise ImporterError(f"{text.name}, line 1: a period stands there twice; download it again.")
    return [name.strip().lower() for name in names.split(",")], periods
