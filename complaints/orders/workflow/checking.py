"""A second look at finished orders (质量抽检): which are drawn, and what was found."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from complaints.orders.defaults import setting
from complaints.orders.errors import FieldRefused, OrderNotFound, OrderRefused
from complaints.orders.models import Order, QualityCheck
from complaints.orders.selectors import orders_visible_to
from datacenter.accounts.permissions import require

_ENDED = (Order.State.CLOSED, Order.State.FILED, Order.State.REFUSED)
# Another draw than that of call-backs, or the same orders would be looked at twice and others never.
_SALT = "quality:"


def drawn(user: Any) -> QuerySet[Order]:
    """The orders that ended in the days of the row ``quality_days``, were drawn and wait to be looked at."""
    percent, since = setting("quality_percent"), timezone.now() - timedelta(days=setting("quality_days"))
    rows = orders_visible_to(user).filter(state__in=_ENDED, closed_at__gte=since, quality_check=None)
    numbers = rows.order_by().values_list("pk", "number")
    return rows.filter(pk__in=[pk for pk, number in numbers if zlib.crc32(f"{_SALT}{number}".encode()) % 100 < percent])


def check_quality(order: Order, *, by: Any, faults: Sequence[str] = (), note: str = "") -> QualityCheck:
    """Write down what was found (抽检); once an order, by nobody who had a hand in it. Raises ``FieldRefused``."""
    require(by, "complaint.check")
    if wrong := set(faults) - set(QualityCheck.Fault.values):
        raise FieldRefused("faults", f"没有这种问题：{'、'.join(sorted(wrong))}")
    if faults and not note.strip():
        raise FieldRefused("note", "请说明问题")
    with transaction.atomic():
        locked = orders_visible_to(by).select_for_update(of=("self",)).filter(pk=order.pk).first()
        if locked is None:
            raise OrderNotFound(number=order.number)
        if locked.state not in _ENDED:
            raise OrderRefused(locked.number, locked.get_state_display(), "抽检")
        if by.pk == locked.operator_id or locked.events.filter(by=by).exists():
            raise FieldRefused("note", "经办过的工单由他人抽检")
        try:
            with transaction.atomic():
                return QualityCheck.objects.create(
                    order=locked, at=timezone.now(), by=by, faults=list(faults), note=note.strip()
                )
        except IntegrityError:
            raise FieldRefused("note", "已抽检过") from None
