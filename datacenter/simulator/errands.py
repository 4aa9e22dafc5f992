"""What a terminal has to say besides positions and must not lose (待确认消息): trips, cards, waybills, pictures.

Kept until the platform has answered, sent again unchanged after a time-out and after a new connection, a few at a
time and in order. Packets of a long message are kept as well, for the platform to ask for those it lacks. Nothing here
exists for a terminal that has only positions to say.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.sent import SentPackets

AT_ONCE = 4  # messages on their way, a terminal
MOST = 400  # kept, a terminal
_LATEST_RETRY_S = 120.0
_ATTEMPTS = 3  # in a row, before others have their turn
DONE, FAILED, WRONG, UNSUPPORTED = range(4)


@dataclass(slots=True)
class Errand:
    """One message and its frames; ``media_id`` where 0x8800 answers it."""

    message_id: int
    serial: int
    frames: list[bytes]
    media_id: int | None = None
    sent_at: float = 0.0
    retry_at: float = 0.0
    attempts: int = 0
    lost: frozenset[int] = field(default_factory=frozenset)
    """Places of frames that the radio loses the first time."""


class Errands:
    """The errands of one terminal, in order; ``write`` puts bytes on its line."""

    __slots__ = ("_errors", "_open", "_write", "packets", "timeout_s", "waiting")

    def __init__(self, write: Callable[[bytes], None], errors: Counter[str], timeout_s: float) -> None:
        self._write, self._errors, self.timeout_s = write, errors, timeout_s
        self.waiting: deque[Errand] = deque()
        self._open: dict[int, Errand] = {}  # by the serial number that the answer names
        self.packets = SentPackets()

    def __len__(self) -> int:
        return len(self.waiting) + len(self._open)

    def keep(self, errand: Errand) -> None:
        """One more; past ``MOST`` the oldest is given up and counted."""
        self.waiting.append(errand)
        if len(self.waiting) > MOST:
            self.waiting.popleft()
            self._errors["errand_overflow"] += 1

    def pump(self, now: float) -> None:
        """Send while there is room; to be called on a line that is up."""
        while self.waiting and len(self._open) < AT_ONCE:
            errand = self.waiting.popleft()
            self._open[errand.serial + len(errand.frames) - 1 & 0xFFFF] = errand
            self._send(errand, now)

    def _send(self, errand: Errand, now: float) -> None:
        if len(errand.frames) > 1:
            self.packets.keep(errand.serial, errand.frames, now)
        errand.attempts += 1
        errand.sent_at = now
        errand.retry_at = now + min(self.timeout_s * errand.attempts, _LATEST_RETRY_S)
        lost, errand.lost = errand.lost, frozenset()
        self._write(b"".join(frame for place, frame in enumerate(errand.frames) if place not in lost))

    def acknowledged(self, serial: int, message_id: int, result: int, now: float) -> Errand | None:
        """A general reply names ``serial``: the errand it ends, if any. Result 1 is worth another try."""
        errand = self._open.get(serial)
        if errand is None or errand.message_id != message_id:
            return None
        if result != DONE:
            self._errors[f"refused_0x{errand.message_id:04X}_{result}"] += 1
            if result == FAILED:
                return None
        del self._open[serial]
        self.pump(now)
        return errand

    def media_answered(self, media_id: int, packets: Iterable[int], now: float) -> Errand | None:
        """0x8800: the recording is whole, or these packets of it have to come again."""
        for key, errand in self._open.items():
            if errand.media_id == media_id:
                wanted = [number for number in packets if 1 <= number <= len(errand.frames)]
                if wanted:
                    errand.retry_at = now + self.timeout_s
                    self._write(b"".join(errand.frames[number - 1] for number in wanted))
                    return None
                del self._open[key]
                self.pump(now)
                return errand
        return None

    def again(self, first_serial: int, numbers: Iterable[int], now: float) -> bool:
        """0x8003: the very packets asked for; false where they are not kept any more."""
        try:
            found = self.packets.again(first_serial, numbers, now)
        except ProtocolError:
            return False
        for errand in self._open.values():
            if errand.serial == first_serial:
                errand.retry_at = now + self.timeout_s
        self._write(found)
        return True

    def look_after(self, now: float) -> None:
        """What timed out goes again; what has gone often enough lets others go before it."""
        for key, errand in list(self._open.items()):
            if now < errand.retry_at:
                continue
            if errand.attempts % _ATTEMPTS == 0 and self.waiting:
                del self._open[key]
                self._errors[f"unanswered_0x{errand.message_id:04X}"] += 1
                self.waiting.append(errand)
            else:
                self._send(errand, now)
        self.pump(now)

    def line_lost(self) -> None:
        """Everything on its way goes first on the next line."""
        self.waiting.extendleft(reversed(self._open.values()))
        self._open.clear()
