"""HTML from the Jinja2 templates in ripresa/templates/, where every value is escaped unless it is Markup."""

from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ripresa import settings

__all__ = ["Markup", "render_template"]


@lru_cache(maxsize=1)
def _get_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(settings.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render_template(name: str, /, **context: object) -> Markup:
    """The template `ripresa/templates/NAME` with these values.

    Raises jinja2.UndefinedError for a value that the template names and the caller does not give.
    """
    html = _get_environment().get_template(name).render(context)  # autoescape has escaped each value
    return Markup(html)  # nosec B704
