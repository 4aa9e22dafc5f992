"""Alarms in a position report (位置附加信息中的报警). T/JSATL 12-2017, items 0x64 to 0x67; 0x70 is later.

Some terminals write a wrong length in front of an item (0x20 before 47 bytes). Read by its length, the item would break
in two and take its neighbours along. ``ItemList`` takes as many bytes as the item's table needs, where the length can't
be right and the rest of the list then comes out even; the length as sent is kept, so that all encodes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.extras import EXTRAS, ExtraForm, ExtraList, extra
from datacenter.protocols.jt808.kinds import LooseTime
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.tlv import TAIL, Tlv
from datacenter.protocols.wire import U8, U16, U32, Bytes, Flags, Reader, Repeated, Scaled

from .bits import TyreEvent, VehicleStatus
from .codes import (
    ADAS,
    ADAS_EVENTS,
    AGGRESSIVE,
    AGGRESSIVE_EVENTS,
    BSD,
    BSD_EVENTS,
    DEVIATIONS,
    DSM,
    DSM_EVENTS,
    FLAG_STATES,
    ITEM_TITLES,
    LEVELS,
    SIGNS,
    TPMS,
)
from .practices import SHAPES
from .tag import AlarmTag, Tag

ITEMS: dict[int, type[ExtraForm]] = {}
TYRE_BYTES = 9


@dataclass(frozen=True, slots=True)
class Scene:
    """Where, when and how fast (现场): the same fields in each item. ``device_time`` is text where it is no moment."""

    speed_kmh: int = wire(U8, "车速")
    altitude_m: int = wire(U16, "高程")
    latitude_deg: float = wire(Scaled(U32, 1e-6), "纬度", name="latitude_e6")
    longitude_deg: float = wire(Scaled(U32, 1e-6), "经度", name="longitude_e6")
    device_time: datetime | str = wire(LooseTime(), "日期时间", name="time")
    vehicle_status: int = wire(Flags(2, VehicleStatus), "车辆状态")


SCENE = Struct(Scene, flat=True)


class Alarm(ExtraForm):
    """Base of the items: each has a number, a state, a scene and an identification."""

    __slots__ = ()

    alarm_id: int
    flag_state: int
    scene: Scene
    tag: AlarmTag

    @property
    def event(self) -> int:
        """The event's code; of several tyres, all their bits."""
        return int(getattr(self, "event_type", 0))

    @property
    def severity(self) -> int:
        """Level 1 or 2; 0 where the item has none."""
        return int(getattr(self, "level", 0))


@extra(ADAS, ITEM_TITLES[ADAS], ITEMS)
@dataclass(frozen=True, slots=True)
class AdasAlarm(Alarm):
    """Advanced driver assistance (高级驾驶辅助). T/JSATL 12-2017, additional item 0x64.

    The speed ahead counts for events 1 and 2, the distance for 1, 2 and 4, the deviation for 2, the sign for 6 and 16.
    """

    alarm_id: int = wire(U32, "报警ID")
    flag_state: int = wire(Coded(U8, FLAG_STATES), "标志状态")
    event_type: int = wire(Coded(U8, ADAS_EVENTS), "报警/事件类型")
    level: int = wire(Coded(U8, LEVELS), "报警级别")
    front_speed_kmh: int = wire(U8, "前车车速")
    front_distance_s: float = wire(Scaled(U8, 0.1), "前车/行人距离", name="front_distance_100ms")
    deviation: int = wire(Coded(U8, DEVIATIONS), "偏离类型")
    sign_type: int = wire(Coded(U8, SIGNS), "道路标志识别类型")
    sign_value: int = wire(U8, "道路标志识别数据")
    scene: Scene = wire(SCENE, "现场")
    tag: AlarmTag = wire(Tag(), "报警标识号")


@extra(DSM, ITEM_TITLES[DSM], ITEMS)
@dataclass(frozen=True, slots=True)
class DsmAlarm(Alarm):
    """State of the driver (驾驶员状态监测). T/JSATL 12-2017, additional item 0x65. Fatigue counts for event 1."""

    alarm_id: int = wire(U32, "报警ID")
    flag_state: int = wire(Coded(U8, FLAG_STATES), "标志状态")
    event_type: int = wire(Coded(U8, DSM_EVENTS), "报警/事件类型")
    level: int = wire(Coded(U8, LEVELS), "报警级别")
    fatigue: int = wire(U8, "疲劳程度")
    reserved: bytes = wire(Bytes(4), "预留")
    scene: Scene = wire(SCENE, "现场")
    tag: AlarmTag = wire(Tag(), "报警标识号")


@dataclass(frozen=True, slots=True)
class Tyre:
    """One wheel (胎压报警/事件列表项): ``position`` from 0, the left front one first, in the order of a Z."""

    position: int = wire(U8, "胎压报警位置")
    event_bits: int = wire(Flags(2, TyreEvent), "报警/事件类型")
    pressure_kpa: int = wire(U16, "胎压")
    temperature_c: int = wire(U16, "胎温")
    battery_pct: int = wire(U16, "电池电量")


def _tyres_behind(data: bytes, at: int, end: int) -> bool:
    """The count stands at byte 40 and the list begins at 41, though the text prints 39 and 40."""
    return at < end and at + 1 + TYRE_BYTES * data[at] == end


@extra(TPMS, ITEM_TITLES[TPMS], ITEMS)
@dataclass(frozen=True, slots=True)
class TyreAlarm(Alarm):
    """Tyre pressures (胎压监测). T/JSATL 12-2017, additional item 0x66."""

    alarm_id: int = wire(U32, "报警ID")
    flag_state: int = wire(Coded(U8, FLAG_STATES), "标志状态")
    scene: Scene = wire(SCENE, "现场")
    tag: AlarmTag = wire(Tag(_tyres_behind), "报警标识号")
    tyres: tuple[Tyre, ...] = wire(Repeated(Struct(Tyre), count=U8), "报警/事件信息列表", name="tires")

    @property
    def event(self) -> int:
        bits = 0
        for tyre in self.tyres:
            bits |= tyre.event_bits
        return bits


@extra(BSD, ITEM_TITLES[BSD], ITEMS)
@dataclass(frozen=True, slots=True)
class BlindSpotAlarm(Alarm):
    """Somebody close behind (盲区监测). T/JSATL 12-2017, additional item 0x67."""

    alarm_id: int = wire(U32, "报警ID")
    flag_state: int = wire(Coded(U8, FLAG_STATES), "标志状态")
    event_type: int = wire(Coded(U8, BSD_EVENTS), "报警/事件类型")
    scene: Scene = wire(SCENE, "现场")
    tag: AlarmTag = wire(Tag(), "报警标识号")


@extra(AGGRESSIVE, ITEM_TITLES[AGGRESSIVE], ITEMS)
@dataclass(frozen=True, slots=True)
class AggressiveAlarm(Alarm):
    """Harsh driving (激烈驾驶). Additional item 0x70: not in the 2017 text, as one open platform reads it.

    The first threshold is in 0.01 g for events 1 to 3, in km/h for 4 to 7; the second one in turns a minute.
    """

    alarm_id: int = wire(U32, "报警ID")
    flag_state: int = wire(Coded(U8, FLAG_STATES), "标志状态")
    event_type: int = wire(Coded(U8, AGGRESSIVE_EVENTS), "报警/事件类型")
    lasting_s: int = wire(U16, "报警时间阈值", name="time_threshold_s")
    threshold1: int = wire(U16, "报警阈值1")
    threshold2: int = wire(U16, "报警阈值2")
    scene: Scene = wire(SCENE, "现场")
    tag: AlarmTag = wire(Tag(), "报警标识号")


HEAD_BYTES = {ADAS: 31, DSM: 31, TPMS: 24, BSD: 25, AGGRESSIVE: 31}
"""Bytes of an item in front of its identification."""


def _true_sizes(item_id: int, data: bytes, start: int, end: int) -> Iterator[int]:
    """How long an item that begins at ``start`` may really be, a practice after the other."""
    for shape in SHAPES.values():
        size = HEAD_BYTES[item_id] + shape.tag_bytes
        if item_id == TPMS:
            count_at = start + size
            if count_at >= end:
                continue
            size += 1 + TYRE_BYTES * data[count_at]
        if start + size <= end:
            yield size


def _even(data: bytes, at: int, end: int) -> bool:
    """Whether the items from ``at`` on end where the list does."""
    while at + 2 <= end:
        at += 2 + data[at + 1]
    return at == end


def _sound(item_id: int, data: bytes) -> bool:
    """Whether the bytes read as this item, with moments where moments are due."""
    try:
        alarm = ITEMS[item_id].layout.decode_whole(data)
    except FieldError:
        return False
    return isinstance(alarm.scene.device_time, datetime) and isinstance(alarm.tag.alarm_time, datetime)


class ItemList(ExtraList):
    """Additional items, those with a wrong length mended (see the module)."""

    def read(self, reader: Reader) -> tuple[Tlv, ...]:
        start = reader.pos
        if reader.trace is not None:
            self._traced(reader, reader.trace)  # the rows as the lengths say
        reader.pos = reader.end
        return tuple(walk(reader.data, start, reader.end))

    def typed(self, item: Tlv, form: Any = None) -> Any:
        form = form or self.form_of(item.id)
        if form is None:
            return None
        try:
            return form.layout.decode_whole(item.data)
        except FieldError:
            return None

    def show(self, value: tuple[Tlv, ...]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for item in value:
            alarm = self.typed(item) if item.declared is not None and item.id in ITEMS else None
            if alarm is None:
                out |= super().show((item,))
                continue
            raw = {"len": item.declared, "hex": item.data.hex().upper(), "wrong_length": 1}
            out[f"0x{item.id:02X}"] = raw | alarm.layout.show(alarm)
        return out


def walk(data: bytes, at: int, end: int) -> Iterator[Tlv]:
    """Items of ``data`` from ``at`` to ``end``; one of ours whose length is wrong carries it as ``declared``."""
    while at + 2 <= end:
        item_id, size, start = data[at], data[at + 1], at + 2
        true = _mended(item_id, size, data, start, end) if item_id in ITEMS else None
        if true is not None:
            yield Tlv(item_id, data[start : start + true], size)
            at = start + true
            continue
        if start + size > end:
            yield Tlv(item_id, data[start:end], size)
            return
        yield Tlv(item_id, data[start : start + size])
        at = start + size
    if at < end:
        yield Tlv(TAIL, data[at:end])


def _mended(item_id: int, size: int, data: bytes, start: int, end: int) -> int | None:
    """The true length of an item whose length can't be right; None where it can, or where no other one comes out."""
    sizes = tuple(_true_sizes(item_id, data, start, end))
    if size in sizes:
        return None
    for true in sizes:
        if _even(data, start + true, end) and _sound(item_id, data[start : start + true]):
            return true
    return None


ITEM_LIST = ItemList(EXTRAS | ITEMS)


def alarms_in(extras: bytes) -> list[Alarm]:
    """The alarms among the additional items of one position, in order; what can't be read is left out."""
    found = (ITEM_LIST.typed(item, ITEMS[item.id]) for item in walk(extras, 0, len(extras)) if item.id in ITEMS)
    return [alarm for alarm in found if isinstance(alarm, Alarm)]
