"""Lost and found things: registered, matched, handed over against a signature, counted."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from complaints.lost import item_views, selectors, statistics, workflow
from complaints.lost.errors import ItemRefused
from complaints.lost.models import HandOver, LostItem
from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord, User
from datacenter.assessment.models import PointEntry, PointRule
from datacenter.registry.models import Certificate, DriverBinding, Vehicle
from tests import factories
from tests.walls.world_lost import signature

IDENTITY = "211103199003070019"


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def client(hotline_operator: User) -> Client:
    signed_in = Client()
    signed_in.force_login(hotline_operator)
    return signed_in


def register(by: User, **facts: Any) -> LostItem:
    plain = {
        "side": "lost", "kind": "phone", "colour": "black", "description": "黑色手机",
        "happened_at": timezone.now() - timedelta(hours=2), "person_name": "钱来顺", "person_phone": "13812345678",
    }  # fmt: skip
    return workflow.register_item(plain | facts, by=by)


def found(by: User, **facts: Any) -> LostItem:
    return register(by, **{"side": "found", "found_by": "driver", "happened_at": timezone.now(), **facts})


def form(**more: Any) -> dict[str, Any]:
    at = timezone.localtime() - timedelta(hours=2)
    return {
        "side": "lost", "kind": "phone", "description": "黑色手机，屏幕有裂纹", "happened_at": f"{at:%Y-%m-%dT%H:%M}",
        **more,
    }  # fmt: skip


def png(size: tuple[int, int] = (400, 150), colour: Any = (0, 0, 0, 0)) -> bytes:
    content = io.BytesIO()
    Image.new("RGBA", size, colour).save(content, "PNG")
    return content.getvalue()


# --- registering ---
def test_a_thing_is_registered_with_its_taxi_driver_and_photo(client: Client, taxi: Vehicle) -> None:
    person = factories.make_practitioner("赵平安", taxi.company)
    DriverBinding.objects.create(vehicle=taxi, practitioner=person, since=timezone.now() - timedelta(days=9))
    photo = SimpleUploadedFile("x.png", png())
    response = client.post(reverse("lost-item-new"), form(plate=taxi.plate.lower(), photo=photo))
    item = LostItem.objects.get()
    assert response.url == reverse("lost-item", args=[item.pk])
    assert (item.vehicle, item.county_id, item.company_id, item.practitioner) == (
        taxi, taxi.county_id, taxi.company_id, person,
    )  # fmt: skip
    assert client.get(reverse("lost-file", args=[item.pk, "photo"])).headers["Content-Type"] == "image/png"
    assert client.get(reverse("lost-file", args=[item.pk, "signature"])).status_code == 404
    assert AuditRecord.objects.get(action="lost.register").subject == item.number


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"plate": "辽L00000"}, "plate"),
        ({"order_number": "2026-1"}, "order_number"),
        ({"description": " x "}, "description"),
        ({"side": "found"}, "found_by"),
        ({"side": "stolen"}, "side"),
        ({"kind": ""}, "kind"),
        ({"happened_at": "昨天"}, "happened_at"),
        ({"happened_at": "2199-01-01T00:00"}, "happened_at"),
        ({"photo": SimpleUploadedFile("x.png", b"no picture")}, "photo"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(client: Client, more: dict[str, Any], field: str) -> None:
    response = client.post(reverse("lost-item-new"), form(**more))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not LostItem.objects.exists()


def test_numbers_are_masked_until_somebody_asks(client: Client, hotline_operator: User) -> None:
    item = register(hotline_operator)
    page = client.get(reverse("lost-item", args=[item.pk])).content.decode()
    assert "13812345678" not in page
    assert "138****5678" in page
    assert "钱来顺" not in page
    assert "13812345678" in client.post(reverse("lost-person", args=[item.pk])).content.decode()
    assert AuditRecord.objects.get(action="lost.unmask").subject == item.number


def test_only_who_may_register_does(dawa_officer: User, hotline_operator: User) -> None:
    with pytest.raises(NotAllowed):
        register(dawa_officer)
    item = register(hotline_operator)
    for verb in (workflow.locate_item, lambda i, by: workflow.close_item(i, by=by, note="x")):
        with pytest.raises(NotAllowed):
            verb(item, by=dawa_officer)


# --- matching ---
def test_things_alike_are_offered_the_same_taxi_and_colour_first(hotline_operator: User, taxi: Vehicle) -> None:
    lost = register(hotline_operator, vehicle=taxi)
    colour = found(hotline_operator)
    whole = found(hotline_operator, vehicle=taxi)
    neither = found(hotline_operator, colour="red")
    found(hotline_operator, kind="bag")
    found(hotline_operator, happened_at=lost.happened_at - timedelta(days=2))
    register(hotline_operator)
    assert selectors.alike(hotline_operator, lost) == [whole, colour, neither]
    assert selectors.alike(hotline_operator, whole)[0] == lost


def test_a_match_locates_both_and_is_made_once(hotline_operator: User) -> None:
    lost, thing, third = register(hotline_operator), found(hotline_operator), found(hotline_operator)
    workflow.match_items(lost, thing, by=hotline_operator)
    lost.refresh_from_db()
    thing.refresh_from_db()
    assert (lost.match, lost.state, thing.state) == (thing, "located", "located")
    assert lost.located_at is not None
    for one, other in ((lost, third), (register(hotline_operator), thing), (lost, lost), (thing, lost)):
        with pytest.raises(ItemRefused):
            workflow.match_items(one, other, by=hotline_operator)


def test_the_page_matches_from_either_side(client: Client, hotline_operator: User) -> None:
    lost, thing = register(hotline_operator), found(hotline_operator)
    address = reverse("lost-act", args=[thing.pk, "match"])
    assert client.post(address, {"other": lost.pk}).status_code == 302
    lost.refresh_from_db()
    assert lost.match == thing
    for one in (lost, thing):  # nothing is left to do but to give it back
        page = client.get(reverse("lost-item", args=[one.pk])).content.decode()
        assert "<h2>办理</h2>" not in page
        assert "<h2>交还失主</h2>" in page
    assert client.post(address, {"other": "x"}).status_code == 404


# --- handing over ---
def test_a_thing_goes_back_against_a_signature(client: Client, hotline_operator: User) -> None:
    lost, thing = register(hotline_operator), found(hotline_operator)
    workflow.match_items(lost, thing, by=hotline_operator)
    drawn = "data:image/png;base64," + base64.b64encode(signature()).decode()
    body = {"receiver_name": "钱来顺", "receiver_identity": IDENTITY, "signature": drawn, "note": "本人领取"}
    assert client.post(reverse("lost-hand-over", args=[lost.pk]), body).status_code == 302
    done = HandOver.objects.get()
    assert done.receiver_identity == "2111**********0019"
    assert len(done.signature_sha256) == 64
    assert {item.state for item in LostItem.objects.all()} == {"returned"}
    page = client.get(reverse("lost-item", args=[lost.pk])).content.decode()
    assert IDENTITY not in page
    assert "2111**********0019" in page
    kept = client.get(reverse("lost-file", args=[lost.pk, "signature"]))
    assert b"".join(kept.streaming_content) == signature()
    assert AuditRecord.objects.filter(action="lost.hand_over", subject=lost.number).exists()


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (b"", "请领取人签名"),
        (b"GIF89a no picture at all", "不是可识别的图片"),
        (png(), "空白"),
        (png(colour="white"), "空白"),
        (png((4000, 4000)), "不是可识别的图片"),
        (signature()[:200], "不是可识别的图片"),
        (b"x" * 400_000, "过大"),
    ],
)
def test_what_is_no_signature_is_refused(hotline_operator: User, drawn: bytes, words: str) -> None:
    item = register(hotline_operator)
    with pytest.raises(ItemRefused, match=words):
        workflow.hand_over(item, by=hotline_operator, name="钱", identity=IDENTITY, signature=drawn)
    assert not HandOver.objects.exists()


def test_nobody_gets_a_thing_twice_or_without_saying_who_they_are(hotline_operator: User) -> None:
    item = register(hotline_operator)
    facts: dict[str, Any] = {"by": hotline_operator, "signature": signature()}
    for name, identity in (("", IDENTITY), ("钱", "1"), ("钱", "<script>")):
        with pytest.raises(ItemRefused):
            workflow.hand_over(item, name=name, identity=identity, **facts)
    workflow.hand_over(item, name="钱", identity=IDENTITY, **facts)
    with pytest.raises(ItemRefused, match="已交还"):
        workflow.hand_over(item, name="李", identity=IDENTITY, **facts)
    for verb in (workflow.locate_item, lambda i, by: workflow.close_item(i, by=by, note="x")):
        with pytest.raises(ItemRefused):
            verb(item, by=hotline_operator)


@pytest.mark.parametrize(
    ("identity", "kept"),
    [("E12345678", "E******78"), ("H1234567890", "H********90"), ("123456", "1***56"),
     ("211103900307001", "2111*******7001")],
)  # fmt: skip
def test_of_any_identity_number_the_masked_form_alone_is_kept(hotline_operator: User, identity: str, kept: str) -> None:
    item = register(hotline_operator)
    done = workflow.hand_over(item, by=hotline_operator, name="钱", identity=identity, signature=signature())
    assert done.receiver_identity == kept


def test_both_ends_of_a_match_are_locked_together(hotline_operator: User) -> None:
    lost, thing = register(hotline_operator), found(hotline_operator)
    workflow.match_items(lost, thing, by=hotline_operator)
    facts: dict[str, Any] = {"by": hotline_operator, "name": "钱", "identity": IDENTITY, "signature": signature()}
    with CaptureQueriesContext(connection) as queries:
        workflow.hand_over(LostItem.objects.get(pk=lost.pk), **facts)
    assert sum("FOR UPDATE" in one["sql"] for one in queries) == 1
    # Matched since it was read: its match goes back too.
    other, thing = register(hotline_operator), found(hotline_operator)
    stale = LostItem.objects.get(pk=other.pk)
    workflow.match_items(other, thing, by=hotline_operator)
    workflow.hand_over(stale, **facts)
    thing.refresh_from_db()
    assert thing.state == "returned"


def test_a_found_thing_is_not_searched_for(client: Client, hotline_operator: User) -> None:
    thing = found(hotline_operator)
    with pytest.raises(ItemRefused):
        workflow.locate_item(thing, by=hotline_operator)
    page = client.get(reverse("lost-item", args=[thing.pk])).content.decode()
    assert "未找到结案" not in page
    assert "已找到（未登记拾到物）" not in page
    client.post(reverse("lost-act", args=[thing.pk, "close"]), {"note": "交公安"})
    assert "无人认领结案" in client.get(reverse("lost-item", args=[thing.pk])).content.decode()


def test_a_hand_over_is_never_changed(hotline_operator: User) -> None:
    item = register(hotline_operator)
    done = workflow.hand_over(item, by=hotline_operator, name="钱", identity=IDENTITY, signature=signature())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        HandOver.objects.filter(pk=done.pk).update(receiver_name="李")


def test_a_search_that_ends_without_the_thing_says_why(client: Client, hotline_operator: User) -> None:
    item = register(hotline_operator)
    with pytest.raises(ItemRefused):
        workflow.close_item(item, by=hotline_operator, note=" ")
    client.post(reverse("lost-act", args=[item.pk, "close"]), {"note": "司机未见"})
    item.refresh_from_db()
    assert (item.state, item.closing_note) == ("closed", "司机未见")


# --- the driver's points ---
def test_a_driver_who_brought_it_back_gets_points_once(
    city_officer: User, hotline_operator: User, taxi: Vehicle
) -> None:
    driver = factories.make_practitioner("赵平安", taxi.company)
    today = timezone.localdate()
    Certificate.objects.create(
        practitioner=driver, category="巡游", number="1", valid_from=today - timedelta(days=30),
        valid_until=today + timedelta(days=30),
    )  # fmt: skip
    rule, _ = PointRule.objects.get_or_create(
        kind_code="bonus.found", industry="", defaults={"title": "拾金不昧", "bonus": True, "points": 3, "source": "试"}
    )
    item = register(city_officer, vehicle=taxi, practitioner=driver)
    thing = found(city_officer, vehicle=taxi, practitioner=driver)
    workflow.match_items(item, thing, by=city_officer)
    with pytest.raises(ItemRefused):
        workflow.thank_driver(item, by=city_officer)
    workflow.hand_over(item, by=city_officer, name="钱", identity=IDENTITY, signature=signature())
    item.refresh_from_db()
    with pytest.raises(NotAllowed):
        workflow.thank_driver(item, by=hotline_operator)
    assert workflow.thank_driver(item, by=city_officer).effect == rule.points
    with pytest.raises(ItemRefused, match="已为驾驶员加分"):
        workflow.thank_driver(item, by=city_officer)
    thing.refresh_from_db()
    with pytest.raises(ItemRefused, match="已为驾驶员加分"):
        workflow.thank_driver(thing, by=city_officer)
    assert PointEntry.objects.filter(practitioner=driver).count() == 1


def test_a_driver_gets_no_points_for_what_somebody_else_found(
    client: Client, city_officer: User, taxi: Vehicle
) -> None:
    driver = factories.make_practitioner("赵平安", taxi.company)
    PointRule.objects.get_or_create(
        kind_code="bonus.found", industry="", defaults={"title": "拾金不昧", "bonus": True, "points": 3, "source": "试"}
    )
    item = register(city_officer, vehicle=taxi, practitioner=driver)
    thing = found(city_officer, vehicle=taxi, practitioner=driver, found_by="passenger")
    workflow.match_items(item, thing, by=city_officer)
    workflow.hand_over(item, by=city_officer, name="钱", identity=IDENTITY, signature=signature())
    for one in (item, thing):
        one.refresh_from_db()
        with pytest.raises(ItemRefused, match="拾到人不是驾驶员"):
            workflow.thank_driver(one, by=city_officer)
        assert "驾驶员加分" not in client.get(reverse("lost-item", args=[one.pk])).content.decode()


# --- lists and figures ---
def test_the_list_is_cut_and_exported(client: Client, hotline_operator: User, taxi: Vehicle) -> None:
    phone = register(hotline_operator, vehicle=taxi)
    register(hotline_operator, kind="bag", description="蓝色书包")
    for query in ({"kind": "phone"}, {"q": "手机"}, {"q": taxi.plate[1:5]}, {"q": phone.number}):
        page = client.get(reverse("lost-items"), query).content.decode()
        assert "黑色手机" in page
        assert "蓝色书包" not in page
    sheet = client.get(reverse("lost-export"), {"format": "csv", "kind": "bag"}).content.decode("utf-8-sig")
    assert "蓝色书包" in sheet
    assert "黑色手机" not in sheet
    assert "13812345678" not in sheet


def test_a_sheet_is_never_cut_short_in_silence(
    client: Client, hotline_operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_views, "MOST_ROWS", 1)
    register(hotline_operator)
    assert client.get(reverse("lost-export")).status_code == 200
    register(hotline_operator)
    assert client.get(reverse("lost-export")).status_code == 422


def test_the_list_takes_the_same_queries_for_one_thing_and_many(
    client: Client, hotline_operator: User, taxi: Vehicle
) -> None:
    counts = []
    for count in (1, 20):
        for _ in range(count):
            register(hotline_operator, vehicle=taxi)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("lost-items"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_recovery_is_counted_by_kind_and_month(client: Client, hotline_operator: User) -> None:
    first, second = register(hotline_operator), register(hotline_operator)
    register(hotline_operator, kind="bag")
    found(hotline_operator)
    LostItem.objects.update(registered_at=timezone.now() - timedelta(hours=3))
    workflow.locate_item(second, by=hotline_operator)
    workflow.hand_over(first, by=hotline_operator, name="钱", identity=IDENTITY, signature=signature())
    figures = statistics.figures_for(hotline_operator, timezone.now())
    assert (figures.total.lost, figures.total.located, figures.total.returned) == (3, 2, 1)
    assert figures.total.percent == 33
    assert figures.total.hours == pytest.approx(3, abs=0.1)
    assert [(line.name, line.lost, line.percent) for line in figures.kinds] == [("手机", 2, 50), ("背包、手提包", 1, 0)]
    assert sum(line.lost for line in figures.months) == 3
    assert figures.waiting == 1
    assert "33%" in client.get(reverse("lost-statistics")).content.decode()


def test_figures_of_nothing_are_no_fault(client: Client, hotline_operator: User) -> None:
    assert "还没有报失" in client.get(reverse("lost-statistics")).content.decode()
