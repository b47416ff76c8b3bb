"""What a request gets when it cannot be answered: RFC 9457 problem details, in the visitor's language."""

import json

from starlette.responses import Response

from ripresa.i18n import t

STATUS_CODES = {
    "parameter": 400,
    "large": 400,
    "not_found": 404,
    "version_unknown": 404,
    "method": 405,
    "version_gone": 410,
    "long": 414,
    "often": 429,
    "failed": 500,
    "no_database": 503,
}


class ProblemError(Exception):
    """One problem: `kind` is a key of STATUS and of the page's list, `detail` the key of its sentence."""

    def __init__(
        self,
        kind: str,
        lang: str,
        detail: str,
        parameter: str = "",
        allowed: list[str] | None = None,
        extensions: dict | None = None,
        **values,
    ):
        self.kind, self.lang, self.parameter, self.allowed, self.extensions = (
            kind,
            lang,
            parameter,
            allowed,
            extensions or {},
        )
        self.detail = t(f"detail_{detail}", lang, **values)
        super().__init__(self.detail)

    def build_response(self, instance: str, headers: dict[str, str] | None = None) -> Response:
        """The answer; `instance` is the path that was asked for."""
        body = {
            "type": f"/api/v1/#{self.kind}",
            "title": t(f"problem_{self.kind}", self.lang),
            "status": STATUS_CODES[self.kind],
            "detail": self.detail,
            "instance": instance,
        }
        body |= {"parameter": self.parameter} if self.parameter else {}
        body |= {"allowed": self.allowed} if self.allowed is not None else {}
        return Response(
            json.dumps(body | self.extensions),
            STATUS_CODES[self.kind],
            {"Content-Language": self.lang, "Cache-Control": "no-store", **(headers or {})},
            "application/problem+json",
        )
