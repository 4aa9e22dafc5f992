"""Families of sub-messages (业务数据类型): what stands in front of each sub-message, by family and edition.

``carry`` puts a sub-message into its family. JT/T 809-2011 and JT/T 809-2019, messages 0x1200 to 0x1600 and 0x9200 to
0x9600.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from datacenter.protocols.errors import UnfitValue
from datacenter.protocols.jt809.errors import NotInEdition
from datacenter.protocols.jt809.kinds import Bare, Extended, IfKnown, PlateUnless, SubBody
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import ABSENT, Number

from .catalogue import MESSAGES, SubMessage, family_of, message, sub_form
from .fields import COLOUR, COLOUR_2019, PLATE

SUB_TYPE = Number(2)
BODY, BODY_2019 = SubBody(sub_form), SubBody(sub_form, "2019")
WITHOUT_PLATE = {0x9201: ("2019",), 0x1701: ("2011", "2019")}
"""Sub-types without a vehicle in front in a family that has one, and the editions."""


class Family(Message):
    """Base of the families. ``data`` is a sub-message, an ``Extended`` one, or the bytes of an unknown one."""

    __slots__ = ()

    ONE_TABLE: ClassVar[bool] = False
    """Whether the data are read by one table, whatever the sub-type says."""

    sub_type: int
    data: Any

    @property
    def sub_message(self) -> Any:
        """The sub-message without what follows its last field; None where the sub-type is unknown."""
        inner = self.data.message if isinstance(self.data, Extended | Bare) else self.data
        return None if isinstance(inner, bytes) else inner

    @property
    def misplaced(self) -> bool:
        """Whether the sub-message is another family's; an unknown sub-type is nobody's."""
        inner = self.sub_message
        return inner is not None and family_form(inner.message_id) is not type(self)

    def encode(self, edition: str = "") -> bytes:
        """Raises ``UnfitValue``, besides what fields raise, where sub-type and data don't belong together."""
        inner = self.sub_message
        if inner is not None and not self.ONE_TABLE and getattr(inner, "message_id", None) != self.sub_type:
            raise UnfitValue(self.sub_type, "子业务类型标识")
        return self.layout.encode(self, edition)


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFamily(Family):
    """A vehicle in front in both editions."""

    plate: str = wire(PLATE, "车牌号")
    plate_color: int = wire(COLOUR, "车牌颜色", v2019=COLOUR_2019)
    sub_type: int = wire(SUB_TYPE, "子业务类型标识")
    data: Any = wire(BODY, "子业务数据", v2019=BODY_2019)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFamily(Family):
    """A vehicle in front in 2011 only; in 2019 it is inside the data where the alarm is a vehicle's."""

    plate: str | None = wire(PLATE, "车牌号", default=None, v2019=ABSENT)
    plate_color: int | None = wire(COLOUR, "车牌颜色", default=None, v2019=ABSENT)
    sub_type: int = wire(SUB_TYPE, "子业务类型标识")
    data: Any = wire(BODY, "子业务数据", v2019=BODY_2019)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFamily(Family):
    """No vehicle in front: platforms speak to each other."""

    sub_type: int = wire(SUB_TYPE, "子业务类型标识")
    data: Any = wire(BODY, "子业务数据", v2019=BODY_2019)


@message(0x1200, "主链路车辆动态信息交换业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeUp(VehicleFamily):
    """Positions, drivers and waybills going up. JT/T 809-2019, message 0x1200."""


@message(0x9200, "从链路车辆动态信息交换业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeDown(Family):
    """Positions and requests coming down. JT/T 809-2019, message 0x9200; 0x9201 of 2019 has no vehicle in front."""

    plate: str | None = wire(PLATE, "车牌号", default=None, v2019=PlateUnless(21, 0x9201))
    plate_color: int | None = wire(COLOUR, "车牌颜色", default=None, v2019=IfKnown("plate", COLOUR_2019))
    sub_type: int = wire(SUB_TYPE, "子业务类型标识")
    data: Any = wire(BODY, "子业务数据", v2019=BODY_2019)

    def encode(self, edition: str = "") -> bytes:
        bare = edition in WITHOUT_PLATE.get(self.sub_type, ())
        if (self.plate is None) is not bare or (self.plate_color is None) is not bare:
            raise UnfitValue(self.plate, "车牌号：0x9201 无，其余子业务须有")
        return Family.encode(self, edition)


@message(0x1300, "主链路平台间信息交互业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueUp(PlatformFamily):
    """The lower platform answers the upper one. JT/T 809-2019, message 0x1300."""


@message(0x9300, "从链路平台间信息交互业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueDown(PlatformFamily):
    """The upper platform asks the lower one. JT/T 809-2019, message 0x9300."""


@message(0x1400, "主链路报警信息交互业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsUp(AlarmFamily):
    """Alarms and what was done about them, going up. JT/T 809-2019, message 0x1400."""


@message(0x9400, "从链路报警信息交互业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsDown(AlarmFamily):
    """Alarms and supervision coming down. JT/T 809-2019, message 0x9400."""


@message(0x1500, "主链路车辆监管业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class ControlUp(VehicleFamily):
    """What a vehicle answered. JT/T 809-2019, message 0x1500."""


@message(0x9500, "从链路车辆监管业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDown(VehicleFamily):
    """Orders to a vehicle. JT/T 809-2019, message 0x9500."""


@message(0x1600, "主链路静态信息交换业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaticUp(VehicleFamily):
    """A vehicle's papers going up. JT/T 809-2019, message 0x1600."""


@message(0x9600, "从链路静态信息交换业务")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaticDown(VehicleFamily):
    """Requests for a vehicle's papers. JT/T 809-2019, message 0x9600."""


def has_vehicle(sub_type: int, edition: str) -> bool:
    """Whether a vehicle stands in front of a sub-message."""
    family = family_form(sub_type)
    if not any(line.attribute == "plate" for line in family.layout.lines):
        return False
    if edition in WITHOUT_PLATE.get(sub_type, ()):
        return False
    return edition != "2019" or not issubclass(family, AlarmFamily)


def family_form(sub_type: int) -> type[Message]:
    """The table of the message that carries a sub-type."""
    return MESSAGES.forms[sub_type if sub_type in MESSAGES.forms else family_of(sub_type)]


def carry(sub: SubMessage | Extended | Bare, edition: str, *, plate: str = "", plate_color: int = 9) -> Any:
    """The message that carries a sub-message. ``plate`` and its colour go in front where the edition has them there.

    Raises ``NotInEdition``.
    """
    inner: Any = sub.message if isinstance(sub, Extended | Bare) else sub
    if edition < inner.SINCE:
        raise NotInEdition(inner.message_id, edition)
    sub_type = inner.message_id
    vehicle: dict[str, Any] = {}
    if has_vehicle(sub_type, edition):
        vehicle = {"plate": plate, "plate_color": plate_color}
    form: Any = family_form(sub_type)
    return form(sub_type=sub_type, data=sub, **vehicle)
