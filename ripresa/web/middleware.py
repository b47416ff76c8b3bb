"""ASGI middlewares: request log, security headers, CORS, rate limit, index page, cached gzip, 404.

Plain ASGI instead of Starlette's BaseHTTPMiddleware, which adds a task and a queue to every response.
"""

import gzip
import logging
import re
import secrets
import time
from typing import ClassVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ripresa import logs, rate_limit
from ripresa.api.language import get_request_language
from ripresa.api.problem import ProblemError
from ripresa.api.router import ALLOWED_METHODS
from ripresa.views import streamlit_internals
from ripresa.views.components import plotly_figure
from ripresa.web import not_found, sitemap
from ripresa.web.profile_files import PROFILE_FILES

RATE_LIMITED_PATHS = ("/api/", "/embed/", "/revisions.atom")
BYTES_PER_TOKEN = 100_000  # response bytes that cost one more token
NOT_MODIFIED_REFUND = 0.9  # tokens given back for a 304
DEBUG_LEVEL_PATHS = (
    streamlit_internals.STATIC_PATH,
    streamlit_internals.APP_STATIC_PATH,
    streamlit_internals.ENDPOINT_PATH,
)
# The policy of the pages; the page of the API and the embeds have stricter ones of their own.
# Streamlit writes styles and a start-up script into the page and starts components from a blob: URL;
# nothing comes from, or goes to, another host.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "frame-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        f"{directive} {sources}" for directive, sources in CONTENT_SECURITY_POLICY.items()
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Total-Count, Data-Version, Content-Disposition",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT_HEADERS = CORS_HEADERS | {
    "Allow": ALLOWED_METHODS,
    "Access-Control-Allow-Methods": ALLOWED_METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
COMPRESSIBLE_PATH = re.compile(rf"{streamlit_internals.STATIC_PATH}.*\.(js|css|json|svg)$")
HASHED_FILES_PATH = f"{streamlit_internals.APP_STATIC_PATH}generated/"  # file names contain a content hash
NON_STREAMLIT_HTML_PATHS = ("/api/", "/embed/", "/sheets/")  # HTML that is not Streamlit's
PAGES_WITH_FIGURES = (  # pages that begin with a figure, "" for the first page
    "",
    "overview",
    "closures",
    "profits",
    "digital_sales",
    "women",
    "compare",
    "diagnosis_results",
)


class HTTPMiddleware:
    """Base class: websockets and lifespan events pass unchanged, HTTP requests go to `handle_http`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self.handle_http if scope["type"] == "http" else self.app
        await handler(scope, receive, send)

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        raise NotImplementedError


class ResponseHeadersMiddleware(HTTPMiddleware):
    """Base class: `edit_headers` changes the headers of each response."""

    def edit_headers(self, headers: MutableHeaders) -> None:
        """Changes the headers in place."""
        raise NotImplementedError

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.edit_headers(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BufferedResponseMiddleware(HTTPMiddleware):
    """Base class: buffers a GET response if `should_buffer` and sends `transform_body` of its body."""

    def should_buffer(self, scope: Scope, headers: Headers) -> bool:
        """Whether a response with status 200 and these headers is transformed."""
        raise NotImplementedError

    async def transform_body(self, scope: Scope, headers: MutableHeaders, body: bytes) -> bytes:
        """The body to send; `headers` can be changed in place."""
        raise NotImplementedError

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        chunks: list[bytes] = []

        async def send_transformed(message: Message) -> None:
            nonlocal start
            if _is_ok_start(message) and self.should_buffer(scope, Headers(raw=message["headers"])):
                start = message
                return
            if not start:
                return await send(message)
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(scope=start)
            body = await self.transform_body(scope, headers, b"".join(chunks))
            headers["Content-Length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_transformed if scope["method"] == "GET" else send)


class RequestLogMiddleware(HTTPMiddleware):
    """Assigns a request id and logs method, path, status, bytes and time; never the client or the query."""

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, started = secrets.token_hex(8), time.perf_counter()
        status, size = 500, 0
        token = logs.REQUEST_ID.set(request_id)

        async def send_with_id(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            is_file = scope["path"].startswith(DEBUG_LEVEL_PATHS) and status < 400
            logs.log_event(
                "request",
                logging.DEBUG if is_file else logging.INFO,
                method=scope["method"][:10],
                path=redact_path(scope["path"]),
                status=status,
                bytes=size,
                ms=round((time.perf_counter() - started) * 1e3, 1),
            )
            logs.REQUEST_ID.reset(token)


class SecurityHeadersMiddleware(ResponseHeadersMiddleware):
    """Adds security headers (CSP, nosniff, frame-ancestors) to every response that does not set its own."""

    def edit_headers(self, headers: MutableHeaders) -> None:
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)


class CORSMiddleware(ResponseHeadersMiddleware):
    """Any origin may read, without credentials: everything here is public.

    Starlette's CORSMiddleware adds nothing without an Origin header and `Vary: Origin` always, which splits
    shared caches, and it answers a plain OPTIONS request with 405.
    """

    def edit_headers(self, headers: MutableHeaders) -> None:
        headers.update(CORS_HEADERS)

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await Response(None, 204, PREFLIGHT_HEADERS)(scope, receive, send)
        else:
            await super().handle_http(scope, receive, send)


class RateLimitMiddleware(HTTPMiddleware):
    """Answers 429 when a client's token bucket is empty. Large responses cost more, a 304 almost nothing."""

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(RATE_LIMITED_PATHS):
            return await self.app(scope, receive, send)
        request = Request(scope)
        client = rate_limit.get_client_key(
            request.client.host if request.client else "",
            ", ".join(request.headers.getlist("x-forwarded-for")),
        )
        if seconds := rate_limit.acquire_token("data", client):
            problem = ProblemError("often", get_request_language(request), seconds=seconds)
            headers = {
                "Retry-After": str(seconds),
                "Access-Control-Allow-Origin": CORS_HEADERS["Access-Control-Allow-Origin"],
            }
            return await problem.build_response(scope["path"], headers)(scope, receive, send)
        cost = 0.0

        async def send_counted(message: Message) -> None:
            nonlocal cost
            cost += len(message.get("body", b"")) / BYTES_PER_TOKEN
            if message.get("status") == 304:
                cost -= NOT_MODIFIED_REFUND
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            rate_limit.BUCKETS["data"].charge(client, cost)


class IndexHtmlMiddleware(BufferedResponseMiddleware):
    """Sends Streamlit's index.html in the visitor's language (streamlit_internals.rewrite_index_html)."""

    def should_buffer(self, scope: Scope, headers: Headers) -> bool:
        return (
            headers.get("content-type", "").startswith("text/html")
            and headers.get("content-encoding", "gzip") == "gzip"
            and not scope["path"].startswith(NON_STREAMLIT_HTML_PATHS)
        )

    async def transform_body(self, scope: Scope, headers: MutableHeaders, body: bytes) -> bytes:
        for name in ("etag", "last-modified"):  # those of the file, which is the same in both languages
            del headers[name]
        headers.add_vary_header("Accept-Language")
        is_gzipped = "content-encoding" in headers
        html = (gzip.decompress(body) if is_gzipped else body).decode()
        has_figures = streamlit_internals.get_page_name(scope) in PAGES_WITH_FIGURES
        script_url = plotly_figure.publish_script() if has_figures else ""
        lang = get_request_language(Request(scope))
        page = streamlit_internals.rewrite_index_html(html, lang, script_url).encode()
        return gzip.compress(page, 6) if is_gzipped else page


class CachedGZipMiddleware(BufferedResponseMiddleware):
    """Caches the gzip of static files.

    Streamlit sends its bundle uncompressed (9 MB) and compresses the application's files at every request;
    so would Starlette's GZipMiddleware.
    """

    _cache: ClassVar[dict[str, bytes]] = {}

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepts_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if accepts_gzip and COMPRESSIBLE_PATH.search(scope["path"]):
            headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = {**scope, "headers": headers, "cached_gzip": True}
        await super().handle_http(scope, receive, send)

    def should_buffer(self, scope: Scope, headers: Headers) -> bool:
        return "cached_gzip" in scope and "content-encoding" not in headers

    async def transform_body(self, scope: Scope, headers: MutableHeaders, body: bytes) -> bytes:
        key = scope["path"] + headers.get("etag", "")
        if key not in self._cache:
            self._cache[key] = await run_in_threadpool(gzip.compress, body, 6)
        headers["Content-Encoding"] = "gzip"
        if scope["path"].startswith(HASHED_FILES_PATH):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        headers.add_vary_header("Accept-Encoding")
        return self._cache[key]


class NotFoundMiddleware(HTTPMiddleware):
    """A 404 page instead of the index.html with status 200 that Streamlit sends for an unknown path."""

    async def handle_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_replaced = False

        async def send_unless_unknown(message: Message) -> None:
            nonlocal is_replaced
            if _is_ok_start(message) and _is_unknown_page(scope, Headers(raw=message["headers"])):
                is_replaced = True
                await not_found.build_not_found_response(Request(scope))(scope, receive, send)
            if not is_replaced:
                await send(message)

        await self.app(scope, receive, send_unless_unknown)


def _is_ok_start(message: Message) -> bool:
    return bool(message["type"] == "http.response.start" and message["status"] == 200)


def _is_unknown_page(scope: Scope, headers: Headers) -> bool:
    return (
        streamlit_internals.is_index_html(scope, headers)
        and scope["endpoint"] is not PROFILE_FILES
        and streamlit_internals.get_page_name(scope) not in ("", *sitemap.PAGE_NAMES)
    )


def redact_path(path: str) -> str:
    """A path for the log, cut before the ids of sessions and files in Streamlit's paths."""
    first_part = path.removeprefix("/").partition("/")[0]
    depth = streamlit_internals.IDENTIFIER_DEPTHS.get(first_part)
    return "/".join(path.split("/")[:depth])[:120]
