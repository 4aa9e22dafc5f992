"""Names of attachments (附件文件名): ``<type>_<channel>_<alarm>_<seq>_<alarm number>.<suffix>``. T/JSATL 12-2017.

What a name says is the terminal's word; the type that is stored is found from the content.
"""

import re
from dataclasses import dataclass

from .codes import AUDIO, FILE_TYPES, IMAGE, OTHER, TEXT, VIDEO
from .errors import BadFileName

SUFFIXES = {IMAGE: "jpg", AUDIO: "wav", VIDEO: "h264", TEXT: "bin", OTHER: "bin"}
ADAS_CHANNEL, DSM_CHANNEL, NO_CHANNEL = 64, 65, 0
"""Channels besides those of JT/T 1076."""
_PATTERN = re.compile(r"(\d{2})_(\d{1,3})_([0-9A-Fa-f]{1,4})_(\d{1,5})_([^./\\]{1,32})\.(\w{1,8})")


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of an attachment says. ``alarm`` is peripheral and event, such as 0x6401."""

    type: int
    channel: int
    alarm: int
    seq: int
    alarm_no: str
    suffix: str

    def __str__(self) -> str:
        return f"{self.type:02d}_{self.channel}_{self.alarm:04X}_{self.seq}_{self.alarm_no}.{self.suffix}"

    @classmethod
    def of(cls, kind: int, channel: int, item: int, event: int, seq: int, alarm_no: str) -> "FileName":
        """The name of the ``seq``-th file of an alarm."""
        return cls(kind, channel, item << 8 | event & 0xFF, seq, alarm_no, SUFFIXES[kind])


def read_name(name: str) -> FileName:
    """Raises ``BadFileName`` where ``name`` doesn't follow the pattern: that costs the file nothing."""
    found = _PATTERN.fullmatch(name)
    if found is None or int(found[1]) not in FILE_TYPES:
        raise BadFileName(name)
    kind, channel, alarm, seq, alarm_no, suffix = found.groups()
    return FileName(int(kind), int(channel), int(alarm, 16), int(seq), alarm_no, suffix)
