"""Which areas a figure over time shows, and the look each keeps in every figure of a page."""

from collections.abc import Iterable

from ripresa.filters import View
from ripresa.observations.rows import first_each

COMPANY = {
    "italy": ("ITA", "ITC", "ITH", "ITI", "ITF+ITG"),
    "europe": ("EU27_2020", "ITA", "DEU", "FRA", "ESP"),
    "world": ("WORLD", "ITA"),
}  # lines beside no choice
BESIDE = {"italy": ("ITA",), "europe": ("EU27_2020",), "world": ("WORLD",)}  # lines beside the areas chosen
OWN = {"ITA": 1, "EU27_2020": 2, "WORLD": 3}  # what others are compared with: one look on every page
LOOKS = 6  # as many lines have a colour and a name; the others are grey


def company(view: View) -> tuple[str, ...]:
    """The areas whose lines a view is shown with."""
    if view.chart == "series":
        return view.geo
    return (
        (*view.geo, *(code for code in BESIDE[view.level] if code not in view.geo))
        if view.geo
        else COMPANY[view.level]
    )


def looks(known: list[dict], asked: Iterable[str]) -> dict[str, int]:
    """The number of the look of each area that has one: all if they are few, else those asked for, Italy and the EU.

    It follows from the area's place among those asked for, with figures here or not; an area past the last look takes one that nobody here has.
    """
    areas = first_each(known, "geo")
    asked = list(
        dict.fromkeys((*asked, *(areas if len(areas) <= LOOKS else (geo for geo in OWN if geo in areas))))
    )
    there = [geo for geo in asked if geo in areas][:LOOKS]
    own = {geo: OWN[geo] for geo in asked if geo in OWN}
    given = own | dict(
        zip((geo for geo in asked if geo not in own), (i for i in range(LOOKS) if i not in own.values()))
    )
    spare = iter(set(range(LOOKS)) - {given.get(geo) for geo in there})
    return {geo: given[geo] if geo in given else next(spare) for geo in there}
