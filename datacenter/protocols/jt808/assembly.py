"""Putting sub-packaged messages together (分包合并). JT/T 808-2019, 4.4.3 and message 0x8003.

Packets of one message carry consecutive serials, so (phone, message id, serial - number + 1) names the message. Bounded
in messages and in bytes; what stays incomplete too long is given up. Time is passed in, in seconds of any clock.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice

from datacenter.protocols.budget import Budget
from datacenter.protocols.errors import AssemblyRefused, BadPacketNumber
from datacenter.protocols.jt808.header import Header

Key = tuple[str, int, int]
"""Phone, message id, serial of the first packet."""


ASSEMBLY_BYTES = 2 << 20
PACKET_COST = 128
"""Charged for each packet besides its body, so that empty packets are no way round the bound."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A whole message: the first packet's header, the joined body, each packet's serial in order."""

    header: Header
    body: bytes
    serials: tuple[int, ...]


@dataclass(slots=True)
class Partial:
    """A message that still lacks packets."""

    header: Header
    packets: int
    since: float
    last: float
    parts: dict[int, bytes] = field(default_factory=dict)
    serials: dict[int, int] = field(default_factory=dict)
    size: int = 0

    def missing(self, most: int | None = None) -> list[int]:
        """Numbers of the packets that have not come, from 1; the first ``most`` of them."""
        return list(islice((number for number in range(1, self.packets + 1) if number not in self.parts), most))


class Assembler:
    """Messages in the making. Past a bound the oldest one gives way; ``given_up`` counts those.

    ``budget`` bounds them together with those of other connections.
    """

    __slots__ = ("_budget", "_partials", "given_up", "held_bytes", "lifetime_s", "limit_bytes", "limit_messages")

    def __init__(
        self,
        limit_messages: int = 16,
        limit_bytes: int = ASSEMBLY_BYTES,
        lifetime_s: float = 120.0,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget
        self.limit_messages, self.limit_bytes, self.lifetime_s = limit_messages, limit_bytes, lifetime_s
        self._partials: OrderedDict[Key, Partial] = OrderedDict()
        self.held_bytes = 0
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._partials)

    def add(self, header: Header, body: bytes, now: float) -> Assembled | None:
        """Take one packet; the whole message once its last one is there. A packet that comes again changes nothing.

        Raises ``BadPacketNumber`` for a packet that can't be, ``AssemblyRefused`` when its message outgrows the bound.
        """
        packets, number = header.packets, header.packet_no
        if not 1 <= number <= packets:
            raise BadPacketNumber(packets, number)
        self.expire(now)
        key = (header.phone, header.message_id, header.first_serial)
        partial = self._partials.get(key)
        if partial is None:
            partial = self._partials[key] = Partial(header, packets, now, now)
        elif partial.packets != packets:
            raise BadPacketNumber(packets, number)
        if number not in partial.parts:
            cost = len(body) + PACKET_COST
            if partial.size + cost > self.limit_bytes:
                self._forget(key)
                raise AssemblyRefused(self.limit_bytes)
            partial.parts[number], partial.serials[number] = body, header.serial
            partial.size += cost
            self.held_bytes += cost
            if number == 1:
                partial.header = header
            if self._budget is not None:
                self._budget.charge(self, key, cost)
        partial.last = now
        if len(partial.parts) == packets:
            self._let_go(key)
            order = range(1, packets + 1)
            joined = b"".join(partial.parts[n] for n in order)
            return Assembled(partial.header, joined, tuple(partial.serials[n] for n in order))
        while len(self._partials) > self.limit_messages or self.held_bytes > self.limit_bytes:
            self._forget(next(other for other in self._partials if other != key))
        return None

    def expire(self, now: float) -> list[Partial]:
        """Give up what has waited longer than its lifetime; the ones given up."""
        out: list[Partial] = []
        while self._partials:
            key, oldest = next(iter(self._partials.items()))
            if now - oldest.since < self.lifetime_s:
                break
            self._forget(key)
            out.append(oldest)
        return out

    def stalled(self, now: float, quiet_s: float, most: int | None = None) -> list[tuple[Key, list[int]]]:
        """Messages whose last packet came ``quiet_s`` ago or longer, with what they lack: material for 0x8003.

        ``most`` packets of each are named: a train may claim 65535, and this is asked of every connection each second.
        """
        return [(key, one.missing(most)) for key, one in self._partials.items() if now - one.last >= quiet_s]

    def give_up(self, key: Key) -> None:
        """Make room for another connection's message."""
        self._forget(key)

    def clear(self) -> None:
        """Forget everything: the connection has ended."""
        for key in list(self._partials):
            self._let_go(key)

    def _forget(self, key: Key) -> None:
        self._let_go(key)
        self.given_up += 1

    def _let_go(self, key: Key) -> None:
        self.held_bytes -= self._partials.pop(key).size
        if self._budget is not None:
            self._budget.release(self, key)
