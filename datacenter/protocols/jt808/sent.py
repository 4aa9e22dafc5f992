"""Packets that were sent and may be asked for again (已发分包). JT/T 808-2019, messages 0x0005 and 0x8003.

A packet that is sent again is byte for byte the one that was sent. Bounded in bytes and in time: what is asked for too
late is refused by name, and the whole message has to be sent anew.
"""

from collections import OrderedDict
from collections.abc import Iterable

from datacenter.protocols.errors import ProtocolError

SENT_BYTES = 1 << 20
LIFETIME_S = 120.0


class PacketsGone(ProtocolError):
    """Packets of a message that was never sent in packets here, or too long ago."""

    code = "packets-gone"
    status = 410

    def __init__(self, first_serial: int) -> None:
        super().__init__(f"流水号 {first_serial} 起的分包已不保存，须整条重发", first_serial=first_serial)


class SentPackets:
    """The newest sub-packaged messages of one connection, by the serial of their first packet."""

    __slots__ = ("_messages", "held_bytes", "lifetime_s", "limit_bytes")

    def __init__(self, limit_bytes: int = SENT_BYTES, lifetime_s: float = LIFETIME_S) -> None:
        self.limit_bytes, self.lifetime_s = limit_bytes, lifetime_s
        self.held_bytes = 0
        self._messages: OrderedDict[int, tuple[float, list[bytes]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._messages)

    def keep(self, first_serial: int, frames: list[bytes], now: float) -> None:
        """Remember one message; older ones give way, and one that is larger than the bound isn't kept at all."""
        self.expire(now)
        if first_serial in self._messages:
            self._forget(first_serial)
        size = sum(map(len, frames))
        if size > self.limit_bytes:
            return
        self._messages[first_serial] = now, frames
        self.held_bytes += size
        while self.held_bytes > self.limit_bytes:
            self._forget(next(iter(self._messages)))

    def again(self, first_serial: int, numbers: Iterable[int], now: float) -> bytes:
        """The packets numbered ``numbers`` (from 1), each once. Raises ``PacketsGone`` where none of them is kept."""
        self.expire(now)
        _, frames = self._messages.get(first_serial, (0.0, []))
        wanted = [frames[number - 1] for number in dict.fromkeys(numbers) if 1 <= number <= len(frames)]
        if not wanted:
            raise PacketsGone(first_serial)
        return b"".join(wanted)

    def expire(self, now: float) -> int:
        """Let go of what was sent too long ago; how many messages are left."""
        while self._messages:
            first_serial, (since, _) = next(iter(self._messages.items()))
            if now - since < self.lifetime_s:
                break
            self._forget(first_serial)
        return len(self._messages)

    def _forget(self, first_serial: int) -> None:
        _, frames = self._messages.pop(first_serial)
        self.held_bytes -= sum(map(len, frames))
