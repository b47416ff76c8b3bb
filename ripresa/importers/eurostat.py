"""Eurostat's tables: SDMX-CSV of both generations, TSV, JSON-stat."""

from pathlib import Path

from ripresa.importers import cell_reader, jsonstat_reader, sdmx, table_mapping, tsv
from ripresa.importers.records import Reading
from ripresa.importers.text_files import Text

DATA = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data/{id}"
DOWNLOAD = (
    "https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/{id}?format=SDMX-CSV&compressed=true"
)
ACCEPT = "*/*"


def read(text: Text, root: Path, table: str = "", since: str = "") -> Reading:
    """The figures of a Eurostat file. Raises ImportFault."""
    with cell_reader.connection() as own:
        found = form(text).read(own, text)
        wanted = table_mapping.table(table or found.table, "eurostat", text.name)
        citation = {
            "publisher": "Eurostat",
            "title": f"{wanted.title} ({wanted.id})",
            "url": DATA.format(id=wanted.id),
            "published": f"updated {found.updated}" if found.updated else f"file of {text.day}",
        }
        figures, dropped = table_mapping.figures(
            own, found, wanted, table_mapping.Lists.read(root), citation, since, text.name
        )
    return Reading(wanted.source, wanted.id, figures, dropped, [citation["published"]])


def form(text: Text):
    """The module that reads this text: its first characters say which."""
    start = text.start.lstrip()
    line = start.partition("\n")[0]
    return jsonstat_reader if start.startswith(("{", "[")) else tsv if "\\" in line and "\t" in line else sdmx


def address(id: str) -> str:
    """Where a table of this id is downloaded."""
    return DOWNLOAD.format(id=table_mapping.table(id, "eurostat", id).id)
