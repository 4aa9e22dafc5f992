"""Pictures, sound and video clips (多媒体类消息). JT/T 808-2019, messages 0x0800 to 0x0805 and 0x8800 to 0x8805."""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.kinds import OpenTime
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, Bytes, Repeated

from .catalogue import message
from .location import BASE_LOCATION, Place

MEDIA_TYPES = {0: "图像", 1: "音频", 2: "视频"}
MEDIA_FORMATS = {0: "JPEG", 1: "TIF", 2: "MP3", 3: "WAV", 4: "WMV"}
MEDIA_EVENTS = {
    0: "平台下发指令",
    1: "定时动作",
    2: "抢劫报警触发",
    3: "碰撞侧翻报警触发",
    4: "门开拍照",
    5: "门关拍照",
    6: "车门由开变关，车速从小于20km/h到超过20km/h",
    7: "定距拍照",
}
RESOLUTIONS = {
    0x00: "最低分辨率（2019）",
    0x01: "320×240",
    0x02: "640×480",
    0x03: "800×600",
    0x04: "1024×768",
    0x05: "176×144",
    0x06: "352×288",
    0x07: "704×288",
    0x08: "704×576",
    0xFF: "最高分辨率（2019）",
}
BEGINNINGS = (b"\xff\xd8", b"II*\0", b"MM\0*", b"ID3", b"\xff\xfb", b"RIFF", b"\x30\x26\xb2\x75")
"""How files of ``MEDIA_FORMATS`` begin."""
STOP, RECORD = 0, 0xFFFF
"""Commands of 0x8801 that are no number of photos."""


@message(0x0800, "多媒体事件信息上传")
@dataclass(frozen=True, slots=True)
class MediaEvent(Message):
    """Something was recorded. JT/T 808-2019, message 0x0800."""

    media_id: int = wire(U32, "多媒体数据ID")
    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    media_format: int = wire(Coded(U8, MEDIA_FORMATS), "多媒体格式编码")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    channel: int = wire(U8, "通道ID")


@message(0x0801, "多媒体数据上传")
@dataclass(frozen=True, slots=True)
class MediaData(Message):
    """A recording itself, usually sub-packaged: only the first packet has what stands before ``data``.

    The 2011 edition has no location. JT/T 808-2019, message 0x0801.
    """

    media_id: int = wire(U32, "多媒体ID")
    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    media_format: int = wire(Coded(U8, MEDIA_FORMATS), "多媒体格式编码")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    channel: int = wire(U8, "通道ID")
    location: Place | None = wire(Struct(Place), "位置信息汇报", default=None, v2011=ABSENT)
    data: bytes = wire(Bytes(), "多媒体数据包", default=b"")

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """Without a location the recording begins at byte 8: by its first bytes, or as there is no room for one."""
        bare = len(body) < 8 + BASE_LOCATION or body.startswith(BEGINNINGS, 8)
        return Edition.V2011 if bare and edition != Edition.V2019 else edition


@message(0x8800, "多媒体数据上传应答")
@dataclass(frozen=True, slots=True)
class MediaReply(Message):
    """The recording has come, but for these packets. JT/T 808-2019, message 0x8800.

    Whole: nothing follows the id; some platforms send a count of 0.
    """

    media_id: int = wire(U32, "多媒体ID")
    packets: tuple[int, ...] | None = wire(Repeated(U16, count=U8), "重传包ID列表", optional=True)


@message(0x8801, "摄像头立即拍摄命令")
@dataclass(frozen=True, slots=True)
class Shoot(Message):
    """Take photos or a video now: ``command`` is 0 to stop, 0xFFFF to record, else how many photos.

    ``interval_s``: between photos, or how long to record; 0 is as quick as possible, or without end. Quality is 1 for
    the best and 10 for the smallest. JT/T 808-2019, message 0x8801.
    """

    channel: int = wire(U8, "通道ID")
    command: int = wire(Coded(U16, {STOP: "停止拍摄", RECORD: "录像"}), "拍摄命令")
    interval_s: int = wire(U16, "拍照间隔/录像时间")
    save: int = wire(Coded(U8, {0: "实时上传", 1: "保存"}), "保存标志")
    resolution: int = wire(Coded(U8, RESOLUTIONS), "分辨率")
    quality: int = wire(U8, "图像/视频质量")
    brightness: int = wire(U8, "亮度")
    contrast: int = wire(U8, "对比度")
    saturation: int = wire(U8, "饱和度")
    chroma: int = wire(U8, "色度")


@message(0x0805, "摄像头立即拍摄命令应答")
@dataclass(frozen=True, slots=True)
class ShootReply(Message):
    """Which recordings an order to shoot has made. JT/T 808-2019, message 0x0805; 2011 answers by 0x0001."""

    ack_serial: int = wire(U16, "应答流水号")
    result: int = wire(Coded(U8, {0: "成功", 1: "失败", 2: "通道不支持"}), "结果")
    media_ids: tuple[int, ...] | None = wire(Repeated(U32, count=U16), "多媒体ID列表", optional=True)


@message(0x8802, "存储多媒体数据检索")
@dataclass(frozen=True, slots=True)
class MediaSearch(Message):
    """Which recordings do you keep? A time of None doesn't limit, channel 0 is all. JT/T 808-2019, message 0x8802."""

    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    channel: int = wire(U8, "通道ID")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    start: datetime | str | None = wire(OpenTime(), "起始时间", default=None)
    end: datetime | str | None = wire(OpenTime(), "结束时间", default=None)


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A recording that the terminal keeps (多媒体检索项)."""

    media_id: int = wire(U32, "多媒体ID")
    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    channel: int = wire(U8, "通道ID")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    location: Place = wire(Struct(Place), "位置信息汇报")


@dataclass(frozen=True, slots=True)
class StoredMedia2011:
    """The same in 2011, without an id: it can't be asked for by itself (多媒体检索项)."""

    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    channel: int = wire(U8, "通道ID")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    location: Place = wire(Struct(Place), "位置信息汇报")


SEARCH_HEAD, ITEM, ITEM_2011 = 4, 7 + BASE_LOCATION, 3 + BASE_LOCATION


@message(0x0802, "存储多媒体数据检索应答")
@dataclass(frozen=True, slots=True)
class MediaSearchAnswer(Message):
    """The recordings found. JT/T 808-2019, message 0x0802. ``count`` is how many there are altogether."""

    ack_serial: int = wire(U16, "应答流水号")
    count: int = wire(U16, "多媒体数据总项数")
    items: tuple[StoredMedia | StoredMedia2011, ...] = wire(
        Repeated(Struct(StoredMedia)), "检索项", v2011=Repeated(Struct(StoredMedia2011))
    )

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """Items of 31 bytes are the 2011 edition's, of 35 the later ones'; where both fit, the count tells."""
        size = len(body) - SEARCH_HEAD
        if edition == Edition.V2019 or size <= 0 or size % ITEM_2011:
            return edition
        old = size % ITEM or size // ITEM_2011 == int.from_bytes(body[2:4], "big")
        return Edition.V2011 if old else edition


@message(0x8803, "存储多媒体数据上传命令")
@dataclass(frozen=True, slots=True)
class MediaUpload(Message):
    """Send the recordings that a search would find. JT/T 808-2019, message 0x8803."""

    media_type: int = wire(Coded(U8, MEDIA_TYPES), "多媒体类型")
    channel: int = wire(U8, "通道ID")
    event: int = wire(Coded(U8, MEDIA_EVENTS), "事件项编码")
    start: datetime | str | None = wire(OpenTime(), "起始时间", default=None)
    end: datetime | str | None = wire(OpenTime(), "结束时间", default=None)
    delete: int = wire(Coded(U8, {0: "保留", 1: "删除"}), "删除标志", default=0)


@message(0x8804, "录音开始命令")
@dataclass(frozen=True, slots=True)
class Record(Message):
    """Record sound in the vehicle; 0 seconds is without end. JT/T 808-2019, message 0x8804."""

    command: int = wire(Coded(U8, {0: "停止录音", 1: "开始录音"}), "录音命令")
    lasting_s: int = wire(U16, "录音时间", name="seconds")
    save: int = wire(Coded(U8, {0: "实时上传", 1: "保存"}), "保存标志")
    sample_rate: int = wire(Coded(U8, {0: "8K", 1: "11K", 2: "23K", 3: "32K"}), "音频采样率")


@message(0x8805, "单条存储多媒体数据检索上传命令")
@dataclass(frozen=True, slots=True)
class MediaUploadOne(Message):
    """Send one recording. JT/T 808-2019, message 0x8805."""

    media_id: int = wire(U32, "多媒体ID")
    delete: int = wire(Coded(U8, {0: "保留", 1: "删除"}), "删除标志", default=0)
