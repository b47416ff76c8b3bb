"""Error responses of the API: RFC 9457 problem details, in the visitor's language."""

import json
from collections.abc import Mapping, Sequence

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
    """A request that cannot be answered, with everything its problem document needs.

    `kind` is a key of STATUS_CODES, `detail` the key detail_* of its sentence (by default the same word),
    `values` fill the sentence's placeholders, `extensions` are further members of the document.
    """

    def __init__(
        self,
        kind: str,
        lang: str,
        detail: str = "",
        *,
        parameter: str = "",
        allowed: Sequence[str] | None = None,
        extensions: Mapping[str, object] | None = None,
        **values: object,
    ) -> None:
        self.kind, self.lang = kind, lang
        self.detail = t(f"detail_{detail or kind}", lang, **values)
        self.extensions: dict[str, object] = dict(extensions or {})
        if allowed is not None:
            self.extensions = {"allowed": list(allowed)} | self.extensions
        if parameter:
            self.extensions = {"parameter": parameter} | self.extensions
        super().__init__(self.detail)

    def build_response(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """The problem document as a response; `path` is that of the request."""
        document = {
            "type": f"/api/v1/#{self.kind}",
            "title": t(f"problem_{self.kind}", self.lang),
            "status": STATUS_CODES[self.kind],
            "detail": self.detail,
            "instance": path,
        }
        return Response(
            json.dumps(document | self.extensions),
            STATUS_CODES[self.kind],
            {"Content-Language": self.lang, "Cache-Control": "no-store", **(headers or {})},
            "application/problem+json",
        )


def build_parameter_problem(
    name: str, lang: str, detail: str, *, allowed: Sequence[str] | None = None, **values: object
) -> ProblemError:
    """The problem of a wrong parameter `name`."""
    return ProblemError(
        "parameter", lang, detail, parameter=name, allowed=allowed, extensions=None, name=name, **values
    )
