"""Points (计分): the table, violations that took none and why, rewards and reversals."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.assessment import points, selectors
from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.forms import RewardForm
from datacenter.assessment.models import AssessmentSetting, PointRule
from datacenter.registry.masking import mask_name
from datacenter.registry.paging import page_of
from datacenter.registry.selectors import get_practitioner_for

DAYS = 90


@require_safe
@needs("assessment.view")
def table(request: HttpRequest) -> HttpResponse:
    """The table of deductions and rewards, and what took no points in the last ninety days."""
    found = list(selectors.point_rules())
    by_kind = {(rule.kind_code, rule.industry): rule for rule in found}
    since = timezone.now() - timedelta(days=DAYS)
    rows = points.unscored(request.user, since)
    page = page_of(rows.annotate(newest=-F("pk")), request.GET, "newest")
    context = {
        "rules": found,
        "page": page,
        "settings": AssessmentSetting.objects.filter(code__in=("point_base", "bonus_most", "cycle_months")),
        "unscored": [_shown(row, by_kind) for row in page.rows],
        "total": page.total,
        "days": DAYS,
    }
    return render(request, "assessment/points.html", context)


def _shown(row: Any, rules: dict[tuple[str, str], PointRule]) -> dict[str, Any]:
    return {
        "row": row, "why": points.why_not(row, rules), "name": mask_name(row.practitioner.name) if row.practitioner
        else "",
    }  # fmt: skip


@require_POST
@needs("assessment.change")
def reward(request: HttpRequest, pk: int) -> HttpResponse:
    """Points for a good deed."""
    get_practitioner_for(request.user, pk)  # who may not be seen is not there, whatever the form says
    data = RewardForm(request.POST).require_valid()
    rule = PointRule.objects.filter(pk=data["rule"], bonus=True).first()
    if rule is None:
        raise FieldRefused("rule", _("请选择奖励事由"))
    at = timezone.make_aware(datetime.combine(data["day"], time()))
    entry = points.reward(pk, rule=rule, at=at, note=data["note"], by=request.user)
    audit.record(request, "assessment.reward", f"从业人员 {pk}", effect=entry.effect, rule=rule.kind_code)
    messages.success(request, _("已记奖励 %(points)s 分") % {"points": entry.effect})
    return _back(request, pk)


@require_POST
@needs("assessment.change")
def reverse_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry back."""
    entry = points.reverse_entry(pk, reason=request.POST.get("reason", ""), by=request.user)
    audit.record(request, "assessment.reverse", f"从业人员 {entry.practitioner_id}", entry=pk)
    messages.success(request, _("已冲正"))
    return _back(request, entry.practitioner_id)


def _back(request: HttpRequest, practitioner: int) -> HttpResponse:
    month = request.POST.get("month", "")
    if month:
        return redirect("assessment-sheet", selectors.month_named(month).key, "practitioner", str(practitioner))
    return redirect("assessment-points")
