"""Reads of emergency calls (紧急报警查询): the only place that spells ``EmergencyCall.objects`` for reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet
from django.db.models.functions import Extract
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.emergencies.errors import CallNotFound
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.registry.models import DriverBinding
from datacenter.registry.selectors import bindings_visible_to
from datacenter.tracks import store
from datacenter.tracks.position import Flag

BEFORE = timedelta(minutes=10)
LONGEST = timedelta(hours=1)
AHEAD = timedelta(minutes=10)  # a terminal's clock may run ahead this far
FIGURES_OVER = timedelta(days=30)


def calls_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Every call inside the user's scope, the newest first, with what a list shows of each."""
    return (
        scope_of(user)
        .limit(EmergencyCall.objects.all())
        .select_related("county", "company", "vehicle", "acknowledged_by")
        .defer("county__boundary", "county__disputed")
        .order_by("-raised_at", "-pk")
    )


def open_calls_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Calls that somebody still has to deal with: those nobody has taken first, the one waiting longest on top."""
    return (
        calls_visible_to(user)
        .filter(closed_at=None)
        .order_by(F("acknowledged_at").asc(nulls_first=True), "raised_at", "pk")
    )


def ringing_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Calls that nobody has taken."""
    return open_calls_visible_to(user).filter(state=EmergencyCall.State.RINGING)


def get_call_for(user: Any, pk: int) -> EmergencyCall:
    """The call if the user may see it; raises ``CallNotFound``."""
    try:
        return calls_visible_to(user).get(pk=pk)
    except EmergencyCall.DoesNotExist:
        raise CallNotFound(call=pk) from None


def events_of(call: EmergencyCall) -> list[EmergencyEvent]:
    """What was done about a call, the newest first, with the orders that went to the vehicle."""
    return list(call.events.select_related("by", "command").order_by("-at", "-pk"))


def drivers_of(user: Any, call: EmergencyCall) -> list[DriverBinding]:
    """Who drove the vehicle when the button was pressed, the last to have begun first."""
    rows = bindings_visible_to(user).filter(vehicle_id=call.vehicle_id, since__lte=call.raised_at)
    return list(rows.filter(Q(until=None) | Q(until__gt=call.raised_at)).select_related("practitioner")[:4])


@dataclass(frozen=True, slots=True)
class Trail:
    """Where the vehicle was (轨迹片段): [unix seconds, longitude, latitude, km/h] in WGS-84, by the terminal's time."""

    points: list[list[float]]

    @property
    def last(self) -> list[float] | None:
        """The newest point."""
        return self.points[-1] if self.points else None


def trail_of(call: EmergencyCall, now: datetime) -> Trail:
    """The vehicle's way from ten minutes before the button to the call's end, or to ``now``; an hour of it at most.

    The call knows its own newest place: it stands there while the track still waits to be stored.
    """
    start = call.device_time - BEFORE
    positions = store.between(call.vehicle_id, start, min(call.closed_at or now + AHEAD, start + LONGEST))
    rows = zip(
        positions.device_time.tolist(),
        (positions.longitude_e6 / 1e6).tolist(),
        (positions.latitude_e6 / 1e6).tolist(),
        (positions.speed_dkmh / 10).tolist(),
        ((positions.flags & Flag.QUALIFIED) != 0).tolist(),
        strict=True,
    )
    points = [[at, longitude, latitude, speed] for at, longitude, latitude, speed, good in rows if good]
    if call.latitude_e6 is not None and call.longitude_e6 is not None:
        at = call.last_pressed_at.timestamp()
        if not points or points[-1][0] < at:
            points.append([at, call.longitude_e6 / 1e6, call.latitude_e6 / 1e6, (call.speed_dkmh or 0) / 10])
    return Trail(points)


class Percentile(Aggregate):
    """The value below which a fraction of the rows lie (分位数)."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def figures_for(user: Any, now: datetime) -> dict[str, Any]:
    """Of the last thirty days: calls, how many of each outcome, how fast they were taken (接警时长), in one query."""
    waited = Extract(F("acknowledged_at") - F("raised_at"), "epoch")
    outcomes = {f"outcome_{value}": Count("pk", filter=Q(outcome=value)) for value in EmergencyCall.Outcome.values}
    rows = calls_visible_to(user).select_related(None).order_by().filter(raised_at__gte=now - FIGURES_OVER)
    result: dict[str, Any] = rows.aggregate(
        calls=Count("pk"),
        taken=Count("acknowledged_at"),
        median_s=Percentile(waited, fraction="0.5"),
        p95_s=Percentile(waited, fraction="0.95"),
        **outcomes,
    )
    return result


def found(calls: QuerySet[EmergencyCall], wanted: dict[str, Any]) -> QuerySet[EmergencyCall]:
    """``calls`` that the filters of the list let through."""
    if text := (wanted.get("q") or "").strip().upper():
        calls = calls.filter(plate__contains=text)
    for name in ("outcome", "state"):
        if value := wanted.get(name):
            calls = calls.filter(**{name: value})
    if since := wanted.get("since"):
        calls = calls.filter(raised_at__gte=_midnight(since))
    if until := wanted.get("until"):
        calls = calls.filter(raised_at__lt=_midnight(until) + timedelta(days=1))
    return calls


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
