"""Recorder, driver's card, data passed on, keys, lost packets (数据类). JT/T 808-2019, 0x8003, 0x8700 to 0x8A00."""

from datetime import date
from hashlib import sha512

from datacenter.protocols.jt808.messages import (
    DriverIdentity,
    DriverQuery,
    PassthroughDown,
    PassthroughUp,
    PlatformKey,
    RecorderData,
    RecorderQuery,
    ResendRequest,
    TerminalKey,
)
from datacenter.protocols.jt808.recorder import RecorderBlock
from datacenter.protocols.wire import GMT8
from datacenter.simulator.desk import FAILED, Answer, Desk
from datacenter.simulator.draw import draw
from datacenter.simulator.people import driver_at

from .table import answers

CARD_IN, CARD_OUT = 1, 2
_ISSUER = "盘锦市交通运输局（演示）"
_EXPONENT = 65537


def driver_card(desk: Desk, state: int = CARD_IN) -> DriverIdentity:
    """The driver's card in the reader: who the demo registry has as the vehicle's driver at this hour."""
    spot = desk.spot()
    local = spot.time.astimezone(GMT8)
    if state == CARD_OUT:
        return DriverIdentity(CARD_OUT, spot.time)
    driver = driver_at(desk.vehicle, local.hour)
    valid_to = date(local.year + 1 + draw("card", driver.number) % 5, 12, 31)
    identity = driver.identity_no if desk.vehicle.edition == "2019" else None
    return DriverIdentity(CARD_IN, spot.time, 0, driver.name, None, driver.identity_no, _ISSUER, valid_to, identity)


@answers(0x8702)
def tell_driver(desk: Desk, order: DriverQuery, serial: int) -> Answer:
    """Who is driving, as the card says."""
    return [driver_card(desk)]


@answers(0x8700)
def read_recorder(desk: Desk, order: RecorderQuery, serial: int) -> Answer:
    """A block of the tachograph; what its data look like was not found, so there are none in it."""
    return [RecorderData(serial, order.command, RecorderBlock(order.command, b"").pack())]


@answers(0x8900)
def pass_through(desk: Desk, order: PassthroughDown, serial: int) -> Answer:
    """The device behind the terminal says the same back."""
    desk.reply(serial, order.message_id)
    return [PassthroughUp(order.type, order.data)]


@answers(0x8A00)
def exchange_keys(desk: Desk, order: PlatformKey, serial: int) -> Answer:
    """Its own public key, made up: nothing is encrypted with it. No general reply: 0x0A00 is the answer."""
    desk.notes.kept["platform key"] = (order.e, order.n)
    half = sha512(desk.vehicle.terminal_id.encode()).digest()
    modulus = bytearray(half + sha512(half).digest())
    modulus[0] |= 0x80
    modulus[-1] |= 1
    return [TerminalKey(_EXPONENT, bytes(modulus))]


@answers(0x8003)
def send_again(desk: Desk, order: ResendRequest, serial: int) -> Answer:
    """The packets that did not arrive; where they are gone, it says that it failed."""
    found = desk.errands.again(order.orig_serial, order.packets, desk.now)
    return None if found else FAILED


__all__ = ["CARD_IN", "CARD_OUT", "driver_card"]
