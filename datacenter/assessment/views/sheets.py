"""One subject's sheet (考核单): every figure and the rows behind it; objections and corrections."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.assessment import catalogue, formulas, points, selectors, settings, workflow
from datacenter.assessment.errors import SubjectNotFound
from datacenter.assessment.forms import FigureForm, ObjectionForm
from datacenter.assessment.models import AssessmentMonth, Score, Standing
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.assessment.views.months import shown_name
from datacenter.registry.models import Practitioner
from datacenter.registry.paging import page_of


def _found(request: HttpRequest, month: str, kind: str, subject: str) -> tuple[AssessmentMonth, Standing]:
    found = selectors.month_named(month)
    return found, selectors.standing_for(request.user, found, kind, subject)


@require_safe
@never_cache
@needs("assessment.view")
def sheet(request: HttpRequest, month: str, kind: str, subject: str) -> HttpResponse:
    """All figures of one subject in one month."""
    return _sheet(request, *_found(request, month, kind, subject))


def _sheet(request: HttpRequest, month: AssessmentMonth, standing: Standing, **more: Any) -> HttpResponse:
    user, whose = request.user, {"kind": standing.kind, "subject": standing.subject}
    scores = list(selectors.scores_visible_to(user).filter(month=month, **whose).order_by("-weight", "indicator"))
    context = {
        "month": month, "standing": standing, "name": shown_name(standing), "kind": Kind(standing.kind),
        "sides": [
            {
                "title": axis.label, "value": getattr(standing, axis.value),
                "lines": [_line(one) for one in scores if one.rule.axis == axis],
                "absent": [x for x in month.absent if x["kind"] == standing.kind and x["axis"] == axis],
            }
            for axis in Axis
        ],
        "covered": 100 * standing.covered,
        "indicators": [(one.indicator, one.rule.title) for one in scores],
        "history": selectors.history_of(standing, user),
        "objections": selectors.objections_visible_to(user).filter(month=month, **whose),
        "corrections": selectors.corrections_visible_to(user).filter(month=month, **whose),
        "may_change": user.may("assessment.change"),
        **_points(user, standing), **more,
    }  # fmt: skip
    context["titles"] = dict(context["indicators"])
    return render(request, "assessment/sheet.html", context, status=more.get("status", 200))


def _line(score: Score) -> dict[str, Any]:
    known, rule = catalogue.get(score.indicator), score.rule
    unit = known.unit if known else ""
    return {
        "score": score, "rule": rule, "unit": unit, "indicator": known,
        "parts": known.parts if known else ("", ""), "behind": bool(known and known.behind),
        "words": formulas.in_words(rule.formula, rule.target, rule.floor, rule.params, unit),
    }  # fmt: skip


def _points(user: Any, standing: Standing) -> dict[str, Any]:
    """Entries of a practitioner, newest first, with the cycle that runs and what is left of it."""
    if standing.kind != Kind.PRACTITIONER:
        return {}
    person = Practitioner.objects.filter(pk=standing.subject).first()
    first = points.first_certificate(person.pk) if person else None
    if person is None:
        return {}
    entries = list(points.entries_visible_to(user).filter(practitioner=person)[:100])
    today = timezone.localdate()
    cycle = points.cycle_of(first, today, settings.value("cycle_months")) if first else None
    running = [one for one in entries if cycle and one.cycle_start <= today < one.cycle_end]
    left = points.balance(
        -sum(one.effect for one in running if not one.bonus), sum(one.effect for one in running if one.bonus)
    )
    return {
        "person": person, "entries": entries, "cycle": cycle, "left": left,
        "reversed": {one.reverses_id for one in entries if one.reverses_id}, "today": today,
        "rewards": [rule for rule in selectors.point_rules() if rule.bonus and rule.points],
    }  # fmt: skip


@require_safe
@never_cache
@needs("assessment.view")
def behind(request: HttpRequest, month: str, kind: str, subject: str, indicator: str) -> HttpResponse:
    """The rows behind one figure, fifty a page."""
    found, standing = _found(request, month, kind, subject)
    score = selectors.score_for(request.user, found, kind, subject, indicator)
    known = catalogue.get(indicator)
    if known is None or known.behind is None:
        raise SubjectNotFound(indicator=indicator)
    period = catalogue.month_of(found.first_day, now=found.published_at or found.computed_at)
    rows = known.behind.rows(request.user, subject, period)
    page = page_of(rows.order_by(known.behind.column, "pk"), request.GET, known.behind.column)
    context = {
        "month": found, "standing": standing, "name": shown_name(standing), "line": _line(score), "page": page,
        "head": known.behind.head, "rows": [known.behind.line(row, request.user) for row in page.rows],
    }  # fmt: skip
    return render(request, "assessment/behind.html", context)


@require_POST
@needs("assessment.view")
def object_to(request: HttpRequest, month: str, kind: str, subject: str) -> HttpResponse:
    """Hold something against one figure."""
    found, _standing = _found(request, month, kind, subject)
    data = ObjectionForm(request.POST).require_valid()
    row = workflow.object_to(
        found, kind, subject, data["indicator"], reason=data["reason"], by=request.user
    )  # fmt: skip
    audit.record(request, "assessment.object", f"{found.key} {kind} {subject}", indicator=row.indicator)
    messages.success(request, _("申诉已提交"))
    return redirect("assessment-sheet", month, kind, subject)


@require_POST
@needs("assessment.change")
def correct(request: HttpRequest, month: str, kind: str, subject: str) -> HttpResponse:
    """Put one figure right without an objection."""
    found, _standing = _found(request, month, kind, subject)
    form = FigureForm(request.POST)
    figure = form.figure()
    row = workflow.correct(
        found, kind, subject, form.cleaned_data["indicator"], figure=figure, reason=form.cleaned_data["note"],
        by=request.user,
    )  # fmt: skip
    audit.record(request, "assessment.correct", f"{found.key} {kind} {subject}", indicator=row.indicator)
    messages.success(request, _("已登记更正"))
    return redirect("assessment-sheet", month, kind, subject)
