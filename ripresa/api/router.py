"""The application under /api: every declared address, problems for what is not one, and open to pages of other sites."""

from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ripresa import i18n
from ripresa.api import row_stream
from ripresa.api.endpoints import EDITION, ENDPOINTS, LONGEST, Endpoint, read
from ripresa.api.handlers import ANSWERS
from ripresa.api.problem import Problem
from ripresa.api.responses import Call
from ripresa.database import build
from ripresa.database import query as queries
from ripresa.database import releases as release

METHODS = "GET, HEAD, OPTIONS"
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, X-Total-Count, Data-Version, Content-Disposition",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def call(endpoint: Endpoint, request: Request) -> Response:
    """The answer of an address, whatever is asked of it."""
    lang = i18n.language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    try:
        if len(request.url.query) > LONGEST:
            raise Problem("long", lang, "long", length=len(request.url.query), most=LONGEST)
        current = queries.version()
        asked = request.path_params.get("version")
        given = read(endpoint, request.path_params, request.query_params.multi_items(), current, lang)
        if asked is not None and asked != current:
            _superseded(endpoint, asked, current, lang)
        return ANSWERS[endpoint.name](
            Call(request, endpoint, given, asked or current, current, asked is not None, lang)
        )
    except Problem as problem:
        return problem.response(request.url.path)
    except build.BuildError as fault:
        return Problem("no_database", lang, "no_database", words=str(fault).splitlines()[0]).response(
            request.url.path, {"Retry-After": "30"}
        )


def _superseded(endpoint: Endpoint, asked: str, current: str, lang: str) -> None:
    """Raises Problem, unless the figures of this older version were kept and it is they that are asked for."""
    known = {line["version"] for line in release.releases()}
    kept = row_stream.kept(asked)
    if kept and endpoint.name == "observations":
        return
    newest = f"/api/{EDITION}{endpoint.path if '{' not in endpoint.path else '/'}"
    more = {"current": current, "current_address": newest, "releases": f"/api/{EDITION}/versions"}
    if kept:
        raise Problem("version_gone", lang, "version_kept", more=more, version=asked, current=current)
    if asked in known:
        raise Problem("version_gone", lang, "version_gone", more=more, version=asked, current=current)
    raise Problem("version_unknown", lang, "version_unknown", more=more, version=asked[:60], current=current)


class Open:
    """Any site's page may read: it is all public, and nothing here knows a visitor."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            return await Response(None, 204, {**OPEN, **PREFLIGHT})(scope, receive, send)

        async def opened(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(OPEN)
            await send(message)

        return await self.app(scope, receive, opened)


def _unmatched(request: Request, fault: HTTPException) -> Response:
    """An address or a method that is not declared."""
    lang = i18n.language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    if fault.status_code == 405:
        return Problem(
            "method", lang, "method", method=request.method[:20], allowed=METHODS.split(", ")
        ).response(request.url.path, {"Allow": METHODS})
    paths = [f"/api/{EDITION}{endpoint.path}" for endpoint in ENDPOINTS]
    return Problem("not_found", lang, "no_address", allowed=paths, path=request.url.path[:100]).response(
        request.url.path
    )


def _failed(request: Request, fault: Exception) -> Response:
    lang = i18n.language("", request.headers.get("accept-language", ""))
    return Problem("failed", lang, "failed").response(request.url.path)


def _routes() -> list[Route]:
    found = []
    for endpoint in ENDPOINTS:
        found.append(
            Route(f"/{EDITION}{endpoint.path}", partial(call, endpoint), methods=["GET"], name=endpoint.name)
        )
        if endpoint.pinned:
            found.append(
                Route(
                    f"/{EDITION}/versions/{{version}}{endpoint.path}",
                    partial(call, endpoint),
                    methods=["GET"],
                    name=f"{endpoint.name}_of_version",
                )
            )
    return found


API = Open(Starlette(routes=_routes(), exception_handlers={HTTPException: _unmatched, Exception: _failed}))
