"""Field kinds of JT/T 1078 alone (字段类型): the word of both alarms, and times that may limit nothing."""

from datacenter.protocols.jt808.bits import Alarm, VideoAlarm
from datacenter.protocols.jt808.kinds import LooseTime
from datacenter.protocols.wire import Flags

UNLIMITED = "000000000000"
"""The time that doesn't limit: all its digits are zero (全 0 为不限)."""

VIDEO_SHIFT = 32
_LOW = (1 << VIDEO_SHIFT) - 1
_VIDEO = Flags(4, VideoAlarm)


class LimitTime(LooseTime):
    """A moment, or ``UNLIMITED``; what names no moment stays its twelve digits."""

    title = "BCD[6] YYMMDDhhmmss，全 0 为不限"


class AlarmWord(Flags):
    """64 bits (报警标志): the low 32 are JT/T 808's alarms, the high 32 the video alarms; none set is any."""

    def __init__(self) -> None:
        super().__init__(8, Alarm)
        self.title = "64BITS 报警标志"

    def names(self, value: int) -> list[str]:
        return [*super().names(value & _LOW), *_VIDEO.names(value >> VIDEO_SHIFT)]

    def titles(self, value: int) -> list[str]:
        return [*super().titles(value & _LOW), *_VIDEO.titles(value >> VIDEO_SHIFT)]

    def means(self, value: int) -> list[str]:
        return [*super().means(value & _LOW), *(f"视频报警{one}" for one in _VIDEO.means(value >> VIDEO_SHIFT))]


def alarm_word(alarms: int = 0, video: int = 0) -> int:
    """The word that asks for these alarms of JT/T 808 and these video alarms."""
    return int(video) << VIDEO_SHIFT | int(alarms)
