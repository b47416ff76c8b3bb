"""The OpenAPI 3.1 document, made from the declaration and the database's own column comments."""

from functools import lru_cache

from ripresa.api.endpoints import (
    API_VERSION,
    ENDPOINTS,
    KEY_PARAMETERS,
    MEDIA_TYPES,
    VERSION_PATTERN,
    Endpoint,
    Parameter,
)
from ripresa.api.problem import STATUS_CODES
from ripresa.database import query as queries
from ripresa.exports.export_table import COLUMNS
from ripresa.i18n import t
from ripresa.settings import LANGS

JSON_TYPES = {
    "VARCHAR": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
}
STRING_SCHEMA = {"type": "string"}
RESPONSE_HEADERS = {
    "ETag": STRING_SCHEMA,
    "Cache-Control": STRING_SCHEMA,
    "Data-Version": {"type": "string", "pattern": VERSION_PATTERN},
    "X-Total-Count": {"type": "integer"},
    "Link": STRING_SCHEMA,
    "Access-Control-Allow-Origin": {"type": "string", "const": "*"},
}
ROW_HEADERS = ("Data-Version", "X-Total-Count", "Link")
ROW_SCHEMAS = {  # rows that are not of a table of the database
    "revisions": dict.fromkeys(
        "date version kind indicator geo sector gender size period edition old_value new_value".split(),
        STRING_SCHEMA,
    )
    | {"observations": {"type": "integer"}},
    "boundaries": {
        "name": STRING_SCHEMA,
        "ids": STRING_SCHEMA,
        "features": {"type": "integer"},
        "bytes": {"type": "integer"},
        "credit": STRING_SCHEMA,
        "href": STRING_SCHEMA,
    },
    "versions": {
        "version": STRING_SCHEMA,
        "released": {"type": ["string", "null"]},
        "observations": {"type": "integer"},
        "current": {"type": "boolean"},
        "observations_url": {"type": ["string", "null"]},
    },
}


@lru_cache(maxsize=8)
def build_openapi(version: str, lang: str) -> dict:
    """The whole document for a data version, its texts in the language."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": t("title", lang),
            "version": API_VERSION,
            "description": t("intro", lang),
            "summary": t("summary", lang),
            "x-data-version": version,
        },
        "servers": [
            {"url": f"/api/{API_VERSION}", "description": t("server_newest", lang)},
            {
                "url": f"/api/{API_VERSION}/versions/{{version}}",
                "description": t("server_version", lang),
                "variables": {"version": {"default": version}},
            },
        ],
        "externalDocs": {"url": f"/api/{API_VERSION}/?lang={lang}", "description": t("page", lang)},
        "paths": {
            endpoint.path: {"get": _build_operation(endpoint, version, lang)} for endpoint in ENDPOINTS
        },
        "components": {
            "schemas": {
                "Problem": _build_problem_schema(),
                "JsonStat": _build_jsonstat_schema(),
                "FeatureCollection": _build_feature_collection_schema(),
                **{
                    _get_schema_name(endpoint): _build_rows_schema(endpoint, lang)
                    for endpoint in ENDPOINTS
                    if "json" in endpoint.formats
                },
            },
            "headers": {
                name: {"schema": schema, "description": t(f"header_{name.lower().replace('-', '_')}", lang)}
                for name, schema in RESPONSE_HEADERS.items()
            },
            "responses": {kind: _build_problem_response(kind, lang) for kind in STATUS_CODES},
        },
    }


def _build_operation(endpoint: Endpoint, version: str, lang: str) -> dict:
    kinds = [
        "parameter",
        *(["version_unknown", "version_gone"] if endpoint.pinnable else []),
        *(["not_found"] if endpoint.name == "boundary" else []),
        "long",
        "often",
        "no_database",
    ]
    faults = {str(STATUS_CODES[kind]): {"$ref": f"#/components/responses/{kind}"} for kind in kinds}
    parameters = [
        *(parameter for parameter in endpoint.parameters if parameter.location == "path"),
        *endpoint.query_parameters.values(),
    ]
    return {
        "operationId": endpoint.name,
        "summary": endpoint.describe(lang),
        "parameters": [_build_parameter(parameter, version, lang) for parameter in parameters],
        "responses": {
            "200": _build_success_response(endpoint, lang),
            "304": {"description": t("not_modified", lang)},
        }
        | faults,
    }


def _build_parameter(parameter: Parameter, version: str, lang: str) -> dict:
    document = {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "description": parameter.describe(lang),
        "schema": parameter.build_schema(version),
    }
    if parameter.repeatable:
        document |= {"style": "form", "explode": True}
    if parameter.example:
        example = int(parameter.example) if parameter.maximum else parameter.example
        document["example"] = [example] if parameter.repeatable else example
    return document


def _build_success_response(endpoint: Endpoint, lang: str) -> dict:
    content: dict[str, dict] = {}
    for format in endpoint.formats:
        media, schema = MEDIA_TYPES[format].partition("; ")[0], _build_content_schema(endpoint, format)
        content[media] = {
            "schema": {"anyOf": [content[media]["schema"], schema]} if media in content else schema
        }
    names = [name for name in RESPONSE_HEADERS if name not in ROW_HEADERS or endpoint.query_name]
    return {
        "description": endpoint.describe(lang),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": content,
    }


def _build_content_schema(endpoint: Endpoint, format: str) -> dict:
    named = {"json": _get_schema_name(endpoint), "jsonstat": "JsonStat", "geojson": "FeatureCollection"}
    if format in named:
        return {"$ref": f"#/components/schemas/{named[format]}"}
    return (
        {"type": "object"}
        if format in ("openapi", "package")
        else {"type": "string", "contentMediaType": MEDIA_TYPES[format].partition(";")[0]}
        if format in ("parquet", "duckdb")
        else STRING_SCHEMA
    )


def _build_rows_schema(endpoint: Endpoint, lang: str) -> dict:
    """The schema of a JSON answer with rows."""
    columns = ROW_SCHEMAS.get(endpoint.name) or _build_column_schemas(endpoint, lang)
    row = {"type": "object", "properties": columns, "required": list(columns), "additionalProperties": False}
    members = {
        "version": {"type": "string", "pattern": VERSION_PATTERN},
        "total": {"type": "integer", "minimum": 0},
        "rows": {"type": "array", "items": row},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _build_column_schemas(endpoint: Endpoint, lang: str) -> dict:
    """Columns of a SQL answer with their types, and what the dictionary, or the list of exported columns, says of those of the same name."""
    nothing = {name: [""] for name in endpoint.query_parameters} | {
        "version": "",
        "lang": lang,
        "populations": [""],
        "population_labels": [""],
        "limit": 0,
        "offset": 0,
    }
    with queries.open_cursor() as (own, _):
        relation = own.sql(
            endpoint.sql_text,
            params={name: value for name, value in nothing.items() if f"${name}" in endpoint.sql_text},
        )
        columns = list(zip(relation.columns, map(str, relation.types)))
        nullable = dict(
            own.execute(
                "select column_name, is_nullable from duckdb_columns() where database_name = 'published' and table_name = $table",
                {"table": endpoint.table},
            ).fetchall()
        )
    dictionary = queries.run_query("dictionary", lang=lang)
    about = dict(
        dictionary.loc[
            dictionary["table_name"].isin([endpoint.table, endpoint.name]), ["column_name", "comment"]
        ].itertuples(index=False)
    )
    about |= (
        {name: words[LANGS.index(lang)] for name, (_, *words) in COLUMNS.items()}
        if endpoint.query_name
        else {}
    )
    return {
        name: JSON_TYPES[kind]
        | ({"type": [JSON_TYPES[kind]["type"], "null"]} if nullable.get(name) else {})
        | ({"description": about[name]} if name in about else {})
        for name, kind in columns
    }


def _build_problem_schema() -> dict:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": STRING_SCHEMA,
            "status": {"type": "integer"},
            "detail": STRING_SCHEMA,
            "instance": STRING_SCHEMA,
            "parameter": STRING_SCHEMA,
            "allowed": {"type": "array", "items": STRING_SCHEMA},
            "current": STRING_SCHEMA,
            "current_address": STRING_SCHEMA,
            "releases": STRING_SCHEMA,
        },
    }


def _build_jsonstat_schema() -> dict:
    return {
        "type": "object",
        "required": ["version", "class", "id", "size", "dimension", "value"],
        "properties": {
            "version": {"const": "2.0"},
            "class": {"const": "dataset"},
            "id": {
                "type": "array",
                "items": {"enum": [*(parameter.name for parameter in KEY_PARAMETERS), "edition"]},
            },
            "size": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "dimension": {"type": "object"},
            "value": {"type": "object", "additionalProperties": {"type": "number"}},
            "status": {"type": "object", "additionalProperties": STRING_SCHEMA},
            "extension": {"type": "object"},
        },
    }


def _build_feature_collection_schema() -> dict:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": {"type": "object"}},
        },
    }


def _build_problem_response(kind: str, lang: str) -> dict:
    return {
        "description": t(f"problem_{kind}", lang),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _get_schema_name(endpoint: Endpoint) -> str:
    return endpoint.name.capitalize()
