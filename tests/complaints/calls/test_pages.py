"""Pages of calls: numbers for the operator in charge alone, recordings in parts, what waits, none for counties."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.calls.models import Call, DeskExtension
from complaints.calls.recordings import fetch_recording
from datacenter.accounts.models import AuditRecord, User
from datacenter.accounts.rights import Role
from tests import factories
from tests.complaints.calls.conftest import CALLER, RecordingServer, event, tell

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_number_is_whole_for_the_operator_in_charge_alone(
    answered: Call, hotline_operator: User, city_officer: User
) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    pages = [reverse("call-list"), reverse("call-detail", args=[answered.pk]), reverse("call-export") + "?format=csv"]
    for page in pages:
        assert CALLER in signed_in(hotline_operator).get(page).content.decode()
        for user in (other, city_officer):
            text = signed_in(user).get(page).content.decode()
            assert CALLER not in text
            assert "139****5432" in text
    assert AuditRecord.objects.filter(action="call.number", user=hotline_operator).count() == 1


def test_a_county_and_a_company_have_no_calls(answered: Call, dawa_officer: User, safety_officer: User) -> None:
    for user in (dawa_officer, safety_officer):
        for name, args in (("call-list", []), ("call-detail", [answered.pk]), ("call-recording", [answered.pk])):
            assert signed_in(user).get(reverse(name, args=args)).status_code == 403


def test_what_waits_to_be_completed_is_a_tab_with_its_count(answered: Call, hotline_operator: User) -> None:
    tell(event("ringing", call="c2"))
    page = signed_in(hotline_operator).get(reverse("call-list") + "?tab=open")
    assert [line["call"].pk for line in page.context["lines"]] == [answered.pk]
    assert page.context["waiting"] == 1


def test_a_list_takes_as_many_queries_for_many_calls_as_for_few(desk: DeskExtension, hotline_operator: User) -> None:
    client = signed_in(hotline_operator)

    def asked(number: int) -> int:
        for call in range(Call.objects.count(), number):
            tell(event("ringing", call=f"n{call}"))
            tell(event("answered", call=f"n{call}", after_s=3))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse("call-list"))
        return len(queries)

    assert asked(3) == asked(30)


def test_missed_calls_of_many_desks_take_no_query_each(desk: DeskExtension, hotline_operator: User) -> None:
    client = signed_in(hotline_operator)

    def asked(name: str, query: str, number: int) -> int:
        for call in range(Call.objects.count(), number):
            tell(event("ringing", call=f"m{call}", extension=str(8000 + call)))
            tell(event("hung_up", call=f"m{call}", after_s=9))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(name) + query)
        return len(queries)

    few = [asked("call-list", "", 3), asked("call-export", "?format=csv", 3)]
    assert [asked("call-list", "", 30), asked("call-export", "?format=csv", 30)] == few


def test_a_call_missed_at_ones_own_desk_is_whole_and_written_down(
    desk: DeskExtension, hotline_operator: User, city_officer: User
) -> None:
    tell(event("ringing"))
    call = tell(event("hung_up", after_s=20))
    assert call.operator_id is None
    page = signed_in(hotline_operator).get(reverse("call-detail", args=[call.pk])).content.decode()
    assert "139****5432" not in page
    assert "号码只向负责话务员完整显示" not in page
    assert AuditRecord.objects.get(action="call.number").user == hotline_operator
    assert CALLER not in signed_in(city_officer).get(reverse("call-detail", args=[call.pk])).content.decode()


def test_filters_that_cannot_be_read_show_the_list(answered: Call, hotline_operator: User) -> None:
    client = signed_in(hotline_operator)
    for query in ("?day=x&tab=x&recording=x&before=x", "?q=%00", "?q=" + "9" * 100, "?q=8001", f"?q={CALLER}"):
        assert client.get(reverse("call-list") + query).status_code == 200


@pytest.fixture
def kept(answered: Call, recordings: RecordingServer) -> Call:
    """An answered call with its recording."""
    call = tell(event("recording", after_s=70, recording_url=recordings.url))
    fetch_recording(call.pk)
    return call


def sent(response: Any) -> bytes:
    """All of a streamed answer."""
    assert not response.is_async  # it would be gathered in memory first
    return b"".join(response.streaming_content)


def test_a_recording_is_played_in_parts(kept: Call, recordings: RecordingServer, hotline_operator: User) -> None:
    client, address = signed_in(hotline_operator), reverse("call-recording", args=[kept.pk])
    size = len(recordings.body)

    def asked(header: str) -> Any:
        return client.get(address, headers={"Range": header} if header else {})

    whole = asked("")
    assert (whole.status_code, sent(whole)) == (200, recordings.body)
    for header, start, stop in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-50", size - 50, size - 1),
        (f"bytes=5-{size * 9}", 5, size - 1),
    ):
        part = asked(header)
        assert part.status_code == 206
        assert part["Content-Range"] == f"bytes {start}-{stop}/{size}"
        assert sent(part) == recordings.body[start : stop + 1]
    for header in (f"bytes={size}-", "bytes=9-3", "bytes=-0"):
        assert asked(header).status_code == 416
    for header in ("bytes=0-1,5-9", "lines=1-2", "bytes=-"):
        assert asked(header).status_code == 200
    assert AuditRecord.objects.filter(action="call.listen", user=hotline_operator).count() == 1


def test_who_begins_to_listen_in_the_middle_is_written_down_too(
    kept: Call, hotline_operator: User, city_officer: User
) -> None:
    for user in (hotline_operator, city_officer):
        address = reverse("call-recording", args=[kept.pk])
        assert signed_in(user).get(address, headers={"Range": "bytes=1-"}).status_code == 206
        assert AuditRecord.objects.get(action="call.listen", user=user).subject == f"通话 {kept.pk}"


def test_a_recording_that_is_not_there_says_so(answered: Call, hotline_operator: User) -> None:
    assert signed_in(hotline_operator).get(reverse("call-recording", args=[answered.pk])).status_code == 404


def test_an_operator_takes_a_call_and_goes_on_in_the_console(bureau: Any, hotline_operator: User) -> None:
    tell(event("ringing", extension=""))
    call = tell(event("answered", after_s=3, extension=""))
    client = signed_in(hotline_operator)
    assert "由我负责" in client.get(reverse("call-detail", args=[call.pk])).content.decode()
    client.post(reverse("call-take", args=[call.pk]))
    answer = client.post(reverse("call-order", args=[call.pk]))
    assert answer["Location"] == f"/complaints/?call={call.pk}"
    assert CALLER in client.get(reverse("call-detail", args=[call.pk])).content.decode()


def test_what_rings_is_told_to_its_desk_and_to_all_where_none_is_known(
    desk: DeskExtension, hotline_operator: User
) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    known = tell(event("ringing", start=None, at=_now()))
    unknown = tell(event("ringing", call="c2", extension="", at=_now()))

    def ringing(user: User) -> dict[int, str]:
        calls = signed_in(user).get(reverse("call-ringing")).json()["calls"]
        return {call["id"]: call["number"] for call in calls}

    assert ringing(hotline_operator) == {known.pk: CALLER, unknown.pk: "139****5432"}
    assert ringing(other) == {unknown.pk: "139****5432"}
    tell(event("hung_up", call="c2", at=_now()))
    assert ringing(other) == {}


def test_the_pop_up_tells_what_is_known_of_the_caller(desk: DeskExtension, hotline_operator: User) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    address = reverse("call-caller", args=[tell(event("ringing")).pk])
    assert "第一次来话" in signed_in(hotline_operator).get(address).content.decode()
    assert not AuditRecord.objects.filter(action="complaint.caller").exists()
    tell(event("answered", call="c0"))
    known = tell(event("ringing", call="c0"))
    page = signed_in(hotline_operator).get(address).content.decode()
    assert "来过 1 次" in page
    assert known.order.number in page
    assert AuditRecord.objects.get(action="complaint.caller").user == hotline_operator
    # The order that the call itself was given is no earlier one.
    own = signed_in(hotline_operator).get(reverse("call-caller", args=[known.pk])).content.decode()
    assert "第一次来话" in own
    assert known.order.number not in own
    hidden = tell(event("ringing", call="c2", caller=""))
    assert signed_in(other).get(address).status_code == 404
    assert signed_in(hotline_operator).get(reverse("call-caller", args=[hidden.pk])).status_code == 404


def _now() -> str:
    from django.utils import timezone

    return timezone.now().isoformat()
