"""The 404 page."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ripresa.api.language import get_request_language
from ripresa.i18n import t
from ripresa.settings import LANGS
from ripresa.templating import render_template


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
