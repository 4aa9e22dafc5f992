"""The vehicle state record (车辆状态数据记录文件): the .bin attachment, blocks of 64 bytes. T/JSATL 12-2017."""

from dataclasses import dataclass
from datetime import datetime

from datacenter.protocols.composed import Coded
from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.bits import Alarm, Status
from datacenter.protocols.jt808.kinds import LooseTime
from datacenter.protocols.layout import Layout, wire
from datacenter.protocols.wire import U8, U16, U32, Bytes, Flags, Scaled

from .errors import BadRecord

BLOCK_BYTES = 64


@dataclass(frozen=True, slots=True)
class StateBlock:
    """One moment of the vehicle (车辆状态数据块). The alarm and status words are those of JT/T 808, message 0x0200."""

    total: int = wire(U32, "总数据块数量")
    index: int = wire(U32, "当前数据块序号")
    alarms: int = wire(Flags(4, Alarm), "报警标志", name="alarm_flag")
    status: int = wire(Flags(4, Status), "车辆状态", name="status_flag")
    latitude_deg: float = wire(Scaled(U32, 1e-6), "纬度", name="latitude_e6")
    longitude_deg: float = wire(Scaled(U32, 1e-6), "经度", name="longitude_e6")
    altitude_m: int = wire(U16, "高程")
    speed_kmh: float = wire(Scaled(U16, 0.1), "卫星定位速度", name="speed_dkmh")
    bearing_deg: int = wire(U16, "方向", name="direction_deg")
    device_time: datetime | str = wire(LooseTime(), "时间", name="time")
    acceleration_x_g: float = wire(Scaled(U16, 0.01), "X轴加速度", name="acceleration_x_cg")
    acceleration_y_g: float = wire(Scaled(U16, 0.01), "Y轴加速度", name="acceleration_y_cg")
    acceleration_z_g: float = wire(Scaled(U16, 0.01), "Z轴加速度", name="acceleration_z_cg")
    rate_x_deg_s: float = wire(Scaled(U16, 0.01), "X轴角速度", name="rate_x_cdeg_s")
    rate_y_deg_s: float = wire(Scaled(U16, 0.01), "Y轴角速度", name="rate_y_cdeg_s")
    rate_z_deg_s: float = wire(Scaled(U16, 0.01), "Z轴角速度", name="rate_z_cdeg_s")
    pulse_speed_kmh: float = wire(Scaled(U16, 0.1), "脉冲速度", name="pulse_speed_dkmh")
    obd_speed_kmh: float = wire(Scaled(U16, 0.1), "OBD速度", name="obd_speed_dkmh")
    gear: int = wire(U8, "档位状态")
    accelerator_pct: int = wire(U8, "加速踏板行程值")
    brake_pct: int = wire(U8, "制动踏板行程值")
    braking: int = wire(Coded(U8, {0: "无制动", 1: "制动"}), "制动状态")
    engine_rpm: int = wire(U16, "发动机转速")
    steering_deg: int = wire(U16, "方向盘角度")
    turn_lamp: int = wire(U8, "转向灯状态")
    reserved: bytes = wire(Bytes(2), "预留", default=bytes(2))

    def pack(self) -> bytes:
        """The block with its check byte."""
        body = LAYOUT.encode(self)
        return body + bytes((sum(body) & 0xFF,))


LAYOUT = Layout(StateBlock)


def read_record(data: bytes) -> list[StateBlock]:
    """The blocks of a record, in order. Raises ``BadRecord`` naming the first one that is wrong."""
    blocks: list[StateBlock] = []
    for number, at in enumerate(range(0, len(data), BLOCK_BYTES)):
        raw = data[at : at + BLOCK_BYTES]
        if len(raw) < BLOCK_BYTES:
            raise BadRecord(number, f"只有 {len(raw)} 字节")
        if sum(raw[:-1]) & 0xFF != raw[-1]:
            raise BadRecord(number, "校验字节不符")
        try:
            blocks.append(LAYOUT.decode_whole(raw[:-1]))
        except FieldError as fault:
            raise BadRecord(number, fault.message) from None
    return blocks
