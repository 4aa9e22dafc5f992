"""The pages of roadside checks, in the office and on the phone: the way of one order, walls, and what lists cost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from datacenter.accounts.models import AuditRecord, User
from datacenter.roadside import workflow
from datacenter.roadside.models import Patrol, RoadsideCheck
from tests import factories
from tests.cases.opening import open_case
from tests.cases.test_pages import picture, signed_in
from tests.roadside.patrols import make_enforcer, make_patrol, make_team, order

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def enforcer(city_officer: User) -> User:
    return make_enforcer()


def body(response: Any) -> str:
    return str(response.content.decode())


def test_a_county_orders_from_the_case_and_reads_the_answer_there(dawa_officer: User, enforcer: User) -> None:
    near = make_patrol(enforcer)
    case = open_case(latitude_e6=40_992_450, longitude_e6=122_066_240)
    client, order_page = signed_in(dawa_officer), reverse("roadside-order", args=[case.number])
    assert order_page in body(client.get(reverse("case-detail", args=[case.number])))
    page = client.get(order_page)
    assert f'value="{near.pk}" checked' in body(page)
    assert "不计道路" in body(page)
    sent = client.post(order_page, {"patrol": near.pk, "minutes": 30, "request": "查验证件"})
    assert sent.headers["Location"] == reverse("case-detail", args=[case.number])
    check = RoadsideCheck.objects.get()
    block = reverse("roadside-block", args=[case.number])
    assert "待接单" in body(client.get(block))
    phone = signed_in(enforcer)
    act = lambda verb: reverse("my-check-act", args=[check.pk, verb])  # noqa: E731
    assert "查验证件" in body(phone.get(reverse("my-check", args=[check.pk])))
    assert phone.post(act("accept")).headers["Location"] == reverse("my-check", args=[check.pk])
    said = {"key": "k1", "found": "yes", "as_suspected": "yes", "note": "押运员无证", "photos": [picture()]}
    assert phone.post(act("answer"), said).status_code == 302
    told = body(client.get(block))
    for words in ("找到车辆，与涉嫌情况相符", "押运员无证", "?size=thumb"):
        assert words in told
    assert "押运员无证" in body(client.get(reverse("case-detail", args=[case.number])))
    photo = check.case.events.order_by("-sequence")[0].attachments.get()
    assert phone.get(reverse("case-attachment", args=[case.number, photo.pk])).status_code == 200
    assert set(AuditRecord.objects.values_list("action", flat=True)) >= {
        "roadside.order", "roadside.view", "roadside.accept", "roadside.answer",
    }  # fmt: skip


def test_a_script_hears_json_and_the_same_attempt_twice_is_one(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    phone, act = signed_in(enforcer), reverse("my-check-act", args=[check.pk, "answer"])
    refused = phone.post(act, {"key": "k1", "note": "在途"}, headers=JSON)
    assert (refused.status_code, refused.json()["fields"]) == (422, {"found": ["请选择是否找到车辆"]})
    said = {"key": "k1", "found": "no", "note": "在途"}
    for _ in range(2):
        assert phone.post(act, said, headers=JSON).json() == {"state": "answered", "label": "已反馈"}
    late = phone.post(act, {**said, "key": "k2"}, headers=JSON)
    assert (late.status_code, late.json()["message"]) == (409, "核查单已反馈，不能反馈")
    assert check.case.events.filter(note__startswith="路面核查（").count() == 1


def test_without_scripts_a_refusal_brings_back_what_was_typed(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    phone = signed_in(enforcer)
    page = phone.post(reverse("my-check-act", args=[check.pk, "decline"]), {"reason": "other", "note": ""})
    assert page.status_code == 422
    assert "请说明拒单原因" in body(page)
    workflow.accept_check(check, by=enforcer)
    page = phone.post(reverse("my-check-act", args=[check.pk, "answer"]), {"key": "k1", "note": "车在院内"})
    assert page.status_code == 422
    assert "车在院内" in body(page)
    assert 'value="k1"' in body(page)


def test_another_team_gets_404_and_an_officer_without_team_is_told(
    dawa_officer: User, enforcer: User, city_officer: User
) -> None:
    patrol = make_patrol(enforcer)
    check = order(dawa_officer, patrol)
    other = signed_in(make_enforcer("other", make_team("交通综合执法二大队")))
    for name in ("my-check", "my-check-place"):
        assert other.get(reverse(name, args=[check.pk])).status_code == 404
    for verb in ("accept", "decline", "answer", "dance"):
        assert other.post(reverse("my-check-act", args=[check.pk, verb]), {"reason": "far"}).status_code == 404
    assert other.post(reverse("my-duty"), {"patrol": patrol.pk, "verb": "on"}).status_code == 404
    assert check.plate not in body(other.get(reverse("my-checks"))).replace("<i></i>", "")
    clerk = signed_in(make_enforcer("clerk", dawa_officer.unit.parent))  # type: ignore[union-attr]
    assert "您的机构不是执法队" in body(clerk.get(reverse("my-checks")))
    assert signed_in(city_officer).get(reverse("my-checks")).status_code == 403


def test_duty_and_place_by_the_phone(enforcer: User, city_officer: User) -> None:
    patrol, phone = make_patrol(), signed_in(enforcer)
    duty, place = reverse("my-duty"), reverse("my-place")
    here = {"latitude": 40.99, "longitude": 122.06, "accuracy": 15.4, "at": timezone.now().timestamp()}
    assert phone.post(place, here).status_code == 409
    assert phone.post(duty, {"patrol": patrol.pk, "verb": "on"}).status_code == 302
    assert "位置未共享" in body(phone.get(reverse("my-checks")))
    assert phone.post(place, here).status_code == 409
    assert phone.post(duty, {"patrol": patrol.pk, "verb": "share"}, headers=JSON).json()["sharing"] is True
    assert phone.post(place, {**here, "latitude": 99}).status_code == 422
    assert phone.post(place, here).status_code == 200
    patrol.refresh_from_db()
    assert (patrol.latitude_e6, patrol.accuracy_m) == (40_990_000, 15)
    assert "秒前" in body(signed_in(city_officer).get(reverse("roadside-patrols")))
    phone.post(duty, {"patrol": patrol.pk, "verb": "off"})
    patrol.refresh_from_db()
    assert (patrol.on_duty, patrol.latitude_e6) == (False, None)
    assert phone.post(duty, {"patrol": patrol.pk, "verb": "dance"}).status_code == 404


def test_patrols_are_entered_for_teams_of_ones_own(city_officer: User, dawa_officer: User) -> None:
    citys, ours = make_team(), make_team("大洼执法中队", factories.DAWA)
    client, page = signed_in(dawa_officer), reverse("roadside-patrols")
    refused = client.post(page, {"team": citys.pk, "name": "巡逻 1 车", "active": "on"})
    assert refused.status_code == 422
    factories.make_vehicle("辽L00007")
    entered = client.post(page, {"team": ours.pk, "name": "巡逻 1 车", "plate": "辽l00007", "active": "on"})
    assert entered.status_code == 302
    patrol = Patrol.objects.get()
    assert (patrol.county_id, patrol.vehicle and patrol.vehicle.plate) == (factories.DAWA, "辽L00007")
    unknown = client.post(page, {"team": ours.pk, "name": "巡逻 2 车", "plate": "辽L99999", "active": "on"})
    assert unknown.status_code == 422
    twice = client.post(page, {"team": ours.pk, "name": "巡逻 1 车", "active": "on"})
    assert twice.status_code == 422
    change = reverse("roadside-patrol", args=[patrol.pk])
    signed_in(city_officer).post(change, {"name": "巡逻 8 车", "active": "on"})
    patrol.refresh_from_db()
    assert (patrol.name, patrol.vehicle) == ("巡逻 8 车", None)
    theirs = make_patrol(name="市队 1 车", team=citys)
    assert client.get(reverse("roadside-patrol", args=[theirs.pk])).status_code == 404


def test_a_declined_order_leads_to_the_next_patrol(dawa_officer: User, enforcer: User) -> None:
    first, second = make_patrol(enforcer), make_patrol(make_enforcer("second"), name="巡逻 2 车")
    case = open_case(latitude_e6=40_992_450, longitude_e6=122_066_240)
    check = order(dawa_officer, first, case, request="查验证件")
    workflow.decline_check(check, by=enforcer, reason="far")
    client = signed_in(dawa_officer)
    again = f"{reverse('roadside-order', args=[case.number])}?after={check.pk}"
    assert again in body(client.get(reverse("roadside-block", args=[case.number])))
    page = body(client.get(again))
    assert "距离过远" in page
    assert "查验证件" in page
    assert "巡逻 2 车" in page
    client.post(again, {"patrol": second.pk, "minutes": 30})
    assert RoadsideCheck.objects.get(previous=check).patrol == second
    assert client.get(f"{again}9").status_code == 404


def test_the_list_is_filtered_exported_and_orders_are_taken_back(
    dawa_officer: User, panshan_officer: User, enforcer: User
) -> None:
    patrol = make_patrol(enforcer)
    first, second = order(dawa_officer, patrol, request="=1+1"), order(dawa_officer, patrol)
    client = signed_in(dawa_officer)
    found = client.get(reverse("roadside-list"), {"q": second.plate, "state": "open"}).context["page"]
    assert [check.pk for check in found.rows] == [second.pk]
    text = client.get(reverse("roadside-export")).content.decode("utf-8-sig")
    assert first.case.number in text
    assert "'=1+1" in text
    book = load_workbook(io.BytesIO(client.get(reverse("roadside-export"), {"format": "xlsx"}).content))
    assert book.worksheets[0].max_row == 3
    withdraw = reverse("roadside-withdraw", args=[first.pk])
    assert signed_in(panshan_officer).post(withdraw).status_code == 404
    client.post(withdraw)
    first.refresh_from_db()
    assert first.state == "withdrawn"
    assert "还没有路面核查单" in body(signed_in(panshan_officer).get(reverse("roadside-list")))


@pytest.mark.parametrize("name", ["roadside-list", "roadside-patrols", "my-checks"])
def test_a_page_costs_the_same_for_one_row_and_for_many(dawa_officer: User, enforcer: User, name: str) -> None:
    client, costs = signed_in(enforcer if name == "my-checks" else dawa_officer), []
    patrol = make_patrol(enforcer)
    for size in (1, 12):
        for _ in range(size):
            order(dawa_officer, patrol)
            make_patrol(name=f"车 {Patrol.objects.count()}", team=patrol.team)
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 14, costs


def test_a_case_page_costs_the_same_for_one_answer_and_for_many(dawa_officer: User, enforcer: User) -> None:
    case, client, costs = open_case(), signed_in(dawa_officer), []
    patrol = make_patrol(enforcer)
    for size in (1, 4):
        for number in range(size):
            check = order(dawa_officer, patrol, case)
            workflow.answer_check(
                check, by=enforcer, key=f"{size}{number}", found=True, as_suspected=False, photos=[picture()]
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("roadside-block", args=[case.number])).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1], costs
