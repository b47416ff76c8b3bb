"""The application under /api: every declared address, problems for what is not one, and open to pages of other sites."""

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ripresa.api import row_stream
from ripresa.api.endpoints import API_VERSION, ENDPOINTS, MAX_QUERY_LENGTH, Endpoint, parse_parameters
from ripresa.api.handlers import HANDLERS
from ripresa.api.language import get_request_language
from ripresa.api.problem import ProblemError
from ripresa.api.responses import RequestContext
from ripresa.database import query as queries
from ripresa.database import releases as release
from ripresa.database.build_errors import BuildError

ALLOWED_METHODS = "GET, HEAD, OPTIONS"


def handle_request(endpoint: Endpoint, request: Request) -> Response:
    """The answer of an address, whatever is asked of it."""
    lang = get_request_language(request)
    try:
        if len(request.url.query) > MAX_QUERY_LENGTH:
            raise ProblemError("long", lang, "long", length=len(request.url.query), most=MAX_QUERY_LENGTH)
        current = queries.get_data_version()
        requested_version = request.path_params.get("version")
        parameters = parse_parameters(
            endpoint, request.path_params, request.query_params.multi_items(), current, lang
        )
        if requested_version is not None and requested_version != current:
            _check_version(endpoint, requested_version, current, lang)
        return HANDLERS[endpoint.name](
            RequestContext(
                request,
                endpoint,
                parameters,
                requested_version or current,
                current,
                requested_version is not None,
                lang,
            )
        )
    except ProblemError as problem:
        return problem.build_response(request.url.path)
    except BuildError as fault:
        return ProblemError(
            "no_database", lang, "no_database", words=str(fault).splitlines()[0]
        ).build_response(request.url.path, {"Retry-After": "30"})


def _check_version(endpoint: Endpoint, requested: str, current: str, lang: str) -> None:
    """Raises Problem, unless the figures of this older version were kept and it is they that are asked for."""
    known = {line["version"] for line in release.load_releases()}
    release_file = row_stream.find_release_file(requested)
    if release_file and endpoint.name == "observations":
        return
    newest = f"/api/{API_VERSION}{endpoint.path if '{' not in endpoint.path else '/'}"
    more = {"current": current, "current_address": newest, "releases": f"/api/{API_VERSION}/versions"}
    if release_file:
        raise ProblemError(
            "version_gone", lang, "version_kept", extensions=more, version=requested, current=current
        )
    if requested in known:
        raise ProblemError(
            "version_gone", lang, "version_gone", extensions=more, version=requested, current=current
        )
    raise ProblemError(
        "version_unknown", lang, "version_unknown", extensions=more, version=requested[:60], current=current
    )


def _handle_http_exception(request: Request, fault: HTTPException) -> Response:
    """An address or a method that is not declared."""
    lang = get_request_language(request)
    if fault.status_code == 405:
        return ProblemError(
            "method", lang, "method", method=request.method[:20], allowed=ALLOWED_METHODS.split(", ")
        ).build_response(request.url.path, {"Allow": ALLOWED_METHODS})
    paths = [f"/api/{API_VERSION}{endpoint.path}" for endpoint in ENDPOINTS]
    return ProblemError(
        "not_found", lang, "no_address", allowed=paths, path=request.url.path[:100]
    ).build_response(request.url.path)


def _handle_unexpected_error(request: Request, fault: Exception) -> Response:
    lang = get_request_language(request)
    return ProblemError("failed", lang, "failed").build_response(request.url.path)


def _build_routes() -> list[Route]:
    routes = []
    for endpoint in ENDPOINTS:
        routes.append(
            Route(
                f"/{API_VERSION}{endpoint.path}",
                partial(handle_request, endpoint),
                methods=["GET"],
                name=endpoint.name,
            )
        )
        if endpoint.pinnable:
            routes.append(
                Route(
                    f"/{API_VERSION}/versions/{{version}}{endpoint.path}",
                    partial(handle_request, endpoint),
                    methods=["GET"],
                    name=f"{endpoint.name}_of_version",
                )
            )
    return routes


api_app = Starlette(
    routes=_build_routes(),
    exception_handlers={HTTPException: _handle_http_exception, Exception: _handle_unexpected_error},
)
