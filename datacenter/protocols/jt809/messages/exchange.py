"""Vehicles, drivers, waybills and routes that platforms exchange (车辆动态信息交换).

JT/T 809-2011 and JT/T 809-2019, sub-messages of 0x1200 and 0x9200 besides positions.
"""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809 import codes
from datacenter.protocols.jt809.kinds import UTC_SECONDS, ModelText
from datacenter.protocols.layout import wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, Bytes

from .catalogue import SubMessage, sub_message
from .fields import CONTENT, PLATFORM, src_serial, src_type

DRIVER, ID_CARD, CERTIFICATE, ORGANISATION = KeptText(16), KeptText(20), KeptText(40), KeptText(200)
APPLY_RESULT = Coded(U8, codes.APPLY_RESULTS)
Moment = datetime | int


@sub_message(0x1201, "上传车辆注册信息")
@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRegister(SubMessage):
    """A vehicle and its terminal. JT/T 809-2019, sub-message 0x1201; the supplement of 2011 has a longer model."""

    platform_id: str = wire(PLATFORM, "平台唯一编码")
    maker_id: str = wire(PLATFORM, "车载终端厂商唯一编码", name="producer_id")
    model: str = wire(ModelText(behind=19), "车载终端型号", v2019=KeptText(30))
    imei: str | None = wire(ABSENT, "车载终端通讯模块IMEI码", default=None, v2019=KeptText(15))
    terminal_id: str = wire(KeptText(7), "车载终端编号", v2019=KeptText(30))
    sim: str = wire(KeptText(12), "车载终端SIM卡电话号码", v2019=KeptText(13))


@sub_message(0x1205, "启动车辆定位信息交换应答")
@dataclass(frozen=True, slots=True)
class StartAnswer(SubMessage):
    """Positions will come. JT/T 809-2019, sub-message 0x1205: fields before the length, no data; empty in 2011."""

    LEADS = True
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()


@sub_message(0x1206, "结束车辆定位信息交换应答")
@dataclass(frozen=True, slots=True)
class EndAnswer(SubMessage):
    """No more positions come. JT/T 809-2019, sub-message 0x1206: fields before the length, no data; empty in 2011."""

    LEADS = True
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()


@sub_message(0x1207, "申请交换指定车辆定位信息请求")
@dataclass(frozen=True, slots=True)
class ExchangeApplication(SubMessage):
    """May we have this vehicle's positions for a time? JT/T 809-2019, sub-message 0x1207."""

    start: Moment = wire(UTC_SECONDS, "开始时间")
    end: Moment = wire(UTC_SECONDS, "结束时间")


@sub_message(0x1208, "取消交换指定车辆定位信息请求")
@dataclass(frozen=True, slots=True)
class ExchangeCancelled(SubMessage):
    """We need this vehicle's positions no more. JT/T 809-2019, sub-message 0x1208; no data."""


@sub_message(0x1209, "补发车辆定位信息请求")
@dataclass(frozen=True, slots=True)
class ResendApplication(SubMessage):
    """Send us this vehicle's positions of a past time. JT/T 809-2019, sub-message 0x1209."""

    start: Moment = wire(UTC_SECONDS, "开始时间")
    end: Moment = wire(UTC_SECONDS, "结束时间")


@sub_message(0x120A, "上报车辆驾驶员身份识别信息应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAnswer(SubMessage):
    """Who drives, because the upper platform asked. JT/T 809-2019, sub-message 0x120A."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    driver: str = wire(DRIVER, "驾驶员姓名")
    id_card: str = wire(ID_CARD, "身份证编号")
    certificate: str = wire(CERTIFICATE, "从业资格证号", name="license")
    organisation: str = wire(ORGANISATION, "发证机构名称", name="org")
    valid_to: Moment | None = wire(ABSENT, "证件有效期", default=None, v2019=UTC_SECONDS)


@sub_message(0x120B, "上报车辆电子运单应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillAnswer(SubMessage):
    """The electronic waybill, because the upper platform asked. JT/T 809-2019, sub-message 0x120B."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    waybill: str = wire(CONTENT, "电子运单数据内容")


@sub_message(0x120C, "主动上报驾驶员身份信息")
@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReport(SubMessage):
    """Who drives, unasked. JT/T 809-2019, sub-message 0x120C."""

    driver: str = wire(DRIVER, "驾驶员姓名")
    id_card: str = wire(ID_CARD, "身份证编号")
    certificate: str = wire(CERTIFICATE, "从业资格证号", name="license")
    organisation: str = wire(ORGANISATION, "发证机构名称", name="org")
    valid_to: Moment | None = wire(ABSENT, "证件有效期", default=None, v2019=UTC_SECONDS)


@sub_message(0x120D, "主动上报车辆电子运单信息")
@dataclass(frozen=True, slots=True)
class WaybillUp(SubMessage):
    """The electronic waybill, unasked. JT/T 809-2019, sub-message 0x120D."""

    waybill: str = wire(CONTENT, "电子运单数据内容")


@sub_message(0x120E, "主动上报车辆行驶路线信息")
@dataclass(frozen=True, slots=True)
class RouteReport(SubMessage):
    """The route that a vehicle has to keep to. JT/T 809-2019, sub-message 0x120E; new in it.

    ``route`` is the body of a terminal's message 0x8606 (``jt808.messages.SetRoute``).
    """

    SINCE = "2019"
    route: bytes = wire(Bytes(), "路线信息")


@sub_message(0x9201, "车辆注册信息应答")
@dataclass(frozen=True, slots=True)
class RegisterAnswer(SubMessage):
    """What became of a registration. JT/T 809-2019, sub-message 0x9201; new in it, without a vehicle in front."""

    SINCE = "2019"
    src_type: int = wire(U16, "对应的子业务类型标识")
    src_serial: int = wire(U32, "对应的报文序列号")
    result: int = wire(Coded(U8, codes.REGISTER_RESULTS), "结果")


@sub_message(0x9204, "交换车辆静态信息")
@dataclass(frozen=True, slots=True)
class VehicleInfo(SubMessage):
    """A vehicle's papers, from another platform. JT/T 809-2019, sub-message 0x9204; see ``static_info``."""

    info: str = wire(KeptText(), "车辆信息")


@sub_message(0x9205, "启动车辆定位信息交换请求")
@dataclass(frozen=True, slots=True)
class StartExchange(SubMessage):
    """Send this vehicle's positions. JT/T 809-2019, sub-message 0x9205."""

    reason: int = wire(Coded(U8, codes.START_REASONS), "启动车辆定位信息交换原因")


@sub_message(0x9206, "结束车辆定位信息交换请求")
@dataclass(frozen=True, slots=True)
class EndExchange(SubMessage):
    """Send this vehicle's positions no more. JT/T 809-2019, sub-message 0x9206."""

    reason: int = wire(Coded(U8, codes.END_REASONS), "结束车辆定位信息交换原因")


@sub_message(0x9207, "申请交换指定车辆定位信息应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeApplied(SubMessage):
    """Whether positions will come. JT/T 809-2019, sub-message 0x9207."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(APPLY_RESULT, "结果")


@sub_message(0x9208, "取消交换指定车辆定位信息应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeEnded(SubMessage):
    """Whether positions have stopped. JT/T 809-2019, sub-message 0x9208."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(APPLY_RESULT, "结果")


@sub_message(0x9209, "补发车辆定位信息应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class ResendApplied(SubMessage):
    """Whether past positions will come. JT/T 809-2019, sub-message 0x9209."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(APPLY_RESULT, "结果")


@sub_message(0x920A, "上报车辆驾驶员身份识别信息请求")
@dataclass(frozen=True, slots=True)
class DriverQuery(SubMessage):
    """Who drives? JT/T 809-2019, sub-message 0x920A; no data in 2011."""

    source: int | None = wire(
        ABSENT, "驾驶员身份信息来源", name="flag", default=None, v2019=Coded(U8, codes.IDENTITY_SOURCES)
    )


@sub_message(0x920B, "上报车辆电子运单请求")
@dataclass(frozen=True, slots=True)
class WaybillQuery(SubMessage):
    """What does the vehicle carry? JT/T 809-2019, sub-message 0x920B; no data."""


@sub_message(0x920C, "上报车辆行驶路线信息请求")
@dataclass(frozen=True, slots=True)
class RouteQuery(SubMessage):
    """Which route has the vehicle to keep to? JT/T 809-2019, sub-message 0x920C; new in it, no data."""

    SINCE = "2019"


@sub_message(0x920D, "车辆行驶路线信息应答")
@dataclass(frozen=True, slots=True)
class RouteAnswer(SubMessage):
    """What the upper platform thinks of a route. JT/T 809-2019, sub-message 0x920D; new in it."""

    SINCE = "2019"
    route_id: int = wire(U32, "路线ID")
    result: int = wire(Coded(U8, codes.ROUTE_RESULTS), "结果")
    reason: str = wire(KeptText(count=U16, count_name="len"), "原因", default="")
