"""Orders that the centre offers to drivers, and the end of an alarm (电召订单、报警解除)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from datacenter.protocols.jt905.codes import BUSINESS, CANCELLED
from datacenter.protocols.jt905.kinds import BcdDecimal, Degrees, Terminated
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U32, BcdTime

from .catalogue import message

PLACE = Degrees(U32)
"""Places of an order. The public table has a DWORD without a unit: read as elsewhere in the standard."""


@message(0x8B00, "订单任务下发")
@dataclass(frozen=True, slots=True)
class Order(Message):
    """A passenger waits: offered to drivers near by. JT/T 905.2-2014, message 0x8B00."""

    business_id: int = wire(U32, "业务ID")
    business_type: int = wire(BUSINESS, "业务类型")
    when: datetime = wire(BcdTime(), "要车时间")
    description: str = wire(Terminated(), "业务描述")


@message(0x0B01, "驾驶员抢答")
@dataclass(frozen=True, slots=True)
class GrabOrder(Message):
    """The driver wants an order. JT/T 905.2-2014, message 0x0B01."""

    business_id: int = wire(U32, "业务ID")


@message(0x8B01, "下发抢答结果信息")
@dataclass(frozen=True, slots=True)
class GrabResult(Message):
    """Who got the order: with the id alone, somebody else. JT/T 905.2-2014, message 0x8B01."""

    business_id: int = wire(U32, "业务ID")
    business_type: int | None = wire(BUSINESS, "业务类型", optional=True)
    when: datetime | None = wire(BcdTime(), "要车时间", optional=True)
    longitude_deg: float | None = wire(PLACE, "乘客位置经度", name="lon_raw", optional=True)
    latitude_deg: float | None = wire(PLACE, "乘客位置纬度", name="lat_raw", optional=True)
    to_longitude_deg: float | None = wire(PLACE, "目的地位置经度", name="dest_lon_raw", optional=True)
    to_latitude_deg: float | None = wire(PLACE, "目的地位置纬度", name="dest_lat_raw", optional=True)
    service_fee_yuan: Decimal | None = wire(BcdDecimal(2, 1), "电召服务费", name="service_fee", optional=True)
    phone: str | None = wire(Terminated(), "乘客电话号码", optional=True)
    description: str | None = wire(Terminated(), "业务描述", optional=True)

    @property
    def won(self) -> bool:
        """Whether this driver got the order."""
        return self.business_type is not None


@message(0x0B07, "电召任务完成确认")
@dataclass(frozen=True, slots=True)
class OrderDone(Message):
    """The driver has carried out an order. JT/T 905.2-2014, message 0x0B07."""

    business_id: int = wire(U32, "业务ID")


@message(0x0B08, "驾驶员取消订单")
@dataclass(frozen=True, slots=True)
class OrderCancelledByDriver(Message):
    """The driver gives an order back. JT/T 905.2-2014, message 0x0B08."""

    business_id: int = wire(U32, "业务ID")
    reason: int = wire(CANCELLED, "取消原因")


@message(0x8B09, "中心取消订单")
@dataclass(frozen=True, slots=True)
class OrderCancelledByCentre(Message):
    """The centre takes an order back. JT/T 905.2-2014, message 0x8B09."""

    business_id: int = wire(U32, "业务ID")


@message(0x8B0A, "中心确认报警")
@dataclass(frozen=True, slots=True)
class AlarmConfirmed(Message):
    """The centre has seen the alarm. JT/T 905.2-2014, message 0x8B0A; empty."""


@message(0x8B0B, "中心解除报警")
@dataclass(frozen=True, slots=True)
class AlarmEnded(Message):
    """The centre ends the alarm. JT/T 905.2-2014, message 0x8B0B; empty."""
