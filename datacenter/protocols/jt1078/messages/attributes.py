"""What cameras can do and what they count (音视频属性、乘客流量). JT/T 1078-2016, 0x9003, 0x1003, 0x1005."""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import LooseTime
from datacenter.protocols.jt1078.codes import CODECS, SAMPLE_BITS, SAMPLE_RATES, YES_NO
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U8, U16

from .catalogue import message


@message(0x9003, "查询终端音视频属性")
@dataclass(frozen=True, slots=True)
class MediaAttributesQuery(Message):
    """What can your cameras and microphones do? JT/T 1078-2016, message 0x9003; empty."""


@message(0x1003, "终端上传音视频属性")
@dataclass(frozen=True, slots=True)
class MediaAttributes(Message):
    """What the terminal's cameras and microphones can do. JT/T 1078-2016, message 0x1003; answers 0x9003.

    The frame's length is a WORD, though its range is printed as one of 32 bits.
    """

    audio_codec: int = wire(Coded(U8, CODECS), "输入音频编码方式")
    audio_channels: int = wire(U8, "输入音频声道数")
    audio_rate: int = wire(Coded(U8, SAMPLE_RATES), "输入音频采样率")
    audio_bits: int = wire(Coded(U8, SAMPLE_BITS), "输入音频采样位数")
    audio_frame_bytes: int = wire(U16, "音频帧长度", name="audio_frame_len")
    audio_output: int = wire(Coded(U8, YES_NO), "是否支持音频输出")
    video_codec: int = wire(Coded(U8, CODECS), "视频编码方式")
    max_audio_channels: int = wire(U8, "终端支持的最大音频物理通道数量")
    max_video_channels: int = wire(U8, "终端支持的最大视频物理通道数量")


@message(0x1005, "终端上传乘客流量")
@dataclass(frozen=True, slots=True)
class PassengerFlow(Message):
    """How many passengers got on and off between two moments. JT/T 1078-2016, message 0x1005."""

    start: datetime | str = wire(LooseTime(), "起始时间")
    end: datetime | str = wire(LooseTime(), "结束时间")
    boarded: int = wire(U16, "上车人数")
    alighted: int = wire(U16, "下车人数")
