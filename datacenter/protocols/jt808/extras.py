"""Additional items of a location report (位置附加信息项). JT/T 808-2019, tables 27 to 31; JT/T 1078-2016, table 14.

One table an item, entered in ``EXTRAS`` by its id. An id that isn't here, an item of another length, and what vendors
put behind 0xE0 stay bytes and encode back unchanged. Where an id comes twice in one report, the last one counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from datacenter.protocols.composed import Coded, SignMagnitude
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.tlv import Tlv, TlvList
from datacenter.protocols.wire import U8, U16, U32, Flags, Repeated, Scaled

from .bits import AbnormalDriving, IoState, VehicleSignal, VideoAlarm
from .dialect import spoken

Extra = Tlv
AREA_KINDS = {1: "圆形区域", 2: "矩形区域", 3: "多边形区域", 4: "路段/路线"}
EXTRAS: dict[int, type["ExtraForm"]] = {}
F = TypeVar("F", bound=type)


class ExtraForm:
    """Base of the items' tables; ``extra`` fills in what is declared here."""

    __slots__ = ()

    extra_id: ClassVar[int]
    title: ClassVar[str]
    layout: ClassVar[Layout]

    def pack(self) -> Extra:
        """The item as it lies in a report."""
        return Extra(self.extra_id, self.layout.encode(self))


def extra(extra_id: int, title: str, table: dict[int, type[ExtraForm]] = EXTRAS) -> Callable[[F], F]:
    """Class decorator: enters a dataclass as the table of item ``extra_id``; vendors bring a ``table`` of their own."""

    def enter(form: F) -> F:
        assert extra_id not in table, f"0x{extra_id:02X} twice"
        form.extra_id, form.title, form.layout = extra_id, title, Layout(form)  # type: ignore[attr-defined]
        table[extra_id] = form
        return form

    return enter


@extra(0x01, "里程")
@dataclass(frozen=True, slots=True)
class Mileage(ExtraForm):
    """What the odometer shows (里程表读数)."""

    mileage_km: float = wire(Scaled(U32, 0.1), "里程", name="mileage_dkm")


@extra(0x02, "油量")
@dataclass(frozen=True, slots=True)
class Fuel(ExtraForm):
    """What the fuel gauge shows (油量表读数)."""

    fuel_l: float = wire(Scaled(U16, 0.1), "油量", name="fuel_dl")


@extra(0x03, "行驶记录速度")
@dataclass(frozen=True, slots=True)
class RecorderSpeed(ExtraForm):
    """Speed by the tachograph's pulse (行驶记录仪速度)."""

    recorder_speed_kmh: float = wire(Scaled(U16, 0.1), "行驶记录功能获取的速度", name="recorder_speed_dkmh")


@extra(0x04, "需要人工确认报警事件的ID")
@dataclass(frozen=True, slots=True)
class EventToConfirm(ExtraForm):
    """An alarm event that a person must confirm (人工确认报警事件)."""

    confirm_event_id: int = wire(U16, "报警事件ID")


@extra(0x05, "胎压")
@dataclass(frozen=True, slots=True)
class TyrePressure(ExtraForm):
    """One byte a wheel, front to rear, left to right; 0xFF where there is none (胎压). 2019."""

    pressures: tuple[int, ...] = wire(Repeated(U8, times=30), "胎压", name="tire_pressure")


@extra(0x06, "车厢温度")
@dataclass(frozen=True, slots=True)
class CabinTemperature(ExtraForm):
    """Temperature of the passenger or cargo room (车厢温度). 2019."""

    cabin_temperature_c: int = wire(SignMagnitude(2), "车厢温度", name="carriage_temperature")


@extra(0x11, "超速报警附加信息")
@dataclass(frozen=True, slots=True)
class OverspeedPlace(ExtraForm):
    """Where an overspeed alarm belongs (超速报警附加信息): kind 0 is no particular place."""

    area_kind: int = wire(Coded(U8, AREA_KINDS | {0: "无特定位置"}), "位置类型")
    area_id: int | None = wire(U32, "区域或路段ID", optional=True)


@extra(0x12, "进出区域/路线报警附加信息")
@dataclass(frozen=True, slots=True)
class AreaCrossed(ExtraForm):
    """Which area or route was entered (direction 0) or left (1) (进出区域/路线报警)."""

    area_kind: int = wire(Coded(U8, AREA_KINDS), "位置类型")
    area_id: int = wire(U32, "区域或线路ID")
    direction: int = wire(Coded(U8, {0: "进", 1: "出"}), "方向")


@extra(0x13, "路段行驶时间不足/过长报警附加信息")
@dataclass(frozen=True, slots=True)
class SegmentTime(ExtraForm):
    """A segment driven too fast (result 0) or too slowly (1) (路段行驶时间不足/过长)."""

    segment_id: int = wire(U32, "路段ID")
    lasted_s: int = wire(U16, "路段行驶时间", name="seconds")
    result: int = wire(Coded(U8, {0: "不足", 1: "过长"}), "结果")


@extra(0x14, "视频相关报警")
@dataclass(frozen=True, slots=True)
class VideoAlarms(ExtraForm):
    """The camera system's alarms (视频相关报警). JT/T 1078."""

    video_alarm: int = wire(Flags(4, VideoAlarm), "视频相关报警")


@extra(0x15, "视频信号丢失报警状态")
@dataclass(frozen=True, slots=True)
class VideoLoss(ExtraForm):
    """Bit n: logical channel n+1 has no signal (视频信号丢失). JT/T 1078."""

    video_loss_channels: int = wire(U32, "视频信号丢失通道")


@extra(0x16, "视频信号遮挡报警状态")
@dataclass(frozen=True, slots=True)
class VideoOcclusion(ExtraForm):
    """Bit n: logical channel n+1 is covered (视频信号遮挡). JT/T 1078."""

    video_occlusion_channels: int = wire(U32, "视频信号遮挡通道")


@extra(0x17, "存储器故障报警状态")
@dataclass(frozen=True, slots=True)
class StorageFault(ExtraForm):
    """Bits 0-11 the main storages, 12-15 the backup ones (存储器故障). JT/T 1078."""

    storage_fault: int = wire(U16, "存储器故障")


@extra(0x18, "异常驾驶行为报警详细描述")
@dataclass(frozen=True, slots=True)
class AbnormalDrivingDetail(ExtraForm):
    """What the driver does wrong (异常驾驶行为); the standard's two tables disagree on whether the degree is there."""

    abnormal_driving: int = wire(Flags(2, AbnormalDriving), "异常驾驶行为类型")
    fatigue: int | None = wire(U8, "疲劳程度", optional=True)


@extra(0x25, "扩展车辆信号状态位")
@dataclass(frozen=True, slots=True)
class VehicleSignals(ExtraForm):
    """Lights, horn, brake, gear (扩展车辆信号状态)."""

    vehicle_signals: int = wire(Flags(4, VehicleSignal), "车辆信号状态")


@extra(0x2A, "IO状态位")
@dataclass(frozen=True, slots=True)
class IoStatus(ExtraForm):
    """Whether the terminal sleeps (IO 状态)."""

    io_status: int = wire(Flags(2, IoState), "IO状态")


@extra(0x2B, "模拟量")
@dataclass(frozen=True, slots=True)
class AnalogInputs(ExtraForm):
    """Two analogue inputs; the second one is the high word (模拟量)."""

    ad1: int = wire(U16, "模拟量AD1")
    ad0: int = wire(U16, "模拟量AD0")


@extra(0x30, "无线通信网络信号强度")
@dataclass(frozen=True, slots=True)
class SignalStrength(ExtraForm):
    """Strength of the mobile network (信号强度)."""

    signal_strength: int = wire(U8, "信号强度")


@extra(0x31, "GNSS定位卫星数")
@dataclass(frozen=True, slots=True)
class Satellites(ExtraForm):
    """How many satellites the position rests on (定位卫星数)."""

    satellites: int = wire(U8, "定位卫星数")


class ExtraList(TlvList):
    """Additional items by the standard's tables, and by those of the dialect spoken (see ``dialect.speaking``)."""

    def form_of(self, item_id: int) -> Any:
        return spoken().extras.get(item_id) or self.table.get(item_id)


EXTRA_LIST = ExtraList(EXTRAS)


def typed(items: tuple[Extra, ...], table: Mapping[int, Any] | None = None) -> dict[int, Any]:
    """The items that the tables can read, by id; of an id that comes twice, the last.

    ``table`` (a dialect's ``extras``) goes before the standard's; without it, the dialect spoken here does.
    """
    out: dict[int, Any] = {}
    for item in items:
        form = table.get(item.id) if table else None
        value = EXTRA_LIST.typed(item, form)
        if value is not None:
            out[item.id] = value
    return out
