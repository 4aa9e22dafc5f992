"""Flag bits of T/JSATL 12-2017 (标志位)."""

from datacenter.protocols.wire import Bits


class VehicleStatus(Bits):
    """State of the vehicle at the moment of an alarm (车辆状态)."""

    ACC = 1 << 0, "ACC"
    LEFT_TURN = 1 << 1, "左转向"
    RIGHT_TURN = 1 << 2, "右转向"
    WIPER = 1 << 3, "雨刮器"
    BRAKE = 1 << 4, "制动"
    CARD_INSERTED = 1 << 5, "插卡"
    LOCATED = 1 << 10, "定位"


class TyreEvent(Bits):
    """What is wrong with a tyre (胎压报警/事件类型)."""

    PERIODIC = 1 << 0, "胎压定时上报"
    PRESSURE_HIGH = 1 << 1, "胎压过高"
    PRESSURE_LOW = 1 << 2, "胎压过低"
    TEMPERATURE_HIGH = 1 << 3, "胎温过高"
    SENSOR_FAULT = 1 << 4, "传感器异常"
    IMBALANCE = 1 << 5, "胎压不平衡"
    SLOW_LEAK = 1 << 6, "慢漏气"
    BATTERY_LOW = 1 << 7, "电池电量低"


class PeripheralAlarm(Bits):
    """What is wrong with a peripheral (外设报警状态)."""

    CAMERA = 1 << 0, "摄像头异常"
    MAIN_STORAGE = 1 << 1, "主存储器异常"
    BACKUP_STORAGE = 1 << 2, "辅存储器异常"
    INFRARED = 1 << 3, "红外补光异常"
    SPEAKER = 1 << 4, "扬声器异常"
    BATTERY = 1 << 5, "电池异常"
    COMMUNICATION = 1 << 10, "通讯模块异常"
    POSITIONING = 1 << 11, "定位模块异常"
