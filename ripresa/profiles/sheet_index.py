"""The index page of the sheets in a folder."""

from pathlib import Path

from ripresa.database.query import get_data_version, run_query
from ripresa.i18n import get_language_name, t
from ripresa.observations.rows import Row
from ripresa.profiles.area_profile import frame_to_dicts
from ripresa.profiles.profile_html import build_pdf_name, load_style
from ripresa.settings import LANGS
from ripresa.templating import render_template


def render_sheet_index(folder: Path, lang: str) -> str:
    """An HTML page that links the sheets in the folder, in the groups of the profile page's area list."""
    groups: dict[str, list[dict[str, str]]] = {}
    for area in frame_to_dicts(run_query("profile_areas", lang=lang)):
        file_name = build_pdf_name(area["code"])
        if (folder / file_name).exists():
            groups.setdefault(_get_group(area), []).append({"file_name": file_name, "name": area["name"]})
    page = render_template(
        "profiles/sheet_index.html",
        lang=lang,
        t=t,
        style=load_style(),
        version=get_data_version(),
        other_languages=[(other, get_language_name(other)) for other in LANGS if other != lang],
        groups=groups,
    )
    return f"{page}\n"


def _get_group(area: Row) -> str:
    """The group of a row of queries/profile_areas.sql in the list: italy, area, europe or world."""
    if area["code"] == "ITA" or area["level"] == "macro":
        return "italy"
    if area["level"] == "area":
        return "area"
    return "europe" if area["europe"] else "world"
