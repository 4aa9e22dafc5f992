"""The other ways in: a citizen's form, the public progress, and platforms with their keys."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client as Browser

from complaints.orders import public
from complaints.orders.models import Client, Order
from datacenter.accounts.models import User
from datacenter.cases.evidence import MAX_PHOTO_BYTES
from tests.cases.pictures import jpeg
from tests.complaints.orders.making import CALLER, PHONE, category, log

FORM, PROGRESS, API = "/travel/complain/", "/travel/complaints/", "/api/v1/hotline/orders/"


def filled(**facts: Any) -> dict[str, Any]:
    return {"category": category("taxi.detour").pk, "content": "绕道多收钱", "caller_phone": PHONE, **facts}


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def key(db: None) -> str:
    """The key of 12345."""
    out = io.StringIO()
    call_command("hotline_client", "市12345平台", stdout=out)
    return out.getvalue().strip()


def hand_in(key: str, body: Any, **more: Any) -> Any:
    return Browser().post(API, json.dumps(body), "application/json", headers={"Authorization": f"Bearer {key}"}, **more)


# --- citizens --------------------------------------------------------------------------------------------------------
def test_a_citizen_hands_in_with_a_picture_and_a_place(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("车牌.jpg", jpeg(), "image/jpeg")
    response = Browser().post(
        FORM, filled(photos=[photo], latitude="41.12", longitude="122.07", plates_said="T1234", caller_name=CALLER)
    )
    order = Order.objects.get()
    assert response.status_code == 200
    assert order.number in text_of(response)
    assert order.receipt in text_of(response)
    assert (order.channel, order.operator, order.latitude_e6, order.plate) == ("web", None, 41_120_000, "辽LT1234")
    assert order.files.count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"content": "😡" * 50}, "请用文字说明"),
        ({"category": ""}, "请选择事项"),
        ({"caller_phone": "12"}, "号码不完整"),
        ({"occurred_at": "2001-01-01T10:00"}, "不在近两年内"),
        ({"latitude": "48.8", "longitude": "2.3"}, "不在国内"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(db: None, facts: dict[str, Any], words: str) -> None:
    response = Browser().post(FORM, filled(**facts))
    assert response.status_code == 422
    assert words in text_of(response)
    assert not Order.objects.exists()


def test_a_file_that_is_no_picture_is_refused_by_its_content(db: None, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    for content in (b"<script>alert(1)</script>", b"%PDF-1.7", jpeg()[:200], b"\0" * (MAX_PHOTO_BYTES + 1)):
        response = Browser().post(FORM, filled(photos=[SimpleUploadedFile("x.jpg", content, "image/jpeg")]))
        assert response.status_code == 422
    assert not Order.objects.exists()


def test_a_machine_that_fills_in_everything_leaves_nothing(db: None) -> None:
    assert Browser().post(FORM, filled(website="http://x")).status_code == 422
    assert not Order.objects.exists()


def test_the_same_form_sent_twice_is_one_order_and_other_words_are_another(db: None) -> None:
    browser = Browser()
    once = text_of(browser.get(FORM)).split('name="once" value="')[1].split('"')[0]
    sent = filled(once=once, plates_said="T1234")
    first, again = (text_of(browser.post(FORM, sent)) for _ in range(2))
    order = Order.objects.get()
    for page in (first, again):
        assert order.number in page
        assert order.receipt in page
    assert order.events.count() == 1
    browser.post(FORM, {**sent, "content": "另一件事：拒载"})
    assert Order.objects.count() == 2
    browser.post(FORM, {**sent, "once": "another page"})
    assert Order.objects.count() == 3


def test_nobody_is_offered_the_category_of_calls_to_complete(db: None, key: str) -> None:
    assert "待补录" not in text_of(Browser().get(FORM))
    body = {"category": "consultation.to_complete", "content": "绕道", "external_no": "1"}
    assert hand_in(key, body).status_code == 400


def test_from_one_address_come_so_many_an_hour(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "_MOST_AN_HOUR", 2)
    answers = [Browser().post(FORM, filled()).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert Order.objects.count() == 2


def test_number_and_code_open_the_progress_and_nothing_of_the_caller(hotline_operator: User) -> None:
    order = log(hotline_operator)
    page = text_of(Browser().post(PROGRESS, {"number": order.number.lower(), "receipt": order.receipt}))
    assert "待转办" in page
    assert "受理登记" in page
    for secret in (PHONE, CALLER, order.content):
        assert secret not in page


def test_guessing_closes_the_door(hotline_operator: User) -> None:
    order = log(hotline_operator)
    wrong = {"number": order.number, "receipt": "00000000" if order.receipt != "00000000" else "11111111"}
    answers = [Browser().post(PROGRESS, wrong).status_code for _ in range(6)]
    assert answers == [404] * 5 + [429]
    right = {"number": order.number, "receipt": order.receipt}
    assert Browser().post(PROGRESS, right).status_code == 429


# --- platforms -------------------------------------------------------------------------------------------------------
def test_a_platform_hands_in_and_asks(key: str) -> None:
    body = {
        "category": "taxi.detour",
        "content": "绕道",
        "external_no": "GZ-1",
        "caller_phone": PHONE,
        "plate": "T1234",
    }
    answer = hand_in(key, body)
    assert answer.status_code == 201
    order = Order.objects.get()
    told = answer.json()
    assert (told["number"], told["receipt"], told["created"]) == (order.number, order.receipt, True)
    assert (order.channel, order.external_no, order.plate) == ("forwarded", "GZ-1", "辽LT1234")
    for number in (order.number, "GZ-1"):
        asked = Browser().get(f"{API}{number}/", headers={"Authorization": f"Bearer {key}"}).json()
        assert (asked["state"], asked["steps"][0]["what"]) == ("accepted", "受理登记")
        assert PHONE not in json.dumps(asked)


def test_the_same_number_twice_is_one_order(key: str) -> None:
    body = {"category": "taxi.detour", "content": "绕道", "external_no": "GZ-2"}
    first, again = hand_in(key, body), hand_in(key, {**body, "content": "又一次"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert again.json()["created"] is False
    assert Order.objects.count() == 1


def test_without_a_key_that_is_in_force_nothing_is_said(key: str, hotline_operator: User) -> None:
    body = {"category": "taxi.detour", "content": "绕道", "external_no": "GZ-3"}
    call_command("hotline_client", "市12345平台", "--withdraw", stdout=io.StringIO())
    for wrong in (key, "", "x" * 43):
        answer = hand_in(wrong, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_refused")
    assert not Order.objects.exists()
    assert not Client.objects.filter(key_sha256=key).exists()


def test_a_key_sees_no_other_channel(key: str, hotline_operator: User) -> None:
    order = log(hotline_operator)
    for number in (order.number, "GZ%00"):
        asked = Browser().get(f"{API}{number}/", headers={"Authorization": f"Bearer {key}"})
        assert asked.status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, [], {"category": "nonsense", "content": "x", "external_no": "1"},
     {"category": "taxi.detour", "content": "😡" * 99, "external_no": "1"},
     {"category": "taxi.detour", "content": "绕道", "external_no": "1", "latitude": 900},
     {"category": "taxi.detour", "content": "绕道", "external_no": "1", "latitude": "nan", "longitude": "nan"},
     {"category": "taxi.detour", "content": "绕道", "external_no": "1", "answers": {"paid": "²"}},
     {"category": "taxi.detour", "content": "绕道", "external_no": "1", "answers": {"paid": "很多"}}],
)  # fmt: skip
def test_what_is_wrong_is_refused_as_json(key: str, body: Any) -> None:
    answer = hand_in(key, body)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"code", "message", "fields"}
    assert not Order.objects.exists()


def test_only_the_keys_digest_is_kept(key: str) -> None:
    assert Client.objects.get().key_sha256 == hashlib.sha256(key.encode()).hexdigest()
