"""Rows of limits are made and ended, never changed: who may, what is refused, what the database itself refuses."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord
from datacenter.accounts.rights import Role
from datacenter.detection.errors import LimitRowEnded, LimitsRefused
from datacenter.detection.models import DetectorLimit
from datacenter.detection.workflow import NOTICE, add_limit, end_limit
from tests import factories

pytestmark = pytest.mark.django_db


def proposed(over: dict[str, Any] | None = None, **facts: Any) -> DetectorLimit:
    over = {"limit_kmh": {"hazmat": 90}} if over is None else over
    known = {"source": "市局通知", "note": "冬季道路结冰", "vehicle_kind": "hazmat"}
    return DetectorLimit(detector="road.overspeed", overrides=over, **{**known, **facts})


def test_a_row_begins_when_every_worker_knows_of_it(city_officer: Any) -> None:
    row = add_limit(proposed(), by=city_officer)
    assert NOTICE <= row.valid_from - row.created_at + timedelta(seconds=1) <= NOTICE + timedelta(seconds=2)
    assert row.created_by == city_officer
    record = AuditRecord.objects.get(action="detector.limit_add")
    assert (record.subject, record.detail["overrides"]) == ("road.overspeed", {"limit_kmh": {"hazmat": 90}})


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"over": {}}, "overrides"),
        ({"detector": "device.silent_day"}, "detector"),
        ({"over": {"limit_kmh": {"hazmat": -1}}}, "limit_kmh"),
        ({"over": {"lasting_s": "long"}}, "lasting_s"),
        ({"over": {"no_such_limit": 1}}, "no_such_limit"),
        ({"over": {"lasting_s": 60}, "vehicle_kind": ""}, "overrides"),
        ({"time_from": time(22)}, "time_until"),
        ({"time_from": time(22), "time_until": time(22)}, "time_until"),
        ({"weekdays": 0}, "weekdays"),
        ({"weekdays": 128}, "weekdays"),
        ({"source": " "}, "source"),
        ({"note": ""}, "note"),
        ({"valid_from": timezone.now() - timedelta(hours=1)}, "valid_from"),
        ({"valid_until": timezone.now()}, "valid_until"),
        ({"detector": "no.such"}, "detector"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(city_officer: Any, facts: dict[str, Any], field: str) -> None:
    row = proposed(facts.pop("over", None), **facts) if "detector" not in facts else proposed()
    row.detector = facts.get("detector", row.detector)
    with pytest.raises(LimitsRefused) as refused:
        add_limit(row, by=city_officer)
    assert list(refused.value.fields) == [field]
    assert not DetectorLimit.objects.exists()


def test_only_who_may_change_detectors_adds_and_ends_rows(city_officer: Any, dawa_officer: Any) -> None:
    posted = factories.make_user("posted", Role.CITY_REGULATOR, dawa_officer.unit)  # the right, but not the city
    for officer in (dawa_officer, posted):
        with pytest.raises(NotAllowed):
            add_limit(proposed(), by=officer)
    row = add_limit(proposed(), by=city_officer)
    with pytest.raises(NotAllowed):
        end_limit(row, by=dawa_officer, note="不要")
    assert DetectorLimit.objects.get().ended_at is None


def test_a_change_ends_one_row_and_makes_another_at_one_moment(city_officer: Any) -> None:
    first = add_limit(proposed(), by=city_officer)
    second = add_limit(proposed({"limit_kmh": {"hazmat": 85}}), by=city_officer, replaces=first)
    first.refresh_from_db()
    assert first.valid_until == second.valid_from
    assert (first.ended_by, first.end_note, second.replaces) == (city_officer, "冬季道路结冰", first)
    with pytest.raises(LimitRowEnded):
        add_limit(proposed(), by=city_officer, replaces=first)
    assert DetectorLimit.objects.count() == 2


def test_a_row_is_ended_once_and_with_a_reason(city_officer: Any) -> None:
    row = add_limit(proposed(), by=city_officer)
    with pytest.raises(LimitsRefused):
        end_limit(row, by=city_officer, note=" ")
    ended = end_limit(row, by=city_officer, note="冰已化")
    assert ended.valid_until is not None
    assert ended.valid_until >= ended.valid_from
    with pytest.raises(LimitRowEnded):
        end_limit(row, by=city_officer, note="再来")
    assert AuditRecord.objects.filter(action="detector.limit_end").count() == 1


def test_a_row_that_has_not_begun_never_will(city_officer: Any) -> None:
    row = add_limit(proposed(valid_from=timezone.now() + timedelta(days=3)), by=city_officer)
    ended = end_limit(row, by=city_officer, note="不办了")
    assert ended.valid_until == ended.valid_from


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE detector_limit SET overrides = '{}'",
        "UPDATE detector_limit SET valid_from = now()",
        "UPDATE detector_limit SET valid_until = now()",
        "DELETE FROM detector_limit",
    ],
)
def test_the_database_refuses_to_rewrite_a_row(city_officer: Any, statement: str) -> None:
    add_limit(proposed(), by=city_officer)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_to_end_a_row_twice(city_officer: Any) -> None:
    row = add_limit(proposed(), by=city_officer)
    end_limit(row, by=city_officer, note="冰已化")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        DetectorLimit.objects.filter(pk=row.pk).update(end_note="另一个理由", ended_at=timezone.now())
