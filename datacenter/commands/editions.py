"""An order for another edition of JT/T 808 than the registry has for its terminal (版本转换).

Most messages lie alike, or their tables fill in what an edition has besides. These say the same in other fields.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from datacenter.protocols.jt808.messages import TextMessage, VehicleControl
from datacenter.protocols.jt808.messages.control import Control

_KIND, _URGENT_2013 = 0b11, 0b01
_URGENT_2019, _NOTICE_2019 = 0b10, 0b11
_NOTICE = 1
_DOORS, _LOCK, _UNLOCK = 1, 0, 1


def in_edition(message: Any, edition: str) -> Any:
    """``message`` as a terminal of ``edition`` understands it. JT/T 808-2013 and -2019, messages 0x8300 and 0x8500."""
    later = edition == "2019"
    if isinstance(message, TextMessage):
        if later and message.text_type is None:
            kind = _URGENT_2019 if message.flag & _URGENT_2013 else _NOTICE_2019
            return replace(message, flag=message.flag & ~_KIND | kind, text_type=_NOTICE)
        if not later and message.text_type is not None:
            urgent = _URGENT_2013 if message.flag & _KIND == _URGENT_2019 else 0
            return replace(message, flag=message.flag & ~_KIND | urgent, text_type=None)
    if isinstance(message, VehicleControl):
        if later and message.controls is None:
            return VehicleControl(controls=(Control(_DOORS, _LOCK if message.control else _UNLOCK),))
        if not later and message.controls:
            return VehicleControl(control=int(message.controls[0].param == _LOCK))
    return message
