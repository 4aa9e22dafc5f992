"""One connection's state (连接状态机): bytes in, events out; messages in, bytes out. No socket, no clock.

Either end may use it: a gateway for a terminal, a simulated terminal for a platform. Two tables say what a message
becomes (``EVENTS``) and what is lawful before authentication (``LAWFUL_BEFORE_AUTHENTICATION``).

Positions are the hot path: a 0x0200 or 0x0704 that is not sub-packaged is cut out, unescaped and handed on as it is in
one ``Locations`` a call; its check byte and body are the vectorised decoder's to judge. Everything else is checked and
decoded here. A bad frame becomes a ``BadFrame`` and ends nothing.
"""

from collections.abc import Callable, Sequence
from struct import Struct

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.assembly import ASSEMBLY_BYTES, Assembled, Assembler
from datacenter.protocols.jt808.events import (
    EVENTS,
    AssembledLocations,
    BadFrame,
    Event,
    Locations,
    Received,
    Unknown,
)
from datacenter.protocols.jt808.frame import MAX_ESCAPED, FrameSplitter, seal, unescape
from datacenter.protocols.jt808.header import (
    LONG_HEADER,
    MAX_BODY,
    SHORT_HEADER,
    VERSION_BIT,
    Edition,
    Header,
    open_frame,
    require_readable,
)
from datacenter.protocols.jt808.messages import MESSAGES, ResendRequest
from datacenter.protocols.jt808.replies import general_replies, reply_head
from datacenter.protocols.layout import Message

_SHORT = Struct(">HH6sH").unpack_from
_LONG = Struct(">HH11sH").unpack_from
LOCATION_IDS = frozenset({0x0200, 0x0704})
LAWFUL_BEFORE_AUTHENTICATION = frozenset({0x0100, 0x0102})
"""JT/T 808-2019, 5.2: until it is authenticated, a terminal sends nothing else."""


class OtherPhone(ProtocolError):
    """A frame that names another terminal than the one this connection belongs to."""

    code = "other-phone"

    def __init__(self, bound: str, found: str) -> None:
        super().__init__("同一连接上出现另一终端手机号", bound=bound, found=found)


class NotAuthenticated(ProtocolError):
    """A message that may not come before authentication has succeeded."""

    code = "not-authenticated"
    status = 403

    def __init__(self, message_id: int) -> None:
        super().__init__(f"鉴权成功前不接受消息 0x{message_id:04X}", message_id=message_id)


class NotBound(ProtocolError):
    """Sending on a connection whose terminal isn't known yet."""

    code = "not-bound"
    message = "连接尚未绑定终端手机号"


class Connection:
    """The protocol's side of one connection.

    The first sound frame binds ``phone`` and ``edition``. ``authenticated`` is set by whoever judges the code; a
    connection made with ``authenticated=True`` (a terminal's own end) lets everything through.
    """

    __slots__ = (
        "_assembler",
        "_assembly_bytes",
        "_props",
        "_reply_head",
        "_skew",
        "_splitter",
        "_stamp",
        "_unpack",
        "authenticated",
        "bad_frames",
        "edition",
        "phone",
        "serial",
        "version",
    )

    def __init__(
        self,
        phone: str = "",
        edition: Edition = Edition.V2013,
        *,
        version: int = 1,
        authenticated: bool = False,
        limit: int = MAX_ESCAPED,
        assembly_bytes: int = ASSEMBLY_BYTES,
    ) -> None:
        self._splitter = FrameSplitter(limit)
        self._assembler: Assembler | None = None
        self._assembly_bytes = assembly_bytes
        self.bad_frames = 0
        self.serial = 0
        self.phone, self.edition, self.version = "", edition, version
        self._stamp = b""
        self._unpack = _SHORT
        self._props = self._skew = 0
        self.authenticated = authenticated
        if phone:
            self._bind(phone, edition, version)

    @property
    def skipped_bytes(self) -> int:
        """Bytes that came before the first flag."""
        return self._splitter.skipped

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of the frames that ``data`` completes, in order. ``now`` (seconds) ages sub-packaged messages."""
        events: list[Event] = []
        frames: list[bytes] = []
        ids: list[int] = []
        serials: list[int] = []
        hot, stamp, props_set, skew = self._hot()
        for segment in self._splitter.feed(data):
            raw = b""
            if hot is not None and type(segment) is bytes:
                raw = segment
                if b"\x7d" in raw:
                    try:
                        raw = unescape(raw)
                    except ProtocolError:
                        raw = b""
                size = len(raw)
                if size > skew:
                    message_id, props, owner, serial = hot(raw)
                    # the second comparison in one: this edition's flag, no packets, no encryption, a fitting length
                    if (
                        (message_id == 0x0200 or message_id == 0x0704)
                        and props ^ props_set == size - skew
                        and owner == stamp
                    ):
                        frames.append(raw)
                        ids.append(message_id)
                        serials.append(serial)
                        continue
            if frames:
                events.append(Locations(frames, ids, serials))
                frames, ids, serials = [], [], []
            self._take(events, raw, segment, now)
            hot, stamp, props_set, skew = self._hot()
        if frames:
            events.append(Locations(frames, ids, serials))
        return events

    def _hot(self) -> tuple[Callable[[bytes], tuple[int, int, bytes, int]] | None, bytes, int, int]:
        """What a position's header is compared with; its reader is None while positions aren't lawful."""
        lawful = self.authenticated and self._stamp
        return self._unpack if lawful else None, self._stamp, self._props, self._skew

    def _refuse(self, events: list[Event], error: ProtocolError, raw: bytes, header: Header | None = None) -> None:
        self.bad_frames += 1
        events.append(BadFrame(error, raw, header))

    def _take(self, events: list[Event], raw: bytes, segment: bytes | ProtocolError, now: float) -> None:
        """Any frame, the careful way."""
        header: Header | None = None
        if isinstance(segment, ProtocolError):
            self._refuse(events, segment, b"")
            return
        try:
            raw = raw or unescape(segment)
            header, body = open_frame(raw)
            if not self.phone:
                self._bind(header.phone, header.edition, header.version)
                self._props = raw[2] << 8 & VERSION_BIT  # as sent: some set the flag over a short header
            elif header.phone != self.phone:
                raise OtherPhone(self.phone, header.phone)
            if not self.authenticated and header.message_id not in LAWFUL_BEFORE_AUTHENTICATION:
                raise NotAuthenticated(header.message_id)
            if header.subpackaged and not header.encryption:
                if self._assembler is None:
                    self._assembler = Assembler(limit_bytes=self._assembly_bytes)
                whole = self._assembler.add(header, body, now)
                if whole is not None:
                    events.append(self._whole(whole))
                return
            require_readable(header)
            if header.message_id in LOCATION_IDS:
                events.append(Locations([raw], [header.message_id], [header.serial]))
            else:
                events.append(self._message(header, body))
        except ProtocolError as fault:
            self._refuse(events, fault, raw or segment, header)

    def _whole(self, whole: Assembled) -> Event:
        if whole.header.message_id in LOCATION_IDS:
            return AssembledLocations(whole.header.message_id, whole.serials, whole.body)
        return self._message(whole.header, whole.body)

    @staticmethod
    def _message(header: Header, body: bytes) -> Event:
        if header.message_id not in MESSAGES.forms:
            return Unknown(header, body)
        message = MESSAGES.decode(header.message_id, body, header.edition)
        return EVENTS.get(header.message_id, Received)(header, message)

    def _bind(self, phone: str, edition: Edition, version: int) -> None:
        """Remember whose connection this is, and what the header of its next frame looks like."""
        self.phone, self.edition, self.version = phone, edition, version
        self._reply_head = reply_head(phone, edition, version)
        self._stamp = self._reply_head[0][4:]
        long = edition == Edition.V2019
        self._props = VERSION_BIT if long else 0
        self._skew = (LONG_HEADER if long else SHORT_HEADER) + 1
        self._unpack = _LONG if long else _SHORT

    def next_serial(self) -> int:
        """The serial number of the next message sent; wraps behind 65535."""
        serial = self.serial
        self.serial = (serial + 1) & 0xFFFF
        return serial

    def send(self, message: Message) -> bytes:
        """The frames that carry ``message``: one, or as many packets as its body needs.

        Raises ``NotBound`` before a phone is known, ``UnfitValue`` where a field can't carry its value.
        """
        if not self.phone:
            raise NotBound
        return self.send_body(message.message_id, message.encode(self.edition))

    def send_body(self, message_id: int, body: bytes) -> bytes:
        """The same for a body that is bytes already."""
        parts = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)] or [b""]
        out: list[bytes] = []
        for number, part in enumerate(parts, start=1):
            split = len(parts) > 1
            header = Header(
                message_id,
                len(part),
                self.phone,
                self.next_serial(),
                self.edition,
                subpackaged=split,
                packets=len(parts) if split else 0,
                packet_no=number if split else 0,
                version=self.version,
            )
            out.append(seal(header.pack() + part))
        return b"".join(out)

    def general_replies(self, ack_serials: Sequence[int], ack_ids: Sequence[int] | int, result: int = 0) -> bytes:
        """Frames of 0x8001 that answer ``ack_serials`` in order."""
        if not self.phone:
            raise NotBound
        first = self.serial
        self.serial = (first + len(ack_serials)) & 0xFFFF
        return general_replies(self._reply_head, first, ack_serials, ack_ids, result)

    def resend_requests(self, now: float, quiet_s: float = 10.0) -> list[ResendRequest]:
        """What to ask for again: packets missing from messages quiet for ``quiet_s``; 255 of each at most."""
        if self._assembler is None:
            return []
        self._assembler.expire(now)
        stalled = self._assembler.stalled(now, quiet_s)
        return [ResendRequest(first, tuple(missing[:255])) for (_, _, first), missing in stalled]
