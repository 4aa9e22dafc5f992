"""One terminal on its TCP connection: registers, authenticates, reports, keeps what was not acknowledged.

Positions come as ready frames with their serial numbers. They stand in ``waiting`` until there is room in the window,
then in ``pending`` until the platform acknowledges them. What times out is sent again unchanged, serial included.
After a new connection everything unacknowledged goes first and in order, as 0x0704 batches when it is much. Device
times are never renumbered.

Everything else that a terminal says or is told is its desk's (``desk.py``), which most terminals never need.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import MESSAGES
from datacenter.protocols.layout import Message
from datacenter.simulator import frames
from datacenter.simulator.answering import ANSWERS
from datacenter.simulator.desk import Desk, Table
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.spot import Spot
from datacenter.simulator.tally import Tally

OFFLINE, CONNECTING, REGISTERING, AUTHENTICATING, ONLINE = range(5)
_ACK_SIZE = {"2013": 18, "2019": 23, "905": 18}  # 0x8001 between its flags, nothing escaped
_RESENT_AT_ONCE = 64
_LATEST_RETRY_S = 120.0
_GENERAL_REPLY, _DONE = b"\x80\x01", b"\x02\x00\x00"  # 0x8001; to a 0x0200, done
_BATCHES_FROM = 20
_ATTEMPTS = 5
_SERIALS_APART = range(30_000, 50_000)  # above: numbers just given out, newer than the newest position

# (first sent at, or 0 if never; frame; positions in it)
Entry = tuple[float, bytes, int]


class Terminal(asyncio.Protocol):
    """State of one simulated terminal; it outlives its connections."""

    __slots__ = (
        "_ack_size", "_attempt", "_auth_code", "_clock", "_desk", "_newest", "_packed", "_paused", "_retry_at",
        "_serial", "_tail", "_tally", "failures", "heartbeat_s", "held", "hurry", "kept", "lost", "marked", "pending",
        "since", "spoke_at", "state", "timeout_s", "transport", "vehicle", "waiting", "where", "window",
    )  # fmt: skip
    forms: Any = frames
    answers: Table = ANSWERS
    reports: tuple[int, ...] = (0x0200, 0x0704)
    batch_bytes = 1020
    longest_tail = 4096

    def __init__(
        self,
        vehicle: DemoVehicle,
        tally: Tally,
        *,
        serial: Callable[[], int],
        lost: Callable[["Terminal"], None],
        clock: Callable[[], float],
        window: int,
        timeout_s: float,
        kept: int,
        where: Callable[[], Spot],
        marked: Callable[[Desk], None] = lambda desk: None,
        hurry: float = 1.0,
    ) -> None:
        self.vehicle = vehicle
        self.state = OFFLINE
        self.transport: asyncio.Transport | None = None
        self.waiting: deque[tuple[int, Entry]] = deque()
        self.pending: dict[int, Entry] = {}
        self.window = window
        self.timeout_s = timeout_s
        self.kept = kept
        self.held = False
        self.failures = 0
        self.since = 0.0
        self.spoke_at = 0.0
        self.lost = lost
        self._tally = tally
        self._serial = serial
        self._clock = clock
        self._auth_code: str | None = None
        self._paused = False
        self._tail = b""
        self._ack_size = _ACK_SIZE[vehicle.edition]
        self._retry_at = 0.0
        self._attempt = 1
        self._newest = 0
        self._packed = 0  # positions in batches beyond one a frame
        self.where, self.marked = where, marked
        self.hurry = hurry
        self.heartbeat_s: float | None = None  # as the platform has set it
        self._desk: Desk | None = None

    # What the run asks of it.

    def offer(self, ready: list[bytes], serial: int, now: float) -> None:
        """Positions of this moment, ``serial`` and following; sent at once where the window has room."""
        self._newest = serial
        if self.held:
            self.release(now)
        if (
            self.state == ONLINE
            and not self._paused
            and not self.waiting
            and len(self.pending) + len(ready) <= self.window
        ):
            pending = self.pending
            for sealed in ready:
                pending[serial] = (now, sealed, 1)
                serial = (serial + 1) & 0xFFFF
            self._tally.sent += len(ready)
            self.spoke_at = now
            self.transport.write(ready[0] if len(ready) == 1 else b"".join(ready))
        else:
            self.keep(ready, serial)
            if not self._paused and self.state == ONLINE:
                self._pump(now)

    def keep(self, ready: list[bytes], serial: int) -> None:
        """Positions to be sent later; past ``kept`` the oldest unsent are overwritten and counted."""
        for place, sealed in enumerate(ready):
            self.waiting.append(((serial + place) & 0xFFFF, (0.0, sealed, 1)))
        while self.unfinished > self.kept and self.waiting:
            _, (_, _, count) = self.waiting.popleft()
            self._packed -= count - 1
            self._tally.errors["overflow"] += count

    def release(self, now: float) -> None:
        """The blind area ends: what was held back may go."""
        self.held = False
        if self.state == ONLINE and self.waiting:
            self._pack_waiting()
            self._pump(now)

    def look_after(self, now: float, heartbeat_s: float) -> None:
        """Once a second: what timed out goes again, an idle line gets its heartbeat, a dead one is closed."""
        if self._desk is not None:
            self._desk.look_after(now, self._is_open)
        if self.state == ONLINE:
            if self.pending and now >= self._retry_at:
                self._send_again(now)
            if self.pending:
                self._free_old_serials(now)
            if now - self.spoke_at >= (self.heartbeat_s or heartbeat_s):
                self._write(self.forms.message_frame(0x0002, self.vehicle, self._serial()), now)
        elif self.state in (REGISTERING, AUTHENTICATING) and now - self.since > max(self.timeout_s, 15.0):
            self._tally.errors["no_answer_to_login"] += 1
            self.transport.abort()

    @property
    def unfinished(self) -> int:
        """Positions neither acknowledged nor given up."""
        return len(self.waiting) + len(self.pending) + self._packed

    # What its desk asks of it.

    @property
    def desk(self) -> Desk:
        """The terminal's desk, made when first needed."""
        if self._desk is None:
            self._desk = Desk(
                self, self._tally, self.answers, where=self.where, timeout_s=self.timeout_s, hurry=self.hurry
            )
            self._desk.now = self._clock()
        return self._desk

    @property
    def has_desk(self) -> bool:
        return self._desk is not None

    @property
    def online(self) -> bool:
        """Whether messages may be sent."""
        return self.state == ONLINE

    def take_serial(self) -> int:
        """The next serial number."""
        return self._serial()

    def send(self, data: bytes) -> None:
        """Put frames on the line."""
        if data and self.transport is not None:
            self._write(data, self._clock())

    def report(self, message: Message) -> int:
        """A position out of turn, as safe as any other; its serial number."""
        serial = self._serial()
        sealed = self.forms.frame(message.message_id, self.vehicle, serial, message.encode(self.vehicle.edition))
        if self.held:
            self.keep([sealed], serial)
        else:
            self.offer([sealed], serial, self._clock())
        return serial

    def hang_up(self) -> None:
        """End the connection; the next one comes by itself."""
        if self.transport is not None:
            self.transport.abort()

    def _is_open(self, serial: int) -> bool:
        return serial in self.pending or any(number == serial for number, _ in self.waiting)

    # What the connection says.

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._tail, self._paused = b"", False
        now = self.since = self._clock()
        transport.set_write_buffer_limits(high=1 << 18)
        self._greet(now)

    def _greet(self, now: float) -> None:
        if self._auth_code is None:
            self.state = REGISTERING
            self._write(frames.register(self.vehicle, self._serial()), now)
        else:
            self._log_in(now)

    def connection_lost(self, exc: Exception | None) -> None:
        self.state, self.transport = OFFLINE, None
        if self._desk is not None:
            self._desk.line_lost()
        self.lost(self)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self.state == ONLINE:
            self._pump(self._clock())

    def data_received(self, data: bytes) -> None:
        if self._tail:
            data = self._tail + data
        segments = data.split(b"\x7e")
        self._tail = segments.pop()
        if len(self._tail) > self.longest_tail:
            self._tally.errors["garbage"] += 1
            self._tail = b""
        now, size, pending, tally = self._clock(), self._ack_size, self.pending, self._tally
        done, took = 0, tally.latencies_s.append
        for segment in segments:
            # The plain acknowledgement of one position; its check byte is left to TCP.
            if len(segment) == size and segment[-4:-1] == _DONE and segment[:2] == _GENERAL_REPLY:
                serial = segment[-6] << 8 | segment[-5]
                entry = pending.pop(serial, None)
                if entry is not None:
                    done += 1
                    took(now - entry[0])
                    if tally.log:
                        tally.log.add(self.vehicle.phone, self.vehicle.edition, serial, entry[1])
            elif segment:
                done += self._understand(segment, now)
        if done:
            self._attempt = 1
            tally.acknowledged += done
            tally.mark(now)
            if self.waiting and not self._paused and self.state == ONLINE:
                self._pump(now)

    # The rest.

    def _understand(self, segment: bytes, now: float) -> int:
        """Any message but the plain acknowledgement; gives how many positions it acknowledged."""
        try:
            header, body = self._open(unescape(segment))
            if header.message_id == 0x8001:
                reply = MESSAGES.decode(0x8001, body, header.edition)
                return self._acknowledged(reply.ack_serial, reply.ack_id, reply.result, now)
            if header.message_id == 0x8100:
                self._registered(MESSAGES.decode(0x8100, body, header.edition), now)
            elif header.message_id & 0x8000:
                self.desk.take(header, body, now)
        except ProtocolError as error:
            self._tally.errors[f"unreadable_{type(error).__name__}"] += 1
        return 0

    def _open(self, raw: bytes) -> tuple[Any, bytes]:
        return open_frame(raw)

    def _registered(self, reply: Any, now: float) -> None:
        if reply.result == 0:
            self._auth_code = reply.auth_code or ""
            self._log_in(now)
        else:
            self._tally.errors[f"register_refused_{reply.result}"] += 1
            self.transport.abort()

    def _log_in(self, now: float) -> None:
        self.state = AUTHENTICATING
        self._write(frames.authenticate(self.vehicle, self._serial(), self._auth_code or ""), now)

    def _acknowledged(self, serial: int, message_id: int, result: int, now: float) -> int:
        if message_id == 0x0102 and self.state == AUTHENTICATING:
            if result == 0:
                self._come_online(now)
            else:
                self._tally.errors[f"authentication_refused_{result}"] += 1
                self._auth_code = None
                self.transport.abort()
        if message_id not in self.reports:
            if self._desk is not None:
                self._desk.acknowledged(serial, message_id, result, now)
            return 0
        if result not in (0, 4):
            # 1 is worth another try after the time-out; 2 and 3 never get better.
            self._tally.errors[f"report_refused_{result}"] += 1
            if result != 1:
                self._take(serial)
            return 0
        entry = self._take(serial)
        if entry is None:
            return 0
        first, sealed, count = entry
        self._tally.latencies_s.append(now - first)
        if self._tally.log:
            self._tally.log.add(self.vehicle.phone, self.vehicle.edition, serial, sealed)
        return count

    def _take(self, serial: int) -> Entry | None:
        """What was pending under this serial number, no longer pending."""
        entry = self.pending.pop(serial, None)
        if entry is not None:
            self._packed -= entry[2] - 1
        return entry

    def _come_online(self, now: float) -> None:
        """Everything unacknowledged goes first, in order."""
        self.state, self.failures, self._attempt = ONLINE, 0, 1
        self.waiting.extendleft(reversed(self.pending.items()))
        self.pending.clear()
        self._pack_waiting()
        self._pump(now)
        if self._desk is not None:
            self._desk.line_up(now)

    def _pack_waiting(self) -> None:
        """Turn long queues of single positions into batches; those sent before and those not stay apart."""
        if len(self.waiting) <= _BATCHES_FROM:
            return
        packed: deque[tuple[int, Entry]] = deque()
        run: list[tuple[int, Entry]] = []
        size = 0

        def close_run() -> None:
            if len(run) == 1:
                packed.append(run[0])
            elif run:
                bodies = [self.forms.bodies(sealed, self.vehicle.edition)[0] for _, (_, sealed, _) in run]
                serial = self._serial()
                self._packed += len(run) - 1
                packed.append((serial, (run[0][1][0], self.forms.batch(self.vehicle, serial, bodies), len(run))))
            run.clear()

        for item in self.waiting:
            single = item[1][2] == 1
            item_bytes = len(item[1][1]) - 13  # its body and a length; the frame has 15 bytes more than the body
            full = len(run) == self.forms.BATCH_ITEMS or size + item_bytes > self.batch_bytes
            if run and (full or not single or bool(run[0][1][0]) != bool(item[1][0])):
                close_run()
                size = 0
            size += item_bytes
            if single:
                run.append(item)
            else:
                packed.append(item)
        close_run()
        self.waiting = packed

    def _pump(self, now: float) -> None:
        """Send what waits while the window has room."""
        out = []
        while self.waiting and len(self.pending) < self.window:
            serial, (first, sealed, count) = self.waiting.popleft()
            if first:
                self._tally.resent += count
            else:
                self._tally.sent += count
            self.pending[serial] = (first or now, sealed, count)
            out.append(sealed)
        if out:
            self._retry_at = max(self._retry_at, now + self.timeout_s)
            self._write(b"".join(out), now)

    def _send_again(self, now: float) -> None:
        """Time-outs grow with each attempt (N+1 times the last), until something is acknowledged."""
        oldest = next(iter(self.pending.values()))[0]
        if now - oldest < self.timeout_s:
            self._retry_at = oldest + self.timeout_s
            return
        if self._attempt > _ATTEMPTS:
            self._tally.errors["line_dead"] += 1
            self.transport.abort()
            return
        out = []
        for first, sealed, count in self.pending.values():
            if now - first < self.timeout_s or len(out) == _RESENT_AT_ONCE:
                break
            self._tally.resent += count
            out.append(sealed)
        self._attempt += 1
        self._retry_at = now + min(self.timeout_s * self._attempt, _LATEST_RETRY_S)
        self._write(b"".join(out), now)

    def _free_old_serials(self, now: float) -> None:
        """Before the 16-bit serial numbers come round to one that is still open, that position gets a new one."""
        old = next(iter(self.pending))
        if (self._newest - old) & 0xFFFF in _SERIALS_APART:
            first, sealed, count = self.pending.pop(old)
            serial = self._serial()
            self.pending[serial] = (
                first,
                self.forms.batch(self.vehicle, serial, self.forms.bodies(sealed, self.vehicle.edition)),
                count,
            )
            self._tally.resent += count
            self._write(self.pending[serial][1], now)

    def _write(self, data: bytes, now: float) -> None:
        self.spoke_at = now
        self.transport.write(data)
