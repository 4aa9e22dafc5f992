"""What lies behind the terminal: taximeter, top light, evaluator, screens (外围设备). Device types: ``bits.Device``.

The data are those of the device's own serial protocol and stay bytes; the one that is known, the taximeter's record of
a trip (serial command 0x00E8), is the table ``Meter`` of ``operation.py``.
"""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.jt905.codes import DEVICE
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.tlv import Tlv, TlvList
from datacenter.protocols.wire import U8, U16, Bytes, Repeated

from .catalogue import message


@message(0x8B10, "外围设备指令下行透传")
@dataclass(frozen=True, slots=True)
class DeviceCommand(Message):
    """A command for a device. JT/T 905.2-2014, message 0x8B10."""

    device_type: int = wire(DEVICE, "设备类型")
    data_type: int = wire(U16, "数据类型")
    data: bytes | None = wire(Bytes(), "数据包", optional=True)


@message(0x0B10, "外围设备指令上行透传")
@dataclass(frozen=True, slots=True)
class DeviceData(Message):
    """What a device says. JT/T 905.2-2014, message 0x0B10."""

    device_type: int = wire(DEVICE, "设备类型")
    vendor: int = wire(U8, "厂商标识")
    command: int = wire(U16, "命令")
    data: bytes | None = wire(Bytes(), "数据包", optional=True)


@message(0x8B11, "中心巡检设备")
@dataclass(frozen=True, slots=True)
class DevicePoll(Message):
    """Asks devices how they are; none named means all. JT/T 905.2-2014, message 0x8B11."""

    device_types: tuple[int, ...] = wire(Repeated(DEVICE), "设备类型列表")


class DeviceStates(TlvList):
    """Device type, length and value a device; shown as the bytes they came in, and split up under ``devices``.

    What the values mean was not found.
    """

    title = "TLV 列表：设备类型 BYTE、长度 BYTE、值"

    def __init__(self) -> None:
        super().__init__({})

    def show(self, value: tuple[Tlv, ...]) -> Any:
        return self.write(value).hex().upper()

    def beside(self, value: tuple[Tlv, ...]) -> dict[str, Any]:
        return {"devices": super().show(value)}


@message(0x0B11, "设备巡检应答")
@dataclass(frozen=True, slots=True)
class DevicePollAnswer(Message):
    """How the devices are. JT/T 905.2-2014, message 0x0B11."""

    states: tuple[Tlv, ...] = wire(DeviceStates(), "设备状态列表", name="tlv", default=())
