"""Sign-ins judged against the registry: each once, at no sign-in's cost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datacenter.detection.models import DetectorSetting, Finding
from datacenter.detection.settings import enter_detectors
from datacenter.detection.words import in_one_line
from datacenter.facts.workflow import keep
from datacenter.registry.models import Certificate, Company, DriverBinding, Practitioner, Vehicle
from taxi.detection import sign_ins
from taxi.detection.licences import Reason
from taxi.models import Shift
from tests import factories
from tests.conftest import _as_role
from tests.factories import DAWA
from tests.taxi.conftest import make_driver, make_taxi
from tests.taxi.messages import fact, sign_in, sign_out
from tests.taxi.rows import make_shift, now

pytestmark = pytest.mark.django_db(transaction=True)


def judge(at: datetime | None = None) -> int:
    """What beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return sign_ins.judge_due(at or timezone.now())


def reasons() -> list[int]:
    return [finding.measures["reasons"] for finding in Finding.objects.filter(detector="taxi.unlicensed_driver")]


def enter(driver: Practitioner, vehicle: Vehicle, **facts: Any) -> None:
    """As the registry's clerk binds them."""
    plain = {"since": timezone.now() - timedelta(days=30), "source": DriverBinding.Source.REGISTRY}
    DriverBinding.objects.create(practitioner=driver, vehicle=vehicle, **(plain | facts))


def test_a_number_nobody_has_is_found_once_with_its_case(taxi: Vehicle) -> None:
    shift = make_shift(taxi, "LN0000")
    assert judge() == 1
    assert judge() == 0
    finding = Finding.objects.get()
    assert finding.measures["reasons"] == Reason.UNKNOWN
    assert (finding.vehicle, finding.started_at) == (taxi, shift.signed_in_at)
    assert finding.evidence["told"] == [f"shift:{shift.pk}"]
    assert finding.county_id == taxi.county_id
    assert finding.case.driver_name == ""
    assert "从业资格证号未登记" in in_one_line(finding)


def test_the_same_sign_in_again_is_the_same(taxi: Vehicle) -> None:
    at = now() - timedelta(hours=3)
    for _ in range(2):
        keep(fact(taxi.pk, sign_in("LN0000", at)))
        judge()
    assert reasons() == [Reason.UNKNOWN]


def test_who_signs_in_again_that_day_is_the_same_finding_and_on_another_day_another(
    taxi: Vehicle, other_taxi: Vehicle
) -> None:
    noon = now().replace(hour=12) - timedelta(days=3)
    for vehicle, hours in ((taxi, 0), (taxi, 5), (taxi, -2), (taxi, 24), (other_taxi, 9)):
        keep(fact(vehicle.pk, sign_in("LN0000", noon + timedelta(hours=hours))))
        judge()
    keep(fact(taxi.pk, sign_in("LN9999", noon + timedelta(hours=7))))
    judge()
    found = Finding.objects.filter(vehicle=taxi).order_by("pk")
    assert [(f.started_at - noon, f.ended_at - noon) for f in found] == [
        (timedelta(hours=-2), timedelta(hours=5)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(hours=7), timedelta(hours=7)),
    ]
    assert Finding.objects.filter(vehicle=other_taxi).count() == 1


def test_who_is_entered_for_the_taxi_may_drive_it_again_and_again(
    taxi: Vehicle, zhao: Practitioner, qian: Practitioner
) -> None:
    enter(zhao, taxi)
    enter(qian, taxi)
    # The first sign-in ends both bindings of the registry; entered they are all the same.
    for hours, number in ((9, zhao.identity_no), (6, "LN2111000123"), (3, zhao.identity_no)):
        make_shift(taxi, number, ago=timedelta(hours=hours))
    assert not DriverBinding.objects.filter(source="registry", until=None).exists()
    assert judge() == 3
    assert reasons() == []


def test_who_is_not_entered_for_the_taxi_is_found(
    taxi: Vehicle, other_taxi: Vehicle, zhao: Practitioner, qian: Practitioner
) -> None:
    enter(zhao, taxi)
    enter(qian, other_taxi)
    make_shift(taxi, zhao.identity_no, ago=timedelta(hours=9))
    make_shift(taxi, "LN2111000123", ago=timedelta(hours=6))
    judge()
    assert reasons() == [Reason.NOT_BOUND]
    assert Finding.objects.get().case.driver_name == qian.name


def test_a_binding_that_the_clerk_ended_counts_no_more(taxi: Vehicle, zhao: Practitioner, qian: Practitioner) -> None:
    enter(zhao, taxi, until=timezone.now() - timedelta(days=2))
    enter(qian, taxi)
    make_shift(taxi, zhao.identity_no)
    judge()
    assert reasons() == [Reason.NOT_BOUND]


def test_without_bindings_of_the_taxi_its_company_s_drivers_may(
    taxi: Vehicle, zhao: Practitioner, counties: Any
) -> None:
    stranger = make_driver("孙外来", factories.make_company("大洼出租有限公司", DAWA, Company.Kind.TAXI))
    make_shift(taxi, zhao.identity_no, ago=timedelta(hours=9))
    judge()
    assert reasons() == []
    make_shift(taxi, stranger.identity_no)
    judge()
    assert reasons() == [Reason.OTHER_COMPANY]


@pytest.mark.parametrize(("days", "found"), [(1, []), (0, []), (-1, [Reason.EXPIRED])])
def test_an_expired_certificate_is_found_with_its_days(
    taxi: Vehicle, zhao: Practitioner, days: int, found: list[int]
) -> None:
    day = timezone.localdate(now() - timedelta(hours=3))
    Certificate.objects.update(valid_until=day + timedelta(days=days))
    make_shift(taxi, zhao.identity_no)
    judge()
    assert reasons() == found
    if found:
        finding = Finding.objects.get()
        assert finding.measures["expired_days"] == 1
        assert "已过期 1 天" in in_one_line(finding)


def test_a_lorry_driver_s_certificate_is_for_no_taxi(taxi: Vehicle, zhao: Practitioner) -> None:
    Certificate.objects.update(category="道路货物运输驾驶员")
    make_shift(taxi, zhao.identity_no)
    judge()
    assert reasons() == [Reason.CATEGORY]


def test_a_number_that_two_people_have_speaks_for_the_one_who_may(taxi: Vehicle, zhao: Practitioner) -> None:
    Certificate.objects.filter(practitioner=zhao).update(number="LN77")
    other = factories.make_practitioner("同号人", zhao.company)
    today = timezone.localdate()
    Certificate.objects.create(
        practitioner=other, category="道路货物运输驾驶员", number="LN77", valid_from=today, valid_until=today
    )
    make_shift(taxi, "LN77")
    judge()
    assert reasons() == []


def test_a_shift_known_by_its_sign_out_alone_is_judged_when_the_sign_in_comes(taxi: Vehicle) -> None:
    at = now() - timedelta(hours=3)
    keep(fact(taxi.pk, sign_out("LN0000", at + timedelta(hours=1), since=at)))
    assert judge() == 0
    keep(fact(taxi.pk, sign_in("LN0000", at)))
    assert judge() == 1
    assert reasons() == [Reason.UNKNOWN]


def test_a_sign_in_without_a_number_is_found_where_the_bureau_wants_it(taxi: Vehicle) -> None:
    make_shift(taxi, "", ago=timedelta(hours=9))
    judge()
    assert reasons() == []
    enter_detectors()
    DetectorSetting.objects.filter(pk="taxi.unlicensed_driver").update(limits={"blank": 1})
    make_shift(taxi, "")
    judge()
    assert reasons() == [Reason.BLANK]


def test_a_judge_that_breaks_costs_no_sign_in_and_tries_again(taxi: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shift(taxi, "LN0000")

    def breaks(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(sign_ins, "faults", breaks)
    at = timezone.now()
    assert judge(at) == 1
    assert Shift.objects.get().judged_at is None
    monkeypatch.undo()
    assert judge(at + timedelta(minutes=59)) == 0
    assert judge(at + timedelta(minutes=60)) == 1
    assert reasons() == [Reason.UNKNOWN]


def test_a_sign_in_costs_the_same_queries_however_many_were_before(taxi: Vehicle, taxi_company: Company) -> None:
    def asked(number: str) -> int:
        shift = make_shift(taxi, number)
        limits = sign_ins.rule_in_force("taxi.unlicensed_driver").limits  # type: ignore[union-attr]
        with CaptureQueriesContext(connection) as seen:
            sign_ins.judge(shift.pk, timezone.now(), limits)
        return len(seen)

    drivers = [make_driver("吴多多", taxi_company) for _ in range(6)]
    enter(drivers[0], taxi)
    first = asked(drivers[0].identity_no)
    for number, driver in enumerate(drivers):
        enter(driver, taxi)
        enter(driver, make_taxi(f"辽LT70{number:02d}", taxi_company))
        make_shift(taxi, driver.identity_no, ago=timedelta(hours=9 + number))
    assert asked(drivers[3].identity_no) == first
    assert first <= 12
