"""A JT/T 1078 message or media packet field by field (报文解读). Messages travel in frames of JT/T 808."""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.composed import When
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.explain import Explanation
from datacenter.protocols.jt808.explaining import explain as explain_jt808
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import U8, U16, U64, Bcd, Bytes, Integer, Number

from .codes import CODECS
from .decoding import SPOKEN, TITLE
from .packet import MAGIC, DataType, Mark, open_either
from .parameters import VIDEO

DATA_TYPES = {
    DataType.I_FRAME: "视频 I 帧",
    DataType.P_FRAME: "视频 P 帧",
    DataType.B_FRAME: "视频 B 帧",
    DataType.AUDIO: "音频帧",
    DataType.PASSTHROUGH: "透传数据",
}
MARKS = {Mark.ATOMIC: "原子包", Mark.FIRST: "第一个包", Mark.LAST: "最后一个包", Mark.MIDDLE: "中间包"}
MOST_PACKETS = 20
_TIMED, _VIDEO = range(0x40), range(0x30)
"""Values of the byte of data type and mark behind which a time stamp, and the intervals of video, stand."""


class Versions(Integer):
    """V, P, X and CC in one byte; 0x81 by the standard."""

    def means(self, value: Any) -> list[str]:
        return [f"V {value >> 6}", f"P {value >> 5 & 1}", f"X {value >> 4 & 1}", f"CC {value & 15}"]


class Payload(Integer):
    """The M bit, and what the payload is coded in."""

    def means(self, value: Any) -> list[str]:
        return [
            f"M {value >> 7}（{'帧边界' if value >> 7 else '非边界'}）",
            f"PT {value & 127} {CODECS.get(value & 127, '')}",
        ]


class KindAndMark(Integer):
    """The data type in the upper half, the part of its frame in the lower."""

    def means(self, value: Any) -> list[str]:
        return [DATA_TYPES.get(value >> 4, "未定义"), MARKS.get(value & 15, "未定义")]


@dataclass(frozen=True, slots=True)
class Packet:
    """A media packet (音视频流数据包). JT/T 1078-2016, table of the payload packet."""

    magic: int = wire(Number(4), "帧头标识")
    first: int = wire(Versions(1), "V、P、X、CC")
    payload_type: int = wire(Payload(1), "M、PT", name="m_pt")
    seq: int = wire(U16, "包序号")
    sim: str = wire(Bcd(6), "SIM卡号", v2019=Bcd(10))
    channel: int = wire(U8, "逻辑通道号")
    kind: int = wire(KindAndMark(1), "数据类型、分包处理标记", name="data_type")
    timestamp_ms: int | None = wire(When("kind", _TIMED, U64), "时间戳")
    last_i_ms: int | None = wire(When("kind", _VIDEO, U16), "与上一关键帧的时间间隔")
    last_ms: int | None = wire(When("kind", _VIDEO, U16), "与上一帧的时间间隔")
    payload: bytes = wire(Bytes(count=U16, count_name="length"), "数据体")


PACKET = Layout(Packet)


def explain(data: bytes, protocol: str = "jt1078", edition: str = "") -> Explanation:
    """What a frame or one or several media packets say."""
    if not data.startswith(MAGIC):
        return explain_jt808(data, protocol, edition, SPOKEN, (VIDEO,))
    out = Explanation(protocol, data, "2016", "rtp", TITLE)
    at = 0
    for number in range(MOST_PACKETS):
        try:
            packet, rest = open_either(data[at:])
            stop, shape = len(data) - len(rest), "2019" if len(packet.sim) == 20 else ""
            out.summary = out.summary or f"{TITLE} 通道 {packet.channel} 序号 {packet.seq} SIM {packet.sim.lstrip('0')}"
        except ProtocolError as fault:
            stop, shape = len(data), ""
            out.group(at, stop, f"packet[{number}]", TITLE, fault=out.blame(fault, at))
        else:
            out.group(at, stop, f"packet[{number}]", TITLE, f"{stop - at} 字节")
        out.table(PACKET, at, stop, shape)
        at = stop
        if at >= len(data):
            return out
    out.note(f"只解读前 {MOST_PACKETS} 包")
    out.left_over(at, len(data), "_remaining", "其余数据")
    return out
