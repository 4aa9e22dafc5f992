"""The list of calls as a file (导出): same rows and masks as on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from complaints.calls.announce import desks
from complaints.calls.errors import TooManyCalls
from complaints.calls.models import Call
from complaints.calls.selectors import number_for
from datacenter.registry.sheets.writing import write

MOST_ROWS = 50_000
HEAD = [
    "来电时间", "主叫号码", "被叫号码", "状态", "接听时间", "挂机时间", "通话 s", "分机", "话务员", "工单号", "类别",
    "录音", "录音 SHA-256", "未存档原因",
]  # fmt: skip


def calls_file(rows: QuerySet[Call], user: Any, format: str) -> tuple[bytes, int]:
    """The file, and how many rows it has. Raises ``TooManyCalls``."""
    found = list(rows[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyCalls(MOST_ROWS)
    return write(HEAD, _lines(found, user), format, title="通话"), len(found)


def _lines(calls: list[Call], user: Any) -> Iterator[list[object]]:
    known = desks()
    for call in calls:
        yield [
            _moment(call.rang_at), number_for(call, user, known), call.called, call.get_state_display(),
            _moment(call.answered_at), _moment(call.ended_at), "" if call.lasted_s is None else call.lasted_s,
            call.extension, str(call.operator or call.agent_name), call.order.number if call.order else "",
            str(call.order.category) if call.order else "", call.get_recording_state_display(), call.recording_sha256,
            call.recording_reason,
        ]  # fmt: skip


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
