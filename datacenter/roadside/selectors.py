"""Reads of roadside checks (路面核查查询): patrols and orders inside the scope, a team's own for its officers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from datacenter.accounts.models import Unit
from datacenter.accounts.scope import scope_of
from datacenter.cases.models import Case
from datacenter.geo.measure import bearing_deg, distance_m
from datacenter.roadside.errors import CheckNotFound
from datacenter.roadside.models import Patrol, RoadsideCheck, RoadsideSetting
from datacenter.tracks import store
from datacenter.tracks.words import bearing_word

ORDER, ANSWER = "roadside.order", "roadside.answer"
AGREED = "局内约定，待局方确认"
SETTINGS = (
    ("place_stale_s", "巡逻位置超过多久不作首选", 600, "s"),
    ("expires_min", "派单后多久未接单即过期", 30, "min"),
    ("speed_kmh", "估算到达时间用的车速", 40, "km/h"),
    ("longest_duty_h", "上勤多久后自动下勤", 16, "h"),
)
OPEN = (RoadsideCheck.State.SENT, RoadsideCheck.State.ACCEPTED)


def setting(code: str) -> int:
    """A figure as it stands."""
    row = RoadsideSetting.objects.filter(pk=code).values_list("value", flat=True).first()
    return next(value for name, _, value, _ in SETTINGS if name == code) if row is None else row


def own_team(user: Any) -> Unit | None:
    """The enforcement team that the user belongs to."""
    unit = user.unit
    return unit if unit is not None and unit.kind == Unit.Kind.ENFORCEMENT_TEAM else None


def teams_for(user: Any) -> QuerySet[Unit]:
    """Enforcement teams for which the user may enter patrols: the city all, a county its own."""
    rows = Unit.objects.filter(kind=Unit.Kind.ENFORCEMENT_TEAM).order_by("name", "pk")
    scope = scope_of(user)
    if scope.level == "city":
        return rows
    return rows.filter(county_id=scope.id) if scope.level == "county" else rows.none()


def may_change(user: Any, patrol: Patrol) -> bool:
    """Whether the patrol is the user's to change: the city's all, a county's own; those of the whole city are not."""
    return scope_of(user).limit(Patrol.objects.filter(pk=patrol.pk)).exists()


def patrols_visible_to(user: Any) -> QuerySet[Patrol]:
    """Patrols (执法巡逻): of the scope and of the whole city for who gives orders, of their team for officers."""
    rows = Patrol.objects.select_related("team", "county", "vehicle", "officer")
    rows = rows.defer("county__boundary", "county__disputed")
    scope = scope_of(user)
    if scope.level not in ("city", "county"):
        return rows.none()
    if not user.may(ORDER):
        team = own_team(user) if user.may(ANSWER) else None
        return rows.filter(team=team) if team else rows.none()
    return rows.filter(Q(pk__in=scope.limit(Patrol.objects.all()).values("pk")) | Q(county=None))


def checks_visible_to(user: Any) -> QuerySet[RoadsideCheck]:
    """Orders (路面核查单), newest first: of the scope for who gives them, of the own team for its officers."""
    scope = scope_of(user)
    rows = RoadsideCheck.objects.select_related("case", "county", "patrol", "team", "ordered_by", "answered_by")
    rows = rows.defer("county__boundary", "county__disputed").order_by("-ordered_at", "-pk")
    if scope.level not in ("city", "county"):
        return rows.none()
    rows = scope.limit(rows)
    if user.may(ORDER):
        return rows
    team = own_team(user) if user.may(ANSWER) else None
    return rows.filter(team=team) if team else rows.none()


def get_check_for(user: Any, pk: int) -> RoadsideCheck:
    """One order if the user may see it; raises ``CheckNotFound``."""
    found = checks_visible_to(user).filter(pk=pk).first()
    if found is None:
        raise CheckNotFound(pk=pk)
    return found


def get_patrol_for(user: Any, pk: int) -> Patrol:
    """One patrol if the user may see it; raises ``CheckNotFound``."""
    found = patrols_visible_to(user).filter(pk=pk).first()
    if found is None:
        raise CheckNotFound(pk=pk)
    return found


def checks_of(case: Case, user: Any) -> list[RoadsideCheck]:
    """The orders of one case, newest first, with the photos of their answers; two queries."""
    return list(
        checks_visible_to(user)
        .filter(case=case)
        .select_related("case_event")
        .prefetch_related("case_event__attachments")
    )


def found(rows: QuerySet[RoadsideCheck], wanted: dict[str, Any]) -> QuerySet[RoadsideCheck]:
    """``rows`` that the filters of the list let through."""
    if state := wanted.get("state"):
        rows = rows.filter(state__in=OPEN) if state == "open" else rows.filter(state=state)
    if team := wanted.get("team"):
        rows = rows.filter(team=team)
    if q := (wanted.get("q") or "").strip().upper():
        rows = rows.filter(Q(plate__contains=q) | Q(case__number__startswith=q))
    return rows


# --- Who is near ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Place:
    """Where something was last known to be, and when."""

    latitude_deg: float
    longitude_deg: float
    at: datetime
    live: bool = True  # told by the vehicle or phone itself; otherwise where the case happened
    speed_kmh: float | None = None

    def age_s(self, now: datetime) -> int:
        """How old it is."""
        return max(0, round((now - self.at).total_seconds()))


def place_of_vehicles(pks: Collection[int]) -> dict[int, Place]:
    """The last position of each vehicle inside PostgreSQL's scope, in one query."""
    if not pks:
        return {}
    rows = store.latest(np.array(sorted(pks)))
    return {
        int(rows.vehicle_id[i]): Place(
            float(rows.latitude_e6[i]) / 1e6,
            float(rows.longitude_e6[i]) / 1e6,
            datetime.fromtimestamp(int(rows.device_time[i]), store.SHANGHAI),
            speed_kmh=float(rows.speed_dkmh[i]) / 10,
        )
        for i in range(len(rows))
    }


def suspects_place(case: Case) -> Place | None:
    """Where the case's vehicle is, else where the case happened, else nothing."""
    if case.vehicle_id and (place := place_of_vehicles([case.vehicle_id]).get(case.vehicle_id)):
        return place
    if case.latitude_e6 is None or case.longitude_e6 is None:
        return None
    return Place(case.latitude_e6 / 1e6, case.longitude_e6 / 1e6, case.occurred_at, live=False)


def patrols_places(patrols: Collection[Patrol]) -> dict[int, Place]:
    """Where patrols are, by the newer of phone and terminal; who is off duty is nowhere. One query."""
    on_duty = [patrol for patrol in patrols if patrol.on_duty]
    told = place_of_vehicles([patrol.vehicle_id for patrol in on_duty if patrol.vehicle_id])
    places: dict[int, Place] = {}
    for patrol in on_duty:
        known = [told[patrol.vehicle_id]] if patrol.vehicle_id in told else []
        if patrol.located_at and patrol.latitude_e6 is not None and patrol.longitude_e6 is not None:
            known.append(Place(patrol.latitude_e6 / 1e6, patrol.longitude_e6 / 1e6, patrol.located_at))
        if known:
            places[patrol.pk] = max(known, key=lambda place: place.at)
    return places


@dataclass(frozen=True, slots=True)
class Proposal:
    """One patrol that could be sent (派单建议): how far in a straight line, how old its place is, how busy it is."""

    patrol: Patrol
    place: Place | None
    distance_m: int | None
    eta_min: int | None
    age_s: int | None
    stale: bool
    open_checks: int

    @property
    def distance_km(self) -> float | None:
        """The same in kilometres."""
        return None if self.distance_m is None else self.distance_m / 1000


def straight_m(one: Place, other: Place) -> int:
    """How far apart, as the crow flies."""
    return round(float(distance_m(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)))


def direction_of(one: Place, other: Place) -> str:
    """In which direction the other lies from the one, as a compass word."""
    turned = bearing_deg(one.latitude_deg, one.longitude_deg, other.latitude_deg, other.longitude_deg)
    return bearing_word(round(float(turned)))


def propose_patrols(
    case: Case, user: Any, now: datetime, *, besides: Collection[int] = ()
) -> tuple[Place | None, list[Proposal]]:
    """(where the vehicle is, patrols on duty that may be sent): the nearest with a fresh place first.

    Arrival is reckoned in a straight line at an agreed speed, and said to be so. ``besides`` were asked before. The
    number of queries does not grow with the patrols.
    """
    target = suspects_place(case)
    rows = patrols_visible_to(user).filter(Q(county=None) | Q(county_id=case.county_id), active=True, on_duty=True)
    busy = Count("checks", filter=Q(checks__state__in=OPEN))
    patrols = list(rows.exclude(pk__in=list(besides)).annotate(open_checks=busy))
    places = patrols_places(patrols)
    stale_after, speed_kmh = timedelta(seconds=setting("place_stale_s")), setting("speed_kmh")
    proposals = []
    for patrol in patrols:
        place = places.get(patrol.pk)
        metres = straight_m(place, target) if place and target else None
        proposals.append(
            Proposal(
                patrol=patrol,
                place=place,
                distance_m=metres,
                eta_min=None if metres is None else -(-metres * 60 // (speed_kmh * 1000)),
                age_s=place.age_s(now) if place else None,
                stale=place is None or now - place.at > stale_after,
                open_checks=patrol.open_checks,
            )
        )
    far = float("inf")
    proposals.sort(key=lambda one: (one.stale, far if one.distance_m is None else one.distance_m, one.patrol.pk))
    return target, proposals


def asked_before(check: RoadsideCheck | None) -> set[int]:
    """The patrols of an order and of those before it; one query each, and they are few."""
    asked: set[int] = set()
    while check is not None:
        asked.add(check.patrol_id)
        check = check.previous
    return asked


def overdue(now: datetime | None = None) -> QuerySet[RoadsideCheck]:
    """Orders that nobody took in time."""
    return RoadsideCheck.objects.filter(state=RoadsideCheck.State.SENT, expires_at__lte=now or timezone.now())
