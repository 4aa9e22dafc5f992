"""The verbs of ratings (评价办理): a passenger rates, a ride is found for it, stickers are made and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from complaints.ratings import codes, limits
from complaints.ratings.defaults import figures
from complaints.ratings.errors import CodeUnknown
from complaints.ratings.models import RatingCode, RideRating
from datacenter.accounts import audit
from datacenter.accounts.scope import Scope, entered
from datacenter.registry.models import Vehicle
from datacenter.tracks.selectors import day_span
from taxi.models import Trip

Standing = RideRating.Standing
_AHEAD = timedelta(minutes=5)  # the terminal's clock may be so far before ours
_LONGEST_RIDE = timedelta(hours=4)  # trips are indexed by time, not by vehicle: no more of them is read than this
_MOST_AGAIN = 500
MATCH_AGAIN = timedelta(days=2)
"""For how long a rating waits for the record of its ride to come in."""
MOST_CODES = 2000


def code_of(code: str) -> RatingCode:
    """The sticker's row, read with its own scope. Raises ``CodeUnknown``."""
    if not codes.is_ours(code):
        raise CodeUnknown
    with entered(Scope("rating", code)):
        row = RatingCode.objects.filter(code=code, revoked_at=None).first()
    if row is None:
        raise CodeUnknown
    return row


def rate(
    code: str, *, grade: int, reasons: Sequence[str], words: str, device: str, address: str, now: datetime | None = None
) -> RideRating:
    """Keep what a passenger says; one of the same device and day before it no longer counts.

    ``device`` and ``address`` are as they came. Raises ``CodeUnknown``, ``TooMany``.
    """
    now, known = now or timezone.now(), figures()
    sticker = code_of(code)
    device, address = codes.sealed("device", device), codes.sealed("address", address)
    limits.note_try(device=device, address=address, vehicle_id=sticker.vehicle_id, figures=known)
    trip = ride_near(sticker.vehicle_id, now, known["near_minutes"])
    today = day_span(timezone.localdate(now))
    with entered(Scope("rating", code)):
        RatingCode.objects.select_for_update().get(pk=sticker.pk)  # ratings of one taxi come one after another
        ours = RideRating.objects.filter(device=device, at__gte=today.start, at__lt=today.end)
        if not ours.exists():
            limits.note_vehicle(device=device, day=f"{today.start:%Y%m%d}", figures=known)
        ours.exclude(standing=Standing.REPLACED).update(standing=Standing.REPLACED)
        whose = trip or sticker  # the taxi may have another company than when the sticker was printed
        return RideRating.objects.create(
            code=sticker, vehicle_id=sticker.vehicle_id, county_id=whose.county_id, company_id=whose.company_id,
            practitioner_id=trip.practitioner_id if trip else None, trip=trip, grade=grade, reasons=list(reasons),
            words=words, at=now, standing=_standing(trip), device=device, address=address,
        )  # fmt: skip


def ride_near(vehicle_id: int, at: datetime, minutes: int) -> Trip | None:
    """The ride of a taxi that a rating given at ``at`` can be about: under way, or ended at most so long ago."""
    ended = at - timedelta(minutes=minutes)
    with entered(Scope("vehicle", str(vehicle_id))):
        rows = Trip.objects.filter(
            vehicle_id=vehicle_id, boarded_at__lte=at + _AHEAD, boarded_at__gt=ended - _LONGEST_RIDE,
            alighted_at__gte=ended,
        )  # fmt: skip
        return rows.only("pk", "vehicle", "practitioner", "county", "company").order_by("-boarded_at", "-pk").first()


def _standing(trip: Trip | None) -> str:
    if trip is None:
        return Standing.NO_RIDE
    with entered(Scope("vehicle", str(trip.vehicle_id))):  # an earlier sticker's too, which the new code does not see
        taken = RideRating.objects.filter(trip=trip, standing=Standing.COUNTED).exists()
    return Standing.SAME_RIDE if taken else Standing.COUNTED


def match_again(now: datetime) -> int:
    """Ratings whose ride's record has come in since are counted; how many were."""
    near, found = figures()["near_minutes"], 0
    waiting = RideRating.objects.filter(standing=Standing.NO_RIDE, at__gt=now - MATCH_AGAIN).order_by("-at", "-pk")
    for rating in waiting[:_MOST_AGAIN]:
        trip = ride_near(rating.vehicle_id, rating.at, near)
        if trip is None:
            continue
        with transaction.atomic():
            RatingCode.objects.filter(pk=rating.code_id).select_for_update().get()
            found += RideRating.objects.filter(pk=rating.pk, standing=Standing.NO_RIDE).update(
                trip=trip, practitioner=trip.practitioner_id, standing=_standing(trip), county=trip.county_id,
                company=trip.company_id,
            )  # fmt: skip
    return found


@transaction.atomic
def make_codes(vehicles: Sequence[Vehicle], *, by: Any) -> int:
    """A sticker's code for each taxi that has none in force; how many were made."""
    held = set(
        RatingCode.objects.filter(vehicle__in=[one.pk for one in vehicles], revoked_at=None).values_list(
            "vehicle", flat=True
        )
    )
    made = [
        RatingCode(
            vehicle=one, county_id=one.county_id, company_id=one.company_id, code=codes.draw(), plate=one.plate,
            plate_colour=one.plate_colour, company_name=one.company.name if one.company else "", issued_by=by,
        )
        for one in vehicles
        if one.pk not in held
    ]  # fmt: skip
    RatingCode.objects.bulk_create(made, ignore_conflicts=True)
    audit.record(None, "rating.codes", f"{len(made)} 个", user=by)
    return len(made)


@transaction.atomic
def revoke_code(code: RatingCode, *, by: Any) -> None:
    """A sticker that was copied or lost opens nothing any more; a new one can be made."""
    RatingCode.objects.filter(pk=code.pk, revoked_at=None).update(revoked_at=timezone.now())
    audit.record(None, "rating.revoke", code.plate, user=by)
