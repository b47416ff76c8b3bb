"""Addresses of a view: the plain one follows the newest data, the cited one says everything and the data version."""

from functools import lru_cache
from urllib.parse import urlencode

from ripresa.filters import ADDRESS, Filters, View, resolve

VERSION = "version"  # the parameter of a cited link that says which data it showed


def filters(view: View) -> Filters:
    """The choices of a view, defaults included."""
    return Filters(
        view.lang, view.level, view.geo, view.indicator.id, view.sector, view.gender, view.size, view.period
    )


def cited(view: View, version: str) -> dict[str, list[str]]:
    """Every parameter of a view and the data version."""
    return {**filters(view).to_address(), VERSION: [version]}


def plain(view: View) -> dict[str, list[str]]:
    """The fewest parameters that open this view on the newest data; the language always."""
    if view.page:  # asked for areas and an indicator, no more
        return Filters(view.lang, geo=view.geo, indicator=view.indicator.id).to_address()
    return {name: list(values) for name, values in _plain(view)}


def page(site: str, view: View, parameters: dict[str, list[str]]) -> str:
    """The address of a view's page: `site` is where the pages are, such as https://example.org."""
    return f"{site.rstrip('/')}/{view.page or view.topic}?{urlencode(parameters, doseq=True)}"


def spoken(view: View) -> str:
    """The view in one line, the same in both languages: what a fingerprint is of."""
    address = {name: values for name, values in filters(view).to_address().items() if name != "lang"}
    return urlencode({"topic": view.topic, **address}, doseq=True)


def same(view: View, other: View) -> bool:
    """Whether two views show the same, whatever was asked for on the way."""
    return filters(view) == filters(other) and view.topic == other.topic and view.editions == other.editions


@lru_cache(maxsize=512)
def _plain(view: View) -> tuple[tuple[str, tuple[str, ...]], ...]:
    address = filters(view).to_address()
    for name in reversed(ADDRESS[1:]):
        fewer = {key: values for key, values in address.items() if key != name}
        if same(resolve(Filters.from_address(fewer, view.lang), view.topic), view):
            address = fewer
    return tuple((name, tuple(values)) for name, values in address.items())
