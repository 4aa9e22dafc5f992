"""Acknowledgements and the heartbeat (通用应答、心跳). There is no registration and no authentication here."""

from dataclasses import dataclass

from datacenter.protocols.jt905.codes import RESULT
from datacenter.protocols.layout import Message, wire
from datacenter.protocols.wire import U16

from .catalogue import message


@message(0x0001, "ISU 通用应答")
@dataclass(frozen=True, slots=True)
class TerminalReply(Message):
    """A terminal's answer to what has no answer of its own. JT/T 905.2-2014, message 0x0001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(RESULT, "结果")


@message(0x0002, "ISU 心跳")
@dataclass(frozen=True, slots=True)
class Heartbeat(Message):
    """A terminal is alive. JT/T 905.2-2014, message 0x0002; empty."""


@message(0x8001, "中心通用应答")
@dataclass(frozen=True, slots=True)
class CentreReply(Message):
    """The centre's answer to what has no answer of its own. JT/T 905.2-2014, message 0x8001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(RESULT, "结果")
