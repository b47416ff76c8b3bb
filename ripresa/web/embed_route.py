"""Routes for other sites: a figure for an iframe, and the Atom feed of revisions."""

from starlette.requests import Request
from starlette.responses import Response

from ripresa.api.language import get_request_language
from ripresa.database import releases
from ripresa.embed import embed_page
from ripresa.exports import atom


def serve_embed(request: Request) -> Response:
    """GET /embed/v1/{indicator}: one figure, with the parameters of Filters; 304 if the client has it."""
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    embed = embed_page.build_response(
        request.path_params["indicator"],
        query,
        request.headers.get("if-none-match", ""),
        str(request.base_url).rstrip("/"),
    )
    headers = dict(embed.headers)
    if not embed.body:  # to the others GZipMiddleware adds it
        headers["Vary"] = "Accept-Encoding"
    return Response(embed.body, embed.status, headers)


def serve_revision_feed(request: Request) -> Response:
    """GET /revisions.atom: the changes of each data version."""
    text = atom.render_feed(
        releases.load_releases(),
        releases.load_revisions(),
        str(request.base_url).rstrip("/"),
        get_request_language(request),
    )
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"}
    return Response(text, media_type="application/atom+xml", headers=headers)
