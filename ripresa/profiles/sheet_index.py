"""The list of the sheets in a folder, as a page that needs nothing else."""

from pathlib import Path

from ripresa.database.query import ask
from ripresa.profiles import sheet


def page(folder: Path, lang: str) -> str:
    """The index of the sheets that are in the folder, in the groups of a profile's chooser."""
    there = [
        row
        for row in ask("profile_areas", lang=lang).itertuples()
        if (folder / sheet.file_name(row.code)).exists()
    ]
    return sheet.index(
        [(sheet.group(row.code, row.level, row.europe), row.code, row.name) for row in there], lang
    )
