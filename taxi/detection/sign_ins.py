"""Sign-ins judged (签到判定): each in a transaction of its own, each once, soon after it came."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from datacenter.detection import events
from datacenter.detection.events import Told, rule_in_force
from datacenter.registry.models import Certificate, DriverBinding, Practitioner, Vehicle
from datacenter.tracks import store
from datacenter.tracks.selectors import day_span
from taxi.detection.detectors import UnlicensedDriver
from taxi.detection.licences import Paper, Reason, Signed, faults
from taxi.detection.trips import FAULTS
from taxi.models import Shift

log = logging.getLogger(__name__)

AGAIN, PATIENCE = timedelta(hours=1), timedelta(days=1)
_BATCH = 500


def due(now: datetime, most: int = _BATCH) -> list[int]:
    """Shifts whose sign-in waits to be judged, the longest waiting first."""
    rows = Shift.objects.filter(judged_at__isnull=True, signed_in_at__isnull=False, received_at__lte=now)
    rows = rows.filter(Q(judge_after__isnull=True) | Q(judge_after__lte=now))
    return list(rows.order_by("received_at", "pk").values_list("pk", flat=True)[:most])


def judge_due(now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Judge what is due, until nothing is or ``goes_on`` says no; how many were judged."""
    rule, done = rule_in_force(UnlicensedDriver.code), 0
    limits = None if rule is None else rule.limits
    while pks := due(now):
        before = done
        for pk in pks:
            if not goes_on():
                return done
            done += judge(pk, now, limits)
        if done == before:
            return done
    return done


def judge(pk: int, now: datetime, limits: Any) -> bool:
    """Judge one sign-in, with ``limits`` None by no rule; False where another worker has it or it was judged."""
    rows = Shift.objects.filter(pk=pk, judged_at__isnull=True)
    try:
        with transaction.atomic():
            shift = rows.select_for_update(skip_locked=True, of=("self",)).select_related("vehicle").first()
            if shift is None:
                return False
            if limits is not None:
                _judge(shift, limits)
            # By the query: whoever settles the shifts around it at this time writes other columns.
            Shift.objects.filter(pk=pk).update(judged_at=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("the sign-in of shift %d could not be judged", pk)
        FAULTS.inc("sign-in")
        rows.filter(received_at__gt=now - PATIENCE).update(judge_after=now + AGAIN)
        rows.filter(received_at__lte=now - PATIENCE).update(judged_at=now)
    return True


def _judge(shift: Shift, limits: Any) -> None:
    at = shift.signed_in_at
    if at is None:
        return
    reasons, expired_days = faults(_signed(shift, at), timezone.localdate(at, store.SHANGHAI), limits)
    if not reasons:
        return
    measures = {"reasons": int(reasons), "signed_in_s": int(at.timestamp())}
    if reasons & Reason.EXPIRED:
        measures["expired_days"] = expired_days
    events.tell(
        Told(
            rule=UnlicensedDriver.code,
            vehicle_id=shift.vehicle_id,
            at=int(at.timestamp()),
            reference=f"shift:{_first_of_day(shift, at)}",
            latitude_e6=shift.sign_in_latitude_e6,
            longitude_e6=shift.sign_in_longitude_e6,
            measures=measures,
        )
    )


def _first_of_day(shift: Shift, at: datetime) -> int:
    """The first shift kept of that number on the vehicle that day: who signs in again is found once a day."""
    span = day_span(timezone.localdate(at, store.SHANGHAI))
    rows = Shift.objects.filter(vehicle_id=shift.vehicle_id, certificate_no=shift.certificate_no)
    rows = rows.filter(signed_in_at__gte=span.start, signed_in_at__lt=span.end)
    return rows.order_by("pk").values_list("pk", flat=True)[0]


def _signed(shift: Shift, at: datetime) -> Signed:
    """Who signed in, by the registry as it is now: somebody may have been entered since."""
    number = shift.certificate_no
    people = _people(number, shift.vehicle) if number else []
    if not people:
        return Signed(number, None, None, None)
    pks = {person.pk for person in people}
    papers = Certificate.objects.filter(practitioner_id__in=pks)
    drivers = _drivers_of(shift.vehicle_id, at)
    companies = {person.company_id for person in people} - {None}
    return Signed(
        number,
        tuple(Paper(paper.category, paper.valid_from, paper.valid_until) for paper in papers),
        bool(drivers & pks) if drivers else None,
        shift.vehicle.company_id in companies if companies else None,
    )


def _people(number: str, vehicle: Vehicle) -> list[Practitioner]:
    """Who may be meant: of several with one number those of the vehicle's company, where there are any.

    In doubt for the driver: whatever one of them may, the one who signed in may.
    """
    rows = Practitioner.objects.filter(
        Q(certificates__number=number) | Q(identity_no=number), kind=Practitioner.Kind.DRIVER
    )
    found = list(rows.distinct()[:10])
    own = [person for person in found if person.company_id == vehicle.company_id]
    return own or found


def _drivers_of(vehicle_id: int, at: datetime) -> set[int]:
    """Who is entered in the registry as a driver of the vehicle.

    A sign-in ends the registry's bindings of vehicle and driver (``workflow``): who drives is then known better.
    Entered they still are, so that a binding which ended at a sign-in counts here.
    """
    signed_in = Shift.objects.filter(signed_in_at__isnull=False, begins_at=OuterRef("until"))
    signed_in = signed_in.filter(Q(vehicle_id=OuterRef("vehicle_id")) | Q(practitioner_id=OuterRef("practitioner_id")))
    rows = DriverBinding.objects.filter(vehicle_id=vehicle_id, source=DriverBinding.Source.REGISTRY, since__lte=at)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=at) | Exists(signed_in))
    return set(rows.values_list("practitioner_id", flat=True))
