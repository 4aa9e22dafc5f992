"""Asking for and setting a terminal's parameters (参数消息). JT/T 808-2019, messages 0x8103, 0x8104, 0x8106, 0x0104."""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.jt808.parameters import PARAMETER_LIST, item, values
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import U8, U16, U32, Repeated

from .catalogue import message


@message(0x8103, "设置终端参数")
@dataclass(frozen=True, slots=True)
class SetParameters(Message):
    """Work by these parameters from now on. JT/T 808-2019, message 0x8103."""

    count: int = wire(U8, "参数总数")
    params: tuple[Tlv, ...] = wire(PARAMETER_LIST, "参数项列表", default=())

    @classmethod
    def of(cls, wanted: dict[int, Any]) -> "SetParameters":
        """The message that sets each id to its value. Raises ``UnknownParameter``, ``UnfitValue``."""
        return cls(len(wanted), tuple(item(parameter_id, value) for parameter_id, value in wanted.items()))

    def values(self) -> dict[int, Any]:
        """The values that the tables can read, by id."""
        return values(self.params)


@message(0x8104, "查询终端参数")
@dataclass(frozen=True, slots=True)
class ParametersQuery(Message):
    """What are all your parameters? JT/T 808-2019, message 0x8104; empty."""


@message(0x8106, "查询指定终端参数")
@dataclass(frozen=True, slots=True)
class ListedParametersQuery(Message):
    """What are these of your parameters? JT/T 808-2019, message 0x8106."""

    ids: tuple[int, ...] = wire(Repeated(U32, count=U8), "参数ID列表")


@message(0x0104, "查询终端参数应答")
@dataclass(frozen=True, slots=True)
class ParametersAnswer(Message):
    """The parameters asked for. JT/T 808-2019, message 0x0104."""

    ack_serial: int = wire(U16, "应答流水号")
    count: int = wire(U8, "应答参数个数")
    params: tuple[Tlv, ...] = wire(PARAMETER_LIST, "参数项列表", default=())

    def values(self) -> dict[int, Any]:
        """The values that the tables can read, by id."""
        return values(self.params)
