"""The call platform's door: signed, checked field by field, all or nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from complaints.calls.models import Call, CallEvent, DeskExtension
from complaints.orders.models import Order
from tests.complaints.calls.conftest import EVENTS, event, post

pytestmark = pytest.mark.django_db


def test_a_call_is_told_and_gets_its_order(desk: DeskExtension) -> None:
    assert post(event("ringing")).json() == {"call_id": "c1", "state": "ringing", "order": ""}
    answer = post(event("answered", after_s=5)).json()
    order = Order.objects.get()
    assert answer == {"call_id": "c1", "state": "answered", "order": order.number}
    assert order.number.startswith("RX20")
    assert len(order.number) == len("RX20260101000001")
    assert (order.caller_phone, order.operator_id) == ("13998765432", desk.operator_id)
    assert post(event("hung_up", after_s=65)).json()["state"] == "ended"
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_secret_the_door_says_that_it_is_shut(settings: Any) -> None:
    settings.CALL_PLATFORM_SECRET = ""
    answer = Client().post(EVENTS, b"{}", content_type="application/json")
    assert answer.status_code == 503
    assert "CALL_PLATFORM_SECRET" in answer.json()["message"]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"secret": "somebody else's secret"}, "bad_signature"),
        ({"moment": int(time.time()) - 3600}, "stale_signature"),
        ({"moment": int(time.time()) + 3600}, "stale_signature"),
    ],
)
def test_who_signs_wrongly_or_long_ago_is_refused(made: dict[str, Any], code: str) -> None:
    answer = post(event("ringing"), **made)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert not Call.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"X-Call-Timestamp": "x"}, {"X-Call-Timestamp": "1", "X-Call-Signature": "é"}])
def test_an_unsigned_request_is_refused(headers: dict[str, str]) -> None:
    answer = Client().post(EVENTS, b"{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


def test_a_large_body_is_refused_unread() -> None:
    assert post({}, raw=b"[" + b" " * 70_000 + b"]").status_code == 413


@pytest.mark.parametrize("length", ["\u00b2", "9" * 5000, "-1", "x"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    headers = {"X-Call-Timestamp": "1", "X-Call-Signature": "x"}
    answer = Client().post(EVENTS, b"{}", content_type="application/json", headers=headers, CONTENT_LENGTH=length)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (event("ringing") | {"priority": 1}, "priority"),
        (event("ringing") | {"caller": "😀" * 400}, "caller"),
        (event("ringing") | {"caller": 139}, "caller"),
        (event("ringing") | {"caller": "1" * 30}, "caller"),
        (event("ringing") | {"agent_name": "a\u0000b"}, "agent_name"),
        (event("ringing") | {"kind": "transferred"}, "kind"),
        (event("ringing") | {"kind": ["ringing"]}, "kind"),
        (event("ringing") | {"at": "2026-11-29 09:00"}, "at"),
        (event("ringing") | {"at": "1999-01-01T00:00:00+08:00"}, "at"),
        (event("ringing") | {"at": "2999-01-01T00:00:00+08:00"}, "at"),
        (event("ringing") | {"event_id": ""}, "event_id"),
        (event("ringing") | {"call_id": "../x"}, "call_id"),
        ({k: v for k, v in event("ringing").items() if k != "caller"}, "caller"),
        (event("recording"), "recording_url"),
        (event("recording", recording_url="file:///etc/passwd"), "recording_url"),
        (event("recording", recording_url="http://u:p@h/1.wav"), "recording_url"),
        (event("recording", recording_url="http://h:99999/1.wav"), "recording_url"),
        (event("recording", recording_url="http://h/1.wav", recording_s=-1), "recording_s"),
        (event("recording", recording_url="http://h/1.wav", recording_s=True), "recording_s"),
        ([], "body"),
        (event("hung_up", **{"half\ud800": "x"}), "half\\ud800"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(body: Any, field: str) -> None:
    answer = post(body)
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert field in answer.json()["message"]
    assert not Call.objects.exists()
    assert not CallEvent.objects.exists()


@pytest.mark.parametrize("raw", [b"\xff", b"{", b'{"a":', b"[" * 5000])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert post(None, raw=raw).status_code == 422


def test_an_events_number_is_not_used_for_another(desk: DeskExtension) -> None:
    first = event("ringing")
    assert post(first).status_code == post(first).status_code == 200
    for other in (first | {"caller": "02488888888"}, first | {"call_id": "c2"}):
        answer = post(other)
        assert (answer.status_code, answer.json()["code"]) == (409, "event_conflict")
    assert Call.objects.get().caller == "13998765432"


def test_a_hidden_number_is_a_call_too(desk: DeskExtension) -> None:
    post(event("ringing", caller=""))
    assert post(event("answered", after_s=3)).json()["order"]
    assert Order.objects.get().caller_phone == ""


def test_the_platform_hears_how_its_calls_stand(desk: DeskExtension) -> None:
    post(event("ringing"))
    post(event("answered", after_s=3))
    answer = post({"call_ids": ["c1", "c9"]}, path="/api/v1/calls/standings/")
    known, unknown = answer.json()
    assert (known["known"], known["events"], known["order"]) == (True, 2, Order.objects.get().number)
    assert (unknown["known"], unknown["events"], unknown["order"]) == (False, 0, "")
    assert post({"call_ids": []}, path="/api/v1/calls/standings/").status_code == 422


def test_the_schema_documents_the_door(client: Client, city_officer: Any) -> None:
    client.force_login(city_officer)
    schema = client.get("/api/schema/?format=json").json()
    assert {"/api/v1/calls/events/", "/api/v1/calls/standings/"} <= set(schema["paths"])
    assert "X-Call-Signature" in str(schema["paths"]["/api/v1/calls/events/"])
