"""ISTAT's tables as SDMX-CSV: the ASIA register, and business demography where it carries labels."""

from dataclasses import replace
from pathlib import Path

from ripresa.importers import cell_reader, sdmx, table_mapping
from ripresa.importers.records import Reading
from ripresa.importers.text_files import Text

DOWNLOAD = "https://esploradati.istat.it/SDMXWS/rest/data/IT1,{flow},1.0/{key}"
ACCEPT = "application/vnd.sdmx.data+csv;version=1.0.0"


def read(text: Text, root: Path, table: str = "", since: str = "") -> Reading:
    """The figures of an ISTAT file. Raises ImportFault."""
    with cell_reader.connection() as own:
        found = sdmx.read(own, text)
        wanted = table_mapping.table(table or found.table, "istat", text.name)
        citation = {
            "publisher": "ISTAT",
            "title": f"{wanted.title} ({found.table or wanted.id})",
            "url": "https://esploradati.istat.it/",
            "published": f"file of {text.day}",
        }
        lower = replace(found, split=lambda *texts: _split(*found.split(*texts)))
        figures, dropped = table_mapping.figures(
            own, lower, wanted, table_mapping.Lists.read(root), citation, since, text.name
        )
    return Reading(wanted.source, wanted.id, figures, dropped, [citation["published"]])


def _split(value: str, flags: str, secrecy: str) -> tuple[str, str, str]:
    """ISTAT writes flags in either case; A is a normal value."""
    return value, flags.lower(), secrecy


def address(id: str) -> str:
    """Where a table of this id is downloaded."""
    wanted = table_mapping.table(id, "istat", id)
    return DOWNLOAD.format(flow=wanted.id.upper(), key=wanted.key)
