"""Names of flag bits and codes (标志位、代码). JT/T 905.2-2014, location report 0x0200 and device types.

The bits are not those of JT/T 808: bit 0 of the status says that there is NO fix, the alarm word knows meter, rater and
top light. ``ALARM_808`` and ``STATUS_808`` say what a bit is called there, so that rules about vehicles of all kinds
read one word; bits without a counterpart stand in no pair and live on in the report's own words.
"""

from enum import IntEnum

from datacenter.protocols.jt808 import bits as jt808
from datacenter.protocols.wire import Bits


class Alarm(Bits):
    """A taxi terminal's own alarms (报警标志). Bits 29 to 31 are reserved."""

    EMERGENCY = 1 << 0, "紧急报警"
    WARNING = 1 << 1, "预警"
    GNSS_FAULT = 1 << 2, "卫星定位模块故障"
    ANTENNA_OPEN = 1 << 3, "卫星定位天线未接或被剪断"
    ANTENNA_SHORT = 1 << 4, "卫星定位天线短路"
    POWER_LOW = 1 << 5, "ISU 主电源欠压"
    POWER_LOST = 1 << 6, "ISU 主电源掉电"
    DISPLAY_FAULT = 1 << 7, "LCD 显示故障"
    TTS_FAULT = 1 << 8, "语音合成（TTS）模块故障"
    CAMERA_FAULT = 1 << 9, "摄像头故障"
    METER_FAULT = 1 << 10, "计价器故障"
    EVALUATOR_FAULT = 1 << 11, "服务评价器故障"
    ADVERT_SCREEN_FAULT = 1 << 12, "LED 广告屏故障"
    SCREEN_FAULT = 1 << 13, "液晶显示屏故障"
    SECURITY_MODULE_FAULT = 1 << 14, "安全访问模块故障"  # 三个公开实现有，一个没有
    TOP_LIGHT_FAULT = 1 << 15, "LED 顶灯故障"
    OVERSPEED = 1 << 16, "超速报警"
    FATIGUE = 1 << 17, "连续驾驶超时"
    DAILY_DRIVING_EXCEEDED = 1 << 18, "当天累计驾驶超时"
    PARKED_TOO_LONG = 1 << 19, "超时停车"
    AREA_CROSSED = 1 << 20, "进出区域/路线，收到应答后清零"
    SEGMENT_TIME = 1 << 21, "路段行驶时间不足/过长，收到应答后清零"
    FORBIDDEN_SEGMENT = 1 << 22, "禁行路段行驶，收到应答后清零"
    SPEED_SENSOR_FAULT = 1 << 23, "车速传感器故障"
    ILLEGAL_IGNITION = 1 << 24, "车辆非法点火，收到应答后清零"
    ILLEGAL_MOVEMENT = 1 << 25, "车辆非法位移，收到应答后清零"
    STORAGE_FAULT = 1 << 26, "ISU 存储异常"
    RECORDER_FAULT = 1 << 27, "录音设备故障"
    METER_CLOCK = 1 << 28, "计价器实时时钟超过规定的误差范围"


class Status(Bits):
    """A taxi's state (状态). Bits 7 and 15 to 31 are reserved; real frames set bit 31."""

    NO_FIX = 1 << 0, "未卫星定位；与 JT/T 808 相反"
    SOUTH = 1 << 1, "南纬"
    WEST = 1 << 2, "西经"
    OUT_OF_OPERATION = 1 << 3, "停运"
    BOOKED = 1 << 4, "预约（任务车）"
    PICK_UP = 1 << 5, "空车转重车：本次汇报即上客点"
    DROP_OFF = 1 << 6, "重车转空车：本次汇报即下客点"
    ACC_ON = 1 << 8, "ACC 开"
    LOADED = 1 << 9, "重车：载客且计价，不能分开表示"
    OIL_CUT = 1 << 10, "车辆油路断开"
    POWER_CUT = 1 << 11, "车辆电路断开"
    DOORS_LOCKED = 1 << 12, "车门加锁"
    VEHICLE_LOCKED = 1 << 13, "车辆锁定"
    LIMIT_REACHED = 1 << 14, "已达到限制营运次数/时间"


class Device(IntEnum):
    """Devices on a taxi's bus (设备类型)."""

    ISU = 0x00  # 智能服务终端
    COMMUNICATION = 0x01  # 通信模块
    METER = 0x02  # 计价器
    SECURITY = 0x03  # 出租汽车安全模块
    LED_SCREEN = 0x04  # LED 显示屏
    TOP_LIGHT = 0x05  # 智能顶灯
    EVALUATOR_REAR = 0x06  # 服务评价器（后排）
    CAMERA = 0x07  # 摄像装置
    GNSS = 0x08  # 卫星定位设备
    SCREEN = 0x09  # 液晶（LCD）多媒体屏
    INTERFACE = 0x10  # ISU 人机交互设备
    EVALUATOR_FRONT = 0x11  # 服务评价器（前排）


_A, _S = jt808.Alarm, jt808.Status

ALARM_808: tuple[tuple[Alarm, int], ...] = (
    (Alarm.EMERGENCY, _A.EMERGENCY),
    (Alarm.WARNING, _A.DANGEROUS_DRIVING),  # 预警 is 危险预警 of JT/T 808-2013, bit 3
    (Alarm.GNSS_FAULT, _A.GNSS_FAULT),
    (Alarm.ANTENNA_OPEN, _A.ANTENNA_OPEN),
    (Alarm.ANTENNA_SHORT, _A.ANTENNA_SHORT),
    (Alarm.POWER_LOW, _A.POWER_LOW),
    (Alarm.POWER_LOST, _A.POWER_LOST),
    (Alarm.DISPLAY_FAULT, _A.DISPLAY_FAULT),
    (Alarm.TTS_FAULT, _A.TTS_FAULT),
    (Alarm.CAMERA_FAULT, _A.CAMERA_FAULT),
    (Alarm.OVERSPEED, _A.OVERSPEED),
    (Alarm.FATIGUE, _A.FATIGUE),
    (Alarm.DAILY_DRIVING_EXCEEDED, _A.DAILY_DRIVING_EXCEEDED),
    (Alarm.PARKED_TOO_LONG, _A.PARKED_TOO_LONG),
    (Alarm.AREA_CROSSED, _A.AREA_CROSSED),  # 905 has one bit for areas and routes
    (Alarm.SEGMENT_TIME, _A.SEGMENT_TIME),
    (Alarm.FORBIDDEN_SEGMENT, _A.AGAINST_RULES),
    (Alarm.SPEED_SENSOR_FAULT, _A.SPEED_SENSOR_FAULT),
    (Alarm.ILLEGAL_IGNITION, _A.ILLEGAL_IGNITION),
    (Alarm.ILLEGAL_MOVEMENT, _A.ILLEGAL_MOVEMENT),
)
"""Alarms that JT/T 808 has too: this standard's bit, that one's."""

STATUS_808: tuple[tuple[Status, int], ...] = (
    (Status.SOUTH, _S.SOUTH),
    (Status.WEST, _S.WEST),
    (Status.OUT_OF_OPERATION, _S.OUT_OF_SERVICE),
    (Status.ACC_ON, _S.ACC_ON),
    (Status.LOADED, _S.LOAD_LOW | _S.LOAD_HIGH),  # 满载（重车）
    (Status.OIL_CUT, _S.OIL_CUT),
    (Status.POWER_CUT, _S.POWER_CUT),
    (Status.DOORS_LOCKED, _S.DOORS_LOCKED),
)
"""States that JT/T 808 has too. The fix is not among them: its sense is inverted, see ``status_808``."""


def alarm_808(alarms: int) -> int:
    """The alarm word as JT/T 808 would spell it; what only taxis have is left out."""
    return sum(theirs for ours, theirs in ALARM_808 if alarms & ours)


def status_808(status: int) -> int:
    """The status word as JT/T 808 would spell it, its fix bit the right way round."""
    fixed = 0 if status & Status.NO_FIX else int(_S.FIXED)
    return fixed | sum(theirs for ours, theirs in STATUS_808 if status & ours)
