"""Sign-ins and sign-outs become shifts and bindings: twice, late, in any order, by two drivers, by nobody we know."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest

from datacenter.facts.models import TerminalReport
from datacenter.facts.workflow import keep
from datacenter.registry.models import DriverBinding, Practitioner, Vehicle
from taxi.models import Shift
from tests import factories
from tests.taxi.conftest import make_driver
from tests.taxi.messages import MORNING, fact, sign_in, sign_out

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
QIAN = "LN2111000123"


def bindings(vehicle: Vehicle) -> list[tuple[str, datetime, datetime | None]]:
    rows = DriverBinding.objects.filter(vehicle=vehicle).order_by("since", "pk")
    return [(row.practitioner.name, row.since, row.until) for row in rows]


def shifts(vehicle: Vehicle) -> list[tuple[str, datetime, datetime | None, str]]:
    rows = Shift.objects.filter(vehicle=vehicle).order_by("begins_at", "pk")
    return [(row.certificate_no, row.begins_at, row.ended_at, row.ended_by) for row in rows]


def test_a_sign_in_binds_driver_and_vehicle_and_the_sign_out_ends_it(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    assert bindings(taxi) == [("赵平安", MORNING, None)]
    assert DriverBinding.objects.get().source == DriverBinding.Source.SIGN_IN
    keep(fact(taxi.pk, sign_out(zhao.identity_no, MORNING + 8 * HOUR)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + 8 * HOUR)]
    shift = Shift.objects.get()
    assert (shift.ended_by, shift.sign_out_kind, shift.practitioner) == ("sign_out", 0, zhao)
    assert (shift.county_id, shift.company_id) == (taxi.county_id, taxi.company_id)
    assert (shift.distance_dkm, shift.loaded_dkm, shift.trips, shift.timed_s) == (1864, 1209, 23, 11525)
    assert (shift.total_jiao, shift.card_jiao, shift.card_trips) == (4125, 350, 2)
    assert (shift.unit_price_fen, shift.meter_trips, shift.meter_k) == (190, 30211, "0610")
    assert (shift.meter_total_dkm, shift.meter_loaded_dkm, shift.between_shifts_dkm) == (902107, 601002, 31)
    assert (shift.sign_in_latitude_e6, shift.sign_in_longitude_e6) == (41_120_000, 122_070_000)
    assert shift.empty_dkm == 655


def test_the_same_messages_again_change_nothing(taxi: Vehicle, zhao: Practitioner) -> None:
    messages = [sign_in(zhao.identity_no), sign_out(zhao.identity_no, MORNING + HOUR)]
    for message in messages:
        keep(fact(taxi.pk, message))
    before = (bindings(taxi), shifts(taxi))
    for message in messages:
        keep(fact(taxi.pk, message))
    assert (bindings(taxi), shifts(taxi)) == before
    assert Shift.objects.count() == 1
    assert TerminalReport.objects.count() == 2


def test_a_certificate_nobody_has_keeps_its_shift_and_says_so(taxi: Vehicle) -> None:
    keep(fact(taxi.pk, sign_in("ln99-0")))
    shift = Shift.objects.get()
    assert (shift.certificate_no, shift.practitioner, shift.unregistered) == ("LN99-0", None, True)
    assert bindings(taxi) == []


def test_an_unknown_driver_ends_the_known_one_s_binding_all_the_same(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(taxi.pk, sign_in("LN99", MORNING + HOUR)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + HOUR)]
    assert [row[3] for row in shifts(taxi)] == ["next_sign_in", ""]


def test_the_next_sign_in_closes_a_shift_that_was_not_signed_out(
    taxi: Vehicle, zhao: Practitioner, qian: Practitioner
) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(taxi.pk, sign_in(QIAN, MORNING + 9 * HOUR)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + 9 * HOUR), ("钱来顺", MORNING + 9 * HOUR, None)]


def test_a_driver_who_signs_in_elsewhere_leaves_the_first_vehicle(
    taxi: Vehicle, other_taxi: Vehicle, zhao: Practitioner
) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(other_taxi.pk, sign_in(zhao.identity_no, MORNING + HOUR)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + HOUR)]
    assert bindings(other_taxi) == [("赵平安", MORNING + HOUR, None)]
    assert shifts(taxi)[0][3] == "elsewhere"


def test_a_late_sign_in_leaves_who_drives_now_alone(taxi: Vehicle, zhao: Practitioner, qian: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(QIAN, MORNING + 12 * HOUR)))
    keep(fact(taxi.pk, sign_in(zhao.identity_no), received_at=MORNING + 20 * HOUR))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + 12 * HOUR), ("钱来顺", MORNING + 12 * HOUR, None)]


def test_a_sign_out_without_a_sign_in_is_a_shift_from_what_it_says_itself(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, sign_out(zhao.identity_no, MORNING + 8 * HOUR, since=MORNING)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + 8 * HOUR)]
    keep(fact(taxi.pk, sign_in(zhao.identity_no, MORNING + timedelta(minutes=4)), received_at=MORNING + 9 * HOUR))
    assert shifts(taxi) == [
        (zhao.identity_no, MORNING + timedelta(minutes=4), MORNING + 8 * HOUR, "sign_out"),
    ]
    assert bindings(taxi) == [("赵平安", MORNING + timedelta(minutes=4), MORNING + 8 * HOUR)]


def test_a_sign_in_ends_what_the_registry_said_before(taxi: Vehicle, zhao: Practitioner, qian: Practitioner) -> None:
    DriverBinding.objects.create(vehicle=taxi, practitioner=qian, since=MORNING - 99 * HOUR)
    later = DriverBinding.objects.create(vehicle=taxi, practitioner=qian, since=MORNING + 99 * HOUR)
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    assert bindings(taxi)[0] == ("钱来顺", MORNING - 99 * HOUR, MORNING)
    later.refresh_from_db()
    assert later.until is None


@pytest.mark.parametrize("order", list(itertools.permutations(range(5))))
def test_whatever_order_messages_come_in_the_shifts_are_the_same(
    taxi: Vehicle, other_taxi: Vehicle, zhao: Practitioner, qian: Practitioner, order: tuple[int, ...]
) -> None:
    told: list[tuple[Vehicle, Any]] = [
        (taxi, sign_in(zhao.identity_no, MORNING)),
        (taxi, sign_out(zhao.identity_no, MORNING + 4 * HOUR, since=MORNING)),
        (taxi, sign_in(QIAN, MORNING + 5 * HOUR)),
        (other_taxi, sign_in(QIAN, MORNING + 7 * HOUR)),
        (taxi, sign_in(zhao.identity_no, MORNING + 9 * HOUR)),
    ]
    for index in order:
        vehicle, message = told[index]
        keep(fact(vehicle.pk, message, received_at=MORNING + 24 * HOUR))
    assert bindings(taxi) == [
        ("赵平安", MORNING, MORNING + 4 * HOUR),
        ("钱来顺", MORNING + 5 * HOUR, MORNING + 7 * HOUR),
        ("赵平安", MORNING + 9 * HOUR, None),
    ]
    assert bindings(other_taxi) == [("钱来顺", MORNING + 7 * HOUR, None)]


def test_a_clock_that_was_never_set_does_not_decide_when_a_shift_began(taxi: Vehicle, zhao: Practitioner) -> None:
    far = MORNING.replace(year=2031)
    keep(fact(taxi.pk, sign_in(zhao.identity_no, far), received_at=MORNING))
    keep(fact(taxi.pk, sign_in(zhao.identity_no, far), received_at=MORNING + HOUR))
    shift = Shift.objects.get()
    assert shift.clock_off
    assert shift.begins_at == MORNING
    keep(fact(taxi.pk, sign_in("LN7", MORNING + 2 * HOUR)))
    assert bindings(taxi) == [("赵平安", MORNING, MORNING + 2 * HOUR)]


def test_two_sign_ins_in_one_second_leave_one_driver(taxi: Vehicle, zhao: Practitioner, qian: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(taxi.pk, sign_in(QIAN)))
    assert [(name, until is None) for name, _, until in bindings(taxi)] == [("赵平安", False), ("钱来顺", True)]


def test_a_sign_out_without_a_number_ends_the_shift_that_runs(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(taxi.pk, sign_out("", MORNING + HOUR)))
    assert shifts(taxi) == [(zhao.identity_no, MORNING, MORNING + HOUR, "sign_out")]


def test_a_number_that_two_people_have_is_the_company_s_own(taxi: Vehicle, zhao: Practitioner) -> None:
    stranger = make_driver("孙远方", factories.make_company(), "LN-TWICE")
    twin = make_driver("李近前", taxi.company, "X")
    twin.certificates.update(number="LN-TWICE", category="网络预约出租汽车驾驶员")
    keep(fact(taxi.pk, sign_in("LN-TWICE")))
    assert Shift.objects.get().practitioner == twin
    assert stranger.bindings.count() == 0
