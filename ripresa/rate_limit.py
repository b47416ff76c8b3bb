"""How much one visitor may ask of what costs: token buckets in memory, under a name that tells no address."""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict

from ripresa import settings

RATES = {"data": (600, 10.0), "sql": (30, 0.5), "image": (10, 0.2)}  # at once, then so many a second
KEPT = 20_000  # visitors remembered; the one unseen for longest is forgotten first
_SALT = secrets.token_bytes(
    32
)  # drawn at each start and written nowhere: a name cannot be led back to an address


class Bucket:
    """The tokens of every visitor for one kind of thing."""

    def __init__(self, most: float, each: float, clock=time.monotonic):
        self.most, self.each, self.clock = most, each, clock
        self._lock, self._left = threading.Lock(), OrderedDict()

    def take(self, visitor: str, cost: float = 1.0) -> float:
        """Takes the cost and gives 0, or takes nothing and gives the seconds until there is a token."""
        with self._lock:
            left = self._now(visitor)
            if left < 1:
                return (1 - left) / self.each
            self._put(visitor, left - cost)
            return 0.0

    def charge(self, visitor: str, cost: float) -> None:
        """Takes what an answer turned out to cost (a negative cost is given back); never more than one full bucket is owed."""
        with self._lock:
            self._put(visitor, max(-self.most, min(self.most, self._now(visitor) - cost)))

    def _now(self, visitor: str) -> float:
        left, seen = self._left.get(visitor, (self.most, self.clock()))
        return min(self.most, left + (self.clock() - seen) * self.each)

    def _put(self, visitor: str, left: float) -> None:
        self._left[visitor] = left, self.clock()
        self._left.move_to_end(visitor)
        while len(self._left) > KEPT:
            self._left.popitem(last=False)


BUCKETS = {kind: Bucket(*rate) for kind, rate in RATES.items()}


def wait(kind: str, visitor: str) -> int:
    """Seconds this visitor has to wait before one more of this kind; 0 takes one. RIPRESA_RATE_LIMITS=0 never makes anyone wait."""
    return 0 if not settings.rate_limits_enabled() else -int(-BUCKETS[kind].take(visitor) // 1)


def visitor(host: str, forwarded: str = "") -> str:
    """A name for who asks, the same until the server stops. `forwarded` is X-Forwarded-For: it is believed as far as RIPRESA_TRUSTED_PROXIES proxies wrote it, none by default."""
    proxies = settings.trusted_proxies()
    told = [part.strip() for part in forwarded.split(",") if part.strip()]
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
