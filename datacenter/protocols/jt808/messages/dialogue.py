"""What the platform and the driver say to each other (信息类、电话类消息). JT/T 808-2013 and -2019, chapter 8.

Events, questions and information menus are gone from the 2019 edition; their terminals are still on the road.
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import ABSENT, U8, U16, Bits, Flags, Repeated

from .catalogue import message

SET_TYPES = {0: "删除全部", 1: "更新", 2: "追加", 3: "修改"}


class TextFlag(Bits):
    """Where a text appears (文本信息标志). Up to 2013 bit 0 is urgent; in 2019 bits 0 and 1 together are its kind."""

    KIND_LOW = 1 << 0, "2013：紧急；2019：01 服务 10 紧急 11 通知"
    KIND_HIGH = 1 << 1, "文本类型高位（2019）"
    SCREEN = 1 << 2, "终端显示器显示"
    SPOKEN = 1 << 3, "终端 TTS 播读"
    ADVERT_SCREEN = 1 << 4, "广告屏显示（2013）"
    CAN_FAULT = 1 << 5, "CAN 故障码信息；0 为中心导航信息"


@message(0x8300, "文本信息下发")
@dataclass(frozen=True, slots=True)
class TextMessage(Message):
    """A text for the driver's screen or ears, at most 1,024 bytes of GBK. JT/T 808-2019, message 0x8300."""

    flag: int = wire(Flags(1, TextFlag), "标志")
    text_type: int | None = wire(ABSENT, "文本类型", default=None, v2019=Coded(U8, {1: "通知", 2: "服务"}))
    text: str = wire(KeptText(), "文本信息", default="")


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event that the driver can report by a key (事件项)."""

    id: int = wire(U8, "事件ID")
    text: str = wire(KeptText(count=U8, count_name="len"), "事件内容")


@message(0x8301, "事件设置")
@dataclass(frozen=True, slots=True)
class EventSetting(Message):
    """The events a driver can choose from. JT/T 808-2013, message 0x8301; not in 2019."""

    set_type: int = wire(Coded(U8, SET_TYPES | {4: "删除特定几项事件"}), "设置类型")
    events: tuple[EventItem, ...] | None = wire(Repeated(Struct(EventItem), count=U8), "事件项列表", optional=True)


@message(0x0301, "事件报告")
@dataclass(frozen=True, slots=True)
class EventReport(Message):
    """The driver chose an event. JT/T 808-2013, message 0x0301; not in 2019."""

    event_id: int = wire(U8, "事件ID")


class QuestionFlag(Bits):
    """How a question appears (提问下发标志)."""

    URGENT = 1 << 0, "紧急"
    SPOKEN = 1 << 3, "终端 TTS 播读"
    ADVERT_SCREEN = 1 << 4, "广告屏显示"


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that the driver can give (候选答案)."""

    id: int = wire(U8, "答案ID")
    text: str = wire(KeptText(count=U16, count_name="len"), "答案内容")


@message(0x8302, "提问下发")
@dataclass(frozen=True, slots=True)
class Question(Message):
    """A question with answers to choose from. JT/T 808-2013, message 0x8302; not in 2019."""

    flag: int = wire(Flags(1, QuestionFlag), "标志")
    question: str = wire(KeptText(count=U8, count_name="q_len"), "问题")
    answers: tuple[Choice, ...] = wire(Repeated(Struct(Choice)), "候选答案列表")


@message(0x0302, "提问应答")
@dataclass(frozen=True, slots=True)
class Answer(Message):
    """The driver's answer. JT/T 808-2013, message 0x0302; not in 2019."""

    ack_serial: int = wire(U16, "应答流水号")
    answer_id: int = wire(U8, "答案ID")


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A kind of information that can be ordered (信息项)."""

    type: int = wire(U8, "信息类型")
    name: str = wire(KeptText(count=U16, count_name="len"), "信息名称")


@message(0x8303, "信息点播菜单设置")
@dataclass(frozen=True, slots=True)
class InformationMenu(Message):
    """What a driver can order. JT/T 808-2013, message 0x8303; not in 2019."""

    set_type: int = wire(Coded(U8, SET_TYPES), "设置类型")
    items: tuple[MenuItem, ...] | None = wire(Repeated(Struct(MenuItem), count=U8), "信息项列表", optional=True)


@message(0x0303, "信息点播/取消")
@dataclass(frozen=True, slots=True)
class InformationOrder(Message):
    """The driver orders or cancels a kind of information. JT/T 808-2013, message 0x0303; not in 2019."""

    info_type: int = wire(U8, "信息类型")
    flag: int = wire(Coded(U8, {0: "取消", 1: "点播"}), "点播/取消标志")


@message(0x8304, "信息服务")
@dataclass(frozen=True, slots=True)
class Information(Message):
    """The information that was ordered. JT/T 808-2013, message 0x8304; not in 2019."""

    info_type: int = wire(U8, "信息类型")
    text: str = wire(KeptText(count=U16, count_name="len"), "信息内容")


@message(0x8400, "电话回拨")
@dataclass(frozen=True, slots=True)
class CallBack(Message):
    """Ring this number, of at most 20 bytes; listening in is silent in the vehicle. JT/T 808-2019, message 0x8400."""

    flag: int = wire(Coded(U8, {0: "普通通话", 1: "监听"}), "标志")
    phone: str = wire(KeptText(), "电话号码")


@dataclass(frozen=True, slots=True)
class Contact:
    """A number in the terminal's phone book (联系人项)."""

    flag: int = wire(Coded(U8, {1: "呼入", 2: "呼出", 3: "呼入/呼出"}), "标志")
    phone: str = wire(KeptText(count=U8, count_name="plen"), "电话号码")
    name: str = wire(KeptText(count=U8, count_name="nlen"), "联系人")


@message(0x8401, "设置电话本")
@dataclass(frozen=True, slots=True)
class PhoneBook(Message):
    """Whom the driver may call and be called by. JT/T 808-2019, message 0x8401."""

    set_type: int = wire(Coded(U8, SET_TYPES), "设置类型")
    contacts: tuple[Contact, ...] | None = wire(Repeated(Struct(Contact), count=U8), "联系人项列表", optional=True)
