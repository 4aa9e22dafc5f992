"""Pages of what the gateway could not take: quarantine, and terminals to adopt."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.gateway.models import QuarantinedFrame, UnknownTerminal
from datacenter.registry.models import Terminal
from tests import factories

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_frame(**facts) -> QuarantinedFrame:
    facts = {"at": timezone.now(), "reason": "bad-checksum", "detail": "0x3f ≠ 0x12", "phone": "13904270001",
             "raw": b"\x7e\x02\x00ABC\x7e", **facts}  # fmt: skip
    return QuarantinedFrame.objects.create(**facts)


def make_unknown(plate: str = "", **facts) -> UnknownTerminal:
    facts = {"edition": "2013", "last_seen_at": timezone.now(), "phone": "13955550001", "plate_colour": 2, **facts}
    return UnknownTerminal.objects.create(plate=plate, **facts)


def test_frames_are_filtered_and_counted_by_reason(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    first, second = make_frame(vehicle=vehicle), make_frame(reason="bad-time", phone="13911112222")
    make_frame(at=timezone.now() - timedelta(days=3))
    client = signed_in(city_officer)
    page = client.get("/gateway/quarantine/")
    assert {row["reason"]: row["count"] for row in page.context["seen"]} == {"bad-checksum": 1, "bad-time": 1}
    assert len(page.context["page"].rows) == 3

    def found(**filters: str) -> list[int]:
        return [frame.pk for frame in client.get("/gateway/quarantine/", filters).context["page"].rows]

    assert found(reason="bad-time") == found(q="013911112222") == [second.pk]
    assert found(q="12345") == [first.pk]
    since = timezone.localtime() - timedelta(hours=1)
    assert set(found(since=f"{since:%Y-%m-%dT%H:%M}")) == {first.pk, second.pk}


def test_a_frame_is_shown_byte_by_byte_and_nothing_of_it_runs(city_officer):
    frame = make_frame(raw=b"\x7e<script>alert(1)</script>\x7e")
    page = signed_in(city_officer).get(f"/gateway/quarantine/{frame.pk}/").content.decode()
    assert "7e 3c 73 63 72 69 70 74" in page
    assert "<script>alert" not in page


def test_county_officers_have_no_quarantine(dawa_officer, city_officer):
    frame = make_frame()
    for address in ("/gateway/quarantine/", f"/gateway/quarantine/{frame.pk}/", "/gateway/unknown/"):
        assert signed_in(city_officer).get(address).status_code == 200
        assert signed_in(dawa_officer).get(address).status_code == 403


def test_a_terminal_whose_plate_is_registered_is_adopted_in_one_click(city_officer, dawa_officer):
    vehicle = factories.make_vehicle("辽L12345")
    unknown = make_unknown("辽L12345")
    address = f"/gateway/unknown/{unknown.pk}/adopt/"
    data = {"plate": vehicle.plate, "vehicle": vehicle.pk}
    assert signed_in(dawa_officer).post(address, data).status_code == 403
    assert "辽L·12345" in signed_in(city_officer).get("/gateway/unknown/").content.decode().replace("<i></i>", "·")
    assert signed_in(city_officer).post(address, data).status_code == 302
    assert Terminal.objects.get(phone=unknown.phone).vehicle == vehicle
    assert AuditRecord.objects.filter(action="terminal.adopt", user=city_officer).exists()
    assert signed_in(city_officer).post(address, data).status_code == 404


def test_an_unknown_plate_is_refused_and_can_be_corrected(city_officer):
    vehicle, unknown = factories.make_vehicle("辽L12345"), make_unknown("辽L00000")
    address, client = f"/gateway/unknown/{unknown.pk}/adopt/", signed_in(city_officer)
    refused = client.post(address, {"plate": "辽L99999"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "登记中没有车牌 辽L99999" in refused.content.decode()
    assert client.post(address, {"plate": " 辽l12345 "}).status_code == 302
    assert vehicle.terminals.get().phone == unknown.phone


def test_a_fitted_terminal_asks_whether_to_replace_it(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    old, unknown = factories.make_terminal(vehicle), make_unknown("辽L12345")
    address, client = f"/gateway/unknown/{unknown.pk}/adopt/", signed_in(city_officer)
    data = {"plate": vehicle.plate, "vehicle": vehicle.pk}
    asked = client.post(address, data)
    assert asked.status_code == 422
    assert "请选择更换还是同时使用" in asked.content.decode()
    assert client.post(address, {**data, "replacing": old.pk}).status_code == 302
    old.refresh_from_db()
    assert (old.state, old.replaced_by.phone) == (Terminal.State.REPLACED, unknown.phone)
