"""What one terminal does besides reporting positions (终端应答): takes orders, answers, remembers, keeps errands.

A desk is made when the first order comes or the first thing besides a position is to be said; most terminals never
have one. It is the same behind the many terminals of ``manage.py simulate`` and behind the single one of the tests.
Orders are answered by tables: ``answering`` has a function for each message id.
"""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.assembly import Assembler
from datacenter.protocols.jt808.extras import Extra
from datacenter.protocols.jt808.messages import TerminalResendRequest
from datacenter.protocols.layout import Message
from datacenter.simulator.draw import share
from datacenter.simulator.errands import DONE, FAILED, UNSUPPORTED, WRONG, Errand, Errands
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.speech import Speech808, Speech905
from datacenter.simulator.spot import Spot
from datacenter.simulator.tally import Tally

LOST_PACKET_SHARE = 0.1
"""Of the messages in packets, so many lose one packet on the way."""
_REMEMBERED = 200
_MOST_TEXTS = 50
_ASK_AGAIN_S = 5.0
_log = logging.getLogger(__name__)

Answer = int | Iterable[Message] | None
"""A result for the general reply, the messages that answer, or None where nothing is due at once."""
Answering = Callable[["Desk", Any, int], Answer]
Table = Mapping[int, Answering]


class Line(Protocol):
    """The terminal as its desk needs it."""

    vehicle: DemoVehicle
    heartbeat_s: float | None

    @property
    def online(self) -> bool: ...

    def take_serial(self) -> int: ...

    def send(self, data: bytes) -> None: ...

    def report(self, message: Message) -> int: ...

    def hang_up(self) -> None: ...

    def marked(self, desk: Desk) -> None: ...


@dataclass(slots=True)
class Notes:
    """What a terminal has been told and keeps (终端留存); subjects add their own under a name."""

    texts: list[str] = field(default_factory=list)
    calls: list[tuple[int, str]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)


class Desk:
    """One terminal's desk. ``hurry`` 0 does at once what people and machines take their time for."""

    def __init__(
        self,
        line: Line,
        tally: Tally,
        answers: Table,
        *,
        where: Callable[[], Spot],
        timeout_s: float,
        hurry: float = 1.0,
    ) -> None:
        self.line, self.vehicle, self.tally = line, line.vehicle, tally
        self.speech: Speech808 | Speech905 = (
            Speech905(line.vehicle) if line.vehicle.edition == "905" else Speech808(line.vehicle)
        )
        self.notes = Notes()
        self.received: deque[Message] = deque(maxlen=_REMEMBERED)
        self.errands = Errands(line.send, tally.errors, timeout_s)
        self.now = 0.0
        self._alarms = self._status = 0
        self.taxi_status = 0  # bits of JT/T 905, a taxi's alone
        self.lost_share = LOST_PACKET_SHARE  # 0: nothing is lost on purpose
        self._answers, self._where, self._hurry = answers, where, hurry
        self._assembler: Assembler | None = None
        self._asked: dict[int, float] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._watches: list[Callable[[Spot], None]] = []
        self._alarm_serials: dict[int, int] = {}

    @property
    def alarms(self) -> int:
        """Alarm bits of JT/T 808 added to every position."""
        return self._alarms

    @alarms.setter
    def alarms(self, bits: int) -> None:
        self._alarms = int(bits)
        self.line.marked(self)

    @property
    def status(self) -> int:
        """Status bits of JT/T 808 added to every position."""
        return self._status

    @status.setter
    def status(self, bits: int) -> None:
        self._status = int(bits)
        self.line.marked(self)

    # What the terminal brings.

    def take(self, header: Any, body: bytes, now: float) -> None:
        """An order of the platform's, or a packet of one."""
        self.now = now
        serial = header.serial
        if header.subpackaged:
            if self._assembler is None:
                self._assembler = Assembler()
            whole = self._assembler.add(header, body, now)
            if whole is None:
                return
            # The answer names the last packet, as terminals do that count packets as messages.
            serial, body = whole.serials[-1], whole.body
            self._asked.pop(whole.serials[0], None)
        message_id = header.message_id
        answering = self._answers.get(message_id)
        if answering is None or message_id not in self.speech.catalogue.forms:
            self.reply(serial, message_id, UNSUPPORTED)
            return
        try:
            order = self.speech.read(message_id, body)
        except ProtocolError as fault:
            self.tally.errors[f"order_{fault.code}"] += 1
            self.reply(serial, message_id, WRONG)
            return
        self.received.append(order)
        answer = answering(self, order, serial)
        if isinstance(answer, int):
            self.reply(serial, message_id, answer)
        elif answer is not None:
            self.say(*answer)

    def acknowledged(self, serial: int, message_id: int, result: int, now: float) -> None:
        """A general reply to something that is no position."""
        self.now = now
        self.errands.acknowledged(serial, message_id, result, now)

    def look_after(self, now: float, open_serials: Callable[[int], bool]) -> None:
        """Now and then: what is due, what timed out, what the vehicle has come to.

        ``open_serials`` says whether a position with that serial number still waits for its acknowledgement.
        """
        self.now = now
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
        for serial, bits in list(self._alarm_serials.items()):
            if not open_serials(serial):
                del self._alarm_serials[serial]
                self.clear(bits)
        if self._watches and self.line.online:
            spot = self.spot()
            for watch in list(self._watches):
                watch(spot)
        if self.line.online:
            self._ask_for_packets(now)
            self.errands.look_after(now)

    def line_up(self, now: float) -> None:
        """The terminal has come online."""
        self.now = now
        self.errands.pump(now)

    def line_lost(self) -> None:
        """The connection has ended."""
        self.errands.line_lost()

    # What the answering functions use.

    def spot(self) -> Spot:
        """Where the vehicle is, with the bits that the desk adds."""
        spot = self._where()
        return replace(spot, alarms=spot.alarms | self.alarms, status=spot.status | self.status)

    def read(self, text: str) -> None:
        """A text on the driver's screen; the newest are kept."""
        self.notes.texts.append(text)
        del self.notes.texts[:-_MOST_TEXTS]
        _log.debug("%s reads: %s", self.vehicle.plate, text)

    def say(self, *messages: Message) -> None:
        """Send now and forget, as answers are."""
        if self.line.online:
            for message in messages:
                serial, frames = self.speech.framed(message, self.line.take_serial)
                if len(frames) > 1:
                    self.errands.packets.keep(serial, frames, self.now)
                self.line.send(b"".join(frames))

    def reply(self, serial: int, message_id: int, result: int = DONE) -> None:
        """The general reply 0x0001."""
        self.say(self.speech.reply(serial, message_id, result))

    def keep(self, message: Message, *, media_id: int | None = None) -> None:
        """Send and keep until the platform has answered."""
        serial, frames = self.speech.framed(message, self.line.take_serial)
        lost: frozenset[int] = frozenset()
        if len(frames) > 2 and share("lost packet", self._luck(serial)) < self.lost_share:
            lost = frozenset({1 + self._luck(serial) % (len(frames) - 2)})
        self.errands.keep(Errand(message.message_id, serial, frames, media_id, lost=lost))
        if self.line.online:
            self.errands.pump(self.now)

    def report(self, *extras: Extra, alarms: int = 0) -> int:
        """A position out of turn, with ``extras`` and ``alarms`` of JT/T 808; its serial number."""
        spot = self.spot()
        return self.line.report(
            self.speech.report(replace(spot, alarms=spot.alarms | alarms), extras, self.taxi_status)
        )

    def raise_alarm(self, bits: int, *extras: Extra) -> int:
        """An alarm at once, in all positions until this one is acknowledged (收到应答后清零)."""
        self.alarms |= bits
        serial = self.report(*extras)
        self._alarm_serials[serial] = bits
        return serial

    def clear(self, bits: int) -> None:
        """These alarms are over."""
        self.alarms &= ~bits

    def later(self, after_s: float, act: Callable[[], None]) -> None:
        """Do ``act`` after so many seconds, or at the next look in a hurry."""
        heapq.heappush(self._due, (self.now + after_s * self._hurry, next(self._order), act))

    @property
    def busy(self) -> bool:
        """Whether something is still to be done later."""
        return bool(self._due)

    def watch(self, watcher: Callable[[Spot], None]) -> None:
        """Call ``watcher`` with the vehicle's place at every look."""
        if watcher not in self._watches:
            self._watches.append(watcher)

    def unwatch(self, watcher: Callable[[Spot], None]) -> None:
        """No more."""
        if watcher in self._watches:
            self._watches.remove(watcher)

    def _luck(self, number: int) -> int:
        return self.vehicle.index * 65_536 + number

    def _ask_for_packets(self, now: float) -> None:
        """0x0005 for orders in packets that stay incomplete."""
        if self._assembler is None:
            return
        self._assembler.expire(now)
        for (_, _, first), missing in self._assembler.stalled(now, _ASK_AGAIN_S * self._hurry):
            if now - self._asked.get(first, -_ASK_AGAIN_S) >= _ASK_AGAIN_S:
                self._asked[first] = now
                self.say(TerminalResendRequest(first, tuple(missing[:125])))


__all__ = ["DONE", "FAILED", "UNSUPPORTED", "WRONG", "Answer", "Answering", "Desk", "Line", "Notes", "Table"]
