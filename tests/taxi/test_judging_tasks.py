"""From the terminal's messages to findings by beat's tasks, in whatever order they come."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from datacenter.detection.models import Finding
from datacenter.facts.workflow import keep
from datacenter.registry.models import Practitioner, Vehicle
from panjin_traffic.celery import app
from panjin_traffic.schedule import SCHEDULE
from taxi.detection import tasks
from taxi.models import Trip
from tests.conftest import _as_role
from tests.taxi.driving import BEGAN, driven, put
from tests.taxi.messages import fact, meter, sign_in, trip

pytestmark = pytest.mark.usefixtures("tracks")


def beat() -> list[str]:
    """Every task once; the rules that found something."""
    with _as_role("DATABASE_INGEST_URL"):
        tasks.judge_trips()
        tasks.judge_sign_ins()
        tasks.look_for_unrecorded(26)
    return sorted(Finding.objects.exclude(state="superseded").values_list("detector", flat=True))


def test_beat_knows_every_task_it_is_to_send() -> None:
    app.loader.import_default_modules()
    assert [entry["task"] for entry in SCHEDULE.values() if entry["task"] not in app.tasks] == []


def test_messages_of_a_day_become_findings_once(taxi: Vehicle, zhao: Practitioner) -> None:
    put(driven(taxi, (7200, 36), loaded=(3600, 4200)))
    keep(fact(taxi.pk, sign_in("LN0000", BEGAN)))
    for minutes, km in ((0, "8.0"), (20, "30.0"), (40, "8.0")):
        at, lasting = BEGAN + timedelta(minutes=minutes), timedelta(seconds=800)
        counted = meter(zhao.identity_no, at, lasting, trip_km=Decimal(km))
        for _ in range(2):  # a record that comes twice
            keep(fact(taxi.pk, trip(zhao.identity_no, at, lasting, meter=counted)))
    expected = ["taxi.unlicensed_driver", "taxi.unmetered_signal", "taxi.unmetered_signal"]
    assert beat() == expected
    assert beat() == expected
    reasons = Finding.objects.filter(detector="taxi.unmetered_signal").order_by("started_at")
    assert [row.measures["reasons"] for row in reasons] == [4, 1]
    assert not Trip.objects.filter(judged_at=None).exists()


def test_an_evaluation_that_comes_after_the_judging_changes_no_finding(taxi: Vehicle, zhao: Practitioner) -> None:
    put(driven(taxi, (1200, 36)))
    lasting = timedelta(seconds=800)
    counted = meter(zhao.identity_no, BEGAN, lasting, trip_km=Decimal("30.0"))
    keep(fact(taxi.pk, trip(zhao.identity_no, BEGAN, lasting, meter=counted)))
    assert beat() == ["taxi.unmetered_signal"]
    judged = Trip.objects.get().judged_at
    later = trip(zhao.identity_no, BEGAN, lasting, meter=counted, evaluation_id=5, evaluation=3)
    keep(fact(taxi.pk, later, received_at=timezone.now()))
    assert beat() == ["taxi.unmetered_signal"]
    kept = Trip.objects.get()
    assert (kept.rating, kept.judged_at) == (3, judged)
