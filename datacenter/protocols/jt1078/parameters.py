"""Parameters of the camera system (视频参数). JT/T 1078-2016, parameters 0x0075 to 0x007C.

They lie in JT/T 808's 0x8103 and 0x0104; ``VIDEO`` is the dialect that reads them there (see ``jt808.dialect``).
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.bits import VideoAlarm
from datacenter.protocols.jt808.dialect import Dialect
from datacenter.protocols.jt808.parameters import Parameter
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Bcd, Flags, Repeated

from .bits import Overlay, Period, WakeCondition, WakeMode, Weekday
from .codes import BIT_RATE_MODES, CHANNEL_KINDS, PICTURE_SIZES


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a stream is encoded (码流编码参数)."""

    mode: int = wire(Coded(U8, BIT_RATE_MODES), "编码模式")
    resolution: int = wire(Coded(U8, PICTURE_SIZES), "分辨率")
    key_frame_interval: int = wire(U16, "关键帧间隔")
    frame_rate: int = wire(U8, "目标帧率")
    bit_rate_kbps: int = wire(U32, "目标码率")


@dataclass(frozen=True, slots=True)
class VideoSetting:
    """How all channels are encoded (音视频参数设置). Parameter 0x0075."""

    live: Encoding = wire(Struct(Encoding), "实时流")
    stored: Encoding = wire(Struct(Encoding), "存储流")
    overlay: int = wire(Flags(2, Overlay), "OSD字幕叠加设置", name="osd")
    audio_output: int = wire(Coded(U8, {0: "不启用", 1: "启用"}), "是否启用音频输出")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: which input, under which logical number (音视频通道对照)."""

    physical: int = wire(U8, "物理通道号")
    logical: int = wire(U8, "逻辑通道号")
    kind: int = wire(Coded(U8, CHANNEL_KINDS), "通道类型", name="type")
    ptz: int = wire(Coded(U8, {0: "未连接", 1: "连接"}), "是否连接云台")


@dataclass(frozen=True, slots=True)
class ChannelList:
    """The channels there are (音视频通道列表设置). Parameter 0x0076; as many as the three counts sum up to."""

    both: int = wire(U8, "音视频通道总数", name="total")
    audio: int = wire(U8, "音频通道总数")
    video: int = wire(U8, "视频通道总数")
    channels: tuple[Channel, ...] = wire(Repeated(Struct(Channel)), "音视频通道对照表", default=())


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """How one channel is encoded (单独视频通道参数设置)."""

    channel: int = wire(U8, "逻辑通道号")
    live: Encoding = wire(Struct(Encoding), "实时流")
    stored: Encoding = wire(Struct(Encoding), "存储流")
    overlay: int = wire(Flags(2, Overlay), "OSD字幕叠加设置", name="osd")


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """The channels that are encoded in their own way (单独视频通道参数设置). Parameter 0x0077."""

    channels: tuple[ChannelSetting, ...] = wire(Repeated(Struct(ChannelSetting), count=U8), "通道", default=())


@dataclass(frozen=True, slots=True)
class SpecialAlarmRecording:
    """What is kept of special alarms (特殊报警录像参数设置). Parameter 0x0079."""

    storage_pct: int = wire(U8, "特殊报警录像存储阈值")
    longest_min: int = wire(U8, "特殊报警录像持续时间")
    before_min: int = wire(U8, "特殊报警标识起始时间")


@dataclass(frozen=True, slots=True)
class ImageAnalysis:
    """When the picture raises an alarm (图像分析报警参数设置). Parameter 0x007B."""

    rated_passengers: int = wire(U8, "车辆核载人数")
    fatigue_threshold: int = wire(U8, "疲劳程度阈值")


@dataclass(frozen=True, slots=True)
class AwakePeriod:
    """From when to when the terminal is awake, as hhmm (唤醒时间段)."""

    wakes: str = wire(Bcd(2), "唤醒时间")
    sleeps: str = wire(Bcd(2), "关闭时间")


@dataclass(frozen=True, slots=True)
class WakeUp:
    """When a terminal wakes from its sleep (终端休眠唤醒模式设置). Parameter 0x007C.

    The day's periods are as public codecs have them.
    """

    mode: int = wire(Flags(1, WakeMode), "休眠唤醒模式")
    condition: int = wire(Flags(1, WakeCondition), "唤醒条件类型")
    weekdays: int = wire(Flags(1, Weekday), "周定时唤醒日设置")
    periods_used: int = wire(Flags(1, Period), "日定时唤醒启用标志")
    periods: tuple[AwakePeriod, ...] = wire(Repeated(Struct(AwakePeriod), times=4), "日定时唤醒时间段")


PARAMETERS: dict[int, Parameter] = {
    0x0075: Parameter(Struct(VideoSetting), "音视频参数设置"),
    0x0076: Parameter(Struct(ChannelList), "音视频通道列表设置"),
    0x0077: Parameter(Struct(ChannelSettings), "单独视频通道参数设置"),
    0x0079: Parameter(Struct(SpecialAlarmRecording), "特殊报警录像参数设置"),
    0x007A: Parameter(Flags(4, VideoAlarm), "视频相关报警屏蔽字"),
    0x007B: Parameter(Struct(ImageAnalysis), "图像分析报警参数设置"),
    0x007C: Parameter(Struct(WakeUp), "终端休眠唤醒模式设置"),
}

VIDEO = Dialect(parameters=PARAMETERS)
"""What JT/T 1078 adds to JT/T 808's lists; its items of a position are in ``jt808.extras`` already."""
