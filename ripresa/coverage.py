"""Codes that have data and their names, read from the database and cached by data version."""

from datetime import date
from typing import Literal, TypedDict, cast

from ripresa.database.query import cache_per_data_version, run_query

Breakdown = Literal["sector", "gender", "size"]

BREAKDOWNS: tuple[Breakdown, ...] = ("sector", "gender", "size")
COVERAGE_LEVELS = {
    "italy": ("italy", "italy_total", "macro"),
    "europe": ("europe", "other"),
    "world": ("world", "other"),
}


class CoverageRow(TypedDict):
    """How many areas of a level have an observation for one combination of codes."""

    indicator: str
    level: str
    sector: str
    gender: str
    size: str
    period: str
    edition: str
    period_start: date
    areas: int


def get_coverage(indicator: str, level: str, chart: str) -> list[CoverageRow]:
    """Coverage of an indicator at a level. A map uses only the rows of its areas wherever there are any."""
    rows = [row for row in load_coverage().get(indicator, ()) if row["level"] in COVERAGE_LEVELS[level]]
    return [row for row in rows if is_charted_at_level(row, level, chart)] or rows


def is_charted_at_level(row: CoverageRow, level: str, chart: str) -> bool:
    """Whether the chart of a level shows this row: a map has only the level's own areas."""
    return chart == "series" or row["level"] == level


@cache_per_data_version
def load_coverage() -> dict[str, list[CoverageRow]]:
    """Coverage rows by indicator."""
    return {
        str(indicator): cast(list[CoverageRow], rows.to_dict("records"))
        for indicator, rows in run_query("coverage").groupby("indicator")
    }


@cache_per_data_version
def get_labels(lang: str) -> dict[tuple[str, str], str]:
    """Names of sectors, sizes, genders and editions by (kind, code), in reading order."""
    labels = run_query("labels", lang=lang)
    keys = zip(labels["kind"], labels["code"], strict=True)
    return dict(zip(keys, labels["name"], strict=True))


@cache_per_data_version
def get_area_levels() -> dict[str, str]:
    """The geographic level of every area by code."""
    areas = run_query("areas", level="any", lang="en")
    return dict(zip(areas["code"], areas["level"], strict=True))


@cache_per_data_version
def get_area_names(lang: str) -> dict[str, str]:
    """The name of every area by code."""
    areas = run_query("areas", level="any", lang=lang)
    return dict(zip(areas["code"], areas["name"], strict=True))
