"""How a terminal puts messages on the line: JT/T 808 by edition and in packets, JT/T 905 in one frame each (表达)."""

from collections.abc import Callable
from typing import Any

from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY_MESSAGES
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import MAX_BODY, Edition, Header
from datacenter.protocols.jt808.messages import MESSAGES, TerminalReply
from datacenter.protocols.jt905 import header as taxi_header
from datacenter.protocols.jt905.messages import MESSAGES as TAXI_MESSAGES
from datacenter.protocols.jt905.messages import TerminalReply as TaxiReply
from datacenter.protocols.jt1078.messages import MESSAGES as VIDEO_MESSAGES
from datacenter.protocols.layout import Catalogue, Message
from datacenter.protocols.tlv import Tlv
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.spot import Spot

Serial = Callable[[], int]
Framed = tuple[int, list[bytes]]
"""Serial number of the first frame, and the frames."""


class Speech808:
    """JT/T 808 as the vehicle's terminal speaks it."""

    catalogue: Catalogue = MESSAGES.joined("jt808", VIDEO_MESSAGES, SAFETY_MESSAGES)

    def __init__(self, vehicle: DemoVehicle) -> None:
        self._vehicle = vehicle
        self.edition = Edition(vehicle.edition)

    def framed(self, message: Message, serial: Serial) -> Framed:
        """The frames that carry ``message``, numbered one after another."""
        body = message.encode(self.edition)
        parts = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)] or [b""]
        split = len(parts) > 1
        numbers = [serial() for _ in parts]
        frames = [
            seal(
                Header(
                    message.message_id,
                    len(part),
                    self._vehicle.phone,
                    number,
                    self.edition,
                    subpackaged=split,
                    packets=len(parts) if split else 0,
                    packet_no=place if split else 0,
                ).pack()
                + part
            )
            for place, (number, part) in enumerate(zip(numbers, parts, strict=True), start=1)
        ]
        return numbers[0], frames

    def reply(self, serial: int, message_id: int, result: int) -> Message:
        """The general reply."""
        return TerminalReply(serial, message_id, result)

    def report(self, spot: Spot, extras: tuple[Tlv, ...] = (), taxi_status: int = 0) -> Message:
        """A position report."""
        return spot.report(*extras)

    def read(self, message_id: int, body: bytes) -> Any:
        """A message of the platform's."""
        return self.catalogue.decode(message_id, body, self.edition)


class Speech905:
    """JT/T 905: no editions, no packets; result 3 does not exist, so what is not supported has failed."""

    catalogue: Catalogue = TAXI_MESSAGES
    edition = taxi_header.EDITION

    def __init__(self, vehicle: DemoVehicle) -> None:
        self._isu = vehicle.phone

    def framed(self, message: Message, serial: Serial) -> Framed:
        body, number = message.encode(), serial()
        head = taxi_header.Header(message.message_id, len(body), self._isu, number)
        return number, [seal(head.pack() + body)]

    def reply(self, serial: int, message_id: int, result: int) -> Message:
        return TaxiReply(serial, message_id, min(result, 1) if result == 3 else result)

    def report(self, spot: Spot, extras: tuple[Tlv, ...] = (), taxi_status: int = 0) -> Message:
        return spot.taxi_report(taxi_status, *extras)

    def read(self, message_id: int, body: bytes) -> Any:
        return self.catalogue.decode(message_id, body)
