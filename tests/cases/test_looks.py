"""Every look at a case is written down, and those who watch over it see who looked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases import workflow
from datacenter.cases.models import Case, CaseAttachment
from tests.cases.opening import open_case
from tests.cases.pictures import jpeg, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def case(dawa_officer: User) -> Case:
    """A case without a driver's name, with a photo."""
    case = workflow.accept_case(open_case(), by=dawa_officer)
    return workflow.handle_case(case, by=dawa_officer, note="办", photos=[upload(jpeg())])


def looks(case: Case) -> list[tuple[str, str]]:
    rows = AuditRecord.objects.filter(subject=case.number).order_by("pk")
    return [(row.user.username, row.action) for row in rows if row.user]


def test_page_api_attachment_and_lists_are_looks(case: Case, dawa_officer: User) -> None:
    client = signed_in(dawa_officer)
    attachment = CaseAttachment.objects.get()
    address = f"/cases/{case.number}/attachments/{attachment.pk}/"
    client.get(f"/cases/{case.number}/")
    client.get(f"/api/v1/cases/{case.number}/")
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    client.get(address, {"size": "thumb"})
    client.get("/cases/export/", {"format": "csv"})
    actions = ["case.view", "case.api", "case.attachment", "case.attachment", "case.exported"]
    assert looks(case) == [("dawa", action) for action in actions]


def test_a_refused_verb_that_shows_the_case_is_a_look(case: Case, dawa_officer: User) -> None:
    assert signed_in(dawa_officer).post(f"/cases/{case.number}/feed_back/", {}).status_code == 422
    assert looks(case) == [("dawa", "case.view")]


def test_who_sees_no_case_leaves_no_look(case: Case, panshan_officer: User) -> None:
    assert signed_in(panshan_officer).get(f"/cases/{case.number}/").status_code == 404
    assert looks(case) == []


def test_an_export_is_a_look_at_each_of_its_cases_and_no_other(dawa_officer: User, city_officer: User) -> None:
    mine = [open_case(), open_case()]
    other = open_case(county="211122")
    signed_in(dawa_officer).get("/cases/export/", {"format": "xlsx"})
    assert [looks(case) for case in mine] == [[("dawa", "case.exported")]] * 2
    assert looks(other) == []


def test_the_city_sees_who_looked_and_a_county_does_not(case: Case, dawa_officer: User, city_officer: User) -> None:
    signed_in(dawa_officer).get(f"/cases/{case.number}/")
    shown = signed_in(city_officer).get(f"/cases/{case.number}/").content.decode()
    assert "查阅记录" in shown
    assert "查看案件" in shown
    assert "查阅记录" not in signed_in(dawa_officer).get(f"/cases/{case.number}/").content.decode()
    assert signed_in(dawa_officer).get(f"/cases/{case.number}/looks/").status_code == 403


def test_all_looks_stand_on_pages_of_fifty(case: Case, dawa_officer: User, city_officer: User) -> None:
    client = signed_in(dawa_officer)
    for _ in range(60):
        client.get(f"/cases/{case.number}/")
    city = signed_in(city_officer)
    first = city.get(f"/cases/{case.number}/looks/").content.decode()
    assert first.count("查看案件") == 50
    assert 'rel="next"' in first
    block = city.get(f"/cases/{case.number}/").content.decode()
    assert block.count("<td>查看案件") == 8


def test_looks_are_found_by_an_index_however_long_the_record(case: Case, city_officer: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_record (at, action, subject, detail, succeeded)"
            " SELECT now(), 'case.view', 'n' || n, '{}', true FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE audit_record")
        cursor.execute(
            "EXPLAIN SELECT * FROM audit_record WHERE subject = %s AND action LIKE 'case.%%'"
            " ORDER BY at DESC, id DESC LIMIT 9",
            [case.number],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "audit_subject" in plan
