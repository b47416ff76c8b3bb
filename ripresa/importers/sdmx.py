"""SDMX-CSV, as Eurostat (DATAFLOW and LAST UPDATE first; or STRUCTURE first, codes and labels in turn) and ISTAT write it."""

import csv
import io
import re

import duckdb

from ripresa.importers import cell_reader
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

FLAG_COLUMNS = ("obs_flag", "obs_status")


def read(own: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of an SDMX-CSV text. Raises ImportFault."""
    names, delimiter = _parse_header(text.require_complete())
    place = {name: f"c{number}" for number, name in reversed(list(enumerate(names)))}
    twice = [
        name for name in ("time_period", "obs_value", "conf_status", *FLAG_COLUMNS) if names.count(name) > 1
    ]
    if twice:
        raise ImporterError(f"{text.name}, line 1: column {twice[0]} stands there twice; export it again.")
    source = cell_reader.build_csv_scan(text.path, names, delimiter)
    flags = next((place[name] for name in FLAG_COLUMNS if name in place), "''")
    secrecy = place.get("conf_status", "''")
    filled = ", ".join(f"coalesce(c{number}, '') as c{number}" for number in range(len(names)))
    relation = f"(select *, {flags} as flags, {secrecy} as secrecy from (select {filled} from {source}))"
    about = [place.get(name, "''") for name in ("dataflow", "structure_id", "last update")]
    dataflow, structure, update = cell_reader.fetch_first_row(
        own, f"select {', '.join(about)} from {relation}", text.name
    )
    dimensions = {
        name: column
        for name, column in place.items()
        if name not in ("obs_value", "conf_status", *FLAG_COLUMNS)
    }
    return CellTable(
        relation,
        dimensions,
        (place["obs_value"], "flags", "secrecy"),
        _parse_cell,
        table_id=_parse_table_id(structure or dataflow),
        last_update=_parse_date(update),
    )


def _parse_cell(value: str, flags: str, secrecy: str) -> tuple[str, str, str]:
    return value, strip_label(flags), strip_label(secrecy)


def strip_label(cell: str) -> str:
    """The code of a cell that may carry its label: 'A: annual' is 'A'."""
    return cell.partition(":")[0].strip() if cell != ":" else cell


def _parse_header(text: TextFile) -> tuple[list[str], str]:
    """Column names in lower case without labels, and the delimiter."""
    line = text.head.partition("\n")[0].rstrip("\r")
    for delimiter in (",", ";", "\t"):
        try:
            names = [
                strip_label(name).lower()
                for name in next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True), [])
            ]
        except csv.Error:
            continue
        if {"time_period", "obs_value"} <= set(names):
            return names, delimiter
    raise ImporterError(
        f"{text.name}, line 1: columns TIME_PERIOD and OBS_VALUE are missing; ask the publisher for SDMX-CSV with its header."
    )


def _parse_table_id(dataflow: str) -> str:
    """'ESTAT:ISOC_E_DII$DEFAULTVIEW(1.0)' and 'IT1:183_277_DF(1.0)' name isoc_e_dii and 183_277_df."""
    found = re.search(r"[:,]([^:,$(]+)", dataflow)
    return found[1].strip().lower() if found else dataflow.strip().lower()


def _parse_date(update: str) -> str:
    """'22/05/26 11:00:00' is 2026-05-22; ISO dates stay; anything else is not known."""
    if found := re.match(r"(\d\d)/(\d\d)/(?:20)?(\d\d)\b", update):
        day, month, year = found.groups()
        return f"20{year}-{month}-{day}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else ""
    found = re.match(r"\d{4}-\d\d-\d\d", update)
    return found[0] if found else ""
