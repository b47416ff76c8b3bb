"""The data package of everything: every list and table as CSV, its columns described, for Frictionless and its readers."""

from ripresa import catalogue
from ripresa.api.endpoints import EDITION, ENDPOINTS, LANG
from ripresa.api.jsonstat_writer import KEY
from ripresa.api.openapi import document
from ripresa.exports.formats import LICENCES
from ripresa.i18n import t


def package(version: str, lang: str, site: str) -> dict:
    """datapackage.json of a data version; `site` is where it was asked for, such as https://example.org."""
    schemas = document(version, lang)["components"]["schemas"]
    root = f"{site}/api/{EDITION}/versions/{version}"
    sources = list(catalogue.sources().values())
    return {
        "profile": "tabular-data-package",
        "name": "ripresa-digitale",
        "title": t("title", lang),
        "description": t("intro", lang),
        "version": version,
        "homepage": f"{site}/?lang={lang}",
        "licenses": list({source.licence["en"]: _licence(source, lang) for source in sources}.values()),
        "sources": [
            {"title": f"{source.publisher}, {source.name[lang]}", "path": source.url} for source in sources
        ],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": endpoint.name,
                "title": endpoint.about(lang),
                "path": f"{root}{endpoint.path}?format=csv" + f"&lang={lang}" * (LANG in endpoint.parameters),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": _schema(
                    schemas[endpoint.name.capitalize()]["properties"]["rows"]["items"]["properties"],
                    endpoint.name,
                ),
            }
            for endpoint in ENDPOINTS
            if "csv" in endpoint.formats
        ],
    }


def _schema(columns: dict[str, dict], name: str) -> dict:
    key = {"primaryKey": list(KEY)} if name == "observations" else {}
    return {
        "fields": [_field(column, said) for column, said in columns.items()],
        "missingValues": [""],
        **key,
    }


def _field(name: str, said: dict) -> dict:
    kind = said["type"][0] if isinstance(said["type"], list) else said["type"]
    return {"name": name, "type": said.get("format", kind)} | {
        key: said[key] for key in ("description",) if key in said
    }


def _licence(source: catalogue.Source, lang: str) -> dict[str, str]:
    name, path = LICENCES.get(source.licence["en"], ("", source.url))
    return {"title": source.licence[lang], "path": path} | ({"name": name} if name else {})
