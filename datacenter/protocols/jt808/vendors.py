"""What vendors put where the standard leaves room (厂商扩展), a named table for each.

Ids from 0xE0 on are the vendors'; several devices use undefined ones below as well, and not two vendors agree. A table
holds for terminals of that vendor alone: nothing here is read unless it is asked for by name. A vendor's quirk is a
line in the vendor's table, never a branch in the standard's.
"""

from dataclasses import dataclass

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.layout import wire
from datacenter.protocols.wire import U8, U16, U32, Scaled

from .dialect import Dialect
from .extras import ExtraForm, extra
from .kinds import KeptText


class UnknownVendor(ProtocolError):
    """A vendor of whom there are no tables."""

    code = "unknown-vendor"

    def __init__(self, vendor: str) -> None:
        super().__init__(f"没有厂商 {vendor!r} 的扩展表", vendor=vendor)


TRACKER: dict[int, type[ExtraForm]] = {}
"""Small trackers with a battery of their own, as the open tracking server traccar reads them; the makers' own texts
were not found. Only items that it reads the same for every model are here.
"""


@extra(0x56, "内置电池电量", TRACKER)
@dataclass(frozen=True, slots=True)
class BatteryTenths(ExtraForm):
    """How full the tracker's battery is, in tenths (内置电池电量)."""

    battery_tenths: int = wire(U8, "电量，十分之几")
    reserved: int = wire(U8, "保留", default=0)


@extra(0x68, "内置电池电量百分比", TRACKER)
@dataclass(frozen=True, slots=True)
class BatteryLevel(ExtraForm):
    """How full the tracker's battery is, in percent (内置电池电量)."""

    battery_pct: float = wire(Scaled(U16, 0.01), "电量百分比", name="battery_cpct")


@extra(0x69, "内置电池电压", TRACKER)
@dataclass(frozen=True, slots=True)
class BatteryVoltage(ExtraForm):
    """The tracker's own battery (内置电池电压)."""

    battery_v: float = wire(Scaled(U16, 0.01), "电池电压", name="battery_cv")


@extra(0x82, "外部电源电压", TRACKER)
@dataclass(frozen=True, slots=True)
class SupplyVoltage(ExtraForm):
    """The vehicle's battery (外部电源电压)."""

    supply_v: float = wire(Scaled(U16, 0.1), "电源电压", name="supply_dv")


@extra(0x94, "车架号", TRACKER)
@dataclass(frozen=True, slots=True)
class Vin(ExtraForm):
    """The vehicle's identification number, read from its bus (车架号)."""

    vin: str = wire(KeptText(), "车架号")


@extra(0xAC, "里程", TRACKER)
@dataclass(frozen=True, slots=True)
class TrackerOdometer(ExtraForm):
    """The distance that the tracker has counted (里程)."""

    odometer_m: int = wire(U32, "里程")


@extra(0xD3, "外部电源电压", TRACKER)
@dataclass(frozen=True, slots=True)
class OtherSupplyVoltage(ExtraForm):
    """The vehicle's battery, by other models (外部电源电压)."""

    supply_v: float = wire(Scaled(U16, 0.1), "电源电压", name="supply_dv")


VENDORS: dict[str, Dialect] = {"tracker": Dialect(extras=TRACKER)}
"""Dialects by the vendor's name."""
