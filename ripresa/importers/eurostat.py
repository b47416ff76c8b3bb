"""Eurostat's tables: SDMX-CSV of both generations, TSV, JSON-stat."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from ripresa.importers import cell_reader, jsonstat_reader, sdmx, table_mapping, tsv
from ripresa.importers.cell_reader import CellTable
from ripresa.importers.records import ImportBatch, ReadOptions
from ripresa.importers.text_files import TextFile

DATASET_URL = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data/{id}"
DOWNLOAD_URL = (
    "https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/{id}?format=SDMX-CSV&compressed=true"
)
ACCEPT = "*/*"


def read(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of a Eurostat file. Raises ImporterError."""
    with cell_reader.open_connection() as connection:
        cells = detect_format(text)(connection, text)
        table = table_mapping.get_table_mapping(options.table or cells.table_id, "eurostat", text.name)
        citation = {
            "publisher": "Eurostat",
            "title": f"{table.title} ({table.id})",
            "url": DATASET_URL.format(id=table.id),
            "published": f"updated {cells.last_update}" if cells.last_update else f"file of {text.file_date}",
        }
        return table_mapping.read_table(
            connection, cells, table, citation=citation, root=root, since=options.since, name=text.name
        )


def detect_format(text: TextFile) -> Callable[[duckdb.DuckDBPyConnection, TextFile], CellTable]:
    """The reader of the format that the beginning of the text has."""
    start = text.head.lstrip()
    if start.startswith(("{", "[")):
        return jsonstat_reader.read
    line = start.partition("\n")[0]
    return tsv.read if "\\" in line and "\t" in line else sdmx.read


def get_download_url(id: str) -> str:
    """Address of a table. Raises ImporterError where it feeds no indicator."""
    return DOWNLOAD_URL.format(id=table_mapping.get_table_mapping(id, "eurostat", id).id)
