"""Photos and recordings (图像、音视频). Long ones travel in parts, each with the total size and its offset."""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.jt905.codes import REASON, REASON_WORD, RESOLUTION, SAVE, SHOOT
from datacenter.protocols.jt905.kinds import DisputedSerial
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U8, U16, U32, BcdTime, Bytes, Repeated

from .catalogue import message


@message(0x0800, "图像上传")
@dataclass(frozen=True, slots=True)
class ImagePart(Message):
    """A part of a photo, the position it was taken at in front. JT/T 905.2-2014, message 0x0800.

    One public codec has in ``reason`` why the photo was taken (0 became loaded, 1 evaluation, 2 alarm, 3 the centre
    asked), another one 0 or the serial number of the command that asked.
    """

    reason: int = wire(REASON_WORD, "上传原因")
    image_id: int = wire(U32, "图像ID")
    camera: int = wire(U8, "摄像头ID")
    size: int = wire(U32, "位置图像数据大小")  # bytes of position and image together
    offset: int = wire(U32, "起始地址")
    data: bytes | None = wire(Bytes(), "位置图像数据", optional=True)


@message(0x8801, "摄像头立即拍摄命令")
@dataclass(frozen=True, slots=True)
class TakePhoto(Message):
    """Takes photos now. JT/T 905.2-2014, message 0x8801."""

    camera: int = wire(U8, "摄像头ID")
    command: int = wire(SHOOT, "拍摄命令")  # else how many photos
    interval_s: int = wire(U16, "拍照间隔")
    save: int = wire(SAVE, "保存标志")
    resolution: int = wire(RESOLUTION, "分辨率")
    quality: int = wire(U8, "图像质量")  # 1 to 10
    brightness: int = wire(U8, "亮度")
    contrast: int = wire(U8, "对比度")
    saturation: int = wire(U8, "饱和度")
    chroma: int = wire(U8, "色度")


@message(0x8802, "存储图像检索")
@dataclass(frozen=True, slots=True)
class ImageSearch(Message):
    """Asks which photos are stored. JT/T 905.2-2014, message 0x8802."""

    camera: int = wire(U8, "摄像头ID")
    reason: int = wire(REASON, "拍照原因")
    start: datetime = wire(BcdTime(), "起始时间")
    end: datetime = wire(BcdTime(), "结束时间")


@message(0x0802, "存储图像检索应答")
@dataclass(frozen=True, slots=True)
class ImageSearchAnswer(Message):
    """Ids of the photos stored. JT/T 905.2-2014, message 0x0802.

    The serial is a BYTE in one public codec and a WORD in the other; a WORD fits the standard's other answers and is
    written, the length tells which of them came.
    """

    ack_serial: int = wire(DisputedSerial(8), "应答流水号")
    total: int = wire(U32, "数据总大小")  # bytes: four an id
    offset: int = wire(U32, "起始地址")
    ids: tuple[int, ...] | None = wire(Repeated(U32), "图像ID列表", optional=True)


@message(0x0805, "存储音频检索应答")
@dataclass(frozen=True, slots=True)
class AudioSearchAnswer(Message):
    """Ids of the recordings stored. JT/T 905.2-2014, message 0x0805; the layout from one public codec alone."""

    ack_serial: int = wire(U16, "应答流水号")
    total: int = wire(U32, "数据总大小")  # bytes: four an id
    offset: int = wire(U32, "起始地址")
    ids: tuple[int, ...] | None = wire(Repeated(U32), "音频ID列表", optional=True)


@message(0x0806, "音视频上传")
@dataclass(frozen=True, slots=True)
class RecordingPart(Message):
    """A part of a recording. JT/T 905.2-2014, message 0x0806; the layout from one public codec alone."""

    ack_serial: int = wire(U16, "命令流水号")
    media_id: int = wire(U32, "音视频ID")
    size: int = wire(U32, "数据大小")
    offset: int = wire(U32, "起始地址")
    data: bytes | None = wire(Bytes(), "音视频数据", optional=True)


@message(0x8803, "存储图像/音视频上传命令")
@dataclass(frozen=True, slots=True)
class UploadStored(Message):
    """Asks for a stored file from an offset on. JT/T 905.2-2014, message 0x8803.

    The codes of ``media_type`` were not found; the one public example has 2.
    """

    media_type: int = wire(U8, "类型")
    file_id: int = wire(U32, "文件ID")
    offset: int = wire(U32, "起始地址")
