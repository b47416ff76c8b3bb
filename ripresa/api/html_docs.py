"""The readable page of /api/v1/: the declaration in words, in both languages, with nothing from another host."""

from functools import lru_cache
from html import escape
from pathlib import Path

from ripresa.api import openapi
from ripresa.api.endpoints import EDITION, ENDPOINTS, Endpoint, Parameter
from ripresa.api.problem import STATUS
from ripresa.i18n import t

ROOT = f"/api/{EDITION}"
STYLE = Path(__file__).with_name("html_docs.css").read_text(encoding="utf-8")
DEATHS = f"{ROOT}/observations?indicator=death_rate&geo=ITC4&geo=ITI4"


@lru_cache(maxsize=8)
def page(version: str, lang: str, site: str) -> str:
    """The whole page; `site` is where it was asked for, such as https://example.org."""

    def tell(key, **values):
        return t(key, lang, **values)

    other = {"it": "en", "en": "it"}[lang]
    return f"""<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{tell("title")}</title><style>{STYLE}</style></head>
<body>
<header><h1>{tell("title")}</h1><p><a href="?lang={other}" lang="{other}" hreflang="{other}">{tell("other_language")}</a> · <a href="/?lang={lang}">Ripresa digitale</a></p></header>
<main>
<p>{tell("intro")}</p>
<p><strong>{tell("now", version=version)}</strong>. {tell("machines", where=f"{ROOT}/openapi.json?lang={lang}")}</p>
<h2>{tell("start")}</h2>
<p>{tell("start_csv")}</p>{_code(f"curl -OJ '{site}{DEATHS}'")}
<p>{tell("start_python")}</p>{_code(f"import pandas as pd{chr(10)}rows = pd.read_csv('{site}{DEATHS}', keep_default_na=False, na_values=[''])")}
<p>{tell("start_database")}</p>{_code(f"curl -o ripresa-digitale_{version}.duckdb '{site}{ROOT}/database'{chr(10)}duckdb -readonly ripresa-digitale_{version}.duckdb 'from observations limit 5'")}
<h2>{tell("addresses")}</h2>{_table(lang, ("address", "gives", "takes", "formats", "try"), [_address(endpoint, lang) for endpoint in ENDPOINTS])}
<h2>{tell("parameters")}</h2>{_table(lang, ("name", "means", "values"), [_parameter(parameter, version, lang) for parameter in _parameters()])}
<h2>{tell("columns")}</h2><p>{tell("columns_words")}</p>{_table(lang, ("name", "means"), _columns(version, lang))}
<h2 id="versions">{tell("versions")}</h2><p>{tell("versions_words", version=version)}</p>
<h2>{tell("polite")}</h2><p>{tell("polite_words")}</p>
<h2>{tell("problems")}</h2><p>{tell("problems_words")}</p><ul>{"".join(f'<li id="{kind}"><strong>{status}</strong> {tell(f"problem_{kind}")}</li>' for kind, status in STATUS.items())}</ul>
<h2>{tell("terms")}</h2><p>{tell("terms_words")}</p>
</main>
</body>
</html>
"""


def _address(endpoint: Endpoint, lang: str) -> list[str]:
    path = ROOT + endpoint.path
    sample = (
        path.format(
            **{
                parameter.name: parameter.example
                for parameter in endpoint.parameters
                if parameter.place == "path"
            }
        )
        + endpoint.example
    )
    takes = " ".join(
        f'<a href="#p-{name}"><code>{name}</code></a>'
        for name in [
            *(parameter.name for parameter in endpoint.parameters if parameter.place == "path"),
            *endpoint.query,
        ]
    )
    return [
        f"<code>{escape(path)}</code>",
        endpoint.about(lang),
        takes or "–",
        ", ".join(endpoint.formats),
        f'<a href="{escape(sample)}">{t("try", lang)}</a>',
    ]


def _parameters() -> list[Parameter]:
    """Each parameter once, at its first place."""
    found: dict[str, Parameter] = {}
    for endpoint in ENDPOINTS:
        for parameter in [*endpoint.parameters, *endpoint.query.values()]:
            found.setdefault(parameter.name, parameter)
    return list(found.values())


def _parameter(parameter: Parameter, version: str, lang: str) -> list[str]:
    if parameter.pattern:
        values = t("a_period", lang)
    elif parameter.most:
        values = t("one_of_range", lang, least=parameter.least, most=f"{parameter.most}")
    elif parameter.codes:
        values = t("one_of_list", lang, where=f"{ROOT}/{parameter.codes}", name=parameter.codes)
    else:
        values = ", ".join(f"<code>{choice}</code>" for choice in parameter.choices)
    more = [t("repeats", lang)] * parameter.many + (
        [t("of_default", lang, default=parameter.default)] if parameter.default is not None else []
    )
    return [
        f'<code id="p-{parameter.name}">{parameter.name}</code>',
        parameter.about(lang),
        "; ".join([values, *more]),
    ]


def _columns(version: str, lang: str) -> list[list[str]]:
    """The columns of observations."""
    schema = openapi.document(version, lang)["components"]["schemas"]["Observations"]["properties"]["rows"][
        "items"
    ]["properties"]
    return [
        [f"<code>{name}</code>", f"{escape(its.get('description', '–'))}"] for name, its in schema.items()
    ]


def _table(lang: str, heads: tuple[str, ...], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{t(name, lang)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return f'<div class="table" tabindex="0" role="region" aria-label="{t(heads[0], lang)}"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
