"""Video between platforms (平台间视频), over the links of JT/T 809: tokens, live pictures, recordings, downloads.

JT/T 1078-2016, chapter on exchange between platforms, as ``shared/protocols`` sums it up; both editions of JT/T 809
carry it alike. Wire names are ours: the summary has none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809.kinds import UTC_SECONDS, IfKnown, PlateUnless, TokenBody
from datacenter.protocols.jt1078 import codes
from datacenter.protocols.jt1078.kinds import AlarmWord
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Bytes, Number, Repeated

from .catalogue import SubMessage, message, sub_form, sub_message
from .families import Family, VehicleFamily
from .fields import COLOUR, PLATFORM
from .location import Location

Moment = datetime | int
RESULTS = {
    0: "成功",
    1: "失败",
    2: "不支持",
    3: "会话结束",
    4: "时效口令错误",
    5: "不满足跨域条件",
}
RESULT = Coded(U8, RESULTS)
TOKEN = KeptText(64, lossy=True)
ADDRESS = KeptText(32)
MEDIA, STREAM, STORAGE = (
    Coded(U8, codes.STORED_MEDIA), Coded(U8, codes.STORED_STREAMS), Coded(U8, codes.STORAGES),
)  # fmt: skip
PLACE = Struct(Location)
TOKEN_REPORT = 0x1701
TOKEN_REPORT_BYTES = 11 + 64 + 64
TOKENS = TokenBody(sub_form, TOKEN_REPORT, TOKEN_REPORT_BYTES)
TOKENS_2019 = TokenBody(sub_form, TOKEN_REPORT, TOKEN_REPORT_BYTES, "2019")


# --- Families ---


@message(0x1700, "主链路时效口令业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class TokensUp(Family):
    """Tokens going up. JT/T 1078-2016, message 0x1700; 0x1701 has no vehicle in front and may lack its length."""

    plate: str | None = wire(PlateUnless(21, TOKEN_REPORT), "车牌号", default=None)
    plate_color: int | None = wire(IfKnown("plate", COLOUR), "车牌颜色", default=None)
    sub_type: int = wire(Number(2), "子业务类型标识")
    data: Any = wire(TOKENS, "子业务数据", v2019=TOKENS_2019)


@message(0x9700, "从链路时效口令业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class TokensDown(VehicleFamily):
    """Tokens coming down. JT/T 1078-2016, message 0x9700."""


@message(0x1800, "主链路实时音视频业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class LiveUp(VehicleFamily):
    """Answers about live pictures. JT/T 1078-2016, message 0x1800."""


@message(0x9800, "从链路实时音视频业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDown(VehicleFamily):
    """Requests for live pictures. JT/T 1078-2016, message 0x9800."""


@message(0x1900, "主链路远程录像检索业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchUp(VehicleFamily):
    """Lists of recordings. JT/T 1078-2016, message 0x1900."""


@message(0x9900, "从链路远程录像检索业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchDown(VehicleFamily):
    """Requests for lists of recordings. JT/T 1078-2016, message 0x9900."""


@message(0x1A00, "主链路远程录像回放业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackUp(VehicleFamily):
    """Answers about playing a recording. JT/T 1078-2016, message 0x1A00."""


@message(0x9A00, "从链路远程录像回放业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackDown(VehicleFamily):
    """Requests to play a recording. JT/T 1078-2016, message 0x9A00."""


@message(0x1B00, "主链路远程录像下载业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadUp(VehicleFamily):
    """Answers about downloading a recording. JT/T 1078-2016, message 0x1B00."""


@message(0x9B00, "从链路远程录像下载业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadDown(VehicleFamily):
    """Requests to download a recording. JT/T 1078-2016, message 0x9B00."""


# --- Tokens ---


@sub_message(TOKEN_REPORT, "时效口令上报")
@dataclass(frozen=True, slots=True)
class TokenReport(SubMessage):
    """What opens this platform's video for a day, at home and from elsewhere. JT/T 1078-2016, sub-message 0x1701."""

    platform_id: str = wire(PLATFORM, "企业视频监控平台唯一编码")
    home_token: str = wire(TOKEN, "归属地区政府平台使用的时效口令")
    cross_area_token: str = wire(TOKEN, "跨域地区政府平台使用的时效口令")


@sub_message(0x1702, "时效口令请求")
@dataclass(frozen=True, slots=True)
class TokenQuery(SubMessage):
    """Which token opens the video? JT/T 1078-2016, sub-message 0x1702; no data."""


@sub_message(0x9702, "时效口令请求应答")
@dataclass(frozen=True, slots=True)
class TokenAnswer(SubMessage):
    """The token asked for. JT/T 1078-2016, sub-message 0x9702."""

    token: bytes = wire(Bytes(), "时效口令")


# --- Live ---


@sub_message(0x9801, "实时音视频请求")
@dataclass(frozen=True, slots=True)
class LiveRequest(SubMessage):
    """Have a channel streamed. JT/T 1078-2016, sub-message 0x9801."""

    channel: int = wire(U8, "通道号")
    av_type: int = wire(U8, "音视频类型")
    token: str = wire(TOKEN, "时效口令")
    location: Location = wire(PLACE, "车辆进入跨域地区后5min之内任一位置")


@sub_message(0x1801, "实时音视频请求应答")
@dataclass(frozen=True, slots=True)
class LiveAnswer(SubMessage):
    """Where the stream can be fetched. JT/T 1078-2016, sub-message 0x1801."""

    result: int = wire(RESULT, "应答结果")
    server: str = wire(ADDRESS, "视频服务器IP地址或域名", name="ip")
    port: int = wire(U16, "视频服务器端口号")


@sub_message(0x9802, "主动请求停止实时音视频传输")
@dataclass(frozen=True, slots=True)
class LiveStop(SubMessage):
    """Stream no more. JT/T 1078-2016, sub-message 0x9802."""

    channel: int = wire(U8, "通道号")
    av_type: int = wire(U8, "音视频类型")


@sub_message(0x1802, "主动请求停止实时音视频传输应答")
@dataclass(frozen=True, slots=True)
class LiveStopped(SubMessage):
    """Whether the stream has stopped. JT/T 1078-2016, sub-message 0x1802."""

    result: int = wire(RESULT, "应答结果")


# --- Recordings ---


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that a terminal holds (录像资源). JT/T 1078-2016, sub-messages 0x1901 and 0x1902."""

    channel: int = wire(U8, "通道号")
    start: Moment = wire(UTC_SECONDS, "开始时间")
    end: Moment = wire(UTC_SECONDS, "结束时间")
    alarms: int = wire(AlarmWord(), "报警类型", name="alarm_bits")
    media_type: int = wire(MEDIA, "音视频资源类型")
    stream: int = wire(STREAM, "码流类型")
    storage: int = wire(STORAGE, "存储器类型")
    size_bytes: int = wire(U32, "文件大小", name="size")


RECORDINGS = Repeated(Struct(Recording), count=U32)


@sub_message(0x1901, "主动上传音视频资源目录信息")
@dataclass(frozen=True, slots=True)
class RecordingsReport(SubMessage):
    """Which recordings there are, unasked. JT/T 1078-2016, sub-message 0x1901."""

    items: tuple[Recording, ...] = wire(RECORDINGS, "资源目录", default=())


@sub_message(0x9901, "主动上传音视频资源目录信息应答")
@dataclass(frozen=True, slots=True)
class RecordingsReceived(SubMessage):
    """How many of them were received. JT/T 1078-2016, sub-message 0x9901."""

    result: int = wire(RESULT, "应答结果")
    count: int = wire(U8, "资源目录总数")


@sub_message(0x9902, "查询音视频资源目录请求")
@dataclass(frozen=True, slots=True)
class RecordingsQuery(SubMessage):
    """Which recordings are there? JT/T 1078-2016, sub-message 0x9902."""

    channel: int = wire(U8, "通道号")
    start: Moment = wire(UTC_SECONDS, "开始时间")
    end: Moment = wire(UTC_SECONDS, "结束时间")
    alarms: int = wire(AlarmWord(), "报警类型", name="alarm_bits")
    media_type: int = wire(MEDIA, "音视频资源类型")
    stream: int = wire(STREAM, "码流类型")
    storage: int = wire(STORAGE, "存储器类型")
    token: str = wire(TOKEN, "时效口令")
    location: Location = wire(PLACE, "车辆进入跨域地区后5min之内任一位置")


@sub_message(0x1902, "查询音视频资源目录应答")
@dataclass(frozen=True, slots=True)
class RecordingsAnswer(SubMessage):
    """Which recordings there are, because somebody asked. JT/T 1078-2016, sub-message 0x1902."""

    result: int = wire(RESULT, "应答结果")
    items: tuple[Recording, ...] = wire(RECORDINGS, "资源目录", default=())


@sub_message(0x9A01, "远程录像回放请求")
@dataclass(frozen=True, slots=True)
class PlaybackRequest(SubMessage):
    """Play a recording. JT/T 1078-2016, sub-message 0x9A01."""

    channel: int = wire(U8, "通道号")
    media_type: int = wire(MEDIA, "音视频类型")
    stream: int = wire(STREAM, "码流类型")
    storage: int = wire(STORAGE, "存储器类型")
    start: Moment = wire(UTC_SECONDS, "回放起始时间")
    end: Moment = wire(UTC_SECONDS, "回放结束时间")
    token: str = wire(TOKEN, "时效口令")
    location: Location = wire(PLACE, "车辆进入跨域地区后5min之内任一位置")


@sub_message(0x1A01, "远程录像回放请求应答")
@dataclass(frozen=True, slots=True)
class PlaybackAnswer(SubMessage):
    """Where the recording can be watched. JT/T 1078-2016, sub-message 0x1A01."""

    server: str = wire(ADDRESS, "视频服务器IP地址或域名", name="ip")
    port: int = wire(U16, "视频服务器端口号")
    result: int = wire(RESULT, "应答结果")


@sub_message(0x9A02, "远程录像回放控制")
@dataclass(frozen=True, slots=True)
class PlaybackControl(SubMessage):
    """Pause, go on, faster, to a moment. JT/T 1078-2016, sub-message 0x9A02."""

    control: int = wire(Coded(U8, codes.PLAYBACK_CONTROLS), "控制类型")
    speed: int = wire(Coded(U8, codes.SPEEDS), "快进或倒退倍数")
    seek_to: Moment = wire(UTC_SECONDS, "拖动位置", name="seek")


@sub_message(0x1A02, "远程录像回放控制应答")
@dataclass(frozen=True, slots=True)
class PlaybackControlled(SubMessage):
    """Whether that was done. JT/T 1078-2016, sub-message 0x1A02."""

    result: int = wire(RESULT, "应答结果")


# --- Downloads ---


@sub_message(0x9B01, "远程录像下载请求")
@dataclass(frozen=True, slots=True)
class DownloadRequest(SubMessage):
    """Fetch a recording as a file. JT/T 1078-2016, sub-message 0x9B01."""

    channel: int = wire(U8, "通道号")
    start: Moment = wire(UTC_SECONDS, "开始时间")
    end: Moment = wire(UTC_SECONDS, "结束时间")
    alarms: int = wire(AlarmWord(), "报警类型", name="alarm_bits")
    media_type: int = wire(MEDIA, "音视频资源类型")
    stream: int = wire(STREAM, "码流类型")
    storage: int = wire(STORAGE, "存储器类型")
    size_bytes: int = wire(U32, "文件大小", name="size")
    token: str = wire(TOKEN, "时效口令")
    location: Location = wire(PLACE, "车辆进入跨域地区后5min之内任一位置")


@sub_message(0x1B01, "远程录像下载请求应答")
@dataclass(frozen=True, slots=True)
class DownloadAnswer(SubMessage):
    """Whether the file will be fetched, and under which session. JT/T 1078-2016, sub-message 0x1B01."""

    result: int = wire(RESULT, "应答结果")
    session: int = wire(U16, "对应平台文件上传消息的流水号")


@sub_message(0x1B02, "远程录像下载完成通知")
@dataclass(frozen=True, slots=True)
class DownloadFinished(SubMessage):
    """Where the file lies now. JT/T 1078-2016, sub-message 0x1B02."""

    result: int = wire(RESULT, "应答结果")
    session: int = wire(U16, "对应平台文件上传消息的流水号")
    server: str = wire(ADDRESS, "FTP服务器IP地址", name="ip")
    port: int = wire(U16, "FTP服务器端口号")
    user: str = wire(KeptText(49), "FTP用户名")
    password: str = wire(KeptText(22), "FTP密码")
    path: str = wire(KeptText(200), "文件存储路径")


@sub_message(0x9B02, "远程录像下载完成通知应答")
@dataclass(frozen=True, slots=True)
class DownloadFinishedAnswer(SubMessage):
    """The notice was received. JT/T 1078-2016, sub-message 0x9B02."""

    result: int = wire(RESULT, "应答结果")
    session: int = wire(U16, "对应平台文件上传消息的流水号")


@sub_message(0x9B03, "远程录像下载控制")
@dataclass(frozen=True, slots=True)
class DownloadControl(SubMessage):
    """Pause, go on, give up. JT/T 1078-2016, sub-message 0x9B03."""

    session: int = wire(U16, "对应平台文件上传消息的流水号")
    control: int = wire(Coded(U8, {0: "暂停", 1: "继续", 2: "取消"}), "控制类型")


@sub_message(0x1B03, "远程录像下载控制应答")
@dataclass(frozen=True, slots=True)
class DownloadControlled(SubMessage):
    """Whether that was done. JT/T 1078-2016, sub-message 0x1B03."""

    result: int = wire(RESULT, "应答结果")
