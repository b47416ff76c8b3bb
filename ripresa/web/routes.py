"""The routes other than Streamlit's pages: open data, embeds, feed, sitemap, profiles, health checks.

`ROUTES` is mounted by server.py. The routes of /api/v1 are declared in ripresa/api/endpoints.py.
"""

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from ripresa.api.router import api_app
from ripresa.web import embed_route, health, profile_files, sitemap
from ripresa.web.middleware import CORSMiddleware


def redirect_to_home(request: Request) -> RedirectResponse:
    """GET /overview: the first page, which Streamlit serves only at the URL of the site."""
    folder = request.url.path.removesuffix("overview")
    return RedirectResponse(f"{folder}?{request.url.query}" if request.url.query else folder)


ROUTES = [
    Route("/overview", redirect_to_home),
    Mount("/api", app=api_app, name="api", middleware=[Middleware(CORSMiddleware)]),
    Route("/healthz", health.check_liveness),
    Route("/readyz", health.check_readiness),
    Route(
        "/embed/v1/{indicator}",
        embed_route.serve_embed,
        middleware=[Middleware(GZipMiddleware, compresslevel=6)],
    ),
    Route("/revisions.atom", embed_route.serve_revision_feed),
    Route("/robots.txt", sitemap.serve_robots_txt),
    Route("/sitemap.xml", sitemap.serve_sitemap),
    Route("/sheets", profile_files.redirect_to_index),
    Mount("/sheets", app=profile_files.PROFILE_FILES),
]
