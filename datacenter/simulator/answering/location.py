"""Where it is, tracking, alarms confirmed, doors (位置与车辆控制). JT/T 808-2019, 0x8201 to 0x8204 and 0x8500."""

from datacenter.protocols.jt808.bits import Status
from datacenter.protocols.jt808.messages import (
    AlarmConfirmation,
    LinkCheck,
    LocationAnswer,
    LocationQuery,
    Tracking,
    VehicleControl,
    VehicleControlAnswer,
)
from datacenter.simulator.desk import DONE, UNSUPPORTED, Answer, Desk
from datacenter.simulator.spot import Spot

from .table import answers

DOORS = 1


@answers(0x8201)
def tell_place(desk: Desk, order: LocationQuery, serial: int) -> Answer:
    """The place now."""
    return [LocationAnswer(serial, desk.spot().place_report())]


@answers(0x8202)
def be_tracked(desk: Desk, order: Tracking, serial: int) -> Answer:
    """Positions out of turn every so often for a while."""
    track(desk, order.interval_s, order.valid_s or 0)
    return DONE


def track(desk: Desk, interval_s: float, valid_s: float) -> None:
    """Report every ``interval_s`` for ``valid_s``; an interval of 0 ends it."""
    former = desk.notes.kept.pop("tracking", None)
    if former is not None:
        desk.unwatch(former)
    if not interval_s or not valid_s:
        return
    ends, due = desk.now + valid_s, desk.now + interval_s

    def report(spot: Spot) -> None:
        nonlocal due
        if due > ends:
            desk.unwatch(report)
        elif desk.now >= due:
            due = max(due + interval_s, desk.now)
            desk.report()

    desk.notes.kept["tracking"] = report
    desk.watch(report)


@answers(0x8203)
def confirm(desk: Desk, order: AlarmConfirmation, serial: int) -> Answer:
    """A person has seen them: these alarms end."""
    desk.clear(order.confirmed)
    return DONE


@answers(0x8204)
def be_there(desk: Desk, order: LinkCheck, serial: int) -> Answer:
    """Yes."""
    return DONE


@answers(0x8500)
def control(desk: Desk, order: VehicleControl, serial: int) -> Answer:
    """Lock or unlock the doors; the status bits of the answer tell. Other controls it has none of."""
    if order.controls is not None:
        wanted = [one.param for one in order.controls if one.type == DOORS]
        if not wanted:
            return UNSUPPORTED
        lock = wanted[-1] == 0  # 2019: 0 locks
    else:
        lock = bool((order.control or 0) & 1)  # up to 2013: bit 0 locks
    desk.status = desk.status | Status.DOORS_LOCKED if lock else desk.status & ~Status.DOORS_LOCKED
    return [VehicleControlAnswer(serial, desk.spot().place_report())]
