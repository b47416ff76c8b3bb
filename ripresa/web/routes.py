"""The open addresses beside the pages: data to take, what describes it, and health. No session, no page: handlers of Starlette over the same database.

`ROUTES` is what api.py mounts. An address of /api/v1 is declared once, in declaration.py: what it takes, how that is checked, how it is documented.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from ripresa.api.router import API
from ripresa.web import embed_route, health, profile_files
from ripresa.web import sitemap as found


def first(request: Request) -> RedirectResponse:
    """The first page has no name of its own: to Streamlit `/overview` is a page that does not exist."""
    folder = request.url.path.removesuffix("overview")
    return RedirectResponse(f"{folder}?{request.url.query}" if request.url.query else folder)


ROUTES = [
    Route("/overview", first),
    Mount("/api", app=API, name="api"),
    Route("/healthz", health.alive),
    Route("/readyz", health.ready),
    Route("/embed/v1/{indicator}", embed_route.figure),
    Route("/revisions.atom", embed_route.revisions),
    Route("/robots.txt", found.robots),
    Route("/sitemap.xml", found.sitemap),
    Route("/sheets", profile_files.listed),
    Mount("/sheets", app=profile_files.SHEETS),
]
OWN_HTML = ("/api/", "/embed/", "/sheets/")  # answers that say their own language and keep their own ETag
