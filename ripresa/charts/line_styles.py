"""The areas of a line chart, and a colour and symbol for each that is stable across the figures of a page."""

from collections.abc import Iterable

from ripresa.filters import View
from ripresa.observations.rows import Row, unique_in_order

DEFAULT_AREAS = {  # without a selection
    "italy": ("ITA", "ITC", "ITH", "ITI", "ITF+ITG"),
    "europe": ("EU27_2020", "ITA", "DEU", "FRA", "ESP"),
    "world": ("WORLD", "ITA"),
}
REFERENCE_AREAS = {"italy": ("ITA",), "europe": ("EU27_2020",), "world": ("WORLD",)}  # next to selected areas
RESERVED_STYLES = {"ITA": 1, "EU27_2020": 2, "WORLD": 3}  # reference areas have one style on every page
MAX_STYLES = 6  # further lines are grey and have no label


def select_areas_to_plot(view: View) -> tuple[str, ...]:
    """The areas whose lines the figures of a view contain."""
    if view.chart == "series":
        return view.geo
    if not view.geo:
        return DEFAULT_AREAS[view.level]
    return tuple(dict.fromkeys((*view.geo, *REFERENCE_AREAS[view.level])))


def assign_styles(rows: Iterable[Row], preferred_areas: Iterable[str]) -> dict[str, int]:
    """The number of the style of each area that has one: all if they are few, else some.

    Preferred areas come first, then reference areas. The style depends only on the position among the
    preferred areas, whether these have rows or not. An area after the last style gets one that is not in use.
    """
    areas = unique_in_order(rows, "geo")
    extra_areas = areas if len(areas) <= MAX_STYLES else [geo for geo in RESERVED_STYLES if geo in areas]
    candidates = list(dict.fromkeys((*preferred_areas, *extra_areas)))
    styled = [geo for geo in candidates if geo in areas][:MAX_STYLES]
    styles = {geo: RESERVED_STYLES[geo] for geo in candidates if geo in RESERVED_STYLES}
    unreserved_areas = [geo for geo in candidates if geo not in styles]
    unreserved_styles = [style for style in range(MAX_STYLES) if style not in styles.values()]
    styles |= dict(zip(unreserved_areas, unreserved_styles, strict=False))
    spare = iter(set(range(MAX_STYLES)) - {styles.get(geo) for geo in styled})
    return {geo: styles[geo] if geo in styles else next(spare) for geo in styled}
