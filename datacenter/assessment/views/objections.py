"""The inbox of objections (申诉处理)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.assessment import catalogue, selectors, workflow
from datacenter.assessment.errors import SubjectNotFound
from datacenter.assessment.forms import FigureForm
from datacenter.assessment.models import Objection, Score
from datacenter.assessment.views.months import shown_name
from datacenter.registry.paging import PAGE_SIZE


@require_safe
@needs("assessment.view")
def inbox(request: HttpRequest) -> HttpResponse:
    """Objections in scope, those that wait first; each with the figure it is about."""
    rows = selectors.objections_visible_to(request.user)
    waiting = list(rows.filter(state=Objection.State.OPEN).order_by("asked_at", "pk")[:PAGE_SIZE])
    decided = list(rows.exclude(state=Objection.State.OPEN)[:PAGE_SIZE])
    figures = {
        (one.month_id, one.kind, one.subject, one.indicator): one
        for one in selectors.scores_visible_to(request.user).filter(
            month__in={row.month_id for row in waiting}, subject__in={row.subject for row in waiting}
        )
    } if waiting else {}  # fmt: skip
    context = {
        "waiting": [_shown(row, figures) for row in waiting],
        "decided": [_shown(row, {}) for row in decided],
        "may_change": request.user.may("assessment.change"),
        "total": rows.filter(state=Objection.State.OPEN).count(),
    }
    return render(request, "assessment/objections.html", context)


def _shown(row: Objection, figures: dict[tuple[Any, ...], Score]) -> dict[str, Any]:
    known = catalogue.get(row.indicator)
    return {
        "row": row, "name": shown_name(row), "parts": known.parts if known else ("", ""),
        "unit": known.unit if known else "",
        "score": figures.get((row.month_id, row.kind, row.subject, row.indicator)),
    }  # fmt: skip


@require_POST
@needs("assessment.change")
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Uphold an objection with the figure as it should be, or reject it with the reason."""
    if not selectors.objections_visible_to(request.user).filter(pk=pk).exists():
        raise SubjectNotFound(pk=pk)
    if verb == "uphold":
        form = FigureForm(request.POST)
        figure = form.figure()
        row = workflow.uphold(pk, figure=figure, note=form.cleaned_data["note"], by=request.user)
    elif verb == "reject":
        row = workflow.reject(pk, note=request.POST.get("note", ""), by=request.user)
    else:
        raise SubjectNotFound(verb=verb)
    audit.record(request, f"assessment.{verb}", f"{row.month.key} {row.kind} {row.subject}", indicator=row.indicator)
    messages.success(request, _("申诉已处理：%(state)s") % {"state": row.get_state_display()})
    return redirect("assessment-objections")
