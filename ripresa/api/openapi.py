"""The OpenAPI 3.1 document, made from the declaration and the database's own column comments."""

from functools import lru_cache

from ripresa.api.endpoints import EDITION, ENDPOINTS, KEY, MEDIA, VERSION, Endpoint, Parameter
from ripresa.api.problem import STATUS
from ripresa.catalogue import LANGS
from ripresa.database import query as queries
from ripresa.exports.export_table import COLUMNS
from ripresa.i18n import t

TYPES = {
    "VARCHAR": {"type": "string"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
    "DOUBLE": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
}
TEXT = {"type": "string"}
HEADERS = {
    "ETag": TEXT,
    "Cache-Control": TEXT,
    "Data-Version": {"type": "string", "pattern": VERSION},
    "X-Total-Count": {"type": "integer"},
    "Link": TEXT,
    "Access-Control-Allow-Origin": {"type": "string", "const": "*"},
}
OF_ROWS = ("Data-Version", "X-Total-Count", "Link")
ROWS = {  # rows that are not of a table of the database
    "revisions": dict.fromkeys(
        "date version kind indicator geo sector gender size period edition old_value new_value".split(), TEXT
    )
    | {"observations": {"type": "integer"}},
    "boundaries": {
        "name": TEXT,
        "ids": TEXT,
        "features": {"type": "integer"},
        "bytes": {"type": "integer"},
        "credit": TEXT,
        "href": TEXT,
    },
    "versions": {
        "version": TEXT,
        "released": {"type": ["string", "null"]},
        "observations": {"type": "integer"},
        "current": {"type": "boolean"},
        "observations_url": {"type": ["string", "null"]},
    },
}


@lru_cache(maxsize=8)
def document(version: str, lang: str) -> dict:
    """The whole document for a data version, its texts in the language."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": t("title", lang),
            "version": EDITION,
            "description": t("intro", lang),
            "summary": t("summary", lang),
            "x-data-version": version,
        },
        "servers": [
            {"url": f"/api/{EDITION}", "description": t("server_newest", lang)},
            {
                "url": f"/api/{EDITION}/versions/{{version}}",
                "description": t("server_version", lang),
                "variables": {"version": {"default": version}},
            },
        ],
        "externalDocs": {"url": f"/api/{EDITION}/?lang={lang}", "description": t("page", lang)},
        "paths": {endpoint.path: {"get": _operation(endpoint, version, lang)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": {
                "Problem": _problem(),
                "JsonStat": _cube(),
                "FeatureCollection": _features(),
                **{
                    _titled(endpoint): _rows(endpoint, lang)
                    for endpoint in ENDPOINTS
                    if "json" in endpoint.formats
                },
            },
            "headers": {
                name: {"schema": schema, "description": t(f"header_{name.lower().replace('-', '_')}", lang)}
                for name, schema in HEADERS.items()
            },
            "responses": {kind: _fault(kind, lang) for kind in STATUS},
        },
    }


def _operation(endpoint: Endpoint, version: str, lang: str) -> dict:
    kinds = [
        "parameter",
        *(["version_unknown", "version_gone"] if endpoint.pinned else []),
        *(["not_found"] if endpoint.name == "boundary" else []),
        "long",
        "often",
        "no_database",
    ]
    faults = {str(STATUS[kind]): {"$ref": f"#/components/responses/{kind}"} for kind in kinds}
    parameters = [
        *(parameter for parameter in endpoint.parameters if parameter.place == "path"),
        *endpoint.query.values(),
    ]
    return {
        "operationId": endpoint.name,
        "summary": endpoint.about(lang),
        "parameters": [_parameter(parameter, version, lang) for parameter in parameters],
        "responses": {"200": _success(endpoint, lang), "304": {"description": t("not_modified", lang)}}
        | faults,
    }


def _parameter(parameter: Parameter, version: str, lang: str) -> dict:
    found = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.about(lang),
        "schema": parameter.schema(version),
    }
    if parameter.many:
        found |= {"style": "form", "explode": True}
    if parameter.example:
        example = int(parameter.example) if parameter.most else parameter.example
        found["example"] = [example] if parameter.many else example
    return found


def _success(endpoint: Endpoint, lang: str) -> dict:
    content: dict[str, dict] = {}
    for format in endpoint.formats:
        media, schema = MEDIA[format].partition("; ")[0], _schema(endpoint, format)
        content[media] = {
            "schema": {"anyOf": [content[media]["schema"], schema]} if media in content else schema
        }
    names = [name for name in HEADERS if name not in OF_ROWS or endpoint.sql]
    return {
        "description": endpoint.about(lang),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": content,
    }


def _schema(endpoint: Endpoint, format: str) -> dict:
    named = {"json": _titled(endpoint), "jsonstat": "JsonStat", "geojson": "FeatureCollection"}
    if format in named:
        return {"$ref": f"#/components/schemas/{named[format]}"}
    return (
        {"type": "object"}
        if format in ("openapi", "package")
        else {"type": "string", "contentMediaType": MEDIA[format].partition(";")[0]}
        if format in ("parquet", "duckdb")
        else TEXT
    )


def _rows(endpoint: Endpoint, lang: str) -> dict:
    """The schema of a JSON answer with rows."""
    columns = ROWS.get(endpoint.name) or _columns(endpoint, lang)
    row = {"type": "object", "properties": columns, "required": list(columns), "additionalProperties": False}
    members = {
        "version": {"type": "string", "pattern": VERSION},
        "total": {"type": "integer", "minimum": 0},
        "rows": {"type": "array", "items": row},
    }
    return {"type": "object", "properties": members, "required": list(members)}


def _columns(endpoint: Endpoint, lang: str) -> dict:
    """Columns of a SQL answer with their types, and what the dictionary, or the list of exported columns, says of those of the same name."""
    nothing = {name: [""] for name in endpoint.query} | {
        "version": "",
        "lang": lang,
        "populations": [""],
        "population_labels": [""],
        "limit": 0,
        "offset": 0,
    }
    with queries.cursor() as (own, _):
        relation = own.sql(
            endpoint.text,
            params={name: value for name, value in nothing.items() if f"${name}" in endpoint.text},
        )
        columns = list(zip(relation.columns, map(str, relation.types)))
        nullable = dict(
            own.execute(
                "select column_name, is_nullable from duckdb_columns() where database_name = 'published' and table_name = $table",
                {"table": endpoint.table},
            ).fetchall()
        )
    dictionary = queries.ask("dictionary", lang=lang)
    about = dict(
        dictionary.loc[
            dictionary["table_name"].isin([endpoint.table, endpoint.name]), ["column_name", "comment"]
        ].itertuples(index=False)
    )
    about |= {name: words[LANGS.index(lang)] for name, (_, *words) in COLUMNS.items()} if endpoint.sql else {}
    return {
        name: TYPES[kind]
        | ({"type": [TYPES[kind]["type"], "null"]} if nullable.get(name) else {})
        | ({"description": about[name]} if name in about else {})
        for name, kind in columns
    }


def _problem() -> dict:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "instance": TEXT,
            "parameter": TEXT,
            "allowed": {"type": "array", "items": TEXT},
            "current": TEXT,
            "current_address": TEXT,
            "releases": TEXT,
        },
    }


def _cube() -> dict:
    return {
        "type": "object",
        "required": ["version", "class", "id", "size", "dimension", "value"],
        "properties": {
            "version": {"const": "2.0"},
            "class": {"const": "dataset"},
            "id": {"type": "array", "items": {"enum": [*(parameter.name for parameter in KEY), "edition"]}},
            "size": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "dimension": {"type": "object"},
            "value": {"type": "object", "additionalProperties": {"type": "number"}},
            "status": {"type": "object", "additionalProperties": TEXT},
            "extension": {"type": "object"},
        },
    }


def _features() -> dict:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": {"type": "object"}},
        },
    }


def _fault(kind: str, lang: str) -> dict:
    return {
        "description": t(f"problem_{kind}", lang),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _titled(endpoint: Endpoint) -> str:
    return endpoint.name.capitalize()
