"""Words for the bits of a position (报警、状态用语), as officers read them. JT/T 808-2019, tables 24 and 25."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datacenter.protocols.jt808.bits import Alarm, Status
from datacenter.tracks.position import Flag

ALARM_WORDS: dict[Alarm, str] = {
    Alarm.EMERGENCY: "紧急报警",
    Alarm.OVERSPEED: "超速报警",
    Alarm.FATIGUE: "疲劳驾驶",
    Alarm.DANGEROUS_DRIVING: "危险驾驶行为",
    Alarm.GNSS_FAULT: "定位模块故障",
    Alarm.ANTENNA_OPEN: "定位天线断开",
    Alarm.ANTENNA_SHORT: "定位天线短路",
    Alarm.POWER_LOW: "主电源欠压",
    Alarm.POWER_LOST: "主电源掉电",
    Alarm.DISPLAY_FAULT: "显示器故障",
    Alarm.TTS_FAULT: "语音模块故障",
    Alarm.CAMERA_FAULT: "摄像头故障",
    Alarm.CARD_READER_FAULT: "运输证读卡故障",
    Alarm.OVERSPEED_WARNING: "超速预警",
    Alarm.FATIGUE_WARNING: "疲劳驾驶预警",
    Alarm.AGAINST_RULES: "违规行驶报警",
    Alarm.TYRE_PRESSURE: "胎压预警",
    Alarm.RIGHT_TURN_BLIND_SPOT: "右转盲区异常",
    Alarm.DAILY_DRIVING_EXCEEDED: "当天累计驾驶超时",
    Alarm.PARKED_TOO_LONG: "超时停车",
    Alarm.AREA_CROSSED: "进出区域",
    Alarm.ROUTE_CROSSED: "进出路线",
    Alarm.SEGMENT_TIME: "路段行驶时间异常",
    Alarm.OFF_ROUTE: "路线偏离",
    Alarm.SPEED_SENSOR_FAULT: "车速传感器故障",
    Alarm.FUEL_ABNORMAL: "油量异常",
    Alarm.STOLEN: "车辆被盗",
    Alarm.ILLEGAL_IGNITION: "非法点火",
    Alarm.ILLEGAL_MOVEMENT: "非法位移",
    Alarm.COLLISION: "碰撞侧翻",
    Alarm.ROLLOVER: "侧翻预警",
    Alarm.ILLEGAL_DOOR: "非法开门",
}
# What paints a vehicle red: what asks an officer to look now. Warnings to the driver and passing events (area, route)
# stay words in the drawer.
ALARM_MASK = int(
    Alarm.EMERGENCY
    | Alarm.OVERSPEED
    | Alarm.FATIGUE
    | Alarm.DANGEROUS_DRIVING
    | Alarm.GNSS_FAULT
    | Alarm.ANTENNA_OPEN
    | Alarm.ANTENNA_SHORT
    | Alarm.POWER_LOST
    | Alarm.CAMERA_FAULT
    | Alarm.AGAINST_RULES
    | Alarm.OFF_ROUTE
    | Alarm.STOLEN
    | Alarm.ILLEGAL_MOVEMENT
    | Alarm.COLLISION
    | Alarm.ROLLOVER
)
# Bits of the status, with the word when set and when not; an empty word says nothing.
_STATUS_WORDS: tuple[tuple[Status, str, str], ...] = (
    (Status.ACC_ON, "ACC 开", "ACC 关"),
    (Status.FIXED, "已定位", "未定位"),
    (Status.OUT_OF_SERVICE, "停运", ""),
    (Status.OIL_CUT, "油路断开", ""),
    (Status.POWER_CUT, "电路断开", ""),
    (Status.DOOR_1_OPEN, "前门开", ""),
    (Status.DOOR_2_OPEN, "中门开", ""),
    (Status.DOOR_3_OPEN, "后门开", ""),
    (Status.DOOR_4_OPEN, "驾驶席门开", ""),
)
# What only JT/T 905 says of a taxi. Bit 9 of its status is loaded and metered in one, it can't say either alone.
LOADED_WORD, EMPTY_WORD = "重车（载客并计价）", "空车"
OCCUPANCY_WORDS = ("", EMPTY_WORD, LOADED_WORD)
"""By the numbers of ``occupancy``."""
_TAXI_WORDS: tuple[tuple[Flag, str], ...] = (
    (Flag.BOOKED, "预约（任务车）"),
    (Flag.PICK_UP, "本次上客"),
    (Flag.DROP_OFF, "本次下客"),
    (Flag.METER_FAULT, "计价器故障"),
    (Flag.METER_CLOCK, "计价器时钟超差"),
)


def alarm_words(bits: int) -> list[str]:
    """What the alarm bits say, in the standard's order."""
    return [word for flag, word in ALARM_WORDS.items() if bits & flag]


def status_words(bits: int) -> list[str]:
    """What the status bits say, in the standard's order."""
    return [word for flag, when_set, unset in _STATUS_WORDS if (word := when_set if bits & flag else unset)]


def occupancy_word(flags: int) -> str:
    """空车 or 重车; nothing of a vehicle that is no taxi, or of a taxi out of operation (停运 is a status)."""
    return OCCUPANCY_WORDS[int(occupancy(np.array([flags], np.int16))[0])]


def occupancy(flags: npt.NDArray[np.int16]) -> npt.NDArray[np.int8]:
    """0 nothing to say, 1 empty, 2 loaded and metered, for a column of flags."""
    says = ((flags & Flag.TAXI) != 0) & ((flags & Flag.OUT_OF_OPERATION) == 0)
    return (says * np.where((flags & Flag.LOADED) != 0, 2, 1)).astype(np.int8)


def taxi_words(flags: int) -> list[str]:
    """What the report of a taxi says besides alarm and status words: occupancy, booking, taximeter."""
    if not flags & Flag.TAXI:
        return []
    occupancy = occupancy_word(flags)
    return [*([occupancy] if occupancy else []), *(word for flag, word in _TAXI_WORDS if flags & flag)]


def bearing_word(degrees: int) -> str:
    """A bearing as a compass word: 正北, 东北 …"""
    return ("正北", "东北", "正东", "东南", "正南", "西南", "正西", "西北")[round(degrees / 45) % 8]
