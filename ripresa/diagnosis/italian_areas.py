"""The regions and macro-areas of Italy in official statistics, from the list of geographies."""

import csv
from functools import cache

from ripresa import settings

ITALY = "ITA"


@cache
def load_italian_areas() -> dict[str, dict[str, str]]:
    """{code: {"parent": macro-area or Italy, "it": name, "en": name}}, in the order of the list."""
    with settings.GEOGRAPHIES.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: {"parent": row["parent"], "it": row["name_it"], "en": row["name_en"]}
            for row in csv.DictReader(file)
            if row["level"] in ("macro", "area") and row["code"].startswith("IT")
        }


def get_region_codes() -> tuple[str, ...]:
    """Codes of the 21 Italian regions (Trento and Bolzano count as two)."""
    return tuple(code for code, area in load_italian_areas().items() if area["parent"] != ITALY)


def get_macro_area_codes() -> tuple[str, ...]:
    """Codes of the macro-areas the regions belong to."""
    return tuple(code for code, area in load_italian_areas().items() if area["parent"] == ITALY)
