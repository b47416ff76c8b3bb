"""What each address gives, once its parameters are known to be right."""

from collections.abc import Callable

import pyarrow as pa
from starlette.responses import FileResponse, Response

from ripresa import i18n, settings
from ripresa.api import boundary_files, datapackage, html_docs, jsonstat_writer, row_stream, serializers
from ripresa.api import openapi as document
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, MEDIA_TYPES, load_codelists
from ripresa.api.problem import ProblemError
from ripresa.api.responses import (
    LATEST_CACHE_CONTROL,
    RequestContext,
    build_cache_headers,
    build_content_disposition,
    build_full_response,
    build_link_header,
    build_list_response,
    build_not_modified,
    build_streaming_response,
)
from ripresa.database import query as queries
from ripresa.database import releases as release
from ripresa.http_cache import compute_etag
from ripresa.i18n import t


def handle_rows(call: RequestContext) -> Response:
    """Rows of the database in the format asked for, a batch at a time."""
    tag, kept = (
        compute_etag(
            call.version, call.endpoint.name, call.endpoint.sql_text, repr(sorted(call.parameters.items()))
        ),
        build_cache_headers(call),
    )
    if fresh := build_not_modified(call, tag, kept):
        return fresh
    stream = row_stream.RowStream(
        call.endpoint.sql_text, call.parameters, call.version, as_json_text=call.format == "json"
    )
    headers = {
        **kept,
        "X-Total-Count": str(stream.total),
        "Data-Version": call.version,
        **build_link_header(call, stream.total),
        **build_content_disposition(call),
    }
    if call.format == "jsonstat":
        return build_full_response(
            call, _encode_jsonstat(call, stream), MEDIA_TYPES["jsonstat"], headers, tag
        )
    about = {"version": call.version, "total": stream.total}
    if call.format == "json":
        return build_streaming_response(
            call, stream, serializers.serialize_json(stream.iter_batches(), about), headers, tag
        )
    written = (
        serializers.serialize_parquet(stream.schema, stream.iter_batches(), about)
        if call.format == "parquet"
        else serializers.serialize_csv(stream.schema, stream.iter_batches())
    )
    return build_streaming_response(call, stream, written, headers, tag)


def handle_revisions(call: RequestContext) -> Response:
    """What each release changed."""
    lines = [{**line, "observations": int(line["observations"])} for line in release.load_revisions()]
    if call.format == "json":
        return build_list_response(call, lines)
    schema = pa.schema(
        [(name, pa.int64() if name == "observations" else pa.string()) for name in release.REVISION_COLUMNS]
    )
    return build_full_response(
        call,
        b"".join(serializers.serialize_csv(schema, pa.Table.from_pylist(lines, schema=schema).to_batches())),
        MEDIA_TYPES["csv"],
        {**build_cache_headers(call), **build_content_disposition(call)},
    )


def handle_versions(call: RequestContext) -> Response:
    """The version in place and those whose figures are kept."""
    lines = [
        {
            "version": line["version"],
            "released": line["date"],
            "observations": int(line["observations"]),
            "current": line["version"] == call.current_version,
            "observations_url": f"/api/{API_VERSION}/versions/{line['version']}/observations"
            if row_stream.find_release_file(line["version"]) or line["version"] == call.current_version
            else None,
        }
        for line in reversed(release.load_releases())
    ]
    if not any(line["current"] for line in lines):
        total = int(queries.run_query("build")["observations"][0])
        lines.insert(
            0,
            {
                "version": call.current_version,
                "released": None,
                "observations": total,
                "current": True,
                "observations_url": f"/api/{API_VERSION}/versions/{call.current_version}/observations",
            },
        )
    return build_list_response(call, lines)


def handle_boundary_list(call: RequestContext) -> Response:
    """The boundary files there are."""
    return build_list_response(call, boundary_files.list_boundary_files())


def handle_boundary(call: RequestContext) -> Response:
    """One boundary file."""
    body = boundary_files.read_geojson(call.parameters["name"])
    if not body:
        raise ProblemError("not_found", call.lang, "no_boundary", name=call.parameters["name"])
    return build_full_response(call, body, MEDIA_TYPES["geojson"], build_cache_headers(call))


def handle_database(call: RequestContext) -> Response:
    """The database file itself; a download that broke off can be resumed. Two builds of one version hold the same figures, not the same bytes."""
    path = settings.get_database_path()
    seen = path.stat()
    headers = {
        "Cache-Control": LATEST_CACHE_CONTROL,
        "ETag": compute_etag(call.version, str(seen.st_mtime_ns), str(seen.st_size)),
        "Data-Version": call.version,
        "Vary": "Accept-Encoding",
    }
    if fresh := build_not_modified(call, headers["ETag"], headers):
        return fresh
    headers["Content-Encoding"] = (
        "identity"  # else Streamlit compresses it at every download, and its length is lost
    )
    return FileResponse(
        path,
        200,
        headers,
        MEDIA_TYPES["duckdb"],
        filename=f"ripresa-digitale_{call.version}.duckdb",
        stat_result=seen,
    )


def handle_openapi(call: RequestContext) -> Response:
    """The description for machines."""
    return build_full_response(
        call,
        serializers.encode_json(document.build_openapi(call.version, call.parameters["lang"])),
        MEDIA_TYPES["openapi"],
        {"Cache-Control": LATEST_CACHE_CONTROL},
    )


def handle_datapackage(call: RequestContext) -> Response:
    """The data package of everything."""
    site = f"{call.request.url.scheme}://{call.request.url.netloc}"
    return build_full_response(
        call,
        serializers.encode_json(datapackage.build_datapackage(call.version, call.parameters["lang"], site)),
        MEDIA_TYPES["package"],
        build_cache_headers(call),
    )


def handle_html_docs(call: RequestContext) -> Response:
    """The description for people."""
    lang = call.parameters["lang"] or call.lang
    own = {
        "Cache-Control": LATEST_CACHE_CONTROL,
        "Content-Language": lang,
        "Vary": "Accept-Encoding, Accept-Language",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    }
    return build_full_response(
        call,
        html_docs.render_html_docs(
            call.version, lang, f"{call.request.url.scheme}://{call.request.url.netloc}"
        ).encode(),
        MEDIA_TYPES["html"],
        own,
    )


HANDLERS: dict[str, Callable[[RequestContext], Response]] = {
    endpoint.name: handle_rows for endpoint in ENDPOINTS if endpoint.table or endpoint.query_name
} | {
    "revisions": handle_revisions,
    "versions": handle_versions,
    "boundaries": handle_boundary_list,
    "boundary": handle_boundary,
    "database": handle_database,
    "openapi": handle_openapi,
    "page": handle_html_docs,
    "package": handle_datapackage,
}


def _encode_jsonstat(call: RequestContext, found: row_stream.RowStream) -> bytes:
    lists, lang = load_codelists(call.current_version), call.parameters["lang"]
    rows = [row for batch in found.iter_batches(jsonstat_writer.MAX_CELLS) for row in batch.to_pylist()]
    order = {
        "indicator": lists["indicators"],
        "geo": lists["geographies"],
        **{name: lists[f"{name}s"] for name in ("sector", "gender", "size", "edition")},
    }
    about = {
        "label": i18n.t("site", lang),
        "source": "; ".join(sorted({row["source_name"] for row in rows})),
        "updated": str(queries.run_query("build")["data_date"][0])[:10],
        "href": f"{call.request.url.path}?{call.request.url.query}",
        "extension": {"data_version": call.version},
    }
    try:
        return serializers.encode_json(
            jsonstat_writer.build_dataset(
                rows,
                order,
                about,
                {name: t(f"dimension_{name}", lang) for name in jsonstat_writer.DIMENSIONS},
            )
        )
    except jsonstat_writer.CubeTooLargeError as fault:
        raise ProblemError(
            "large",
            call.lang,
            "cube_large",
            parameter="format",
            cells=fault.cells,
            most=jsonstat_writer.MAX_CELLS,
        ) from None
