"""Rides without the meter in kept tracks become findings: once, the best first, no more than an officer can look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection

from datacenter.cases.models import WorkflowRule
from datacenter.detection import catalogue
from datacenter.detection.episodes import Rule
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.registry.models import Vehicle
from datacenter.screening.models import ReviewItem
from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.movement import LOADED_BITS, Movement
from datacenter.tracks import store
from datacenter.tracks.position import DTYPES, Flag, Positions
from taxi.meter import candidates, watch
from taxi.meter.detector import Unmetered
from taxi.meter.grid import resample
from taxi.meter.hiding import hide, occupied_rides, seen_occupied
from taxi.meter.model import load
from taxi.meter.reading import Fixes, in_order
from taxi.meter.training import train
from taxi.meter.words import WORDS
from tests import factories
from tests.conftest import _as_role
from tests.taxi.meter_tracks import START_S, cab_fixes

ORIGIN = (122.0, 41.1)
HOURS = 10
# Eight in the evening, city time: before it lies a day on which taxis drive.
NOW = (datetime.now(UTC) - timedelta(hours=12)).replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(hours=HOURS + 1)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("meter") / "cabs.model"
    train(resample(cab_fixes(8, 24), ORIGIN), origin=ORIGIN, share=0.3, seeds=(1,)).model.save(path)
    return path


def positions(vehicles: list[Vehicle], fixes: Fixes, metered: np.ndarray) -> Positions:
    """What the taxis' terminals would have told: ``fixes`` of the n-th vehicle are the n-th taxi's."""
    columns = {name: np.zeros(len(fixes)) for name in DTYPES}
    columns["vehicle_id"] = np.array([vehicles[cab].pk for cab in fixes.vehicle])
    columns["device_time"] = fixes.time_s
    columns["body_hash"] = np.arange(len(fixes))
    columns["latitude_e6"], columns["longitude_e6"] = np.round(fixes.lat * 1e6), np.round(fixes.lon * 1e6)
    columns["flags"] = int(Flag.LOCATED | Flag.QUALIFIED | Flag.TAXI) + metered * int(Flag.LOADED)
    return Positions(*(columns[name].astype(dtype) for name, dtype in DTYPES.items()))


def hiding(fixes: Fixes, origin: tuple[float, float], share: float) -> np.ndarray:
    """The meter's bit of each fix, away on a share of the rides."""
    grid = resample(fixes, origin)
    bits = seen_occupied(grid, hide(occupied_rides(grid), share, 1))
    seen = dict(zip(zip(grid.vehicle, grid.minute, strict=True), bits, strict=True))
    told = zip(fixes.vehicle, fixes.time_s, fixes.occupied, strict=True)
    return np.array([occupied and seen.get((cab, at // 60), True) for cab, at, occupied in told])


@pytest.fixture
def cabs(tracks: None, settings: Any, model_file: Path) -> list[Vehicle]:
    """Three taxis whose tracks of the last hours are kept, some rides of each without the meter."""
    settings.METER_MODEL = str(model_file)
    vehicles = [factories.make_vehicle(kind="taxi") for _ in range(3)]
    fixes = cab_fixes(3, HOURS, seed=9)
    fixes = replace(fixes, time_s=fixes.time_s + int(NOW.timestamp()) - START_S - HOURS * 3600)
    put(positions(vehicles, fixes, hiding(fixes, ORIGIN, 0.3)))
    return vehicles


def put(track: Positions) -> None:
    days = {store.day_of(int(t)) for t in (track.device_time.min(), track.device_time.max())}
    with _as_role("DATABASE_INGEST_URL"), connection.cursor() as cursor:
        store.make_partitions(sorted(days))
        store.append_fresh(cursor, track, [b""] * len(track))


def look(now: datetime = NOW, look_back: timedelta = DAY) -> int:
    """As beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return watch.look(now, look_back)


def limit(**limits: int) -> None:
    DetectorSetting.objects.update_or_create(
        pk=Unmetered.code, defaults={"title": Unmetered.title, "source": Unmetered.source, "limits": limits}
    )


def found() -> list[Finding]:
    return list(Finding.objects.filter(detector=Unmetered.code).order_by("-measures__score"))


def test_rides_without_the_meter_reach_the_desk_with_what_speaks_for_them(cabs: list[Vehicle]) -> None:
    limit(most_a_day=5000)
    assert look() > 3
    for finding in found():
        assert finding.vehicle in cabs
        assert finding.measures["lasting_s"] >= 180
        assert finding.measures["score"] > 0
        assert len(finding.evidence["track"]) > 1
        assert len(finding.evidence["reasons"]) == 8
        assert all(one["title"] and one["text"] for one in finding.evidence["reasons"])
        assert len(finding.evidence["model"]["sha256"]) == 64
        assert finding.ended_at <= NOW - timedelta(seconds=1500)
    assert ReviewItem.objects.count() == len(found())
    scores = [finding.measures["score"] for finding in found()]

    # Looked at again they are the same, whatever became of them.
    Finding.objects.filter(pk=found()[0].pk).update(state=Finding.State.SUPERSEDED)
    assert look() == 0
    assert [finding.measures["score"] for finding in found()] == scores


def test_a_day_has_only_so_many_and_they_are_the_best(cabs: list[Vehicle]) -> None:
    limit(most_a_day=5000)
    look()
    scores = [one.measures["score"] for one in found()]
    ReviewItem.objects.all().delete()
    Finding.objects.all().delete()
    hour = NOW.astimezone(store.SHANGHAI).hour
    limit(most_a_day=-(-24 * 2 // (hour + 1)))
    count = look()
    assert 2 <= count <= 4
    assert [one.measures["score"] for one in found()] == scores[:count]
    assert look() == 0


def test_a_ride_is_judged_once_it_is_over_for_long_enough(cabs: list[Vehicle]) -> None:
    limit(most_a_day=5000, settle_s=HOURS * 3600)
    assert look() == 0


def test_a_score_that_no_suspect_reaches_finds_nothing(cabs: list[Vehicle]) -> None:
    limit(most_a_day=5000, least_score=100)
    assert look() == 0


@pytest.mark.parametrize("content", [None, b"no model"])
def test_without_a_usable_model_nothing_is_found_and_it_is_counted(
    cabs: list[Vehicle], settings: Any, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "other.model"
    if content is not None:
        path.write_bytes(content)
    settings.METER_MODEL = str(path)
    before = watch.FAULTS.value()
    assert look() == 0
    assert watch.FAULTS.value() == before + 1


def test_a_vehicle_whose_terminal_is_no_taxis_is_left_alone(tracks: None, settings: Any, model_file: Path) -> None:
    settings.METER_MODEL = str(model_file)
    taxi = factories.make_vehicle(kind="taxi")
    put(factories.make_positions(taxi.pk, [{"at": 60 * k} for k in range(50)]))
    assert look() == 0


def test_the_shipped_model_is_one_that_this_program_reads() -> None:
    assert watch.load(watch.SHIPPED).trained_on["vehicles"] > 50


def test_the_rule_is_in_the_catalogue() -> None:
    assert isinstance(catalogue.detectors()[Unmetered.code], Unmetered)


def test_every_feature_has_words() -> None:
    assert set(WORDS) == set(candidates.NAMES)


def test_every_rule_of_taxis_has_its_standard(db: None) -> None:
    known = WorkflowRule.objects.filter(industry="taxi").values_list("kind", flat=True)
    assert {code for code in catalogue.detectors() if code.startswith("taxi.")} <= set(known)


def of_demo_taxis(cabs: int, hours: int) -> Fixes:
    """The last hours of some taxis of the demo fleet, each half minute."""
    taxis = [vehicle for vehicle in demo_fleet() if vehicle.kind == "taxi"][:cabs]
    times = np.arange(int(NOW.timestamp()) - hours * 3600, int(NOW.timestamp()), 30)
    parts = [Movement(taxis).at(np.full(len(times), cab), times) for cab in range(cabs)]
    who, time_s, lon, lat, status = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("who", "time_s", "longitude_e6", "latitude_e6", "status")
    )
    return in_order(who, time_s, lon / 1e6, lat / 1e6, (status & LOADED_BITS) == LOADED_BITS)


def test_rides_that_demo_taxis_hide_are_found_by_the_shipped_model_and_wait_at_the_desk(tracks: None) -> None:
    limit(most_a_day=5000)
    vehicles = [factories.make_vehicle(kind="taxi") for _ in range(8)]
    fixes = of_demo_taxis(8, HOURS)
    metered = hiding(fixes, load(watch.SHIPPED).origin, 0.3)
    put(positions(vehicles, fixes, metered))
    look()
    bare = fixes.occupied & ~metered
    hidden = {(vehicles[cab].pk, at) for cab, at in zip(fixes.vehicle[bare], fixes.time_s[bare], strict=True)}
    right = 0
    for finding in found():
        begun, ended = int(finding.started_at.timestamp()), int(finding.ended_at.timestamp())
        inside = [(finding.vehicle_id, at) in hidden for at in range(begun, ended, 30)]
        right += sum(inside) > len(inside) / 2
    assert right >= 5
    assert right >= 0.7 * len(found())
    items = ReviewItem.objects.filter(detector=Unmetered.code)
    assert items.count() == len(found())
    assert all(item.awaits_case and item.score for item in items)


@pytest.fixture(scope="module")
def judged(model_file: Path) -> Any:
    """Asks what is suspect under some limits, between two moments, in one generated track."""
    model, fixes = load(model_file), cab_fixes(2, HOURS, seed=9)
    numbers = [Vehicle(pk=cab + 1) for cab in range(2)]
    track = positions(numbers, fixes, hiding(fixes, ORIGIN, 0.3))
    detector = Unmetered()

    def ask(since: int = 0, until: int = 2**40, **limits: int) -> list[watch.Suspect]:
        rule = Rule(detector, detector.parse_limits(limits), detector.measures())
        return watch.suspects_in(track, model, rule, since, until)

    return ask


@pytest.mark.parametrize(("beside", "kept"), [(-1, True), (0, True), (1, False)])
def test_a_suspect_lasts_at_least_as_long_as_the_limit(judged: Any, beside: int, kept: bool) -> None:
    one = judged()[0].episode
    again = judged(lasting_s=one.ended - one.started + beside)
    assert (one in [suspect.episode for suspect in again]) is kept


@pytest.mark.parametrize(("beside", "since", "until"), [(-1, True, False), (0, True, False), (1, False, True)])
def test_a_suspect_ends_within_the_time_asked_for(judged: Any, beside: int, since: bool, until: bool) -> None:
    one = judged()[0].episode
    assert (one in [suspect.episode for suspect in judged(since=one.ended + beside)]) is since
    assert (one in [suspect.episode for suspect in judged(until=one.ended + beside)]) is until


def test_a_suspect_scores_at_least_the_limit(judged: Any) -> None:
    everybody = judged(least_score=2)
    for least in (10, 50, 90):
        kept = judged(least_score=least)
        assert all(suspect.score >= least / 100 for suspect in kept)
        assert len(kept) == sum(suspect.score >= least / 100 for suspect in everybody)
