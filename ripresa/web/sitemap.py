"""robots.txt and sitemap.xml."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ripresa import settings
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
    """GET /robots.txt: crawlers are excluded from large files and from SQL pages, whose URLs are endless."""
    return PlainTextResponse(ROBOTS_TXT.format(site=request.base_url))


async def serve_sitemap(request: Request) -> Response:
    """GET /sitemap.xml: every page in every language, with its translations as alternates."""
    page_urls = [f"{request.base_url}{'' if page == HOME_PAGE else page}" for page in PAGE_NAMES]
    body = render_template("web/sitemap.xml", page_urls=page_urls, langs=LANGS)
    return Response(body, media_type="application/xml")
