"""What each address gives, once its parameters are known to be right."""

from collections.abc import Callable

import pyarrow as pa
from starlette.responses import FileResponse, Response

from ripresa import i18n
from ripresa.api import boundary_files, datapackage, html_docs, jsonstat_writer, row_stream, serializers
from ripresa.api import openapi as document
from ripresa.api.endpoints import EDITION, ENDPOINTS, MEDIA, codes
from ripresa.api.problem import Problem
from ripresa.api.responses import NEWEST, Call, etag, keeping, listed, named, paged, stream, unchanged, whole
from ripresa.database import build
from ripresa.database import query as queries
from ripresa.database import releases as release
from ripresa.i18n import t


def rows(call: Call) -> Response:
    """Rows of the database in the format asked for, a batch at a time."""
    tag, kept = (
        etag(call.version, call.endpoint.name, call.endpoint.text, repr(sorted(call.given.items()))),
        keeping(call),
    )
    if fresh := unchanged(call, tag, kept):
        return fresh
    found = row_stream.Figures(call.endpoint.text, call.given, call.version, lines=call.format == "json")
    headers = {
        **kept,
        "X-Total-Count": str(found.total),
        "Data-Version": call.version,
        **paged(call, found.total),
        **named(call),
    }
    if call.format == "jsonstat":
        return whole(call, _cube(call, found), MEDIA["jsonstat"], headers, tag)
    about = {"version": call.version, "total": found.total}
    if call.format == "json":
        return stream(call, found, serializers.as_json(found.batches(), about), headers, tag)
    written = (
        serializers.as_parquet(found.schema, found.batches(), about)
        if call.format == "parquet"
        else serializers.as_csv(found.schema, found.batches())
    )
    return stream(call, found, written, headers, tag)


def revisions(call: Call) -> Response:
    """What each release changed."""
    lines = [{**line, "observations": int(line["observations"])} for line in release.revisions()]
    if call.format == "json":
        return listed(call, lines)
    schema = pa.schema(
        [(name, pa.int64() if name == "observations" else pa.string()) for name in release.LOG]
    )
    return whole(
        call,
        b"".join(serializers.as_csv(schema, pa.Table.from_pylist(lines, schema=schema).to_batches())),
        MEDIA["csv"],
        {**keeping(call), **named(call)},
    )


def versions(call: Call) -> Response:
    """The version in place and those whose figures are kept."""
    lines = [
        {
            "version": line["version"],
            "released": line["date"],
            "observations": int(line["observations"]),
            "current": line["version"] == call.current,
            "observations_url": f"/api/{EDITION}/versions/{line['version']}/observations"
            if row_stream.kept(line["version"]) or line["version"] == call.current
            else None,
        }
        for line in reversed(release.releases())
    ]
    if not any(line["current"] for line in lines):
        total = int(queries.ask("build")["observations"][0])
        lines.insert(
            0,
            {
                "version": call.current,
                "released": None,
                "observations": total,
                "current": True,
                "observations_url": f"/api/{EDITION}/versions/{call.current}/observations",
            },
        )
    return listed(call, lines)


def boundary_list(call: Call) -> Response:
    """The boundary files there are."""
    return listed(call, boundary_files.listed())


def boundary(call: Call) -> Response:
    """One boundary file."""
    body = boundary_files.shapes(call.given["name"])
    if not body:
        raise Problem("not_found", call.lang, "no_boundary", name=call.given["name"])
    return whole(call, body, MEDIA["geojson"], keeping(call))


def database(call: Call) -> Response:
    """The database file itself; a download that broke off can be resumed. Two builds of one version hold the same figures, not the same bytes."""
    path = build.database()
    seen = path.stat()
    headers = {
        "Cache-Control": NEWEST,
        "ETag": etag(call.version, str(seen.st_mtime_ns), str(seen.st_size)),
        "Data-Version": call.version,
        "Vary": "Accept-Encoding",
    }
    if fresh := unchanged(call, headers["ETag"], headers):
        return fresh
    headers["Content-Encoding"] = (
        "identity"  # else Streamlit compresses it at every download, and its length is lost
    )
    return FileResponse(
        path,
        200,
        headers,
        MEDIA["duckdb"],
        filename=f"ripresa-digitale_{call.version}.duckdb",
        stat_result=seen,
    )


def openapi(call: Call) -> Response:
    """The description for machines."""
    return whole(
        call,
        serializers.dumps(document.document(call.version, call.given["lang"])),
        MEDIA["openapi"],
        {"Cache-Control": NEWEST},
    )


def described(call: Call) -> Response:
    """The data package of everything."""
    site = f"{call.request.url.scheme}://{call.request.url.netloc}"
    return whole(
        call,
        serializers.dumps(datapackage.package(call.version, call.given["lang"], site)),
        MEDIA["package"],
        keeping(call),
    )


def readable(call: Call) -> Response:
    """The description for people."""
    lang = call.given["lang"] or call.lang
    own = {
        "Cache-Control": NEWEST,
        "Content-Language": lang,
        "Vary": "Accept-Encoding, Accept-Language",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    }
    return whole(
        call,
        html_docs.page(call.version, lang, f"{call.request.url.scheme}://{call.request.url.netloc}").encode(),
        MEDIA["html"],
        own,
    )


ANSWERS: dict[str, Callable[[Call], Response]] = {
    endpoint.name: rows for endpoint in ENDPOINTS if endpoint.table or endpoint.sql
} | {
    "revisions": revisions,
    "versions": versions,
    "boundaries": boundary_list,
    "boundary": boundary,
    "database": database,
    "openapi": openapi,
    "page": readable,
    "package": described,
}


def _cube(call: Call, found: row_stream.Figures) -> bytes:
    lists, lang = codes(call.current), call.given["lang"]
    rows = [row for batch in found.batches(jsonstat_writer.MOST) for row in batch.to_pylist()]
    order = {
        "indicator": lists["indicators"],
        "geo": lists["geographies"],
        **{name: lists[f"{name}s"] for name in ("sector", "gender", "size", "edition")},
    }
    about = {
        "label": i18n.t("site", lang),
        "source": "; ".join(sorted({row["source_name"] for row in rows})),
        "updated": str(queries.ask("build")["data_date"][0])[:10],
        "href": f"{call.request.url.path}?{call.request.url.query}",
        "extension": {"data_version": call.version},
    }
    try:
        return serializers.dumps(
            jsonstat_writer.cube(
                rows, order, about, {name: t(f"dimension_{name}", lang) for name in jsonstat_writer.KEY}
            )
        )
    except jsonstat_writer.TooLarge as fault:
        raise Problem(
            "large", call.lang, "cube_large", parameter="format", cells=fault.cells, most=jsonstat_writer.MOST
        ) from None
