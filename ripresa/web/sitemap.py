"""robots.txt, sitemap.xml and the 404 page."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from ripresa import settings
from ripresa.api.language import get_request_language
from ripresa.i18n import t
from ripresa.settings import LANGS
from ripresa.templating import render_template

HOME_PAGE = "overview"  # its URL is that of the site
PAGE_NAMES = (HOME_PAGE, *sorted({path.stem for path in settings.PAGES.glob("*.py")} - {HOME_PAGE}))
ROBOTS_TXT = """User-agent: *
Disallow: /api/v1/database
Disallow: /api/v1/versions/
Disallow: /*sql=
Sitemap: {site}sitemap.xml
"""


async def serve_robots_txt(request: Request) -> PlainTextResponse:
    """GET /robots.txt: crawlers are excluded from large files and from the unlimited SQL pages."""
    return PlainTextResponse(ROBOTS_TXT.format(site=request.base_url))


async def serve_sitemap(request: Request) -> Response:
    """GET /sitemap.xml: every page in every language, with its translations as alternates."""
    page_urls = [f"{request.base_url}{'' if page == HOME_PAGE else page}" for page in PAGE_NAMES]
    body = render_template("web/sitemap.xml", page_urls=page_urls, langs=LANGS)
    return Response(body, media_type="application/xml")


def build_not_found_response(request: Request) -> HTMLResponse:
    """The 404 page, in every language, the visitor's first, with links to the first page."""
    lang = get_request_language(request)
    body = render_template(
        "web/not_found.html",
        lang=lang,
        langs=sorted(LANGS, key=lambda other: other != lang),
        root_path=request.scope.get("root_path", ""),
        t=t,
    )
    return HTMLResponse(body, 404, {"Cache-Control": "no-store", "Vary": "Accept-Language"})
