"""Recordings kept in the vehicle (录像检索、回放、下载). JT/T 1078-2016, messages 0x9201 to 0x9207, 0x1205, 0x1206."""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText, LooseTime
from datacenter.protocols.jt1078.bits import UploadCondition
from datacenter.protocols.jt1078.codes import (
    PLAYBACK_CONTROLS,
    PLAYBACKS,
    SPEEDS,
    STORAGES,
    STORED_MEDIA,
    STORED_STREAMS,
)
from datacenter.protocols.jt1078.kinds import UNLIMITED, AlarmWord, LimitTime
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Flags, Repeated

from .catalogue import message


@message(0x9205, "查询资源列表")
@dataclass(frozen=True, slots=True)
class RecordingsQuery(Message):
    """Which recordings do you keep? JT/T 1078-2016, message 0x9205; answered by 0x1205.

    Channel 0 is all; a time ``UNLIMITED`` doesn't limit on its side; of several alarm bits any one will do.
    """

    channel: int = wire(U8, "逻辑通道号")
    start: datetime | str = wire(LimitTime(), "开始时间", default=UNLIMITED)
    end: datetime | str = wire(LimitTime(), "结束时间", default=UNLIMITED)
    alarms: int = wire(AlarmWord(), "报警标志", name="alarm_bits", default=0)
    media_type: int = wire(Coded(U8, STORED_MEDIA), "音视频资源类型", default=0)
    stream: int = wire(Coded(U8, STORED_STREAMS), "码流类型", default=0)
    storage: int = wire(Coded(U8, STORAGES), "存储器类型", default=0)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording that the terminal keeps (音视频资源)."""

    channel: int = wire(U8, "逻辑通道号")
    start: datetime | str = wire(LooseTime(), "开始时间")
    end: datetime | str = wire(LooseTime(), "结束时间")
    alarms: int = wire(AlarmWord(), "报警标志", name="alarm_bits")
    media_type: int = wire(Coded(U8, STORED_MEDIA), "音视频资源类型")
    stream: int = wire(Coded(U8, STORED_STREAMS), "码流类型")
    storage: int = wire(Coded(U8, STORAGES), "存储器类型")
    size_bytes: int = wire(U32, "文件大小", name="size")


@message(0x1205, "终端上传音视频资源列表")
@dataclass(frozen=True, slots=True)
class RecordingList(Message):
    """The recordings found. JT/T 1078-2016, message 0x1205; answers 0x9205 and 0x9201, often sub-packaged."""

    ack_serial: int = wire(U16, "应答流水号")
    items: tuple[Recording, ...] = wire(Repeated(Struct(Recording), count=U32), "音视频资源列表", default=())


@message(0x9201, "平台下发远程录像回放请求")
@dataclass(frozen=True, slots=True)
class PlaybackRequest(Message):
    """Stream a recording to this server. JT/T 1078-2016, message 0x9201.

    Answered by 0x1205, then streamed. An end of ``UNLIMITED`` is the recording's own; a port of 0 isn't used.
    """

    host: str = wire(KeptText(count=U8, count_name="ip_len"), "服务器IP地址", name="ip")
    tcp_port: int = wire(U16, "服务器音视频通道监听端口号（TCP）")
    udp_port: int = wire(U16, "服务器音视频通道监听端口号（UDP）")
    channel: int = wire(U8, "逻辑通道号")
    media_type: int = wire(Coded(U8, STORED_MEDIA), "音视频类型")
    stream: int = wire(Coded(U8, STORED_STREAMS), "码流类型")
    storage: int = wire(Coded(U8, STORAGES), "存储器类型")
    playback: int = wire(Coded(U8, PLAYBACKS), "回放方式")
    pace: int = wire(Coded(U8, SPEEDS), "快进或快退倍数", name="speed")
    start: datetime | str = wire(LimitTime(), "开始时间")
    end: datetime | str = wire(LimitTime(), "结束时间", default=UNLIMITED)


@message(0x9202, "平台下发远程录像回放控制")
@dataclass(frozen=True, slots=True)
class PlaybackControl(Message):
    """Pause, wind or seek in a recording that is streamed. JT/T 1078-2016, message 0x9202.

    ``pace`` counts for controls 3 and 4, ``seek`` for control 5.
    """

    channel: int = wire(U8, "逻辑通道号")
    control: int = wire(Coded(U8, PLAYBACK_CONTROLS), "回放控制")
    pace: int = wire(Coded(U8, SPEEDS), "快进或快退倍数", name="speed", default=0)
    seek: datetime | str = wire(LimitTime(), "拖动回放位置", default=UNLIMITED)


@message(0x9206, "文件上传指令")
@dataclass(frozen=True, slots=True)
class FileUpload(Message):
    """Send recordings to this server by FTP. JT/T 1078-2016, message 0x9206; 0x1206 says when it is done."""

    host: str = wire(KeptText(count=U8, count_name="addr_len"), "服务器地址", name="addr")
    port: int = wire(U16, "端口")
    user: str = wire(KeptText(count=U8, count_name="user_len"), "用户名")
    password: str = wire(KeptText(count=U8, count_name="pass_len"), "密码")
    path: str = wire(KeptText(count=U8, count_name="path_len"), "文件上传路径")
    channel: int = wire(U8, "逻辑通道号")
    start: datetime | str = wire(LimitTime(), "开始时间")
    end: datetime | str = wire(LimitTime(), "结束时间")
    alarms: int = wire(AlarmWord(), "报警标志", name="alarm_bits", default=0)
    media_type: int = wire(Coded(U8, STORED_MEDIA), "音视频资源类型", default=0)
    stream: int = wire(Coded(U8, STORED_STREAMS), "码流类型", default=0)
    storage: int = wire(Coded(U8, STORAGES), "存储位置", default=0)
    condition: int = wire(Flags(1, UploadCondition), "任务执行条件", default=int(UploadCondition.MOBILE))


@message(0x1206, "文件上传完成通知")
@dataclass(frozen=True, slots=True)
class FileUploaded(Message):
    """An upload has ended, well or not. JT/T 1078-2016, message 0x1206; ``ack_serial`` is that of 0x9206."""

    ack_serial: int = wire(U16, "应答流水号")
    result: int = wire(Coded(U8, {0: "成功", 1: "失败"}), "结果")


@message(0x9207, "文件上传控制")
@dataclass(frozen=True, slots=True)
class FileUploadControl(Message):
    """Pause, continue or cancel an upload. JT/T 1078-2016, message 0x9207; ``ack_serial`` is that of 0x9206."""

    ack_serial: int = wire(U16, "应答流水号")
    control: int = wire(Coded(U8, {0: "暂停", 1: "继续", 2: "取消"}), "上传控制")
