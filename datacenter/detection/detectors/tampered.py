"""Positions that can't be true (定位失真): jumps, places that stand still while the vehicle drives, old tracks.

Each says what is wrong with the data, not who made it so: a bad aerial jumps as well. The case goes to the county of
the registry: the place is the very thing in doubt.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context, picked
from datacenter.detection.catalogue import BoolArray, Detector, IntArray, Measure, largest, smallest
from datacenter.geo.measure import distance_m
from datacenter.tracks.position import Flag

_DUTY = "道路运输车辆动态监督管理办法（定位数据真实、完整）；判定值未见规定"
_MOST_M_AN_E6 = 0.1113  # metres in 1e-6 degree, rounded up
_QUALIFIED = np.int16(Flag.QUALIFIED)


@catalogue.register
class Jump(Detector):
    """Farther from the last place than any vehicle could have driven meanwhile (位置跳变). A reminder, no case.

    Receivers of 90 real taxis did it ten times in 1,000 hours.
    """

    code, title = "position.jump", "定位跳变"
    source = _DUTY
    territory = "registry"
    opens_case = False
    limit_words = {
        "implied_kmh": ("推算速度上限", "km/h"),
        "least_m": ("最小跳变距离", "m"),
        "most_gap_s": ("最大相邻间隔", "s"),
    }

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """One jump is enough; jumps of one hour are one finding. Over ``most_gap_s`` without a fix nobody knows."""

        lasting_s: int = 0
        forgiven_gap_s: int = 3600
        silence_s: int = 3600
        implied_kmh: int = 250
        least_m: int = 2000
        most_gap_s: int = 3600

    def condition(self, batch: Batch, context: Context, limits: "Jump.Limits") -> BoolArray | None:
        """Rows that lie beyond reach of the one before, shape (len(batch),)."""
        rows, way_m, implied_kmh = self._far(batch, limits)
        rows = rows[(way_m >= picked(limits.least_m, rows)) & (implied_kmh > picked(limits.implied_kmh, rows))]
        if not len(rows):
            return None
        holds = np.zeros(len(batch), np.bool_)
        holds[rows] = True
        return holds

    def values(self, batch: Batch, context: Context, limits: "Jump.Limits") -> dict[str, IntArray]:
        """How far and how fast it would have been, and one for each jump."""
        rows, way_m, implied_kmh = self._far(batch, limits)
        far = {"jump_m": np.zeros(len(batch), np.int64), "implied_kmh": np.zeros(len(batch), np.int64)}
        far["jump_m"][rows], far["implied_kmh"][rows] = way_m, implied_kmh
        return far | {"jumps": np.ones(len(batch), np.int64)}

    def measures(self) -> dict[str, Measure]:
        """How many, the farthest, the fastest."""
        return {
            "jumps": Measure("jumps", np.add, "跳变次数", unit="次"),
            "jump_m": largest("jump_m", "最远跳变", unit="m"),
            "implied_kmh": largest("implied_kmh", "最高推算速度", unit="km/h"),
        }

    def _far(
        self, batch: Batch, limits: "Jump.Limits"
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows that may be far enough, their way in metres and the speed it asks for, in whole numbers."""
        here, there = batch.positions, batch.previous
        apart = np.abs(here.latitude_e6 - there.latitude_e6) + np.abs(here.longitude_e6 - there.longitude_e6)
        # The two sides of the triangle are longer than its third: a cheap way to pass over nearly every row.
        far = (apart * _MOST_M_AN_E6 >= limits.least_m) & (batch.gap_s >= 0) & (batch.gap_s <= limits.most_gap_s)
        rows = np.flatnonzero(far)
        if len(rows):
            rows = rows[(here.flags[rows] & there.flags[rows] & _QUALIFIED) != 0]
        places = (there.latitude_e6, there.longitude_e6, here.latitude_e6, here.longitude_e6)
        way_m = np.floor(distance_m(*(column[rows] * 1e-6 for column in places))).astype(np.int64)
        # Two reports of one second differ by less than one.
        return rows, way_m, way_m * 36 // (10 * np.maximum(batch.gap_s[rows], 1))


@catalogue.register
class Frozen(Detector):
    """The place stays the same to the last digit while speed or odometer say that the vehicle drives (定位静止)."""

    code, title = "position.frozen", "行驶中定位静止"
    source = _DUTY
    territory = "registry"
    limit_words = {"moving_kmh": ("视为行驶", "km/h"), "most_gap_s": ("最大相邻间隔", "s")}

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """At 20 km/h a vehicle is fifty metres on after ten seconds; three minutes of it are no tunnel with a fix."""

        lasting_s: int = 180
        forgiven_gap_s: int = 60
        silence_s: int = 300
        moving_kmh: int = 20
        most_gap_s: int = 300

    def condition(self, batch: Batch, context: Context, limits: "Frozen.Limits") -> BoolArray | None:
        """Rows where the last one was, that claim to move, shape (len(batch),)."""
        drives = batch.speed_dkmh > limits.moving_kmh * 10
        told = (batch.mileage_dkm >= 0) & (batch.previous.mileage_dkm >= 0)
        drives |= told & (batch.mileage_dkm > batch.previous.mileage_dkm)
        holds = drives & batch.unmoved
        if not holds.any():
            return None
        holds &= batch.qualified & (batch.gap_s > 0) & (batch.gap_s <= limits.most_gap_s)
        return holds & ((batch.previous.flags & _QUALIFIED) != 0)

    def values(self, batch: Batch, context: Context, limits: "Frozen.Limits") -> dict[str, IntArray]:
        """One for each row that repeats a place."""
        return {"repeats": np.ones(len(batch), np.int64)}

    def measures(self) -> dict[str, Measure]:
        """How often the place was repeated, and how fast the vehicle said it was."""
        return {
            "repeats": Measure("repeats", np.add, "重复定位次数", unit="次"),
            "peak_speed_dkmh": largest("speed_dkmh", "最高上报速度", scale=0.1, unit="km/h"),
        }


# The replay detector's memory: so many stretches a vehicle, each a tag above and the minute it was driven below.
SLOTS = 64
_MINUTES = np.int64((1 << 24) - 1)
_EPOCH_S = 1_577_836_800  # 2020: 24 bits of minutes last until 2051
_CUT_MASK = np.uint64(7)  # a stretch ends at one place in eight, by the place itself
_LEAST_FIXES = 6
_64_BITS = (1 << 64) - 1


def mixed(value: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A number that looks random for each number (splitmix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _place(latitude_e6: npt.NDArray[np.int32], longitude_e6: npt.NDArray[np.int32]) -> npt.NDArray[np.uint64]:
    north = latitude_e6.astype(np.int64).astype(np.uint64)
    east = longitude_e6.astype(np.int64).astype(np.uint64)
    return mixed((north << np.uint64(32)) ^ (east & np.uint64(0xFFFFFFFF)))


@catalogue.register
class Replayed(Detector):
    """A stretch of track that repeats an earlier one of the same vehicle to the last digit (轨迹重放).

    No vehicle drives the same six places to a tenth of a metre twice. The track is cut where the place itself says
    so, hence at the same places whenever it is told; of each stretch a sum over its steps is kept, until another takes
    its slot: the last two hours in motion nearly all, a working day's in part. Parking repeats nothing, nor does
    creeping in a yard: steps are changes of place at more than ``moving_kmh``.
    """

    code, title = "position.replayed", "轨迹重放"
    source = _DUTY
    territory = "registry"
    own_memory = {"sum": 1, "fixes": 1, "stretches": SLOTS}
    limit_words = {"least_age_s": ("与原轨迹最小间隔", "s"), "moving_kmh": ("视为行驶", "km/h")}

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """One stretch proves it; stretches within an hour are one finding."""

        lasting_s: int = 0
        forgiven_gap_s: int = 3600
        silence_s: int = 3600
        least_age_s: int = 600
        moving_kmh: int = 10

    def recall(
        self, batch: Batch, context: Context, limits: "Replayed.Limits", own: dict[str, IntArray]
    ) -> tuple[BoolArray | None, dict[str, IntArray]]:
        """Rows at which a stretch ends that was driven before; when, and over how many fixes."""
        steps = (batch.gap_s > 0) & ~batch.unmoved & batch.qualified & (batch.speed_dkmh > limits.moving_kmh * 10)
        rows = np.flatnonzero(steps)
        here = _place(batch.latitude_e6[rows], batch.longitude_e6[rows])
        there = _place(batch.previous.latitude_e6[rows], batch.previous.longitude_e6[rows])
        step = np.zeros(len(batch), np.uint64)
        step[rows] = mixed(here ^ (there >> np.uint64(1)))
        total, fixes = np.cumsum(step), np.cumsum(steps)
        first = np.flatnonzero(batch.opens)
        last = np.append(first[1:], len(batch)) - 1
        # Sums up to before each vehicle's first row, less what it brought along: its stretch begins there.
        base = total[first] - step[first] - own["sum"][:, 0].view(np.uint64)
        base_fixes = fixes[first] - steps[first] - own["fixes"][:, 0]
        holds = np.zeros(len(batch), np.bool_)
        driven = np.zeros(len(batch), np.int64)
        counted = np.zeros(len(batch), np.int64)
        cuts = rows[(here & _CUT_MASK) == 0]
        owner = np.cumsum(batch.opens)[cuts] - 1
        ages = picked(limits.least_age_s, cuts)
        for number, (row, vehicle) in enumerate(zip(cuts.tolist(), owner.tolist(), strict=True)):
            count = int(fixes[row] - base_fixes[vehicle])
            tag = (int(total[row]) - int(base[vehicle])) & _64_BITS if count >= _LEAST_FIXES else 0
            base[vehicle], base_fixes[vehicle] = total[row], fixes[row]
            if not tag:
                continue
            age_s = int(ages if np.ndim(ages) == 0 else ages[number])
            before = self._seen(own["stretches"][vehicle], tag, int(batch.device_time[row]), age_s)
            if before is not None:
                holds[row], driven[row], counted[row] = True, before, count
        own["sum"][:, 0] = (total[last] - base).view(np.int64)
        own["fixes"][:, 0] = fixes[last] - base_fixes
        return (holds if holds.any() else None), {"original_s": driven, "fixes": counted}

    def measures(self) -> dict[str, Measure]:
        """When it was driven first, and how many fixes are the same."""
        return {
            "original_s": smallest("original_s", "原轨迹时间"),
            "fixes": Measure("fixes", np.add, "重复定位点", unit="个"),
        }

    @staticmethod
    def _seen(stretches: IntArray, tag: int, time_s: int, least_age_s: int) -> int | None:
        """When a stretch was driven long enough ago, to the minute; a new one is remembered, over an older one."""
        place = tag % SLOTS
        high = (tag >> 24) - (1 << 40 if tag >> 63 else 0)  # as the upper bits of a signed number
        known, minute = int(stretches[place]), (time_s - _EPOCH_S) // 60
        if known and known >> 24 == high:
            original = _EPOCH_S + (known & int(_MINUTES)) * 60
            return original if time_s - original >= least_age_s else None
        stretches[place] = (high << 24) | (minute & int(_MINUTES))
        return None
