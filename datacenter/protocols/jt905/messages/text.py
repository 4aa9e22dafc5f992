"""Words to the driver and back: texts, events, questions, telephone (文本、事件、提问、电话)."""

from dataclasses import dataclass

from datacenter.protocols.jt905.codes import CALL
from datacenter.protocols.jt905.kinds import Terminated
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import U8, U32, Bits, Flags, Repeated

from .catalogue import message

TEXT_BYTES = 499
PHONE_BYTES = 20


class TextFlag(Bits):
    """Where a text is shown (标志). Bit 1 is not defined in the public tables."""

    URGENT = 1 << 0, "紧急"
    DISPLAY = 1 << 2, "显示装置显示"
    SPEAK = 1 << 3, "语音合成播读"
    ADVERT_SCREEN = 1 << 4, "广告屏显示"


@message(0x8300, "文本信息下发")
@dataclass(frozen=True, slots=True)
class Text(Message):
    """A text to the driver. JT/T 905.2-2014, message 0x8300; at most 499 bytes."""

    flag: int = wire(Flags(1, TextFlag), "标志")
    text: str = wire(Terminated(TEXT_BYTES), "文本信息")


@dataclass(frozen=True, slots=True)
class MenuEvent:
    """An event that the driver can report, or an answer that the driver can choose (事件项、候选答案)."""

    id: int = wire(U8, "ID")
    text: str = wire(Terminated(), "内容")


@message(0x8301, "事件设置")
@dataclass(frozen=True, slots=True)
class SetEvents(Message):
    """The events of the driver's menu; none clears it. JT/T 905.2-2014, message 0x8301."""

    count: int = wire(U8, "事件项个数")
    events: tuple[MenuEvent, ...] = wire(Repeated(Struct(MenuEvent), times="count"), "事件项列表")

    @classmethod
    def of(cls, events: tuple[MenuEvent, ...]) -> "SetEvents":
        return cls(len(events), events)


@message(0x0301, "事件报告")
@dataclass(frozen=True, slots=True)
class EventReport(Message):
    """The driver reports an event of the menu. JT/T 905.2-2014, message 0x0301."""

    event_id: int = wire(U8, "事件ID")


@message(0x8302, "提问下发")
@dataclass(frozen=True, slots=True)
class Question(Message):
    """A question with the answers to choose from. JT/T 905.2-2014, message 0x8302."""

    flag: int = wire(U8, "标志")
    question_id: int = wire(U32, "问题ID")
    question: str = wire(Terminated(), "问题")
    answers: tuple[MenuEvent, ...] = wire(Repeated(Struct(MenuEvent)), "候选答案列表")


@message(0x0302, "提问应答")
@dataclass(frozen=True, slots=True)
class Answer(Message):
    """The answer that the driver chose. JT/T 905.2-2014, message 0x0302."""

    question_id: int = wire(U32, "问题ID")
    answer_id: int = wire(U8, "答案ID")


@message(0x8400, "电话回拨")
@dataclass(frozen=True, slots=True)
class CallBack(Message):
    """Makes the terminal ring a number, to speak or to be listened to. JT/T 905.2-2014, message 0x8400."""

    flag: int = wire(CALL, "标志")
    phone: str = wire(Terminated(PHONE_BYTES), "电话号码")


@dataclass(frozen=True, slots=True)
class Contact:
    """A number in the telephone book (联系人); of ``flag`` the public tables give no codes."""

    flag: int = wire(U8, "标志")
    phone: str = wire(Terminated(), "电话号码")
    name: str = wire(Terminated(), "联系人")


@message(0x8401, "设置电话本")
@dataclass(frozen=True, slots=True)
class PhoneBook(Message):
    """The numbers that may ring the terminal or be rung. JT/T 905.2-2014, message 0x8401."""

    count: int = wire(U8, "联系人数")
    contacts: tuple[Contact, ...] = wire(Repeated(Struct(Contact), times="count"), "联系人项")

    @classmethod
    def of(cls, contacts: tuple[Contact, ...]) -> "PhoneBook":
        return cls(len(contacts), contacts)
