"""Reads of rides (乘车查询): each takes the user first, and cuts to the user's scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from taxi.rides.models import Ride


def rides_visible_to(user: Any) -> QuerySet[Ride]:
    """Rides (乘车记录) inside the user's scope, in no order: a search brings its own."""
    return scope_of(user).limit(Ride.objects.all())


def rides_after(user: Any, vehicle_id: int, at: datetime, most: int = 8) -> list[Ride]:
    """The rides of a taxi that began at ``at`` or later, the first first: who may have found what was left."""
    rows = rides_visible_to(user).filter(vehicle_id=vehicle_id, boarded_at__gte=at)
    return list(rows.filter(boarded_at__lte=at + timedelta(days=3)).order_by("boarded_at")[:most])
