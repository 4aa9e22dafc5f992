"""Parameters, upgrade and control of the terminal and the vehicle (参数、控制)."""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.jt905.codes import CONTROL, DEVICE, LOCK, LOCKED, UPGRADED
from datacenter.protocols.jt905.kinds import Terminated
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.tlv import TAIL, Tlv, TlvList
from datacenter.protocols.wire import U8, U16, Bcd, Repeated

from .catalogue import message
from .location import Position


class ParameterList(TlvList):
    """Parameters as WORD id, BYTE length and value, to the end, without a count; shown in their order.

    Values stay bytes: what the ids mean was not found.
    """

    title = "参数项列表：ID WORD、长度 BYTE、值"

    def __init__(self) -> None:
        super().__init__({}, id_size=2, length_size=1)

    def show(self, value: tuple[Tlv, ...]) -> list[Any]:  # type: ignore[override]
        out: list[Any] = []
        for item in value:
            data = item.data.hex().upper()
            if item.id == TAIL:
                out.append({"_trailing": data})
            elif item.declared is not None:
                out.append({"id": f"0x{item.id:04X}", "len": item.declared, "truncated": data})
            else:
                out.append({"id": f"0x{item.id:04X}", "len": len(item.data), "hex": data})
        return out


PARAMETERS = ParameterList()


@message(0x8103, "设置参数")
@dataclass(frozen=True, slots=True)
class SetParameters(Message):
    """Sets parameters; ids are WORDs, and there is no count. JT/T 905.2-2014, message 0x8103."""

    params: tuple[Tlv, ...] = wire(PARAMETERS, "参数项列表")


@message(0x8104, "查询 ISU 参数")
@dataclass(frozen=True, slots=True)
class ParameterQuery(Message):
    """Asks for parameters. JT/T 905.2-2014, message 0x8104."""

    ids: tuple[int, ...] = wire(Repeated(U16), "参数ID列表")


@message(0x0104, "查询 ISU 参数应答")
@dataclass(frozen=True, slots=True)
class ParameterAnswer(Message):
    """The parameters that 0x8104 asked for. JT/T 905.2-2014, message 0x0104."""

    ack_serial: int = wire(U16, "应答流水号")
    params: tuple[Tlv, ...] = wire(PARAMETERS, "参数项列表")


@message(0x8105, "ISU 控制")
@dataclass(frozen=True, slots=True)
class DeviceControl(Message):
    """Orders to the terminal; only an upgrade has arguments. JT/T 905.2-2014, message 0x8105.

    The public table gives ``command`` 1 alone with arguments; each of them is there while bytes remain.
    """

    command: int = wire(CONTROL, "命令字")
    device_type: int | None = wire(DEVICE, "设备类型", optional=True)
    vendor: int | None = wire(U8, "厂商标识", optional=True)
    hardware_version: str | None = wire(Bcd(1), "硬件版本号", name="hw_version", optional=True)
    software_version: str | None = wire(Bcd(2), "软件版本号", name="sw_version", optional=True)
    apn: str | None = wire(Terminated(), "APN", optional=True)
    user: str | None = wire(Terminated(), "拨号用户名", optional=True)
    password: str | None = wire(Terminated(), "拨号密码", optional=True)
    server: str | None = wire(Terminated(), "升级服务器地址", optional=True)
    port: int | None = wire(U16, "升级服务器端口", optional=True)


@message(0x0105, "ISU 升级结果报告")
@dataclass(frozen=True, slots=True)
class UpgradeResult(Message):
    """What became of an upgrade. JT/T 905.2-2014, message 0x0105."""

    device_type: int = wire(DEVICE, "设备类型")
    vendor: int = wire(U8, "厂商标识")
    hardware_version: str = wire(Bcd(1), "硬件版本号", name="hw_version")
    software_version: str = wire(Bcd(2), "软件版本号", name="sw_version")
    result: int = wire(UPGRADED, "升级结果")


@message(0x8500, "车辆控制")
@dataclass(frozen=True, slots=True)
class VehicleControl(Message):
    """Locks or cuts something of the vehicle. JT/T 905.2-2014, message 0x8500."""

    item: int = wire(LOCK, "控制项")
    command: int = wire(LOCKED, "控制命令")


@message(0x0500, "车辆控制应答")
@dataclass(frozen=True, slots=True)
class VehicleControlAnswer(Message):
    """What 0x8500 led to: the status bits of the position tell. JT/T 905.2-2014, message 0x0500."""

    ack_serial: int = wire(U16, "应答流水号")
    location: Position = wire(Struct(Position), "位置信息")
