"""Parameters, attributes, control and upgrade (参数与控制). JT/T 808-2019, 0x8103 to 0x8108.

Parameters hold what was set, bytes as they came; of all of them only the heartbeat's interval (0x0001) is obeyed.
"""

from functools import partial

from datacenter.protocols.jt808.messages import (
    Attributes,
    AttributesQuery,
    ListedParametersQuery,
    ParametersAnswer,
    ParametersQuery,
    SetParameters,
    TerminalControl,
    TerminalType,
    UpgradePackage,
    UpgradeResult,
)
from datacenter.protocols.jt808.messages.control import GnssModule, RadioModule
from datacenter.protocols.jt808.parameters import PARAMETERS, item
from datacenter.protocols.tlv import Tlv
from datacenter.simulator.desk import DONE, FAILED, UNSUPPORTED, WRONG, Answer, Desk
from datacenter.simulator.fleet import DemoVehicle

from .table import answers

FIRMWARE = "demo-1.0"
_HEARTBEAT = 0x0001
_FACTORY: dict[int, object] = {
    _HEARTBEAT: 60, 0x0002: 10, 0x0003: 5, 0x0010: "CMNET", 0x0013: "127.0.0.1", 0x0018: 7611, 0x0019: 0,
    0x0020: 0, 0x0021: 0, 0x0022: 60, 0x0027: 300, 0x0028: 5, 0x0029: 10, 0x002C: 500, 0x0030: 30, 0x0031: 100,
    0x0040: "04270000000", 0x0045: 1, 0x0046: 600, 0x0048: "04270000001", 0x0050: 0, 0x0051: 0, 0x0052: 1,
    0x0053: 1, 0x0054: 1, 0x0055: 100, 0x0056: 60, 0x0057: 14_400, 0x0058: 28_800, 0x0059: 1200, 0x005A: 7200,
    0x005B: 50, 0x005C: 1800, 0x005D: 0x0A19, 0x005E: 30, 0x0064: 0, 0x0065: 0, 0x0070: 5, 0x0071: 128,
    0x0072: 64, 0x0073: 64, 0x0074: 128, 0x0081: 21, 0x0082: 1100, 0x0090: 3, 0x0091: 1, 0x0092: 1, 0x0093: 1,
    0x0094: 0, 0x0095: 0, 0x0100: 0, 0x0101: 0, 0x0102: 0, 0x0103: 0,
}  # fmt: skip
"""What a demo terminal leaves the factory with; made up, within what the standard allows."""
_TYPES = {
    "taxi": TerminalType.TAXI,
    "bus": TerminalType.PASSENGER,
    "coach": TerminalType.PASSENGER,
    "hazmat": TerminalType.DANGEROUS_GOODS | TerminalType.FREIGHT,
    "heavy_truck": TerminalType.FREIGHT,
}


def factory_parameters(vehicle: DemoVehicle) -> dict[int, Tlv]:
    """A terminal's parameters before anybody set one."""
    own = {0x0080: 0, 0x0083: vehicle.plate, 0x0084: min(vehicle.plate_colour, 9)}
    if vehicle.edition == "2019":
        own |= {0x0032: b"\x02\x00\x05\x00"}  # 02:00 to 05:00
    told = {
        number: value
        for number, value in (_FACTORY | own).items()
        if PARAMETERS[number].editions != ("2011-2013" if vehicle.edition == "2019" else "2019")
    }
    return {number: item(number, value) for number, value in sorted(told.items())}


def parameters(desk: Desk) -> dict[int, Tlv]:
    """What the terminal works by now."""
    if "parameters" not in desk.notes.kept:
        desk.notes.kept["parameters"] = factory_parameters(desk.vehicle)
    kept: dict[int, Tlv] = desk.notes.kept["parameters"]
    kept[0x0080] = item(0x0080, desk.spot().mileage_hm & 0xFFFF_FFFF)
    return kept


@answers(0x8103)
def set_parameters(desk: Desk, order: SetParameters, serial: int) -> Answer:
    """Keep them; a list that was cut off or counts wrong changes nothing."""
    if order.count != len(order.params) or any(one.declared is not None or one.id < 0 for one in order.params):
        return WRONG
    parameters(desk).update({one.id: one for one in order.params})
    heartbeat_s = order.values().get(_HEARTBEAT)
    if heartbeat_s:
        desk.line.heartbeat_s = float(heartbeat_s)
    return DONE


@answers(0x8104)
def tell_parameters(desk: Desk, order: ParametersQuery, serial: int) -> Answer:
    """All of them."""
    found = tuple(one for _, one in sorted(parameters(desk).items()))
    return [ParametersAnswer(serial, len(found), found)]


@answers(0x8106)
def tell_listed(desk: Desk, order: ListedParametersQuery, serial: int) -> Answer:
    """Those asked for that the terminal has."""
    known = parameters(desk)
    found = tuple(known[number] for number in order.ids if number in known)
    return [ParametersAnswer(serial, len(found), found)]


@answers(0x8105)
def obey(desk: Desk, order: TerminalControl, serial: int) -> Answer:
    """Upgrade, off, restart, factory settings; it stays with this platform whatever it is told (command 2)."""
    if order.command == 1:
        desk.later(8.0, partial(desk.keep, UpgradeResult(0, 0)))
    elif order.command == 2:
        return FAILED
    elif order.command in (3, 4, 6, 7):
        desk.later(1.0, desk.line.hang_up)
    elif order.command == 5:
        desk.notes.kept.pop("parameters", None)
    else:
        return UNSUPPORTED
    return DONE


@answers(0x8107)
def tell_attributes(desk: Desk, order: AttributesQuery, serial: int) -> Answer:
    """What it is made of."""
    vehicle = desk.vehicle
    kind = _TYPES[vehicle.kind] | TerminalType.SPLIT
    gnss, radio = GnssModule.GPS | GnssModule.BEIDOU, RadioModule.GPRS | RadioModule.TD_LTE
    maker = vehicle.maker_id[-5:]  # 0x0107 has five bytes in the text of 2019 too
    firmware = str(desk.notes.kept.get("firmware", FIRMWARE))
    return [
        Attributes(int(kind), maker, vehicle.model, vehicle.terminal_id, vehicle.iccid, "hw-1.0", firmware, gnss, radio)
    ]


@answers(0x8108)
def upgrade(desk: Desk, order: UpgradePackage, serial: int) -> Answer:
    """Take the package; the result comes later. Nothing in it, or another maker's: failed."""
    fits = bool(order.data) and order.maker_id.strip() in ("", desk.vehicle.maker_id, desk.vehicle.maker_id[-5:])
    if fits:
        desk.notes.kept["firmware"] = order.version
    desk.later(8.0, partial(desk.keep, UpgradeResult(order.upgrade_type, 0 if fits else 1)))
    return DONE


__all__ = ["FIRMWARE", "factory_parameters", "parameters"]
