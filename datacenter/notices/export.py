"""One's notices as a file (导出)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from datacenter.notices.errors import TooManyNotices
from datacenter.notices.models import Notice
from datacenter.registry.sheets.writing import TYPES, write

MOST_ROWS = 50_000
_HEAD = ["时间", "主题", "标题", "内容", "件数", "紧急", "阅读时间"]


def as_file(notices: QuerySet[Notice], kind: str) -> tuple[HttpResponse, int]:
    """The list as csv or xlsx, and how many rows it has. Raises ``TooManyNotices``."""
    found = list(notices[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyNotices(MOST_ROWS)
    content = write(_HEAD, _lines(found), kind, title="通知")
    name = f"notices-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers), len(found)


def _lines(notices: list[Notice]) -> Iterator[list[object]]:
    for notice in notices:
        urgent = "是" if notice.urgent else ""
        yield [
            _moment(notice.created_at), notice.topic_title, notice.title, notice.body, notice.count, urgent,
            _moment(notice.read_at),
        ]  # fmt: skip


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
