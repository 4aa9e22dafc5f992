"""Filters of the lists of files and of alarms as queries (多媒体、主动安全报警列表)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from datacenter.registry.selectors import vehicles_visible_to

Row = TypeVar("Row", bound=Model)
# A fragment of a plate is looked up among vehicles; beyond this many it says too little to search by.
_MOST_VEHICLES = 50


def filtered(rows: QuerySet[Row], wanted: dict[str, Any], user: Any, columns: tuple[str, ...]) -> QuerySet[Row]:
    """``rows`` that the filters let through: vehicle, day of arrival, and ``columns`` as they are named."""
    for name in columns:
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if vehicle := wanted.get("vehicle"):
        rows = rows.filter(vehicle_id=vehicle)
    if day := wanted.get("day"):
        start = timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
        rows = rows.filter(received_at__gte=start, received_at__lt=start + timedelta(days=1))
    if q := (wanted.get("q") or "").strip().upper():
        named = vehicles_visible_to(user).filter(plate__contains=q).order_by().values_list("pk", flat=True)
        rows = rows.filter(vehicle_id__in=list(named[:_MOST_VEHICLES]))
    return rows
