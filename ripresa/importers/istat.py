"""ISTAT's tables as SDMX-CSV: the ASIA register, and business demography where it carries labels."""

from dataclasses import replace
from pathlib import Path

from ripresa.importers import cell_reader, sdmx, table_mapping
from ripresa.importers.records import ImportBatch
from ripresa.importers.text_files import TextFile

DOWNLOAD_URL = "https://esploradati.istat.it/SDMXWS/rest/data/IT1,{flow},1.0/{key}"
ACCEPT = "application/vnd.sdmx.data+csv;version=1.0.0"


def read(text: TextFile, root: Path, table: str = "", since: str = "") -> ImportBatch:
    """The figures of an ISTAT file. Raises ImportFault."""
    with cell_reader.open_connection() as own:
        found = sdmx.read(own, text)
        wanted = table_mapping.get_table_mapping(table or found.table_id, "istat", text.name)
        citation = {
            "publisher": "ISTAT",
            "title": f"{wanted.title} ({found.table_id or wanted.id})",
            "url": "https://esploradati.istat.it/",
            "published": f"file of {text.file_date}",
        }
        lower = replace(found, parse_cell=lambda *texts: _lowercase_flags(*found.parse_cell(*texts)))
        figures, dropped = table_mapping.build_observations(
            own, lower, wanted, table_mapping.CodeLookup.load(root), citation, since, text.name
        )
    return ImportBatch(wanted.source, wanted.id, figures, dropped, [citation["published"]])


def _lowercase_flags(value: str, flags: str, secrecy: str) -> tuple[str, str, str]:
    """ISTAT writes flags in either case; A is a normal value."""
    return value, flags.lower(), secrecy


def address(id: str) -> str:
    """Where a table of this id is downloaded."""
    wanted = table_mapping.get_table_mapping(id, "istat", id)
    return DOWNLOAD_URL.format(flow=wanted.id.upper(), key=wanted.key)
