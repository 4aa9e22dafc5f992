"""The pages of instructions: who sees what, what comes back with a refusal, what files hold, what lists cost."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases.models import Case
from datacenter.instructions import workflow
from datacenter.instructions.models import Instruction, InstructionItem
from tests import factories
from tests.cases.test_pages import signed_in
from tests.instructions.papers import PDF, issue, sheet, task_of, upload

pytestmark = pytest.mark.django_db
DAWA, PANSHAN = factories.DAWA, factories.PANSHAN
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def filled(**facts: Any) -> dict[str, Any]:
    due = timezone.localtime(timezone.now() + timedelta(days=2))
    return {
        "kind": "campaign",
        "title": "冬季检查",
        "text": "逐辆检查",
        "due_at": f"{due:%Y-%m-%dT%H:%M}",
        "counties": [DAWA],
        **facts,
    }


def body(response: Any) -> str:
    return str(response.content.decode())


def test_the_city_writes_checks_and_sends(city_officer: User, dawa_officer: User) -> None:
    factories.make_vehicle("辽L20001"), factories.make_vehicle("辽L20002", county_id=PANSHAN)
    client, new = signed_in(city_officer), reverse("instruction-new")
    listed = {"plates": "辽L20001\n辽L20002", "files": [upload("通知.pdf", PDF)]}
    page = client.post(new, filled(check="1", **listed))
    assert "校验通过" in body(page)
    assert "市级清单：所在县区未列入" in body(page)
    assert not Instruction.objects.exists()
    listed["files"] = [upload("通知.pdf", PDF)]
    sent = client.post(new, filled(**listed))
    instruction = Instruction.objects.get()
    assert sent.headers["Location"] == reverse("instruction", args=[instruction.pk])
    assert InstructionItem.objects.count() == 2
    page = signed_in(dawa_officer).get(sent.headers["Location"])
    assert "辽L20001" in body(page).replace("<i></i>", "")
    assert "辽L20002" not in body(page).replace("<i></i>", "")
    assert AuditRecord.objects.filter(action="instruction.issue").exists()


def test_a_faulty_list_comes_back_with_every_fault_and_nothing_typed_lost(city_officer: User) -> None:
    table = upload("清单.xlsx", sheet(["车牌号"], ["辽L2"], ["辽L33333"]))
    page = signed_in(city_officer).post(reverse("instruction-new"), filled(plates="辽L12O45", sheet=table))
    assert page.status_code == 422
    text = body(page)
    for told in ("清单有 1 处错误", "辽L12O45", "清单有 2 处错误", "辽L2", "辽L33333", "没有登记这辆车", "逐辆检查"):
        assert told in text
    assert not Instruction.objects.exists()


def test_by_htmx_a_sent_paper_leads_to_its_page(city_officer: User) -> None:
    answer = signed_in(city_officer).post(reverse("instruction-new"), filled(), headers=HTMX)
    assert answer.headers["HX-Redirect"] == reverse("instruction", args=[Instruction.objects.get().pk])


def test_what_is_no_choice_is_told_and_nothing_breaks(city_officer: User) -> None:
    odd = {"kind": "x", "company": "999999", "areas": ["x"], "finding_kinds": ["x"], "due_at": "x"}
    page = signed_in(city_officer).post(reverse("instruction-new"), filled(industry="hazmat", **odd))
    assert page.status_code == 422
    assert set(odd) <= set(page.context["form"].errors)


@pytest.mark.parametrize("due", ["2020-01-01T00:00", ""])
def test_a_deadline_that_has_passed_is_told_beside_its_field(city_officer: User, due: str) -> None:
    page = signed_in(city_officer).post(reverse("instruction-new"), filled(due_at=due))
    assert page.status_code == 422
    assert ("期限应晚于现在" if due else "请填写期限") in body(page)


def test_a_county_receives_records_in_bulk_and_answers(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer, vehicles=[factories.make_vehicle() for _ in range(3)])
    client = signed_in(dawa_officer)
    address = reverse("instruction", args=[instruction.pk])
    step = lambda verb: reverse("instruction-task", args=[instruction.pk, DAWA, verb])  # noqa: E731
    results = reverse("instruction-results", args=[instruction.pk])
    items = list(instruction.items.values_list("pk", flat=True))
    assert client.post(results, {"item": items, "result": "checked"}, headers=HTMX).status_code == 409
    assert client.post(step("receive")).headers["Location"] == address
    assert client.post(results, {"item": [], "result": "checked"}, headers=HTMX).status_code == 422
    assert client.post(results, {"item": items, "result": "odd"}, headers=HTMX).status_code == 422
    done = client.post(f"{results}?result=none", {"item": items[:2], "result": "checked", "note": "齐全"}, headers=HTMX)
    assert "1 项" in body(done)  # the filter of the address holds
    refused = client.post(step("answer"), {"answer": "已查"})
    assert refused.status_code == 422
    assert "还有 1 个检查对象" in body(refused)
    assert "已查" in body(refused)
    client.post(reverse("instruction-case", args=[instruction.pk, items[2]]))
    case = Case.objects.get()
    assert case.origin == Case.Origin.INSTRUCTION
    assert instruction.title in body(client.get(reverse("case-detail", args=[case.number])))
    client.post(step("answer"), {"answer": "已查", "files": [upload("小结.pdf", PDF)]})
    assert task_of(instruction).state == "answered"
    city = signed_in(city_officer)
    assert "小结.pdf" in body(city.get(address))
    assert client.post(step("pass")).status_code == 403
    city.post(step("return"), {"reason": "补照片"})
    assert "补照片" in body(client.get(address))


def test_the_citys_steps(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer)
    client = signed_in(city_officer)
    act = lambda verb: reverse("instruction-act", args=[instruction.pk, verb])  # noqa: E731
    assert client.post(act("extend"), {"due_at": "2020-01-01T00:00", "reason": "降雪"}).status_code == 422
    later = timezone.localtime(instruction.due_at + timedelta(days=1))
    assert client.post(act("extend"), {"due_at": f"{later:%Y-%m-%dT%H:%M}", "reason": "降雪"}).status_code == 302
    client.post(act("urge"), {"note": "请抓紧"})
    assert task_of(instruction).urged_times == 1
    assert client.post(act("withdraw"), {"reason": ""}).status_code == 422
    assert client.post(act("dance")).status_code == 404
    assert signed_in(dawa_officer).post(act("close")).status_code == 403
    client.post(act("close"))
    stale = client.post(act("urge"))
    assert stale.status_code == 409
    assert "当前为“已结束”" in body(stale)


def test_another_county_gets_404_everywhere(city_officer: User, panshan_officer: User) -> None:
    instruction = issue(city_officer, vehicles=[factories.make_vehicle()], files=[upload("通知.pdf", PDF)])
    client = signed_in(panshan_officer)
    for name, args in (("instruction", []), ("instruction-progress", []), ("instruction-export", []),
                       ("instruction-file", [instruction.files.get().pk])):  # fmt: skip
        assert client.get(reverse(name, args=[instruction.pk, *args])).status_code == 404
    assert "还没有监管指令" in body(client.get(reverse("instruction-list")))


def test_a_countys_answer_is_not_its_neighbours_to_read(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    instruction = issue(city_officer, (DAWA, PANSHAN))
    task = workflow.receive_task(task_of(instruction), by=dawa_officer)
    workflow.answer_task(task, by=dawa_officer, answer="大洼的反馈", files=[upload("大洼小结.pdf", PDF)])
    client = signed_in(panshan_officer)
    page = body(client.get(reverse("instruction", args=[instruction.pk])))
    assert "大洼" not in page.replace("大洼区分局", "")
    file = instruction.files.get()
    assert client.get(reverse("instruction-file", args=[instruction.pk, file.pk])).status_code == 404
    saved = signed_in(city_officer).get(reverse("instruction-file", args=[instruction.pk, file.pk]))
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"


def test_the_workbook_holds_progress_and_items_of_the_readers_scope(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    fleet = [factories.make_vehicle("辽L30001"), factories.make_vehicle("辽L30002", county_id=PANSHAN)]
    instruction = issue(city_officer, (DAWA, PANSHAN), vehicles=fleet)
    task = workflow.receive_task(task_of(instruction), by=dawa_officer)
    item = instruction.items.get(position=1)
    workflow.record_results(instruction, by=dawa_officer, items=[item.pk], result="checked", note="=1+1")
    workflow.answer_task(task, by=dawa_officer, answer="已查")

    def read(user: User) -> dict[str, list[tuple[Any, ...]]]:
        response = signed_in(user).get(reverse("instruction-export", args=[instruction.pk]))
        book = load_workbook(io.BytesIO(response.content))
        return {page.title: list(page.iter_rows(values_only=True)) for page in book}

    city = read(city_officer)
    head = city["进度"][0]
    line = dict(zip(head, city["进度"][1], strict=True))
    assert (line["县区"], line["状态"], line["是否按时"], line["已办"], line["已查无问题"]) == (
        "大洼区",
        "已反馈",
        "按时",
        1,
        1,
    )
    assert [row[2] for row in city["检查对象"][1:]] == ["辽L30001", "辽L30002"]
    assert city["检查对象"][1][9] == "'=1+1"
    theirs = read(panshan_officer)
    assert [row[0] for row in theirs["进度"][1:]] == ["盘山县"]
    assert [row[2] for row in theirs["检查对象"][1:]] == ["辽L30002"]


def test_the_list_is_exported_as_it_is_filtered(city_officer: User) -> None:
    issue(city_officer, title="冬季检查", document_no="盘交发〔2026〕8号")
    issue(city_officer, title="春运保障", kind="instruction")
    client = signed_in(city_officer)
    text = client.get(reverse("instruction-list-export"), {"q": "春运"}).content.decode("utf-8-sig")
    assert "春运保障" in text
    assert "冬季检查" not in text
    book = load_workbook(io.BytesIO(client.get(reverse("instruction-list-export"), {"format": "xlsx"}).content))
    assert book.worksheets[0].max_row == 3


@pytest.mark.parametrize("name", ["instruction-list", "instruction"])
def test_a_page_costs_the_same_for_one_row_and_for_many(city_officer: User, name: str) -> None:
    client, costs = signed_in(city_officer), []
    for size in (1, 20):
        for _ in range(size if name == "instruction-list" else 1):
            instruction = issue(city_officer, (DAWA, PANSHAN), vehicles=[factories.make_vehicle() for _ in range(size)])
        address = reverse(name, args=[instruction.pk] if name == "instruction" else [])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 22, costs


def test_items_come_fifty_a_page_and_by_filter(city_officer: User) -> None:
    fleet = [factories.make_vehicle(f"辽L4{number:04d}") for number in range(55)]
    instruction = issue(city_officer, vehicles=fleet)
    client, address = signed_in(city_officer), reverse("instruction", args=[instruction.pk])
    first = client.get(address).context["items"]
    assert (len(first.rows), first.total) == (50, 55)
    assert len(client.get(address + first.next_query).context["items"].rows) == 5
    found = client.get(address, {"q": fleet[7].plate}).context["items"]
    assert [item.vehicle_id for item in found.rows] == [fleet[7].pk]
    assert client.get(address, {"county": "none"}).context["items"].total == 0
