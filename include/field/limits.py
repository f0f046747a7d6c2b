"""How often one address, link or device may ask: counts over a sliding window, in bounded memory, forgotten with the process."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

_MOST_KEYS: Final = 20_000
_NETWORK_BITS: Final = 64  # of an IPv6 address: one subscriber has them all


@dataclass
class Limiter:
    """At most `most` in `seconds` for each key."""

    most: int
    seconds: float
    _seen: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def allows(self, key: str, now: float) -> bool:
        """Whether one more is within the limit; counts it if so."""
        with self._lock:
            times = self._recent(key, now)
            if len(times) >= self.most:
                return False
            times.append(now)
            return True

    def is_spent(self, key: str, now: float) -> bool:
        """Whether the limit is reached; counts nothing."""
        with self._lock:
            return len(self._recent(key, now)) >= self.most

    def _recent(self, key: str, now: float) -> deque[float]:
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and times[0] <= now - self.seconds:
            times.popleft()
        while len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return times


def network_of(host: str) -> str:
    """What is counted as one visitor: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return f"{int(address) >> _NETWORK_BITS:x}/64"
    return str(address)
