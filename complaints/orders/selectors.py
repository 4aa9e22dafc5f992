"""Reads of orders (工单查询): inside the reader's scope, and what a console shows beside a caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from complaints.orders.defaults import setting
from complaints.orders.errors import OrderNotFound, RequestNotFound
from complaints.orders.models import CallBack, Category, CompanyRequest, Order, OrderEvent, OrderFile
from datacenter.accounts.scope import scope_of
from datacenter.geo.models import Area, Crossing, RoadSection
from datacenter.geo.shapes import geometry_of

SHOWN = 8


def orders_visible_to(user: Any) -> QuerySet[Order]:
    """Orders inside the user's scope, newest first; companies read none: they have what they were asked."""
    scope = scope_of(user)
    rows = scope.limit(Order.objects.all()) if scope.level in ("city", "county") else Order.objects.none()
    rows = rows.select_related("category", "county", "case", "operator", "quality_check")
    return rows.defer("county__boundary", "county__disputed").order_by("-accepted_at", "-pk")


def get_order_for(user: Any, number: str) -> Order:
    """The order ``number`` if the user may see it; raises ``OrderNotFound``."""
    order = orders_visible_to(user).filter(number=number).first() if "\0" not in number else None
    if order is None:
        raise OrderNotFound(number=number)
    return order


def events_of(order: Order, *, whole: bool) -> list[OrderEvent]:
    """What happened to the order, in order; ``whole`` is for who may know the caller."""
    rows = list(order.events.order_by("pk"))
    for row in () if whole else rows:
        row.note = order.cover(row.note)
    return rows


def call_backs_of(order: Order, *, whole: bool) -> list[CallBack]:
    """The attempts to call back, in order; ``whole`` is for who may know the caller."""
    rows = list(order.call_backs.select_related("by").order_by("pk"))
    for row in () if whole else rows:
        row.reason, row.note = order.cover(row.reason), order.cover(row.note)
    return rows


def files_of(order: Order) -> list[OrderFile]:
    """The pictures that came with the order itself."""
    return list(order.files.filter(request=None))


def requests_of(order: Order) -> list[CompanyRequest]:
    """What companies were asked, the newest first, each with its pictures."""
    return list(order.requests.select_related("asked_by", "answered_by").prefetch_related("files"))


def requests_visible_to(user: Any) -> QuerySet[CompanyRequest]:
    """What companies were asked inside the user's scope (企业核实), newest first."""
    scope = scope_of(user)
    rows = CompanyRequest.objects.all()
    rows = scope.limit(rows) if scope.level in ("city", "county", "company") else rows.none()
    return rows.order_by("-asked_at", "-pk")


def get_request_for(user: Any, pk: int) -> CompanyRequest:
    """One question to a company that the user may see; raises ``RequestNotFound``."""
    found = requests_visible_to(user).filter(pk=pk).first()
    if found is None:
        raise RequestNotFound(pk=pk)
    return found


def categories() -> list[Category]:
    """The categories in force, in their order."""
    return list(Category.objects.filter(in_force=True))


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of a number (来话人): how often it called, what is open, what came of the last ones."""

    total: int
    open: list[Order]
    closed: list[Order]
    unsatisfied: int

    @property
    def repeats(self) -> bool:
        """Whether it called before."""
        return self.total > 0


def caller_of(user: Any, phone: str, *, but: str = "") -> Caller:
    """The orders of one number, as ``words.dialled`` spells it, in the period that the row ``repeat_days`` sets.

    ``but`` is the number of the order that is being completed: nobody repeats himself by it.
    """
    if not phone:
        return Caller(0, [], [], 0)
    since = timezone.now() - timedelta(days=setting("repeat_days"))
    rows = list(orders_visible_to(user).filter(caller_phone=phone, accepted_at__gte=since).exclude(number=but)[:200])
    closed = [order for order in rows if not order.is_open]
    return Caller(
        total=len(rows),
        open=[order for order in rows if order.is_open][:SHOWN],
        closed=closed[:SHOWN],
        unsatisfied=sum(order.satisfaction == Order.Satisfaction.UNSATISFIED for order in rows),
    )


def duplicates_of(user: Any, *, phone: str, plates: list[str], kind: str, but: str = "") -> list[Order]:
    """Orders ``but`` one that may be about the same matter: same plate within days, or same caller and kind."""
    same = Q(plate__in=plates)
    if phone and kind:
        same |= Q(caller_phone=phone, category__kind=kind)
    since = timezone.now() - timedelta(days=setting("duplicate_days"))
    rows = orders_visible_to(user).filter(same, accepted_at__gte=since).exclude(state=Order.State.REFUSED)
    return list(rows.exclude(number=but)[:SHOWN])


def places_named(text: str) -> list[dict[str, Any]]:
    """Crossings, sections and areas whose name holds ``text``: {"name", "kind"}, a few of each."""
    rows: list[dict[str, Any]] = []
    sources: tuple[tuple[QuerySet[Any], str], ...] = (
        (Crossing.objects.filter(active=True), "路口"),
        (RoadSection.objects.filter(active=True), "路段"),
        (Area.objects.filter(active=True), "区域"),
    )
    for found, kind in sources:
        field = "line" if found.model is RoadSection else "boundary"
        for name, shape in found.filter(name__icontains=text).order_by("name").values_list("name", field)[:SHOWN]:
            rows.append({"name": name, "kind": kind, "place": _middle(shape)})
    return rows


def _middle(shape: dict[str, Any]) -> list[float]:
    """(latitude, longitude) of a point on the shape, for the map."""
    point = geometry_of(shape).representative_point()
    return [round(point.y, 6), round(point.x, 6)]


def lines_named(user: Any, text: str) -> list[str]:
    """Lines that earlier orders named."""
    rows = orders_visible_to(user).filter(line__icontains=text).exclude(line="")
    return list(rows.order_by("line").values_list("line", flat=True).distinct()[:SHOWN])
