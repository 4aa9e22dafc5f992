"""Tables that come in: every rule by row and column, all rows or none."""

import io
import time
import zipfile
from datetime import date

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from datacenter.accounts.models import AuditRecord, Unit
from datacenter.registry.errors import SheetRefused, SheetUnreadable
from datacenter.registry.models import Certificate, Company, Permit, Practitioner, Terminal, Vehicle
from datacenter.registry.sheets.columns import COMPANIES, PERMITS, PRACTITIONERS, SHEETS, TERMINALS, VEHICLES
from datacenter.registry.sheets.storing import import_sheet, preview
from datacenter.registry.sheets.writing import template
from tests.factories import credit_code, identity_no, make_company, make_terminal, make_vehicle

pytestmark = pytest.mark.django_db

OURS = "盘锦鸿运危险货物运输有限公司"
VEHICLE_HEAD = "车牌号,车牌颜色,类别,企业,属地县区,车辆识别代号,登记日期"
GOOD_VEHICLE = f"辽L12345,黄,重型货车,{OURS},大洼区,1M8GDM9AXKP042788,2024-03-01"
PEOPLE_HEAD = "姓名,类别,居民身份证号,手机号,企业,资格类别,证号,有效期起,有效期止"
TERMINAL_HEAD = "车牌号,车牌颜色,终端手机号,协议版本,安装日期,保修期止"


def csv(head, *lines, encoding="utf-8-sig"):
    return "\r\n".join([head, *lines]).encode(encoding)


def xlsx(head, *lines):
    book = openpyxl.Workbook()
    book.active.append(head)
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults(data, sheet, by):
    return [(f.row, f.title, f.rule) for f in preview(data, sheet, by=by)[1].errors]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_csv_is_taken_in_the_encodings_that_people_have(city_officer, hazmat_company, encoding):
    assert import_sheet(csv(VEHICLE_HEAD, GOOD_VEHICLE, encoding=encoding), VEHICLES, by=city_officer) == 1
    vehicle = Vehicle.objects.get()
    assert (vehicle.plate, vehicle.plate_colour, vehicle.kind) == ("辽L12345", 2, "heavy_truck")
    assert (vehicle.company, vehicle.county_id, vehicle.state) == (hazmat_company, "211104", "active")
    assert AuditRecord.objects.get(action="registry.import").detail == {"rows": 1}


def test_excel_is_taken_with_its_own_dates_and_columns_in_any_order(city_officer, hazmat_company):
    data = xlsx(
        ["企业*", "类别*", "车牌颜色*", "车牌号*", "登记日期", "核定座位"],
        [hazmat_company.credit_code, "客运班线、包车", "黄色", "辽lk1234", date(2024, 3, 1), 49.0],
    )
    import_sheet(data, VEHICLES, by=city_officer)
    vehicle = Vehicle.objects.get()
    assert (vehicle.plate, vehicle.seats, str(vehicle.registered_on)) == ("辽LK1234", 49, "2024-03-01")
    assert vehicle.county_id == hazmat_company.county_id  # no column for it: the company's


@pytest.mark.parametrize(
    ("line", "title", "rule"),
    [
        (GOOD_VEHICLE.replace("辽L12345", "辽LI2345"), "车牌号", "GA 36"),
        (GOOD_VEHICLE.replace("辽L12345", ""), "车牌号", "必填"),
        (GOOD_VEHICLE.replace("黄", "紫"), "车牌颜色", "应为以下之一"),
        (GOOD_VEHICLE.replace("重型货车", "飞机"), "类别", "应为以下之一"),
        (GOOD_VEHICLE.replace(OURS, "没有的公司"), "企业", "没有登记这家企业"),
        (GOOD_VEHICLE.replace("大洼区", "海淀区"), "属地县区", "没有这个县区"),
        (GOOD_VEHICLE.replace("2024-03-01", "2023-02-29"), "登记日期", "不是有效日期"),
        (GOOD_VEHICLE.replace("2024-03-01", "去年"), "登记日期", "2026-03-01"),
        (GOOD_VEHICLE.replace("1M8GDM9AXKP042788", "1" * 18), "车辆识别代号", "超过 17 个字"),
    ],
)
def test_vehicle_rule_is_named_with_row_column_and_value(city_officer, hazmat_company, line, title, rule):
    found = faults(csv(VEHICLE_HEAD, GOOD_VEHICLE.replace("12345", "54321"), line), VEHICLES, city_officer)
    assert [(row, name) for row, name, _ in found] == [(3, title)]
    assert rule in found[0][2]


def test_vin_warns_and_comes_in(city_officer, hazmat_company):
    data = csv(VEHICLE_HEAD, GOOD_VEHICLE.replace("1M8GDM9AXKP042788", "1M8GDM9A0KP042788"))
    report = preview(data, VEHICLES, by=city_officer)[1]
    assert report.clean
    assert [(f.row, f.title) for f in report.warnings] == [(2, "车辆识别代号")]
    assert import_sheet(data, VEHICLES, by=city_officer) == 1


def test_vehicle_twice_in_the_file_and_once_in_the_table(city_officer, hazmat_company):
    make_vehicle("辽L54321", company=hazmat_company, plate_colour=2)
    make_vehicle("辽L65432", company=hazmat_company, plate_colour=2, state=Vehicle.State.RETIRED)
    data = csv(
        VEHICLE_HEAD,
        GOOD_VEHICLE,
        GOOD_VEHICLE,
        GOOD_VEHICLE.replace("辽L12345", "辽L54321"),
        GOOD_VEHICLE.replace("辽L12345", "辽L54321").replace("黄", "蓝"),  # another colour is another vehicle
        GOOD_VEHICLE.replace("辽L12345", "辽L65432"),  # struck off: the plate is free again
    )
    assert faults(data, VEHICLES, city_officer) == [(3, "车牌号", "与第 2 行重复"), (4, "车牌号", "已登记")]


def test_one_bad_row_keeps_all_out(city_officer, hazmat_company):
    good = [GOOD_VEHICLE.replace("12345", f"{n:05d}") for n in range(1, 60)]
    data = csv(VEHICLE_HEAD, *good, GOOD_VEHICLE.replace("辽L12345", "坏"))
    with pytest.raises(SheetRefused) as refusal:
        import_sheet(data, VEHICLES, by=city_officer)
    assert refusal.value.report.bad_rows == 1
    assert not Vehicle.objects.exists()
    assert not AuditRecord.objects.filter(action="registry.import").exists()


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_middle_of_the_write_keeps_all_out(city_officer, monkeypatch):
    """Units are written before companies: a failure between the two leaves neither."""
    from django.db import IntegrityError

    from datacenter.registry.sheets import storing

    whole = storing._add

    def fail(model, rows):
        if model is Company:
            raise IntegrityError("somebody was faster")
        return whole(model, rows)

    monkeypatch.setattr(storing, "_add", fail)
    before = Unit.objects.count()
    data = csv("企业名称,经营类别,统一社会信用代码,属地县区", f"甲,道路货运,{credit_code(5)},盘山县")
    with pytest.raises(SheetRefused, match="没有导入任何一行"):
        import_sheet(data, COMPANIES, by=city_officer)
    assert Unit.objects.count() == before


def test_companies_get_a_unit_below_their_station(city_officer, panshan_officer):
    head = "企业名称,经营类别,统一社会信用代码,属地县区,法定代表人"
    data = csv(
        head,
        f"盘山甲运输有限公司,道路货运,{credit_code(5)},盘山县,张三",
        f"大洼乙运输有限公司,道路客运,{credit_code(6)},211104,李四",
    )
    assert import_sheet(data, COMPANIES, by=city_officer) == 2
    company = Company.objects.get(name="盘山甲运输有限公司")
    assert (company.unit.kind, company.unit.parent) == (Unit.Kind.COMPANY, panshan_officer.unit)
    assert Company.objects.get(name="大洼乙运输有限公司").unit.parent is None
    again = [rule for _, _, rule in faults(data, COMPANIES, city_officer)]
    assert again == ["已登记"] * 4


def test_company_rules(city_officer, counties):
    head = "企业名称,经营类别,统一社会信用代码,属地县区"
    data = csv(
        head,
        "甲,道路货运,91211100MA0Q1W2E0A,",
        f"乙,道路货运,{credit_code(5)},大洼区",
        f"丙,道路货运,{credit_code(5)},大洼区",
    )
    found = faults(data, COMPANIES, city_officer)
    assert [(row, title) for row, title, _ in found] == [
        (2, "统一社会信用代码"),
        (2, "属地县区"),
        (4, "统一社会信用代码"),
    ]
    assert "校验码不符" in found[0][2]
    assert found[2][2] == "与第 3 行重复"


def test_people_come_with_their_certificates(city_officer, hazmat_company):
    one = identity_no(7)
    data = csv(
        PEOPLE_HEAD,
        f"张三,驾驶员,{one},13900000001,{OURS},道路货物运输驾驶员,{one},2024-03-01,2030-02-28",
        f"张三,驾驶员,{one},13900000001,{OURS},道路危险货物运输驾驶员,{one},2024/3/1,2030年2月28日",
        f"李四,押运员,{identity_no(8)},,{OURS},,,,",
    )
    assert import_sheet(data, PRACTITIONERS, by=city_officer) == 3
    assert Practitioner.objects.count() == 2
    assert Certificate.objects.filter(practitioner__identity_no=one, valid_until="2030-02-28").count() == 2


@pytest.mark.parametrize(
    ("line", "title", "rule"),
    [
        (f"张三,驾驶员,211103199003070010,,{OURS},,,,", "居民身份证号", "校验码"),
        (f"张三,驾驶员,211104200102290019,,{OURS},,,,", "居民身份证号", "有效日期"),
        (f"李四,驾驶员,{identity_no(7)},,{OURS},甲,1,2024-03-01,2030-03-01", "姓名", "与第 2 行不一致"),
        (f"张三,驾驶员,{identity_no(7)},,{OURS},,,,", "居民身份证号", "与第 2 行重复"),
        (f"张三,驾驶员,{identity_no(9)},,{OURS},甲,1,2024-03-01,", "资格类别", "缺少：有效期止"),
        (f"张三,驾驶员,{identity_no(9)},,{OURS},甲,1,2024-03-01,2024-02-01", "有效期止", "早于起始日期"),
        (f"张三,驾驶员,{identity_no(9)},,{OURS},资格,证,2024-03-01,2030-02-01", "证号", "与第 2 行重复"),
        (f"张三,驾驶员,{identity_no(9)},,,,,,", "属地县区", "属地县区必填"),
    ],
)
def test_people_rules(city_officer, hazmat_company, line, title, rule):
    head = f"{PEOPLE_HEAD},属地县区"
    first = f"张三,驾驶员,{identity_no(7)},,{OURS},资格,证,2024-03-01,2030-02-01,"
    found = faults(csv(head, first, line + ","), PRACTITIONERS, city_officer)
    assert [(row, name) for row, name, _ in found] == [(3, title)]
    assert rule in found[0][2]


def test_an_identity_number_that_excel_rounded_is_refused_by_name(city_officer, hazmat_company):
    data = xlsx(["姓名", "类别", "居民身份证号", "企业"], ["张三", "驾驶员", 211103199003070019, OURS])
    report = preview(data, PRACTITIONERS, by=city_officer)[1]
    assert not report.clean
    assert "末位已丢失" in report.errors[0].value


def test_terminals_name_their_vehicle(city_officer, hazmat_company):
    vehicle = make_vehicle("辽L12345", company=hazmat_company, plate_colour=2)
    make_terminal(vehicle, phone="13900000009")
    data = csv(
        TERMINAL_HEAD,
        "辽L12345,黄,013900000001,JT/T 808-2019,2024-03-01,2027-02-28",
        "辽L12345,蓝,13900000002,2013,,",
        "辽L12345,黄,13900000009,2013,,",
        "辽L12345,黄,139x,2013,2024-03-01,2023-03-01",
        "辽L12345,黄,13900000001,2013,,",
    )
    found = faults(data, TERMINALS, city_officer)
    assert [(row, title) for row, title, _ in found] == [
        (3, "车牌号"),
        (4, "终端手机号"),
        (5, "终端手机号"),
        (5, "保修期止"),
        (6, "终端手机号"),
    ]
    import_sheet(b"\r\n".join(data.split(b"\r\n")[:2]), TERMINALS, by=city_officer)
    assert Terminal.objects.get(phone="13900000001").vehicle == vehicle


def test_permits(city_officer, hazmat_company):
    head = "企业,许可类别,许可证号,经营范围,有效期起,有效期止"
    data = csv(head, f"{OURS},道路危险货物运输,辽盘 1 号,3类,2024-03-01,2028-02-29")
    import_sheet(data, PERMITS, by=city_officer)
    assert Permit.objects.get().category == "hazmat"
    assert faults(data, PERMITS, city_officer) == [(2, "许可证号", "已登记")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧版 Excel"),
        (b"%PDF-1.7\x00\x00", "既不是 Excel"),
        (b"PK\x03\x04broken", "已损坏"),
        (csv("车牌号,车牌颜色,类别,企业"), "没有数据"),
        (csv("车牌号,颜色,类别,企业", "1,2,3,4"), "不认识的列：颜色"),
        (csv("车牌号,车牌号,车牌颜色,类别,企业", "1,1,2,3,4"), "列重复"),
        (csv("车牌号,类别", "1,2"), "缺少必填列：车牌颜色、企业"),
        (b"\xff\xfe\xfd", "编码"),
        (b'\xef\xbb\xbf"a', "格式有误"),
        (b"x" * (10 * 1024 * 1024 + 1), "超过 10 MB"),
    ],
    ids=range(11),
)
def test_what_is_no_such_table_is_refused_as_a_whole(city_officer, data, reason):
    with pytest.raises(SheetUnreadable, match=reason):
        preview(data, VEHICLES, by=city_officer)


def archive(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/") + ".xml", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (archive(word__document=b"x"), "不是 Excel"),
        (archive(xl__workbook=b"x", bomb=b"0" * (201 * 1024 * 1024)), "解压后过大"),
        (archive(xl__workbook=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'), "实体"),
        (archive(xl__workbook=b"<nonsense"), "已损坏"),
    ],
    ids=["document", "bomb", "entity", "broken"],
)
def test_a_dangerous_archive_is_refused(city_officer, data, reason):
    with pytest.raises(SheetUnreadable, match=reason):
        preview(data, VEHICLES, by=city_officer)


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_the_empty_form_is_readable_by_ourselves(city_officer, sheet, counties):
    lines, report = preview(template(sheet, "xlsx"), sheet, by=city_officer)
    assert len(lines) == 1
    assert {fault.title for fault in report.errors} <= {"企业", "车牌号"}  # the example's company is nobody's


def test_upload_check_confirm(client, city_officer, hazmat_company):
    client.force_login(city_officer)
    upload = io.BytesIO(csv(VEHICLE_HEAD, GOOD_VEHICLE))
    upload.name = "车辆.csv"
    page = client.post(reverse("registry-import"), {"kind": "vehicles", "file": upload})
    assert page.status_code == 200
    assert "确认导入 1 行" in page.content.decode()
    assert not Vehicle.objects.exists()
    confirm = reverse("registry-import-confirm", args=[page.context["token"]])
    assert client.get(confirm).status_code == 405
    assert client.post(confirm).status_code == 302
    assert Vehicle.objects.count() == 1
    assert client.post(confirm).status_code == 404  # once only


def test_a_faulty_upload_shows_the_report_and_offers_no_confirmation(client, city_officer, hazmat_company):
    client.force_login(city_officer)
    upload = io.BytesIO(csv(VEHICLE_HEAD, GOOD_VEHICLE.replace("辽L12345", "=1+1")))
    upload.name = "车辆.csv"
    page = client.post(reverse("registry-import"), {"kind": "vehicles", "file": upload})
    assert page.status_code == 422
    assert "GA 36" in page.content.decode()
    assert "确认导入" not in page.content.decode()
    token = page.context["token"]
    report = client.get(reverse("registry-import-report", args=[token])).content.decode("utf-8-sig")
    assert "2,车牌号,'=1+1,车牌号 =1+1 不符合" in report
    assert client.post(reverse("registry-import-confirm", args=[token])).status_code == 422
    assert not Vehicle.objects.exists()


def test_an_upload_is_its_uploader_s_only(client, city_officer, administrator, hazmat_company, bureau):
    from datacenter.accounts.rights import Role
    from tests.factories import make_user

    client.force_login(city_officer)
    upload = io.BytesIO(csv(VEHICLE_HEAD, GOOD_VEHICLE))
    upload.name = "车辆.csv"
    token = client.post(reverse("registry-import"), {"kind": "vehicles", "file": upload}).context["token"]
    client.force_login(make_user("city2", Role.CITY_REGULATOR, bureau))
    assert client.post(reverse("registry-import-confirm", args=[token])).status_code == 404


def test_import_needs_its_right(client, dawa_officer):
    client.force_login(dawa_officer)
    assert client.get(reverse("registry-import")).status_code == 403
    assert client.get(reverse("registry-import-template", args=["vehicles"])).status_code == 403


def test_import_command_reports_or_imports(city_officer, dawa_officer, hazmat_company, tmp_path, capsys):
    file = tmp_path / "v.csv"
    file.write_bytes(csv(VEHICLE_HEAD, GOOD_VEHICLE.replace("黄", "紫")))
    with pytest.raises(CommandError, match="nothing"):
        call_command("import_registry", "vehicles", file, username="city")
    assert "第 2 行 车牌颜色" in capsys.readouterr().out
    file.write_bytes(csv(VEHICLE_HEAD, GOOD_VEHICLE))
    call_command("import_registry", "vehicles", file, username="city", dry_run=True)
    assert not Vehicle.objects.exists()
    with pytest.raises(CommandError):
        call_command("import_registry", "vehicles", file, username="dawa")
    call_command("import_registry", "vehicles", file, username="city")
    assert Vehicle.objects.count() == 1


@pytest.mark.long
def test_twenty_thousand_rows_come_in_within_thirty_seconds(city_officer):
    company = make_company("大公司")
    rows = [[f"辽L{n:05d}", "黄", "重型货车", company.name, "大洼区", "1M8GDM9AXKP042788"] for n in range(20_000)]
    data = xlsx(VEHICLE_HEAD.split(",")[:6], *rows)
    started = time.monotonic()
    preview(data, VEHICLES, by=city_officer)
    assert import_sheet(data, VEHICLES, by=city_officer) == 20_000
    assert time.monotonic() - started < 30
