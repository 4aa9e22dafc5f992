"""Where a vehicle is (定位数据), as platforms tell each other.

JT/T 809-2011 has a layout of its own; JT/T 809-2019 wraps a report of JT/T 808-2019 and what each platform on the way
found alarming in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.composed import Coded, Sized
from datacenter.protocols.jt808.bits import Alarm, Status
from datacenter.protocols.jt808.messages import PlaceReport
from datacenter.protocols.jt809.kinds import Named
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import GMT8, U8, U16, U32, Flags, Repeated, Scaled

from .catalogue import SubMessage, sub_message
from .fields import PLATFORM

ENCRYPTED = Coded(U8, {0: "未加密", 1: "已加密（国家保密插件）"})
MOST_RESENT = 5
"""Positions in one 0x1203 or 0x9203."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a vehicle is, 36 bytes (车辆定位信息数据体). JT/T 809-2011, location data.

    With ``encrypted`` 1 the coordinates are enciphered by the state's plug-in and mean nothing here. Speeds are whole
    km/h, the mileage whole km.
    """

    encrypted: int = wire(ENCRYPTED, "加密标识", name="encrypt", default=0)
    day: int = wire(U8, "日")
    month: int = wire(U8, "月")
    year: int = wire(U16, "年")
    hour: int = wire(U8, "时")
    minute: int = wire(U8, "分")
    second: int = wire(U8, "秒")
    longitude_deg: float = wire(Scaled(U32, 1e-6), "经度", name="longitude_e6")
    latitude_deg: float = wire(Scaled(U32, 1e-6), "纬度", name="latitude_e6")
    speed_kmh: int = wire(U16, "速度", default=0)
    recorder_speed_kmh: int = wire(U16, "行驶记录速度", default=0)
    mileage_km: int = wire(U32, "车辆当前总里程数", default=0)
    bearing_deg: int = wire(U16, "方向", name="direction_deg", default=0)
    altitude_m: int = wire(U16, "海拔高度", default=0)
    status: int = wire(Flags(4, Status), "车辆状态", name="status_flag", default=0)
    alarms: int = wire(Flags(4, Alarm), "报警状态", name="alarm_flag", default=0)

    @property
    def device_time(self) -> datetime | None:
        """The moment of the position, GMT+8; None where the fields name none."""
        try:
            return datetime(self.year, self.month, self.day, self.hour, self.minute, self.second, tzinfo=GMT8)
        except ValueError:
            return None

    @classmethod
    def at(cls, moment: datetime, **facts: Any) -> "Location":
        """A position of ``moment``, with the other fields."""
        local = moment.astimezone(GMT8)
        clock = {"hour": local.hour, "minute": local.minute, "second": local.second}
        return cls(day=local.day, month=local.month, year=local.year, **clock, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformLocation:
    """Where a vehicle is, and what platforms found alarming (车辆定位信息数据体).

    ``report`` is that of a terminal of 2019; bytes where it can't be read as one. JT/T 809-2019, location data.
    """

    encrypted: int = wire(ENCRYPTED, "加密标识", name="encrypt", default=0)
    report: PlaceReport | bytes = wire(
        Sized(U32, Struct(PlaceReport), count_name="gnss_len"), "车辆定位信息数据", name="gnss"
    )
    company_platform: str = wire(PLATFORM, "监控平台唯一编码", name="platform1", default="")
    company_alarms: int = wire(Flags(4, Alarm), "监控平台报警状态", name="alarm1", default=0)
    city_platform: str = wire(PLATFORM, "市级监管平台唯一编码", name="platform2", default="")
    city_alarms: int = wire(Flags(4, Alarm), "市级监管平台报警状态", name="alarm2", default=0)
    province_platform: str = wire(PLATFORM, "省级监管平台唯一编码", name="platform3", default="")
    province_alarms: int = wire(Flags(4, Alarm), "省级监管平台报警状态", name="alarm3", default=0)


LOCATION = Named("location", Struct(Location))
LOCATION_2019 = Named("location19", Struct(PlatformLocation))
Place = Location | PlatformLocation


@sub_message(0x1202, "实时上传车辆定位信息")
@dataclass(frozen=True, slots=True)
class LocationUp(SubMessage):
    """Where a vehicle is now. JT/T 809-2019, sub-message 0x1202."""

    location: Place = wire(LOCATION, "车辆定位信息", v2019=LOCATION_2019)


@sub_message(0x1203, "车辆定位信息自动补报")
@dataclass(frozen=True, slots=True)
class LocationsResent(SubMessage):
    """One to five positions that a break of the link held back. JT/T 809-2019, sub-message 0x1203."""

    items: tuple[Place, ...] = wire(
        Repeated(LOCATION, count=U8), "车辆定位信息列表", v2019=Repeated(LOCATION_2019, count=U8)
    )


@sub_message(0x9202, "交换车辆定位信息")
@dataclass(frozen=True, slots=True)
class LocationDown(SubMessage):
    """Where a vehicle is that another platform watches. JT/T 809-2019, sub-message 0x9202."""

    location: Place = wire(LOCATION, "车辆定位信息", v2019=LOCATION_2019)


@sub_message(0x9203, "车辆定位信息交换补发")
@dataclass(frozen=True, slots=True)
class LocationsExchanged(SubMessage):
    """One to five positions sent after the fact. JT/T 809-2019, sub-message 0x9203."""

    items: tuple[Place, ...] = wire(
        Repeated(LOCATION, count=U8), "车辆定位信息列表", v2019=Repeated(LOCATION_2019, count=U8)
    )
