"""One terminal's socket (会话): bytes into the codec, its events into shard or handler, replies out.

There is no task and no timer per socket: the gateway's sweep looks at ``seen_at`` now and then. Whatever comes in,
memory stays bounded: the codec bounds frames and sub-packages, the transport's buffer and the shard bound the rest.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from datacenter.gateway import doors, handlers
from datacenter.gateway.emergencies import ALARM_AT, may_ring
from datacenter.gateway.metrics import CLOSED, FRAMES_QUARANTINED, NOT_QUARANTINED, RESENDS_ASKED
from datacenter.ingest.batch import BODY, FRAME, Rejected
from datacenter.protocols.errors import FrameTooLong
from datacenter.protocols.jt808.connection import Connection, NotBound
from datacenter.protocols.jt808.events import AssembledLocations, BadFrame, Event, Locations
from datacenter.protocols.jt808.frame import FLAG
from datacenter.protocols.jt905.connection import Connection as TaxiConnection
from datacenter.protocols.layout import Message
from datacenter.protocols.terminal_catalogue import MESSAGES

if TYPE_CHECKING:
    from datacenter.gateway.orders import Sent
    from datacenter.gateway.server import Gateway
    from datacenter.gateway.shard import Shard

NO_DELIMITER = "no-delimiter"
_NOBODY_BYTES = 4096  # without one flag: whoever speaks is no terminal


class Session(asyncio.Protocol):
    """A socket from its first byte to its last. ``vehicle_id`` and ``shard`` are set by authentication."""

    __slots__ = (
        "_rejected",
        "_rejected_since",
        "_resend_asked",
        "alarm_at",
        "authenticated_us",
        "closed",
        "connection",
        "early",
        "failures",
        "form",
        "gateway",
        "left_at",
        "opened_at",
        "ordered",
        "phone",
        "recorded",
        "remote",
        "seen_at",
        "shard",
        "transport",
        "vehicle_id",
        "waiting",
    )

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.connection: Connection | TaxiConnection = Connection(catalogue=MESSAGES, budget=gateway.assemblies)
        self.form = FRAME  # how its frames lie in a batch; ``doors`` changes both where it speaks JT/T 905
        self.transport: asyncio.Transport | None = None
        self.shard: Shard | None = None
        self.phone = ""  # once authenticated, without left zeros
        self.vehicle_id = 0
        self.alarm_at = ALARM_AT  # in its frames: the byte with the emergency bit
        self.waiting = 0  # its frames that are not known to be committed
        self.recorded = False  # in the raw log
        self.remote = ""
        self.opened_at = self.seen_at = gateway.clock_s
        self.left_at = 0.0  # when it unregistered
        self.authenticated_us = 0
        self.ordered: dict[int, Sent] = {}  # orders sent to it and not finished, by their serials
        self.failures = 0
        self.early = 0
        self.closed = False
        self._rejected = 0
        self._rejected_since = 0.0
        self._resend_asked: set[int] | None = None

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.remote = f"{peer[0]}:{peer[1]}" if peer else ""
        limit = self.gateway.limits.write_buffer_bytes
        self.transport.set_write_buffer_limits(high=limit, low=limit // 2)
        self.gateway.admit(self)

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.closed:
            self.closed = True
            CLOSED.inc("by_terminal" if fault is None else "broken")
        self.gateway.dismiss(self)
        self.transport = None

    def eof_received(self) -> bool:
        """The terminal ends its side; so do we."""
        return False

    @property
    def came_back(self) -> bool:
        """Whether its terminal has another session now."""
        newer = self.gateway.by_phone.get(self.phone)
        return self.closed and newer is not None and newer is not self

    def pause_writing(self) -> None:
        """More waits for this client than it may: it does not read."""
        self.close("never_reads", at_once=True)

    def data_received(self, data: bytes) -> None:
        if self.closed:
            return
        gateway = self.gateway
        self.seen_at = gateway.clock_s
        connection = self.connection
        if not connection.authenticated:
            self._early_data(data)
            return
        received_us = time.time_ns() // 1000
        if self.recorded:
            gateway.raw_log.came(self, data, received_us)
        for event in connection.receive(data, gateway.clock_s):
            if type(event) is Locations and self.shard is not None:
                frames, ids, emergencies = event.frames, event.message_ids, gateway.emergencies
                if self.vehicle_id in emergencies.on or may_ring(frames, ids, self.alarm_at):
                    emergencies.look(self, frames, ids, received_us, self.form)
                self.shard.add(self, event, received_us)
            else:
                self._take(event, data, received_us)

    # --- Events ---

    def _early_data(self, data: bytes) -> None:
        """Before authentication frames go one by one, since what follows 0x0102 in the same bytes is lawful."""
        received_us = time.time_ns() // 1000
        begin = 0
        while begin < len(data) and not self.closed:
            connection = self.connection
            end = data.find(FLAG, begin) + 1
            if connection.authenticated or not end:
                end = len(data)
            piece = data[begin:end]
            for event in connection.receive(piece, self.gateway.clock_s):
                self._take(event, piece, received_us)
            begin = end
        connection = self.connection
        if connection.skipped_bytes > _NOBODY_BYTES and not self.closed:
            self.reject(NO_DELIMITER, f"{connection.skipped_bytes} 字节没有帧标识", data, received_us)
            self.close("no_delimiter", at_once=True)

    def _take(self, event: Event, data: bytes, received_us: int) -> None:
        if self.closed:
            return
        if type(event) is Locations and self.shard is not None:
            self.gateway.emergencies.look(self, event.frames, event.message_ids, received_us, self.form)
            self.shard.add(self, event, received_us)
        elif type(event) is AssembledLocations and self.shard is not None:
            self.gateway.emergencies.look(self, [event.body], [event.message_id], received_us, BODY)
            self.shard.add_assembled(self, event.message_id, event.serials, event.body, received_us)
        elif type(event) is BadFrame:
            if type(event.error) is FrameTooLong:
                event = BadFrame(event.error, event.raw or data, event.header)
            if self.connection.authenticated or not self._turned(event.raw, received_us):
                handlers.bad_frame(self, event, received_us)
        else:
            handlers.handle(self, event)

    def _turned(self, raw: bytes, received_us: int) -> bool:
        """Whether a frame that JT/T 808 can't take is JT/T 905's; it has then been taken, or the socket closed."""
        wire = doors.turn_to_taxi(self, raw)
        for event in self.connection.receive(wire, self.gateway.clock_s) if wire else ():
            self._take(event, wire or b"", received_us)
        return wire is not None

    def reject(self, reason: str, detail: str, raw: bytes, received_us: int) -> None:
        """Send a frame to the quarantine; past this socket's rate it is only counted."""
        gateway = self.gateway
        FRAMES_QUARANTINED.inc(reason)
        if gateway.clock_s - self._rejected_since >= 60:
            self._rejected_since, self._rejected = gateway.clock_s, 0
        self._rejected += 1
        if self._rejected > gateway.limits.rejected_a_minute:
            NOT_QUARANTINED.inc()
            return
        kept = bytes(raw[: gateway.limits.quarantined_bytes])
        phone = self.connection.phone.lstrip("0")
        shard = self.shard or gateway.shards[0]
        shard.reject(Rejected(reason, detail[:300], phone, self.vehicle_id, self.remote, kept, received_us))

    # --- Replies ---

    def send(self, message: Message) -> None:
        """Send one message of ours."""
        self.write(self.connection.send(message))

    def write(self, data: bytes) -> None:
        """Send frames that are sealed already."""
        if self.transport is not None and not self.closed:
            self.transport.write(data)
            if self.recorded:
                self.gateway.raw_log.went(self, data)

    def answer(self, serial: int, message_id: int, result: int) -> None:
        """0x8001 for one message."""
        self.acknowledge([serial], message_id, result)

    def acknowledge(self, serials: list[int], message_ids: list[int] | int, result: int) -> bool:
        """0x8001 for many, in one write; false where the socket is gone."""
        if self.closed or self.transport is None:
            return False
        try:
            replies = self.connection.general_replies(serials, message_ids, result)
        except NotBound:
            return False
        self.transport.write(replies)
        if self.recorded:
            self.gateway.raw_log.went(self, replies)
        return True

    def ask_missing(self, now: float, quiet_s: float) -> None:
        """0x8003, once, for each sub-packaged message that has been quiet for ``quiet_s`` and lacks packets."""
        requests = self.connection.resend_requests(now, quiet_s)
        if not requests:
            self._resend_asked = None
            return
        asked = self._resend_asked or set()
        for request in requests:
            if request.orig_serial not in asked:
                self.send(request)
                RESENDS_ASKED.inc()
        self._resend_asked = {request.orig_serial for request in requests}

    # --- Reading or not, and the end ---

    def pause_reading(self) -> None:
        """The shard holds too much: leave the bytes in the kernel."""
        if self.transport is not None and not self.closed:
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again; silence counts from now."""
        self.seen_at = self.gateway.clock_s
        if self.transport is not None and not self.closed and not self.gateway.stopping:
            self.transport.resume_reading()

    def close(self, reason: str, *, at_once: bool = False) -> None:
        """End the socket for ``reason``; ``at_once`` drops what is still to be sent."""
        if self.closed or self.transport is None:
            return
        self.closed = True
        self.seen_at = self.gateway.clock_s
        CLOSED.inc(reason)
        if at_once:
            self.transport.abort()
        else:
            self.transport.close()

    def abort(self) -> None:
        """Drop the socket with whatever it still had to say."""
        if self.transport is not None:
            self.transport.abort()
