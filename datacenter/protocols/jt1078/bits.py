"""Names of flag bits (标志位定义). JT/T 1078-2016; the video alarms of a position are in ``jt808.bits``."""

from datacenter.protocols.wire import Bits


class UploadCondition(Bits):
    """Over which networks a file may be sent (任务执行条件). Message 0x9206."""

    WIFI = 1 << 0, "WIFI"
    LAN = 1 << 1, "LAN"
    MOBILE = 1 << 2, "3G/4G"


class Overlay(Bits):
    """What is written over the picture (OSD 字幕叠加). Parameters 0x0075 and 0x0077."""

    DATE_TIME = 1 << 0, "日期和时间"
    PLATE = 1 << 1, "车牌号码"
    CHANNEL = 1 << 2, "逻辑通道号"
    POSITION = 1 << 3, "经纬度"
    RECORDER_SPEED = 1 << 4, "行驶记录速度"
    SATELLITE_SPEED = 1 << 5, "卫星定位速度"
    DRIVING_TIME = 1 << 6, "连续驾驶时间"


class WakeMode(Bits):
    """How a sleeping terminal may be woken (休眠唤醒模式). Parameter 0x007C."""

    CONDITION = 1 << 0, "条件唤醒"
    TIMER = 1 << 1, "定时唤醒"
    MANUAL = 1 << 2, "手动唤醒"


class WakeCondition(Bits):
    """Which events wake it (唤醒条件类型). Parameter 0x007C."""

    EMERGENCY = 1 << 0, "紧急报警"
    COLLISION = 1 << 1, "碰撞侧翻报警"
    DOOR = 1 << 2, "车辆开门"


class Weekday(Bits):
    """On which days the timer wakes it (周定时唤醒日设置). Parameter 0x007C."""

    MONDAY = 1 << 0, "周一"
    TUESDAY = 1 << 1, "周二"
    WEDNESDAY = 1 << 2, "周三"
    THURSDAY = 1 << 3, "周四"
    FRIDAY = 1 << 4, "周五"
    SATURDAY = 1 << 5, "周六"
    SUNDAY = 1 << 6, "周日"


class Period(Bits):
    """Which of the day's four periods are in use (日定时唤醒启用标志). Parameter 0x007C."""

    FIRST = 1 << 0, "时间段1"
    SECOND = 1 << 1, "时间段2"
    THIRD = 1 << 2, "时间段3"
    FOURTH = 1 << 3, "时间段4"
