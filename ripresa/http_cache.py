"""HTTP caching: ETag and If-None-Match (RFC 9110, section 13.1.2)."""

import hashlib


def compute_etag(*parts: str | bytes) -> str:
    """A strong ETag, quotes included, of a body or of everything that determines one."""
    content = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'


def is_not_modified(if_none_match: str, *etags: str) -> bool:
    """Whether the header If-None-Match lists one of these ETags, weak (W/) or not, or is `*`."""
    return not {part.strip().removeprefix("W/") for part in if_none_match.split(",")}.isdisjoint(
        {*etags, "*"}
    )
