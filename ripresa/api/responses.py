"""Responses of the API: 200 or 304, buffered or streamed, compressed or not.

Starlette's GZipMiddleware is not used for the API: it compresses for `gzip;q=0` too, and gives both encodings
one ETag.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ripresa.api import serializers
from ripresa.api.endpoints import MEDIA_TYPES, Endpoint, ParameterValue
from ripresa.api.row_stream import RowStream
from ripresa.http_cache import compute_etag, is_not_modified

LATEST_CACHE_CONTROL = "public, max-age=60"
IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
MIN_GZIP_BYTES = 500  # shorter bodies are sent as they are
NOT_MODIFIED_HEADERS = ("Cache-Control", "Vary", "Content-Language")
ACCEPTS_GZIP = re.compile(r"(^|[\s,])gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))[0-9.]+\s*)?(,|$)")

Headers = Mapping[str, str]


@dataclass(frozen=True)
class RequestContext:
    """A validated request: its endpoint and parameters, the data version requested and the current one."""

    request: Request
    endpoint: Endpoint
    parameters: Mapping[str, ParameterValue]
    version: str
    current_version: str
    is_pinned: bool  # the path names the version
    lang: str  # of the visitor

    @property
    def format(self) -> str:
        return str(self.parameters["format"])

    @property
    def text_lang(self) -> str:
        """The language of the content: the parameter `lang`, else the visitor's."""
        return str(self.parameters["lang"] or self.lang)

    @property
    def site(self) -> str:
        """The origin of the request, such as https://example.org."""
        return f"{self.request.url.scheme}://{self.request.url.netloc}"

    @property
    def is_head(self) -> bool:
        return self.request.method == "HEAD"

    @property
    def accepts_gzip(self) -> bool:
        return bool(ACCEPTS_GZIP.search(self.request.headers.get("accept-encoding", "").lower()))

    @property
    def cache_headers(self) -> dict[str, str]:
        """Immutable if the path names the version."""
        return {"Cache-Control": IMMUTABLE_CACHE_CONTROL if self.is_pinned else LATEST_CACHE_CONTROL}

    @property
    def disposition_headers(self) -> dict[str, str]:
        """A file name with the data version; browsers show JSON and save the other formats."""
        disposition = "inline" if self.format in ("json", "jsonstat") else "attachment"
        extension = "jsonstat.json" if self.format == "jsonstat" else self.format
        name = f"ripresa-digitale_{self.version}_{self.endpoint.name}.{extension}"
        return {"Content-Disposition": f'{disposition}; filename="{name}"'}


def build_list_response(context: RequestContext, rows: Sequence[Mapping[str, object]]) -> Response:
    """A short list as JSON."""
    return build_full_response(
        context,
        serializers.encode_json({"version": context.version, "total": len(rows), "rows": rows}),
        MEDIA_TYPES["json"],
        {**context.cache_headers, **context.disposition_headers},
    )


def build_full_response(
    context: RequestContext, body: bytes, media_type: str, headers: Headers, etag: str = ""
) -> Response:
    """A response whose body is complete; without `etag` its ETag is the body's hash."""
    etag = etag or compute_etag(body)
    all_headers = {"Vary": "Accept-Encoding", **headers, "ETag": etag}
    if not_modified := build_not_modified(context, etag, all_headers):
        return not_modified
    if context.accepts_gzip and len(body) > MIN_GZIP_BYTES:
        body = serializers.gzip_bytes(body)
        all_headers |= {"Content-Encoding": "gzip", "ETag": _get_gzip_etag(etag)}
    if context.is_head:
        return Response(None, 200, all_headers | {"Content-Length": str(len(body))}, media_type)
    return Response(body, 200, all_headers, media_type)


def build_streaming_response(
    context: RequestContext, stream: RowStream, chunks: Iterable[bytes], headers: Headers, etag: str
) -> Response:
    """A response whose body is written chunk by chunk from `stream`."""
    all_headers = {**headers, "Vary": "Accept-Encoding", "ETag": etag}
    if context.format == "parquet":
        all_headers["Content-Encoding"] = "identity"  # Parquet is compressed already
    elif context.accepts_gzip:
        chunks = serializers.gzip_stream(chunks)
        all_headers |= {"Content-Encoding": "gzip", "ETag": _get_gzip_etag(etag)}
    if context.is_head:
        stream.close()
        chunks = ()
    return StreamingResponse(chunks, 200, all_headers, MEDIA_TYPES[context.format])


def build_not_modified(context: RequestContext, etag: str, headers: Headers) -> Response | None:
    """304 if the client has this response, compressed or not; else None."""
    if_none_match = context.request.headers.get("if-none-match", "")
    if not is_not_modified(if_none_match, etag, _get_gzip_etag(etag)):
        return None
    repeated = {name: headers[name] for name in NOT_MODIFIED_HEADERS if name in headers}
    return Response(None, 304, {"Vary": "Accept-Encoding", **repeated, "ETag": etag})


def build_link_header(context: RequestContext, total: int) -> dict[str, str]:
    """The header Link with the next and the previous page; empty without `limit`."""
    limit, offset = context.parameters.get("limit"), context.parameters.get("offset")
    if not isinstance(limit, int) or not isinstance(offset, int):
        return {}
    query = [item for item in context.request.query_params.multi_items() if item[0] != "offset"]
    page_offsets = {}
    if offset + limit < total:
        page_offsets["next"] = offset + limit
    if offset:
        page_offsets["prev"] = max(0, offset - limit)
    links = [
        f'<{context.request.url.path}?{urlencode([*query, ("offset", start)])}>; rel="{relation}"'
        for relation, start in page_offsets.items()
    ]
    return {"Link": ", ".join(links)} if links else {}


def _get_gzip_etag(etag: str) -> str:
    return f'{etag[:-1]}-gzip"'
