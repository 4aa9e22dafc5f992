"""Reads of the registry (登记查询): each takes the user first, and cuts to the user's scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from datacenter.accounts.scope import scope_of
from datacenter.registry.errors import NotRegistered
from datacenter.registry.models import (
    Certificate,
    Company,
    DriverBinding,
    Permit,
    Practitioner,
    Terminal,
    Vehicle,
)
from datacenter.registry.validity import EXPIRING

Row = TypeVar("Row", bound=Model)


def without_boundaries(rows: QuerySet[Row], county: str = "county") -> QuerySet[Row]:
    """``rows`` joined with their county, without its polygons: kilobytes a row that no list shows."""
    return rows.defer(f"{county}__boundary", f"{county}__disputed")


def companies_visible_to(user: Any) -> QuerySet[Company]:
    """Companies (企业) inside the user's scope, by name; with them those that run vehicles inside it."""
    scope = scope_of(user)
    own = scope.limit(Company.objects.all(), company="pk", vehicle="vehicles__pk").values("pk")
    running = scope.limit(Vehicle.objects.all(), vehicle="pk").values("company_id")
    rows = Company.objects.all() if scope.level == "city" else Company.objects.filter(Q(pk__in=own) | Q(pk__in=running))
    return without_boundaries(rows.select_related("county")).order_by("name", "pk")


def vehicles_visible_to(user: Any) -> QuerySet[Vehicle]:
    """Vehicles (车辆) inside the user's scope, by plate."""
    rows = scope_of(user).limit(Vehicle.objects.all(), vehicle="pk")
    return without_boundaries(rows.select_related("company", "county")).order_by("plate", "pk")


def practitioners_visible_to(user: Any) -> QuerySet[Practitioner]:
    """Practitioners (从业人员) inside the user's scope, by name; a page masks what it shows of them."""
    rows = scope_of(user).limit(Practitioner.objects.all(), vehicle="bindings__vehicle_id")
    return without_boundaries(rows.select_related("company", "county")).order_by("name", "pk")


def terminals_visible_to(user: Any) -> QuerySet[Terminal]:
    """Terminals (车载终端) of the vehicles inside the user's scope, by phone number."""
    rows = scope_of(user).limit(
        Terminal.objects.all(), county="vehicle__county_id", company="vehicle__company_id", vehicle="vehicle_id"
    )
    rows = rows.select_related("vehicle__company", "vehicle__county")
    return without_boundaries(rows, "vehicle__county").order_by("phone", "pk")


def permits_visible_to(user: Any) -> QuerySet[Permit]:
    """Permits (经营许可) of the companies inside the user's scope, by number."""
    rows = scope_of(user).limit(
        Permit.objects.all(), county="company__county_id", company="company_id", vehicle="company__vehicles__pk"
    )
    return rows.select_related("company").order_by("number", "pk")


def bindings_visible_to(user: Any) -> QuerySet[DriverBinding]:
    """Who drives what (人车绑定), of the vehicles inside the user's scope, the newest first."""
    rows = scope_of(user).limit(
        DriverBinding.objects.all(), county="vehicle__county_id", company="vehicle__company_id", vehicle="vehicle_id"
    )
    return rows.order_by("-since", "-pk")


def get_company_for(user: Any, pk: int) -> Company:
    """The company if the user may see it; raises ``NotRegistered``."""
    return _one(companies_visible_to(user), pk)


def get_vehicle_for(user: Any, pk: int) -> Vehicle:
    """The vehicle if the user may see it; raises ``NotRegistered``."""
    return _one(vehicles_visible_to(user), pk)


def get_practitioner_for(user: Any, pk: int) -> Practitioner:
    """The practitioner if the user may see them; raises ``NotRegistered``."""
    return _one(practitioners_visible_to(user), pk)


def get_terminal_for(user: Any, pk: int) -> Terminal:
    """The terminal if the user may see it; raises ``NotRegistered``."""
    return _one(terminals_visible_to(user), pk)


def with_terminal_in_use(rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
    """Vehicles with ``terminals_in_use``, a list; one query more for all of them."""
    in_use = Terminal.objects.filter(state=Terminal.State.IN_USE).order_by("pk")
    return rows.prefetch_related(Prefetch("terminals", in_use, to_attr="terminals_in_use"))


def with_fleet_size(rows: QuerySet[Company]) -> QuerySet[Company]:
    """Companies with ``fleet_size``: vehicles that are not struck off. Counted for the rows of a page only."""
    fleet = Vehicle.objects.filter(company_id=OuterRef("pk")).exclude(state=Vehicle.State.RETIRED).order_by()
    counted = fleet.values("company_id").annotate(count=Count("pk")).values("count")
    return rows.annotate(fleet_size=Coalesce(Subquery(counted), 0)).prefetch_related(
        Prefetch("permits", Permit.objects.order_by("valid_until", "pk"))
    )


def with_certificates(rows: QuerySet[Practitioner]) -> QuerySet[Practitioner]:
    """Practitioners with their certificates, the one that ends first in front."""
    return rows.prefetch_related(Prefetch("certificates", Certificate.objects.order_by("valid_until", "pk")))


def with_papers_ending(rows: QuerySet[Practitioner], state: str, today: date) -> QuerySet[Practitioner]:
    """Practitioners with a certificate that is ``expired`` or ``expiring`` on a day."""
    papers = Certificate.objects.filter(_ending(state, today), practitioner_id=OuterRef("pk"))
    return rows.filter(Exists(papers))


def with_permits_ending(rows: QuerySet[Company], state: str, today: date) -> QuerySet[Company]:
    """Companies with a permit that is ``expired`` or ``expiring`` on a day."""
    return rows.filter(Exists(Permit.objects.filter(_ending(state, today), company_id=OuterRef("pk"))))


def fleet_of(user: Any, company: Company) -> list[dict[str, Any]]:
    """How many vehicles of each kind a company has that the user may see: ``kind``, ``label``, ``count``."""
    rows = vehicles_visible_to(user).filter(company=company).exclude(state=Vehicle.State.RETIRED)
    counts = rows.order_by("kind").values("kind").annotate(count=Count("pk")).values_list("kind", "count")
    return [{"kind": kind, "label": Vehicle.Kind(kind).label, "count": count} for kind, count in counts]


def terminals_to_plan_out(rows: QuerySet[Terminal], today: date) -> list[Any]:
    """Terminals in use by maker, model and edition (淘汰计划): how many, and how many of them past their warranty."""
    in_use = rows.filter(state=Terminal.State.IN_USE).select_related(None).order_by("edition", "maker", "model")
    return list(
        in_use.values("edition", "maker", "model").annotate(
            count=Count("pk"), over=Count("pk", filter=Q(warranty_until__lt=today))
        )
    )


def plates_named(user: Any, plates: Iterable[str]) -> QuerySet[Vehicle]:
    """Vehicles with one of these plates, of any colour, that are not struck off."""
    return vehicles_visible_to(user).filter(plate__in=list(plates)).exclude(state=Vehicle.State.RETIRED)


def _ending(state: str, today: date) -> Q:
    if state == "expired":
        return Q(valid_until__lt=today)
    return Q(valid_until__gte=today, valid_until__lte=today + EXPIRING)


def _one(rows: QuerySet[Row], pk: int) -> Row:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotRegistered(pk=pk)
    return found
