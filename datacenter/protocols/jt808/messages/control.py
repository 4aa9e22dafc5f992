"""The terminal and the vehicle under command (控制类消息): orders, attributes, upgrades, doors.

JT/T 808-2019, chapter 8.
"""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.kinds import BareItem, KeptText, MakerId
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, Bcd, Bits, Bytes, Flags, Repeated

from .catalogue import message
from .location import PlaceReport

CONTROLS = {
    1: "无线升级",
    2: "控制终端连接指定服务器",
    3: "终端关机",
    4: "终端复位",
    5: "终端恢复出厂设置",
    6: "关闭数据通信",
    7: "关闭所有无线通信",
}
UPGRADE_ARGUMENTS = (
    "url", "apn", "user", "password", "address", "tcp_port", "udp_port",
    "maker_id", "hardware", "firmware", "limit_min",
)  # fmt: skip
"""Arguments of command 1 in order. JT/T 808-2019, message 0x8105."""
SERVER_ARGUMENTS = (
    "control", "auth_code", "apn", "user", "password", "address", "tcp_port", "udp_port", "limit_min",
)  # fmt: skip
"""Arguments of command 2 in order; control 0 switches to the given server, 1 back, and then nothing follows."""
ARGUMENTS: dict[int, tuple[str, ...]] = {1: UPGRADE_ARGUMENTS, 2: SERVER_ARGUMENTS}


@message(0x8105, "终端控制")
@dataclass(frozen=True, slots=True)
class TerminalControl(Message):
    """An order to the terminal itself; commands from 0xF0 on are vendors'. JT/T 808-2019, message 0x8105.

    ``argument`` has the fields of ``ARGUMENTS`` between semicolons. Ports are digits; some terminals want raw WORDs.
    """

    command: int = wire(Coded(U8, CONTROLS), "命令字")
    argument: str | None = wire(KeptText(lossy=True), "命令参数", optional=True)

    @classmethod
    def of(cls, command: int, **arguments: object) -> "TerminalControl":
        """The order with its arguments by name; those left out are empty."""
        names = ARGUMENTS.get(command, ())
        assert set(arguments) <= set(names), f"command {command} has {names}"
        if arguments == {"control": 1}:
            return cls(command, "1")
        return cls(command, ";".join(str(arguments.get(name, "")) for name in names) or None)

    def arguments(self) -> dict[str, str]:
        """The arguments by name, as far as they came."""
        parts = (self.argument or "").split(";")
        return dict(zip(ARGUMENTS.get(self.command, ()), parts, strict=False))


@message(0x8107, "查询终端属性")
@dataclass(frozen=True, slots=True)
class AttributesQuery(Message):
    """What terminal are you? JT/T 808-2019, message 0x8107; empty."""


class TerminalType(Bits):
    """What a terminal is for (终端类型)."""

    PASSENGER = 1 << 0, "适用客运车辆"
    DANGEROUS_GOODS = 1 << 1, "适用危险品车辆"
    FREIGHT = 1 << 2, "适用普通货运车辆"
    TAXI = 1 << 3, "适用出租车辆"
    DISK = 1 << 6, "支持硬盘录像"
    SPLIT = 1 << 7, "分体机；0 为一体机"
    TRAILER = 1 << 8, "适用挂车（2019）"


class GnssModule(Bits):
    """Satellite systems that a terminal hears (GNSS 模块属性)."""

    GPS = 1 << 0, "GPS"
    BEIDOU = 1 << 1, "北斗"
    GLONASS = 1 << 2, "GLONASS"
    GALILEO = 1 << 3, "Galileo"


class RadioModule(Bits):
    """Networks that a terminal speaks (通信模块属性)."""

    GPRS = 1 << 0, "GPRS"
    CDMA = 1 << 1, "CDMA"
    TD_SCDMA = 1 << 2, "TD-SCDMA"
    WCDMA = 1 << 3, "WCDMA"
    CDMA2000 = 1 << 4, "CDMA2000"
    TD_LTE = 1 << 5, "TD-LTE"
    OTHER = 1 << 7, "其他"


@message(0x0107, "查询终端属性应答")
@dataclass(frozen=True, slots=True)
class Attributes(Message):
    """What the terminal is made of. JT/T 808-2019, message 0x0107.

    The printed offset of the ICCID (42 in the 2013 edition) is a misprint: the widths before it add up to 34, and real
    terminals agree. ICCIDs may carry hexadecimal digits.
    """

    terminal_type: int = wire(Flags(2, TerminalType), "终端类型")
    maker_id: str = wire(KeptText(5), "制造商ID", v2019=MakerId(70))
    model: str = wire(KeptText(20), "终端型号", v2019=KeptText(30))
    terminal_id: str = wire(KeptText(7), "终端ID", v2019=KeptText(30))
    iccid: str = wire(Bcd(10), "终端SIM卡ICCID")
    hardware: str = wire(KeptText(count=U8, count_name="hw_len"), "终端硬件版本号")
    firmware: str = wire(KeptText(count=U8, count_name="fw_len"), "终端固件版本号")
    gnss: int = wire(Flags(1, GnssModule), "GNSS模块属性")
    radio: int = wire(Flags(1, RadioModule), "通信模块属性", name="comm")


UPGRADE_TYPES = {0: "终端", 12: "道路运输证IC卡读卡器", 52: "北斗卫星定位模块"}


@message(0x8108, "下发终端升级包")
@dataclass(frozen=True, slots=True)
class UpgradePackage(Message):
    """New firmware for the terminal or a part of it; usually sub-packaged. JT/T 808-2019, message 0x8108."""

    upgrade_type: int = wire(Coded(U8, UPGRADE_TYPES), "升级类型")
    maker_id: str = wire(KeptText(5), "制造商ID")
    version: str = wire(KeptText(count=U8, count_name="ver_len"), "终端固件版本号")
    data: bytes = wire(Bytes(count=U32, count_name="len"), "升级数据包")


@message(0x0108, "终端升级结果通知")
@dataclass(frozen=True, slots=True)
class UpgradeResult(Message):
    """How the upgrade went. JT/T 808-2019, message 0x0108."""

    upgrade_type: int = wire(Coded(U8, UPGRADE_TYPES), "升级类型")
    result: int = wire(Coded(U8, {0: "成功", 1: "失败", 2: "取消"}), "升级结果")


@dataclass(frozen=True, slots=True)
class Control:
    """One thing to do to the vehicle; type 1 is the doors, from 0xF001 on they are vendors'.

    The 2019 text has 0 lock and 1 unlock for the doors; at least one widespread codec has them the other way round.
    """

    type: int = wire(Coded(U16, {1: "车门控制"}), "控制类型")
    param: int = wire(U8, "控制参数")


@message(0x8500, "车辆控制")
@dataclass(frozen=True, slots=True)
class VehicleControl(Message):
    """An order to the vehicle: its doors. JT/T 808-2019, message 0x8500.

    Up to 2013 one byte, bit 0: 0 unlocks, 1 locks. The edition ``2019bare`` is what some terminals of 2019 take: one
    control without the count before it.
    """

    control: int | None = wire(U8, "控制标志", default=None, v2019=ABSENT, v2019bare=ABSENT)
    controls: tuple[Control, ...] | None = wire(
        ABSENT,
        "控制类型列表",
        default=None,
        v2019=Repeated(Struct(Control), count=U16, count_name="type_count"),
        v2019bare=BareItem(Control),
    )

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """A 2019 body of just one control has no count before it."""
        return "2019bare" if edition == Edition.V2019 and len(body) == 3 else edition


@message(0x0500, "车辆控制应答")
@dataclass(frozen=True, slots=True)
class VehicleControlAnswer(Message):
    """Where and how the vehicle is after an order: the status bits tell success. JT/T 808-2019, message 0x0500."""

    ack_serial: int = wire(U16, "应答流水号")
    location: PlaceReport = wire(Struct(PlaceReport, flat=True), "位置信息汇报")
