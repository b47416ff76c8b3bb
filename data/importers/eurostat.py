"""Eurostat's tables: SDMX-CSV of both generations, TSV, JSON-stat."""

from pathlib import Path

from data.importers import cells, jsonstat, sdmx, tables, tsv
from data.importers.figure import Reading
from data.importers.files import Text

DATA = "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data/{id}"
DOWNLOAD = (
    "https://ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data/{id}?format=SDMX-CSV&compressed=true"
)
ACCEPT = "*/*"


def read(text: Text, root: Path, table: str = "", since: str = "") -> Reading:
    """The figures of a Eurostat file. Raises ImportFault."""
    with cells.connection() as own:
        found = form(text).read(own, text)
        wanted = tables.table(table or found.table, "eurostat", text.name)
        citation = {
            "publisher": "Eurostat",
            "title": f"{wanted.title} ({wanted.id})",
            "url": DATA.format(id=wanted.id),
            "published": f"updated {found.updated}" if found.updated else f"file of {text.day}",
        }
        figures, dropped = tables.figures(
            own, found, wanted, tables.Lists.read(root), citation, since, text.name
        )
    return Reading(wanted.source, wanted.id, figures, dropped, [citation["published"]])


def form(text: Text):
    """The module that reads this text: its first characters say which."""
    start = text.start.lstrip()
    line = start.partition("\n")[0]
    return jsonstat if start.startswith(("{", "[")) else tsv if "\\" in line and "\t" in line else sdmx


def address(id: str) -> str:
    """Where a table of this id is downloaded."""
    return DOWNLOAD.format(id=tables.table(id, "eurostat", id).id)
