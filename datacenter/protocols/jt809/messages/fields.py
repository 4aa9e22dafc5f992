"""Kinds of fields that several themes have, under one name each."""

from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText
from datacenter.protocols.jt809.codes import ALARM_TYPES, PLATE_COLOURS, PLATE_COLOURS_2019
from datacenter.protocols.layout import wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32

PLATE = KeptText(21)
COLOUR, COLOUR_2019 = Coded(U8, PLATE_COLOURS), Coded(U8, PLATE_COLOURS_2019)
PLATFORM = KeptText(11, lossy=True)
"""A platform's code: text in most platforms, a number in eleven bytes in some."""
CONTENT = KeptText(count=U32, count_name="len")
ALARM_TYPE = Coded(U16, ALARM_TYPES)


def src_type() -> Any:
    """Which request this answers: its sub-type. 2019."""
    return wire(ABSENT, "对应的子业务类型标识", default=None, v2019=U16)


def src_serial() -> Any:
    """Which request this answers: the serial number of its message. 2019."""
    return wire(ABSENT, "对应的报文序列号", default=None, v2019=U32)
