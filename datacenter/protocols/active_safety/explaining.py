"""A message or file packet of active safety field by field (报文解读). Messages travel in frames of JT/T 808."""

from dataclasses import dataclass

from datacenter.protocols.explain import Explanation
from datacenter.protocols.jt808.explaining import explain as explain_jt808
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import U32, Bytes, Number, Text

from .decoding import EVERYTHING
from .dialect import ACTIVE_SAFETY
from .stream import MAGIC, NAME_BYTES

TITLE = "附件文件数据包"


@dataclass(frozen=True, slots=True)
class FilePacket:
    """A packet of an attachment (附件文件数据包). T/JSATL 12-2017, table of the file packet."""

    magic: int = wire(Number(4), "帧头标识")
    name: str = wire(Text(NAME_BYTES), "文件名称")
    offset: int = wire(U32, "数据偏移量")
    data: bytes = wire(Bytes(count=U32, count_name="length"), "数据体")


PACKET = Layout(FilePacket)


def explain(data: bytes, protocol: str = "jt808-su", edition: str = "") -> Explanation:
    """What a frame or a file packet says."""
    if not data.startswith(MAGIC):
        return explain_jt808(data, protocol, edition, EVERYTHING, (ACTIVE_SAFETY,))
    out = Explanation(protocol, data, "", "file", TITLE)
    out.group(0, len(data), "packet", TITLE, f"{len(data)} 字节")
    packet = out.table(PACKET, 0, len(data))
    out.summary = f"{TITLE} {packet.name} 偏移 {packet.offset}" if packet else TITLE
    return out
