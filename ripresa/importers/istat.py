"""ISTAT's tables as SDMX-CSV: the ASIA register, and business demography where it carries labels."""

from dataclasses import replace
from pathlib import Path

from ripresa.importers import cell_reader, sdmx, table_mapping
from ripresa.importers.records import ImportBatch, ReadOptions
from ripresa.importers.text_files import TextFile

DOWNLOAD_URL = "https://esploradati.istat.it/SDMXWS/rest/data/IT1,{flow},1.0/{key}"
ACCEPT = "application/vnd.sdmx.data+csv;version=1.0.0"


def read(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of an ISTAT file. Raises ImporterError."""
    with cell_reader.open_connection() as connection:
        cells = sdmx.read(connection, text)
        parse_cell = cells.parse_cell

        def parse_lowercase_flags(*texts: str) -> tuple[str, str, str]:
            """ISTAT writes flags in either case; A is a normal value."""
            value, flags, secrecy = parse_cell(*texts)
            return value, flags.lower(), secrecy

        cells = replace(cells, parse_cell=parse_lowercase_flags)
        table = table_mapping.get_table_mapping(options.table or cells.table_id, "istat", text.name)
        citation = {
            "publisher": "ISTAT",
            "title": f"{table.title} ({cells.table_id or table.id})",
            "url": "https://esploradati.istat.it/",
            "published": f"file of {text.file_date}",
        }
        return table_mapping.read_table(
            connection, cells, table, citation=citation, root=root, since=options.since, name=text.name
        )


def get_download_url(id: str) -> str:
    """Address of a table. Raises ImporterError where it feeds no indicator."""
    table = table_mapping.get_table_mapping(id, "istat", id)
    return DOWNLOAD_URL.format(flow=table.id.upper(), key=table.key)
