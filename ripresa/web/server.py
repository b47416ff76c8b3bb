"""The ASGI application: Streamlit's pages, the routes of routes.py, and the middlewares around both.

`python -m ripresa serve` starts it; `streamlit run dashboard.py` serves the pages alone.
"""

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ripresa import logs, settings
from ripresa.views import shell, streamlit_internals
from ripresa.web.middleware import (
    CachedGZipMiddleware,
    IndexHtmlMiddleware,
    NotFoundMiddleware,
    RateLimitMiddleware,
    RequestLogMiddleware,
    SecurityHeadersMiddleware,
)
from ripresa.web.routes import ROUTES


async def serve_favicon(request: Request) -> Response:
    """GET /favicon.ico, which browsers request for what is not a Streamlit page."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(shell.build_favicon(), media_type="image/svg+xml", headers=headers)


logs.configure_logging()
streamlit_internals.disable_external_ip_lookup()
app = st.App(
    settings.DASHBOARD,
    routes=[*ROUTES, Route("/favicon.ico", serve_favicon)],
    middleware=[  # the first is the outermost
        Middleware(RequestLogMiddleware),
        Middleware(SecurityHeadersMiddleware),
        Middleware(RateLimitMiddleware),
        Middleware(IndexHtmlMiddleware),
        Middleware(CachedGZipMiddleware),
        Middleware(NotFoundMiddleware),
    ],
)
