"""Lists of vehicles and files of an instruction: what is wrong is named by line, value and rule; content decides."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from datacenter.accounts.models import User
from datacenter.instructions import files, naming
from datacenter.instructions.errors import InstructionFieldRefused
from datacenter.registry.errors import SheetUnreadable
from datacenter.registry.models import Vehicle
from tests import factories
from tests.instructions.papers import PDF, archive, sheet, upload

YELLOW, BLUE = Vehicle.PlateColour.YELLOW, Vehicle.PlateColour.BLUE


def told(faults: list[Any]) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.value, fault.rule) for fault in faults]


def test_plates_are_read_from_what_people_paste() -> None:
    named, faults = naming.from_text("辽L12345\n 辽L12346 黄，辽L12347（蓝）\n\n辽l1234挂 黄牌、辽LD12345\n")
    assert not faults
    assert [(one.line, one.plate, one.colour) for one in named] == [
        (1, "辽L12345", None),
        (2, "辽L12346", 2),
        (2, "辽L12347", 1),
        (4, "辽L1234挂", 2),
        (4, "辽LD12345", None),
    ]


def test_what_is_no_plate_is_named_by_line_value_and_rule() -> None:
    named, faults = naming.from_text("辽L12345\n辽L1234O\n一辆货车\n辽L12346（紫）")
    assert [one.plate for one in named] == ["辽L12345"]
    assert [(row, value) for row, value, _ in told(faults)] == [(2, "辽L1234O"), (3, "一辆货车"), (4, "紫")]
    assert "GA 36" in faults[0].rule


@pytest.mark.django_db
def test_vehicles_are_looked_up_for_the_whole_list_at_once(city_officer: User, django_assert_num_queries: Any) -> None:
    first, twin = factories.make_vehicle("辽L12345"), factories.make_vehicle("辽L12345", plate_colour=BLUE)
    gone = factories.make_vehicle("辽L99999", state=Vehicle.State.RETIRED)
    text = f"辽L12345\n辽L12345 黄\n辽L12345 蓝\n辽L12345 绿\n辽L55555\n{gone.plate}\n辽L12345 黄"
    named, _ = naming.from_text(text)
    with django_assert_num_queries(1):
        vehicles, faults = naming.vehicles_of(named, city_officer)
    assert vehicles == [first, twin]
    assert told(faults) == [
        (1, "辽L12345", "同号有多辆车（黄、蓝），请注明颜色"),
        (4, "辽L12345 绿", "登记的车牌颜色为黄、蓝"),
        (5, "辽L55555", "没有登记这辆车，或已注销"),
        (6, "辽L99999", "没有登记这辆车，或已注销"),
        (7, "辽L12345 黄", "与第 2 行重复"),
    ]


@pytest.mark.django_db
def test_a_table_is_checked_line_by_line(city_officer: User) -> None:
    factories.make_vehicle("辽L12345")
    data = sheet(["车牌颜色", "车牌号"], ["黄", "辽L12345"], ["紫", "辽L12346"], ["", "辽L1"], ["黄", ""])
    named, faults = naming.from_sheet(data)
    assert [(one.line, one.plate, one.colour) for one in named] == [(2, "辽L12345", 2)]
    assert [(fault.row, fault.title, fault.value) for fault in faults] == [
        (3, "车牌颜色", "紫"),
        (4, "车牌号", "辽L1"),
        (5, "车牌号", ""),
    ]
    named, _ = naming.from_sheet("车牌号\n辽L12345\n".encode("gb18030"))
    assert [one.colour for one in named] == [None]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7", "表头"),
        (sheet(["号码"], ["辽L12345"]), "不认识的列"),
        (archive(a_dot_txt=b"x"), "不是 Excel"),
        ("车牌号\n".encode(), "没有数据"),
    ],
)
def test_what_is_no_such_table_is_refused_whole(data: bytes, said: str) -> None:
    with pytest.raises(SheetUnreadable, match=said) if said != "表头" else pytest.raises(SheetUnreadable):
        naming.from_sheet(data)


@pytest.mark.django_db
def test_by_industry_and_company_within_the_counties(city_officer: User) -> None:
    company = factories.make_company()
    ours = factories.make_vehicle(company=company)
    factories.make_vehicle(company=company, kind="coach")
    factories.make_vehicle(company=company, county_id=factories.PANSHAN)
    factories.make_vehicle(company=company, state=Vehicle.State.SUSPENDED)
    other = factories.make_vehicle()
    wanted = {"kind": "hazmat", "company": company, "counties": [factories.DAWA]}
    assert naming.vehicles_where(city_officer, **wanted) == [ours]
    assert naming.vehicles_where(city_officer, **{**wanted, "company": None}) == [ours, other]


# --- Files ------------------------------------------------------------------------------------------------------------
WORD = archive(**{"[Content_Types]_dot_xml": b"<Types/>", "word__document_dot_xml": b"<d/>"})
MACRO = archive(
    **{"[Content_Types]_dot_xml": b"<Types/>", "word__document_dot_xml": b"<d/>", "word__vbaProject_dot_bin": b"x"}
)


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), "grey").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (PDF, "application/pdf"),
        (WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (sheet(["车牌号"]), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (photo(), "image/png"),
    ],
    ids=["pdf", "word", "excel", "photo"],
)
def test_a_file_is_what_its_content_says(data: bytes, content_type: str, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    (stored,) = files.store([upload("随便.exe", data)])
    assert stored.content_type == content_type
    assert (tmp_path / stored.path).read_bytes() == data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "是空的"),
        (b"MZ\x90\x00", "无法识别"),
        (b"<html><script>", "无法识别"),
        (b"%PDF-1.7 cut off", "不完整的 PDF"),
        (archive(a_dot_txt=b"x"), "是压缩包"),
        (b"PK\x03\x04 broken", "已损坏"),
        (MACRO, "含有宏"),
        (photo()[:60], "无法识别"),
    ],
    ids=["empty", "program", "page", "cut pdf", "archive", "broken archive", "macro", "cut photo"],
)
def test_anything_else_is_refused_by_its_name_and_the_rule(
    data: bytes, said: str, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(InstructionFieldRefused, match=said) as refusal:
        files.store([upload("通知.pdf", data)])
    assert "通知.pdf" in refusal.value.message
    assert not list(tmp_path.rglob("*.*"))


def test_a_file_that_is_too_large_and_one_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(InstructionFieldRefused, match="超过"):
        files.store([SimpleUploadedFile("大.pdf", PDF)])
    with pytest.raises(InstructionFieldRefused, match="最多上传 9 个附件，现为 10 个"):
        files.store([SimpleUploadedFile("一.pdf", PDF)] * 10)
