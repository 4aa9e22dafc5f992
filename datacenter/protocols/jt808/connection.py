"""One connection's state (连接状态机): bytes in, events out; messages in, bytes out. No socket, no clock.

Either end may use it: a gateway for a terminal, a simulated terminal for a platform. Two tables say what a message
becomes (``events.EVENTS``) and what is lawful when (``rules.LAWFUL``).

Positions are the hot path: a 0x0200 or 0x0704 that is not sub-packaged is cut out, unescaped and handed on as it is in
one ``Locations`` a call; its check byte and body are the vectorised decoder's to judge. Everything else is checked and
decoded here. A bad frame becomes a ``BadFrame`` and ends nothing.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from datacenter.protocols.budget import Budget
from datacenter.protocols.errors import EncryptedBody, ProtocolError, UnfitValue
from datacenter.protocols.jt808.assembly import ASSEMBLY_BYTES, Assembled, Assembler
from datacenter.protocols.jt808.events import (
    EVENTS,
    AssembledLocations,
    BadFrame,
    Event,
    Locations,
    Received,
    ResendAsked,
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
)
from datacenter.protocols.jt808.messages import MESSAGES, ResendRequest, TerminalResendRequest
from datacenter.protocols.jt808.replies import general_replies, reply_head
from datacenter.protocols.jt808.rules import LAWFUL, Phase
from datacenter.protocols.jt808.sent import SENT_BYTES, PacketsGone, SentPackets
from datacenter.protocols.layout import Catalogue, Message

_SHORT = Struct(">HH6sH").unpack_from
_LONG = Struct(">HH11sH").unpack_from
LOCATION_IDS = frozenset({0x0200, 0x0704})
MAX_PACKETS = 0xFFFF
MOST_ASKED = 255
"""Packets that one 0x8003 names: its count is a byte."""
Unseal = Callable[[int, bytes], bytes]
"""Opens an encrypted body: the header's encryption bits (1 is RSA) and the body in, the clear body out.

Raises ``ProtocolError`` where it can't.
"""


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
    connection made with ``authenticated=True`` (a terminal's own end) lets everything through. ``catalogue`` has the
    messages it understands: the standard's, or joined with those of standards that travel in the same frames.
    ``budget`` bounds what it holds of sub-packaged messages together with other connections.

    An encrypted body is refused by name unless ``unseal`` opens it. The standard says that bodies are encrypted by RSA
    with the keys of 0x8A00 and 0x0A00; how they are padded and cut into blocks was not found, so no RSA is built in.
    """

    __slots__ = (
        "_assembler",
        "_assembly_bytes",
        "_budget",
        "_now",
        "_props",
        "_reply_head",
        "_sent",
        "_sent_bytes",
        "_skew",
        "_splitter",
        "_stamp",
        "_unpack",
        "_unseal",
        "authenticated",
        "bad_frames",
        "catalogue",
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
        sent_bytes: int = SENT_BYTES,
        catalogue: Catalogue = MESSAGES,
        unseal: Unseal | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget
        self.catalogue = catalogue
        self._unseal = unseal
        self._sent: SentPackets | None = None
        self._sent_bytes = sent_bytes
        self._now = 0.0
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
    def phase(self) -> Phase:
        """Where this connection stands."""
        return Phase.AUTHENTICATED if self.authenticated else Phase.NEW

    @property
    def skipped_bytes(self) -> int:
        """Bytes that came before the first flag."""
        return self._splitter.skipped

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of the frames that ``data`` completes, in order. ``now`` (seconds) ages sub-packaged messages."""
        self._now = now
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
            lawful = LAWFUL[self.phase]
            if lawful is not None and header.message_id not in lawful:
                raise NotAuthenticated(header.message_id)
            if header.encryption:
                if self._unseal is None:
                    raise EncryptedBody(header.encryption)
                body = self._unseal(header.encryption, body)
            if header.subpackaged:
                if self._assembler is None:
                    self._assembler = Assembler(limit_bytes=self._assembly_bytes, budget=self._budget)
                whole = self._assembler.add(header, body, now)
                if whole is not None:
                    events.append(self._whole(whole))
                return
            if header.message_id in LOCATION_IDS and header.encryption:
                events.append(AssembledLocations(header.message_id, (header.serial,), body))
            elif header.message_id in LOCATION_IDS:
                events.append(Locations([raw], [header.message_id], [header.serial]))
            else:
                events.append(self._message(header, body))
        except ProtocolError as fault:
            self._refuse(events, fault, raw or segment, header)

    def _whole(self, whole: Assembled) -> Event:
        if whole.header.message_id in LOCATION_IDS:
            return AssembledLocations(whole.header.message_id, whole.serials, whole.body)
        return self._message(whole.header, whole.body, whole.serials)

    def _message(self, header: Header, body: bytes, serials: tuple[int, ...] = ()) -> Event:
        if header.message_id not in self.catalogue.forms:
            return Unknown(header, body)
        message = self.catalogue.decode(header.message_id, body, header.edition)
        return EVENTS.get(header.message_id, Received)(header, message, body, serials)

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

    def send(self, message: Message, now: float | None = None) -> bytes:
        """The frames that carry ``message``: one, or as many packets as its body needs.

        Packets are kept from ``now`` on (else the last one received at), so that the other end may ask again. Raises
        ``NotBound`` before a phone is known, ``UnfitValue`` where a field can't carry its value or the body needs more
        packets than a header can number.
        """
        if not self.phone:
            raise NotBound
        return self.send_body(message.message_id, message.encode(self.edition), now)

    def send_body(self, message_id: int, body: bytes, now: float | None = None) -> bytes:
        """The same for a body that is bytes already."""
        first = self.serial
        parts = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)] or [b""]
        if len(parts) > MAX_PACKETS:
            raise UnfitValue(len(parts), "总包数 WORD")
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
        if len(out) > 1:
            if self._sent is None:
                self._sent = SentPackets(self._sent_bytes)
            self._sent.keep(first, out, self._now if now is None else now)
        return b"".join(out)

    def resend(self, asked: ResendAsked, now: float | None = None) -> bytes:
        """The very packets that 0x0005 or 0x8003 asks for. Raises ``PacketsGone`` where they aren't kept any more."""
        message = asked.message
        if self._sent is None:
            raise PacketsGone(message.orig_serial)
        return self._sent.again(message.orig_serial, message.packets, self._now if now is None else now)

    def general_replies(self, ack_serials: Sequence[int], ack_ids: Sequence[int] | int, result: int = 0) -> bytes:
        """Frames of 0x8001 that answer ``ack_serials`` in order."""
        if not self.phone:
            raise NotBound
        first = self.serial
        self.serial = (first + len(ack_serials)) & 0xFFFF
        return general_replies(self._reply_head, first, ack_serials, ack_ids, result)

    def resend_requests(
        self, now: float, quiet_s: float = 10.0, form: type[ResendRequest | TerminalResendRequest] = ResendRequest
    ) -> list[Any]:
        """What to ask for again: packets missing from messages quiet for ``quiet_s``; ``MOST_ASKED`` of each.

        To be called now and then: it also lets go of packets sent, and of messages begun, too long ago.
        A terminal's own end asks by the ``form`` of 0x0005.
        """
        if self._sent is not None and not self._sent.expire(now):
            self._sent = None
        if self._assembler is None:
            return []
        self._assembler.expire(now)
        stalled = self._assembler.stalled(now, quiet_s, MOST_ASKED)
        return [form(first, tuple(missing)) for (_, _, first), missing in stalled]

    def let_go(self) -> None:
        """The connection has ended: what it holds of messages in the making is nobody's any more."""
        if self._assembler is not None:
            self._assembler.clear()
