"""datapackage.json (Frictionless Data): every list and table as CSV, with its columns described."""

from ripresa import catalogue
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, LANG_PARAMETER, Endpoint, Schema
from ripresa.api.jsonstat_writer import DIMENSIONS
from ripresa.api.openapi import build_column_schemas
from ripresa.exports.formats import LICENCES
from ripresa.i18n import t


def build_datapackage(version: str, lang: str, site: str) -> Schema:
    """The data package of a data version; `site` is the origin of its URLs, such as https://example.org."""
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
            _build_resource(endpoint, version, lang, site)
            for endpoint in ENDPOINTS
            if "csv" in endpoint.formats
        ],
    }


def _build_resource(endpoint: Endpoint, version: str, lang: str, site: str) -> Schema:
    url = f"{site}/api/{API_VERSION}/versions/{version}{endpoint.path}?format=csv"
    columns = build_column_schemas(endpoint, version, lang)
    table_schema: Schema = {
        "fields": [_build_field(name, schema) for name, schema in columns.items()],
        "missingValues": [""],
    }
    if endpoint.name == "observations":
        table_schema["primaryKey"] = list(DIMENSIONS)
    return {
        "profile": "tabular-data-resource",
        "name": endpoint.name,
        "title": endpoint.describe(lang),
        "path": f"{url}&lang={lang}" if LANG_PARAMETER in endpoint.parameters else url,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": table_schema,
    }


def _build_field(name: str, column: Schema) -> Schema:
    column_type = column["type"]
    if isinstance(column_type, list):  # nullable: ["number", "null"]
        column_type = column_type[0]
    field: Schema = {"name": name, "type": column.get("format", column_type)}
    if "description" in column:
        field["description"] = column["description"]
    return field


def _build_licence(source: catalogue.Source, lang: str) -> Schema:
    name, path = LICENCES.get(source.licence["en"], ("", source.url))
    licence = {"title": source.licence[lang], "path": path}
    return {**licence, **({"name": name} if name else {})}
