"""Platforms speaking to each other (平台间信息交互): checks of who is on post, messages, messages asked for again.

JT/T 809-2011 and JT/T 809-2019, sub-messages of 0x1300 and 0x9300.
"""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809 import codes
from datacenter.protocols.jt809.kinds import UTC_SECONDS, Named
from datacenter.protocols.layout import wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, Bytes

from .catalogue import SubMessage, sub_message
from .fields import CONTENT, src_serial, src_type

OBJECT_TYPE = Coded(U8, codes.POST_OBJECTS)
OBJECT_ID, OBJECT_ID_2019 = KeptText(12), Named("object_id19", KeptText(20))


@sub_message(0x1301, "平台查岗应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class PostAnswer(SubMessage):
    """Somebody is on post, and says so. JT/T 809-2019, sub-message 0x1301."""

    object_type: int = wire(OBJECT_TYPE, "查岗对象的类型")
    responder: str | None = wire(ABSENT, "查岗应答人姓名", default=None, v2019=KeptText(16))
    responder_tel: str | None = wire(ABSENT, "查岗应答人联系电话", default=None, v2019=KeptText(20))
    object_id: str = wire(OBJECT_ID, "查岗对象的ID", v2019=OBJECT_ID_2019)
    info_id: int | None = wire(U32, "信息ID", default=None, v2019=ABSENT)
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    content: str = wire(CONTENT, "应答内容")


@sub_message(0x1302, "下发平台间报文应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMessageAnswer(SubMessage):
    """A message between platforms was received. JT/T 809-2019, sub-message 0x1302."""

    info_id: int | None = wire(U32, "信息ID", default=None, v2019=ABSENT)
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()


@sub_message(0x1303, "上传平台间消息补传请求")
@dataclass(frozen=True, slots=True)
class ResendRequestUp(SubMessage):
    """The lower platform lacks messages. JT/T 809-2019, sub-message 0x1303; new in it."""

    SINCE = "2019"
    resent_type: int = wire(U16, "需要重传的子业务类型标识", name="retran_type")
    count: int = wire(U8, "重传消息条数")
    begin: int = wire(U32, "起始报文序列号")
    end: int = wire(U32, "结束报文序列号")
    since: datetime | int = wire(UTC_SECONDS, "时间", name="time")


@sub_message(0x9301, "平台查岗请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class PostCheck(SubMessage):
    """Is anybody on post? A question to be answered in time. JT/T 809-2019, sub-message 0x9301."""

    object_type: int = wire(OBJECT_TYPE, "查岗对象的类型")
    object_id: str = wire(OBJECT_ID, "查岗对象的ID", v2019=OBJECT_ID_2019)
    answer_within: int | None = wire(ABSENT, "查岗应答时限", name="answer_time", default=None, v2019=U8)
    info_id: int = wire(U32, "信息ID")
    content: str = wire(CONTENT, "查岗内容")


@sub_message(0x9302, "下发平台间报文请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMessage(SubMessage):
    """A message to the people of a platform. JT/T 809-2019, sub-message 0x9302."""

    object_type: int = wire(OBJECT_TYPE, "对象的类型")
    object_id: str = wire(OBJECT_ID, "对象的ID")
    info_id: int = wire(U32, "信息ID")
    content: str = wire(CONTENT, "信息内容")


@sub_message(0x9303, "下发平台间消息补传请求")
@dataclass(frozen=True, slots=True)
class ResendRequestDown(SubMessage):
    """The upper platform lacks messages. JT/T 809-2019, sub-message 0x9303; new in it."""

    SINCE = "2019"
    serials: bytes = wire(Bytes(8), "起始与结束报文序列号")
    since: datetime | int = wire(UTC_SECONDS, "时间", name="time")

    @property
    def span(self) -> tuple[int, int]:
        """The first and the last serial number."""
        return int.from_bytes(self.serials[:4], "big"), int.from_bytes(self.serials[4:], "big")

    @classmethod
    def of(cls, first: int, last: int, since: datetime) -> "ResendRequestDown":
        return cls(first.to_bytes(4, "big") + last.to_bytes(4, "big"), since)
