"""Pages of orders (指令页面): one vehicle's drawer, the list, one order, many vehicles at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.commands import delivery
from datacenter.commands.models import Command, CommandBatch
from datacenter.commands.workflow import send_command
from datacenter.protocols.jt808 import messages as jt808
from datacenter.registry.models import Company, Vehicle
from tests import factories

pytestmark = pytest.mark.django_db
TEXT = {"text": "请到服务区休息", "kind": "notice", "screen": "on", "spoken": "on"}
HTMX = {"HX-Request": "true"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ordered(vehicle: Vehicle, by: User | None = None, **more: Any) -> Command:
    return send_command(vehicle, jt808.TextMessage(0b1100, None, "停车休息"), by=by, kind="text", **more)


def test_an_order_goes_from_the_drawer_and_is_written_down(truck: Vehicle, dawa_officer: User) -> None:
    client = signed_in(dawa_officer)
    address = reverse("vehicle-order", args=[truck.pk, "text"])
    form = client.get(address, headers=HTMX)
    assert "文本内容" in form.content.decode()
    answer = client.post(address, TEXT, headers=HTMX)
    assert answer.status_code == 200
    assert "待下发" in answer.content.decode()
    command = Command.objects.get()
    assert (command.created_by, command.phone, command.summary) == (
        dawa_officer,
        "13900000077",
        "文本下发：请到服务区休息",
    )
    assert jt808.TextMessage.decode(bytes(command.body), "2013").text == TEXT["text"]
    assert AuditRecord.objects.filter(action="command.send", subject=truck.plate).exists()


def test_what_was_typed_comes_back_with_what_is_wrong(truck: Vehicle, dawa_officer: User) -> None:
    address = reverse("vehicle-order", args=[truck.pk, "text"])
    answer = signed_in(dawa_officer).post(address, TEXT | {"spoken": "", "screen": ""}, headers=HTMX)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert TEXT["text"] in page
    assert "请选择屏幕显示或语音播读" in page
    assert not Command.objects.exists()


def test_the_drawer_offers_what_terminal_and_officer_can(
    truck: Vehicle, dawa_officer: User, city_officer: User
) -> None:
    section = reverse("vehicle-section", args=[truck.pk, "commands"])
    county, city = (signed_in(user).get(section).content.decode() for user in (dawa_officer, city_officer))
    for page in (county, city):
        assert "拍照" in page
        assert "链路检测" not in page  # of 2019 alone
        assert "解除报警" not in page  # of JT/T 905 alone
    assert "设置参数" in city
    assert "设置参数" not in county


def test_an_order_past_ones_rights_is_refused(truck: Vehicle, dawa_officer: User) -> None:
    address = reverse("vehicle-order", args=[truck.pk, "parameters_set"])
    assert signed_in(dawa_officer).post(address, {"parameters": "0029 = 10"}).status_code == 403
    assert not Command.objects.exists()


def test_a_vehicle_without_a_terminal_says_so(hazmat_company: Company, dawa_officer: User) -> None:
    bare = factories.make_vehicle("辽L00003", hazmat_company)
    answer = signed_in(dawa_officer).post(reverse("vehicle-order", args=[bare.pk, "text"]), TEXT, headers=HTMX)
    assert answer.status_code == 409
    assert "没有在用终端" in answer.json()["message"]


def test_one_order_shows_its_answer_in_words(truck: Vehicle, city_officer: User) -> None:
    command = send_command(truck, jt808.AttributesQuery(), by=city_officer, kind="attributes", summary="查询终端属性")
    answer = jt808.Attributes(3, "12345", "M1", "T000077", "89860000000000000077", "H1", "F2", 3, 1)
    body = answer.encode("2013")
    delivery.record([delivery.Outcome(command.pk, timezone.now(), 0x0107, edition="2013", body=body)])
    page = signed_in(city_officer).get(reverse("command-detail", args=[command.pk])).content.decode()
    assert "已回复" in page
    assert "终端固件版本号" in page
    assert "F2" in page


def test_a_queued_order_can_be_taken_back_once(truck: Vehicle, city_officer: User) -> None:
    command, client = ordered(truck, city_officer), signed_in(city_officer)
    address = reverse("command-cancel", args=[command.pk])
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 409
    command.refresh_from_db()
    assert command.state == Command.State.CANCELLED


def test_many_vehicles_are_counted_first_and_then_sent_to(
    truck: Vehicle, city_officer: User, hazmat_company: Company
) -> None:
    factories.make_vehicle("辽L00004", hazmat_company)
    taxi = factories.make_vehicle("辽L00005", hazmat_company)
    factories.make_terminal(taxi, "201404270005", edition="905")
    client, address = signed_in(city_officer), reverse("command-bulk", args=["text"])
    counted = client.post(address, {**TEXT, "to-company": hazmat_company.pk})
    assert (counted.context["chosen"], counted.context["reached"]) == (3, 2)
    assert not Command.objects.exists()
    sent = client.post(address, {**TEXT, "to-company": hazmat_company.pk, "confirmed": "2"})
    batch = CommandBatch.objects.get()
    assert sent["Location"] == reverse("command-batch", args=[batch.pk])
    assert set(batch.commands.values_list("edition", flat=True)) == {"2013", "905"}
    page = client.get(sent["Location"]).content.decode()
    assert "0/2" in page


def test_a_plate_that_is_not_there_is_named(truck: Vehicle, dawa_officer: User) -> None:
    answer = signed_in(dawa_officer).post(
        reverse("command-bulk", args=["text"]), {**TEXT, "to-plates": "辽L77777 辽LX"}
    )
    assert answer.status_code == 422
    assert "没有找到车牌 辽LX" in answer.content.decode()


def test_what_still_waits_of_a_batch_can_be_taken_back(truck: Vehicle, city_officer: User) -> None:
    client, address = signed_in(city_officer), reverse("command-bulk", args=["text"])
    client.post(address, {**TEXT, "to-plates": "辽L77777", "confirmed": "1"})
    batch = CommandBatch.objects.get()
    client.post(reverse("command-batch-cancel", args=[batch.pk]))
    assert batch.commands.get().state == Command.State.CANCELLED


def test_the_list_takes_no_query_a_row(truck: Vehicle, city_officer: User) -> None:
    client, address = signed_in(city_officer), reverse("command-list")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    ordered(truck, city_officer)
    few = queries()
    for minute in range(60):
        ordered(truck, city_officer)
        Command.objects.filter(pk=Command.objects.latest("pk").pk).update(
            created_at=timezone.now() - timedelta(minutes=minute)
        )
    assert queries() == few
    first = client.get(address)
    assert len(first.context["page"].rows) == 50
    assert len(client.get(address + first.context["page"].older_query).context["page"].rows) == 11
    assert len(client.get(address, {"state": "answered"}).context["page"].rows) == 0
    assert len(client.get(address, {"q": "77777"}).context["page"].rows) == 50
