"""An attachment connection's state (附件连接状态机): bytes in, events out; no socket, no clock, no file.

A terminal lists the files of an alarm (0x1210), then brings them one by one: 0x1211, raw packets, 0x1212. Whoever owns
the connection judges the list (``accept`` or ``refuse``) and says what it has of each file already: so an upload that
broke off goes on, over a new connection and after a restart. Bytes of files are handed on as they come and not kept;
which of them came is. What has come stands: a byte that comes twice is not handed on again.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import BadFrame, Received
from datacenter.protocols.jt808.frame import FLAG
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt808.messages import GeneralReply
from datacenter.protocols.jt808.rules import UNANSWERED
from datacenter.protocols.layout import Catalogue, Message

from .errors import (
    AttachmentRefused,
    FileTooLarge,
    ListedTwice,
    NothingListed,
    NotListed,
    OtherSize,
    Overlapping,
    PastTheEnd,
    TooEarly,
    TooScattered,
)
from .messages import COMPLETE, MESSAGES, RESEND, AttachmentList, FileAnnounced, FileAnswer, FileSent, Missing
from .ranges import Ranges
from .stream import PacketHead, Payload, Piece, StreamSplitter

CATALOGUE: Catalogue = JT808.joined("jt808-su", MESSAGES)
MOST_MISSING = 255
SUCCESS, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an upload may be at most, and how long it may be silent."""

    file_bytes: int = 64 << 20
    alarm_bytes: int = 256 << 20
    pieces: int = 1024
    waiting_bytes: int = 256 << 10  # what comes while the list is being judged
    assembly_bytes: int = 128 << 10  # of messages in sub-packets: the longest list has 66 KB
    list_s: float = 30.0
    silence_s: float = 60.0


@dataclass(slots=True)
class Awaited:
    """A file on the list, and which of its bytes have come. ``type`` is what 0x1211 says."""

    name: str
    size_bytes: int
    type: int = 4
    ranges: Ranges = field(default_factory=lambda: Ranges(0))


class Event:
    """What ``receive`` yields."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Listed(Event):
    """A list has come: ``accept`` or ``refuse`` it. Nothing behind it is looked at before that."""

    serial: int
    message: AttachmentList


@dataclass(frozen=True, slots=True)
class FileBegun(Event):
    """0x1211: this file comes next; it has been answered."""

    file: Awaited


@dataclass(frozen=True, slots=True)
class FileData(Event):
    """Bytes of a file that had not come before."""

    file: Awaited
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class FileFinished(Event):
    """0x1212: say ``finished`` once the file is safe, or what is missing has been asked for (``missing``)."""

    file: Awaited
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """Something that isn't taken, and why."""

    error: ProtocolError


class AttachmentConnection:
    """The server's side of one connection. What it answers is fetched by ``sent``."""

    def __init__(self, bounds: Bounds = Bounds(), now: float = 0.0) -> None:
        self.bounds = bounds
        self._outgoing = bytearray()
        self.list: AttachmentList | None = None
        self.files: dict[str, Awaited] = {}
        self.refused = 0
        self._opened = self._seen = self._now = now
        self._frames = Connection(authenticated=True, catalogue=CATALOGUE, assembly_bytes=bounds.assembly_bytes)
        self._splitter = StreamSplitter(packet_bytes=bounds.file_bytes)
        self._judged: Listed | None = None  # the list that waits for its owner's word
        self._queue: deque[Piece] = deque()  # what came behind it
        self._queued_bytes = 0
        self._packet: Awaited | None = None  # whose payload is coming, None for one that isn't taken
        self._at = 0

    @property
    def phone(self) -> str:
        """The terminal's, with its left zeros; empty before its first frame."""
        return self._frames.phone

    @property
    def waiting(self) -> bool:
        """Whether a list waits to be judged: reading should pause."""
        return self._judged is not None

    @property
    def finished(self) -> bool:
        """Whether every byte of every file on the list has come."""
        return self.list is not None and all(file.ranges.whole for file in self.files.values())

    def expired(self, now: float) -> str:
        """Why the connection should end by now; empty where it shouldn't."""
        if self._listless and now - self._opened > self.bounds.list_s:
            return "no_list"
        return "silent" if now - self._seen > self.bounds.silence_s else ""

    def left_s(self, now: float) -> float:
        """How long it may say nothing more from now on."""
        left = self._seen + self.bounds.silence_s - now
        return max(0.0, min(left, self._opened + self.bounds.list_s - now) if self._listless else left)

    @property
    def _listless(self) -> bool:
        return self.list is None and not self.waiting

    def sent(self) -> bytes:
        """What is to be sent now; the owner sends it."""
        out = bytes(self._outgoing)
        self._outgoing.clear()
        return out

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of ``data``, in order. Raises a fatal ``AttachmentRefused``; the connection is over then."""
        self._seen = self._now = max(self._seen, now)
        self._queue.extend(self._splitter.feed(data))
        if self.waiting:
            self._queued_bytes += len(data)
            if self._queued_bytes > self.bounds.waiting_bytes:
                raise TooEarly(self.bounds.waiting_bytes)
            return []
        return list(self._run())

    def accept(self, had: Mapping[str, Iterable[tuple[int, int]]] | None = None) -> list[Event]:
        """The list is welcome; ``had`` says which bytes of which files have come before. Events that waited follow."""
        listed, had = self._judged, had or {}
        assert listed is not None, "no list waits"
        self.list = listed.message
        self.files = {
            one.name: Awaited(one.name, one.size_bytes, ranges=Ranges(one.size_bytes, had.get(one.name, ())))
            for one in listed.message.files
        }
        return self._go_on(listed, SUCCESS)

    def refuse(self) -> list[Event]:
        """The list isn't welcome; the terminal hears that it failed. Events that waited follow."""
        assert self._judged is not None, "no list waits"
        return self._go_on(self._judged, FAILED)

    def confirm(self, file: Awaited) -> None:
        """The file is whole and safe: 0x9212 says so."""
        self._send(FileAnswer(file.name, file.type, COMPLETE))

    def start_over(self, file: Awaited) -> None:
        """What came of the file is no good: all of it is asked for again."""
        file.ranges = Ranges(file.size_bytes)
        self._send(FileAnswer(file.name, file.type, RESEND, (Missing(0, file.size_bytes),)))

    # --- What comes ---

    def _go_on(self, listed: Listed, result: int) -> list[Event]:
        self._judged, self._queued_bytes = None, 0
        self._reply(listed.serial, AttachmentList.message_id, result)
        return list(self._run())

    def _run(self) -> Iterator[Event]:
        while self._queue and self._judged is None:
            piece = self._queue.popleft()
            if isinstance(piece, Payload):
                yield from self._payload(piece.data)
            elif isinstance(piece, PacketHead):
                yield from self._head(piece)
            else:
                for event in self._frames.receive(FLAG + piece.segment + FLAG, self._now):
                    if isinstance(event, Received):
                        yield from self._message(event)
                    elif isinstance(event, BadFrame):
                        yield self._no(event.error)

    def _no(self, error: ProtocolError) -> Refused:
        self.refused += 1
        return Refused(error)

    def _send(self, message: Message) -> None:
        self._outgoing += self._frames.send(message)

    def _reply(self, serial: int, message_id: int, result: int = SUCCESS) -> None:
        self._send(GeneralReply(serial, message_id, result))

    def _message(self, event: Received) -> Iterator[Event]:
        message, serial = event.message, event.header.serial
        if isinstance(message, AttachmentList):
            fault = self._fault_of(message)
            if fault is None:
                self._judged = listed = Listed(serial, message)
                yield listed
                return
            self._reply(serial, message.message_id, FAILED)
            yield self._no(fault)
        elif isinstance(message, FileAnnounced):
            yield from self._announced(message, serial)
        elif isinstance(message, FileSent):
            yield from self._finished(message, serial)
        elif message.message_id < 0x8000 and message.message_id not in UNANSWERED:
            self._reply(serial, message.message_id)  # a heartbeat, or what else it has to say

    def _fault_of(self, message: AttachmentList) -> AttachmentRefused | None:
        """Why a list can't be taken whoever brings it."""
        names: set[str] = set()
        total = 0
        for one in message.files:
            total += one.size_bytes
            if one.name in names:
                return ListedTwice(one.name)
            if one.size_bytes > self.bounds.file_bytes:
                return FileTooLarge(one.name, one.size_bytes, self.bounds.file_bytes)
            if total > self.bounds.alarm_bytes:
                return FileTooLarge(one.name, total, self.bounds.alarm_bytes)
            names.add(one.name)
        return None

    def _awaited(self, name: str) -> Awaited:
        """Raises ``NothingListed`` or ``NotListed``."""
        if self.list is None:
            raise NothingListed(name)
        if name not in self.files:
            raise NotListed(name)
        return self.files[name]

    def _announced(self, message: FileAnnounced, serial: int) -> Iterator[Event]:
        try:
            file = self._awaited(message.name)
            if message.size_bytes != file.size_bytes:
                raise OtherSize(file.name, file.size_bytes, message.size_bytes)
        except AttachmentRefused as fault:
            self._reply(serial, message.message_id, FAILED)
            yield self._no(fault)
            return
        file.type = message.type
        self._reply(serial, message.message_id)
        yield FileBegun(file)

    def _finished(self, message: FileSent, serial: int) -> Iterator[Event]:
        try:
            file = self._awaited(message.name)
        except AttachmentRefused as fault:
            self._reply(serial, message.message_id, FAILED)
            yield self._no(fault)
            return
        if message.size_bytes != file.size_bytes:  # what the list says holds
            yield self._no(OtherSize(file.name, file.size_bytes, message.size_bytes))
        file.type = message.type
        gaps = file.ranges.missing()[:MOST_MISSING]
        missing = tuple(Missing(start, stop - start) for start, stop in gaps)
        if missing:
            self._send(FileAnswer(file.name, file.type, RESEND, missing))
        yield FileFinished(file, missing)

    def _head(self, head: PacketHead) -> Iterator[Event]:
        """A packet begins. One that isn't taken is stepped over."""
        self._packet, self._at = None, head.offset
        try:
            file = self._awaited(head.name)
            end = head.offset + head.length
            if end > file.size_bytes:
                raise PastTheEnd(file.name, head.offset, head.length, file.size_bytes)
            if len(file.ranges) >= self.bounds.pieces and file.ranges.grows(head.offset, end):
                raise TooScattered(file.name, self.bounds.pieces)
        except AttachmentRefused as fault:
            yield self._no(fault)
            return
        self._packet = file
        if sum(stop - start for start, stop in file.ranges.missing(head.offset, end)) != head.length:
            yield self._no(Overlapping(file.name, head.offset, head.length))

    def _payload(self, data: bytes) -> Iterator[Event]:
        start, file = self._at, self._packet
        self._at += len(data)
        if file is None:
            return
        for first, last in file.ranges.missing(start, self._at):
            file.ranges.add(first, last)
            yield FileData(file, first, data[first - start : last - start])
