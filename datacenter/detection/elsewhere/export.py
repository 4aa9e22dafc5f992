"""The list of leads as a file (导出). It names plates and no persons; an officer's free words are left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from datacenter.detection.elsewhere.errors import TooManyLeads
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.registry.sheets.writing import TYPES, write

MOST_ROWS = 50_000
_HEAD = ["车牌号", "车牌颜色", "县区", "状态", "首个营运日", "最近营运日", "营运日", "接送次数",
         "载客次数", "候客点场站停靠", "卡口识别", "在市时长（小时）", "发现时间", "核查时间", "核查人",
         "排除原因", "案号"]  # fmt: skip


def as_file(leads: QuerySet[ElsewhereLead], kind: str) -> tuple[HttpResponse, int]:
    """The list as csv or xlsx, and how many rows it has. Raises ``TooManyLeads``."""
    found = list(leads[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyLeads(MOST_ROWS)
    content = write(_HEAD, _lines(found), kind, title="外地车线索")
    name = f"elsewhere-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers), len(found)


def _lines(leads: list[ElsewhereLead]) -> Iterator[list[object]]:
    for lead in leads:
        measured = lead.measures
        yield [
            lead.plate,
            lead.get_plate_colour_display() or "",
            lead.county.name if lead.county else "",
            lead.get_state_display(),
            lead.first_day.isoformat(),
            lead.last_day.isoformat(),
            *(measured.get(name, "") for name in ("days", "rides", "loaded_rides", "rank_visits", "reads")),
            f"{measured.get('in_city_s', 0) / 3600:.1f}",
            _moment(lead.found_at),
            _moment(lead.decided_at),
            str(lead.decided_by or ""),
            lead.get_reason_display(),
            lead.case.number if lead.case else "",
        ]


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
