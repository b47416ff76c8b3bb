"""The language of a response."""

from starlette.requests import Request

from ripresa import i18n


def get_request_language(request: Request) -> str:
    """The language of the parameter `lang`, else the best of the Accept-Language header, else Italian."""
    return i18n.negotiate_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )
