"""The addresses there are, told to those who search the web; and a page for those that are not: Streamlit answers every one with its own, and 200."""

from html import escape

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from ripresa import i18n, settings
from ripresa.web.profile_files import PROFILE_FILES

HOME_PAGE = "overview"  # it stands at the address of the site
PAGE_NAMES = (HOME_PAGE, *sorted({path.stem for path in settings.PAGES.glob("*.py")} - {HOME_PAGE}))
ROBOTS_TXT = "User-agent: *\nDisallow: /api/v1/database\nDisallow: /api/v1/versions/\nDisallow: /*sql=\nSitemap: {site}sitemap.xml\n"
NOT_FOUND_STYLESHEET = ":root{color-scheme:light dark}body{margin:15vh auto 0;max-width:32em;padding:0 20px;font:17px/1.5 system-ui,sans-serif}h1,h2{font-size:1.2em;margin:2em 0 0}p{margin:0}"


def get_page_name(scope) -> str:
    """The page that an address names, wherever Streamlit's stand: `scope` once the answer has begun, "" for the first."""
    return scope["path"].removeprefix(scope.get("root_path", "")).strip("/")


async def serve_robots_txt(request: Request) -> PlainTextResponse:
    """GET /robots.txt: all may be read but what is large or without end."""
    return PlainTextResponse(ROBOTS_TXT.format(site=request.base_url))


async def serve_sitemap(request: Request) -> Response:
    """GET /sitemap.xml: every page in every language, each with the others."""
    told = []
    for name in PAGE_NAMES:
        here = f"{request.base_url}{'' if name == HOME_PAGE else name}"
        each = {lang: escape(f"{here}?lang={lang}") for lang in i18n.LANGS}
        others = "".join(
            f'<xhtml:link rel="alternate" hreflang="{lang}" href="{there}"/>'
            for lang, there in (each | {"x-default": escape(here)}).items()
        )
        told += [f"<url><loc>{there}</loc>{others}</url>" for there in each.values()]
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">{"".join(told)}</urlset>'
    return Response(body, media_type="application/xml")


class NotFoundMiddleware:
    """Where Streamlit gives its page for an address that is none of ours, a 404 that leads home, in both languages, the visitor's first."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        lost = False

        async def sent(message):
            nonlocal lost
            if (
                message["type"] == "http.response.start"
                and message["status"] == 200
                and self.is_unknown_page(scope, Headers(raw=message["headers"]))
            ):
                lost = True
                await build_not_found_response(scope)(scope, receive, send)
            if not lost:
                await send(message)

        await self.app(scope, receive, sent)

    def is_unknown_page(self, scope, headers: Headers) -> bool:
        """Whether the answer is Streamlit's page under a name that is not a page's."""
        place = scope.get("endpoint")
        return (
            isinstance(place, StaticFiles)
            and place is not PROFILE_FILES
            and headers.get("content-type", "").startswith("text/html")
            and get_page_name(scope) not in ("", *PAGE_NAMES)
        )


def build_not_found_response(scope) -> HTMLResponse:
    """The page of an address that leads nowhere."""
    request = Request(scope)
    own = i18n.negotiate_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )
    said = "".join(
        f'<section lang="{lang}"><h{place}>{escape(i18n.t("lost", lang))}</h{place}><p><a href="{escape(scope.get("root_path", ""))}/?lang={lang}">{escape(i18n.t("lost_home", lang))}</a></p></section>'
        for place, lang in enumerate(sorted(i18n.LANGS, key=lambda lang: lang != own), 1)
    )
    return HTMLResponse(
        f'<!doctype html><html lang="{own}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(i18n.t("lost", own))}</title>'
        f"<style>{NOT_FOUND_STYLESHEET}</style><main>{said}</main></html>",
        404,
        {"Cache-Control": "no-store", "Vary": "Accept-Language"},
    )
