"""Complaints as indicators (投诉考核指标): of counties those dealt with in time, of companies those that came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from complaints.orders.models import Category, Order
from complaints.orders.selectors import orders_visible_to
from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.indicators import cases, fleet
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.cases.models import Case, Dispatch


def _legs(period: Period) -> QuerySet[Dispatch]:
    """Of the counties' legs due in a period, those of complaints."""
    return cases.due(period).filter(case__order__category__kind=Category.Kind.COMPLAINT)


def _complaints(orders: QuerySet[Order], period: Period) -> QuerySet[Order]:
    """Of ``orders`` the complaints of a period about a company, each matter once; not what proved unfounded."""
    rows = orders.filter(category__kind=Category.Kind.COMPLAINT, company__isnull=False, duplicate_of=None)
    rows = rows.filter(accepted_at__gte=period.start, accepted_at__lt=period.until)
    return rows.exclude(state=Order.State.REFUSED).exclude(case__outcome=Case.Outcome.UNFOUNDED)


def _per_fleet(period: Period) -> Figures:
    rows = _complaints(Order.objects.order_by(), period).values_list("company_id")
    came = {str(pk): number for pk, number in rows.annotate(n=Count("pk"))}
    return {
        key: Figure(came.get(key, 0), line["connected"])
        for key, line in fleet.fleets(Kind.COMPANY, period).items()
        if line["connected"]
    }


def _orders(user: Any, key: str, period: Period) -> QuerySet[Order]:
    return _complaints(orders_visible_to(user), period).filter(company_id=key)


def _line(order: Any, user: Any) -> Sequence[Cell]:
    where = reverse("complaint-order", args=[order.number]) if user.may("complaint.view") else ""
    return (
        Cell(order.number, where), Cell(f"{timezone.localtime(order.accepted_at):%Y-%m-%d %H:%M}"),
        Cell(order.category.title), Cell(order.plate or "—"), Cell(order.get_state_display()),
    )  # fmt: skip


def register() -> None:
    """Enter them in the catalogue."""
    catalogue.register(
        Indicator(
            "county.complaints", "投诉按期办结率", Axis.SERVICE, Kind.COUNTY, "%", "high",
            cases.share(_legs, cases.ON_TIME, Kind.COUNTY), ("按期反馈", "当月到期"),
            _("12328 投诉转办的案件，期限在当月的派送中，反馈不晚于期限的"),
            behind=cases.legs_behind(_legs, Kind.COUNTY),
        ),
        Indicator(
            "company.complaints", "百车投诉", Axis.SERVICE, Kind.COMPANY, "件/百车", "low", _per_fleet,
            ("投诉", "入网车辆"),
            _("当月受理的涉及本企业的投诉 ÷ 入网车辆 × 100；不予受理、重复和查证不属实的不计"),
            behind=Behind(("工单号", "受理时间", "类别", "车牌号", "状态"), _orders, _line),
        ),
    )  # fmt: skip
