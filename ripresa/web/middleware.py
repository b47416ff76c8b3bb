"""Around every address: a request id, a line in the log, and a limit on what one visitor may take."""

import logging
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request

from ripresa import i18n, logs, rate_limit
from ripresa.api.problem import ProblemError

RATE_LIMITED_PATHS = ("/api/", "/embed/", "/revisions.atom")
BYTES_PER_TOKEN = 100_000  # of an answer that cost one token more
DEBUG_LEVEL_PATHS = ("/static/", "/_stcore/", "/app/static/")  # the browser's own files


class RequestLogMiddleware:
    """Gives every request an id, and says when it was answered, how and in what time. Never who asked, nor what stood after the question mark."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        name, begun, said = secrets.token_hex(8), time.perf_counter(), {"status": 500, "bytes": 0}
        token = logs.REQUEST_ID.set(name)

        async def sent(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                headers["X-Request-ID"] = name
                message, said["status"] = message | {"headers": headers.raw}, message["status"]
            said["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            level = (
                logging.DEBUG
                if scope["path"].startswith(DEBUG_LEVEL_PATHS) and said["status"] < 400
                else logging.INFO
            )
            logs.log_event(
                "request",
                level,
                method=scope["method"][:10],
                path=redact_path(scope["path"]),
                **said,
                ms=round((time.perf_counter() - begun) * 1e3, 1),
            )
            logs.REQUEST_ID.reset(token)


class RateLimitMiddleware:
    """Answers 429 to a visitor who has taken much in a short time from the addresses that cost. An unchanged answer (304) is nearly free."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith(RATE_LIMITED_PATHS):
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        visitor = rate_limit.get_client_key(
            (scope.get("client") or ("",))[0], ", ".join(headers.getlist("x-forwarded-for"))
        )
        if seconds := rate_limit.acquire_token("data", visitor):
            request = Request(scope)
            problem = ProblemError(
                "often",
                i18n.negotiate_language(
                    request.query_params.get("lang", ""), headers.get("accept-language", "")
                ),
                "often",
                seconds=seconds,
            )
            return await problem.build_response(
                scope["path"], {"Retry-After": str(seconds), "Access-Control-Allow-Origin": "*"}
            )(scope, receive, send)
        cost = 0.0

        async def sent(message):
            nonlocal cost
            cost += len(message.get("body", b"")) / BYTES_PER_TOKEN - (
                0.9 if message.get("status") == 304 else 0
            )
            await send(message)

        try:
            await self.app(scope, receive, sent)
        finally:
            rate_limit.BUCKETS["data"].charge(visitor, cost)


def redact_path(path: str) -> str:
    """A path as the log has it: Streamlit's own carry names of sessions and files, which are left out."""
    visible_parts = {"_stcore": 3, "media": 2}.get(path.split("/")[1] if "/" in path else "")
    return "/".join(path.split("/")[:visible_parts])[:120]
