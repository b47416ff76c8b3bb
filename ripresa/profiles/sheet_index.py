"""The list of the sheets in a folder, as a page that needs nothing else."""

from pathlib import Path

from ripresa.database.query import run_query
from ripresa.profiles import sheet


def render_sheet_index(folder: Path, lang: str) -> str:
    """The index of the sheets that are in the folder, in the groups of a profile's chooser."""
    there = [
        row
        for row in run_query("profile_areas", lang=lang).itertuples()
        if (folder / sheet.build_pdf_name(row.code)).exists()
    ]
    return sheet.render_index(
        [(sheet.get_area_group(row.code, row.level, row.europe), row.code, row.name) for row in there], lang
    )
