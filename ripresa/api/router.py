"""The ASGI application mounted at /api: a route per endpoint, and problem documents for every error."""

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
from ripresa.database import query, releases
from ripresa.database.build_errors import BuildError

ALLOWED_METHODS = "GET, HEAD, OPTIONS"


def handle_request(endpoint: Endpoint, request: Request) -> Response:
    """Validates a request and calls the endpoint's handler; an error becomes a problem document."""
    lang = get_request_language(request)
    try:
        return HANDLERS[endpoint.name](_validate_request(endpoint, request, lang))
    except ProblemError as problem:
        return problem.build_response(request.url.path)
    except BuildError as error:
        unavailable = ProblemError("no_database", lang, words=str(error).splitlines()[0])
        return unavailable.build_response(request.url.path, {"Retry-After": "30"})


def _validate_request(endpoint: Endpoint, request: Request, lang: str) -> RequestContext:
    """The request with its parameters and data version. Raises ProblemError and BuildError."""
    query_string = request.url.query
    if len(query_string) > MAX_QUERY_LENGTH:
        raise ProblemError("long", lang, length=len(query_string), most=MAX_QUERY_LENGTH)
    current_version = query.get_data_version()
    query_items = request.query_params.multi_items()
    parameters = parse_parameters(endpoint, request.path_params, query_items, current_version, lang)
    version = request.path_params.get("version", current_version)
    if version != current_version:
        _check_version(endpoint, version, current_version, lang)
    is_pinned = "version" in request.path_params
    return RequestContext(request, endpoint, parameters, version, current_version, is_pinned, lang)


def _check_version(endpoint: Endpoint, requested: str, current: str, lang: str) -> None:
    """Raises ProblemError for another version than the current, except for its archived observations."""
    kind = detail = "version_unknown"
    if row_stream.find_release_file(requested):
        if endpoint.name == "observations":
            return
        kind, detail = "version_gone", "version_kept"
    elif any(release["version"] == requested for release in releases.load_releases()):
        kind = detail = "version_gone"
    latest_path = f"/api/{API_VERSION}{'/' if endpoint.path_parameters else endpoint.path}"
    extensions = {
        "current": current,
        "current_address": latest_path,
        "releases": f"/api/{API_VERSION}/versions",
    }
    raise ProblemError(kind, lang, detail, extensions=extensions, version=requested[:60], current=current)


def _handle_unknown_path(request: Request, error: Exception) -> Response:
    paths = [f"/api/{API_VERSION}{endpoint.path}" for endpoint in ENDPOINTS]
    path, lang = request.url.path, get_request_language(request)
    return ProblemError("not_found", lang, "no_address", allowed=paths, path=path[:100]).build_response(path)


def _handle_unknown_method(request: Request, error: Exception) -> Response:
    methods, lang = ALLOWED_METHODS.split(", "), get_request_language(request)
    problem = ProblemError("method", lang, method=request.method[:20], allowed=methods)
    return problem.build_response(request.url.path, {"Allow": ALLOWED_METHODS})


def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    return ProblemError("failed", get_request_language(request)).build_response(request.url.path)


def _build_routes() -> list[Route]:
    routes = []
    for endpoint in ENDPOINTS:
        handler, name = partial(handle_request, endpoint), endpoint.name
        routes.append(Route(f"/{API_VERSION}{endpoint.path}", handler, methods=["GET"], name=name))
        if endpoint.pinnable:
            path = f"/{API_VERSION}/versions/{{version}}{endpoint.path}"
            routes.append(Route(path, handler, methods=["GET"], name=f"{name}_of_version"))
    return routes


api_app = Starlette(
    routes=_build_routes(),
    exception_handlers={
        HTTPException: _handle_unknown_path,
        405: _handle_unknown_method,
        Exception: _handle_unexpected_error,
    },
)
