"""The officer's pages on the phone (我的核查单): duty and place, the team's orders, one order and its answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.errors import DomainError
from datacenter.roadside import selectors, workflow
from datacenter.roadside.errors import CheckFieldRefused, CheckNotFound
from datacenter.roadside.forms import AnswerForm, DeclineForm, PlaceForm
from datacenter.roadside.models import RoadsideCheck

_DONE_SHOWN = 10


@require_safe
@never_cache
@needs(workflow.ANSWER)
def my_checks(request: HttpRequest) -> HttpResponse:
    """我的核查单: duty, and the team's orders."""
    patrols = list(selectors.patrols_visible_to(request.user).filter(active=True))
    context = {
        **_listed(request),
        "team": selectors.own_team(request.user),
        "patrols": patrols,
        "mine": next((one for one in patrols if one.on_duty and one.officer_id == request.user.pk), None),
    }
    return render(request, "roadside/phone/list.html", context)


@require_safe
@never_cache
@needs(workflow.ANSWER)
def my_list(request: HttpRequest) -> HttpResponse:
    """The orders alone; the page asks again while it is open."""
    return render(request, "roadside/phone/_list.html", _listed(request))


def _listed(request: HttpRequest) -> dict[str, Any]:
    rows = selectors.checks_visible_to(request.user)
    return {
        "open": list(rows.filter(state__in=selectors.OPEN).order_by("ordered_at", "pk")[:50]),
        "done": list(rows.exclude(state__in=selectors.OPEN)[:_DONE_SHOWN]),
        "now": timezone.now(),
    }


@require_safe
@never_cache
@needs(workflow.ANSWER)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: whom to look for, where it is, and what can be done. Who looked is written down."""
    found = selectors.get_check_for(request.user, pk)
    audit.record(request, "roadside.view", found.case.number, check=pk)
    return _page(request, found)


@require_safe
@never_cache
@needs(workflow.ANSWER)
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the suspect vehicle is now; the page asks again while the order is open."""
    found = selectors.get_check_for(request.user, pk)
    return render(request, "roadside/phone/_place.html", {"check": found, **_place(found)})


@require_POST
@needs(workflow.ANSWER)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """接单, 拒单 or 反馈. A script hears JSON; a form gets the page, with what was typed where it was refused."""
    found = selectors.get_check_for(request.user, pk)
    form: AnswerForm | DeclineForm | None = None
    status, refused, fields = 422, "", {}
    try:
        if verb == "accept":
            found = workflow.accept_check(found, by=request.user)
        elif verb == "decline":
            form = DeclineForm(request.POST)
            if not form.is_valid():
                raise _first(form)
            found = workflow.decline_check(found, by=request.user, **form.cleaned_data)
        elif verb == "answer":
            form = AnswerForm(request.POST, request.FILES)
            if not form.is_valid():
                raise _first(form)
            found = workflow.answer_check(found, by=request.user, **form.said())
        else:
            raise CheckNotFound(pk=pk)
    except CheckNotFound:
        raise
    except CheckFieldRefused as refusal:
        if form is not None and not form.errors:
            form.refuse(refusal)
        refused, fields = refusal.message, refusal.fields
    except DomainError as refusal:
        refused, status = refusal.message, refusal.status
    if refused:
        if _wants_json(request):
            return JsonResponse({"code": "refused", "message": refused, "fields": fields}, status=status)
        return _page(request, selectors.get_check_for(request.user, pk), status, refused, form)
    audit.record(request, f"roadside.{verb}", found.case.number, check=pk)
    if _wants_json(request):
        return JsonResponse({"state": found.state, "label": found.get_state_display()})
    messages.success(request, _("核查单%s") % found.get_state_display())
    return redirect("my-check", pk=pk)


def _first(form: Any) -> CheckFieldRefused:
    field, errors = next(iter(form.errors.items()))
    return CheckFieldRefused(field, str(errors[0]))


@require_POST
@needs(workflow.ANSWER)
def duty(request: HttpRequest) -> HttpResponse:
    """上勤, 下勤, and the switch that shares the patrol's place."""
    text = request.POST.get("patrol", "")
    pk = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    patrol = selectors.get_patrol_for(request.user, pk)
    verb = request.POST.get("verb", "")
    try:
        if verb == "on":
            patrol = workflow.go_on_duty(patrol, by=request.user)
        elif verb == "off":
            patrol = workflow.go_off_duty(patrol, by=request.user)
        elif verb in ("share", "hide"):
            patrol = workflow.share_place(patrol, by=request.user, wanted=verb == "share")
        else:
            raise CheckNotFound(pk=pk)
    except CheckNotFound:
        raise
    except DomainError as refusal:
        if _wants_json(request):
            return JsonResponse({"code": refusal.code, "message": refusal.message, "fields": {}}, status=refusal.status)
        messages.error(request, refusal.message)
        return redirect("my-checks")
    audit.record(request, f"roadside.duty_{verb}", patrol.name, patrol=patrol.pk)
    if _wants_json(request):
        return JsonResponse({"on_duty": patrol.on_duty, "sharing": patrol.sharing})
    return redirect("my-checks")


@require_POST
@needs(workflow.ANSWER)
def report(request: HttpRequest) -> JsonResponse:
    """Where the officer's phone is. Only the newest place is kept, and only while the officer agrees."""
    form = PlaceForm(request.POST)
    patrols = selectors.patrols_visible_to(request.user).filter(officer=request.user, on_duty=True)
    mine = patrols.first() if form.is_valid() else None
    if mine is None:
        status = 409 if form.is_valid() else 422
        return JsonResponse(
            {"code": "refused", "message": _("没有上勤，位置未记录"), "fields": form.errors}, status=status
        )
    try:
        mine = workflow.report_place(mine, by=request.user, **form.said())
    except DomainError as refusal:
        return JsonResponse({"code": refusal.code, "message": refusal.message, "fields": {}}, status=refusal.status)
    return JsonResponse({"located_at": mine.located_at})


def _page(
    request: HttpRequest, found: RoadsideCheck, status: int = 200, refused: str = "", form: Any = None
) -> HttpResponse:
    context = {
        "check": found,
        **_place(found),
        "refused": refused,
        "answer": form if isinstance(form, AnswerForm) else AnswerForm(initial={"key": uuid.uuid4().hex}),
        "decline": form if isinstance(form, DeclineForm) else DeclineForm(),
        "waiting": found.state == RoadsideCheck.State.SENT and found.expires_at > timezone.now(),
        "events": found.events.all(),
    }
    return render(request, "roadside/phone/check.html", context, status=status)


def _place(found: RoadsideCheck) -> dict[str, Any]:
    """Where the vehicle is, how old that is, how far and whither from the patrol."""
    target = selectors.suspects_place(found.case)
    own = selectors.patrols_places([found.patrol]).get(found.patrol_id)
    now = timezone.now()
    near = bool(target and own)
    return {
        "target": target,
        "target_age_s": target.age_s(now) if target else None,
        "target_old": bool(target and target.age_s(now) > selectors.setting("place_stale_s")),
        "distance_km": selectors.straight_m(own, target) / 1000 if near else None,  # type: ignore[arg-type]
        "direction": selectors.direction_of(own, target) if near else "",  # type: ignore[arg-type]
        "now": now,
    }


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")
