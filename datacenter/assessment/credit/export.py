"""What goes to the city's credit system (征信报送): grades and list entries with subject code, item, authority, days.

The format of 信用中国 was not found; the columns are what public credit data need.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from datacenter.assessment.credit.selectors import current_grades, listings_visible_to
from datacenter.assessment.models import CreditRepair
from datacenter.assessment.models.subjects import Kind
from datacenter.registry.models import Company, Practitioner
from datacenter.registry.sheets.writing import write

REPORTED = (Kind.COMPANY, Kind.PRACTITIONER)
COLUMNS: dict[str, str] = dict(
    (
        *(("subject_kind", "主体类别"), ("subject_name", "主体名称"), ("subject_code", "主体代码")),
        *(("item", "信用信息事项"), ("content", "内容"), ("authority", "认定机关"), ("date", "认定日期")),
        *(("valid_until", "有效期至"), ("repair_state", "修复状态"), ("source", "依据")),
        ("source_verified", "依据已核实"),
    )
)  # fmt: skip
_REPAIR = {None: "未申请", **{state.value: state.label for state in CreditRepair.State}}


def lines(user: Any) -> Iterator[dict[str, Any]]:
    """Every line that the user may report; six queries."""
    codes = {
        Kind.COMPANY: {str(pk): code for pk, code in Company.objects.values_list("pk", "credit_code")},
        Kind.PRACTITIONER: {str(pk): number for pk, number in Practitioner.objects.values_list("pk", "identity_no")},
    }
    repairs = CreditRepair.objects.order_by("pk").values_list("listing_id", "grade_id", "state")
    of_listing = {listing: state for listing, _, state in repairs if listing}
    of_grade = {grade: state for _, grade, state in repairs if grade}
    for grade in current_grades(user).filter(kind__in=REPORTED):
        yield {
            "subject_kind": grade.get_kind_display(), "subject_name": grade.name,
            "subject_code": codes[Kind(grade.kind)].get(grade.subject, ""), "item": "交通运输信用等级",
            "content": grade.grade, "authority": grade.authority, "date": f"{grade.assessed_on:%Y-%m-%d}",
            "valid_until": f"{grade.valid_until:%Y-%m-%d}",
            "repair_state": "已修复" if grade.repair_note else _REPAIR[of_grade.get(grade.pk)],
            "source": "；".join(dict.fromkeys(part["source"] for part in grade.parts if part["source"])),
            "source_verified": grade.verified,
        }  # fmt: skip
    for row in listings_visible_to(user).filter(kind__in=REPORTED):
        repaired = row.end == row.End.REPAIRED
        yield {
            "subject_kind": row.get_kind_display(), "subject_name": row.name,
            "subject_code": codes[Kind(row.kind)].get(row.subject, ""), "item": row.get_colour_display(),
            "content": row.cause, "authority": row.authority, "date": f"{row.listed_on:%Y-%m-%d}",
            "valid_until": f"{row.ended_on or row.valid_until:%Y-%m-%d}",
            "repair_state": "已修复" if repaired else row.get_end_display() or _REPAIR[of_listing.get(row.pk)],
            "source": row.source, "source_verified": row.source_verified,
        }  # fmt: skip


def as_csv(user: Any) -> tuple[bytes, int]:
    """The lines as CSV with Chinese heads, and how many."""
    rows = list(lines(user))
    cells = ([("是" if cell else "否") if isinstance(cell, bool) else cell for cell in row.values()] for row in rows)
    return write(list(COLUMNS.values()), cells, "csv", title="征信报送"), len(rows)


def as_json(user: Any) -> tuple[bytes, int]:
    """The lines as JSON with English names."""
    rows = list(lines(user))
    return json.dumps({"count": len(rows), "items": rows}, ensure_ascii=False, indent=1).encode(), len(rows)
