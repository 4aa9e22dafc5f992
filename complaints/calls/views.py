"""Pages of telephony (通话): the list with what waits to be completed, one call with its recording."""

from __future__ import annotations

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from complaints.calls import selectors, serving, workflow
from complaints.calls.announce import desks
from complaints.calls.errors import CallNotFound, RecordingMissing
from complaints.calls.export import calls_file
from complaints.calls.forms import TABS, CallFilters
from complaints.calls.models import Call
from complaints.calls.recordings import path_of
from complaints.orders.selectors import caller_of
from complaints.orders.words import dialled
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.registry.sheets.writing import TYPES

_SHOWN = 3
_LISTENS_S = 3600
"""A player asks for a recording in many parts: within an hour they are one listening."""


@require_safe
@never_cache
@needs("call.view")
def call_list(request: HttpRequest) -> HttpResponse:
    """通话, the newest first, fifty a page; 待补录 are those that an operator still has to write down."""
    filters = CallFilters(request.GET)
    rows = selectors.calls_visible_to(request.user)
    page = page_of(filters.cut(rows), request.GET, "rang_at")
    known = desks()
    context = {
        "filters": filters,
        "page": page,
        "lines": [{"call": call, "number": selectors.number_for(call, request.user, known)} for call in page.rows],
        "tabs": [{"value": value, "label": label, "current": value == filters.tab} for value, label in TABS],
        "waiting": selectors.to_complete(rows.select_related(None)).order_by().count(),
        "desks": selectors.known_extensions(),
    }
    return render(request, "complaints/calls/call_list.html", context)


@require_safe
@needs("call.view")
def call_export(request: HttpRequest) -> HttpResponse:
    """导出: what the list shows under its filters; written down with its size."""
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    rows = CallFilters(request.GET).cut(selectors.calls_visible_to(request.user))
    data, written = calls_file(rows, request.user, format)
    audit.record(request, "call.export", format, rows=written)
    response = HttpResponse(data, content_type=TYPES[format], headers={"Cache-Control": "no-store"})
    name = f"通话{timezone.localtime():%Y%m%d-%H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


@require_safe
@never_cache
@needs("call.view")
def call_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: who, when, its order, its recording, and what the platform said of it."""
    call = selectors.get_call_for(request.user, pk)
    mine, number = selectors.is_whole_for(call, request.user), selectors.number_for(call, request.user)
    events = [
        {"event": event, "known": event.body if mine else _masked(event.body, number)}
        for event in selectors.events_of(call)
    ]
    if mine:
        audit.record(request, "call.number", f"通话 {call.pk}")
    context = {
        "call": call, "number": number, "mine": mine, "events": events,
        "may_take": request.user.may("call.answer") and call.operator_id is None and call.was_answered,
    }  # fmt: skip
    return render(request, "complaints/calls/call_detail.html", context)


def _masked(body: dict[str, object], number: str) -> dict[str, object]:
    return {name: number if name == "caller" and value else value for name, value in body.items()}


@require_safe
@never_cache
@needs("call.answer")
def ringing(request: HttpRequest) -> JsonResponse:
    """What pops up on the operator's screen: asked when a page opens and after each break of its socket."""
    return JsonResponse({"calls": selectors.ringing_for(request.user)})


@require_safe
@never_cache
@needs("call.answer")
def caller(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of who rings (来话人), for the pop-up of the operator who reads the number whole."""
    call = selectors.get_call_for(request.user, pk)
    if not call.caller or not selectors.is_whole_for(call, request.user):
        raise CallNotFound(call=pk)
    # The order that the call itself was given is no earlier one.
    known = caller_of(request.user, dialled(call.caller), but=call.order.number if call.order else "")
    if known.total:
        audit.record(request, "complaint.caller", f"通话 {call.pk}", orders=known.total)
    context = {"times": known.total, "unsatisfied": known.unsatisfied, "open": known.open[:_SHOWN]}
    return render(request, "complaints/calls/_caller.html", context)


@require_POST
@needs("call.answer")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """An operator takes charge of a call that is nobody's."""
    selectors.get_call_for(request.user, pk)
    call = workflow.take_charge(pk, by=request.user)
    messages.success(request, _("您已负责这通电话"))
    return redirect("call-detail", call.pk)


@require_POST
@needs("call.answer")
def order(request: HttpRequest, pk: int) -> HttpResponse:
    """补录: the call's order, made if there is none; the console goes on with it."""
    call = selectors.get_call_for(request.user, pk)
    workflow.ensure_order(call, by=request.user)
    return redirect(f"/complaints/?call={call.pk}")


@require_safe
@needs("call.listen")
def recording(request: HttpRequest, pk: int) -> HttpResponseBase:
    """录音: the sound or the part that the player asks for. Who listened is written down, once an hour."""
    call = selectors.get_call_for(request.user, pk)
    if call.recording_state != Call.Recording.KEPT:
        raise RecordingMissing(call=pk)
    found = serving.answer(request, path_of(call), call.recording_type)
    if _begins(request, call):
        audit.record(request, "call.listen", f"通话 {call.pk}", sha256=call.recording_sha256)
    return found


def _begins(request: HttpRequest, call: Call) -> bool:
    """Whether this is a listening of its own, whichever part of the sound is asked for first."""
    try:
        return bool(cache.add(f"call:listened:{request.user.pk}:{call.pk}", 1, _LISTENS_S))
    except (RedisError, OSError):
        return True
