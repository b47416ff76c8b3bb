"""What other sites take from this one: a figure for an iframe, and the feed of revisions."""

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ripresa import i18n
from ripresa.database import releases as release
from ripresa.embed import embed_page
from ripresa.exports import atom as feed


async def serve_embed(request: Request) -> Response:
    """GET /embed/v1/{indicator}: one figure alone, in the names of Filters; 304 where the reader has it already."""
    query = {name: request.query_params.getlist(name) for name in request.query_params}
    site = str(request.base_url).rstrip("/")
    answer = await run_in_threadpool(
        embed_page.build_response,
        request.path_params["indicator"],
        query,
        request.headers.get("if-none-match", ""),
        site,
    )
    body, headers = answer.body, dict(answer.headers) | {"Vary": "Accept-Encoding"}
    if body and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
    return Response(body, answer.status, headers)


async def serve_revision_feed(request: Request) -> Response:
    """GET /revisions.atom: what each data version changed."""
    lang = i18n.negotiate_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", "")
    )
    text = await run_in_threadpool(
        lambda: feed.render_feed(
            release.load_releases(), release.load_revisions(), str(request.base_url).rstrip("/"), lang
        )
    )
    return Response(
        text,
        media_type="application/atom+xml",
        headers={"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"},
    )
