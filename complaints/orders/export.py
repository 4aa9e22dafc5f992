"""The list of orders as a file (工单导出); callers' names and numbers are masked for everybody."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from complaints.orders.models import Order
from datacenter.cases.export import MOST_ROWS, TooManyRows
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.registry.sheets.writing import TYPES, write

_HEAD = ["工单号", "渠道", "来源单号", "来话人", "来话号码", "要求保密", "类别", "子类别", "业务领域", "县区", "地点",
         "发生时间", "车牌号", "线路", "企业", "内容", "紧急程度", "受理人", "受理时间", "状态", "案号", "办理期限",
         "办理结果", "答复依据", "首次答复时间", "回访时间", "满意度", "不满意原因", "重办次数",
         "办结时间"]  # fmt: skip


def as_file(rows: QuerySet[Order], kind: str) -> tuple[HttpResponse, list[str]]:
    """The file, and the numbers of the orders in it. Raises ``TooManyRows``."""
    orders = list(rows[: MOST_ROWS + 1])
    if len(orders) > MOST_ROWS:
        raise TooManyRows
    content = write(_HEAD, map(_line, orders), kind, title="热线工单")
    name = f"orders-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers), [order.number for order in orders]


def _line(order: Order) -> list[object]:
    case = order.case
    return [
        order.number, order.get_channel_display(), order.external_no, mask_name(order.caller_name),
        mask_phone(order.caller_phone), "是" if order.confidential else "", order.category.get_kind_display(),
        order.category.title, order.get_industry_display(), order.county.name if order.county else "",
        order.cover(order.place), _moment(order.occurred_at), order.plate or order.plates_said,
        order.cover(order.line), order.company_name, order.covered, order.get_urgency_display(),
        str(order.operator or ""), _moment(order.accepted_at), order.get_state_display(), case.number if case else "",
        _moment(case.due_at) if case else "", order.cover(order.answer), order.legal_basis,
        _moment(order.first_answer_at), _moment(order.called_back_at), order.get_satisfaction_display(),
        order.cover(order.dissatisfied_with), order.reopened_times, _moment(order.closed_at),
    ]  # fmt: skip


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
