"""The data package of everything: every list and table as CSV, its columns described, for Frictionless and its readers."""

from ripresa import catalogue
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, LANG_PARAMETER
from ripresa.api.jsonstat_writer import DIMENSIONS
from ripresa.api.openapi import build_openapi
from ripresa.exports.formats import LICENCES
from ripresa.i18n import t


def build_datapackage(version: str, lang: str, site: str) -> dict:
    """datapackage.json of a data version; `site` is where it was asked for, such as https://example.org."""
    schemas = build_openapi(version, lang)["components"]["schemas"]
    root = f"{site}/api/{API_VERSION}/versions/{version}"
    sources = list(catalogue.load_sources().values())
    return {
        "profile": "tabular-data-package",
        "name": "ripresa-digitale",
        "title": t("title", lang),
        "description": t("intro", lang),
        "version": version,
        "homepage": f"{site}/?lang={lang}",
        "licenses": list({source.licence["en"]: _build_licence(source, lang) for source in sources}.values()),
        "sources": [
            {"title": f"{source.publisher}, {source.name[lang]}", "path": source.url} for source in sources
        ],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": endpoint.name,
                "title": endpoint.describe(lang),
                "path": f"{root}{endpoint.path}?format=csv"
                + f"&lang={lang}" * (LANG_PARAMETER in endpoint.parameters),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": _build_table_schema(
                    schemas[endpoint.name.capitalize()]["properties"]["rows"]["items"]["properties"],
                    endpoint.name,
                ),
            }
            for endpoint in ENDPOINTS
            if "csv" in endpoint.formats
        ],
    }


def _build_table_schema(columns: dict[str, dict], name: str) -> dict:
    key = {"primaryKey": list(DIMENSIONS)} if name == "observations" else {}
    return {
        "fields": [_build_field(column, said) for column, said in columns.items()],
        "missingValues": [""],
        **key,
    }


def _build_field(name: str, column_schema: dict) -> dict:
    kind = column_schema["type"][0] if isinstance(column_schema["type"], list) else column_schema["type"]
    return {"name": name, "type": column_schema.get("format", kind)} | {
        key: column_schema[key] for key in ("description",) if key in column_schema
    }


def _build_licence(source: catalogue.Source, lang: str) -> dict[str, str]:
    name, path = LICENCES.get(source.licence["en"], ("", source.url))
    return {"title": source.licence[lang], "path": path} | ({"name": name} if name else {})
