"""How counties deal with cases (案件办理): fed back in time, sent back, pressed, right at once; and of companies alike.

A leg belongs to the month in which it is due, so that a month that is over stays as it is; of a case that went two ways
the county's leg counts. A leg that was taken back before anybody reported is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.cases.models import Dispatch, Supervision

_OWNER = {Kind.COUNTY: "county_id", Kind.COMPANY: "case__company_id"}
ON_TIME = Q(fed_back_at__lte=F("due_at"))
_OF_CASE = {"county": "case__county_id", "company": "case__company_id", "vehicle": "case__vehicle_id"}


def _legs() -> QuerySet[Dispatch]:
    """The legs of counties."""
    return Dispatch.objects.filter(part=Dispatch.Part.LEAD).order_by()


def due(period: Period) -> QuerySet[Dispatch]:
    """Legs due in a period that were reported, or whose time has run out."""
    rows = _legs().filter(due_at__gte=period.start, due_at__lt=period.end)
    return rows.filter(Q(fed_back_at__lt=period.until) | Q(fed_back_at__isnull=True, due_at__lt=period.until)).exclude(
        fed_back_at__isnull=True, ended_at__isnull=False
    )


def _reported(period: Period) -> QuerySet[Dispatch]:
    """Legs whose report came in a period."""
    return _legs().filter(fed_back_at__gte=period.start, fed_back_at__lt=period.until)


def _closed(period: Period) -> QuerySet[Dispatch]:
    """The legs that stand of cases closed in a period."""
    return _legs().filter(ended_at=None, case__closed_at__gte=period.start, case__closed_at__lt=period.until)


def _pressed(period: Period) -> QuerySet[Supervision]:
    return Supervision.objects.filter(opened_at__gte=period.start, opened_at__lt=period.until).order_by()


def share(rows: Callable[[Period], QuerySet[Dispatch]], good: Q, kind: Kind) -> Callable[[Period], Figures]:
    """Of each subject's legs how many are ``good``."""

    def compute(period: Period) -> Figures:
        owner = _OWNER[kind]
        found = rows(period).filter(**{f"{owner}__isnull": False}).values(owner)
        counted = found.annotate(n=Count("pk"), good=Count("pk", filter=good))
        return {str(row[owner]): Figure(row["good"], row["n"]) for row in counted}

    return compute


def _supervised(period: Period) -> Figures:
    rows = _pressed(period).filter(case__county__isnull=False).values("case__county_id").annotate(n=Count("pk"))
    return {row["case__county_id"]: Figure(row["n"]) for row in rows}


def _rows(of: Callable[[Period], QuerySet[Dispatch]], kind: Kind) -> Callable[[Any, str, Period], QuerySet[Dispatch]]:
    def rows(user: Any, key: str, period: Period) -> QuerySet[Dispatch]:
        found = scope_of(user).limit(of(period), **_OF_CASE)
        return found.filter(**{_OWNER[kind]: key}).select_related("case")

    return rows


def _supervisions(user: Any, key: str, period: Period) -> QuerySet[Supervision]:
    rows = scope_of(user).limit(_pressed(period), **_OF_CASE)
    return rows.filter(case__county_id=key).select_related("case")


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else "—"


def _case_cell(case: Any, user: Any) -> Cell:
    return Cell(case.number, reverse("case-detail", args=[case.number]) if user.may("case.view") else "")


def _leg_line(leg: Any, user: Any) -> Sequence[Cell]:
    late = leg.due_at is not None and (leg.fed_back_at is None or leg.fed_back_at > leg.due_at)
    return (
        _case_cell(leg.case, user), Cell(leg.case.title), Cell(leg.case.plate), Cell(_moment(leg.sent_at)),
        Cell(_moment(leg.due_at)), Cell(_moment(leg.fed_back_at)), Cell("逾期" if late else "按期"),
        Cell(str(leg.returned_times)),
    )  # fmt: skip


def _supervision_line(row: Any, user: Any) -> Sequence[Cell]:
    return (
        _case_cell(row.case, user), Cell(row.case.title), Cell(_moment(row.opened_at)), Cell(row.get_level_display()),
        Cell(row.get_cause_display()), Cell(row.get_state_display()),
    )  # fmt: skip


_LEG_HEAD = ("案号", "事由", "车牌号", "派发", "期限", "反馈", "按期", "退回次数")


def legs_behind(of: Callable[[Period], QuerySet[Dispatch]], kind: Kind) -> Behind:
    """These legs as the rows behind a figure."""
    return Behind(_LEG_HEAD, _rows(of, kind), _leg_line)


INDICATORS = (
    Indicator(
        "county.on_time", "按期反馈率", Axis.COMMAND, Kind.COUNTY, "%", "high", share(due, ON_TIME, Kind.COUNTY),
        ("按期反馈", "当月到期"), _("期限在当月的派送中，反馈不晚于期限的；被退回的以最后一次反馈为准"),
        behind=legs_behind(due, Kind.COUNTY),
    ),
    Indicator(
        "county.returned", "退回率", Axis.COMMAND, Kind.COUNTY, "%", "low",
        share(_reported, Q(returned_times__gt=0), Kind.COUNTY), ("曾被退回", "当月反馈"),
        _("当月反馈的派送中曾被市局退回的"), behind=legs_behind(_reported, Kind.COUNTY),
    ),
    Indicator(
        "county.supervised", "督办次数", Axis.COMMAND, Kind.COUNTY, "次", "low", _supervised, ("督办", ""),
        _("当月对本县区案件发起的督办，含升级"), else_=Figure(0),
        behind=Behind(("案号", "事由", "督办时间", "级别", "原因", "状态"), _supervisions, _supervision_line),
    ),
    Indicator(
        "county.verified", "一次核查通过率", Axis.SERVICE, Kind.COUNTY, "%", "high",
        share(_closed, Q(case__returned_times=0), Kind.COUNTY), ("未经退回", "当月办结"),
        _("当月办结的案件中未经退回即核查通过的"), behind=legs_behind(_closed, Kind.COUNTY),
    ),
    Indicator(
        "company.rectified", "按期整改率", Axis.COMMAND, Kind.COMPANY, "%", "high",
        share(due, ON_TIME, Kind.COMPANY), ("按期", "当月到期"),
        _("涉及本企业、期限在当月的案件中，按期反馈整改结果的"), behind=legs_behind(due, Kind.COMPANY),
    ),
)  # fmt: skip
