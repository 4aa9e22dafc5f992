"""Shifts and trips: who drives, what was carried, what it cost (营运数据). JT/T 905.2-2014, 0x0B03 to 0x0B05.

The taximeter's fields are BCD with an implied point: 0.1 km, 0.1 yuan, the price of a kilometre in 0.01 yuan. Plates
lack the province's character and are joined with the vehicle by its ISU. A meter sends what it has: the data of a trip
that can't be read stay bytes (``{"raw": …}``), the trip around them stands.
"""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Any

from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt905.codes import EVALUATION, PAYMENT, SIGN_OUT
from datacenter.protocols.jt905.kinds import (
    BcdClock,
    BcdDecimal,
    BcdDuration,
    BcdDutyTime,
    BcdMinute,
    BcdNumber,
    DutyTime,
)
from datacenter.protocols.layout import Layout, Message, Struct, wire
from datacenter.protocols.wire import GMT8, U16, U32, Bcd, Bytes, Kind, Reader

from .catalogue import message
from .location import Position

POSITION = Struct(Position)
METER_BYTES = 66
"""Bytes of the taximeter's record without the block of a card transaction behind it."""


class Evaluation(IntEnum):
    """What the passenger pressed (服务评价)."""

    NONE = 0
    SATISFIED = 1
    AVERAGE = 2
    NOT_SATISFIED = 3
    COMPLAINT = 4


class PayType(IntEnum):
    """How the fare was paid (交易类型)."""

    CASH = 0x00
    M1_CARD = 0x01
    CPU_CARD = 0x03
    OTHER = 0x09


@message(0x0B03, "上班签到信息上传")
@dataclass(frozen=True, slots=True)
class SignIn(Message):
    """A driver begins a shift (上班签到). JT/T 905.2-2014, message 0x0B03."""

    location: Position = wire(POSITION, "位置基本信息")
    operator_license: str = wire(KeptText(16), "企业经营许可证号")
    driver_license: str = wire(KeptText(19), "驾驶员从业资格证号")  # 18 characters of an identity number and a zero
    plate: str = wire(KeptText(6), "车牌号")
    meter_on: DutyTime | None = wire(BcdDutyTime(), "计价器开机时间")
    extra: bytes | None = wire(Bytes(), "扩展属性", optional=True)


@message(0x0B04, "下班签退信息上传")
@dataclass(frozen=True, slots=True)
class SignOut(Message):
    """A driver ends a shift, with its sums (下班签退). JT/T 905.2-2014, message 0x0B04.

    ``meter_k`` stays digits: devices are known that send it binary, where BCD is due.
    """

    location: Position = wire(POSITION, "位置基本信息")
    operator_license: str = wire(KeptText(16), "企业经营许可证号")
    driver_license: str = wire(KeptText(19), "驾驶员从业资格证号")
    plate: str = wire(KeptText(6), "车牌号")
    meter_k: str = wire(Bcd(2), "计价器K值")
    shift_on: DutyTime | None = wire(BcdDutyTime(), "当班开机时间")
    shift_off: DutyTime | None = wire(BcdDutyTime(), "当班关机时间")
    shift_km: Decimal = wire(BcdDecimal(3, 1), "当班里程", name="shift_mileage_01km")
    shift_loaded_km: Decimal = wire(BcdDecimal(3, 1), "当班营运里程", name="shift_loaded_01km")
    trips: int = wire(BcdNumber(2), "车次")
    timed: timedelta = wire(BcdDuration(3), "计时时间", name="meter_time")
    total_yuan: Decimal = wire(BcdDecimal(3, 1), "总计金额", name="total_01yuan")
    card_yuan: Decimal = wire(BcdDecimal(3, 1), "卡收金额", name="card_01yuan")
    card_trips: int = wire(BcdNumber(2), "卡次")
    between_shifts_km: Decimal = wire(BcdDecimal(2, 1), "班间里程", name="between_shift_01km")
    total_km: Decimal = wire(BcdDecimal(4, 1), "总计里程", name="total_mileage_01km")
    total_loaded_km: Decimal = wire(BcdDecimal(4, 1), "总营运里程", name="total_loaded_01km")
    unit_price_yuan: Decimal = wire(BcdDecimal(2, 2), "单价", name="unit_price_001yuan")
    total_trips: int = wire(U32, "总营运次数")
    sign_type: int = wire(SIGN_OUT, "签退方式")
    extra: bytes | None = wire(Bytes(), "扩展属性", optional=True)


@dataclass(frozen=True, slots=True)
class Meter:
    """One trip as the taximeter counted it (计价器营运数据); data of the serial command 0x00E8.

    ``driver_license`` is an identity number and a zero, its last character may be X.
    """

    plate: str = wire(KeptText(6), "车牌号")
    operator_license: str = wire(KeptText(16), "企业经营许可证号")
    driver_license: str = wire(KeptText(19), "驾驶员从业资格证号")
    boarded_at: datetime = wire(BcdMinute(), "上车时间", name="board_time")
    alighted: time = wire(BcdClock(), "下车时间", name="alight_hhmm")
    trip_km: Decimal = wire(BcdDecimal(3, 1), "计程公里", name="mileage_01km")
    empty_km: Decimal = wire(BcdDecimal(2, 1), "空驶里程", name="empty_01km")
    surcharge_yuan: Decimal = wire(BcdDecimal(3, 1), "附加费", name="surcharge_01yuan")
    waited: timedelta = wire(BcdDuration(2), "等待计时时间", name="wait_hhmm")
    fare_yuan: Decimal = wire(BcdDecimal(3, 1), "交易金额", name="amount_01yuan")
    trip_no: int = wire(U32, "当前车次")
    pay_type: int = wire(PAYMENT, "交易类型")
    card_data: bytes | None = wire(Bytes(), "交易卡数据", optional=True)

    @property
    def alighted_at(self) -> datetime:
        """When the passenger left: the meter gives no date, so an earlier clock time is the next day's."""
        board = self.boarded_at.astimezone(GMT8)
        same_day = board.replace(hour=self.alighted.hour, minute=self.alighted.minute)
        return same_day if same_day >= board else same_day + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BadMeter:
    """Taximeter data that follow no table, kept as they came; ``error`` None where they are only too short."""

    raw: bytes
    error: FieldError | None = field(default=None, compare=False)


class MeterRecord(Kind[Any]):
    """The taximeter's record to the end of the body, or its bytes where it is none."""

    title = "计价器营运数据"
    layout: Layout = Struct(Meter).layout

    def read(self, reader: Reader) -> Meter | BadMeter:
        start = reader.pos
        raw = reader.rest()
        if len(raw) < METER_BYTES:
            return BadMeter(raw)
        try:
            meter: Meter = self.layout.read(reader.part(start, reader.pos))
        except FieldError as fault:
            return BadMeter(raw, fault)
        return meter

    def write(self, value: Meter | BadMeter, edition: str = "") -> bytes:
        return value.raw if isinstance(value, BadMeter) else self.layout.encode(value, edition)

    def show(self, value: Meter | BadMeter) -> dict[str, Any]:
        if isinstance(value, Meter):
            return self.layout.show(value)
        out: dict[str, Any] = {"raw": value.raw.hex().upper()}
        if value.error is not None:
            out["malformed"] = {"code": value.error.code, "field": value.error.field, "message": value.error.message}
        return out


@message(0x0B05, "运营数据上传")
@dataclass(frozen=True, slots=True)
class TripRecord(Message):
    """A trip: where it began and ended, what the passenger thought, what the meter counted.

    ``trip_id`` and ``evaluation_id`` are time stamps of the beginning and the evaluation, 0 where there was none;
    ``call_order_id`` 0 is a taxi hailed in the street. JT/T 905.2-2014, message 0x0B05.
    """

    pickup: Position = wire(POSITION, "空转重时的位置")
    dropoff: Position = wire(POSITION, "重转空时的位置")
    trip_id: int = wire(U32, "营运ID")
    evaluation_id: int = wire(U32, "评价ID")
    evaluation: int = wire(EVALUATION, "评价选项")
    evaluation_ext: int = wire(U16, "评价选项扩展")
    call_order_id: int = wire(U32, "电召订单ID")
    meter: Meter | BadMeter = wire(MeterRecord(), "计价器营运数据")
