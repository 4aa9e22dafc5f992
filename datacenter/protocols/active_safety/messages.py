"""Messages of active safety (主动安全消息): alarms and their attachments. T/JSATL 12-2017; other provinces' beside it.

``MESSAGES`` has what this standard adds to JT/T 808 or says otherwise. 0x9208 goes to the terminal over its ordinary
connection; 0x1210, 0x1211, 0x1212 and 0x9212 pass between terminal and attachment server.
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt808.messages.control import UPGRADE_TYPES
from datacenter.protocols.jt808.messages.control import UpgradePackage as UpgradePackage808
from datacenter.protocols.jt808.messages.control import UpgradeResult as UpgradeResult808
from datacenter.protocols.jt808.messages.location import LocationReport
from datacenter.protocols.layout import Catalogue, Message, Struct, wire
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import U8, U16, U32, Bytes, Repeated

from .codes import FILE_TYPES, PERIPHERALS, UPGRADE_RESULTS
from .items import ITEM_LIST
from .practices import Shape, practice_that
from .tag import LONG_ID, AlarmTag, Tag

MESSAGES = Catalogue("jt808-su")
message = MESSAGES.message
ALARM_NO_BYTES = 32
FILE_TYPE = Coded(U8, FILE_TYPES)
NAME = KeptText(count=U8, count_name="name_len")


def _order_behind(data: bytes, at: int, end: int) -> bool:
    return at + ALARM_NO_BYTES + 16 == end


@message(0x9208, "报警附件上传指令")
@dataclass(frozen=True, slots=True)
class UploadOrder(Message):
    """Bring the attachments of this alarm to that server. T/JSATL 12-2017, message 0x9208; answered by 0x0001."""

    host: str = wire(KeptText(count=U8, count_name="ip_len"), "附件服务器IP地址", name="ip")
    tcp_port: int = wire(U16, "附件服务器TCP端口")
    udp_port: int = wire(U16, "附件服务器UDP端口")
    tag: AlarmTag = wire(Tag(_order_behind), "报警标识号")
    alarm_no: str = wire(KeptText(ALARM_NO_BYTES), "报警编号")
    reserved: bytes = wire(Bytes(16), "预留", default=bytes(16))


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One attachment (附件信息)."""

    name: str = wire(NAME, "文件名称")
    size_bytes: int = wire(U32, "文件大小", name="size")


@message(0x1210, "报警附件信息消息")
@dataclass(frozen=True, slots=True)
class AttachmentList(Message):
    """Which files belong to an alarm. T/JSATL 12-2017, message 0x1210; answered by 0x8001.

    With a 30-byte terminal id in the identification, the one in front has 30 bytes too. Which practice it is, is found
    by the list of files, which has to end where the body does.
    """

    terminal_id: str = wire(KeptText(7), "终端ID", vguangdong=LONG_ID, vheilongjiang=LONG_ID, vsichuan=LONG_ID)
    tag: AlarmTag = wire(Tag(), "报警标识号")
    alarm_no: str = wire(KeptText(ALARM_NO_BYTES), "报警编号")
    info_type: int = wire(Coded(U8, {0: "正常", 1: "补传"}), "信息类型")
    files: tuple[ListedFile, ...] = wire(Repeated(Struct(ListedFile), count=U8), "附件信息列表")

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        return practice_that(lambda shape: _files_fit(body, shape))

    def encode(self, edition: str = "") -> bytes:
        return self.layout.encode(self, self.tag.practice)


def _files_fit(body: bytes, shape: Shape) -> bool:
    """Whether the list of files ends where the body does."""
    at = shape.id_bytes + shape.tag_bytes + ALARM_NO_BYTES + 1
    if at >= len(body):
        return False
    count = body[at]
    at += 1
    for _ in range(count):
        if at >= len(body):
            return False
        at += 1 + body[at] + 4
    return at == len(body)


@message(0x1211, "文件信息上传")
@dataclass(frozen=True, slots=True)
class FileAnnounced(Message):
    """This file comes next. T/JSATL 12-2017, message 0x1211; answered by 0x8001."""

    name: str = wire(NAME, "文件名称")
    type: int = wire(FILE_TYPE, "文件类型")
    size_bytes: int = wire(U32, "文件大小", name="size")


@message(0x1212, "文件上传完成消息")
@dataclass(frozen=True, slots=True)
class FileSent(Message):
    """The whole file has been sent. T/JSATL 12-2017, message 0x1212; answered by 0x9212."""

    name: str = wire(NAME, "文件名称")
    type: int = wire(FILE_TYPE, "文件类型")
    size_bytes: int = wire(U32, "文件大小", name="size")


@dataclass(frozen=True, slots=True)
class Missing:
    """Bytes that did not come (补传数据包)."""

    offset: int = wire(U32, "数据偏移量")
    length: int = wire(U32, "数据长度")


COMPLETE, RESEND = 0, 1


@message(0x9212, "文件上传完成消息应答")
@dataclass(frozen=True, slots=True)
class FileAnswer(Message):
    """The file is complete, or these bytes of it are to be sent again. T/JSATL 12-2017, message 0x9212."""

    name: str = wire(NAME, "文件名称")
    type: int = wire(FILE_TYPE, "文件类型")
    result: int = wire(Coded(U8, {COMPLETE: "完成", RESEND: "需要补传"}), "上传结果")
    missing: tuple[Missing, ...] = wire(
        Repeated(Struct(Missing), count=U8), "补传数据包列表", name="ranges", default=()
    )


@message(0x8108, "下发终端升级包")
@dataclass(frozen=True, slots=True)
class UpgradePackage(UpgradePackage808):
    """Software for a terminal or a peripheral. T/JSATL 12-2017, message 0x8108: types 0x64 to 0x67 besides."""

    upgrade_type: int = wire(Coded(U8, UPGRADE_TYPES | PERIPHERALS), "升级类型")


@message(0x0108, "终端升级结果通知")
@dataclass(frozen=True, slots=True)
class UpgradeResult(UpgradeResult808):
    """How the upgrade went. T/JSATL 12-2017, message 0x0108: types 0x64 to 0x67 and results 0x10 to 0x13 besides."""

    upgrade_type: int = wire(Coded(U8, UPGRADE_TYPES | PERIPHERALS), "升级类型")
    result: int = wire(Coded(U8, {0: "成功", 1: "失败", 2: "取消"} | UPGRADE_RESULTS), "升级结果")


POSITIONS = Catalogue("jt808-su")
"""Reports read with wrong lengths of items mended: for looking at a frame. Storing takes the standard's own table."""


@POSITIONS.message(0x0200, "位置信息汇报")
@dataclass(frozen=True, slots=True)
class SafetyReport(LocationReport):
    """A position report whose alarms may have a wrong length (see ``items``)."""

    extras: tuple[Tlv, ...] = wire(ITEM_LIST, "位置附加信息项列表", default=())
