"""How much one visitor may ask of what costs: token buckets in memory, under a name that tells no address."""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict

from ripresa import settings

BUCKET_LIMITS = {"data": (600, 10.0), "sql": (30, 0.5), "image": (10, 0.2)}  # at once, then so many a second
MAX_CLIENTS = 20_000  # visitors remembered; the one unseen for longest is forgotten first
_SALT = secrets.token_bytes(
    32
)  # drawn at each start and written nowhere: a name cannot be led back to an address


class TokenBucket:
    """The tokens of every visitor for one kind of thing."""

    def __init__(self, capacity: float, refill_rate: float, clock=time.monotonic):
        self.capacity, self.refill_rate, self.clock = capacity, refill_rate, clock
        self._lock, self._tokens = threading.Lock(), OrderedDict()

    def acquire(self, client: str, cost: float = 1.0) -> float:
        """Takes the cost and gives 0, or takes nothing and gives the seconds until there is a token."""
        with self._lock:
            left = self._get_tokens(client)
            if left < 1:
                return (1 - left) / self.refill_rate
            self._set_tokens(client, left - cost)
            return 0.0

    def charge(self, client: str, cost: float) -> None:
        """Takes what an answer turned out to cost (a negative cost is given back); never more than one full bucket is owed."""
        with self._lock:
            self._set_tokens(client, max(-self.capacity, min(self.capacity, self._get_tokens(client) - cost)))

    def _get_tokens(self, client: str) -> float:
        left, seen = self._tokens.get(client, (self.capacity, self.clock()))
        return min(self.capacity, left + (self.clock() - seen) * self.refill_rate)

    def _set_tokens(self, client: str, tokens: float) -> None:
        self._tokens[client] = tokens, self.clock()
        self._tokens.move_to_end(client)
        while len(self._tokens) > MAX_CLIENTS:
            self._tokens.popitem(last=False)


BUCKETS = {kind: TokenBucket(*rate) for kind, rate in BUCKET_LIMITS.items()}


def acquire_token(kind: str, client: str) -> int:
    """Seconds this visitor has to wait before one more of this kind; 0 takes one. RIPRESA_RATE_LIMITS=0 never makes anyone wait."""
    return 0 if not settings.is_rate_limiting_enabled() else -int(-BUCKETS[kind].acquire(client) // 1)


def get_client_key(host: str, forwarded_for: str = "") -> str:
    """A name for who asks, the same until the server stops. `forwarded` is X-Forwarded-For: it is believed as far as RIPRESA_TRUSTED_PROXIES proxies wrote it, none by default."""
    proxies = settings.get_trusted_proxy_count()
    told = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    if 0 < proxies <= len(told):
        host = told[-proxies]
    try:
        address = ipaddress.ip_address(host)
        host = (
            str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
        )  # one line has a whole /64
    except ValueError:
        pass
    return hashlib.blake2b(host.encode("utf-8", "replace"), key=_SALT, digest_size=16).hexdigest()
