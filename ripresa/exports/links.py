"""URLs of a view: the short one follows the newest data, the permalink is pinned to a data version."""

from functools import lru_cache
from urllib.parse import urlencode

from ripresa.filters import URL_PARAMETERS, Filters, View, resolve_view

VERSION_PARAMETER = "version"  # the parameter of a permalink with the data version


def to_filters(view: View) -> Filters:
    """The choices of a view, defaults included."""
    return Filters(
        view.lang, view.level, view.geo, view.indicator.id, view.sector, view.gender, view.size, view.period
    )


def get_permalink_parameters(view: View, version: str) -> dict[str, list[str]]:
    """Every parameter of a view and the data version."""
    return {**to_filters(view).to_url_parameters(), VERSION_PARAMETER: [version]}


def get_short_parameters(view: View) -> dict[str, list[str]]:
    """The fewest parameters that open this view on the newest data; the language is always among them."""
    if view.page:  # such a page has areas and an indicator only
        return Filters(view.lang, geo=view.geo, indicator=view.indicator.id).to_url_parameters()
    return {name: list(values) for name, values in _minimize_parameters(view)}


def build_page_url(site: str, view: View, parameters: dict[str, list[str]]) -> str:
    """The URL of a view's page; `site` is the base URL of the pages, such as https://example.org."""
    return f"{site.rstrip('/')}/{view.page or view.topic}?{urlencode(parameters, doseq=True)}"


def canonicalize_view(view: View) -> str:
    """The view in one line, the same in both languages, as the fingerprint contains it."""
    parameters = to_filters(view).to_url_parameters()
    parameters.pop("lang", None)
    return urlencode({"topic": view.topic, **parameters}, doseq=True)


def is_same_view(view: View, other: View) -> bool:
    """Whether two views are equal, whatever parameters they were resolved from."""
    return (
        to_filters(view) == to_filters(other)
        and view.topic == other.topic
        and view.editions == other.editions
    )


@lru_cache(maxsize=512)
def _minimize_parameters(view: View) -> tuple[tuple[str, tuple[str, ...]], ...]:
    parameters = to_filters(view).to_url_parameters()
    for name in reversed(URL_PARAMETERS[1:]):
        fewer = {key: values for key, values in parameters.items() if key != name}
        if is_same_view(resolve_view(Filters.from_url_parameters(fewer, view.lang), view.topic), view):
            parameters = fewer
    return tuple((name, tuple(values)) for name, values in parameters.items())
