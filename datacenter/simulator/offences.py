"""What demo drivers do that an officer should see at the desk (演示违规): five of the seven, now and then.

The other two are in the movement and the meters: faulty devices (``behaviour``), rides without the meter (``shifts``).
Each comes first within five minutes of a run's beginning, then some five times an hour in the whole fleet, by the
vehicles' own clock. Who commits it is drawn: a run that begins at the same moment is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from datacenter.protocols.active_safety.codes import ADAS, DSM
from datacenter.protocols.jt808.bits import VideoAlarm
from datacenter.protocols.tlv import Tlv
from datacenter.simulator import crossings
from datacenter.simulator.answering import media, safety
from datacenter.simulator.desk import Desk
from datacenter.simulator.draw import draw, share
from datacenter.simulator.spot import Spot
from datacenter.simulator.terminal import Terminal

KINDS = ("taxi", "coach", "hazmat", "heavy_truck")
GAP_S = (480, 960)
"""Shortest and longest time between two of a kind."""
CANDIDATES = 60
"""Vehicles asked at a time; of a fleet that stands still nobody does anything."""
LOOK_EVERY_S = 0.2
LONGEST_STEP_S = 20
"""Between two looks at a vehicle that passes a crossing, by its clock: over a longer step nobody knows the way."""
CABIN_CHANNEL = 2
_ACC, _MOVING_DKMH = 1, 100
_VIDEO_ITEM, _COVERED_ITEM = 0x14, 0x16

Spots = Callable[[Sequence[int]], list[Spot]]


@dataclass(frozen=True, slots=True)
class Offence:
    """One kind: when it comes first after the beginning, and how the terminal tells it."""

    name: str
    first_s: int
    tell: Callable[[Desk, int, Spot | None], object]
    at_crossing: bool = False


def cover_camera(desk: Desk, luck: int, spot: Spot | None = None) -> None:
    """A hand or a cloth before the cabin camera: its own bit, and the picture that it takes by the clock."""
    channel = CABIN_CHANNEL
    bits = Tlv(_VIDEO_ITEM, int(VideoAlarm.SIGNAL_COVERED).to_bytes(4, "big"))
    desk.report(bits, Tlv(_COVERED_ITEM, (1 << (channel - 1)).to_bytes(4, "big")))
    media.send(desk, media.take(desk, channel, media.TIMED, shows="covered"))


def alarm(item: int, event: int) -> Callable[[Desk, int, Spot | None], object]:
    """An active-safety alarm of the demo makers' table, with its pictures and sometimes the state record."""

    def tell(desk: Desk, luck: int, spot: Spot | None = None) -> object:
        level, files = 1 + luck % 2, 2 + luck // 2 % 2
        return safety.raise_safety_alarm(desk, item, event, level=level, files=files, spot=spot)

    return tell


OFFENCES = (
    Offence("phone", 40, alarm(DSM, safety.PHONE)),
    Offence("smoking", 80, alarm(DSM, safety.SMOKING)),
    Offence("no belt", 120, alarm(DSM, safety.NO_BELT)),
    Offence("covered camera", 160, cover_camera),
    Offence("not yielding", 60, alarm(ADAS, safety.NOT_YIELDING), at_crossing=True),
)


class Offences:
    """Watches a run's terminals that speak JT/T 808; JT/T 905 has no such alarms."""

    def __init__(self, terminals: Sequence[Terminal]) -> None:
        self._terminals = terminals
        self._rows = [
            row for row, one in enumerate(terminals) if one.vehicle.kind in KINDS and one.vehicle.edition != "905"
        ]
        self._due: dict[str, int] = {}
        self._count: dict[str, int] = {}
        self._before: dict[int, Spot] = {}  # of those that may pass a crossing
        self._looked = 0.0

    def look(self, now: float, spots: Spots) -> None:
        """To be called often; looks five times a second."""
        if now - self._looked < LOOK_EVERY_S or not self._rows:
            return
        self._looked = now
        moment = spots(self._rows[:1])[0].time_s
        for offence in OFFENCES:
            due = self._due.setdefault(offence.name, moment + offence.first_s)
            if moment >= due:
                find = self._at_crossing if offence.at_crossing else self._driving
                self._commit(offence, moment, find(offence, spots))

    def _commit(self, offence: Offence, moment: int, found: tuple[int, Spot | None] | None) -> None:
        if found is None:
            return
        row, spot = found
        number = self._count.get(offence.name, 0)
        luck = draw(offence.name, number)
        self._terminals[row].desk.later(0.0, partial(offence.tell, self._terminals[row].desk, luck, spot))
        self._count[offence.name] = number + 1
        least, most = GAP_S
        self._due[offence.name] = moment + least + int(share(f"{offence.name} gap", number) * (most - least))

    def _candidates(self, offence: Offence) -> list[int]:
        number = self._count.get(offence.name, 0)
        lot = [row for row in self._rows if self._terminals[row].online]
        lot.sort(key=lambda row: draw(offence.name, self._terminals[row].vehicle.index * 1_000_003 + number))
        return lot

    def _driving(self, offence: Offence, spots: Spots) -> tuple[int, Spot | None] | None:
        lot = self._candidates(offence)
        for first in range(0, len(lot), CANDIDATES):
            rows = lot[first : first + CANDIDATES]
            for row, spot in zip(rows, spots(rows), strict=True):
                if _moves(spot):
                    return row, None
        return None

    def _at_crossing(self, offence: Offence, spots: Spots) -> tuple[int, Spot | None] | None:
        """The first moving vehicle seen to pass a crossing, and it there; those that stop make room for others."""
        rows = list(self._before) if len(self._before) > CANDIDATES // 2 else self._candidates(offence)
        here = dict(zip(rows, spots(rows), strict=True))
        moving = {row: spot for row, spot in here.items() if _moves(spot)}
        for row, spot in moving.items():
            before = self._before.get(row)
            near = before is not None and spot.time_s - before.time_s <= LONGEST_STEP_S
            if before is not None and near and (crossing := crossings.passed(before, spot)):
                self._before = {}
                return row, crossings.at(crossing, before, spot)
        self._before = dict(list(moving.items())[:CANDIDATES])
        return None


def _moves(spot: Spot) -> bool:
    """Whether it drives and can tell: a terminal that is silent sends no picture either."""
    return not spot.silent and bool(spot.status & _ACC) and spot.speed_dkmh >= _MOVING_DKMH
