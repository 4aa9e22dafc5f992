"""The raw log: who may switch it on, for how long, what is kept, and the pages that show it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.diagnosis import workflow
from datacenter.diagnosis.errors import RecordingRefused
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.gateway.raw_log import Heard, keep, switched_on
from datacenter.protocols.decoding import answer
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import Heartbeat, LocationQuery
from tests import factories
from tests.protocols.strategies import sealed

pytestmark = pytest.mark.django_db
BEAT = sealed(Heartbeat(), Edition.V2013, serial=7)
QUERY = sealed(LocationQuery(), Edition.V2013, serial=8)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def record(vehicle, raw: bytes = BEAT, direction: str = "up", at=None) -> RawFrame:
    moment = at or timezone.now()
    keep([Heard(vehicle.pk, int(moment.timestamp() * 1e6), direction, taxi=False, raw=raw)])
    return RawFrame.objects.order_by("-pk")[0]


def test_a_recording_ends_by_itself_or_by_hand(city_officer):
    vehicle, now = factories.make_vehicle("辽L12345"), timezone.now()
    workflow.begin_recording(vehicle, hours=4, by=city_officer, now=now - timedelta(hours=5))
    assert switched_on() == frozenset()
    workflow.begin_recording(vehicle, hours=4, by=city_officer, now=now)
    assert switched_on() == {vehicle.pk}
    workflow.end_recording(vehicle, by=city_officer)
    workflow.end_recording(vehicle, by=city_officer)
    assert switched_on() == frozenset()
    actions = AuditRecord.objects.filter(action__startswith="raw_log.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["raw_log.begin", "raw_log.begin", "raw_log.end"]


@pytest.mark.parametrize("hours", [0, -1, 25, 10**9])
def test_a_recording_is_for_a_day_at_most(city_officer, hours):
    vehicle = factories.make_vehicle("辽L12345")
    with pytest.raises(RecordingRefused) as refused:
        workflow.begin_recording(vehicle, hours=hours, by=city_officer)
    assert refused.value.fields["hours"]
    assert not RawLogSwitch.objects.exists()


def test_frames_are_kept_a_day_and_so_many_of_a_vehicle():
    first, second = factories.make_vehicle("辽L12345"), factories.make_vehicle("辽L54321")
    now = timezone.now()
    record(first, at=now - timedelta(hours=25))
    kept = [record(first).pk for _ in range(4)] + [record(second).pk]
    assert workflow.clear_old(most_frames=3) == 2
    assert set(RawFrame.objects.values_list("pk", flat=True)) == set(kept[1:])


def test_a_frame_that_cannot_be_read_is_kept_as_it_came(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    frame = record(vehicle, b"\x7e\x01\x7d\x05\x7e")
    assert (frame.message_id, frame.serial, bytes(frame.raw)) == (None, None, b"\x7e\x01\x7d\x05\x7e")
    page = signed_in(city_officer).get(f"/datacenter/vehicles/{vehicle.pk}/raw/")
    assert "消息头不可读" in page.content.decode()


def test_the_page_lists_filters_and_unfolds(city_officer):
    vehicle, other = factories.make_vehicle("辽L12345"), factories.make_vehicle("辽L54321")
    up, down = record(vehicle), record(vehicle, QUERY, "down")
    foreign = record(other)
    client, address = signed_in(city_officer), f"/datacenter/vehicles/{vehicle.pk}/raw/"

    def listed(path: str = address, **wanted: str) -> list[int]:
        page = client.get(path, wanted).content.decode()
        return [one.pk for one in (up, down, foreign) if f'data-frame="{one.pk}"' in page]

    assert listed() == [up.pk, down.pk]
    assert listed(direction="down") == listed(message="0x8201") == [down.pk]
    assert listed(message="zz") == [up.pk, down.pk]
    assert "消息 ID 为" in client.get(address, {"message": "zz"}).content.decode()
    assert listed(f"{address}newer/", after=str(up.pk)) == [down.pk]
    assert listed(f"{address}newer/", after="x") == listed(f"{address}newer/", after="9" * 40) == []
    assert "终端心跳" in client.get(f"{address}{up.pk}/").content.decode()
    assert client.get(f"{address}{foreign.pk}/").status_code == 404


def test_pages_go_back_by_cursor(city_officer, django_assert_max_num_queries):
    vehicle = factories.make_vehicle("辽L12345")
    keep([Heard(vehicle.pk, number, "up", taxi=False, raw=BEAT) for number in range(150)])
    client, address = signed_in(city_officer), f"/datacenter/vehicles/{vehicle.pk}/raw/"
    with django_assert_max_num_queries(14):
        page = client.get(address)
    assert page.content.decode().count("data-frame=") == 100
    older = client.get(address, {"before": page.context["older"]})
    assert older.content.decode().count("data-frame=") == 50
    assert older.context["older"] is None


def test_the_log_goes_out_as_hexadecimal_that_decode_reads(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    record(vehicle), record(vehicle, QUERY, "down")
    text = signed_in(city_officer).get(f"/datacenter/vehicles/{vehicle.pk}/raw/export/").content.decode()
    lines = text.splitlines()
    assert [line.split()[-1] for line in lines[::2]] == ["down", "up"]
    assert [answer(line)["message"] for line in lines[1::2]] == ["0x8201", "0x0002"]
    assert AuditRecord.objects.filter(action="raw_log.export").exists()


def test_the_switch_on_the_page(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    client, address = signed_in(city_officer), f"/datacenter/vehicles/{vehicle.pk}/raw/"
    assert client.post(f"{address}switch/", {"hours": "4"}).status_code == 302
    assert "正在记录" in client.get(address).content.decode()
    assert "正在记录" in client.get(f"/vehicles/{vehicle.pk}/").content.decode()
    assert "辽L12345" in client.get("/datacenter/protocol/").content.decode()
    assert client.post(f"{address}switch/", {"end": "1"}).status_code == 302
    assert "未在记录" in client.get(address).content.decode()
    for bad in ({}, {"hours": "48"}, {"hours": "x"}):
        assert client.post(f"{address}switch/", bad).status_code == 422
    assert client.get(f"{address}switch/").status_code == 405


def test_a_vehicle_is_found_by_its_plate(city_officer):
    vehicle = factories.make_vehicle("辽L12345")
    client = signed_in(city_officer)
    assert client.get("/datacenter/raw/", {"plate": " 辽l12345 "}).url == f"/datacenter/vehicles/{vehicle.pk}/raw/"
    refused = client.get("/datacenter/raw/", {"plate": "辽L99999"}, follow=True)
    assert "登记中没有这个车牌的车辆" in refused.content.decode()


def test_county_officers_have_no_raw_log(dawa_officer):
    vehicle = factories.make_vehicle("辽L12345", county_id=factories.DAWA)
    frame, client = record(vehicle), signed_in(dawa_officer)
    for path in ("", f"{frame.pk}/", "newer/", "export/"):
        assert client.get(f"/datacenter/vehicles/{vehicle.pk}/raw/{path}").status_code == 403
    assert client.post(f"/datacenter/vehicles/{vehicle.pk}/raw/switch/", {"hours": "1"}).status_code == 403
    assert client.get("/datacenter/raw/", {"plate": "辽L12345"}).status_code == 403
