"""What peripherals say of themselves (外设状态与信息): 0x0900 and 0x8900, types 0xF7 and 0xF8.

Upwards a list of peripherals, each with its own length; downwards, asking, the list of their ids alone. Both lie under
one type, so what follows the count tells which it is.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from datacenter.protocols.composed import Coded, Sized
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.layout import Layout, Struct, wire
from datacenter.protocols.wire import U8, Flags, Kind, Reader, Repeated

from .bits import PeripheralAlarm
from .codes import PERIPHERALS, WORK_STATES

PERIPHERAL = Coded(U8, PERIPHERALS)


@dataclass(frozen=True, slots=True)
class PeripheralState:
    """How a peripheral is (外设状态)."""

    work_state: int = wire(Coded(U8, WORK_STATES), "工作状态")
    alarms: int = wire(Flags(4, PeripheralAlarm), "报警状态", name="alarm_bits")


@dataclass(frozen=True, slots=True)
class PeripheralInfo:
    """What a peripheral is (外设系统信息)."""

    maker: str = wire(KeptText(count=U8, count_name="maker_len"), "公司名称")
    product: str = wire(KeptText(count=U8, count_name="product_len"), "产品型号")
    hardware: str = wire(KeptText(count=U8, count_name="hardware_len"), "硬件版本号")
    software: str = wire(KeptText(count=U8, count_name="software_len"), "软件版本号")
    device_id: str = wire(KeptText(count=U8, count_name="device_id_len"), "设备ID")
    customer: str = wire(KeptText(count=U8, count_name="customer_len"), "客户代码")


@dataclass(frozen=True, slots=True)
class StateItem:
    """A peripheral and its state; bytes where the state is of another make."""

    peripheral: int = wire(PERIPHERAL, "外设ID")
    content: PeripheralState | bytes = wire(Sized(U8, Struct(PeripheralState), count_name="len"), "消息内容")


@dataclass(frozen=True, slots=True)
class InfoItem:
    """A peripheral and what it is; bytes where that is of another make."""

    peripheral: int = wire(PERIPHERAL, "外设ID")
    content: PeripheralInfo | bytes = wire(Sized(U8, Struct(PeripheralInfo), count_name="len"), "消息内容")


class Asked(Kind[tuple[Any, ...]]):
    """A counted list: ids alone where just as many bytes follow, else items of ``form``."""

    looks_back = False

    def __init__(self, form: type) -> None:
        self.ids, self.items = Repeated(PERIPHERAL, count=U8), Repeated(Struct(form), count=U8)
        self.title = self.items.title

    def read(self, reader: Reader) -> tuple[Any, ...]:
        alone = reader.remaining and reader.remaining - 1 == reader.data[reader.pos]
        return (self.ids if alone else self.items).read(reader)

    def _of(self, value: tuple[Any, ...]) -> Repeated:
        return self.ids if all(isinstance(one, int) for one in value) else self.items

    def write(self, value: tuple[Any, ...], edition: str = "") -> bytes:
        return self._of(value).write(value, edition)

    def show(self, value: tuple[Any, ...]) -> list[Any]:
        return self._of(value).show(value)

    def beside(self, value: tuple[Any, ...]) -> dict[str, Any]:
        return self.items.beside(value)


class Content:
    """Base of what is passed through; the layout is filled in below."""

    __slots__ = ()

    layout: ClassVar[Layout]


@dataclass(frozen=True, slots=True)
class PeripheralStates(Content):
    """States, or whose are asked for (外设状态). T/JSATL 12-2017, passthrough type 0xF7."""

    items: tuple[StateItem | int, ...] = wire(Asked(StateItem), "外设列表", name="peripherals")


@dataclass(frozen=True, slots=True)
class PeripheralInfos(Content):
    """What they are, or whose it is that is asked for (外设系统信息). T/JSATL 12-2017, passthrough type 0xF8."""

    items: tuple[InfoItem | int, ...] = wire(Asked(InfoItem), "外设列表", name="peripherals")


STATES, INFOS = 0xF7, 0xF8
PeripheralStates.layout, PeripheralInfos.layout = Layout(PeripheralStates), Layout(PeripheralInfos)
PASSTHROUGH: dict[int, Any] = {STATES: PeripheralStates, INFOS: PeripheralInfos}
"""Content by the type of 0x0900 and 0x8900."""
