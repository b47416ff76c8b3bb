"""In-memory token-bucket rate limits, keyed by a salted hash of the client's IP address."""

import hashlib
import ipaddress
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ripresa import settings

BUCKET_LIMITS = {"data": (600, 10.0), "sql": (30, 0.5), "image": (10, 0.2)}  # capacity, tokens per second
MAX_CLIENTS = 20_000  # per bucket kind; the least recently seen is evicted first
_SALT = secrets.token_bytes(32)  # new at each start and never stored: a key cannot be traced to an address


class TokenBucket:
    """The tokens of every client for one kind of request."""

    def __init__(self, capacity: float, refill_rate: float, clock: Callable[[], float] = time.monotonic):
        self.capacity, self.refill_rate, self.clock = capacity, refill_rate, clock
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens and time of last change

    def acquire(self, client: str, cost: float = 1.0) -> float:
        """Charges the cost and returns 0, or only returns the seconds until a token is available."""
        with self._lock:
            tokens = self._get_tokens(client)
            if tokens < 1:
                return (1 - tokens) / self.refill_rate
            self._set_tokens(client, tokens - cost)
            return 0.0

    def charge(self, client: str, cost: float) -> None:
        """Charges the cost known after a response; negative refunds. The debt is at most one full bucket."""
        with self._lock:
            self._set_tokens(client, max(-self.capacity, min(self.capacity, self._get_tokens(client) - cost)))

    def _get_tokens(self, client: str) -> float:
        tokens, last_change = self._tokens.get(client, (self.capacity, self.clock()))
        return min(self.capacity, tokens + (self.clock() - last_change) * self.refill_rate)

    def _set_tokens(self, client: str, tokens: float) -> None:
        self._tokens[client] = tokens, self.clock()
        self._tokens.move_to_end(client)
        while len(self._tokens) > MAX_CLIENTS:
            self._tokens.popitem(last=False)


BUCKETS = {kind: TokenBucket(*limits) for kind, limits in BUCKET_LIMITS.items()}


def acquire_token(kind: str, client: str) -> int:
    """Charges one request and returns 0, or the seconds to wait. RIPRESA_RATE_LIMITS=0 disables limits."""
    return math.ceil(BUCKETS[kind].acquire(client)) if settings.is_rate_limiting_enabled() else 0


def get_client_key(host: str, forwarded_for: str = "") -> str:
    """The client's key in the buckets, stable until the server stops.

    `forwarded_for` is the X-Forwarded-For header: only its last RIPRESA_TRUSTED_PROXIES entries are trusted
    (none by default).
    """
    proxies = settings.get_trusted_proxy_count()
    forwarded = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    if 0 < proxies <= len(forwarded):
        host = forwarded[-proxies]
    try:
        address = ipaddress.ip_address(host)
        is_ipv6 = address.version == 6  # one subscriber has a whole /64
        host = str(ipaddress.ip_network((address, 64), strict=False)) if is_ipv6 else str(address)
    except ValueError:
        pass
    return hashlib.blake2b(host.encode("utf-8", "replace"), key=_SALT, digest_size=16).hexdigest()
