"""SDMX-CSV as Eurostat and ISTAT write it.

Eurostat's first generation begins with DATAFLOW and LAST UPDATE; its second begins with STRUCTURE, and
alternates codes and labels.
"""

import re

import duckdb

from ripresa.importers import cell_reader
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImporterError
from ripresa.importers.text_files import TextFile

FLAG_COLUMNS = ("obs_flag", "obs_status")
VALUE_COLUMNS = ("obs_value", "conf_status", *FLAG_COLUMNS)


def read(connection: duckdb.DuckDBPyConnection, text: TextFile) -> CellTable:
    """The cells of an SDMX-CSV text. Raises ImporterError."""
    delimiter, names = _parse_header(text.require_complete())
    repeated = [name for name in ("time_period", *VALUE_COLUMNS) if names.count(name) > 1]
    if repeated:
        raise ImporterError(f"{text.name}, line 1: column {repeated[0]} stands there twice; export it again.")
    # Of columns with the same name the first counts.
    columns = {name: f"c{position}" for position, name in reversed(list(enumerate(names)))}
    scan = cell_reader.build_csv_scan(text.path, names, delimiter)
    flags = next((columns[name] for name in FLAG_COLUMNS if name in columns), "''")
    secrecy = columns.get("conf_status", "''")
    filled = ", ".join(f"coalesce(c{position}, '') as c{position}" for position in range(len(names)))
    relation = f"(select *, {flags} as flags, {secrecy} as secrecy from (select {filled} from {scan}))"
    metadata = [columns.get(name, "''") for name in ("dataflow", "structure_id", "last update")]
    dataflow, structure, update = cell_reader.fetch_first_row(
        connection, f"select {', '.join(metadata)} from {relation}", text.name
    )
    return CellTable(
        relation,
        {name: column for name, column in columns.items() if name not in VALUE_COLUMNS},
        (columns["obs_value"], "flags", "secrecy"),
        _parse_cell,
        table_id=_parse_table_id(structure or dataflow),
        last_update=_parse_date(update),
    )


def _parse_cell(value: str, flags: str, secrecy: str) -> tuple[str, str, str]:
    return value, strip_label(flags), strip_label(secrecy)


def strip_label(cell: str) -> str:
    """The code of a cell that may carry its label: 'A: annual' is 'A'."""
    return cell.partition(":")[0].strip() if cell != ":" else cell


def _parse_header(text: TextFile) -> tuple[str, list[str]]:
    """The delimiter, and the column names in lower case without labels."""
    for delimiter, headings in text.iterate_headers():
        names = [strip_label(heading) for heading in headings]
        if {"time_period", "obs_value"} <= set(names):
            return delimiter, names
    raise ImporterError(
        f"{text.name}, line 1: columns TIME_PERIOD and OBS_VALUE are missing; "
        "ask the publisher for SDMX-CSV with its header."
    )


def _parse_table_id(dataflow: str) -> str:
    """'ESTAT:ISOC_E_DII$DEFAULTVIEW(1.0)' and 'IT1:183_277_DF(1.0)' give isoc_e_dii and 183_277_df."""
    match = re.search(r"[:,]([^:,$(]+)", dataflow)
    return (match[1] if match else dataflow).strip().lower()


def _parse_date(update: str) -> str:
    """An ISO date: '22/05/26 11:00:00' gives 2026-05-22; empty where there is no date."""
    if match := re.match(r"(\d\d)/(\d\d)/(?:20)?(\d\d)\b", update):
        day, month, year = match.groups()
        return f"20{year}-{month}-{day}" if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else ""
    match = re.match(r"\d{4}-\d\d-\d\d", update)
    return match[0] if match else ""
