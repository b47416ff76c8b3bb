"""Handlers: the response of each endpoint to a validated request."""

from collections.abc import Callable

import pyarrow as pa
from starlette.responses import FileResponse, Response

from ripresa import settings
from ripresa.api import (
    boundary_files,
    datapackage,
    html_docs,
    jsonstat_writer,
    openapi,
    row_stream,
    serializers,
)
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, MEDIA_TYPES, load_codelists
from ripresa.api.problem import ProblemError
from ripresa.api.responses import (
    LATEST_CACHE_CONTROL,
    RequestContext,
    build_full_response,
    build_link_header,
    build_list_response,
    build_not_modified,
    build_streaming_response,
)
from ripresa.database import query, releases
from ripresa.http_cache import compute_etag
from ripresa.i18n import t


def handle_rows(context: RequestContext) -> Response:
    """Rows of the database in the requested format, streamed in batches."""
    sql, parameters = context.endpoint.sql_text, context.parameters
    etag = compute_etag(context.version, context.endpoint.name, sql, repr(sorted(parameters.items())))
    if not_modified := build_not_modified(context, etag, context.cache_headers):
        return not_modified
    stream = row_stream.RowStream(sql, parameters, context.version, context.format == "json")
    headers = {
        **context.cache_headers,
        "X-Total-Count": str(stream.total),
        "Data-Version": context.version,
        **build_link_header(context, stream.total),
        **context.disposition_headers,
    }
    if context.format == "jsonstat":
        body = _encode_jsonstat(context, stream)
        return build_full_response(context, body, MEDIA_TYPES["jsonstat"], headers, etag)
    metadata = {"version": context.version, "total": stream.total}
    if context.format == "json":
        chunks = serializers.serialize_json(stream.iter_batches(), metadata)
    elif context.format == "parquet":
        chunks = serializers.serialize_parquet(stream.schema, stream.iter_batches(), metadata)
    else:
        chunks = serializers.serialize_csv(stream.schema, stream.iter_batches())
    return build_streaming_response(context, stream, chunks, headers, etag)


def handle_revisions(context: RequestContext) -> Response:
    """The changes of each release."""
    rows = [{**row, "observations": int(row["observations"])} for row in releases.load_revisions()]
    if context.format == "json":
        return build_list_response(context, rows)
    schema = pa.schema(
        [(name, pa.int64() if name == "observations" else pa.string()) for name in releases.REVISION_COLUMNS]
    )
    batches = pa.Table.from_pylist(rows, schema=schema).to_batches()
    body = b"".join(serializers.serialize_csv(schema, batches))
    headers = {**context.cache_headers, **context.disposition_headers}
    return build_full_response(context, body, MEDIA_TYPES["csv"], headers)


def handle_versions(context: RequestContext) -> Response:
    """The current version, and the released ones with their archived observations if there are any."""
    versions: list[tuple[str, str | None, int]] = [
        (release["version"], release["date"], int(release["observations"]))
        for release in reversed(releases.load_releases())
    ]
    if all(version != context.current_version for version, *_ in versions):
        total = int(query.run_query("build")["observations"][0])
        versions = [(context.current_version, None, total), *versions]
    rows = []
    for version, released, observations in versions:
        is_current = version == context.current_version
        url = f"/api/{API_VERSION}/versions/{version}/observations"
        rows.append(
            {
                "version": version,
                "released": released,
                "observations": observations,
                "current": is_current,
                "observations_url": url if is_current or row_stream.find_release_file(version) else None,
            }
        )
    return build_list_response(context, rows)


def handle_boundary_list(context: RequestContext) -> Response:
    """The list of boundary files."""
    return build_list_response(context, boundary_files.list_boundary_files())


def handle_boundary(context: RequestContext) -> Response:
    """One boundary file."""
    name = str(context.parameters["name"])
    file = boundary_files.load_boundary_file(name)
    if file is None:
        raise ProblemError("not_found", context.lang, "no_boundary", name=name)
    return build_full_response(context, file.content, MEDIA_TYPES["geojson"], context.cache_headers)


def handle_database(context: RequestContext) -> Response:
    """The database file, with range requests to resume a download.

    The ETag depends on the file as well: two builds of one version hold the same data in different bytes.
    """
    path = settings.get_database_path()
    stat = path.stat()
    headers = {
        "Cache-Control": LATEST_CACHE_CONTROL,
        "ETag": compute_etag(context.version, str(stat.st_mtime_ns), str(stat.st_size)),
        "Data-Version": context.version,
        "Vary": "Accept-Encoding",
    }
    if not_modified := build_not_modified(context, headers["ETag"], headers):
        return not_modified
    # Without it Streamlit's middleware compresses each download and drops Content-Length.
    headers["Content-Encoding"] = "identity"
    name = f"ripresa-digitale_{context.version}.duckdb"
    return FileResponse(path, 200, headers, MEDIA_TYPES["duckdb"], filename=name, stat_result=stat)


def handle_openapi(context: RequestContext) -> Response:
    """The OpenAPI document."""
    document = openapi.build_openapi(context.version, context.text_lang)
    headers = {"Cache-Control": LATEST_CACHE_CONTROL}
    return build_full_response(context, serializers.encode_json(document), MEDIA_TYPES["openapi"], headers)


def handle_datapackage(context: RequestContext) -> Response:
    """datapackage.json."""
    package = datapackage.build_datapackage(context.version, context.text_lang, context.site)
    return build_full_response(
        context, serializers.encode_json(package), MEDIA_TYPES["package"], context.cache_headers
    )


def handle_html_docs(context: RequestContext) -> Response:
    """The documentation as an HTML page."""
    headers = {
        "Cache-Control": LATEST_CACHE_CONTROL,
        "Content-Language": context.text_lang,
        "Vary": "Accept-Encoding, Accept-Language",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    }
    page = html_docs.render_html_docs(context.version, context.text_lang, context.site)
    return build_full_response(context, page.encode(), MEDIA_TYPES["html"], headers)


HANDLERS: dict[str, Callable[[RequestContext], Response]] = {
    **{endpoint.name: handle_rows for endpoint in ENDPOINTS if endpoint.table},
    "revisions": handle_revisions,
    "versions": handle_versions,
    "boundaries": handle_boundary_list,
    "boundary": handle_boundary,
    "database": handle_database,
    "openapi": handle_openapi,
    "page": handle_html_docs,
    "package": handle_datapackage,
}


def _encode_jsonstat(context: RequestContext, stream: row_stream.RowStream) -> bytes:
    """The cube of the rows. Raises ProblemError if it would be too large."""
    codelists, lang = load_codelists(context.current_version), context.text_lang
    rows = [row for batch in stream.iter_batches(jsonstat_writer.MAX_CELLS) for row in batch.to_pylist()]
    code_order = {
        "indicator": codelists["indicators"],
        "geo": codelists["geographies"],
        **{name: codelists[f"{name}s"] for name in ("sector", "gender", "size", "edition")},
    }
    metadata = {
        "label": t("site", lang),
        "source": "; ".join(sorted({row["source_name"] for row in rows})),
        "updated": str(query.run_query("build")["data_date"][0])[:10],
        "href": f"{context.request.url.path}?{context.request.url.query}",
    }
    extension = {"data_version": context.version}
    labels = {name: t(f"dimension_{name}", lang) for name in jsonstat_writer.DIMENSIONS}
    try:
        return serializers.encode_json(
            jsonstat_writer.build_dataset(rows, code_order, metadata, extension, labels)
        )
    except jsonstat_writer.CubeTooLargeError as error:
        raise ProblemError(
            "large",
            context.lang,
            "cube_large",
            parameter="format",
            cells=error.cells,
            most=jsonstat_writer.MAX_CELLS,
        ) from None
