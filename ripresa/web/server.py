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
from ripresa.web.middleware import Limited, Watched
from ripresa.web.routes import OWN_HTML, ROUTES

POLICY = {  # Streamlit writes styles and its own start-up script into the page, and starts components from a blob:; nothing comes from, or goes to, another host
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
GUARD = {
    "Content-Security-Policy": "; ".join(f"{name} {allowed}" for name, allowed in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STATIC = re.compile(r"/static/.*\.(js|css|json|svg)$")
DRAWN = (
    "",
    "overview",
    "closures",
    "profits",
    "digital_sales",
    "women",
    "compare",
    "diagnosis_results",
)  # pages that open on figures
NAMED = "/app/static/generated/"  # files named after what is in them
HERE = "window.__streamlit = {BACKEND_BASE_URL: new URL('.', location).href}"  # else Streamlit looks for its server under the page's name first, in vain
FONT = re.compile(r'<link\s+rel="preload"[^>]*as="font"[^>]*>')
NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)


class Whole:
    """A middleware that lets `change` see an answer whole, once its headers say that it is `wanted`."""

    def __init__(self, app):
        self.app = app

    def wanted(self, scope, headers: Headers) -> bool:
        raise NotImplementedError

    async def change(self, scope, headers: MutableHeaders, body: bytes) -> bytes:
        raise NotImplementedError

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        start, parts = None, []

        async def hold(message):
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if message["status"] == 200 and self.wanted(scope, Headers(raw=message["headers"])):
                    return
                start = None
            if start is None:
                return await send(message)
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            body = await self.change(scope, headers, b"".join(parts))
            headers["Content-Length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        return await self.app(scope, receive, hold)


class Shell(Whole):
    """The page shell says its own language, name and server before a single script has run, and asks for no font."""

    def wanted(self, scope, headers):
        return (
            headers.get("content-type", "").startswith("text/html")
            and headers.get("content-encoding", "gzip") == "gzip"
            and not scope["path"].startswith(OWN_HTML)
        )

    async def change(self, scope, headers, body):
        request = Request(scope)
        lang = i18n.language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
        for name in ("etag", "last-modified"):  # the same file in two languages is two answers
            del headers[name]
        headers.add_vary_header("Accept-Language")
        zipped = "content-encoding" in headers  # by Streamlit, for a browser that takes it
        page = FONT.sub("", (gzip.decompress(body) if zipped else body).decode(), count=1)
        page = NOSCRIPT.sub(f"<noscript><p>{escape(i18n.t('noscript', lang))}</p></noscript>", page)
        page = page.replace('<html lang="en">', f'<html lang="{lang}">', 1)
        page = page.replace("<head>", f"<head><script>{HERE}</script>", 1)
        if sitemap.page(scope) in DRAWN:  # on its way while Streamlit starts, and run after it
            page = page.replace(
                "</head>", f'<script defer data-drawing src="{plotly_figure.address()}"></script></head>', 1
            )
        page = page.replace("<title>Streamlit</title>", f"<title>{escape(i18n.t('site', lang))}</title>", 1)
        return gzip.compress(page.encode(), 6) if zipped else page.encode()


class Compressed(Whole):
    """Files for the browser, compressed once and kept: Streamlit serves its own plain, 9 MB at a first visit, and compresses ours anew for each visitor."""

    kept: dict[str, bytes] = {}

    async def __call__(self, scope, receive, send):
        if (
            scope["type"] == "http"
            and STATIC.search(scope["path"])
            and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        ):
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            scope = scope | {"headers": plain, "compressed": True}
        await super().__call__(scope, receive, send)

    def wanted(self, scope, headers):
        return "compressed" in scope and "content-encoding" not in headers

    async def change(self, scope, headers, body):
        name = scope["path"] + headers.get("etag", "")
        if name not in self.kept:
            self.kept[name] = await run_in_threadpool(gzip.compress, body, 6)
        headers["Content-Encoding"] = "gzip"
        if scope["path"].startswith(NAMED):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        headers.add_vary_header("Accept-Encoding")
        return self.kept[name]


class Guarded:
    """Every answer says what a browser may do with it: ask this host alone, show it in no frame of another's, guess no type. An answer's own word stands."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def say(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in GUARD.items():
                    headers.setdefault(name, value)
                message = message | {"headers": headers.raw}
            await send(message)

        await self.app(scope, receive, say if scope["type"] == "http" else send)


async def icon(request: Request) -> Response:
    """GET /favicon.ico, which browsers ask for beside what is not a page of Streamlit's."""
    return Response(
        shell.icon(), media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"}
    )


logs.start()
net_util.get_external_ip = (
    lambda: None
)  # Streamlit asks a host of Amazon's for it when it serves other machines, and at each socket of another site while everyone waits
app = st.App(
    settings.DASHBOARD,
    routes=[*ROUTES, Route("/favicon.ico", icon)],
    middleware=[
        Middleware(Watched),
        Middleware(Guarded),
        Middleware(Limited),
        Middleware(Shell),
        Middleware(Compressed),
        Middleware(sitemap.Lost),
    ],
)
