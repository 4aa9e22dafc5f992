"""The emergency desk's pages (紧急报警台): who sees which call, what can be done, what is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.commands.models import Command
from datacenter.emergencies import workflow
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.emergencies.workflow import Pressed, raise_call
from datacenter.registry.models import DriverBinding, Vehicle
from tests import factories

pytestmark = pytest.mark.usefixtures("tracks")
PHONE = "13712345678"


@pytest.fixture
def taxi(counties: Any) -> Vehicle:
    vehicle = factories.make_vehicle("辽LT0001", kind=Vehicle.Kind.TAXI)
    factories.make_terminal(vehicle, edition="2013")
    driver = factories.make_practitioner("欧阳国安", vehicle.company, phone=PHONE)
    DriverBinding.objects.create(vehicle=vehicle, practitioner=driver, since=timezone.now() - timedelta(hours=1))
    return vehicle


def ring(vehicle: Vehicle, ago_s: float = 0, late_s: float = 0) -> EmergencyCall:
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    pressed = Pressed(vehicle.pk, at - timedelta(seconds=late_s), at, 40_992_450, 122_066_240, 423)
    return EmergencyCall.objects.get(pk=raise_call(pressed))


def seated(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_county_sees_its_own_calls_and_no_others(taxi, dawa_officer, panshan_officer, city_officer):
    call = ring(taxi)
    for officer, sees in ((dawa_officer, True), (city_officer, True), (panshan_officer, False)):
        client = seated(officer)
        assert (taxi.plate in client.get("/emergencies/").content.decode()) is sees
        assert len(client.get("/emergencies/ringing/").json()["calls"]) == sees
        assert client.get(f"/emergencies/{call.pk}/").status_code == (200 if sees else 404)
        assert client.get(f"/emergencies/{call.pk}/place/").status_code == (200 if sees else 404)
        assert client.get(f"/emergencies/{call.pk}/hand-over-note/").status_code == (200 if sees else 404)


def test_acknowledged_handed_over_and_closed_by_forms(taxi, dawa_officer):
    call, client = ring(taxi), seated(dawa_officer)
    assert client.post(f"/emergencies/{call.pk}/acknowledge/").status_code == 302
    assert client.get("/emergencies/ringing/").json()["calls"] == []
    said = {"hand_over-to": "大洼公安", "hand_over-receiver": "王警官", "hand_over-note": "持刀"}
    assert client.post(f"/emergencies/{call.pk}/hand_over/", said).status_code == 302
    page = client.post(f"/emergencies/{call.pk}/close/", {"close-note": "已控制"})
    assert page.status_code == 422
    assert "请选择结论" in page.content.decode()
    assert "已控制" in page.content.decode(), "what was typed is kept"
    assert (
        client.post(f"/emergencies/{call.pk}/close/", {"close-outcome": "real", "close-note": "好"}).status_code == 302
    )
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("closed", "real")
    actions = AuditRecord.objects.filter(user=dawa_officer).values_list("action", flat=True)
    assert {"emergency.acknowledge", "emergency.hand_over", "emergency.close"} <= set(actions)


def test_the_second_officer_is_told_and_loses_nothing(taxi, dawa_officer, city_officer):
    call, client = ring(taxi), seated(city_officer)
    workflow.acknowledge_call(call, by=dawa_officer)
    page = client.post(f"/emergencies/{call.pk}/acknowledge/", headers={"HX-Request": "true"})
    assert page.status_code == 409
    assert "当前为“已接警”" in page.content.decode()


def test_what_rings_stands_above_what_is_taken(taxi, dawa_officer):
    taken = ring(factories.make_vehicle("辽LT0002"), ago_s=60)
    workflow.acknowledge_call(taken, by=dawa_officer)
    newer = ring(factories.make_vehicle("辽LT0003"))
    older = ring(taxi, ago_s=30)
    page = seated(dawa_officer).get("/emergencies/open/").content.decode()
    at = [page.index(f'data-call="{call.pk}"') for call in (older, newer, taken)]
    assert at == sorted(at)


def test_who_only_looks_has_no_buttons(taxi, enforcement_officer):
    call, client = ring(taxi), seated(enforcement_officer)
    page = client.get(f"/emergencies/{call.pk}/").content.decode()
    assert "data-verb" not in page
    assert "data-order" not in page
    assert client.post(f"/emergencies/{call.pk}/acknowledge/").status_code == 403
    assert client.post(f"/emergencies/{call.pk}/unmask/").status_code == 403


def test_the_hotline_takes_a_call_and_orders_nothing(taxi, hotline_operator):
    call, client = ring(taxi), seated(hotline_operator)
    assert client.post(f"/emergencies/{call.pk}/acknowledge/").status_code == 302
    assert "data-order" not in client.get(f"/emergencies/{call.pk}/").content.decode()
    assert client.post(f"/emergencies/{call.pk}/orders/photo/", {"channel": 1}).status_code in (403, 422)
    assert not Command.objects.exists()


def test_drivers_are_masked_until_somebody_looks_and_that_is_written_down(taxi, dawa_officer):
    call, client = ring(taxi), seated(dawa_officer)
    page = client.get(f"/emergencies/{call.pk}/").content.decode()
    assert "137****5678" in page
    assert PHONE not in page
    shown = client.post(f"/emergencies/{call.pk}/unmask/").content.decode()
    assert PHONE in shown
    assert "欧阳国安" in shown
    assert AuditRecord.objects.filter(user=dawa_officer, action="practitioner.unmask").count() == 1


@pytest.mark.parametrize(
    ("edition", "name", "said", "message_id"),
    [
        ("2013", "photo", {"channel": 2}, 0x8801),
        ("2019", "listen", {"phone": "04271234567"}, 0x8400),
        ("2013", "confirm", {}, 0x8203),
        ("905", "photo", {"channel": 1}, 0x8801),
        ("905", "listen", {"phone": "04271234567"}, 0x8400),
        ("905", "confirm", {}, 0x8B0A),
        ("905", "end", {}, 0x8B0B),
    ],
)
def test_an_order_goes_ahead_of_others_and_into_the_record(taxi, dawa_officer, edition, name, said, message_id):
    taxi.terminals.update(edition=edition)
    call, client = ring(taxi), seated(dawa_officer)
    assert client.post(f"/emergencies/{call.pk}/orders/{name}/", said).status_code == 302
    command = Command.objects.get()
    assert (command.message_id, command.urgent, command.created_by) == (message_id, True, dawa_officer)
    assert EmergencyEvent.objects.get(verb="request").command == command


def test_an_order_that_can_not_be_given_says_why(taxi, dawa_officer):
    call, client = ring(taxi), seated(dawa_officer)
    page = client.post(f"/emergencies/{call.pk}/orders/listen/", {"phone": "喂"})
    assert page.status_code == 422
    assert "不是电话号码" in page.content.decode()
    assert client.post(f"/emergencies/{call.pk}/orders/end/").status_code == 409, "JT/T 808 has no such order"
    taxi.terminals.update(state="spare")
    assert "没有在用终端" in client.post(f"/emergencies/{call.pk}/orders/photo/", {"channel": 1}).content.decode()
    assert not Command.objects.exists()


def test_the_note_has_everything_on_paper(taxi, dawa_officer):
    call = ring(taxi, late_s=600)
    workflow.acknowledge_call(call, by=dawa_officer)
    workflow.hand_over_call(call, by=dawa_officer, to="大洼公安", number="JJ-77", note="持刀")
    page = seated(dawa_officer).get(f"/emergencies/{call.pk}/hand-over-note/").content.decode()
    for wanted in (taxi.plate, "欧阳国安", PHONE, "122.066240", "JJ-77", "（补报）", "<polyline"):
        assert wanted in page
    assert AuditRecord.objects.filter(action="emergency.note").exists()


def test_the_list_filters_pages_exports_and_counts(taxi, dawa_officer, city_officer, django_assert_max_num_queries):
    other = factories.make_vehicle("辽LT0002")
    for number in range(3):
        call = ring(other, ago_s=3600 - number * 600)
        workflow.acknowledge_call(call, by=city_officer)
        workflow.close_call(call, by=city_officer, outcome="test", note="年检")
        EmergencyCall.objects.filter(pk=call.pk).update(
            acknowledged_at=call.raised_at + timedelta(seconds=10 * (number + 1)), bit_on=False
        )
    ring(taxi)
    client = seated(city_officer)
    with django_assert_max_num_queries(12):
        page = client.get("/emergencies/history/").content.decode()
    assert ">20</b>" in page, "the median"
    assert ">29</b>" in page, "the 95th percentile"
    only = client.get("/emergencies/history/", {"outcome": "test", "q": "t0002"}).content.decode()
    assert only.count("<tr data-row") == 3
    text = client.get("/emergencies/export/", {"format": "csv", "q": "T0001"}).content.decode("utf-8-sig")
    assert text.count("\n") == 2
    assert client.get("/emergencies/export/", {"format": "xlsx"}).content[:2] == b"PK"
    assert AuditRecord.objects.filter(action="emergency.export").count() == 2


def test_a_list_of_many_costs_no_query_a_row(counties, city_officer, django_assert_max_num_queries):
    for _ in range(30):
        ring(factories.make_vehicle())
    client = seated(city_officer)
    for name in ("emergency-history", "emergency-open", "emergency-ringing"):
        with django_assert_max_num_queries(12):
            assert client.get(reverse(name)).status_code == 200


def test_hostile_addresses_are_refused(taxi, dawa_officer):
    call, client = ring(taxi), seated(dawa_officer)
    assert client.post(f"/emergencies/{call.pk}/explode/").status_code == 404
    assert client.post(f"/emergencies/{call.pk}/orders/explode/").status_code == 404
    assert client.get("/emergencies/open/", {"call": "²"}).status_code == 200
    assert client.get("/emergencies/history/", {"since": "x", "before": "9-9-9"}).status_code == 200
