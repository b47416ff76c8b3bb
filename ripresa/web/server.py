"""The server: the pages, a health answer, the page shell in the visitor's language, the browser's files compressed once.

`python -m ripresa serve` starts it; `streamlit run dashboard.py` shows the same pages without what is declared here.
"""

import gzip
import re
from html import escape

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import net_util

from ripresa import i18n, logs, settings
from ripresa.views import shell
from ripresa.views.components import plotly_figure
from ripresa.web import sitemap
from ripresa.web.middleware import RateLimitMiddleware, RequestLogMiddleware
from ripresa.web.routes import NON_STREAMLIT_HTML_PATHS, ROUTES

CONTENT_SECURITY_POLICY = {  # Streamlit writes styles and its own start-up script into the page, and starts components from a blob:; nothing comes from, or goes to, another host
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
        f"{name} {allowed}" for name, allowed in CONTENT_SECURITY_POLICY.items()
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
COMPRESSIBLE_PATH = re.compile(r"/static/.*\.(js|css|json|svg)$")
PAGES_WITH_FIGURES = (
    "",
    "overview",
    "closures",
    "profits",
    "digital_sales",
    "women",
    "compare",
    "diagnosis_results",
)  # pages that open on figures
HASHED_FILES_PATH = "/app/static/generated/"  # files named after what is in them
BASE_URL_SCRIPT = "window.__streamlit = {BACKEND_BASE_URL: new URL('.', location).href}"  # else Streamlit looks for its server under the page's name first, in vain
FONT_PRELOAD = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>')
NOSCRIPT_ELEMENT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)


class BufferedResponseMiddleware:
    """A middleware that lets `change` see an answer whole, once its headers say that it is `wanted`."""

    def __init__(self, app):
        self.app = app

    def should_buffer(self, scope, headers: Headers) -> bool:
        raise NotImplementedError

    async def transform_body(self, scope, headers: MutableHeaders, body: bytes) -> bytes:
        raise NotImplementedError

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        start, parts = None, []

        async def hold(message):
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if message["status"] == 200 and self.should_buffer(scope, Headers(raw=message["headers"])):
                    return
                start = None
            if start is None:
                return await send(message)
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            body = await self.transform_body(scope, headers, b"".join(parts))
            headers["Content-Length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        return await self.app(scope, receive, hold)


class IndexHtmlMiddleware(BufferedResponseMiddleware):
    """The page shell says its own language, name and server before a single script has run, and asks for no font."""

    def should_buffer(self, scope, headers):
        return (
            headers.get("content-type", "").startswith("text/html")
            and headers.get("content-encoding", "gzip") == "gzip"
            and not scope["path"].startswith(NON_STREAMLIT_HTML_PATHS)
        )

    async def transform_body(self, scope, headers, body):
        request = Request(scope)
        lang = i18n.negotiate_language(
            request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        )
        for name in ("etag", "last-modified"):  # the same file in two languages is two answers
            del headers[name]
        headers.add_vary_header("Accept-Language")
        zipped = "content-encoding" in headers  # by Streamlit, for a browser that takes it
        page = FONT_PRELOAD.sub("", (gzip.decompress(body) if zipped else body).decode(), count=1)
        page = NOSCRIPT_ELEMENT.sub(f"<noscript><p>{escape(i18n.t('noscript', lang))}</p></noscript>", page)
        page = page.replace('<html lang="en">', f'<html lang="{lang}">', 1)
        page = page.replace("<head>", f"<head><script>{BASE_URL_SCRIPT}</script>", 1)
        if (
            sitemap.get_page_name(scope) in PAGES_WITH_FIGURES
        ):  # on its way while Streamlit starts, and run after it
            page = page.replace(
                "</head>",
                f'<script defer data-drawing src="{plotly_figure.publish_script()}"></script></head>',
                1,
            )
        page = page.replace("<title>Streamlit</title>", f"<title>{escape(i18n.t('site', lang))}</title>", 1)
        return gzip.compress(page.encode(), 6) if zipped else page.encode()


class CachedGZipMiddleware(BufferedResponseMiddleware):
    """Files for the browser, compressed once and kept: Streamlit serves its own plain, 9 MB at a first visit, and compresses ours anew for each visitor."""

    _cache: dict[str, bytes] = {}

    async def __call__(self, scope, receive, send):
        if (
            scope["type"] == "http"
            and COMPRESSIBLE_PATH.search(scope["path"])
            and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        ):
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = scope | {"headers": plain, "compressed": True}
        await super().__call__(scope, receive, send)

    def should_buffer(self, scope, headers):
        return "compressed" in scope and "content-encoding" not in headers

    async def transform_body(self, scope, headers, body):
        name = scope["path"] + headers.get("etag", "")
        if name not in self._cache:
            self._cache[name] = await run_in_threadpool(gzip.compress, body, 6)
        headers["Content-Encoding"] = "gzip"
        if scope["path"].startswith(HASHED_FILES_PATH):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        headers.add_vary_header("Accept-Encoding")
        return self._cache[name]


class SecurityHeadersMiddleware:
    """Every answer says what a browser may do with it: ask this host alone, show it in no frame of another's, guess no type. An answer's own word stands."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def say(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                message = message | {"headers": headers.raw}
            await send(message)

        await self.app(scope, receive, say if scope["type"] == "http" else send)


async def serve_favicon(request: Request) -> Response:
    """GET /favicon.ico, which browsers ask for beside what is not a page of Streamlit's."""
    return Response(
        shell.build_favicon(), media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


logs.configure_logging()
net_util.get_external_ip = (
    lambda: None
)  # Streamlit asks a host of Amazon's for it when it serves other machines, and at each socket of another site while everyone waits
app = st.App(
    settings.DASHBOARD,
    routes=[*ROUTES, Route("/favicon.ico", serve_favicon)],
    middleware=[
        Middleware(RequestLogMiddleware),
        Middleware(SecurityHeadersMiddleware),
        Middleware(RateLimitMiddleware),
        Middleware(IndexHtmlMiddleware),
        Middleware(CachedGZipMiddleware),
        Middleware(sitemap.NotFoundMiddleware),
    ],
)
