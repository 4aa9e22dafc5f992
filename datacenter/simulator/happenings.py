"""What happens in a demo city besides driving (演示事件): cards, waybills, active-safety alarms, emergencies.

Every vehicle is looked at once in ten seconds; what happens then is drawn from vehicle and moment, so it is the same in
every run. Rates are those of a city, not of a test: a vehicle may go for days without anything.
"""

from collections.abc import Callable, Sequence
from functools import partial

from datacenter.protocols.active_safety.codes import ADAS, DSM
from datacenter.protocols.jt808.bits import Alarm
from datacenter.protocols.jt808.messages import WaybillReport
from datacenter.simulator import waybill
from datacenter.simulator.answering import data, media, safety, taxi
from datacenter.simulator.desk import Desk
from datacenter.simulator.draw import draw, share
from datacenter.simulator.spot import Spot
from datacenter.simulator.terminal import Terminal

EVERY_S = 10
SAFETY_KINDS = ("coach", "hazmat", "heavy_truck")
CARD_KINDS = ("coach", "hazmat")
SAFETY_ALARMS_A_DRIVING_HOUR = 0.02
EMERGENCIES_A_DAY = 5.0
"""In the whole fleet of 11,268, of which about a third drives."""
_EMERGENCY_CHANCE = EMERGENCIES_A_DAY / (11_268 * 86_400 / EVERY_S * 0.33)
_SAFETY_CHANCE = SAFETY_ALARMS_A_DRIVING_HOUR * EVERY_S / 3600
_ACC = 1
_MOVING_DKMH = 100


class Happenings:
    """Watches a run's terminals."""

    def __init__(self, terminals: Sequence[Terminal]) -> None:
        self._terminals = terminals
        self._running: dict[int, bool] = {}
        self._looked = 0.0
        self._slice = 0

    def look(self, now: float, spots: Callable[[Sequence[int]], list[Spot]]) -> None:
        """To be called often; once a second it looks at a tenth of the vehicles."""
        if now - self._looked < 1.0:
            return
        self._looked = now
        rows = range(self._slice, len(self._terminals), EVERY_S)
        self._slice = (self._slice + 1) % EVERY_S
        if rows:
            for row, spot in zip(rows, spots(rows), strict=True):
                self._look_at(row, self._terminals[row], spot)

    def _look_at(self, row: int, terminal: Terminal, spot: Spot) -> None:
        vehicle = terminal.vehicle
        running = bool(spot.status & _ACC)
        before = self._running.get(row)
        self._running[row] = running
        if before is not None and running != before and vehicle.kind in CARD_KINDS:
            depart(terminal.desk) if running else arrive(terminal.desk)
        if not running or spot.silent or spot.speed_dkmh < _MOVING_DKMH:
            return
        luck = vehicle.index * 10_000_019 + spot.time_s // EVERY_S
        if vehicle.kind in SAFETY_KINDS and share("safety alarm", luck) < _SAFETY_CHANCE:
            alarm(terminal.desk, draw("which alarm", luck))
        if share("emergency", luck) < _EMERGENCY_CHANCE:
            press_emergency(terminal.desk)


def depart(desk: Desk) -> None:
    """The driver puts the card in; a dangerous-goods vehicle tells its waybill."""
    desk.keep(data.driver_card(desk))
    if desk.vehicle.kind == "hazmat":
        desk.keep(WaybillReport(waybill.text(desk.vehicle, desk.spot().time).encode("gb18030")))


def arrive(desk: Desk) -> None:
    """The card comes out."""
    desk.keep(data.driver_card(desk, data.CARD_OUT))


def alarm(desk: Desk, luck: int) -> None:
    """One active-safety alarm with one to three files."""
    item = ADAS if luck % 2 else DSM
    events = safety.EVENTS[item]
    safety.raise_safety_alarm(
        desk, item, events[luck // 2 % len(events)], level=1 + luck // 16 % 2, files=1 + luck // 64 % 3
    )


def press_emergency(desk: Desk) -> None:
    """The button under the dashboard, and the picture that it triggers."""
    desk.raise_alarm(int(Alarm.EMERGENCY))
    if desk.speech.edition == "905":
        desk.later(2.0, partial(taxi.send_after_alarm, desk))
    else:
        desk.later(2.0, partial(media.send_after_alarm, desk))
