"""The OpenAPI 3.1 document, built from the endpoint table and the column comments of the database."""

from functools import lru_cache

from ripresa.api.endpoints import (
    API_VERSION,
    ENDPOINTS,
    KEY_PARAMETERS,
    MEDIA_TYPES,
    VERSION_PATTERN,
    Endpoint,
    Parameter,
    Schema,
)
from ripresa.api.problem import STATUS_CODES
from ripresa.api.row_stream import select_parameters
from ripresa.database import query
from ripresa.exports.export_table import COLUMNS
from ripresa.i18n import t
from ripresa.settings import LANGS

STRING_SCHEMA: Schema = {"type": "string"}
INTEGER_SCHEMA: Schema = {"type": "integer"}
NULLABLE_STRING_SCHEMA: Schema = {"type": ["string", "null"]}
VERSION_SCHEMA: Schema = {"type": "string", "pattern": VERSION_PATTERN}
COLUMN_TYPES: dict[str, Schema] = {
    "VARCHAR": STRING_SCHEMA,
    "INTEGER": INTEGER_SCHEMA,
    "BIGINT": INTEGER_SCHEMA,
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
}
RESPONSE_HEADERS: dict[str, Schema] = {
    "ETag": STRING_SCHEMA,
    "Cache-Control": STRING_SCHEMA,
    "Data-Version": VERSION_SCHEMA,
    "X-Total-Count": INTEGER_SCHEMA,
    "Link": STRING_SCHEMA,
    "Access-Control-Allow-Origin": {"type": "string", "const": "*"},
}
ROW_HEADERS = ("Data-Version", "X-Total-Count", "Link")
REVISION_KEYS = (
    "date version kind indicator geo sector gender size period edition old_value new_value".split()
)
ROW_SCHEMAS: dict[str, dict[str, Schema]] = {  # of the lists that are no table of the database
    "revisions": {**dict.fromkeys(REVISION_KEYS, STRING_SCHEMA), "observations": INTEGER_SCHEMA},
    "boundaries": {
        "name": STRING_SCHEMA,
        "ids": STRING_SCHEMA,
        "features": INTEGER_SCHEMA,
        "bytes": INTEGER_SCHEMA,
        "credit": STRING_SCHEMA,
        "href": STRING_SCHEMA,
    },
    "versions": {
        "version": STRING_SCHEMA,
        "released": NULLABLE_STRING_SCHEMA,
        "observations": INTEGER_SCHEMA,
        "current": {"type": "boolean"},
        "observations_url": NULLABLE_STRING_SCHEMA,
    },
}
PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": STRING_SCHEMA,
        "status": INTEGER_SCHEMA,
        "detail": STRING_SCHEMA,
        "instance": STRING_SCHEMA,
        "parameter": STRING_SCHEMA,
        "allowed": {"type": "array", "items": STRING_SCHEMA},
        "current": STRING_SCHEMA,
        "current_address": STRING_SCHEMA,
        "releases": STRING_SCHEMA,
    },
}
JSONSTAT_SCHEMA: Schema = {
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
FEATURE_COLLECTION_SCHEMA: Schema = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object"}},
    },
}


def _build_reference(component: str) -> Schema:
    return {"$ref": f"#/components/schemas/{component}"}


CONTENT_SCHEMAS: dict[str, Schema] = {  # by format; JSON has a schema for each endpoint
    "csv": STRING_SCHEMA,
    "html": STRING_SCHEMA,
    "parquet": {"type": "string", "contentMediaType": MEDIA_TYPES["parquet"]},
    "duckdb": {"type": "string", "contentMediaType": MEDIA_TYPES["duckdb"]},
    "jsonstat": _build_reference("JsonStat"),
    "geojson": _build_reference("FeatureCollection"),
    "openapi": {"type": "object"},
    "package": {"type": "object"},
}


@lru_cache(maxsize=8)
def build_openapi(version: str, lang: str) -> Schema:
    """The document of a data version, its texts in `lang`."""
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
                "Problem": PROBLEM_SCHEMA,
                "JsonStat": JSONSTAT_SCHEMA,
                "FeatureCollection": FEATURE_COLLECTION_SCHEMA,
                **{
                    endpoint.name.capitalize(): _build_rows_schema(endpoint, version, lang)
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


@lru_cache(maxsize=64)
def build_column_schemas(endpoint: Endpoint, version: str, lang: str) -> dict[str, Schema]:
    """The JSON Schema of each column of an endpoint's rows.

    Descriptions are those of the data dictionary or, for queries, of the exported columns.
    """
    if endpoint.name in ROW_SCHEMAS:
        return ROW_SCHEMAS[endpoint.name]
    unfiltered: dict[str, object] = {name: [""] for name in endpoint.query_parameters}
    unfiltered |= {"version": "", "lang": lang, "populations": [""], "population_labels": [""]}
    unfiltered |= {"limit": 0, "offset": 0}
    with query.open_cursor() as (cursor, _):
        relation = cursor.sql(endpoint.sql_text, params=select_parameters(endpoint.sql_text, unfiltered))
        columns = list(zip(relation.columns, map(str, relation.types), strict=True))
        nullable = cursor.execute(
            "select column_name from duckdb_columns() "
            "where database_name = 'published' and table_name = $table and is_nullable",
            {"table": endpoint.table},
        ).fetchall()
    dictionary = query.run_query("dictionary", lang=lang)
    comments = dictionary[dictionary["table_name"].isin([endpoint.table, endpoint.name])]
    descriptions: dict[str, object] = dict(zip(comments["column_name"], comments["comment"], strict=True))
    if endpoint.query_name:
        descriptions |= {name: texts[LANGS.index(lang)] for name, (_, *texts) in COLUMNS.items()}
    schemas = {}
    for name, column_type in columns:
        schema = dict(COLUMN_TYPES[column_type])
        if (name,) in nullable:
            schema["type"] = [schema["type"], "null"]
        if name in descriptions:
            schema["description"] = descriptions[name]
        schemas[name] = schema
    return schemas


def _build_operation(endpoint: Endpoint, version: str, lang: str) -> Schema:
    version_problems = ["version_unknown", "version_gone"] if endpoint.pinnable else []
    boundary_problems = ["not_found"] if endpoint.name == "boundary" else []
    problems = ["parameter", *version_problems, *boundary_problems, "long", "often", "no_database"]
    parameters = [*endpoint.path_parameters.values(), *endpoint.query_parameters.values()]
    return {
        "operationId": endpoint.name,
        "summary": endpoint.describe(lang),
        "parameters": [_build_parameter(parameter, version, lang) for parameter in parameters],
        "responses": {
            "200": _build_success_response(endpoint, lang),
            "304": {"description": t("not_modified", lang)},
            **{str(STATUS_CODES[kind]): {"$ref": f"#/components/responses/{kind}"} for kind in problems},
        },
    }


def _build_parameter(parameter: Parameter, version: str, lang: str) -> Schema:
    document: Schema = {
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


def _build_success_response(endpoint: Endpoint, lang: str) -> Schema:
    content: dict[str, Schema] = {}
    for format in endpoint.formats:
        media_type = MEDIA_TYPES[format].partition("; ")[0]
        schema = CONTENT_SCHEMAS.get(format) or _build_reference(endpoint.name.capitalize())
        if media_type in content:  # JSON and JSON-stat
            schema = {"anyOf": [content[media_type]["schema"], schema]}
        content[media_type] = {"schema": schema}
    names = [name for name in RESPONSE_HEADERS if name not in ROW_HEADERS or endpoint.query_name]
    return {
        "description": endpoint.describe(lang),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": content,
    }


def _build_rows_schema(endpoint: Endpoint, version: str, lang: str) -> Schema:
    """The schema of a JSON response with rows."""
    columns = build_column_schemas(endpoint, version, lang)
    row = {"type": "object", "properties": columns, "required": list(columns), "additionalProperties": False}
    members = {
        "version": VERSION_SCHEMA,
        "total": {"type": "integer", "minimum": 0},
        "rows": {"type": "array", "items": row},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _build_problem_response(kind: str, lang: str) -> Schema:
    content = {"application/problem+json": {"schema": _build_reference("Problem")}}
    return {"description": t(f"problem_{kind}", lang), "content": content}
