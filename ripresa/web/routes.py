"""The open addresses beside the pages: data to take, what describes it, and health. No session, no page: handlers of Starlette over the same database.

`ROUTES` is what api.py mounts. An address of /api/v1 is declared once, in declaration.py: what it takes, how that is checked, how it is documented.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from ripresa.api.router import api_app
from ripresa.web import embed_route, health, profile_files
from ripresa.web import sitemap as found


def redirect_to_home(request: Request) -> RedirectResponse:
    """The first page has no name of its own: to Streamlit `/overview` is a page that does not exist."""
    folder = request.url.path.removesuffix("overview")
    return RedirectResponse(f"{folder}?{request.url.query}" if request.url.query else folder)


ROUTES = [
    Route("/overview", redirect_to_home),
    Mount("/api", app=api_app, name="api"),
    Route("/healthz", health.check_liveness),
    Route("/readyz", health.check_readiness),
    Route("/embed/v1/{indicator}", embed_route.serve_embed),
    Route("/revisions.atom", embed_route.serve_revision_feed),
    Route("/robots.txt", found.serve_robots_txt),
    Route("/sitemap.xml", found.serve_sitemap),
    Route("/sheets", profile_files.redirect_to_index),
    Mount("/sheets", app=profile_files.PROFILE_FILES),
]
NON_STREAMLIT_HTML_PATHS = (
    "/api/",
    "/embed/",
    "/sheets/",
)  # answers that say their own language and keep their own ETag
