"""Tables that go out: same scope, same filters, same masks as the page; nothing in them runs."""

import csv
import io

import openpyxl
import pytest
from django.core.management import call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from datacenter.accounts.models import AuditRecord
from datacenter.registry.models import Certificate, Vehicle
from datacenter.registry.sheets.columns import SHEETS
from datacenter.registry.sheets.writing import harmless, write
from tests.factories import DAWA, PANSHAN, make_company, make_practitioner, make_terminal, make_vehicle

KINDS = list(SHEETS)


@pytest.fixture
def world(counties):
    for code, name in ((DAWA, "大洼公司"), (PANSHAN, "盘山公司")):
        company = make_company(name, county=code)
        make_terminal(make_vehicle(company=company, county_id=code, brand="=HYPERLINK(1)"))
        person = make_practitioner(name=f"{name[0]}进步", company=company, phone="13912345678")
        Certificate.objects.create(
            practitioner=person,
            category="资格",
            number=person.identity_no,
            valid_from="2024-03-01",
            valid_until="2030-02-28",
        )


def table(answer):
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_export_holds_the_own_county_only_and_is_written_down(client, dawa_officer, world, kind):
    client.force_login(dawa_officer)
    head, *rows = table(client.get(reverse("registry-export", args=[kind]), {"format": "csv"}))
    assert head == [column.title for column in SHEETS[kind].columns]
    assert len(rows) == (0 if kind == "permits" else 1)
    assert "盘山" not in str(rows)
    written = AuditRecord.objects.get(action="registry.export")
    assert written.user == dawa_officer
    assert written.detail["rows"] == len(rows)


@pytest.mark.django_db
def test_export_holds_what_the_filters_show(client, city_officer, world):
    client.force_login(city_officer)
    Vehicle.objects.filter(county_id=PANSHAN).update(kind="taxi")
    _, *rows = table(client.get(reverse("registry-export", args=["vehicles"]), {"format": "csv", "kind": "taxi"}))
    assert [row[2] for row in rows] == ["出租汽车"]


@pytest.mark.django_db
def test_people_go_out_masked(client, city_officer, world):
    client.force_login(city_officer)
    _, *rows = table(client.get(reverse("registry-export", args=["practitioners"]), {"format": "csv"}))
    assert {row[0] for row in rows} == {"大**", "盘**"}
    for row in rows:
        assert row[2][4:14] == row[7][4:14] == "*" * 10
        assert row[3] == "139****5678"


@pytest.mark.django_db
def test_formulas_go_out_as_text(client, city_officer, world):
    client.force_login(city_officer)
    place = [column.title for column in SHEETS["vehicles"].columns].index("厂牌型号")
    _, *rows = table(client.get(reverse("registry-export", args=["vehicles"]), {"format": "csv"}))
    assert rows[0][place] == "'=HYPERLINK(1)"
    answer = client.get(reverse("registry-export", args=["vehicles"]))
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert page.cell(2, place + 1).value == "'=HYPERLINK(1)"
    assert page.cell(2, place + 1).data_type == "s"
    assert ".xlsx" in answer.headers["Content-Disposition"]


@given(st.text())
def test_no_text_cell_begins_like_a_formula(value):
    assert not str(harmless(value)).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(max_size=20))
def test_any_text_can_be_written(value):
    for format in ("csv", "xlsx"):
        assert write(["列"], [[value]], format, title="表")


@pytest.mark.django_db
def test_export_needs_both_rights(client, hotline_operator, enforcement_officer):
    for user in (hotline_operator, enforcement_officer):  # see vehicles, may not take them along
        client.force_login(user)
        assert client.get(reverse("registry-export", args=["vehicles"])).status_code == 403
    assert not AuditRecord.objects.filter(action="registry.export").exists()


@pytest.mark.django_db
def test_no_such_table(client, city_officer):
    client.force_login(city_officer)
    assert client.get(reverse("registry-export", args=["ships"])).status_code == 404


@pytest.mark.django_db
def test_export_command_keeps_the_scope(dawa_officer, world, tmp_path):
    out = tmp_path / "vehicles.csv"
    call_command("export_registry", "vehicles", username="dawa", out=out)
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    assert len(rows) == 2
    assert AuditRecord.objects.get(action="registry.export").user == dawa_officer
