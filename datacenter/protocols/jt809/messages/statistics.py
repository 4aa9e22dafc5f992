"""How well a link did, and where its serial numbers stood (链路传输情况). JT/T 809-2019, new in it.

Each of these messages has a sub-type and a length like a family, but one table whatever the sub-type says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.jt809.kinds import UTC_SECONDS, SubBody
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Repeated

from .catalogue import SubMessage, message, sub_message
from .families import Family
from .fields import PLATFORM


def only(form: Any) -> Callable[[int], Any]:
    """The one table that a message has."""
    return lambda sub_type: form


@dataclass(frozen=True, slots=True)
class LastSerial:
    """The last serial number of one kind of message (消息序列号). JT/T 809-2019, messages 0x1103 and 0x9103."""

    sub_type: int = wire(U16, "子业务类型标识")
    serial: int = wire(U32, "消息序列号")
    sent_at: datetime | int = wire(UTC_SECONDS, "时间", name="time")


LAST_SERIALS = Repeated(Struct(LastSerial), count=U8)


@sub_message(0x9102, "平台链路连接情况与车辆定位消息传输情况请求")
@dataclass(frozen=True, slots=True)
class StatisticsQuery(SubMessage):
    """How did your link do in this time? JT/T 809-2019, message 0x9102; new in it."""

    SINCE = "2019"
    platform_id: str = wire(PLATFORM, "平台唯一编码")
    start: datetime | int = wire(UTC_SECONDS, "开始时间")
    end: datetime | int = wire(UTC_SECONDS, "结束时间")


@sub_message(0x1102, "平台链路连接情况与车辆定位消息传输情况应答")
@dataclass(frozen=True, slots=True)
class Statistics(SubMessage):
    """How the lower platform's link did. JT/T 809-2019, message 0x1102; new in it."""

    SINCE = "2019"
    platform_id: str = wire(PLATFORM, "平台唯一编码")
    start: datetime | int = wire(UTC_SECONDS, "开始时间")
    end: datetime | int = wire(UTC_SECONDS, "结束时间")
    lost: int = wire(U32, "丢失的车辆定位信息数量")
    disconnects: int = wire(U8, "链路断开次数")
    disconnected_s: int = wire(U32, "链路断开时长", name="disconnect_s")


@sub_message(0x1103, "上传平台间消息序列号通知")
@dataclass(frozen=True, slots=True)
class SerialsUp(SubMessage):
    """The last serial numbers that the lower platform sent before a break. JT/T 809-2019, message 0x1103; new in it."""

    SINCE = "2019"
    items: tuple[LastSerial, ...] = wire(LAST_SERIALS, "消息序列号列表", default=())


@sub_message(0x9103, "下发平台间消息序列号通知")
@dataclass(frozen=True, slots=True)
class SerialsDown(SubMessage):
    """The last serial numbers that the upper platform sent before a break. JT/T 809-2019, message 0x9103; new in it."""

    SINCE = "2019"
    items: tuple[LastSerial, ...] = wire(LAST_SERIALS, "消息序列号列表", default=())


@message(0x9102, "平台链路连接情况与车辆定位消息传输情况请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQueryMessage(Family):
    """What carries ``StatisticsQuery``. JT/T 809-2019, message 0x9102; new in it."""

    ONE_TABLE = True
    sub_type: int = wire(U16, "子业务类型标识")
    data: Any = wire(SubBody(only(StatisticsQuery)), "数据体")


@message(0x1102, "平台链路连接情况与车辆定位消息传输情况应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsMessage(Family):
    """What carries ``Statistics``. JT/T 809-2019, message 0x1102; new in it."""

    ONE_TABLE = True
    sub_type: int = wire(U16, "子业务类型标识")
    data: Any = wire(SubBody(only(Statistics)), "数据体")


@message(0x1103, "上传平台间消息序列号通知")
@dataclass(frozen=True, slots=True, kw_only=True)
class SerialsUpMessage(Family):
    """What carries ``SerialsUp``. JT/T 809-2019, message 0x1103; new in it."""

    ONE_TABLE = True
    sub_type: int = wire(U16, "子业务类型标识")
    data: Any = wire(SubBody(only(SerialsUp)), "数据体")


@message(0x9103, "下发平台间消息序列号通知")
@dataclass(frozen=True, slots=True, kw_only=True)
class SerialsDownMessage(Family):
    """What carries ``SerialsDown``. JT/T 809-2019, message 0x9103; new in it."""

    ONE_TABLE = True
    sub_type: int = wire(U16, "子业务类型标识")
    data: Any = wire(SubBody(only(SerialsDown)), "数据体")
