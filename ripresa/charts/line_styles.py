"""Which areas a figure over time shows, and the look each keeps in every figure of a page."""

from collections.abc import Iterable

from ripresa.filters import View
from ripresa.observations.rows import unique_in_order

DEFAULT_AREAS = {
    "italy": ("ITA", "ITC", "ITH", "ITI", "ITF+ITG"),
    "europe": ("EU27_2020", "ITA", "DEU", "FRA", "ESP"),
    "world": ("WORLD", "ITA"),
}  # lines beside no choice
REFERENCE_AREAS = {
    "italy": ("ITA",),
    "europe": ("EU27_2020",),
    "world": ("WORLD",),
}  # lines beside the areas chosen
RESERVED_STYLES = {
    "ITA": 1,
    "EU27_2020": 2,
    "WORLD": 3,
}  # what others are compared with: one look on every page
MAX_STYLES = 6  # as many lines have a colour and a name; the others are grey


def select_areas_to_plot(view: View) -> tuple[str, ...]:
    """The areas whose lines a view is shown with."""
    if view.chart == "series":
        return view.geo
    return (
        (*view.geo, *(code for code in REFERENCE_AREAS[view.level] if code not in view.geo))
        if view.geo
        else DEFAULT_AREAS[view.level]
    )


def assign_styles(known: list[dict], asked: Iterable[str]) -> dict[str, int]:
    """The number of the look of each area that has one: all if they are few, else those asked for, Italy and the EU.

    It follows from the area's place among those asked for, with figures here or not; an area past the last look takes one that nobody here has.
    """
    areas = unique_in_order(known, "geo")
    asked = list(
        dict.fromkeys(
            (
                *asked,
                *(areas if len(areas) <= MAX_STYLES else (geo for geo in RESERVED_STYLES if geo in areas)),
            )
        )
    )
    there = [geo for geo in asked if geo in areas][:MAX_STYLES]
    own = {geo: RESERVED_STYLES[geo] for geo in asked if geo in RESERVED_STYLES}
    given = own | dict(
        zip((geo for geo in asked if geo not in own), (i for i in range(MAX_STYLES) if i not in own.values()))
    )
    spare = iter(set(range(MAX_STYLES)) - {given.get(geo) for geo in there})
    return {geo: given[geo] if geo in given else next(spare) for geo in there}
