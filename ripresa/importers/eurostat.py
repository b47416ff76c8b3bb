"""Eurostat's tables: SDMX-CSV of both generations, TSV, JSON-stat."""

from pathlib import Path

from ripresa.importers import cell_reader, jsonstat_reader, sdmx, table_mapping, tsv
from ripresa.importers.records import ImportBatch
from ripresa.importers.text_files import TextFile

DATASET_URL = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data/{id}"
DOWNLOAD_URL = (
    "https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/{id}?format=SDMX-CSV&compressed=true"
)
ACCEPT = "*/*"


def read(text: TextFile, root: Path, table: str = "", since: str = "") -> ImportBatch:
    """The figures of a Eurostat file. Raises ImportFault."""
    with cell_reader.open_connection() as own:
        found = form(text).read(own, text)
        wanted = table_mapping.get_table_mapping(table or found.table_id, "eurostat", text.name)
        citation = {
            "publisher": "Eurostat",
            "title": f"{wanted.title} ({wanted.id})",
            "url": DATASET_URL.format(id=wanted.id),
            "published": f"updated {found.last_update}" if found.last_update else f"file of {text.file_date}",
        }
        figures, dropped = table_mapping.build_observations(
            own, found, wanted, table_mapping.CodeLookup.load(root), citation, since, text.name
        )
    return ImportBatch(wanted.source, wanted.id, figures, dropped, [citation["published"]])


def form(text: TextFile):
    """The module that reads this text: its first characters say which."""
    start = text.head.lstrip()
    line = start.partition("\n")[0]
    return jsonstat_reader if start.startswith(("{", "[")) else tsv if "\\" in line and "\t" in line else sdmx


def address(id: str) -> str:
    """Where a table of this id is downloaded."""
    return DOWNLOAD_URL.format(id=table_mapping.get_table_mapping(id, "eurostat", id).id)
