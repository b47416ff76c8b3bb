"""The documentation at /api/v1/: the endpoint table as an HTML page, without external files."""

from functools import lru_cache, partial

from ripresa.api.endpoints import API_VERSION, ENDPOINTS, Parameter
from ripresa.api.openapi import build_column_schemas
from ripresa.api.problem import STATUS_CODES
from ripresa.i18n import t
from ripresa.templating import Markup, render_template

API_ROOT = f"/api/{API_VERSION}"
EXAMPLE_PATH = f"{API_ROOT}/observations?indicator=death_rate&geo=ITC4&geo=ITI4"


@lru_cache(maxsize=8)
def render_html_docs(version: str, lang: str, site: str) -> Markup:
    """The page; `site` is the origin of its URLs, such as https://example.org."""
    return render_template(
        "api/html_docs.html",
        t=partial(t, lang=lang),
        lang=lang,
        other_lang={"it": "en", "en": "it"}[lang],
        version=version,
        site=site,
        root=API_ROOT,
        example_path=EXAMPLE_PATH,
        endpoints=ENDPOINTS,
        parameters=_list_parameters(),
        columns=build_column_schemas(ENDPOINTS[0], version, lang),
        status_codes=STATUS_CODES,
    )


def _list_parameters() -> list[Parameter]:
    """Each parameter once, as the first endpoint that has it declares it."""
    parameters: dict[str, Parameter] = {}
    for endpoint in ENDPOINTS:
        for parameter in [*endpoint.parameters, *endpoint.query_parameters.values()]:
            parameters.setdefault(parameter.name, parameter)
    return list(parameters.values())
