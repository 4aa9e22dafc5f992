"""What detectors know of the world is what the rows say; who keeps them may say no nonsense."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datacenter.accounts.models import AuditRecord, User
from datacenter.detection.batch import KINDS
from datacenter.detection.catalogue import EventDetector, detectors
from datacenter.detection.models import DetectorSetting, Exemption
from datacenter.detection.settings import rules_in_force
from datacenter.detection.world import read_context
from datacenter.geo.models import Area, Crossing, RoadSection
from tests import factories
from tests.detection.running import drive, rule, told

LINE = {"type": "LineString", "coordinates": [[122.0, 41.0], [122.1, 41.0]]}
SQUARE = {"type": "Polygon", "coordinates": [[[122, 41], [122.1, 41], [122.1, 41.1], [122, 41.1], [122, 41]]]}


def test_areas_have_hours_and_routes_have_vehicles(counties: Any) -> None:
    coach = factories.make_vehicle(kind="coach")
    hazmat = factories.make_vehicle()
    factories.make_area((41.0, 122.0), daily_from=time(7), daily_until=time(9, 30))
    route = factories.make_area((41.0, 122.0), kind=Area.Kind.CORRIDOR)
    route.vehicles.add(hazmat)
    factories.make_area((41.0, 122.0), kind=Area.Kind.CORRIDOR, vehicle_kinds=["coach"])
    factories.make_area((41.0, 122.0), kind=Area.Kind.CORRIDOR, vehicle_kinds=["taxi"], active=False)
    context = read_context()
    assert [(z.daily_from_s, z.daily_until_s) for z in context.forbidden] == [(7 * 3600, 9 * 3600 + 1800)]
    assert context.speed_zones == []
    assert context.corridors is not None
    bound = [(sorted(one.vehicles), sorted(one.kinds)) for one in context.corridors.routes]
    assert bound == [([hazmat.pk], []), ([], [KINDS.index("coach")])]
    far = {"longitude_e6": 123_000_000}
    for vehicle, found in ((coach, 1), (hazmat, 1), (factories.make_vehicle(kind="taxi"), 0)):
        track = drive((300, 40), step=10, vehicle=vehicle.pk, **far)
        assert len(told([rule(detectors()["route.deviation"])], track, read_context())) == found


def test_roads_and_crossings_follow_their_rows(counties: Any) -> None:
    assert read_context().roads is None
    assert read_context().crossings is None
    road = RoadSection.objects.create(
        name="中华路", road_class="urban", line=LINE, width_m=20, limit_kmh=60, kind_limits={"hazmat": 40}, source="试"
    )
    Crossing.objects.create(name="口", boundary=SQUARE, source="试")
    context = read_context()
    assert context.crossings is not None
    assert context.roads is not None
    lon, lat, now = np.array([122_050_000] * 2), np.array([41_000_130, 41_000_140]), np.array([0, 0])
    places, limit = context.roads.limits(lon, lat, now, np.array([KINDS.index("hazmat")] * 2))
    # Ten metres of carriageway to each side and five for the receiver.
    assert (places.tolist(), limit.tolist()) == ([0], [40])
    road.limit_kmh, road.kind_limits = 50, {}
    road.save()
    changed = read_context().roads
    assert changed is not None
    assert changed.limits(lon, lat, now, np.array([3, 3]))[1].tolist() == [50]
    RoadSection.objects.update(active=False)
    assert read_context().roads is None


def test_exemptions_are_spans_of_one_rule(counties: Any) -> None:
    coach = factories.make_vehicle(kind="coach")
    day = datetime(2026, 3, 1, tzinfo=UTC)
    Exemption.objects.create(detector="driving.night_ban", vehicle=coach, valid_from=day, source="机场专线")
    ((vehicle, since, until),) = read_context().exempt["driving.night_ban"]
    assert (vehicle, since) == (coach.pk, int(day.timestamp()))
    assert until > 2**40


def test_reading_the_world_takes_the_same_number_of_queries_whatever_there_is(counties: Any) -> None:
    def queries() -> int:
        read_context()
        with CaptureQueriesContext(connection) as seen:
            read_context()
        return len(seen)

    factories.make_area((41.0, 122.0), kind=Area.Kind.CORRIDOR, vehicle_kinds=["taxi"])
    few = queries()
    for number in range(5):
        factories.make_area((41.0, 122.0), kind=Area.Kind.CORRIDOR).vehicles.add(factories.make_vehicle())
        factories.make_area((41.0, 122.0))
        RoadSection.objects.create(
            name=str(number), road_class="first", line=LINE, width_m=20, limit_kmh=60, source="试"
        )
    assert queries() == few


def test_the_engine_runs_no_rule_of_events_nor_one_that_is_off_at_first(db: None) -> None:
    running = {one.detector.code for one in rules_in_force()}
    assert running == {
        code for code, one in detectors().items() if one.enabled_by_default and not isinstance(one, EventDetector)
    }
    assert "crossing.fast" not in running
    assert not DetectorSetting.objects.get(pk="crossing.fast").enabled
    DetectorSetting.objects.filter(pk="crossing.fast").update(enabled=True)
    assert "crossing.fast" in {one.detector.code for one in rules_in_force()}


@pytest.fixture
def client(city_officer: User) -> Client:
    signed_in = Client()
    signed_in.force_login(city_officer)
    return signed_in


def save(client: Client, model: str, **facts: Any) -> dict[str, Any]:
    """Faults of a form by field; empty where it was kept."""
    data = {name: json.dumps(v) if isinstance(v, dict) else v for name, v in facts.items()}
    response = client.post(f"/admin/datacenter/{model}/add/", data)
    return {} if response.status_code == 302 else dict(response.context["adminform"].form.errors)


def test_a_route_is_kept_with_its_vehicles_and_written_down(client: Client, counties: Any) -> None:
    vehicle = factories.make_vehicle("辽L12345")
    facts = {"name": "剧毒品路线", "kind": "corridor", "boundary": SQUARE, "source": "公安批准", "active": "on"}
    assert set(save(client, "area", **facts)) == {"plates"}
    assert set(save(client, "area", plates="辽L99999", **facts)) == {"plates"}
    assert save(client, "area", plates="辽L12345", **facts) == {}
    assert list(Area.objects.get().vehicles.all()) == [vehicle]
    assert AuditRecord.objects.filter(action="area.add").exists()
    assert set(save(client, "area", plates="辽L12345", **facts | {"kind": "forbidden"})) == {"plates"}


@pytest.mark.parametrize(
    ("hours", "faults"),
    [
        ({}, set()),
        ({"daily_from": "07:00", "daily_until": "09:00"}, set()),
        ({"daily_from": "22:00", "daily_until": "06:00"}, set()),
        ({"daily_from": "07:00"}, {"daily_until"}),
        ({"daily_from": "07:00", "daily_until": "07:00"}, {"daily_until"}),
    ],
)
def test_hours_of_an_area_come_in_pairs(client: Client, hours: dict[str, str], faults: set[str]) -> None:
    facts = {"name": "学校", "kind": "forbidden", "boundary": SQUARE, "source": "公告", "active": "on"}
    assert set(save(client, "area", **facts, **hours)) == faults


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        ({}, set()),
        ({"kind_limits": {"hazmat": 60}}, set()),
        ({"kind_limits": {"tank": 60}}, {"kind_limits"}),
        ({"kind_limits": {"hazmat": "fast"}}, {"kind_limits"}),
        ({"limit_kmh": 131}, {"limit_kmh"}),
        ({"line": SQUARE}, {"line"}),
        ({"line": {"type": "LineString", "coordinates": [[200, 41], [201, 41]]}}, {"line"}),
        ({"line": "[1, 2]"}, {"line"}),
    ],
)
def test_a_road_is_a_line_with_lawful_limits(client: Client, facts: dict[str, Any], faults: set[str]) -> None:
    given = {"name": "路", "road_class": "first", "line": LINE, "width_m": 20, "limit_kmh": 60, "source": "试"}
    assert set(save(client, "roadsection", **given | facts)) == faults
    assert RoadSection.objects.exists() is not bool(faults)


def test_an_exemption_names_rule_vehicle_time_and_reason(client: Client, counties: Any, city_officer: User) -> None:
    factories.make_vehicle("辽L12345", kind="coach")
    facts = {
        "detector": "driving.night_ban", "plate": "辽L12345", "source": "机场专线",
        "valid_from_0": "2026-03-01", "valid_from_1": "00:00", "valid_until_0": "", "valid_until_1": "",
    }  # fmt: skip
    assert set(save(client, "exemption", **facts | {"detector": "road.overspeed"})) == {"detector"}
    assert set(save(client, "exemption", **facts | {"plate": "辽L00000"})) == {"plate"}
    backwards = {"valid_until_0": "2026-02-01", "valid_until_1": "00:00"}
    assert set(save(client, "exemption", **facts | backwards)) == {"valid_until"}
    assert save(client, "exemption", **facts) == {}
    assert Exemption.objects.get().by == city_officer
    for model in ("exemption", "roadsection", "crossing", "area"):
        assert client.get(f"/admin/datacenter/{model}/").status_code == 200


def test_a_code_names_one_of_the_rules_of_events(client: Client, db: None) -> None:
    facts = {"vendor": "锐明", "item": 0x65, "code": 10, "title": "未系安全带", "source": "厂商手册"}
    assert set(save(client, "safetyeventcode", detector="road.overspeed", **inline(facts))) == {"detector"}
    assert save(client, "safetyeventcode", detector="driver.seat_belt", **inline(facts)) == {}


def inline(facts: dict[str, Any]) -> dict[str, Any]:
    """With the empty table of changes that the form carries."""
    return facts | {f"changes-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
