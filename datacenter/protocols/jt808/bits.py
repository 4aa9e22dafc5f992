"""Names of flag bits (标志位定义). JT/T 808-2019, tables 24 and 25; JT/T 1078-2016, table 14."""

from datacenter.protocols.wire import Bits


class Alarm(Bits):
    """A terminal's own alarms (报警标志位). Bits 15 to 17 are the 2019 edition's."""

    EMERGENCY = 1 << 0, "紧急报警"
    OVERSPEED = 1 << 1, "超速报警"
    FATIGUE = 1 << 2, "疲劳驾驶"
    DANGEROUS_DRIVING = 1 << 3, "危险驾驶行为；2013：危险预警"
    GNSS_FAULT = 1 << 4, "GNSS 模块故障"
    ANTENNA_OPEN = 1 << 5, "GNSS 天线未接或被剪断"
    ANTENNA_SHORT = 1 << 6, "GNSS 天线短路"
    POWER_LOW = 1 << 7, "主电源欠压"
    POWER_LOST = 1 << 8, "主电源掉电"
    DISPLAY_FAULT = 1 << 9, "LCD 或显示器故障"
    TTS_FAULT = 1 << 10, "TTS 模块故障"
    CAMERA_FAULT = 1 << 11, "摄像头故障"
    CARD_READER_FAULT = 1 << 12, "道路运输证 IC 卡模块故障"
    OVERSPEED_WARNING = 1 << 13, "超速预警"
    FATIGUE_WARNING = 1 << 14, "疲劳驾驶预警"
    AGAINST_RULES = 1 << 15, "违规行驶报警"
    TYRE_PRESSURE = 1 << 16, "胎压预警"
    RIGHT_TURN_BLIND_SPOT = 1 << 17, "右转盲区异常"
    DAILY_DRIVING_EXCEEDED = 1 << 18, "当天累计驾驶超时"
    PARKED_TOO_LONG = 1 << 19, "超时停车"
    AREA_CROSSED = 1 << 20, "进出区域"
    ROUTE_CROSSED = 1 << 21, "进出路线"
    SEGMENT_TIME = 1 << 22, "路段行驶时间不足/过长"
    OFF_ROUTE = 1 << 23, "路线偏离"
    SPEED_SENSOR_FAULT = 1 << 24, "车辆 VSS 故障"
    FUEL_ABNORMAL = 1 << 25, "车辆油量异常"
    STOLEN = 1 << 26, "车辆被盗"
    ILLEGAL_IGNITION = 1 << 27, "车辆非法点火"
    ILLEGAL_MOVEMENT = 1 << 28, "车辆非法位移"
    COLLISION = 1 << 29, "碰撞侧翻；2013：碰撞预警"
    ROLLOVER = 1 << 30, "侧翻预警"
    ILLEGAL_DOOR = 1 << 31, "非法开门；2019：保留"


CONFIRMABLE = int(
    Alarm.EMERGENCY
    | Alarm.DANGEROUS_DRIVING
    | Alarm.AREA_CROSSED
    | Alarm.ROUTE_CROSSED
    | Alarm.SEGMENT_TIME
    | Alarm.ILLEGAL_IGNITION
    | Alarm.ILLEGAL_MOVEMENT
)
"""Alarms that a person can confirm by 0x8203. JT/T 808-2019, message 0x8203."""

CLEARED_BY_REPLY: dict[str, int] = {
    "2011": CONFIRMABLE,
    "2013": CONFIRMABLE | int(Alarm.ILLEGAL_DOOR),
    "2019": CONFIRMABLE & ~int(Alarm.DANGEROUS_DRIVING),
}
"""Alarms that the terminal clears once its report is answered; the others stay until their cause is gone (报警维持)."""

RESERVED_ALARMS: dict[str, int] = {"2011": 0xE003_F000, "2013": 0x0003_8000, "2019": 0x8000_0000}
"""Alarm bits that an edition leaves undefined: what a terminal of that edition sets there means nothing."""


class Status(Bits):
    """A vehicle's state (状态位). Bits 8 and 9 together are the load: 0 empty, 1 half, 3 full."""

    ACC_ON = 1 << 0, "ACC 开"
    FIXED = 1 << 1, "定位"
    SOUTH = 1 << 2, "南纬"
    WEST = 1 << 3, "西经"
    OUT_OF_SERVICE = 1 << 4, "停运"
    ENCRYPTED_POSITION = 1 << 5, "经纬度经保密插件加密"
    FORWARD_COLLISION = 1 << 6, "紧急刹车系统采集的前撞预警"
    LANE_DEPARTURE = 1 << 7, "车道偏移预警"
    LOAD_LOW = 1 << 8, "载荷低位"
    LOAD_HIGH = 1 << 9, "载荷高位"
    OIL_CUT = 1 << 10, "车辆油路断开"
    POWER_CUT = 1 << 11, "车辆电路断开"
    DOORS_LOCKED = 1 << 12, "车门加锁"
    DOOR_1_OPEN = 1 << 13, "前门"
    DOOR_2_OPEN = 1 << 14, "中门"
    DOOR_3_OPEN = 1 << 15, "后门"
    DOOR_4_OPEN = 1 << 16, "驾驶席门"
    DOOR_5_OPEN = 1 << 17, "自定义"
    GPS = 1 << 18, "使用 GPS 卫星定位"
    BEIDOU = 1 << 19, "使用北斗卫星定位"
    GLONASS = 1 << 20, "使用 GLONASS 卫星定位"
    GALILEO = 1 << 21, "使用 Galileo 卫星定位"
    MOVING = 1 << 22, "车辆处于行驶状态（2019）"


class VideoAlarm(Bits):
    """The camera system's alarms (视频相关报警)."""

    SIGNAL_LOST = 1 << 0, "视频信号丢失"
    SIGNAL_COVERED = 1 << 1, "视频信号遮挡"
    STORAGE_FAULT = 1 << 2, "存储单元故障"
    OTHER_FAULT = 1 << 3, "其他视频设备故障"
    OVERLOAD = 1 << 4, "客车超员"
    ABNORMAL_DRIVING = 1 << 5, "异常驾驶行为"
    STORAGE_THRESHOLD = 1 << 6, "特殊报警录像达到存储阈值"


class AbnormalDriving(Bits):
    """What a driver does wrong (异常驾驶行为)."""

    FATIGUE = 1 << 0, "疲劳"
    PHONE = 1 << 1, "打电话"
    SMOKING = 1 << 2, "抽烟"


class IoState(Bits):
    """Whether the terminal sleeps (IO 状态)."""

    DEEP_SLEEP = 1 << 0, "深度休眠"
    SLEEP = 1 << 1, "休眠"


class VehicleSignal(Bits):
    """Signals of the vehicle (扩展车辆信号)."""

    LOW_BEAM = 1 << 0, "近光灯"
    HIGH_BEAM = 1 << 1, "远光灯"
    RIGHT_TURN = 1 << 2, "右转向灯"
    LEFT_TURN = 1 << 3, "左转向灯"
    BRAKE = 1 << 4, "制动"
    REVERSE = 1 << 5, "倒档"
    FOG_LIGHT = 1 << 6, "雾灯"
    CLEARANCE_LIGHT = 1 << 7, "示廓灯"
    HORN = 1 << 8, "喇叭"
    AIR_CONDITIONING = 1 << 9, "空调"
    NEUTRAL = 1 << 10, "空挡"
    RETARDER = 1 << 11, "缓速器工作"
    ABS = 1 << 12, "ABS 工作"
    HEATER = 1 << 13, "加热器工作"
    CLUTCH = 1 << 14, "离合器"
