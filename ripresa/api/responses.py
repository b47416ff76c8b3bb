"""How answers leave: fresh or unchanged, whole or in pieces, compressed or plain."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ripresa.api import serializers
from ripresa.api.endpoints import MEDIA_TYPES, Endpoint
from ripresa.api.row_stream import RowStream
from ripresa.http_cache import compute_etag, is_not_modified

LATEST_CACHE_CONTROL = "public, max-age=60"
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class RequestContext:
    """One request, read: its address, its checked parameters, the data version it is about and the one in place."""

    request: Request
    endpoint: Endpoint
    parameters: dict
    version: str
    current_version: str
    is_pinned: bool
    lang: str

    @property
    def format(self) -> str:
        return self.parameters["format"]

    @property
    def is_head(self) -> bool:
        return self.request.method == "HEAD"


def build_content_disposition(call: RequestContext) -> dict[str, str]:
    """A file to keep has the version in its name; a browser shows JSON and saves the rest."""
    shown, ending = (
        call.format in ("json", "jsonstat"),
        "jsonstat.json" if call.format == "jsonstat" else call.format,
    )
    return {
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="ripresa-digitale_{call.version}_{call.endpoint.name}.{ending}"'
    }


def build_list_response(call: RequestContext, lines: list[dict]) -> Response:
    """A short list as JSON."""
    return build_full_response(
        call,
        serializers.encode_json({"version": call.version, "total": len(lines), "rows": lines}),
        MEDIA_TYPES["json"],
        {**build_cache_headers(call), **build_content_disposition(call)},
    )


def build_full_response(
    call: RequestContext, body: bytes, media: str, headers: dict, tag: str = ""
) -> Response:
    """A body that is there whole: its own hash is its ETag, it is compressed once."""
    headers = {
        "Vary": "Accept-Encoding",
        **headers,
        "ETag": tag or compute_etag(body),
    }
    if fresh := build_not_modified(call, headers["ETag"], headers):
        return fresh
    if _accepts_gzip(call) and len(body) > 500:
        body, headers = (
            serializers.gzip_bytes(body),
            {**headers, "Content-Encoding": "gzip", "ETag": _gzip_etag(headers["ETag"])},
        )
    if call.is_head:
        return Response(None, 200, {**headers, "Content-Length": str(len(body))}, media)
    return Response(body, 200, headers, media)


def build_streaming_response(
    call: RequestContext, found: RowStream, pieces: Iterable[bytes], headers: dict, tag: str
) -> Response:
    """Pieces of a body as they are made."""
    headers = {**headers, "Vary": "Accept-Encoding", "ETag": tag}
    if call.format == "parquet":
        headers["Content-Encoding"] = "identity"  # it is compressed inside
    elif _accepts_gzip(call):
        pieces, headers = (
            serializers.gzip_stream(pieces),
            {**headers, "Content-Encoding": "gzip", "ETag": _gzip_etag(tag)},
        )
    if call.is_head:
        found.close()
        pieces = ()
    return StreamingResponse(pieces, 200, headers, MEDIA_TYPES[call.format])


def build_not_modified(call: RequestContext, tag: str, headers: dict) -> Response | None:
    """304 where the client has this answer already, compressed or not."""
    if not is_not_modified(call.request.headers.get("if-none-match", ""), tag, _gzip_etag(tag)):
        return None
    kept_headers = {
        name: headers[name] for name in ("Cache-Control", "Vary", "Content-Language") if name in headers
    }
    return Response(None, 304, {"Vary": "Accept-Encoding", **kept_headers, "ETag": tag})


def build_cache_headers(call: RequestContext) -> dict[str, str]:
    """For how long an answer may be kept."""
    return {"Cache-Control": IMMUTABLE_CACHE_CONTROL if call.is_pinned else LATEST_CACHE_CONTROL}


def build_link_header(call: RequestContext, total: int) -> dict[str, str]:
    """Where the next and the previous page are."""
    limit, offset = call.parameters.get("limit"), call.parameters.get("offset", 0)
    if not limit:
        return {}
    query_items = [
        (name, value) for name, value in call.request.query_params.multi_items() if name != "offset"
    ]

    def to(start, rel):
        return f'<{call.request.url.path}?{urlencode([*query_items, ("offset", start)])}>; rel="{rel}"'

    links = [to(offset + limit, "next")] if offset + limit < total else []
    links += [to(max(0, offset - limit), "prev")] if offset else []
    return {"Link": ", ".join(links)} if links else {}


def _gzip_etag(tag: str) -> str:
    return f'{tag[:-1]}-gzip"'


def _accepts_gzip(call: RequestContext) -> bool:
    wishes = call.request.headers.get("accept-encoding", "").lower()
    return bool(re.search(r"(^|[\s,])gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[0-9.]+\s*)?(,|$)", wishes))
