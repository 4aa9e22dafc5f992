"""One ISU's connection (连接状态机): bytes in, events out; messages in, bytes out. No socket, no clock.

JT/T 905 knows neither registration nor authentication: the header alone names the ISU, so a connection is good for
exactly what its owner, who has the registry, admits. ``LAWFUL`` says what each end may send in which state.

Positions are the hot path, as in ``jt808.connection``: handed on as they are in one ``Locations`` a call, check byte
and body left to the vectorised decoder. A bad frame becomes a ``BadFrame`` and ends nothing.
"""

from collections.abc import Sequence
from enum import StrEnum
from struct import Struct

from datacenter.protocols.budget import Budget
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.connection import NotBound, OtherPhone
from datacenter.protocols.jt808.events import BadFrame, Event, Locations, Received, Unknown
from datacenter.protocols.jt808.frame import FrameSplitter, checksum, seal, unescape
from datacenter.protocols.jt808.replies import ReplyHead, general_replies
from datacenter.protocols.jt905.assembly import MEDIA_BYTES, MediaAssembler
from datacenter.protocols.jt905.events import EVENTS, Identified, MediumAssembled
from datacenter.protocols.jt905.header import EDITION, HEADER, MAX_ESCAPED, Header, open_frame
from datacenter.protocols.jt905.messages import MESSAGES, CentreReply, ImagePart, LocationAnswer, RecordingPart
from datacenter.protocols.layout import Message

_HEAD = Struct(">HH6sH").unpack_from
LOCATION_IDS = frozenset({0x0200, 0x0202, 0x0203})
"""Reports that stand for nothing but a position; 0x0201 answers a command besides."""
FROM_CENTRE = 0x8000
"""The bit of a message id that only the centre's messages have."""


class State(StrEnum):
    """How far a connection has come."""

    NAMELESS = "nameless"  # no sound frame yet
    STRANGER = "stranger"  # the ISU has named itself; nobody has admitted it
    ADMITTED = "admitted"


class End(StrEnum):
    """Whose messages come in."""

    TERMINAL = "terminal"
    CENTRE = "centre"


LAWFUL: dict[tuple[State, End], frozenset[int]] = {
    (State.NAMELESS, End.TERMINAL): frozenset(),
    (State.NAMELESS, End.CENTRE): frozenset(),
    (State.STRANGER, End.TERMINAL): frozenset(),
    (State.STRANGER, End.CENTRE): frozenset(),
    (State.ADMITTED, End.TERMINAL): frozenset(number for number in MESSAGES.forms if not number & FROM_CENTRE),
    (State.ADMITTED, End.CENTRE): frozenset(number for number in MESSAGES.forms if number & FROM_CENTRE),
}
"""Message ids that are taken in each state from each end; ids that no table has go by their direction's bit alone.

The first sound frame of a nameless connection names the ISU, whatever it says; what it says is lawful only if the ISU
is admitted by then.
"""


class NotAdmitted(ProtocolError):
    """A message from an ISU that is not registered."""

    code = "not-admitted"
    status = 403

    def __init__(self, message_id: int) -> None:
        super().__init__(f"终端未登记，不接受消息 0x{message_id:04X}", message_id=message_id)


class WrongDirection(ProtocolError):
    """A message of the other end's: a terminal that sends what only the centre may, or the reverse."""

    code = "wrong-direction"

    def __init__(self, message_id: int) -> None:
        super().__init__(f"消息 0x{message_id:04X} 不应由对方发出", message_id=message_id)


class Connection:
    """The protocol's side of one connection.

    ``peer`` is the end that is listened to. ``isu`` given, or the first sound frame, binds the connection; ``admitted``
    is set by whoever judges the ISU. A terminal's own end is made with ``admitted=True``.
    """

    __slots__ = (
        "_assembler",
        "_budget",
        "_media_bytes",
        "_reply_head",
        "_splitter",
        "_stamp",
        "admitted",
        "bad_frames",
        "isu",
        "peer",
        "serial",
    )

    def __init__(
        self,
        isu: str = "",
        *,
        admitted: bool = False,
        peer: End = End.TERMINAL,
        limit: int = MAX_ESCAPED,
        media_bytes: int = MEDIA_BYTES,
        budget: Budget | None = None,
    ) -> None:
        self._budget = budget
        self._splitter = FrameSplitter(limit)
        self._assembler: MediaAssembler | None = None
        self._media_bytes = media_bytes
        self._stamp = b""
        self._reply_head: ReplyHead = (b"", 0)
        self.bad_frames = 0
        self.serial = 0
        self.isu = ""
        self.peer, self.admitted = peer, admitted
        if isu:
            self._bind(isu)

    # --- Names that JT/T 808's connection has for the same ---

    @property
    def phone(self) -> str:
        """The ISU."""
        return self.isu

    @property
    def edition(self) -> str:
        """The standard, where JT/T 808 has its edition."""
        return EDITION

    @property
    def authenticated(self) -> bool:
        """Whether messages are taken."""
        return self.admitted

    @authenticated.setter
    def authenticated(self, value: bool) -> None:
        self.admitted = value

    @property
    def skipped_bytes(self) -> int:
        """Bytes that came before the first flag."""
        return self._splitter.skipped

    @property
    def state(self) -> State:
        """How far the connection has come."""
        return State.NAMELESS if not self.isu else State.ADMITTED if self.admitted else State.STRANGER

    # --- In ---

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of the frames that ``data`` completes, in order. ``now`` (seconds) ages media in parts.

        Setting ``admitted`` while ``Identified`` is handled comes too late for frames in the same ``data``; whoever
        wants the first frame admits the ISU before, or feeds frame by frame.
        """
        events: list[Event] = []
        frames: list[bytes] = []
        ids: list[int] = []
        serials: list[int] = []
        stamp = self._stamp if self.admitted and self.peer is End.TERMINAL else b"-"
        for segment in self._splitter.feed(data):
            raw = b""
            if type(segment) is bytes:
                raw = segment
                if b"\x7d" in raw:
                    try:
                        raw = unescape(raw)
                    except ProtocolError:
                        raw = b""
                size = len(raw)
                if size > HEADER:
                    message_id, length, isu, serial = _HEAD(raw)
                    if message_id in LOCATION_IDS and length == size - HEADER - 1 and isu == stamp:
                        frames.append(raw)
                        ids.append(message_id)
                        serials.append(serial)
                        continue
            if frames:
                events.append(Locations(frames, ids, serials))
                frames, ids, serials = [], [], []
            self._take(events, raw, segment, now)
            stamp = self._stamp if self.admitted and self.peer is End.TERMINAL else b"-"
        if frames:
            events.append(Locations(frames, ids, serials))
        return events

    def _take(self, events: list[Event], raw: bytes, segment: bytes | ProtocolError, now: float) -> None:
        """Any frame, the careful way."""
        header: Header | None = None
        if isinstance(segment, ProtocolError):
            self._refuse(events, segment, b"")
            return
        try:
            raw = raw or unescape(segment)
            header, body = open_frame(raw)
            if not self.isu:
                self._bind(header.isu)
                events.append(Identified(header))
            elif header.isu != self.isu:
                raise OtherPhone(self.isu, header.isu)
            self._require_lawful(header.message_id)
            if header.message_id in LOCATION_IDS:
                events.append(Locations([raw], [header.message_id], [header.serial]))
            else:
                self._message(events, header, body, raw, now)
        except ProtocolError as fault:
            self._refuse(events, fault, raw or segment, header)

    def _require_lawful(self, message_id: int) -> None:
        lawful = LAWFUL[self.state, self.peer]
        if not lawful:
            raise NotAdmitted(message_id)
        if message_id not in lawful and bool(message_id & FROM_CENTRE) is (self.peer is End.TERMINAL):
            raise WrongDirection(message_id)

    def _message(self, events: list[Event], header: Header, body: bytes, raw: bytes, now: float) -> None:
        if header.message_id not in MESSAGES.forms:
            events.append(Unknown(header, body))  # type: ignore[arg-type]
            return
        message = MESSAGES.decode(header.message_id, body)
        if isinstance(message, LocationAnswer):
            events.append(Locations([raw], [header.message_id], [header.serial]))
        medium = None
        if isinstance(message, ImagePart | RecordingPart):
            if self._assembler is None:
                self._assembler = MediaAssembler(limit_bytes=self._media_bytes, budget=self._budget)
            medium = self._assembler.add(message, now)
        events.append(EVENTS.get(header.message_id, Received)(header, message, body))  # type: ignore[arg-type]
        if medium is not None:
            events.append(MediumAssembled(header, medium))

    def _refuse(self, events: list[Event], error: ProtocolError, raw: bytes, header: Header | None = None) -> None:
        self.bad_frames += 1
        events.append(BadFrame(error, raw, header))  # type: ignore[arg-type]

    def _bind(self, isu: str) -> None:
        """Remember whose connection this is, and what the header of its next frame looks like."""
        self.isu = isu
        prefix = Header(CentreReply.message_id, 5, isu, 0).pack()[:-2]
        self._stamp = prefix[4:]
        self._reply_head = prefix, checksum(prefix)

    # --- Out ---

    def next_serial(self) -> int:
        """The serial number of the next message sent, from 0; wraps behind 65535."""
        serial = self.serial
        self.serial = (serial + 1) & 0xFFFF
        return serial

    def send(self, message: Message) -> bytes:
        """The frame that carries ``message``; there are no sub-packages here.

        Raises ``NotBound`` before an ISU is known, ``WrongDirection`` for a message of the other end's, ``UnfitValue``
        where a field can't carry its value.
        """
        if bool(message.message_id & FROM_CENTRE) is not (self.peer is End.TERMINAL):
            raise WrongDirection(message.message_id)
        return self.send_body(message.message_id, message.encode())

    def send_body(self, message_id: int, body: bytes) -> bytes:
        """The same for a body that is bytes already."""
        if not self.isu:
            raise NotBound
        return seal(Header(message_id, len(body), self.isu, self.next_serial()).pack() + body)

    def general_replies(self, ack_serials: Sequence[int], ack_ids: Sequence[int] | int, result: int = 0) -> bytes:
        """Frames of 0x8001 that answer ``ack_serials`` in order."""
        if not self.isu:
            raise NotBound
        first = self.serial
        self.serial = (first + len(ack_serials)) & 0xFFFF
        return general_replies(self._reply_head, first, ack_serials, ack_ids, result)

    def resend_requests(self, now: float, quiet_s: float = 10.0) -> list[Message]:
        """Nothing: there are no sub-packages to ask for again. Files quiet for too long are let go of."""
        if self._assembler is not None:
            self._assembler.expire(now)
        return []

    def let_go(self) -> None:
        """The connection has ended: what it holds of files in the making is nobody's any more."""
        if self._assembler is not None:
            self._assembler.clear()

    def stalled_media(self, now: float, quiet_s: float = 10.0) -> list[tuple[int, int, int]]:
        """Message id, media id and first missing byte of files quiet for ``quiet_s``: material for 0x8803."""
        if self._assembler is None:
            return []
        self._assembler.expire(now)
        return [(message_id, media_id, at) for (message_id, media_id), at in self._assembler.stalled(now, quiet_s)]
