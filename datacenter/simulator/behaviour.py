"""When vehicles move, and which of them misbehave: tables by kind and hour, and rare faults fixed by vehicle index.

A vehicle's time is cut into slots. In each slot it drives one template of its base, or stays parked; the chance
depends on the hour (Asia/Shanghai) at which the slot begins.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import DemoVehicle, Kind, demo_fleet

SLOT_S: dict[Kind, int] = {"taxi": 10_800, "bus": 7_200, "coach": 7_200, "hazmat": 14_400, "heavy_truck": 14_400}

# Chance, in percent, that a slot beginning in this hour of day is driven; 24 numbers a kind.
ACTIVE_PERCENT: dict[Kind, tuple[int, ...]] = {
    "taxi": (50, 40, 28, 22, 22, 35, 65, 85, 92, 88, 85, 85, 85, 84, 84, 85, 88, 93, 93, 88, 84, 78, 68, 60),
    "bus": (0, 0, 0, 0, 0, 60, 95, 98, 96, 92, 90, 90, 90, 90, 90, 92, 96, 98, 90, 70, 30, 0, 0, 0),
    "coach": (1, 0, 0, 0, 10, 35, 62, 68, 68, 65, 62, 60, 60, 62, 64, 64, 60, 48, 30, 14, 6, 3, 2, 1),
    "hazmat": (9, 7, 7, 9, 16, 32, 48, 55, 56, 54, 52, 50, 50, 52, 50, 46, 40, 32, 26, 22, 18, 14, 12, 10),
    "heavy_truck": (20, 16, 15, 17, 24, 34, 44, 50, 52, 50, 48, 46, 46, 48, 48, 46, 44, 40, 36, 34, 32, 30, 26, 22),
}

# Faults a terminal reports in the alarm word: antenna open 5, main power lost 8, camera 11, card reader 12.
ANTENNA_OPEN = 5
FAULT_BITS = (ANTENNA_OPEN, 8, 11, 12)
OVERSPEED_BIT = 1
OVERSPEED_FACTOR = 1.45  # on stretches that are normally driven near the limit: 20 % over it and more
OVERSPEED_LONGEST_S = 600.0

_OVERSPEEDING_SHARE = 0.005
_FAULTY_SHARE = 0.003
_SILENT_SHARE = 0.003
_FORBIDDEN_SHARE = 0.003


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """What is wrong with one vehicle; most have nothing."""

    overspeeds: bool = False  # hazmat and heavy trucks: some minutes in every second drive
    fault_bit: int | None = None
    silent_s: int = 0  # falls silent for so long (> 10 min) in every drive, 20 minutes after its start
    backfills: bool = False  # silent as in a blind area: sends it all afterwards; otherwise switched off
    through_forbidden: bool = False  # hazmat: drives through the forbidden area

    @property
    def any(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.overspeeds or self.fault_bit is not None or self.silent_s or self.through_forbidden)


def troubled_first(vehicles: Sequence[DemoVehicle], count: int, kinds: Collection[str]) -> list[DemoVehicle]:
    """As many of the fleet, half of them with something wrong: a small fleet in which something happens.

    The others are the first of ``vehicles``.
    """
    wrong = [one for one in demo_fleet() if one.kind in kinds and misbehaviour(one).any]
    step = max(1, 2 * len(wrong) // max(count, 1))
    chosen = wrong[::step][: count // 2]
    taken = {one.index for one in chosen}
    return chosen + [one for one in vehicles if one.index not in taken][: count - len(chosen)]


def misbehaviour(vehicle: DemoVehicle) -> Misbehaviour:
    """What is wrong with this vehicle, always the same."""
    index, trucks = vehicle.index, vehicle.kind in ("hazmat", "heavy_truck")
    silent = share("silent", index) < _SILENT_SHARE
    return Misbehaviour(
        overspeeds=trucks and share("overspeeds", index) < _OVERSPEEDING_SHARE,
        fault_bit=FAULT_BITS[draw("fault bit", index) % 4] if share("fault", index) < _FAULTY_SHARE else None,
        silent_s=720 + draw("silent for", index) % 900 if silent else 0,
        backfills=draw("backfills", index) % 2 == 0,
        through_forbidden=vehicle.kind == "hazmat" and share("forbidden", index) < _FORBIDDEN_SHARE,
    )
