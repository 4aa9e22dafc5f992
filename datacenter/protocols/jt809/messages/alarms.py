"""Alarms and supervision between platforms (报警信息交互). JT/T 809-2011 and JT/T 809-2019, families 0x1400 and 0x9400.

Real platforms of 2019 leave out the third time of an alarm and send milliseconds: the length tells the one
(``kinds.IfFits``), the size of the number the other (``kinds.UtcTime``).
"""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809 import codes
from datacenter.protocols.jt809.kinds import UTC_SECONDS, IfFits
from datacenter.protocols.layout import wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32

from .catalogue import SubMessage, sub_message
from .fields import ALARM_TYPE, COLOUR_2019, CONTENT, PLATE, PLATFORM, src_serial, src_type

SOURCE = Coded(U8, codes.ALARM_SOURCES)
RESULT = Coded(U8, codes.HANDLING_RESULTS)
LEVEL = Coded(U8, codes.URGENCY)
SUPERVISOR, TELEPHONE, EMAIL = KeptText(16), KeptText(20), KeptText(32)
THIRD_TIME = IfFits(UTC_SECONDS, 8, behind=21 + 1 + 11 + 4 + 4)
"""The end of an alarm of 2019; behind it plate, colour, platform, route and the content's length."""
Moment = datetime | int


@sub_message(0x1401, "报警督办应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionAnswer(SubMessage):
    """What was done about a supervised alarm. JT/T 809-2019, sub-message 0x1401.

    In 2019 ``src_type`` and ``src_serial`` name the message that reported the alarm.
    """

    supervision_id: int = wire(U32, "报警督办ID")
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(RESULT, "报警处理结果")


@sub_message(0x1402, "上报报警信息")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmReport(SubMessage):
    """An alarm. JT/T 809-2019, sub-message 0x1402."""

    source: int | None = wire(SOURCE, "报警信息来源", name="warn_src", default=None, v2019=ABSENT)
    src_platform: str | None = wire(ABSENT, "发起报警平台唯一编码", default=None, v2019=PLATFORM)
    alarm_type: int = wire(ALARM_TYPE, "报警类型", name="warn_type")
    alarmed_at: Moment = wire(UTC_SECONDS, "报警时间", name="warn_time")
    info_id: int | None = wire(U32, "信息ID", default=None, v2019=ABSENT)
    start: Moment | None = wire(ABSENT, "事件开始时间", default=None, v2019=UTC_SECONDS)
    end: Moment | None = wire(ABSENT, "事件结束时间", default=None, v2019=THIRD_TIME)
    plate: str | None = wire(ABSENT, "车牌号码", default=None, v2019=PLATE)
    plate_color: int | None = wire(ABSENT, "车牌颜色", default=None, v2019=COLOUR_2019)
    dest_platform: str | None = wire(ABSENT, "被报警平台唯一编码", default=None, v2019=PLATFORM)
    route_id: int | None = wire(ABSENT, "线路ID", default=None, v2019=U32)
    content: str = wire(CONTENT, "报警信息内容")


@sub_message(0x1403, "主动上报报警处理结果（2011）/ 报警预警（2019）")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHandled(SubMessage):
    """2011: what was done about an alarm. JT/T 809-2011, sub-message 0x1403.

    In 2019 the same number is an alarm that may come (报警预警). JT/T 809-2019, sub-message 0x1403.
    """

    info_id: int | None = wire(U32, "信息ID", default=None, v2019=ABSENT)
    result: int | None = wire(RESULT, "报警处理结果", default=None, v2019=ABSENT)
    src_platform: str | None = wire(ABSENT, "发起报警平台唯一编码", default=None, v2019=PLATFORM)
    alarm_type: int | None = wire(ABSENT, "报警类型", name="warn_type", default=None, v2019=ALARM_TYPE)
    alarmed_at: Moment | None = wire(ABSENT, "报警时间", name="warn_time", default=None, v2019=UTC_SECONDS)
    start: Moment | None = wire(ABSENT, "事件开始时间", default=None, v2019=UTC_SECONDS)
    end: Moment | None = wire(ABSENT, "事件结束时间", default=None, v2019=THIRD_TIME)
    plate: str | None = wire(ABSENT, "车牌号码", default=None, v2019=PLATE)
    plate_color: int | None = wire(ABSENT, "车牌颜色", default=None, v2019=COLOUR_2019)
    dest_platform: str | None = wire(ABSENT, "被报警平台唯一编码", default=None, v2019=PLATFORM)
    route_id: int | None = wire(ABSENT, "线路ID", default=None, v2019=U32)
    content: str | None = wire(ABSENT, "报警信息内容", default=None, v2019=CONTENT)


@sub_message(0x1411, "报警督办应答（2019）")
@dataclass(frozen=True, slots=True)
class SupervisionReply(SubMessage):
    """An answer to supervision. JT/T 809-2019, sub-message 0x1411; new in it."""

    SINCE = "2019"
    src_type: int = wire(U16, "对应的子业务类型标识")
    src_serial: int = wire(U32, "对应的报文序列号")
    result: int = wire(RESULT, "报警处理结果")


@sub_message(0x1412, "主动上报报警处理结果（2019）")
@dataclass(frozen=True, slots=True)
class AlarmResult(SubMessage):
    """What was done about an alarm. JT/T 809-2019, sub-message 0x1412; new in it."""

    SINCE = "2019"
    src_type: int = wire(U16, "对应的子业务类型标识")
    src_serial: int = wire(U32, "对应的报文序列号")
    result: int = wire(RESULT, "报警处理结果")


@sub_message(0x1413, "主动上报报警督办信息")
@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionReport(SubMessage):
    """A platform supervises an alarm by itself. JT/T 809-2019, sub-message 0x1413; new in it."""

    SINCE = "2019"
    src_platform: str = wire(PLATFORM, "发起报警平台唯一编码")
    alarmed_at: Moment = wire(UTC_SECONDS, "报警时间", name="warn_time")
    src_type: int = wire(U16, "对应的子业务类型标识")
    src_serial: int = wire(U32, "对应的报文序列号")
    deadline: Moment = wire(UTC_SECONDS, "督办截止时间")
    level: int = wire(LEVEL, "督办级别")
    supervisor: str = wire(SUPERVISOR, "督办人", default="")
    telephone: str = wire(TELEPHONE, "督办联系电话", name="tel", default="")
    email: str = wire(EMAIL, "督办联系电子邮件", default="")


@sub_message(0x9401, "报警督办请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionRequest(SubMessage):
    """See to this alarm before the deadline. JT/T 809-2011, sub-message 0x9401; 2019 as far as known alike."""

    source: int = wire(SOURCE, "报警信息来源", name="warn_src")
    alarm_type: int = wire(ALARM_TYPE, "报警类型", name="warn_type")
    alarmed_at: Moment = wire(UTC_SECONDS, "报警时间", name="warn_time")
    supervision_id: int = wire(U32, "报警督办ID")
    deadline: Moment = wire(UTC_SECONDS, "督办截止时间")
    level: int = wire(LEVEL, "督办级别")
    supervisor: str = wire(SUPERVISOR, "督办人", default="")
    telephone: str = wire(TELEPHONE, "督办联系电话", name="tel", default="")
    email: str = wire(EMAIL, "督办联系电子邮件", default="")


@sub_message(0x9402, "报警预警")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmForecast(SubMessage):
    """An alarm that may come. JT/T 809-2019, sub-message 0x9402."""

    source: int | None = wire(SOURCE, "报警信息来源", name="warn_src", default=None, v2019=ABSENT)
    src_platform: str | None = wire(ABSENT, "发起报警平台唯一编码", default=None, v2019=PLATFORM)
    alarm_type: int = wire(ALARM_TYPE, "报警类型", name="warn_type")
    alarmed_at: Moment = wire(UTC_SECONDS, "报警时间", name="warn_time")
    start: Moment | None = wire(ABSENT, "事件开始时间", default=None, v2019=UTC_SECONDS)
    end: Moment | None = wire(ABSENT, "事件结束时间", default=None, v2019=THIRD_TIME)
    plate: str | None = wire(ABSENT, "车牌号码", default=None, v2019=PLATE)
    plate_color: int | None = wire(ABSENT, "车牌颜色", default=None, v2019=COLOUR_2019)
    dest_platform: str | None = wire(ABSENT, "被报警平台唯一编码", default=None, v2019=PLATFORM)
    route_id: int | None = wire(ABSENT, "线路ID", default=None, v2019=U32)
    content: str = wire(CONTENT, "报警描述")


@sub_message(0x9403, "实时交换报警信息")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmExchange(SubMessage):
    """An alarm that another platform reported. JT/T 809-2019, sub-message 0x9403."""

    source: int | None = wire(SOURCE, "报警信息来源", name="warn_src", default=None, v2019=ABSENT)
    src_platform: str | None = wire(ABSENT, "发起报警平台唯一编码", default=None, v2019=PLATFORM)
    alarm_type: int = wire(ALARM_TYPE, "报警类型", name="warn_type")
    alarmed_at: Moment = wire(UTC_SECONDS, "报警时间", name="warn_time")
    start: Moment | None = wire(ABSENT, "事件开始时间", default=None, v2019=UTC_SECONDS)
    end: Moment | None = wire(ABSENT, "事件结束时间", default=None, v2019=THIRD_TIME)
    plate: str | None = wire(ABSENT, "车牌号码", default=None, v2019=PLATE)
    plate_color: int | None = wire(ABSENT, "车牌颜色", default=None, v2019=COLOUR_2019)
    dest_platform: str | None = wire(ABSENT, "被报警平台唯一编码", default=None, v2019=PLATFORM)
    route_id: int | None = wire(ABSENT, "线路ID", default=None, v2019=U32)
    content: str = wire(CONTENT, "报警描述")
