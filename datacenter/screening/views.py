"""The desk's pages (远程排查): one item after the other, and what the answers say about people and detectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import scope_of
from datacenter.detection.case_block import evidence_in
from datacenter.detection.models import DetectorSetting
from datacenter.detection.settings import screen_first as set_screen_first
from datacenter.errors import DomainError
from datacenter.media.proof import wanted_of
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.screening import selectors, workflow
from datacenter.screening.errors import ItemNotFound
from datacenter.screening.forms import AnswerForm, whole_number
from datacenter.screening.models import Review, ReviewItem

REPORT_DAYS = 30


@require_GET
@never_cache
@needs("screening.review")
def desk(request: HttpRequest) -> HttpResponse:
    """远程排查: the item asked for, or the next; opening the desk takes it."""
    now, refused, item = timezone.now(), "", None
    if wanted := whole_number(request.GET.get("item")):
        try:
            item = workflow.take(wanted, by=request.user, now=now)
        except DomainError as refusal:
            refused = refusal.message
    item = item or workflow.take_next(request.user, now=now)
    context = {**_frame(request, item), **_item(request, item), "refused": refused}
    return render(request, "screening/desk.html", context)


@needs("screening.review")
@require_POST
def fetch_next(request: HttpRequest) -> HttpResponse:
    """The item behind those on the screen, leased ahead so that an answer shows it at once."""
    return JsonResponse({"next": _ahead(request)})


@needs("screening.review")
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One answer. A script gets the figures, the queue and the item after the one it shows now; a form the desk."""
    answered = _answer(request, pk, verb)
    audit.record(request, f"screening.{verb}", str(pk), plate=answered.plate if answered else "")
    if _wants_json(request):
        shown = whole_number(request.POST.get("shown"))
        current = selectors.items_visible_to(request.user).filter(pk=shown).first() if shown else None
        frame = _frame(request, current)
        return JsonResponse(
            {
                "figures": render_to_string("screening/_figures.html", frame, request),
                "queue": render_to_string("screening/_queue.html", frame, request),
                "next": _ahead(request),
            }
        )
    messages.success(request, _said(answered))
    return redirect("screening")


@require_GET
@needs("screening.report")
def report(request: HttpRequest) -> HttpResponse:
    """排查统计: agreement of pairs, each reviewer's pace, each detector's precision and why it was rejected."""
    now = timezone.now()
    since = now - timedelta(days=REPORT_DAYS)
    context = {
        "days": REPORT_DAYS,
        "agreement": selectors.agreement_for(request.user, since),
        "people": selectors.paces(request.user, since),
        "detectors": selectors.detector_figures(request.user, REPORT_DAYS, now),
        "waiting": selectors.waiting_for(request.user),
        "may_set": request.user.may("detector.change"),
        "share_percent": workflow.setting("blind_share_percent"),
    }
    return render(request, "screening/report.html", context)


@needs("detector.change")
@require_POST
def screen_first(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a detector's findings wait for the desk before they open a case."""
    setting = get_object_or_404(DetectorSetting, pk=code)
    wanted = request.POST.get("wanted") == "1"
    set_screen_first(setting, wanted=wanted, by=request.user)
    audit.record(request, "screening.first", code, wanted=wanted)
    return redirect("screening-report" if request.user.may("screening.report") else "home")


def _answer(request: HttpRequest, pk: int, verb: str) -> ReviewItem | None:
    if verb == "release":
        workflow.release(pk, by=request.user)
        return None
    if verb == "skip":
        return workflow.skip(pk, by=request.user)
    form = AnswerForm(request.POST)
    form.require_valid()
    data: dict[str, Any] = {"by": request.user, "mark": form.mark(), "note": form.cleaned_data["note"]}
    if verb == "confirm":
        return workflow.confirm(pk, **data)
    if verb == "reject":
        return workflow.reject(pk, reason=request.POST.get("reason", ""), **data)
    raise ItemNotFound(pk=pk)


def _said(item: ReviewItem | None) -> str:
    if item is None:
        return _("已放回队列")
    if item.is_open:
        return _("已记录意见")
    number = item.finding.case.number if item.finding.case_id else ""
    return f"{item.get_state_display()} {number}".strip()


def _ahead(request: HttpRequest) -> dict[str, Any] | None:
    """The next item besides what ``shown`` says is on the screen, drawn."""
    shown = whole_number(request.POST.get("shown"))
    item = workflow.take_next(request.user, besides=[shown] if shown else [])
    if item is None:
        return None
    return {"pk": item.pk, "html": render_to_string("screening/_item.html", _item(request, item), request)}


def _frame(request: HttpRequest, current: ReviewItem | None) -> dict[str, Any]:
    """What stands around the item: queue and figures."""
    now = timezone.now()
    since = now - timedelta(days=REPORT_DAYS)
    return {
        "queue": selectors.queue_for(request.user, now),
        "current": current,
        "waiting": selectors.waiting_for(request.user),
        "pace": selectors.pace_today(request.user, now),
        "agreement": selectors.agreement_for(request.user, since),
        "days": REPORT_DAYS,
        "level": scope_of(request.user).level,
    }


def _item(request: HttpRequest, item: ReviewItem | None) -> dict[str, Any]:
    """One item with all that is needed to judge it. Whose name was looked at is written down."""
    if item is None:
        return {"item": None}
    if item.driver_name:
        audit.record(request, "screening.view", item.plate, item=item.pk)
    return {
        "item": item,
        "evidence": evidence_in(item.finding, item.industry),
        "wanted": wanted_of(item.finding, item.industry, request.user),
        "strip": selectors.strip_of(item, request.user),
        "past": selectors.past_of(item, request.user, timezone.now()),
        "reasons": Review.Reason.choices,
        "vehicle_in_scope": vehicles_visible_to(request.user).filter(pk=item.vehicle_id).exists(),
        "whole_names": request.user.may("personal_data.unmask") or request.user.may("case.names"),
    }


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
