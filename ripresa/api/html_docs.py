"""The readable page of /api/v1/: the declaration in words, in both languages, with nothing from another host."""

from functools import lru_cache
from html import escape
from pathlib import Path

from ripresa.api import openapi
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, Endpoint, Parameter
from ripresa.api.problem import STATUS_CODES
from ripresa.i18n import t

API_ROOT = f"/api/{API_VERSION}"
STYLESHEET = Path(__file__).with_name("html_docs.css").read_text(encoding="utf-8")
EXAMPLE_PATH = f"{API_ROOT}/observations?indicator=death_rate&geo=ITC4&geo=ITI4"


@lru_cache(maxsize=8)
def render_html_docs(version: str, lang: str, site: str) -> str:
    """The whole page; `site` is where it was asked for, such as https://example.org."""

    def tell(key, **values):
        return t(key, lang, **values)

    other = {"it": "en", "en": "it"}[lang]
    return f"""<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{tell("title")}</title><style>{STYLESHEET}</style></head>
<body>
<header><h1>{tell("title")}</h1><p><a href="?lang={other}" lang="{other}" hreflang="{other}">{tell("other_language")}</a> · <a href="/?lang={lang}">Ripresa digitale</a></p></header>
<main>
<p>{tell("intro")}</p>
<p><strong>{tell("now", version=version)}</strong>. {tell("machines", where=f"{API_ROOT}/openapi.json?lang={lang}")}</p>
<h2>{tell("start")}</h2>
<p>{tell("start_csv")}</p>{_render_code(f"curl -OJ '{site}{EXAMPLE_PATH}'")}
<p>{tell("start_python")}</p>{_render_code(f"import pandas as pd{chr(10)}rows = pd.read_csv('{site}{EXAMPLE_PATH}', keep_default_na=False, na_values=[''])")}
<p>{tell("start_database")}</p>{_render_code(f"curl -o ripresa-digitale_{version}.duckdb '{site}{API_ROOT}/database'{chr(10)}duckdb -readonly ripresa-digitale_{version}.duckdb 'from observations limit 5'")}
<h2>{tell("addresses")}</h2>{_render_table(lang, ("address", "gives", "takes", "formats", "try"), [_build_endpoint_row(endpoint, lang) for endpoint in ENDPOINTS])}
<h2>{tell("parameters")}</h2>{_render_table(lang, ("name", "means", "values"), [_build_parameter_row(parameter, version, lang) for parameter in _list_parameters()])}
<h2>{tell("columns")}</h2><p>{tell("columns_words")}</p>{_render_table(lang, ("name", "means"), _build_column_rows(version, lang))}
<h2 id="versions">{tell("versions")}</h2><p>{tell("versions_words", version=version)}</p>
<h2>{tell("polite")}</h2><p>{tell("polite_words")}</p>
<h2>{tell("problems")}</h2><p>{tell("problems_words")}</p><ul>{"".join(f'<li id="{kind}"><strong>{status}</strong> {tell(f"problem_{kind}")}</li>' for kind, status in STATUS_CODES.items())}</ul>
<h2>{tell("terms")}</h2><p>{tell("terms_words")}</p>
</main>
</body>
</html>
"""


def _build_endpoint_row(endpoint: Endpoint, lang: str) -> list[str]:
    path = API_ROOT + endpoint.path
    sample = (
        path.format(
            **{
                parameter.name: parameter.example
                for parameter in endpoint.parameters
                if parameter.location == "path"
            }
        )
        + endpoint.example
    )
    takes = " ".join(
        f'<a href="#p-{name}"><code>{name}</code></a>'
        for name in [
            *(parameter.name for parameter in endpoint.parameters if parameter.location == "path"),
            *endpoint.query_parameters,
        ]
    )
    return [
        f"<code>{escape(path)}</code>",
        endpoint.describe(lang),
        takes or "–",
        ", ".join(endpoint.formats),
        f'<a href="{escape(sample)}">{t("try", lang)}</a>',
    ]


def _list_parameters() -> list[Parameter]:
    """Each parameter once, at its first place."""
    found: dict[str, Parameter] = {}
    for endpoint in ENDPOINTS:
        for parameter in [*endpoint.parameters, *endpoint.query_parameters.values()]:
            found.setdefault(parameter.name, parameter)
    return list(found.values())


def _build_parameter_row(parameter: Parameter, version: str, lang: str) -> list[str]:
    if parameter.pattern:
        values = t("a_period", lang)
    elif parameter.maximum:
        values = t("one_of_range", lang, least=parameter.minimum, most=f"{parameter.maximum}")
    elif parameter.codelist:
        values = t("one_of_list", lang, where=f"{API_ROOT}/{parameter.codelist}", name=parameter.codelist)
    else:
        values = ", ".join(f"<code>{choice}</code>" for choice in parameter.choices)
    more = [t("repeats", lang)] * parameter.repeatable + (
        [t("of_default", lang, default=parameter.default)] if parameter.default is not None else []
    )
    return [
        f'<code id="p-{parameter.name}">{parameter.name}</code>',
        parameter.describe(lang),
        "; ".join([values, *more]),
    ]


def _build_column_rows(version: str, lang: str) -> list[list[str]]:
    """The columns of observations."""
    schema = openapi.build_openapi(version, lang)["components"]["schemas"]["Observations"]["properties"][
        "rows"
    ]["items"]["properties"]
    return [
        [f"<code>{name}</code>", f"{escape(its.get('description', '–'))}"] for name, its in schema.items()
    ]


def _render_table(lang: str, column_keys: tuple[str, ...], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{t(name, lang)}</th>' for name in column_keys)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return f'<div class="table" tabindex="0" role="region" aria-label="{t(column_keys[0], lang)}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _render_code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
