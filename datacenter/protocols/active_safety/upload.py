"""A terminal's end of an upload (终端侧附件上传): for simulated terminals and for tests of a server.

The same shape as the server's side: bytes in, bytes to send out. ``lose`` names packets that are left out the first
time, as a bad network would; what the server then asks for is sent again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import Received
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import GeneralReply

from .connection import CATALOGUE, SUCCESS
from .messages import COMPLETE, AttachmentList, FileAnnounced, FileAnswer, FileSent, ListedFile
from .ranges import Ranges
from .stream import PAYLOAD_BYTES, pack_packet
from .tag import AlarmTag


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to bring: ``type`` as in ``codes.FILE_TYPES``."""

    name: str
    type: int
    data: bytes


@dataclass(slots=True)
class Upload:
    """Brings ``attachments`` one after the other. ``begin`` gives the first bytes; ``receive`` the next ones.

    ``done`` once all are complete, ``failed`` where the server refused list or file.
    """

    phone: str
    tag: AlarmTag
    alarm_no: str
    attachments: tuple[Attachment, ...]
    edition: Edition = Edition.V2013
    info_type: int = 0
    payload_bytes: int = PAYLOAD_BYTES
    lose: Mapping[str, Collection[int]] = field(default_factory=dict)
    completed: list[str] = field(default_factory=list)
    failed: bool = False
    _connection: Connection = field(init=False)
    _left: list[Attachment] = field(init=False)

    def __post_init__(self) -> None:
        self._connection = Connection(self.phone, self.edition, authenticated=True, catalogue=CATALOGUE)
        self._left = list(self.attachments)

    @property
    def done(self) -> bool:
        return not self._left and not self.failed

    def begin(self) -> bytes:
        """0x1210."""
        files = tuple(ListedFile(one.name, len(one.data)) for one in self.attachments)
        return self._connection.send(
            AttachmentList(self.tag.terminal_id, self.tag, self.alarm_no, self.info_type, files)
        )

    def receive(self, data: bytes) -> bytes:
        """What to send in answer to what the server said."""
        out = bytearray()
        for event in self._connection.receive(data):
            if not isinstance(event, Received) or self.failed:
                continue
            if isinstance(event.message, GeneralReply):
                out += self._answered(event.message)
            elif isinstance(event.message, FileAnswer):
                out += self._judged(event.message)
        return bytes(out)

    def _answered(self, reply: GeneralReply) -> bytes:
        if reply.result != SUCCESS:
            self.failed = True
        elif reply.ack_id == AttachmentList.message_id:
            return self._announce()
        elif reply.ack_id == FileAnnounced.message_id and self._left:
            one = self._left[0]
            packets = [
                pack_packet(one.name, at, one.data[at : at + self.payload_bytes])
                for number, at in enumerate(range(0, len(one.data), self.payload_bytes))
                if number not in self.lose.get(one.name, ())
            ]
            return b"".join(packets) + self._sent(one)
        return b""

    def _announce(self) -> bytes:
        if not self._left:
            return b""
        one = self._left[0]
        return self._connection.send(FileAnnounced(one.name, one.type, len(one.data)))

    def _sent(self, one: Attachment) -> bytes:
        return self._connection.send(FileSent(one.name, one.type, len(one.data)))

    def _judged(self, answer: FileAnswer) -> bytes:
        if not self._left or answer.name != self._left[0].name:  # said before, or of no file that was announced
            return b""
        one = self._left[0]
        if answer.result == COMPLETE:
            self.completed.append(one.name)
            self._left.pop(0)
            return self._announce()
        asked = Ranges(len(one.data), ((gap.offset, gap.offset + gap.length) for gap in answer.missing))
        again = [
            pack_packet(one.name, at, one.data[at : min(at + self.payload_bytes, stop)])
            for start, stop in asked.pairs()
            for at in range(start, stop, self.payload_bytes)
        ]
        return b"".join(again) + self._sent(one)
