"""Turning and tending a camera (云台控制). JT/T 1078-2016, messages 0x9301 to 0x9306."""

from dataclasses import dataclass

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt1078.codes import DIRECTIONS, LARGER_SMALLER, STOP_START
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U8

from .catalogue import message


@message(0x9301, "云台旋转")
@dataclass(frozen=True, slots=True)
class Rotate(Message):
    """Turn the camera, or stop it. JT/T 1078-2016, message 0x9301."""

    channel: int = wire(U8, "逻辑通道号")
    direction: int = wire(Coded(U8, DIRECTIONS), "方向")
    pace: int = wire(U8, "速度", name="speed")


@message(0x9302, "云台调整焦距控制")
@dataclass(frozen=True, slots=True)
class Focus(Message):
    """Focus nearer or farther. JT/T 1078-2016, message 0x9302."""

    channel: int = wire(U8, "逻辑通道号")
    action: int = wire(Coded(U8, LARGER_SMALLER), "焦距调整方向")


@message(0x9303, "云台调整光圈控制")
@dataclass(frozen=True, slots=True)
class Aperture(Message):
    """Open or close the aperture. JT/T 1078-2016, message 0x9303."""

    channel: int = wire(U8, "逻辑通道号")
    action: int = wire(Coded(U8, LARGER_SMALLER), "光圈调整方式")


@message(0x9304, "云台雨刷控制")
@dataclass(frozen=True, slots=True)
class Wiper(Message):
    """Start or stop the wiper. JT/T 1078-2016, message 0x9304."""

    channel: int = wire(U8, "逻辑通道号")
    action: int = wire(Coded(U8, STOP_START), "启停标识")


@message(0x9305, "红外补光控制")
@dataclass(frozen=True, slots=True)
class Infrared(Message):
    """Switch the infrared lamp. JT/T 1078-2016, message 0x9305."""

    channel: int = wire(U8, "逻辑通道号")
    action: int = wire(Coded(U8, STOP_START), "启停标识")


@message(0x9306, "云台变倍控制")
@dataclass(frozen=True, slots=True)
class Zoom(Message):
    """Zoom in or out. JT/T 1078-2016, message 0x9306."""

    channel: int = wire(U8, "逻辑通道号")
    action: int = wire(Coded(U8, LARGER_SMALLER), "变倍控制")
