"""Reads of lost and found things (失物查询): each takes the user first, and cuts to the user's scope."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from complaints.lost.errors import ItemNotFound
from complaints.lost.models import LostItem
from datacenter.accounts.scope import scope_of

ALIKE_DAYS = 30
"""A thing is handed in within so many days after it was lost, if ever."""


def items_visible_to(user: Any) -> QuerySet[LostItem]:
    """Lost and found things (失物登记) inside the user's scope, the newest first; without a vehicle the city's."""
    rows = scope_of(user).limit(LostItem.objects.all())
    rows = rows.select_related("vehicle", "company", "county", "order", "registered_by", "match", "matched_by")
    return rows.defer("county__boundary", "county__disputed").order_by("-registered_at", "-pk")


def get_item_for(user: Any, pk: int) -> LostItem:
    """The thing if the user may see it; raises ``ItemNotFound``."""
    item = items_visible_to(user).select_related("hand_over__by", "practitioner").filter(pk=pk).first()
    if item is None:
        raise ItemNotFound(pk=pk)
    return item


def alike(user: Any, item: LostItem, most: int = 10) -> list[LostItem]:
    """Things of the other side that may be this one, the likeliest first: kind, taxi, colour, then time.

    A found thing may be told of from half a day before it was missed (memories err) until a month after.
    """
    slack, days = timedelta(hours=12), timedelta(days=ALIKE_DAYS)
    rows = items_visible_to(user).filter(kind=item.kind, state=LostItem.State.OPEN)
    if item.side == LostItem.Side.LOST:
        rows = rows.filter(side=LostItem.Side.FOUND, matched_by=None)
        rows = rows.filter(happened_at__gte=item.happened_at - slack, happened_at__lte=item.happened_at + days)
    else:
        rows = rows.filter(side=LostItem.Side.LOST, match=None)
        rows = rows.filter(happened_at__gte=item.happened_at - days, happened_at__lte=item.happened_at + slack)
    same = Q(vehicle_id=item.vehicle_id) if item.vehicle_id else Q(pk=None)
    colour = Q(colour=item.colour) if item.colour else Q(pk=None)
    points = Case(When(same & colour, then=Value(3)), When(same, then=Value(2)), When(colour, then=Value(1)),
                  default=Value(0), output_field=IntegerField())  # fmt: skip
    found = list(rows.annotate(points=points).order_by("-points", "-happened_at")[:100])
    return sorted(found, key=lambda one: (-one.points, abs(one.happened_at - item.happened_at)))[:most]


def narrowed(rows: QuerySet[LostItem], wanted: dict[str, Any]) -> QuerySet[LostItem]:
    """``rows`` that the list's filters let through: a number, words of the description, or a plate."""
    rows = rows.filter(**{name: value for name, value in wanted.items() if name in ("side", "kind", "state")})
    if q := str(wanted.get("q", "")).strip():
        digits = q.upper().removeprefix("SW-")
        own = Q(pk=int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 19 else Q(pk=None)
        rows = rows.filter(own | Q(description__icontains=q) | Q(vehicle__plate__icontains=q.upper()))
    return rows
