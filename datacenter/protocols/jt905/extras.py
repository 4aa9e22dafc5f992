"""Additional items of a location report (位置附加信息项). JT/T 905.2-2014, message 0x0200.

Mileage, fuel and the places of alarms lie as in JT/T 808 and share its tables; 0x03 and 0x14 mean something else here.
Whatever isn't in ``EXTRAS`` stays bytes and encodes back unchanged.
"""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.jt808.extras import (
    AreaCrossed,
    Extra,
    ExtraForm,
    Fuel,
    Mileage,
    OverspeedPlace,
    SegmentTime,
    extra,
)
from datacenter.protocols.layout import wire
from datacenter.protocols.tlv import TlvList
from datacenter.protocols.wire import I16, U32

EXTRAS: dict[int, type[ExtraForm]] = {
    form.extra_id: form for form in (Mileage, Fuel, OverspeedPlace, AreaCrossed, SegmentTime)
}


@extra(0x03, "海拔高度", EXTRAS)
@dataclass(frozen=True, slots=True)
class Altitude(ExtraForm):
    """Height above sea level (海拔高度); the base of the report has none."""

    altitude_m: int = wire(I16, "海拔高度")


@extra(0x14, "禁行路段行驶报警附加信息", EXTRAS)
@dataclass(frozen=True, slots=True)
class ForbiddenSegment(ExtraForm):
    """The forbidden segment that is driven on (禁行路段行驶)."""

    segment_id: int = wire(U32, "路段ID")


EXTRA_LIST = TlvList(EXTRAS)


def typed(items: tuple[Extra, ...]) -> dict[int, Any]:
    """The items that this standard's tables can read, by id; of an id that comes twice, the last."""
    readable = ((item.id, EXTRA_LIST.typed(item)) for item in items)
    return {item_id: form for item_id, form in readable if form is not None}
