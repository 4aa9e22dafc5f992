"""Areas and routes that a terminal watches by itself (车辆管理类消息). JT/T 808-2019, messages 0x8600 to 0x8608.

Which fields are there follows from the attribute bits; names and limits at night are the 2019 edition's. An id set
again replaces what it named. Limits here are whole km/h, unlike those of positions.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, ClassVar, TypeVar

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import UnfitValue
from datacenter.protocols.jt808.kinds import DailyTime, IfBit, KeptText, Since2019
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Bits, Bytes, Flags, Kind, Reader, Repeated, Scaled

from .catalogue import message

Moment = datetime | time | str | None
AREA_KINDS = {1: "圆形区域", 2: "矩形区域", 3: "多边形区域", 4: "路线"}
SET_TYPES = {0: "更新区域", 1: "追加区域", 2: "修改区域"}
MOST_IDS = 125
DEGREES = Scaled(U32, 1e-6)
TIMED, LIMITED = 0, 1
"""Bits of an area's attributes that say which fields follow."""


class AreaBit(Bits):
    """What an area asks of the terminal (区域属性)."""

    TIMED = 1 << 0, "根据时间"
    SPEED_LIMIT = 1 << 1, "限速"
    DRIVER_ON_ENTRY = 1 << 2, "进区域报警给驾驶员"
    PLATFORM_ON_ENTRY = 1 << 3, "进区域报警给平台"
    DRIVER_ON_EXIT = 1 << 4, "出区域报警给驾驶员"
    PLATFORM_ON_EXIT = 1 << 5, "出区域报警给平台"
    SOUTH = 1 << 6, "南纬"
    WEST = 1 << 7, "西经"
    DOORS_SHUT = 1 << 8, "禁止开门"
    RADIO_OFF = 1 << 14, "进区域关闭通信模块"
    COLLECT_GNSS = 1 << 15, "进区域采集 GNSS 详细定位数据"


class RouteBit(Bits):
    """What a route asks of the terminal (路线属性)."""

    TIMED = 1 << 0, "根据时间"
    DRIVER_ON_ENTRY = 1 << 2, "进路线报警给驾驶员"
    PLATFORM_ON_ENTRY = 1 << 3, "进路线报警给平台"
    DRIVER_ON_EXIT = 1 << 4, "出路线报警给驾驶员"
    PLATFORM_ON_EXIT = 1 << 5, "出路线报警给平台"


class SegmentBit(Bits):
    """What a segment of a route asks of the terminal (路段属性)."""

    TIMED = 1 << 0, "行驶时间"
    SPEED_LIMIT = 1 << 1, "限速"
    SOUTH = 1 << 2, "南纬"
    WEST = 1 << 3, "西经"


def timed(kind: Kind[Any]) -> IfBit:
    """A field of areas that hold at certain times."""
    return IfBit("attributes", TIMED, kind)


def limited(kind: Kind[Any]) -> IfBit:
    """A field of areas that have a speed limit."""
    return IfBit("attributes", LIMITED, kind)


NAME = Since2019(KeptText(count=U16, count_name="name_len"), empty="")
A = TypeVar("A")


class Watched:
    """Base of what has attribute bits: fields that a bit announces are there where it is set, and nowhere else."""

    __slots__ = ()
    attributes: int
    ANNOUNCED: ClassVar[dict[int, tuple[str, ...]]] = {
        TIMED: ("start", "end"),
        LIMITED: ("max_speed_kmh", "overspeed_s"),
    }

    def __post_init__(self) -> None:
        """Raises ``UnfitValue`` where bits and fields contradict each other: the terminal would read other fields."""
        for bit, names in self.ANNOUNCED.items():
            for name in names:
                if (getattr(self, name) is not None) != bool(self.attributes >> bit & 1):
                    raise UnfitValue(self.attributes, f"属性位 {bit} 与字段 {name} 不一致")


def by_night(one: A, edition: str) -> A:
    """``one`` as 2019 needs it: where no other limit is given for the night, the day's holds."""
    limit = getattr(one, "max_speed_kmh", None)
    if edition != "2019" or limit is None or getattr(one, "night_max_speed_kmh", None) is not None:
        return one
    return replace(one, night_max_speed_kmh=limit)  # type: ignore[type-var]


class AreaStruct(Struct):
    """An area or a turning point inside a message."""

    def write(self, value: Any, edition: str = "") -> bytes:
        return super().write(by_night(value, edition), edition)


@dataclass(frozen=True, slots=True)
class Circle(Watched):
    """A circle (圆形区域项)."""

    area_id: int = wire(U32, "区域ID")
    attributes: int = wire(Flags(2, AreaBit), "区域属性", name="area_attr")
    centre_latitude_deg: float = wire(DEGREES, "中心点纬度", name="center_lat_e6")
    centre_longitude_deg: float = wire(DEGREES, "中心点经度", name="center_lon_e6")
    radius_m: int = wire(U32, "半径")
    start: Moment = wire(timed(DailyTime()), "起始时间", default=None)
    end: Moment = wire(timed(DailyTime()), "结束时间", default=None)
    max_speed_kmh: int | None = wire(limited(U16), "最高速度", default=None)
    overspeed_s: int | None = wire(limited(U8), "超速持续时间", default=None)
    night_max_speed_kmh: int | None = wire(Since2019(limited(U16)), "夜间最高速度", default=None)
    name: str | None = wire(NAME, "区域的名称", default=None)


@dataclass(frozen=True, slots=True)
class Rectangle(Watched):
    """A rectangle between two parallels and two meridians (矩形区域项)."""

    area_id: int = wire(U32, "区域ID")
    attributes: int = wire(Flags(2, AreaBit), "区域属性", name="area_attr")
    top_latitude_deg: float = wire(DEGREES, "左上点纬度", name="lt_lat_e6")
    left_longitude_deg: float = wire(DEGREES, "左上点经度", name="lt_lon_e6")
    bottom_latitude_deg: float = wire(DEGREES, "右下点纬度", name="rb_lat_e6")
    right_longitude_deg: float = wire(DEGREES, "右下点经度", name="rb_lon_e6")
    start: Moment = wire(timed(DailyTime()), "起始时间", default=None)
    end: Moment = wire(timed(DailyTime()), "结束时间", default=None)
    max_speed_kmh: int | None = wire(limited(U16), "最高速度", default=None)
    overspeed_s: int | None = wire(limited(U8), "超速持续时间", default=None)
    night_max_speed_kmh: int | None = wire(Since2019(limited(U16)), "夜间最高速度", default=None)
    name: str | None = wire(NAME, "区域的名称", default=None)


@dataclass(frozen=True, slots=True)
class Vertex:
    """A corner of a polygon (顶点项)."""

    latitude_deg: float = wire(DEGREES, "顶点纬度", name="lat_e6")
    longitude_deg: float = wire(DEGREES, "顶点经度", name="lon_e6")


@dataclass(frozen=True, slots=True)
class TurningPoint(Watched):
    """Where a route turns, and the segment from here to the next point (拐点项)."""

    ANNOUNCED: ClassVar[dict[int, tuple[str, ...]]] = {
        TIMED: ("too_long_s", "too_short_s"),
        LIMITED: ("max_speed_kmh", "overspeed_s"),
    }
    point_id: int = wire(U32, "拐点ID")
    segment_id: int = wire(U32, "路段ID")
    latitude_deg: float = wire(DEGREES, "拐点纬度", name="lat_e6")
    longitude_deg: float = wire(DEGREES, "拐点经度", name="lon_e6")
    width_m: int = wire(U8, "路段宽度")
    attributes: int = wire(Flags(1, SegmentBit), "路段属性", name="seg_attr")
    too_long_s: int | None = wire(timed(U16), "路段行驶过长阈值", default=None)
    too_short_s: int | None = wire(timed(U16), "路段行驶不足阈值", default=None)
    max_speed_kmh: int | None = wire(limited(U16), "路段最高速度", default=None)
    overspeed_s: int | None = wire(limited(U8), "路段超速持续时间", default=None)
    night_max_speed_kmh: int | None = wire(Since2019(limited(U16)), "路段夜间最高速度", default=None)


@message(0x8600, "设置圆形区域")
@dataclass(frozen=True, slots=True)
class SetCircles(Message):
    """Watch these circles. JT/T 808-2019, message 0x8600."""

    set_type: int = wire(Coded(U8, SET_TYPES), "设置属性")
    areas: tuple[Circle, ...] = wire(Repeated(AreaStruct(Circle), count=U8), "区域项")


@message(0x8602, "设置矩形区域")
@dataclass(frozen=True, slots=True)
class SetRectangles(Message):
    """Watch these rectangles. JT/T 808-2019, message 0x8602."""

    set_type: int = wire(Coded(U8, SET_TYPES), "设置属性")
    areas: tuple[Rectangle, ...] = wire(Repeated(AreaStruct(Rectangle), count=U8), "区域项")


@message(0x8604, "设置多边形区域")
@dataclass(frozen=True, slots=True)
class SetPolygon(Watched, Message):
    """Watch this polygon. JT/T 808-2019, message 0x8604."""

    area_id: int = wire(U32, "区域ID")
    attributes: int = wire(Flags(2, AreaBit), "区域属性", name="area_attr")
    start: Moment = wire(timed(DailyTime()), "起始时间", default=None)
    end: Moment = wire(timed(DailyTime()), "结束时间", default=None)
    max_speed_kmh: int | None = wire(limited(U16), "最高速度", default=None)
    overspeed_s: int | None = wire(limited(U8), "超速持续时间", default=None)
    vertices: tuple[Vertex, ...] = wire(
        Repeated(Struct(Vertex), count=U16, count_name="vertex_count"), "顶点项", default=()
    )
    night_max_speed_kmh: int | None = wire(Since2019(limited(U16)), "夜间最高速度", default=None)
    name: str | None = wire(NAME, "区域的名称", default=None)

    def encode(self, edition: str = "") -> bytes:
        return self.layout.encode(by_night(self, edition), edition)


@message(0x8606, "设置路线")
@dataclass(frozen=True, slots=True)
class SetRoute(Watched, Message):
    """Watch this route. JT/T 808-2019, message 0x8606.

    The text puts no condition on the times; terminals and codecs tie them to bit 0 of the attributes, and so do we.
    """

    ANNOUNCED: ClassVar[dict[int, tuple[str, ...]]] = {TIMED: ("start", "end")}
    route_id: int = wire(U32, "路线ID")
    attributes: int = wire(Flags(2, RouteBit), "路线属性", name="route_attr")
    start: Moment = wire(timed(DailyTime()), "起始时间", default=None)
    end: Moment = wire(timed(DailyTime()), "结束时间", default=None)
    points: tuple[TurningPoint, ...] = wire(
        Repeated(AreaStruct(TurningPoint), count=U16, count_name="point_count"), "拐点项", default=()
    )
    name: str | None = wire(NAME, "路线名称", default=None)


IDS = Repeated(U32, count=U8)
"""No id at all means every area of the kind; at most ``MOST_IDS`` in one message."""


@message(0x8601, "删除圆形区域")
@dataclass(frozen=True, slots=True)
class DeleteCircles(Message):
    """Forget these circles, or all where none is named. JT/T 808-2019, message 0x8601."""

    ids: tuple[int, ...] = wire(IDS, "区域ID列表", default=())


@message(0x8603, "删除矩形区域")
@dataclass(frozen=True, slots=True)
class DeleteRectangles(Message):
    """Forget these rectangles, or all where none is named. JT/T 808-2019, message 0x8603."""

    ids: tuple[int, ...] = wire(IDS, "区域ID列表", default=())


@message(0x8605, "删除多边形区域")
@dataclass(frozen=True, slots=True)
class DeletePolygons(Message):
    """Forget these polygons, or all where none is named. JT/T 808-2019, message 0x8605."""

    ids: tuple[int, ...] = wire(IDS, "区域ID列表", default=())


@message(0x8607, "删除路线")
@dataclass(frozen=True, slots=True)
class DeleteRoutes(Message):
    """Forget these routes, or all where none is named. JT/T 808-2019, message 0x8607."""

    ids: tuple[int, ...] = wire(IDS, "路线ID列表", default=())


@message(0x8608, "查询区域或线路数据")
@dataclass(frozen=True, slots=True)
class AreasQuery(Message):
    """Which areas of this kind do you watch? No id asks for all. JT/T 808-2019, message 0x8608."""

    kind: int = wire(Coded(U8, AREA_KINDS), "查询类型")
    ids: tuple[int, ...] = wire(Repeated(U32, count=U32), "ID列表", default=())


ITEMS: dict[int, type] = {1: Circle, 2: Rectangle, 3: SetPolygon, 4: SetRoute}
"""What an item of 0x0608 looks like, by the kind asked for."""


class AreaItems(Kind[Any]):
    """Counted items in the form of their setting message; of an unknown kind the bytes as they came."""

    title = "DWORD 个数 + 数据项"
    unknown = Bytes()

    def __init__(self) -> None:
        self.lists = {kind: Repeated(AreaStruct(form), count=U32) for kind, form in ITEMS.items()}

    def of(self, value: Any) -> Kind[Any]:
        """The list that carries ``value``."""
        if isinstance(value, bytes):
            return self.unknown
        known = (number for number, form in ITEMS.items() if value and isinstance(value[0], form))
        return self.lists[next(known, 1)]

    def read(self, reader: Reader) -> Any:
        return self.lists.get(reader.known["kind"], self.unknown).read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        return self.of(value).write(value, edition)

    def show(self, value: Any) -> Any:
        return self.of(value).show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return self.of(value).beside(value)


@message(0x0608, "查询区域或线路数据应答")
@dataclass(frozen=True, slots=True)
class AreasAnswer(Message):
    """The areas of one kind that the terminal watches. JT/T 808-2019, message 0x0608."""

    kind: int = wire(Coded(U8, AREA_KINDS), "查询类型")
    items: Any = wire(AreaItems(), "数据项", default=())
