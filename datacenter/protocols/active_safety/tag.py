"""The identification of an alarm (报警标识号): what ties a report, the order to upload and the upload together.

T/JSATL 12-2017, table of the alarm identification, with the layouts of other provinces beside it. An alarm's own
number counts from 0 after each start of the terminal and ties nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.jt808.kinds import KeptText, LooseTime
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import ABSENT, U8, Bytes, Kind, Reader

from .practices import SHAPES, Practice, practice_that

LONG_ID = KeptText(30)


class Reserved(Bytes):
    """Bytes without a meaning yet; a single one is shown as a number."""

    def show(self, value: bytes) -> Any:
        return value[0] if len(value) == 1 else super().show(value)


class Followed(Kind[str]):
    """No bytes at all: the practice that the fields around it follow."""

    looks_back = False
    size = 0
    title = "地方做法"

    def read(self, reader: Reader) -> str:
        return reader.edition

    def write(self, value: str, edition: str = "") -> bytes:
        return b""


@dataclass(frozen=True, slots=True)
class AlarmTag:
    """Terminal, moment, number within the moment, and how many attachments there are (报警标识号).

    The columns are practices (see ``practices.SHAPES``); the first one is T/JSATL 12-2017.
    """

    terminal_id: str = wire(KeptText(7), "终端ID", vguangdong=LONG_ID, vheilongjiang=LONG_ID, vsichuan=LONG_ID)
    alarm_time: datetime | str = wire(LooseTime(), "时间")
    seq: int = wire(U8, "序号")
    attachments: int = wire(U8, "附件数量")
    reserved: bytes | None = wire(
        Reserved(1), "预留", default=b"\0", vguangdong=Reserved(2), vheilongjiang=ABSENT, vhunan=Reserved(17)
    )
    practice: str = wire(Followed(), "地方做法", default=Practice.JIANGSU)

    @classmethod
    def of(
        cls, terminal_id: str, alarm_time: datetime, seq: int, attachments: int, practice: str = Practice.JIANGSU
    ) -> "AlarmTag":
        """An identification as ``practice`` lays it out."""
        spare = SHAPES[practice].reserved_bytes
        return cls(terminal_id, alarm_time, seq, attachments, bytes(spare) if spare else None, practice)

    def pack(self) -> bytes:
        """Its bytes: what is compared and stored."""
        return LAYOUT.encode(self, self.practice)


LAYOUT = Layout(AlarmTag)
Behind = Callable[[bytes, int, int], bool]
"""Whether what follows the identification may begin at this byte: all bytes, the place, where they end."""


def nothing_behind(data: bytes, at: int, end: int) -> bool:
    """For identifications that end what they stand in."""
    return at == end


class Tag(Kind[AlarmTag]):
    """An identification by the practice that its surroundings follow, else the one for which ``behind`` holds."""

    looks_back = False
    title = "报警标识号"

    def __init__(self, behind: Behind = nothing_behind) -> None:
        self.behind = behind

    def read(self, reader: Reader) -> AlarmTag:
        outer = reader.edition
        if outer not in SHAPES:
            data, at, end = reader.data, reader.pos, reader.end
            reader.edition = practice_that(lambda shape: self.behind(data, at + shape.tag_bytes, end))
        try:
            tag: AlarmTag = LAYOUT.read(reader)
        finally:
            reader.edition = outer
        return tag

    def write(self, value: AlarmTag, edition: str = "") -> bytes:
        return value.pack()

    def show(self, value: AlarmTag) -> dict[str, Any]:
        return LAYOUT.show(value, value.practice)
