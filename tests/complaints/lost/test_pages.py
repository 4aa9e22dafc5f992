"""The desk's pages: what a question may be, what a candidate shows, and what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints.lost import panel
from datacenter.accounts.models import AuditRecord, User
from datacenter.commands.models import Command
from datacenter.geo.models import Area
from datacenter.media.files import keep_bytes
from datacenter.media.models import MediaFile
from datacenter.registry.models import DriverBinding, Vehicle
from taxi.rides.models import Ride
from tests import factories
from tests.complaints.lost.conftest import HOSPITAL, STATION, make_ride, yesterday
from tests.walls.world_lost import signature


@pytest.fixture
def client(hotline_operator: User) -> Client:
    signed_in = Client()
    signed_in.force_login(hotline_operator)
    return signed_in


@pytest.fixture
def ride(taxi: Vehicle) -> Ride:
    return make_ride(taxi, yesterday(12))


def question(**more: Any) -> dict[str, Any]:
    return {
        "find": 1, "alight_latitude": HOSPITAL[0], "alight_longitude": HOSPITAL[1], "alight_radius_m": 300,
        "alight_at": f"{yesterday(12, 10):%Y-%m-%dT%H:%M}", "alight_within": 20, **more,
    }  # fmt: skip


def ask(client: Client, **more: Any) -> Any:
    return client.get(reverse("lost"), question(**more))


def faults(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return {name: [str(error) for error in errors] for name, errors in response.context["form"].errors.items()}


def at(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


# --- the question ---
def test_the_desk_finds_a_ride_and_writes_down_who_looked_for_what(client: Client, ride: Ride) -> None:
    response = ask(client, alight_place="中心医院", order="2026-000123")
    page = response.content.decode()
    assert "可能性 100%" in page
    assert "下车点相差 0 m" in page
    assert "时间晚 2 分钟" in page
    record = AuditRecord.objects.get(action="lost.search")
    assert record.subject == "2026-000123"
    assert record.detail["question"]["alight_radius_m"] == "300"
    assert record.detail["first"] == ride.vehicle.plate
    assert record.user.username == "hotline"


def test_what_is_no_part_of_the_question_is_not_written_down(client: Client, ride: Ride) -> None:
    assert ask(client, other="\0", csrfmiddlewaretoken="x").status_code == 200
    question = AuditRecord.objects.get(action="lost.search").detail["question"]
    assert not {"other", "csrfmiddlewaretoken", "find"} & set(question)
    assert client.get(reverse("lost-places"), {"q": "\0"}).json()["places"] == []


def test_an_empty_desk_asks_nothing(client: Client) -> None:
    assert "从乘客记得的一端开始" in client.get(reverse("lost")).content.decode()
    assert not AuditRecord.objects.filter(action="lost.search").exists()


def test_nothing_found_says_what_to_loosen(client: Client) -> None:
    assert "没有符合的行程" in ask(client).content.decode()


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"alight_radius_m": 0}, "alight_radius_m", "50"),
        ({"alight_radius_m": 100_000}, "alight_radius_m", "3000"),
        ({"alight_within": 0}, "alight_within", "1"),
        ({"alight_within": 90 * 1440}, "alight_within", "720"),
        ({"alight_latitude": 31.2, "alight_longitude": 121.5}, "alight_place", "200 公里"),
        ({"alight_latitude": ""}, "alight_place", "位置不完整"),
        ({"alight_latitude": "x"}, "alight_place", "位置不完整"),
        ({"alight_latitude": "", "alight_longitude": "", "alight_place": "乌有街"}, "alight_place", "没有这个地名"),
        ({"alight_at": ""}, "board_at", "至少填写一端的时间"),
        ({"alight_at": "昨天"}, "alight_at", ""),
        ({"via": "1,2,3"}, "via", "途经点"),
        ({"via": "41,122;41,122;41,122;41,122"}, "via", "最多 3 个"),
        ({"via": "31.2,121.5"}, "via", "200 公里"),
        ({"via": "nan,nan"}, "via", "途经点"),
        ({"fare": -1}, "fare", "1"),
        ({"riders": 99}, "riders", "8"),
        ({"plate_part": "辽" * 20}, "plate_part", "8"),
    ],
)
def test_a_bad_question_is_told_beside_its_field(client: Client, more: dict[str, Any], field: str, words: str) -> None:
    found = faults(ask(client, **more))
    assert any(words in error for error in found[field]), found
    assert not AuditRecord.objects.filter(action="lost.search").exists()


def test_times_in_the_wrong_order_are_refused(client: Client) -> None:
    assert "下车时间早于上车时间" in faults(ask(client, board_at=at(yesterday(14))))["alight_at"]
    assert "6 小时" in faults(ask(client, board_at=at(yesterday(2))))["alight_at"][0]
    assert ask(client, board_at=at(yesterday(12, 30))).status_code == 200  # both memories may be off


def test_times_outside_what_is_kept_are_refused(client: Client) -> None:
    now = timezone.now()
    assert "不能晚于现在" in faults(ask(client, alight_at=at(now + timedelta(hours=1))))["alight_at"][0]
    assert "183 天" in faults(ask(client, alight_at=at(now - timedelta(days=184))))["alight_at"][0]


def test_without_a_place_the_time_must_be_narrow(client: Client, ride: Ride) -> None:
    nowhere = {"alight_latitude": "", "alight_longitude": ""}
    assert "没有地点时" in faults(ask(client, **nowhere, alight_within=300))["alight_within"][0]
    assert ride.vehicle.plate[2:] in ask(client, **nowhere, alight_within=60).content.decode()


def test_what_was_typed_stays_when_it_is_refused(client: Client) -> None:
    page = ask(client, alight_radius_m=0, alight_place="中心医院", plate_part="58").content.decode()
    assert 'value="中心医院"' in page
    assert 'value="58"' in page


def test_names_of_places_are_completed(client: Client) -> None:
    factories.make_area(STATION, 0.001, kind=Area.Kind.STATION, name="盘锦站")
    factories.make_area(STATION, 0.001, kind=Area.Kind.FORBIDDEN, name="盘锦某禁区")
    factories.make_area(STATION, 0.001, kind=Area.Kind.STATION, name="盘锦旧站", active=False)
    found = client.get(reverse("lost-places"), {"q": "盘锦"}).json()["places"]
    assert {"name": "盘锦站", "kind": "场站", "latitude": STATION[0], "longitude": STATION[1]} in found
    assert not {"盘锦某禁区", "盘锦旧站"} & {place["name"] for place in found}
    assert client.get(reverse("lost-places"), {"q": " "}).json()["places"] == []


def test_the_desk_takes_the_same_queries_for_one_candidate_and_twenty(client: Client, taxi: Vehicle) -> None:
    counts = []
    for count in (1, 19):
        for number in range(count):
            make_ride(taxi, yesterday(12) + timedelta(seconds=7 + 20 * number + count))
        with CaptureQueriesContext(connection) as queries:
            ask(client)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("who", ["dawa_officer", "enforcement_officer", "administrator"])
def test_others_have_no_desk(who: str, request: pytest.FixtureRequest) -> None:
    user = request.getfixturevalue(who)
    user.is_superuser = False
    user.save()
    client = Client()
    client.force_login(user)
    assert client.get(reverse("lost")).status_code == 403
    assert client.get(reverse("lost-items")).status_code == 403


# --- a candidate ---
def bind(ride: Ride) -> DriverBinding:
    person = factories.make_practitioner("赵平安", ride.company, phone="13912345678")
    since = ride.boarded_at - timedelta(days=1)
    return DriverBinding.objects.create(vehicle=ride.vehicle, practitioner=person, since=since)


def test_a_candidate_shows_its_driver_masked_and_who_rode_next(client: Client, ride: Ride) -> None:
    bind(ride)
    make_ride(ride.vehicle, yesterday(13), fare_jiao=123)
    page = client.get(reverse("lost-ride", args=[ride.pk])).content.decode()
    assert "赵**" in page
    assert "139****5678" in page
    assert "13912345678" not in page
    assert "13:00 → 13:12" in page
    assert "12.3" in page
    assert AuditRecord.objects.get(action="lost.ride").subject == ride.vehicle.plate


def test_each_track_that_is_shown_is_written_down(client: Client, tracks: None, ride: Ride) -> None:
    assert client.get(reverse("lost-track", args=[ride.pk])).json() == {"pk": ride.pk, "points": []}
    record = AuditRecord.objects.get(action="lost.track")
    assert (record.subject, record.detail["ride"]) == (ride.vehicle.plate, ride.pk)


def test_the_drivers_number_is_shown_on_a_click_that_is_written_down(client: Client, ride: Ride) -> None:
    driver = bind(ride).practitioner
    page = client.post(reverse("lost-unmask", args=[ride.pk])).content.decode()
    assert "赵平安" in page
    assert "tel:13912345678" in page
    record = AuditRecord.objects.get(action="practitioner.unmask")
    assert (record.subject, record.detail["ride"]) == (f"从业人员 {driver.pk}", ride.pk)
    assert client.get(reverse("lost-unmask", args=[ride.pk])).status_code == 405


def test_a_driver_who_began_later_is_not_shown(client: Client, ride: Ride) -> None:
    binding = bind(ride)
    DriverBinding.objects.filter(pk=binding.pk).update(since=ride.alighted_at + timedelta(hours=1))
    assert "不知道当时谁在开车" in client.get(reverse("lost-ride", args=[ride.pk])).content.decode()


@pytest.mark.parametrize("edition", ["2013", "2019", "905"])
def test_words_and_a_photo_are_ordered_of_the_terminal(client: Client, ride: Ride, edition: str) -> None:
    factories.make_terminal(ride.vehicle, edition=edition)
    page = client.get(reverse("lost-ride", args=[ride.pk])).content.decode()
    assert "请停车后查看后排和后备箱" in page
    for code, body in (("text", {"text": "请找一部黑色手机"}), ("photo", {})):
        response = client.post(reverse("lost-order", args=[ride.pk, code]), body)
        assert "已交付下发" in response.content.decode()
    text, photo = Command.objects.order_by("pk")
    assert (text.kind, photo.kind) == ("text", "photo")
    assert "请找一部黑色手机" in text.summary
    assert text.created_by.username == "hotline"
    assert AuditRecord.objects.filter(action="lost.order").count() == 2
    assert "请找一部黑色手机" in client.get(reverse("lost-sent", args=[ride.pk])).content.decode()


def test_what_can_not_be_ordered_is_refused_in_words(client: Client, ride: Ride) -> None:
    send = reverse("lost-order", args=[ride.pk, "text"])
    assert client.post(send, {"text": "x"}).status_code == 422  # no terminal
    factories.make_terminal(ride.vehicle)
    for text, words in (("", "必填"), ("字" * 400, "字节")):
        response = client.post(send, {"text": text})
        assert response.status_code == 422
        assert words in response.content.decode()
    assert client.post(reverse("lost-order", args=[ride.pk, "cut-oil"]), {}).status_code == 422
    assert not Command.objects.exists()


def photo(ride: Ride, **more: Any) -> MediaFile:
    kept = keep_bytes(signature())
    facts = {
        "vehicle": ride.vehicle, "county_id": ride.county_id, "company_id": ride.company_id, "path": kept.path,
        "sha256": kept.sha256, "size_bytes": kept.size_bytes, "content_type": "image/png",
        "kind": MediaFile.Kind.IMAGE, "source": MediaFile.Source.PHOTO, "received_at": timezone.now(),
    }  # fmt: skip
    return MediaFile.objects.create(**facts | more)


def test_pictures_of_another_reason_are_not_the_hotlines(
    client: Client, ride: Ride, settings: Any, tmp_path: Any, city_officer: User
) -> None:
    settings.MEDIA_ROOT = tmp_path
    factories.make_terminal(ride.vehicle)
    client.post(reverse("lost-order", args=[ride.pk, "photo"]))
    ours = Command.objects.get()
    theirs = Command.objects.create(**{
        field.attname: getattr(ours, field.attname) for field in Command._meta.concrete_fields if not field.primary_key
    } | {"note": "", "created_by_id": city_officer.pk})  # fmt: skip
    shown = [photo(ride, media_id=1, command=ours, event=0), photo(ride, media_id=2, event=0)]
    photo(ride, media_id=3, source=MediaFile.Source.ATTACHMENT)
    photo(ride, media_id=4, event=2)  # a robbery
    photo(ride, media_id=5, command=theirs, event=0)
    photo(ride, media_id=6, source=MediaFile.Source.TAXI_PHOTO, event=0)
    assert set(panel.photos_of(Command.objects.get(pk=ours.pk).created_by, ride)) == set(shown)


def test_a_second_photo_a_day_later_is_seen_too(client: Client, ride: Ride, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    factories.make_terminal(ride.vehicle)
    client.post(reverse("lost-order", args=[ride.pk, "photo"]))
    Ride.objects.update(
        boarded_at=ride.boarded_at - timedelta(days=2), alighted_at=ride.alighted_at - timedelta(days=2)
    )
    Command.objects.update(created_at=timezone.now() - timedelta(days=1))
    client.post(reverse("lost-order", args=[ride.pk, "photo"]))
    address = reverse("lost-photo", args=[ride.pk, photo(ride, media_id=1).pk])
    assert address in client.get(reverse("lost-sent", args=[ride.pk])).content.decode()


def test_a_photo_is_seen_once_the_hotline_asked_for_one(
    client: Client, ride: Ride, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    factories.make_terminal(ride.vehicle)
    before = photo(ride, media_id=1)
    address = reverse("lost-photo", args=[ride.pk, before.pk])
    assert client.get(address).status_code == 404
    client.post(reverse("lost-order", args=[ride.pk, "photo"]))
    after = photo(ride, media_id=2)
    assert client.get(address).status_code == 404
    address = reverse("lost-photo", args=[ride.pk, after.pk])
    assert address in client.get(reverse("lost-sent", args=[ride.pk])).content.decode()
    assert client.get(address).status_code == 200
    assert AuditRecord.objects.filter(action="media.view").exists()


def test_a_ride_that_is_not_there_any_more_is_said_so(client: Client) -> None:
    for name in ("lost-ride", "lost-track", "lost-sent"):
        assert client.get(reverse(name, args=[10**17])).status_code == 404
