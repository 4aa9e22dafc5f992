"""Events that could not become findings: kept with what told them, told again, one at nobody else's cost."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from datacenter.detection import events, findings, untold
from datacenter.detection.events import Told, tell
from datacenter.detection.models import DetectorSetting, Finding, UntoldEvent
from datacenter.ingest.worker import ShardWorker
from datacenter.media.models import SafetyAlarm
from datacenter.registry.models import Vehicle
from tests.conftest import on_test_database
from tests.media.conftest import NOW, dsm
from tests.media.test_alarms import packed, store

pytestmark = pytest.mark.usefixtures("tracks")
AT = int(NOW.timestamp())


class Breaking:
    """``findings.found`` that raises for some rules, as a fault of the program or a refused row would."""

    def __init__(self) -> None:
        self.rules: set[str] = set()
        self.fault: Exception = RuntimeError("broken")
        self.real = findings.found

    def __call__(self, episode: Any, rule: Any) -> Finding | None:
        if episode.detector in self.rules:
            raise self.fault
        return self.real(episode, rule)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Breaking:
    broken = Breaking()
    monkeypatch.setattr(findings, "found", broken)
    return broken


def told(vehicle: Vehicle, rule: str = "driver.phone", number: int = 1, at: int = AT) -> Told:
    return Told(rule, vehicle.pk, at, f"alarm:{number}", level=1, speed_dkmh=400, measures={})


def later(**span: float) -> datetime:
    return timezone.now() + timedelta(**span)


def test_a_rule_that_fails_once_makes_exactly_one_finding(
    breaking: Breaking, shard: ShardWorker, truck: Vehicle
) -> None:
    breaking.rules = {"driver.phone"}
    store(shard, truck, packed(dsm()))
    store(shard, truck, packed(dsm()))
    alarm, kept = SafetyAlarm.objects.get(), UntoldEvent.objects.get()
    assert not Finding.objects.exists()
    assert (kept.rule, kept.reference, kept.vehicle_id) == ("driver.phone", f"alarm:{alarm.pk}", truck.pk)
    assert (kept.attempts, kept.last_error) == (1, "RuntimeError: broken")
    assert Told(**kept.told).at == AT

    breaking.rules = set()
    before = untold.AGAIN.value("driver.phone", "found")
    assert untold.tell_due(later()) == 1
    finding = Finding.objects.get()
    assert (finding.detector, finding.started_at) == ("driver.phone", NOW)
    assert finding.evidence["told"] == [f"alarm:{alarm.pk}"]
    assert finding.case is not None
    assert not UntoldEvent.objects.exists()
    assert untold.AGAIN.value("driver.phone", "found") == before + 1
    assert untold.tell_due(later()) == 0
    assert Finding.objects.count() == 1


def test_one_that_always_fails_stays_and_holds_nobody_up(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone", "driver.smoking"}
    for number, rule in enumerate(("driver.phone", "driver.smoking"), 1):
        assert tell(told(truck, rule, number)) is None
    breaking.rules = {"driver.phone"}
    faults = events.FAULTS.value("driver.phone")
    assert untold.tell_due(later()) == 2
    assert Finding.objects.get().detector == "driver.smoking"
    kept = UntoldEvent.objects.get()
    assert (kept.rule, kept.attempts) == ("driver.phone", 2)
    assert kept.next_try_at is not None
    assert kept.next_try_at - kept.tried_at == timedelta(minutes=2)
    assert events.FAULTS.value("driver.phone") == faults + 1
    assert untold.WAITING.value("waiting") == 1
    assert tell(told(truck, "driver.seat_belt", 3)) is not None


def test_attempts_are_bounded_and_the_row_stays(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    tell(told(truck))
    now, moments = later(), []
    for _ in range(untold.ATTEMPTS + 5):
        if untold.tell_due(now):
            moments.append(now)
        row = UntoldEvent.objects.get()
        if row.next_try_at is None:
            break
        now = row.next_try_at
    assert len(moments) == untold.ATTEMPTS - 1
    waits = [after - before for before, after in itertools.pairwise(moments)]
    assert waits == sorted(waits)
    assert waits[-1] == untold.MOST_DELAY
    assert (row.attempts, row.next_try_at) == (untold.ATTEMPTS, None)
    assert untold.tell_due(now + timedelta(days=400)) == 0
    assert untold.WAITING.value("given_up") == 1


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (11, 1024), (12, 1440), (40, 1440)], ids=str)
def test_the_delay_doubles_up_to_a_day(attempts: int, minutes: int) -> None:
    assert untold.delay_after(attempts) == timedelta(minutes=minutes)


def test_what_is_rolled_back_is_not_kept(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    with transaction.atomic():
        tell(told(truck))
        assert UntoldEvent.objects.count() == 1
        transaction.set_rollback(True)
    assert not UntoldEvent.objects.exists()


def test_where_the_database_is_away_the_row_stays_as_it_is(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    tell(told(truck))
    breaking.fault = OperationalError("server closed the connection")
    with pytest.raises(OperationalError):
        untold.tell_due(later())
    assert UntoldEvent.objects.get().attempts == 1


def test_the_end_of_an_alarm_is_kept_beside_its_beginning(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    for at in (AT, AT + 40, AT + 40):
        tell(told(truck, at=at))
    assert UntoldEvent.objects.count() == 2
    breaking.rules = set()
    untold.tell_due(later())
    finding = Finding.objects.get()
    assert (finding.measures["alarms"], finding.measures["lasting_s"]) == (1, 40)


def test_a_rule_that_was_switched_off_meanwhile_finds_nothing(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    tell(told(truck))
    DetectorSetting.objects.filter(pk="driver.phone").update(enabled=False)
    assert untold.tell_due(later()) == 1
    assert not UntoldEvent.objects.exists()
    assert not Finding.objects.exists()


def test_a_row_that_another_worker_has_is_left_to_it(breaking: Breaking, truck: Vehicle) -> None:
    breaking.rules = {"driver.phone"}
    tell(told(truck))
    breaking.rules = set()
    with closing(psycopg2.connect(on_test_database(os.environ["DATABASE_URL"]))) as other, other.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'city', true)")
        cursor.execute("SELECT 1 FROM untold_event FOR UPDATE")
        assert cursor.rowcount == 1
        assert untold.tell_due(later()) == 0
        other.rollback()
    assert untold.tell_due(later()) == 1


def test_administrators_read_what_waits_and_change_nothing(
    breaking: Breaking, truck: Vehicle, client: Any, administrator: Any
) -> None:
    breaking.rules = {"driver.phone"}
    tell(told(truck))
    kept = UntoldEvent.objects.get()
    client.force_login(administrator)
    listing = client.get(reverse("admin:datacenter_untoldevent_changelist"))
    assert "RuntimeError: broken" in listing.content.decode()
    address = reverse("admin:datacenter_untoldevent_change", args=[kept.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"attempts": 0}).status_code == 403
    assert client.get(reverse("admin:datacenter_untoldevent_add")).status_code == 403
