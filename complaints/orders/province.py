"""What the province is told of orders (上报记录): each order in the fields of the service's standard, as JSON.

The standard's own exchange format was not found: the fields are those that domain facts §4 lists, under names of our
own, and the file says so (``format_verified``: false). Callers are whole in it, so it is for who may unmask.
"""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from complaints.orders.models import CallBack, Order
from complaints.orders.workflow import wants_call_back
from datacenter.cases.export import MOST_ROWS, TooManyRows


def as_file(rows: QuerySet[Order]) -> tuple[HttpResponse, list[str]]:
    """The file, and the numbers of the orders in it. Raises ``TooManyRows``."""
    orders = list(rows.prefetch_related("files", "call_backs")[: MOST_ROWS + 1])
    if len(orders) > MOST_ROWS:
        raise TooManyRows
    body = {
        "service": "12328",
        "city": "211100",
        "made_at": timezone.now().isoformat(),
        "format_verified": False,
        "orders": [record_of(order) for order in orders],
    }
    name = f"province-{timezone.localtime():%Y%m%d-%H%M}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    content = json.dumps(body, ensure_ascii=False, indent=1)
    return HttpResponse(content, content_type="application/json", headers=headers), [one.number for one in orders]


def record_of(order: Order) -> dict[str, Any]:
    """One order in the standard's fields, in their order."""
    case = order.case
    tried: list[CallBack] = list(order.call_backs.all())
    return {
        "number": order.number,
        "channel": order.channel,
        "external_no": order.external_no,
        "caller_name": order.caller_name,
        "caller_phone": order.caller_phone,
        "confidential": order.confidential,
        "category": order.category.kind,
        "subcategory": order.category.code,
        "business_field": order.industry,
        "district": order.county_id or "",
        "place": order.place,
        "longitude": order.longitude_e6 and order.longitude_e6 / 1_000_000,
        "latitude": order.latitude_e6 and order.latitude_e6 / 1_000_000,
        "occurred_at": _moment(order.occurred_at),
        "plate": order.plate,
        "driver": order.driver_name,
        "company": order.company_name,
        "line": order.line,
        "content": order.content,
        "answers": order.answers,
        "urgency": order.urgency,
        "accepted_at": _moment(order.accepted_at),
        "handling_unit": order.county.name if order.county else "12328",
        "due_at": _moment(case.due_at) if case else None,
        "state": order.state,
        "result": order.answer,
        "legal_basis": order.legal_basis,
        "refused_ground": order.refused_ground,
        "first_answer_at": _moment(order.first_answer_at),
        "call_back_wanted": wants_call_back(order),
        "call_backs": [{"at": _moment(one.at), "outcome": one.outcome, "satisfaction": one.satisfaction,
                        "reason": one.reason} for one in tried],
        "call_back_waived": order.call_back_waived,
        "satisfaction": order.satisfaction,
        "reopened_times": order.reopened_times,
        "closed_at": _moment(order.closed_at),
        "attachments": [{"name": one.name, "sha256": one.sha256} for one in order.files.all()],
    }  # fmt: skip


def _moment(value: Any) -> str | None:
    return timezone.localtime(value).isoformat() if value else None
