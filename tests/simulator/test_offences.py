"""What demo drivers do on purpose: each kind soon and then now and then, the same in every run, where it can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely

from datacenter.protocols.active_safety.codes import DSM
from datacenter.simulator import crossings, offences, photos
from datacenter.simulator.answering import media, safety
from datacenter.simulator.behaviour import misbehaviour, troubled_first
from datacenter.simulator.feeds import DemoFeed
from datacenter.simulator.fleet import KINDS, DemoVehicle, demo_fleet, part_of_fleet
from datacenter.simulator.offences import OFFENCES, Offences
from datacenter.simulator.shifts import rides_unmetered, rides_unrecorded
from datacenter.simulator.single import SimulatedTerminal
from datacenter.simulator.spot import Spot

MIDNIGHT = 1_767_196_800  # 2026-01-01 00:00 in Shanghai
MORNING = MIDNIGHT + 10 * 3600
NAMES = {offence.name for offence in OFFENCES}
Done = list[tuple[int, str, str]]


class Watched:
    """A terminal that is online, whose desk writes down what it is asked to do."""

    online = True

    def __init__(self, vehicle: DemoVehicle, done: Done) -> None:
        self.vehicle, self.desk, self._done, self.now = vehicle, self, done, 0

    def later(self, after_s: float, act: Any) -> None:
        told = next(offence for offence in OFFENCES if offence.tell is act.func)
        self._done.append((self.now, told.name, self.vehicle.plate))


def run(vehicles: list[DemoVehicle], seconds: int, start: int = MORNING, step: int = 1) -> Done:
    """What is done in so many seconds, looked at each ``step`` of the vehicles' clock: (second, offence, plate)."""
    done: Done = []
    terminals = [Watched(vehicle, done) for vehicle in vehicles]
    feed = DemoFeed(vehicles, interval_s=10, rate=None, duration_s=0, started_at_s=start)
    watching = Offences(terminals)  # type: ignore[arg-type]
    for second in range(1, seconds + 1, step):
        for terminal in terminals:
            terminal.now = second

        def spots(rows: Any, moment: int = second) -> list[Spot]:
            return feed.where(np.asarray(rows, np.int64), float(moment))

        watching.look(float(second), spots)
    return done


@pytest.fixture(scope="module")
def hours() -> Done:
    return run(part_of_fleet(400), 3 * 3600, step=5)


def test_each_kind_comes_within_five_minutes_and_a_few_times_an_hour(hours: Done) -> None:
    first: dict[str, int] = {}
    for second, name, _ in hours:
        first.setdefault(name, second)
    assert set(first) == NAMES
    assert max(first.values()) <= 300
    counted = Counter(name for _, name, _ in hours)
    assert all(3 * 3 <= count <= 3 * 8 for count in counted.values()), counted


def test_the_same_moment_gives_the_same_run_and_another_fleet_another() -> None:
    fleet = part_of_fleet(200)
    assert run(fleet, 300) == run(fleet, 300) != run(part_of_fleet(210)[10:], 300)


def test_only_terminals_that_have_such_alarms_tell_them(hours: Done) -> None:
    fleet = {vehicle.plate: vehicle for vehicle in demo_fleet()}
    assert {fleet[plate].kind for _, _, plate in hours} <= set(offences.KINDS)
    assert not [plate for _, _, plate in hours if fleet[plate].edition == "905"]
    assert "taxi" in {fleet[plate].kind for _, _, plate in hours}


def test_a_fleet_that_stands_still_does_nothing() -> None:
    buses_at_night = [vehicle for vehicle in demo_fleet() if vehicle.kind == "coach"][:40]
    assert run(buses_at_night, 400, MIDNIGHT + 2 * 3600, step=20) == []
    assert run([], 10) == []


def test_a_silent_terminal_commits_nothing() -> None:
    """A vehicle whose positions come to nobody would give findings without a track."""
    fleet = [one for one in demo_fleet() if misbehaviour(one).silent_s and one.kind in offences.KINDS]
    feed = DemoFeed(fleet, interval_s=10, rate=None, duration_s=0, started_at_s=MORNING)
    rows = np.arange(len(fleet))
    done = run(fleet, 2 * 3600, step=5)
    assert done
    quiet = 0
    for second, _, plate in done:
        there = dict(zip((one.plate for one in fleet), feed.where(rows, float(second)), strict=True))
        assert not there[plate].silent
        quiet += sum(spot.silent and spot.speed_dkmh > 100 for spot in there.values())
    assert quiet, "nobody was silent on the road at those moments"


def test_who_does_not_yield_has_just_passed_a_crossing() -> None:
    fleet = part_of_fleet(300)
    second, _, plate = next(one for one in run(fleet, 300) if one[1] == "not yielding")
    feed = DemoFeed(fleet, interval_s=10, rate=None, duration_s=0, started_at_s=MORNING)
    row = next(number for number, vehicle in enumerate(fleet) if vehicle.plate == plate)
    before, now = (feed.where(np.array([row]), float(moment))[0] for moment in (second - 1, second))
    crossing = crossings.passed(before, now)
    assert crossing is not None
    there = crossings.at(crossing, before, now)
    assert before.time_s <= there.time_s <= now.time_s
    assert shapely.Polygon(crossing.ring).contains(shapely.Point(there.longitude_e6 / 1e6, there.latitude_e6 / 1e6))


def test_crossings_lie_across_the_roads_that_are_driven() -> None:
    found = crossings.demo_crossings()
    assert len({one.name for one in found}) == len(found) == crossings.COUNT
    for one in found:
        stripes = shapely.Polygon(one.ring)
        assert stripes.is_valid
        assert stripes.intersects(shapely.LineString(one.line))
    (west, south), (east, north) = found[0].line
    middle, across = np.array([(west + east) / 2, (south + north) / 2]), np.array([east - west, north - south])
    along = np.array([-across[1], across[0]])

    def spot(point: np.ndarray) -> Spot:
        return Spot(0, round(point[1] * 1e6), round(point[0] * 1e6))

    assert crossings.passed(spot(middle - along), spot(middle + along)) == found[0]
    assert crossings.passed(spot(middle + along), spot(middle - along)) == found[0]
    assert crossings.passed(spot(middle - along), spot(middle - along / 9)) is None
    assert crossings.passed(spot(middle - across + along), spot(middle + across + along)) is None  # beside it
    assert crossings.passed(spot(middle), spot(middle)) is None


def _alarm(tell: Callable[[Any, int], Any], luck: int = 0) -> tuple[SimulatedTerminal, Any]:
    vehicle = next(one for one in demo_fleet() if one.kind == "taxi" and one.edition == "2019")
    terminal = SimulatedTerminal(vehicle)
    terminal.desk.now = 0.0
    return terminal, tell(terminal.desk, luck)


@pytest.mark.parametrize("name", ["phone", "smoking", "no belt", "not yielding"])
def test_each_alarm_has_a_level_and_pictures_of_its_own(name: str) -> None:
    offence = next(one for one in OFFENCES if one.name == name)
    terminal, alarm = _alarm(offence.tell)
    files = safety.files_of(terminal.desk, alarm, "1" * 32)
    assert len(files) >= 2
    assert alarm.tag.attachments == len(files)
    plain = photos.Scene(terminal.vehicle.index, terminal.vehicle.plate, 0x65, alarm.spot.time)
    assert files[0].data != photos.photo(plain)
    assert files[0].data.startswith(b"\xff\xd8")


def test_a_covered_camera_takes_a_covered_picture() -> None:
    terminal, _ = _alarm(offences.cover_camera)
    newest = list(media.store(terminal.desk).values())[-1]
    assert (newest.channel, newest.shows, newest.event) == (offences.CABIN_CHANNEL, "covered", media.TIMED)
    scene = photos.Scene(1, "辽LT0001", 2, newest.spot.time, shows="covered")
    assert scene.covered
    assert not photos.Scene(1, "辽LT0001", 2, newest.spot.time, shows="phone").covered


def test_the_codes_are_those_that_the_text_leaves_to_makers() -> None:
    assert 0x06 <= safety.NO_BELT <= 0x0F
    assert 0x06 <= safety.NOT_YIELDING <= 0x0F
    assert safety.SHOWS[DSM, safety.PHONE] == "phone"


def test_a_few_rides_have_no_record_and_few_are_unmetered() -> None:
    taxis = [vehicle for vehicle in demo_fleet() if vehicle.edition == "905"]
    rides = [(taxi, MORNING + hour * 3600) for taxi in taxis for hour in range(24)]
    unrecorded = sum(rides_unrecorded(*ride) for ride in rides)
    unmetered = sum(rides_unmetered(*ride) for ride in rides)
    assert 0.001 < unrecorded / len(rides) < 0.006
    assert 0.003 < unmetered / len(rides) < 0.03


@pytest.mark.parametrize(("speedup", "burst"), [(1.0, 1), (4.0, 1), (60.0, 6), (1440.0, 32)])
def test_a_hurried_fleet_reports_every_interval_of_its_own_clock(speedup: float, burst: int) -> None:
    vehicles = part_of_fleet(20)
    duration = 20.0
    feed = DemoFeed(
        vehicles, interval_s=10, rate=None, duration_s=duration, started_at_s=float(MORNING), speedup=speedup
    )
    times: dict[int, list[int]] = {row: [] for row in range(len(vehicles))}
    for tick in range(int(duration / 0.05)):
        handful = feed.take(tick * 0.05, lambda: np.zeros(0))
        if handful is None:
            continue
        rows = np.repeat(handful.who, handful.counts)
        assert handful.counts.max() <= burst
        assert {len(column) for column in handful.columns.values()} == {len(rows)}
        for row, at in zip(rows.tolist(), handful.columns["time_s"].tolist(), strict=True):
            times[row].append(at)
        newest = times[int(handful.who[0])][-1]
        assert feed.where(handful.who[:1], tick * 0.05)[0].time_s >= newest
    while feed.take(duration, lambda: np.zeros(0)) is not None:
        assert not feed.finished
    assert feed.finished
    for moments in times.values():
        steps = set(np.diff(moments).tolist())
        assert steps <= {9, 10, 11}, steps
        assert moments[-1] <= MORNING + duration + 10 * burst
        assert moments[-1] - moments[0] > duration * speedup - 10 * burst - 20


def test_of_a_small_fleet_half_can_be_troubled() -> None:
    fleet = troubled_first(part_of_fleet(40), 40, KINDS)
    assert len({vehicle.index for vehicle in fleet}) == 40
    assert sum(misbehaviour(vehicle).any for vehicle in fleet) >= 20
    faults = [misbehaviour(vehicle) for vehicle in fleet]
    assert any(one.fault_bit for one in faults)
    assert any(one.overspeeds for one in faults)
    assert any(one.silent_s for one in faults)
    assert troubled_first([], 0, KINDS) == []


def test_a_hurried_feed_that_was_held_up_gives_what_it_owes() -> None:
    def reported(moments: list[float]) -> dict[int, list[int]]:
        feed = DemoFeed(
            part_of_fleet(12), interval_s=10, rate=None, duration_s=20.0, started_at_s=float(MORNING), speedup=200.0
        )
        out: dict[int, list[int]] = {}
        for moment in moments:
            handful = feed.take(moment, lambda: np.zeros(0))
            if handful is not None:
                rows = np.repeat(handful.who, handful.counts).tolist()
                for row, at in zip(rows, handful.columns["time_s"].tolist(), strict=True):
                    out.setdefault(row, []).append(at)
        assert feed.finished
        return out

    in_time = reported([tick * 0.05 for tick in range(400)] + [20.0] * 3)
    assert reported([0.0, 0.5] + [30.0] * 60) == in_time
