"""The printed profiles: the PDFs that `make sheets` wrote, and the pages that list them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from ripresa import i18n
from ripresa.settings import PROFILE_SHEETS as FOLDER


class ProfileFiles(StaticFiles):
    """GET /sheets/it/ and /sheets/it/ITC4.pdf, as they lie in the folder."""

    async def check_config(self) -> None:
        """Before anything is printed there is no folder, and every address is a 404."""


PROFILE_FILES = ProfileFiles(directory=FOLDER, html=True, check_dir=False)


async def redirect_to_index(request: Request) -> RedirectResponse:
    """GET /sheets: the list in the visitor's language."""
    lang = i18n.negotiate_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )
    return RedirectResponse(f"sheets/{lang}/", 302, {"Vary": "Accept-Language"})
