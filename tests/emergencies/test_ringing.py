"""When a button rings, and when not (紧急报警): no call lost, none doubled, whatever the network and the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from datacenter.accounts.models import User
from datacenter.emergencies import workflow
from datacenter.emergencies.errors import CallRefused, NoteMissing
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.emergencies.watch import Watch
from datacenter.emergencies.workflow import Pressed, let_go, raise_call
from datacenter.registry.models import Vehicle
from tests import factories

NOW = datetime.now(UTC).replace(microsecond=0)
BIT = 1


@pytest.fixture
def taxi(counties: Any) -> Vehicle:
    return factories.make_vehicle("辽LT0001")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def press(taxi: Vehicle, received: float = 0, *, device: float | None = None, **facts: Any) -> int | None:
    """A report with the bit, received ``received`` seconds after now."""
    pressed_at = after(received if device is None else device)
    return raise_call(Pressed(taxi.pk, pressed_at, after(received), **facts))


def release(taxi: Vehicle, received: float) -> bool:
    return let_go(taxi.pk, after(received), after(received))


def over(call_id: int | None, officer: User, at: float, outcome: str = "mistaken") -> None:
    """The call was closed ``at`` seconds after now."""
    call = EmergencyCall.objects.get(pk=call_id)
    if call.state == EmergencyCall.State.RINGING:
        workflow.acknowledge_call(call, by=officer)
    workflow.close_call(call, by=officer, outcome=outcome, note="已电话核实")
    EmergencyCall.objects.filter(pk=call_id).update(closed_at=after(at))


def calls() -> list[EmergencyCall]:
    return list(EmergencyCall.objects.order_by("pk"))


def verbs(call_id: int | None) -> list[str]:
    return list(EmergencyEvent.objects.filter(call_id=call_id).order_by("pk").values_list("verb", flat=True))


def test_gateway_and_worker_say_it_both_and_it_rings_once(taxi):
    first = press(taxi, latitude_e6=40_990_000, longitude_e6=122_060_000, phone="13900000001")
    assert press(taxi, latitude_e6=40_990_000, longitude_e6=122_060_000) is None
    (call,) = calls()
    assert (call.pk, call.reports, call.phone, call.state) == (first, 1, "13900000001", "ringing")
    assert verbs(first) == ["raise"]


def test_reports_a_fraction_of_a_second_apart_are_one_call_that_moves(taxi):
    first = press(taxi)
    for number in range(1, 20):
        assert press(taxi, number * 0.05, device=number // 20, latitude_e6=41_000_000 + number, longitude_e6=1) == first
    (call,) = calls()
    assert (call.reports, call.presses, call.latitude_e6) == (20, 1, 41_000_019)
    assert verbs(first) == ["raise"]


def test_a_button_held_for_hours_is_one_call(taxi, dawa_officer):
    first = press(taxi)
    workflow.acknowledge_call(EmergencyCall.objects.get(), by=dawa_officer)
    for hour in range(1, 6):
        assert press(taxi, hour * 3600) == first
    assert len(calls()) == 1


def test_a_button_still_held_behind_the_calls_end_rings_again_after_ten_minutes(taxi, dawa_officer):
    first = press(taxi)
    over(first, dawa_officer, 60)
    assert press(taxi, 120) is None
    assert press(taxi, 60 + 599) is None
    second = press(taxi, 60 + 601)
    assert second not in (None, first)
    assert "没有复位" in EmergencyEvent.objects.get(call_id=second).note
    assert [call.bit_on for call in calls()] == [False, True]


def test_a_broken_button_rests_for_half_a_day(taxi, dawa_officer):
    over(press(taxi), dawa_officer, 60, outcome="fault")
    assert press(taxi, 3600) is None
    assert press(taxi, 60 + 12 * 3600 + 1)


def test_let_go_and_pressed_again_rings_again_at_once(taxi, dawa_officer):
    first = press(taxi)
    over(first, dawa_officer, 30)
    assert release(taxi, 40)
    second = press(taxi, 45)
    assert second not in (None, first)


def test_pressed_again_while_the_call_is_open_is_written_into_it(taxi, dawa_officer):
    first = press(taxi)
    workflow.acknowledge_call(EmergencyCall.objects.get(), by=dawa_officer)
    release(taxi, 10)
    assert press(taxi, 20) == first
    assert verbs(first) == ["raise", "acknowledge", "press"]
    (call,) = calls()
    assert (call.presses, call.bit_on, call.state) == (2, True, "acknowledged")


def test_a_backfill_hours_late_rings_and_says_so(taxi):
    call = EmergencyCall.objects.get(pk=press(taxi, device=-3 * 3600))
    assert call.is_late
    assert call.late_s == 3 * 3600
    assert call.raised_at == NOW


def test_a_backfill_of_a_press_that_was_dealt_with_rings_no_more(taxi, dawa_officer):
    over(press(taxi), dawa_officer, 30)
    release(taxi, 40)
    assert press(taxi, 900, device=-5) is None
    assert press(taxi, 900, device=0) is None
    other = press(taxi, 900, device=-3600)
    assert other, "an earlier press that nobody has heard of"


def test_a_backfill_moves_no_open_call_back(taxi):
    first = press(taxi, latitude_e6=41_000_000, longitude_e6=1)
    press(taxi, 10, device=-600, latitude_e6=40_000_000, longitude_e6=1)
    (call,) = calls()
    assert (call.pk, call.latitude_e6, call.last_pressed_at) == (first, 41_000_000, NOW)


def test_an_old_report_without_the_bit_lets_no_button_go(taxi):
    press(taxi)
    assert not let_go(taxi.pk, after(-3600), after(5))
    assert calls()[0].bit_on


def test_a_clock_put_right_in_between_does_not_hide_the_next_press(taxi, dawa_officer):
    over(press(taxi, 0, device=480), dawa_officer, 30)  # eight minutes fast
    assert release(taxi, 40)
    assert press(taxi, 60, device=60)


def test_a_batch_handed_in_again_after_the_calls_end_rings_no_more(taxi, dawa_officer):
    first = press(taxi)
    press(taxi, 5)
    over(first, dawa_officer, 30)
    release(taxi, 6)
    assert press(taxi, 0) is None
    assert press(taxi, 5) is None


def test_unknown_vehicles_raise_nothing(counties):
    assert raise_call(Pressed(999_999, NOW, NOW)) is None


# --- The watch -------------------------------------------------------------------------------------------------------
def watch_over(watch: Watch, taxi: Vehicle, rows: list[dict[str, Any]]) -> None:
    positions = factories.make_positions(taxi.pk, rows, int(NOW.timestamp()))
    watch.look(positions, watch.concerned(positions))


def test_pressed_and_let_go_within_one_batch_rings_all_the_same(taxi):
    watch = Watch()
    watch_over(watch, taxi, [{"at": 0}, {"at": 1, "alarm": BIT}, {"at": 2}, {"at": 3}])
    (call,) = calls()
    assert (call.state, call.bit_on) == ("ringing", False)
    watch_over(watch, taxi, [{"at": 10, "alarm": BIT}])
    assert calls()[0].presses == 2


def test_a_call_shows_when_the_button_went_down_and_where_the_vehicle_is(taxi):
    rows = [{"at": second, "alarm": BIT, "latitude_e6": 41_000_000 + second} for second in range(5)]
    watch_over(Watch(), taxi, rows)
    (call,) = calls()
    assert (call.device_time, call.latitude_e6) == (NOW, 41_000_004)


def test_a_watch_that_begins_anew_knows_whose_button_is_down(taxi, dawa_officer):
    watch_over(Watch(), taxi, [{"at": 0, "alarm": BIT}])
    over(calls()[0].pk, dawa_officer, 1)
    watch_over(Watch(), taxi, [{"at": 10}])
    assert not calls()[0].bit_on


def test_other_alarms_concern_nobody(taxi, django_assert_num_queries):
    watch = Watch()
    watch_over(watch, taxi, [{"at": 0}])
    with django_assert_num_queries(0):
        watch_over(watch, taxi, [{"at": 1, "alarm": 0xFFFFFFFE}])
    assert calls() == []


def test_a_button_that_is_up_is_asked_for_no_more(taxi, dawa_officer, django_assert_num_queries):
    watch = Watch()
    watch_over(watch, taxi, [{"at": 0, "alarm": BIT}])
    release(taxi, 5)  # the gateway was faster
    watch_over(watch, taxi, [{"at": 10}])
    with django_assert_num_queries(0):
        watch_over(watch, taxi, [{"at": 20}])


# --- The verbs -------------------------------------------------------------------------------------------------------
def test_a_call_goes_its_way_and_says_who_did_what(taxi, dawa_officer):
    call = EmergencyCall.objects.get(pk=press(taxi))
    workflow.acknowledge_call(call, by=dawa_officer)
    workflow.note_call(call, by=dawa_officer, note="驾驶员称遭乘客持刀威胁")
    police = {"to": "大洼区公安局指挥中心", "receiver": "王警官", "number": "JJ1"}
    workflow.hand_over_call(call, by=dawa_officer, note="请出警", **police)
    done = workflow.close_call(call, by=dawa_officer, outcome="real", note="嫌疑人已控制")
    assert done.state == "closed"
    assert verbs(call.pk) == ["raise", "acknowledge", "note", "hand_over", "close"]
    handed = EmergencyEvent.objects.get(verb="hand_over")
    assert handed.detail == police


def test_the_second_officer_hears_that_it_is_taken(taxi, dawa_officer, city_officer):
    call = EmergencyCall.objects.get(pk=press(taxi))
    workflow.acknowledge_call(call, by=dawa_officer)
    with pytest.raises(CallRefused, match="已接警"):
        workflow.acknowledge_call(call, by=city_officer)
    assert EmergencyCall.objects.get().acknowledged_by == dawa_officer


def test_a_call_is_not_closed_unheard_or_without_words(taxi, dawa_officer):
    call = EmergencyCall.objects.get(pk=press(taxi))
    with pytest.raises(CallRefused):
        workflow.close_call(call, by=dawa_officer, outcome="test", note="试")
    workflow.acknowledge_call(call, by=dawa_officer)
    with pytest.raises(NoteMissing):
        workflow.close_call(call, by=dawa_officer, outcome="test", note=" ")
    with pytest.raises(NoteMissing):
        workflow.close_call(call, by=dawa_officer, outcome="", note="试")


def test_what_was_done_can_not_be_rewritten(taxi):
    press(taxi)
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE emergency_event SET note = 'x'")
