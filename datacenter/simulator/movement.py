"""Where each vehicle of the demo fleet is at any moment (演示车辆的运动).

A pure function of (vehicle, time): the committed templates say how a loop is driven, `behaviour.py` who drives when.
Everything is generated. Templates are shared by vehicles with other phases, paces and parking places; positions lie
on the road of `roads.py`, the right lane, and between the file's steps on a monotone cubic in distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from datacenter.simulator.behaviour import (
    ACTIVE_PERCENT,
    ANTENNA_OPEN,
    OVERSPEED_BIT,
    OVERSPEED_FACTOR,
    OVERSPEED_LONGEST_S,
    SLOT_S,
    misbehaviour,
)
from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.templates import ACC_ON, METRES_PER_DEGREE, OCCUPIED, Templates, load_templates

ACC_BIT, FIX_BIT, LOADED_BITS = 1, 2, 3 << 8
_SHANGHAI_S = 8 * 3600
_LANE_M = 4.0
_FADE_M = 160.0  # a parked vehicle's own place fades into the road over so many metres
_ENGINE_OFF_AFTER_S = 120.0
# Nobody drives the same line twice: half a metre to and fro in the lane, from another phase in every slot.
_SWAY_M, _SWAY_EVERY_M, _STARTS_M = 0.5, 60.0, 15.0


@dataclass(frozen=True, slots=True)
class Fixes:
    """One position a row, as the wire has it: microdegrees, 0.1 km/h, degrees, whole seconds (UTC)."""

    who: np.ndarray  # row of the movement's vehicles
    time_s: np.ndarray
    longitude_e6: np.ndarray
    latitude_e6: np.ndarray
    speed_dkmh: np.ndarray
    bearing_deg: np.ndarray
    alarms: np.ndarray
    status: np.ndarray
    silent: np.ndarray  # not reported now: 0 reported, 1 lost for good, 2 reported later

    def __len__(self) -> int:
        return len(self.who)


class Movement:
    """The movement of some vehicles of the fleet; rows are in the order given."""

    def __init__(self, vehicles: Sequence[DemoVehicle]) -> None:
        self._templates = load_templates()
        faults = [misbehaviour(vehicle) for vehicle in vehicles]
        groups = [
            _group(self._templates, vehicle, fault.through_forbidden)
            for vehicle, fault in zip(vehicles, faults, strict=True)
        ]
        indexes = [vehicle.index for vehicle in vehicles]
        self._index = np.array(indexes, np.uint64)
        self._first = np.array([group[0] for group in groups], np.int64)
        self._choices = np.array([group[1] for group in groups], np.uint64)
        self._slot_s = np.array([SLOT_S[vehicle.kind] for vehicle in vehicles], np.int64)
        self._phase_s = np.array([draw("phase", index) % 14_400 for index in indexes], np.int64)
        self._pace = np.array([0.94 + 0.06 * share("pace", index) for index in indexes])
        self._active = np.array([ACTIVE_PERCENT[vehicle.kind] for vehicle in vehicles], np.uint64)
        angle = np.array([share("angle", index) for index in indexes]) * 2 * np.pi
        away = 8.0 + 70.0 * np.array([share("away", index) for index in indexes]) ** 0.5
        self._parked_m = np.stack((away * np.cos(angle), away * np.sin(angle)), axis=1)
        self._overspeeds = np.array([fault.overspeeds for fault in faults])
        self._fault = np.array([0 if f.fault_bit is None else 1 << f.fault_bit for f in faults], np.uint32)
        self._silent_s = np.array([fault.silent_s for fault in faults], np.float64)
        self._silence = np.array([2 if fault.backfills else 1 for fault in faults], np.uint8)
        # What each vehicle does in the slot last asked for: a cache, not a state.
        self._slot = np.full(len(vehicles), -1, np.int64)
        self._driving = np.zeros(len(vehicles), bool)
        self._template = np.zeros(len(vehicles), np.int64)
        self._warps = np.zeros(len(vehicles), bool)
        self._sway = np.zeros(len(vehicles))

    def at(self, who: np.ndarray, when_s: np.ndarray) -> Fixes:
        """Positions of rows ``who`` at ``when_s`` (seconds since the epoch, may have fractions).

        A vehicle may come several times, with times of one or of several slots.
        """
        shifted = when_s + self._phase_s[who]
        slot = (shifted // self._slot_s[who]).astype(np.int64)
        elapsed = shifted - slot * self._slot_s[who]
        driving, template, warps, sway = self._decided(who, slot)
        loops = self._templates
        progress = elapsed * self._pace[who]
        speeding = np.zeros(len(who), bool)
        if warps.any():
            progress, speeding = self._hurried(progress, template, warps)
        driving = driving & (progress < loops.lasting_s[template] + _ENGINE_OFF_AFTER_S)
        distance, speed, flags = loops.run(template, np.where(driving, progress, 0.0))
        speed *= np.where(speeding, OVERSPEED_FACTOR, self._pace[who])
        speed[~driving] = 0.0
        east, north, bearing = loops.place(template, distance)
        # Two waves, so that phases that are close give another line all the same.
        sways_m = _SWAY_M * (np.sin(distance / _SWAY_EVERY_M + sway) + np.sin(distance / 23.0 + 997 * sway))
        off_east, off_north = self._aside(who, template, distance, bearing, sways_m)
        longitude = east + off_east * (1e6 / METRES_PER_DEGREE[0])
        latitude = north + off_north * (1e6 / METRES_PER_DEGREE[1])
        alarms = self._fault[who] | (speeding.astype(np.uint32) << np.uint32(OVERSPEED_BIT))
        status = self._status(driving, flags, alarms)
        quiet = driving & (elapsed > 1200) & (elapsed < 1200 + self._silent_s[who])
        return Fixes(
            who=who,
            time_s=np.floor(when_s).astype(np.int64),
            longitude_e6=np.round(longitude).astype(np.int64),
            latitude_e6=np.round(latitude).astype(np.int64),
            speed_dkmh=np.round(speed * 36).astype(np.int64),
            bearing_deg=np.round(bearing).astype(np.int64) % 360,
            alarms=alarms,
            status=status,
            silent=np.where(quiet, self._silence[who], 0).astype(np.uint8),
        )

    def _decided(self, who: np.ndarray, slot: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Whether each row drives in its slot, which template, whether it hurries, and the phase of its sway."""
        stale = self._slot[who] != slot
        if not stale.any():
            return self._driving[who], self._template[who], self._warps[who], self._sway[who]
        rows, slots = who[stale], slot[stale]
        begins = slots * self._slot_s[rows] - self._phase_s[rows] + _SHANGHAI_S
        luck = _mixed(self._index[rows], slots.astype(np.uint64))
        hour = begins // 3600 % 24
        driving, template, warps = self._driving[who], self._template[who], self._warps[who]
        sway = self._sway[who]
        active = luck % np.uint64(100) < self._active[rows, hour]
        # An open antenna knows no place: such a vehicle stays where it was known last, every third slot.
        active &= ~((self._fault[rows] == 1 << ANTENNA_OPEN) & (slots % 3 == 0))
        driving[stale] = active
        template[stale] = self._first[rows] + (luck // np.uint64(128) % self._choices[rows]).astype(np.int64)
        warps[stale] = self._overspeeds[rows] & (slots % 2 == 0) & active
        sway[stale] = (luck // np.uint64(1 << 20) % np.uint64(1 << 20)).astype(np.float64) * (2 * np.pi / (1 << 20))
        self._slot[rows], self._driving[rows], self._sway[rows] = slots, driving[stale], sway[stale]
        self._template[rows], self._warps[rows] = template[stale], warps[stale]
        # Should one vehicle have come with several slots, the cache must hold one of them wholly.
        if len(np.unique(rows)) != len(rows):
            self._slot[rows] = -1
        return driving, template, warps, sway

    def _hurried(self, progress: np.ndarray, template: np.ndarray, warps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Progress of those who drive their template's fast stretch faster, and where they do."""
        start = self._templates.fast_from_s[template]
        lasting = np.minimum(self._templates.fast_for_s[template], OVERSPEED_LONGEST_S) / OVERSPEED_FACTOR
        into = np.clip(progress - start, 0.0, lasting)
        speeding = warps & (into > 0) & (into < lasting)
        return np.where(warps, progress + (OVERSPEED_FACTOR - 1) * into, progress), speeding

    def _aside(
        self, who: np.ndarray, template: np.ndarray, distance: np.ndarray, bearing: np.ndarray, sways_m: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Metres east and north of the road's axis: the right lane, near the base the own parking place.

        ``sways_m`` to the right comes on top, wherever it does not stand at its base.
        """
        left = self._templates.length_m[template] - distance
        fade = np.clip(1.0 - np.minimum(distance, left) / _FADE_M, 0.0, 1.0)
        radians = np.radians(bearing)
        away = np.minimum(distance, left)
        lane = _LANE_M * (1.0 - fade) + sways_m * np.clip(away / _STARTS_M, 0.0, 1.0)
        parked = self._parked_m[who]
        return fade * parked[:, 0] + lane * np.cos(radians), fade * parked[:, 1] - lane * np.sin(radians)

    def _status(self, driving: np.ndarray, flags: np.ndarray, alarms: np.ndarray) -> np.ndarray:
        """Status word: engine, fix, load (for a taxi: full means a passenger on board)."""
        engine = np.where(driving & (flags & ACC_ON > 0), ACC_BIT, 0)
        loaded = np.where(driving & (flags & OCCUPIED > 0), LOADED_BITS, 0)
        fix = np.where((alarms >> np.uint32(ANTENNA_OPEN)) & np.uint32(1), np.where(driving, FIX_BIT, 0), FIX_BIT)
        return (engine | loaded | fix).astype(np.uint32)


def bus_line_of(vehicle: DemoVehicle) -> str:
    """Number of the line that a bus of the demo fleet serves; empty for other vehicles."""
    templates = load_templates()
    return templates.key[_group(templates, vehicle, False)[0]][3]


def _mixed(index: np.ndarray, slot: np.ndarray) -> np.ndarray:
    """A number that looks random for each pair (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = index * np.uint64(0x9E3779B97F4A7C15) + slot * np.uint64(0xD1342543DE82EF95) + np.uint64(1)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(8)


def _group(templates: Templates, vehicle: DemoVehicle, through_forbidden: bool) -> tuple[int, int]:
    """First template and number of templates of the vehicle's base: trucks' by company, others' their own."""
    groups = _groups(templates.key)[(vehicle.kind, vehicle.county_code, through_forbidden)]
    by = vehicle.company_no if vehicle.kind in ("coach", "hazmat", "heavy_truck") else vehicle.index
    return groups[draw("base", by) % len(groups)]


@cache
def _groups(key: tuple[tuple[str, str, int, str], ...]) -> dict[tuple[str, str, bool], list[tuple[int, int]]]:
    """Runs of templates of one kind, county, base and label, by (kind, county, forbidden)."""
    found: dict[tuple[str, str, bool], list[tuple[int, int]]] = {}
    first = 0
    for place in range(1, len(key) + 1):
        if place == len(key) or key[place] != key[first]:
            kind, county, _base, label = key[first]
            found.setdefault((kind, county, label == "forbidden"), []).append((first, place - first))
            first = place
    return found
