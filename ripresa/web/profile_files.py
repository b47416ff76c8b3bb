"""The printed profiles: the PDF files that `make sheets` wrote, and the pages that list them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from ripresa import settings
from ripresa.api.language import get_request_language


class ProfileFiles(StaticFiles):
    """GET /sheets/it/ and /sheets/it/ITC4.pdf, from the folder of the profiles."""

    async def check_config(self) -> None:
        """Accepts a missing folder: before the first `make sheets` every path is a 404."""


PROFILE_FILES = ProfileFiles(directory=settings.PROFILE_SHEETS, html=True, check_dir=False)


async def redirect_to_index(request: Request) -> RedirectResponse:
    """GET /sheets: the list in the visitor's language."""
    return RedirectResponse(f"sheets/{get_request_language(request)}/", 302, {"Vary": "Accept-Language"})
