"""A terminal's parameters (终端参数): ids, kinds and names. JT/T 808-2019, message 0x8103, with what 2013 had besides.

``PARAMETERS`` is the standard's table; video and active safety bring theirs by a dialect (``dialect.speaking``). An id
that no table has, and a value of another length than its kind, stay bytes and encode back unchanged.
"""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.tlv import TAIL, Tlv, TlvList
from datacenter.protocols.trace import Trace
from datacenter.protocols.wire import U8, U16, U32, U64, Flags, Integer, Kind, Reader

from .bits import Alarm
from .dialect import spoken
from .kinds import KeptText

TEXT = KeptText()
WIDEST = 8


class UnknownParameter(ProtocolError):
    """A parameter id that no table has."""

    code = "unknown-parameter"

    def __init__(self, parameter_id: int) -> None:
        super().__init__(f"未知参数 0x{parameter_id:04X}", parameter_id=parameter_id)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of the table. ``editions`` says where it is known: empty is all; "2019", or "2011-2013"."""

    kind: Kind[Any]
    title: str
    unit: str = ""
    editions: str = ""


@dataclass(frozen=True, slots=True)
class ForbiddenPeriod:
    """When driving is forbidden every day (违规行驶时段). JT/T 808-2019, parameter 0x0032."""

    start_hour: int = wire(U8, "开始时")
    start_minute: int = wire(U8, "开始分")
    end_hour: int = wire(U8, "结束时")
    end_minute: int = wire(U8, "结束分")


def seconds(title: str, kind: Kind[Any] = U32) -> Parameter:
    """A time in seconds."""
    return Parameter(kind, title, "s")


def metres(title: str, kind: Kind[Any] = U32) -> Parameter:
    """A distance in metres."""
    return Parameter(kind, title, "m")


def text(title: str, editions: str = "") -> Parameter:
    """A text."""
    return Parameter(TEXT, title, "", editions)


PARAMETERS: dict[int, Parameter] = {
    0x0001: seconds("终端心跳发送间隔"),
    0x0002: seconds("TCP消息应答超时时间"),
    0x0003: Parameter(U32, "TCP消息重传次数"),
    0x0004: seconds("UDP消息应答超时时间"),
    0x0005: Parameter(U32, "UDP消息重传次数"),
    0x0006: seconds("SMS消息应答超时时间"),
    0x0007: Parameter(U32, "SMS消息重传次数"),
    0x0010: text("主服务器APN"),
    0x0011: text("主服务器无线通信拨号用户名"),
    0x0012: text("主服务器无线通信拨号密码"),
    0x0013: text("主服务器地址"),  # 2019: host:port, several between semicolons
    0x0014: text("备份服务器APN"),
    0x0015: text("备份服务器无线通信拨号用户名"),
    0x0016: text("备份服务器无线通信拨号密码"),
    0x0017: text("备份服务器地址"),
    0x0018: Parameter(U32, "服务器TCP端口", "", "2011-2013"),
    0x0019: Parameter(U32, "服务器UDP端口", "", "2011-2013"),
    0x001A: text("道路运输证IC卡认证主服务器地址"),
    0x001B: Parameter(U32, "道路运输证IC卡认证主服务器TCP端口"),
    0x001C: Parameter(U32, "道路运输证IC卡认证主服务器UDP端口"),
    0x001D: text("道路运输证IC卡认证备份服务器地址"),
    0x0020: Parameter(Coded(U32, {0: "定时汇报", 1: "定距汇报", 2: "定时和定距汇报"}), "位置汇报策略"),
    0x0021: Parameter(Coded(U32, {0: "根据ACC状态", 1: "根据登录状态和ACC状态"}), "位置汇报方案"),
    0x0022: seconds("驾驶员未登录汇报时间间隔"),
    0x0023: text("从服务器APN", "2019"),
    0x0024: text("从服务器无线通信拨号用户名", "2019"),
    0x0025: text("从服务器无线通信拨号密码", "2019"),
    0x0026: text("从服务器备份地址", "2019"),
    0x0027: seconds("休眠时汇报时间间隔"),
    0x0028: seconds("紧急报警时汇报时间间隔"),
    0x0029: seconds("缺省时间汇报间隔"),
    0x002C: metres("缺省距离汇报间隔"),
    0x002D: metres("驾驶员未登录汇报距离间隔"),
    0x002E: metres("休眠时汇报距离间隔"),
    0x002F: metres("紧急报警时汇报距离间隔"),
    0x0030: Parameter(U32, "拐点补传角度", "°"),  # below 180
    0x0031: metres("电子围栏半径", U16),
    0x0032: Parameter(Struct(ForbiddenPeriod), "违规行驶时段范围", "", "2019"),
    0x0040: text("监控平台电话号码"),
    0x0041: text("复位电话号码"),
    0x0042: text("恢复出厂设置电话号码"),
    0x0043: text("监控平台SMS电话号码"),
    0x0044: text("接收终端SMS文本报警号码"),
    0x0045: Parameter(U32, "终端电话接听策略"),
    0x0046: seconds("每次最长通话时间"),
    0x0047: seconds("当月最长通话时间"),
    0x0048: text("监听电话号码"),
    0x0049: text("监管平台特权短信号码"),
    0x0050: Parameter(Flags(4, Alarm), "报警屏蔽字"),
    0x0051: Parameter(Flags(4, Alarm), "报警发送文本SMS开关"),
    0x0052: Parameter(Flags(4, Alarm), "报警拍摄开关"),
    0x0053: Parameter(Flags(4, Alarm), "报警拍摄存储标志"),
    0x0054: Parameter(Flags(4, Alarm), "关键标志"),
    0x0055: Parameter(U32, "最高速度", "km/h"),
    0x0056: seconds("超速持续时间"),
    0x0057: seconds("连续驾驶时间门限"),
    0x0058: seconds("当天累计驾驶时间门限"),
    0x0059: seconds("最小休息时间"),
    0x005A: seconds("最长停车时间"),
    0x005B: Parameter(U16, "超速预警差值", "0.1 km/h"),
    0x005C: seconds("疲劳驾驶预警差值", U16),
    0x005D: Parameter(U16, "碰撞报警参数"),  # low byte: time in 4 ms; high byte: acceleration in 0.1 g
    0x005E: Parameter(U16, "侧翻报警参数：侧翻角度", "°"),
    0x0064: Parameter(U32, "定时拍照控制"),
    0x0065: Parameter(U32, "定距拍照控制"),
    0x0070: Parameter(U32, "图像/视频质量"),  # 1 best to 10
    0x0071: Parameter(U32, "亮度"),
    0x0072: Parameter(U32, "对比度"),
    0x0073: Parameter(U32, "饱和度"),
    0x0074: Parameter(U32, "色度"),
    0x0080: Parameter(U32, "车辆里程表读数", "0.1 km"),
    0x0081: Parameter(U16, "车辆所在的省域ID"),
    0x0082: Parameter(U16, "车辆所在的市域ID"),
    0x0083: text("机动车号牌"),
    0x0084: Parameter(U8, "车牌颜色"),
    0x0090: Parameter(U8, "GNSS定位模式"),
    0x0091: Parameter(U8, "GNSS波特率"),
    0x0092: Parameter(U8, "GNSS模块详细定位数据输出频率"),
    0x0093: seconds("GNSS模块详细定位数据采集频率"),
    0x0094: Parameter(U8, "GNSS模块详细定位数据上传方式"),
    0x0095: Parameter(U32, "GNSS模块详细定位数据上传设置"),
    0x0100: Parameter(U32, "CAN总线通道1采集时间间隔", "ms"),
    0x0101: seconds("CAN总线通道1上传时间间隔", U16),
    0x0102: Parameter(U32, "CAN总线通道2采集时间间隔", "ms"),
    0x0103: seconds("CAN总线通道2上传时间间隔", U16),
    0x0110: Parameter(U64, "CAN总线ID单独采集设置"),  # 63-32 interval ms, 31 bus, 30 extended, 29 average, 28-0 id
}


def parameter_of(parameter_id: int) -> Parameter | None:
    """The line of the dialect spoken here, or of the standard's table."""
    return spoken().parameters.get(parameter_id) or PARAMETERS.get(parameter_id)


def item(parameter_id: int, value: Any) -> Tlv:
    """A parameter as it lies in a list; bytes go in as they are. Raises ``UnknownParameter``, ``UnfitValue``."""
    if isinstance(value, bytes):
        return Tlv(parameter_id, value)
    line = parameter_of(parameter_id)
    if line is None:
        raise UnknownParameter(parameter_id)
    return Tlv(parameter_id, line.kind.write(value))


def value_of(one: Tlv) -> Any:
    """What a parameter says; None where no table has its id or the bytes don't fit."""
    line = parameter_of(one.id)
    if line is None or one.declared is not None:
        return None
    if _widened(line.kind, one):
        return int.from_bytes(one.data, "big")
    reader = Reader(one.data)
    try:
        value = line.kind.read(reader)
    except FieldError:
        return None
    return None if reader.remaining else value


def _widened(kind: Kind[Any], one: Tlv) -> bool:
    """Whether a number is read at the length it has: real terminals send a BYTE as DWORD, and the other way round."""
    return isinstance(kind, Integer | Coded | Flags) and 0 < len(one.data) <= WIDEST


def values(items: tuple[Tlv, ...]) -> dict[int, Any]:
    """The values that the tables can read, by id; of an id that comes twice, the last."""
    found = ((one.id, value_of(one)) for one in items)
    return {parameter_id: value for parameter_id, value in found if value is not None}


class ParameterList(TlvList):
    """Parameters to the end of the body: DWORD id, BYTE length, value. Shown in order, as ids may come twice."""

    title = "参数项列表"

    def form_of(self, item_id: int) -> Any:
        return parameter_of(item_id)

    def trace_form(self, inner: Reader, trace: Trace, item: Tlv, form: Any) -> None:
        row = trace.begin(inner.pos, "value", form.title, form.kind)
        row.unit = form.unit
        if _widened(form.kind, item):
            value: Any = int.from_bytes(inner.rest(), "big")
        else:
            value = form.kind.read(inner)
        trace.end(row, inner.pos, value)

    def show(self, value: tuple[Tlv, ...]) -> Any:
        return [self._shown(one) for one in value]

    @staticmethod
    def _shown(one: Tlv) -> dict[str, Any]:
        if one.id == TAIL:
            return {"_trailing": one.data.hex().upper()}
        out: dict[str, Any] = {"id": f"0x{one.id:04X}"}
        if one.declared is not None:
            return out | {"len": one.declared, "truncated": one.data.hex().upper()}
        out |= {"len": len(one.data), "hex": one.data.hex().upper()}
        line, value = parameter_of(one.id), value_of(one)
        if line is None:
            return out
        return out | ({"malformed": 1} if value is None else {"value": line.kind.show(value)})


PARAMETER_LIST = ParameterList(PARAMETERS, id_size=4, length_size=1)
