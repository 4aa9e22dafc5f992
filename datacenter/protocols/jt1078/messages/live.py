"""Live sound and pictures (实时音视频). JT/T 1078-2016, messages 0x9101, 0x9102, 0x9105."""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt1078.codes import CLOSED, LIVE_CONTROLS, LIVE_DATA, LIVE_STREAMS
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U8, U16

from .catalogue import message


@message(0x9101, "实时音视频传输请求")
@dataclass(frozen=True, slots=True)
class LiveRequest(Message):
    """Open a connection to this server and stream a channel. JT/T 1078-2016, message 0x9101.

    Answered by 0x0001; a port of 0 isn't used. After a special alarm it is sent without anybody asking.
    """

    host: str = wire(KeptText(count=U8, count_name="ip_len"), "服务器IP地址", name="ip")
    tcp_port: int = wire(U16, "服务器视频通道监听端口号（TCP）")
    udp_port: int = wire(U16, "服务器视频通道监听端口号（UDP）")
    channel: int = wire(U8, "逻辑通道号")
    data_type: int = wire(Coded(U8, LIVE_DATA), "数据类型")
    stream: int = wire(Coded(U8, LIVE_STREAMS), "码流类型", default=0)


@message(0x9102, "音视频实时传输控制")
@dataclass(frozen=True, slots=True)
class LiveControl(Message):
    """Close, pause, resume or switch a channel's stream. JT/T 1078-2016, message 0x9102.

    ``close_type`` counts for control 0, ``stream`` for control 1.
    """

    channel: int = wire(U8, "逻辑通道号")
    control: int = wire(Coded(U8, LIVE_CONTROLS), "控制指令")
    close_type: int = wire(Coded(U8, CLOSED), "关闭音视频类型", default=0)
    stream: int = wire(Coded(U8, LIVE_STREAMS), "切换码流类型", default=0)


@message(0x9105, "实时音视频传输状态通知")
@dataclass(frozen=True, slots=True)
class LiveStatus(Message):
    """How much of a channel's stream is lost on its way. JT/T 1078-2016, message 0x9105."""

    channel: int = wire(U8, "逻辑通道号")
    loss_pct: int = wire(U8, "丢包率")
