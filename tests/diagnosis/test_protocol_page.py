"""The page that explains frames: pasted ones, and those of the quarantine."""

import pytest
from django.test import Client
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.gateway.models import QuarantinedFrame
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import Heartbeat
from tests.protocols.strategies import sealed

pytestmark = pytest.mark.django_db
FRAME = sealed(Heartbeat(), Edition.V2013)
ADDRESS = "/datacenter/protocol/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_frame(raw: bytes = FRAME) -> QuarantinedFrame:
    return QuarantinedFrame.objects.create(
        at=timezone.now(), reason="bad-checksum", detail="", phone="13904270001", raw=raw
    )


def test_a_pasted_frame_is_shown_field_by_field(city_officer):
    page = signed_in(city_officer).post(ADDRESS, {"text": FRAME.hex(" "), "protocol": ""})
    text = page.content.decode()
    assert page.status_code == 200
    assert "终端心跳" in text
    assert "完整无误" in text
    assert FRAME.hex(" ") in text  # what was typed is still there


def test_a_bad_line_is_refused_beside_the_field_and_nothing_typed_is_lost(city_officer):
    page = signed_in(city_officer).post(ADDRESS, {"text": f"{FRAME.hex()}\nhello", "protocol": "jt905"})
    assert page.status_code == 422
    assert "第 2 行" in page.context["form"].errors["text"][0]
    assert len(page.context["told"]) == 1
    assert page.context["form"]["protocol"].value() == "jt905"
    assert "hello</textarea>" in page.content.decode()


@pytest.mark.parametrize(
    "data", [{}, {"text": ""}, {"text": " \n"}, {"text": "7e", "protocol": "morse"}, {"text": "0" * 200_001}]
)
def test_bad_input_is_refused(city_officer, data):
    page = signed_in(city_officer).post(ADDRESS, data)
    assert page.status_code == 422
    assert page.context["form"].errors


def test_nothing_of_a_frame_runs(city_officer):
    raw = b"\x7e<script>alert(1)</script>\x7e"
    text = signed_in(city_officer).post(ADDRESS, {"text": raw.hex()}).content.decode()
    assert "<script>alert" not in text
    text = signed_in(city_officer).post(ADDRESS, {"text": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in text


def test_a_quarantined_frame_is_picked_and_recorded(city_officer):
    frame = make_frame()
    client = signed_in(city_officer)
    assert f"{ADDRESS}?frame={frame.pk}" in client.get(ADDRESS).content.decode()
    assert f"{ADDRESS}?frame={frame.pk}" in client.get(f"/gateway/quarantine/{frame.pk}/").content.decode()
    page = client.get(ADDRESS, {"frame": frame.pk})
    assert [one["told"].message for one in page.context["told"]] == ["0x0002"]
    assert AuditRecord.objects.filter(action="frame.view", user=city_officer, subject__endswith=str(frame.pk)).exists()
    assert client.get(ADDRESS, {"frame": frame.pk + 1}).status_code == 404
    for odd in ("x", "-1", "9" * 40, ""):
        assert client.get(ADDRESS, {"frame": odd}).status_code == 200


def test_county_officers_have_no_page(dawa_officer):
    assert signed_in(dawa_officer).get(ADDRESS).status_code == 403
    assert signed_in(dawa_officer).post(ADDRESS, {"text": FRAME.hex()}).status_code == 403


def test_the_list_costs_the_same_with_many_frames(city_officer, django_assert_max_num_queries):
    client = signed_in(city_officer)
    make_frame()
    client.get(ADDRESS)
    for _ in range(30):
        make_frame()
    with django_assert_max_num_queries(12):
        client.get(ADDRESS)
