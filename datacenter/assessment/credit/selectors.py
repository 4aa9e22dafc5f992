"""Reads of credit (征信查询): the city sees all, a county and a company their own."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.assessment.compute import Subject
from datacenter.assessment.errors import SubjectNotFound
from datacenter.assessment.models import CreditCertificate, CreditGrade, CreditListing, CreditRepair
from datacenter.assessment.models.subjects import Kind
from datacenter.registry.selectors import companies_visible_to, practitioners_visible_to, vehicles_visible_to


def _own(user: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    scope = scope_of(user)
    if scope.level == "vehicle":
        return rows.filter(kind=Kind.VEHICLE, subject=scope.id)
    return scope.limit(rows)


def grades_visible_to(user: Any) -> QuerySet[CreditGrade]:
    """Every grade that was ever given, inside the user's scope."""
    return _own(user, CreditGrade.objects.all())


def current_grades(user: Any, kind: str = "") -> QuerySet[CreditGrade]:
    """The newest grade of each subject, by name."""
    rows = grades_visible_to(user)
    if kind:
        rows = rows.filter(kind=kind)
    newest = rows.order_by("kind", "subject", "-pk").distinct("kind", "subject").values("pk")
    return CreditGrade.objects.filter(pk__in=newest).order_by("name", "pk")


def listings_visible_to(user: Any) -> QuerySet[CreditListing]:
    """Entries of the lists inside the user's scope, newest first."""
    return _own(user, CreditListing.objects.select_related("entered_by", "ended_by")).order_by("-listed_on", "-pk")


def standing_listings(user: Any, on: date | None = None) -> QuerySet[CreditListing]:
    """Those that hold on a day."""
    on = on or timezone.localdate()
    return listings_visible_to(user).filter(ended_on=None, listed_on__lte=on, valid_until__gte=on)


def repairs_visible_to(user: Any) -> QuerySet[CreditRepair]:
    """What was asked for, inside the user's scope, newest first."""
    rows = CreditRepair.objects.select_related("listing", "grade", "asked_by__unit", "decided_by")
    return _own(user, rows).order_by("-asked_at", "-pk")


def certificates_visible_to(user: Any) -> QuerySet[CreditCertificate]:
    """Certificates inside the user's scope, newest first."""
    return _own(user, CreditCertificate.objects.select_related("issued_by", "revoked_by")).order_by("-issued_at", "-pk")


def subject_for(user: Any, kind: str, key: str) -> Subject:
    """A company, vehicle or practitioner as the registry has it, if the user may see it. Raises ``SubjectNotFound``."""
    if key.isascii() and key.isdigit() and len(key) < 19:
        if kind == Kind.COMPANY:
            # Of companies the county's own: one that only runs a vehicle there is another county's.
            own = scope_of(user).limit(companies_visible_to(user), company="pk", vehicle="vehicles__pk")
            company = own.filter(pk=key).first()
            if company is not None:
                return Subject(Kind.COMPANY, key, company.name, company.county_id, company.pk)
        elif kind == Kind.VEHICLE:
            vehicle = vehicles_visible_to(user).filter(pk=key).first()
            if vehicle is not None:
                return Subject(Kind.VEHICLE, key, vehicle.plate, vehicle.county_id, vehicle.company_id)
        elif kind == Kind.PRACTITIONER:
            person = practitioners_visible_to(user).filter(pk=key).first()
            if person is not None:
                return Subject(Kind.PRACTITIONER, key, person.name, person.county_id, person.company_id)
    raise SubjectNotFound(kind=kind, subject=key)
