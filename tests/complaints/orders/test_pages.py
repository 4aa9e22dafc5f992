"""The hotline's pages over HTTP: what is posted, who sees the caller, how many queries a list asks."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from complaints.orders import hooks, workflow
from complaints.orders.defaults import setting
from complaints.orders.models import Order
from datacenter.accounts.models import AuditRecord, User
from datacenter.geo.models import County
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.cases.pictures import image, jpeg
from tests.complaints.orders.making import CALLER, PHONE, category, draft, handled, log

CONSOLE = "/complaints/"
MASKED = "139****1234"


@pytest.fixture
def taxi(counties: dict[str, County]) -> Vehicle:
    company = factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)
    return factories.make_vehicle("辽LT1234", company, kind=Vehicle.Kind.TAXI)


@pytest.fixture
def desk(hotline_operator: User, dawa_officer: User) -> Client:
    """The operator, signed in."""
    return signed_in(hotline_operator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(code: str = "taxi.refusal", **facts: Any) -> dict[str, Any]:
    """What the console posts."""
    who = {"channel": "phone", "caller_phone": PHONE, "caller_name": CALLER}
    what = {"category": category(code).pk, "urgency": "normal", "content": "空车拒载", "answer_light": "空车"}
    return {**who, **what, "then": "county", **facts}


def text_of(response: Any) -> str:
    return str(response.content.decode())


# --- the console -----------------------------------------------------------------------------------------------------
def test_one_post_logs_and_hands_on(desk: Client, taxi: Vehicle) -> None:
    response = desk.post(CONSOLE, typed(plates_said="辽L·T1234 或 辽LT9"))
    order = Order.objects.get()
    assert response.headers["Location"] == f"/complaints/?logged={order.number}"
    assert (order.vehicle_id, order.plates_said, order.county_id) == (taxi.pk, "辽L·T1234 或 辽LT9", factories.DAWA)
    page = text_of(desk.get(response.headers["Location"]))
    assert order.receipt in page


def test_a_consultation_is_answered_and_closed_in_one_post(desk: Client) -> None:
    desk.post(CONSOLE, typed("ask.bus", then="answer", answer="末班 20:30", content="末班车几点"))
    order = Order.objects.get()
    assert (order.state, order.answer, order.case) == ("closed", "末班 20:30", None)


def test_what_is_refused_leaves_nothing_and_loses_nothing_that_was_typed(desk: Client) -> None:
    for facts, words in (
        ({"answer_light": ""}, "请填写：当时顶灯"),
        ({"content": "😡" * 900}, "请用文字说明"),
        ({"then": "answer", "answer": "知道了"}, "须转办核实"),
        ({"then": "company"}, "须先选定登记的企业或车辆"),
        ({"then": "refuse", "answer": "不归我们管"}, "请选择不予受理的原因"),
        ({"category": ""}, "请选择类别"),
        ({"duplicate_of": "RX1"}, "没有工单 RX1"),
    ):
        response = desk.post(CONSOLE, typed(**facts))
        assert response.status_code == 422, facts
        page = text_of(response)
        assert words in page, facts
        assert PHONE in page
        assert CALLER in page
    assert not Order.objects.exists()


def test_a_call_that_rang_brings_its_number_and_is_told_of_the_order(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(hooks, "NUMBER_OF_CALL", [lambda user, call: "13712345678" if call == 7 else None])
    monkeypatch.setattr(hooks, "AFTER_LOG", [lambda order, call: told.append((order.number, call))])
    page = text_of(desk.get(f"{CONSOLE}?call=7"))
    assert 'value="13712345678"' in page
    assert 'value="13712345678"' not in text_of(desk.get(f"{CONSOLE}?call=8"))
    desk.post(CONSOLE, typed(call="7"))
    assert told == [(Order.objects.get().number, 7)]


def test_beside_the_caller_stand_history_duplicates_and_plates(
    desk: Client, hotline_operator: User, taxi: Vehicle
) -> None:
    first = log(hotline_operator, vehicle=taxi)
    query = {"caller_phone": PHONE, "plates_said": "辽LT1234 辽LT1243", "category": category().pk}
    page = text_of(desk.get("/complaints/beside/", query))
    assert page.count(first.number) >= 2  # open with this caller, and a duplicate by its plate
    assert "辽LT1243 没有登记" in page
    assert 'data-take-plate="辽LT1234"' in page
    assert "第一次来话" in text_of(desk.get("/complaints/beside/", {"caller_phone": "13000000000"}))


def test_the_order_that_is_completed_makes_nobody_a_repeated_caller(desk: Client, hotline_operator: User) -> None:
    order = log(hotline_operator, "ask.bus")
    query = {"caller_phone": PHONE, "category": category("ask.bus").pk}
    completed = text_of(desk.get(f"{CONSOLE}?order={order.number}"))
    for page in (
        completed,
        text_of(desk.get(f"/complaints/beside/?order={order.number}", query | {"order": order.number})),
    ):
        assert "第一次来话" in page
        assert "可能重复" not in page
    assert f"/complaints/beside/?order={order.number}" in completed
    assert "来过 1 次" in text_of(desk.get("/complaints/beside/", query))


def test_completion_gives_what_is_registered(desk: Client, taxi: Vehicle) -> None:
    driver = factories.make_practitioner("欧阳锋", taxi.company)
    factories.make_area((41.1, 122.0), name="盘锦站广场")

    def options(what: str, q: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = desk.get(f"/complaints/complete/{what}/", {"q": q}).json()["options"]
        return found

    assert options("plates", "T1234")[0]["value"] == "辽LT1234"
    assert options("companies", "大洼")[0]["value"] == taxi.company.name
    assert options("drivers", "欧阳")[0]["id"] == driver.pk
    place = options("places", "盘锦站")[0]
    assert place["value"] == "盘锦站广场"
    assert abs(place["place"][0] - 41.1) < 0.05
    assert options("nonsense", "x") == options("plates", "") == []


def test_an_order_from_the_web_is_completed_on_the_console(desk: Client, hotline_operator: User, taxi: Vehicle) -> None:
    order = log(hotline_operator, channel="web", plates_said="T1234", caller_name="")
    page = text_of(desk.get(f"{CONSOLE}?order={order.number}"))
    assert "补正工单" in page
    desk.post(f"{CONSOLE}?order={order.number}", typed(plates_said="T1234", channel="web", then="county"))
    order.refresh_from_db()
    assert (order.vehicle_id, order.caller_name, order.state) == (taxi.pk, CALLER, "handling")
    assert Order.objects.count() == 1


def test_an_order_is_completed_by_who_has_taken_it(desk: Client, hotline_operator: User) -> None:
    order, _new = workflow.log_order(draft(channel="web"), by=None)
    response = desk.get(f"{CONSOLE}?order={order.number}")
    assert response.headers["Location"] == f"/complaints/orders/{order.number}/"
    page = text_of(desk.get(response.headers["Location"]))
    assert PHONE not in page
    assert "请先接手" in page
    desk.post(f"/complaints/orders/{order.number}/take/")
    assert PHONE in text_of(desk.get(f"{CONSOLE}?order={order.number}"))


def test_completing_keeps_how_the_order_came_and_what_it_doubles(desk: Client, hotline_operator: User) -> None:
    first = log(hotline_operator)
    order = log(hotline_operator, channel="letter", external_no="LX-1")
    address = f"{CONSOLE}?order={order.number}"
    said = typed(channel="phone", external_no="LX-2", then="log")
    desk.post(address, {**said, "duplicate_of": first.number})
    order.refresh_from_db()
    assert (order.channel, order.external_no, order.duplicate_of) == ("letter", "LX-1", first)
    assert f'value="{first.number}"' in text_of(desk.get(address))  # or the next completion would lose it


def test_what_was_typed_stays_when_somebody_else_has_the_order(desk: Client, hotline_operator: User) -> None:
    other = factories.make_user("hotline2", hotline_operator.role, hotline_operator.unit)  # type: ignore[arg-type]
    order = log(other, channel="web")
    response = desk.post(f"{CONSOLE}?order={order.number}", typed(content="说了半个小时的事"))
    assert response.status_code == 409
    page = text_of(response)
    assert "请先接手工单" in page
    assert "说了半个小时的事" in page
    order.refresh_from_db()
    assert order.state == "accepted"


def test_an_order_that_was_handed_on_is_not_completed_and_loses_nothing_that_was_typed(
    desk: Client, hotline_operator: User
) -> None:
    order = workflow.transfer_to_county(log(hotline_operator), by=hotline_operator)
    address = f"{CONSOLE}?order={order.number}"
    assert desk.get(address).headers["Location"] == f"/complaints/orders/{order.number}/"
    response = desk.post(address, typed(content="又想起一件事"))
    assert response.status_code == 409
    assert "不能再补正" in text_of(response)
    assert "又想起一件事" in text_of(response)
    assert Order.objects.get().content == order.content


@pytest.mark.parametrize(
    "address",
    ["orders/%00/", "?order=%00", "?logged=%00", "?phone=%00", "beside/?caller_phone=%00&plates_said=%00",
     "complete/plates/?q=T%00", "complete/lines/?q=%00", "questions/?category=" + "9" * 5000,
     "orders/?until=9999-12-31", "orders/?since=0001-01-01", "orders/?q=%00", "statistics/?until=9999-12-31",
     "statistics/?until=0001-01-02", "statistics/brief/9999-12-31/", "statistics/brief/0001-01-01/"],
)  # fmt: skip
def test_what_no_field_can_hold_is_no_fault_of_the_page(desk: Client, address: str) -> None:
    assert desk.get(CONSOLE + address).status_code in (200, 404)


def test_a_category_that_cannot_be_is_refused(desk: Client) -> None:
    assert desk.post(CONSOLE, typed() | {"category": "9" * 5000}).status_code == 422


# --- the list and one order ------------------------------------------------------------------------------------------
def test_the_list_asks_the_same_number_of_queries_however_many_orders_there_are(
    desk: Client, hotline_operator: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for _ in range(2):
        for _ in range(4):
            workflow.transfer_to_county(log(hotline_operator), by=hotline_operator)
        with django_assert_max_num_queries(30) as asked:
            assert desk.get("/complaints/orders/").status_code == 200
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


def test_fifty_a_page_by_cursor(desk: Client, hotline_operator: User) -> None:
    for _ in range(51):
        log(hotline_operator)
    first = text_of(desk.get("/complaints/orders/"))
    assert first.count("data-row") == 50
    older = desk.get("/complaints/orders/" + first.split('href="?before=')[1].split('"')[0].join(["?before=", ""]))
    assert text_of(older).count("data-row") == 1


def test_filters_find_by_number_plate_caller_kind_state(desk: Client, hotline_operator: User, taxi: Vehicle) -> None:
    one = log(hotline_operator, vehicle=taxi)
    log(hotline_operator, "ask.bus", caller_phone="13500000000", channel="visit")
    Order.objects.filter(pk=one.pk).update(external_no="gz-7a")
    for query in ({"q": one.number[:14] + one.number[14:]}, {"q": "辽lt1234"}, {"q": PHONE}, {"kind": "complaint"},
                  {"q": "+86 139-0000-1234"}, {"q": "GZ-7A"}, {"q": "gz-7a"},
                  {"channel": "phone"}, {"state": "accepted", "kind": "complaint"}):  # fmt: skip
        page = text_of(desk.get("/complaints/orders/", query))
        assert page.count("data-row") == 1, query
        assert one.number in page
    assert text_of(desk.get("/complaints/orders/", {"state": "closed"})).count("data-row") == 0


def test_which_orders_are_drawn_is_shown_to_who_checks_them(desk: Client, city_officer: User) -> None:
    assert desk.get("/complaints/orders/", {"state": "quality"}).status_code == 403
    assert signed_in(city_officer).get("/complaints/orders/", {"state": "quality"}).status_code == 200


def test_a_caller_is_known_again_however_the_number_was_written(desk: Client, hotline_operator: User) -> None:
    log(hotline_operator, caller_phone="139 0000-1234")
    page = text_of(desk.get("/complaints/beside/", {"caller_phone": "+86 13900001234"}))
    assert "来过 1 次" in page


def test_only_the_operator_in_charge_sees_the_callers_number(
    desk: Client, hotline_operator: User, dawa_officer: User, city_officer: User, taxi: Vehicle
) -> None:
    order = log(hotline_operator, vehicle=taxi, content=f"我的电话{PHONE}，司机拒载")
    order = workflow.transfer_to_county(order, by=hotline_operator)
    other = factories.make_user("hotline2", hotline_operator.role, hotline_operator.unit)  # type: ignore[arg-type]
    address = f"/complaints/orders/{order.number}/"
    assert PHONE in text_of(desk.get(address))
    assert "no-store" in desk.get("/complaints/orders/").headers["Cache-Control"]  # the number stands whole in it
    for somebody in (other, dawa_officer, city_officer):
        client = signed_in(somebody)
        for path in (address, "/complaints/orders/", "/complaints/orders/export/?format=csv"):
            page = text_of(client.get(path))
            assert PHONE not in page, (somebody, path)
            assert CALLER not in page
        assert MASKED in text_of(client.get(address))
    case_page = text_of(signed_in(dawa_officer).get(f"/cases/{order.case.number}/"))
    assert "号码已隐去" in case_page
    assert PHONE not in case_page


def test_whoever_may_unmask_is_written_down(hotline_operator: User, city_officer: User, dawa_officer: User) -> None:
    order = log(hotline_operator)
    page = text_of(signed_in(city_officer).post(f"/complaints/orders/{order.number}/unmask/"))
    assert PHONE in page
    line = AuditRecord.objects.get(action="complaint.unmask")
    assert (line.user, line.subject) == (city_officer, order.number)
    assert signed_in(dawa_officer).post(f"/complaints/orders/{order.number}/unmask/").status_code == 403


def test_taking_an_order_over_shows_the_number_to_who_took_it(
    desk: Client, hotline_operator: User, dawa_officer: User
) -> None:
    order = log(hotline_operator)
    other = signed_in(factories.make_user("hotline2", hotline_operator.role, hotline_operator.unit))  # type: ignore[arg-type]
    other.post(f"/complaints/orders/{order.number}/take/")
    assert PHONE in text_of(other.get(f"/complaints/orders/{order.number}/"))
    assert PHONE not in text_of(desk.get(f"/complaints/orders/{order.number}/"))


def test_what_was_typed_comes_back_with_a_refusal(desk: Client, hotline_operator: User, dawa_officer: User) -> None:
    order = log(hotline_operator)
    workflow.transfer_to_county(order, by=hotline_operator, county=County.objects.get(pk=factories.DAWA))
    order = handled(order, dawa_officer, hotline_operator)
    address = f"/complaints/orders/{order.number}"
    said = {"outcome": "reached", "satisfaction": "unsatisfied", "reason": "", "note": "很生气"}
    response = desk.post(f"{address}/call-back/", said)
    assert response.status_code == 422
    assert "请填写不满意的原因" in text_of(response)
    assert "很生气" in text_of(response)
    assert desk.post(f"{address}/call-back/", {**said, "reason": "没退钱"}).status_code == 302
    assert desk.post(f"{address}/call-back/", {**said, "reason": "没退钱"}).status_code == 409
    assert desk.post(f"{address}/nonsense/").status_code == 404


def test_the_export_has_a_line_an_order_and_no_formulas(desk: Client, hotline_operator: User) -> None:
    log(hotline_operator, content="=cmd|'/c calc'!A1 司机拒载")
    log(hotline_operator)
    book = load_workbook(io.BytesIO(desk.get("/complaints/orders/export/?format=xlsx").content))
    rows = list(book.active.values)
    assert len(rows) == 3
    assert rows[2][15].startswith("'=cmd")
    assert rows[1][4] == MASKED
    Order.objects.update(answer="属\x0b实", company_name="甲\x07公司")  # what no Excel file may hold
    book = load_workbook(io.BytesIO(desk.get("/complaints/orders/export/?format=xlsx").content))
    assert list(book.active.values)[1][14] == "甲公司"
    assert AuditRecord.objects.filter(action="complaint.exported").count() == 4


def test_a_picture_that_breaks_off_is_no_fault_of_the_page(
    desk: Client, hotline_operator: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("车内.jpg", image("JPEG", (800, 600)), "image/jpeg")
    order, _new = workflow.log_order(draft(photos=[photo]), by=hotline_operator)
    file = order.files.get()
    path = tmp_path / file.path
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    address = f"/complaints/orders/{order.number}/files/{file.pk}/"
    assert desk.get(address, {"size": "thumb"}).status_code == 404
    assert desk.get(address).status_code == 200


def test_a_figure_that_no_calendar_reaches_is_refused(administrator: User) -> None:
    client = signed_in(administrator)
    address = "/admin/complaints/hotlinesetting/{}/change/"
    for code, value, kept in (
        ("company_hours", 10**9, False),
        ("quality_percent", 101, False),
        ("company_hours", 24, True),
    ):
        answer = client.post(address.format(code), {"value": value, "source": "试"})
        assert (answer.status_code == 302) is kept, code
    assert setting("company_hours") == 24


# --- companies -------------------------------------------------------------------------------------------------------
def test_a_company_reads_and_answers_in_its_own_view(
    hotline_operator: User, dawa_officer: User, taxi: Vehicle, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    order = log(hotline_operator, vehicle=taxi, content=f"{CALLER}说司机拒载，电话{PHONE}", occurred_at=timezone.now())
    order = workflow.transfer_to_company(order, by=hotline_operator)
    asked = order.requests.get()
    company = signed_in(factories.make_user("safety-taxi", "safety_officer", taxi.company.unit))  # type: ignore[arg-type]
    for path in ("/complaints/requests/", f"/complaints/requests/{asked.pk}/"):
        page = text_of(company.get(path))
        assert order.number in page
        for secret in (PHONE, MASKED, CALLER, "慕**"):
            assert secret not in page
    for path in ("/complaints/", "/complaints/orders/", f"/complaints/orders/{order.number}/"):
        assert company.get(path).status_code == 403
    no_photo = SimpleUploadedFile("x.jpg", b"<script>", "image/jpeg")
    refused = company.post(f"/complaints/requests/{asked.pk}/", {"answer": "已核实", "photos": [no_photo]})
    assert refused.status_code == 422
    assert "不是可识别的照片" in text_of(refused)
    assert order.requests.get().state == "asked"
    photo = SimpleUploadedFile("车内.jpg", jpeg(), "image/jpeg")
    answer = {"answer": "当班司机承认", "photos": [photo]}
    assert company.post(f"/complaints/requests/{asked.pk}/", answer).status_code == 302
    file = order.files.get()
    picture = company.get(f"/complaints/requests/{asked.pk}/files/{file.pk}/")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert AuditRecord.objects.get(action="complaint.file").detail == {"sha256": file.sha256}
    assert "当班司机承认" in text_of(signed_in(dawa_officer).get(f"/cases/{order.case.number}/"))
