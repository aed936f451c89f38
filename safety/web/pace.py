"""How often anybody may ask: each source, each token, the programs of an account and its person have a measure of their own."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from math import ceil
from threading import Lock
from time import monotonic
from typing import Literal, NamedTuple

Kind = Literal["source", "token", "programs", "person", "stranger"]
"""`programs` are all tokens of an account, `person` is whoever signed in to it: a program that runs wild stops no person.
`stranger` is a source that shows tokens which open nothing: each is noted, and must fill no disk.
"""

KNOWN = 10_000
"""So many are remembered, the latest: asking as ever another fills no memory."""
FORGIVEN_SECONDS = 600.0
"""Who has kept to the measure for so long begins with the shortest wait again."""


NETWORK_BITS = 64
"""Whoever has one IPv6 address has all that begin with the same bits (RFC 4291 2.5.4): they are one source."""


def network(source: str) -> str:
    """Give under which name a source is counted: an IPv6 address by its network, any other as it is."""
    if ":" not in source:
        return source
    try:
        address = IPv6Address(source.partition("%")[0])
    except ValueError:
        return source
    return str(address.ipv4_mapped or ip_network((address, NETWORK_BITS), strict=False))


class TooOften(Exception):
    """Somebody asks more often than anybody needs to; `seconds` is how long to wait."""

    def __init__(self, kind: Kind, seconds: int) -> None:
        """Say whose measure is full, and for how long."""
        super().__init__()
        self.kind, self.seconds = kind, seconds


class Measure(NamedTuple):
    """So many requests at once, so many a second after that, and the longest wait in seconds."""

    burst: float
    a_second: float
    longest: float


MEASURES: Mapping[Kind, Measure] = {
    "source": Measure(300, 20, 1),
    "token": Measure(120, 10, 60),
    "programs": Measure(240, 20, 60),
    "person": Measure(300, 20, 4),
    "stranger": Measure(30, 0.2, 60),
}
"""A page with all its files is under ten requests. A hospital is one source, so its wait does not grow; a person on duty
waits for seconds at most, whatever happened before; a program that does not listen waits up to a minute."""


@dataclass(slots=True)
class Bucket:
    """What is left to ask, since when, how often it ran dry lately, and until when nothing is let through."""

    left: float
    at: float
    dry: int = 0
    until: float = 0.0


class Pace:
    """Lets each ask so often: a bucket that fills again with time; each time it runs dry, the wait is twice as long."""

    def __init__(
        self, burst: float | None = None, a_second: float | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """Know nobody yet; `burst` and `a_second` take the place of every kind's own."""
        self._burst, self._a_second, self._clock = burst, a_second, clock
        self._known: OrderedDict[tuple[Kind, str], Bucket] = OrderedDict()
        self._lock = Lock()
        self.refused: Counter[Kind] = Counter()
        """How many requests were told to wait since the start."""

    def take(self, kind: Kind, name: str) -> None:
        """Take one request of somebody; raises TooOften."""
        with self._lock:
            seconds = self._wait(kind, name)
            if seconds > 0:
                self.refused[kind] += 1
                raise TooOften(kind, max(1, ceil(seconds)))

    def _wait(self, kind: Kind, name: str) -> float:
        """Take one request, or give how many seconds to wait for the next."""
        measure, now = self._measure(kind), self._clock()
        bucket = self._known.pop((kind, name), None) or Bucket(measure.burst, now)
        self._known[kind, name] = bucket
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        if now < bucket.until:
            return bucket.until - now
        bucket.left = min(measure.burst, bucket.left + (now - bucket.at) * measure.a_second)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0
        bucket.dry = 0 if now - bucket.until > FORGIVEN_SECONDS else bucket.dry
        wait = min(measure.longest, 2.0**bucket.dry)
        bucket.dry, bucket.until = bucket.dry + 1, now + wait
        return wait

    def _measure(self, kind: Kind) -> Measure:
        usual = MEASURES[kind]
        burst = usual.burst if self._burst is None else self._burst
        return Measure(burst, usual.a_second if self._a_second is None else self._a_second, usual.longest)
