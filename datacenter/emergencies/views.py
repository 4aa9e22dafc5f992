"""Pages of the emergency desk (紧急报警台): what rings, one call and what can be done, the list, the hand-over note."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.emergencies import paper, selectors
from datacenter.emergencies.errors import CallNotFound, CallRefused, NoteMissing
from datacenter.emergencies.forms import FORMS, CallFilters, VerbForm
from datacenter.emergencies.models import EmergencyCall
from datacenter.emergencies.orders import DESK_ORDERS, order_for_call, orders_for
from datacenter.emergencies.pictures import pictures_of
from datacenter.emergencies.workflow import available_verbs
from datacenter.errors import DomainError
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.tracks.ground import map_ground
from datacenter.tracks.selectors import is_demo

_NUMBER = "emergency_phone"  # the session remembers the officer's own number for calls back


@require_GET
@never_cache
@needs("emergency.view")
def desk(request: HttpRequest) -> HttpResponse:
    """The desk with the first call that waits."""
    calls = list(selectors.open_calls_visible_to(request.user))
    return _desk(request, calls[0] if calls else None, calls)


@require_GET
@never_cache
@needs("emergency.view")
def call_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The desk with one call; with htmx the call alone. Who looked at it is written down."""
    call = selectors.get_call_for(request.user, pk)
    audit.record(request, "emergency.view", call.plate, call=call.pk)
    if request.headers.get("HX-Target") == "call-body":
        return render(request, "emergencies/_call.html", _context(request, call))
    return _desk(request, call, list(selectors.open_calls_visible_to(request.user)))


@require_GET
@never_cache
@needs("emergency.view")
def open_calls(request: HttpRequest) -> HttpResponse:
    """The calls that are not over, as a part of the desk."""
    calls = list(selectors.open_calls_visible_to(request.user))
    chosen = request.GET.get("call", "")
    return render(request, "emergencies/_open.html", {"calls": calls, "chosen": int(chosen) if _is_id(chosen) else 0})


@require_GET
@never_cache
@needs("emergency.view")
def ringing(request: HttpRequest) -> JsonResponse:
    """The calls that nobody has taken, for the bar on every page."""
    calls = selectors.ringing_visible_to(request.user)[:20]
    told = [
        {
            "id": call.pk,
            "plate": call.plate,
            "company": call.company.name if call.company else "",
            "raised_at": call.raised_at.isoformat(),
            "late_s": call.late_s if call.is_late else 0,
            "url": reverse("emergency-call", args=[call.pk]),
        }
        for call in calls
    ]
    return _json({"calls": told, "now": timezone.now().isoformat()})


@require_GET
@never_cache
@needs("emergency.view")
def place(request: HttpRequest, pk: int) -> JsonResponse:
    """Where the vehicle of a call is and has been."""
    call = selectors.get_call_for(request.user, pk)
    trail = selectors.trail_of(call, timezone.now())
    return _json({"trail": trail.points, "state": call.state, "bit_on": call.bit_on, "plate": call.plate})


@require_GET
@never_cache
@needs("emergency.view")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """What was done so far, and the pictures; the page asks again while the call is open."""
    call = selectors.get_call_for(request.user, pk)
    return render(request, "emergencies/_progress.html", _done(request, call))


@require_POST
@needs("emergency.handle")
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One verb on one call. What was typed comes back with any refusal."""
    call = selectors.get_call_for(request.user, pk)
    if verb not in FORMS:
        raise CallNotFound(call=pk)
    form, status = FORMS[verb](request.POST, call=call), 422
    if form.is_valid():
        try:
            form.act(request.user)
        except NoteMissing as refusal:
            form.refuse(refusal)
        except CallRefused as refusal:  # somebody else was faster: show how the call stands now
            form.add_error(None, refusal.message)
            call, status = selectors.get_call_for(request.user, pk), refusal.status
        else:
            audit.record(request, f"emergency.{verb}", call.plate, call=pk)
            return _after(request, pk, _("%(plate)s：%(verb)s") % {"plate": call.plate, "verb": form.label})
    return _body(request, call, status, form)


@require_POST
@needs("emergency.order")
def order(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One order to the vehicle of a call: a photo, a listening-in, the confirmation."""
    call = selectors.get_call_for(request.user, pk)
    if name not in DESK_ORDERS:
        raise CallNotFound(call=pk)
    said = {field: request.POST.get(field, "")[:40] for field in DESK_ORDERS[name].asks}
    try:
        command = order_for_call(call, name, by=request.user, **said)
    except DomainError as refusal:
        status = refusal.status if refusal.status in (403, 409) else 422
        if request.htmx:  # type: ignore[attr-defined]
            # The page stays as it is: somebody may be writing a note in it.
            toast = {"toast": {"text": refusal.message, "kind": "error"}}
            return HttpResponse(status=200, headers={"HX-Reswap": "none", "HX-Trigger": json.dumps(toast)})
        return _body(request, call, status, more={"order_refused": refusal.message, "order_said": said})
    if "phone" in said:
        request.session[_NUMBER] = said["phone"]
    audit.record(request, "emergency.order", call.plate, call=pk, order=name, summary=command.summary)
    text = _("已下发：%s") % command.summary
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, text)
        return redirect("emergency-call", pk=pk)
    response = render(request, "emergencies/_progress.html", _done(request, call))
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": "success"}})
    return response


@require_POST
@never_cache
@needs("emergency.handle")
def unmask(request: HttpRequest, pk: int) -> HttpResponse:
    """The drivers of a call with names and numbers in full, so that somebody can ring them; it is written down."""
    call = selectors.get_call_for(request.user, pk)
    for binding in selectors.drivers_of(request.user, call):
        audit.record(request, "practitioner.unmask", f"从业人员 {binding.practitioner_id}", call=pk)
    drivers = _drivers(request, call, unmasked=True)
    return render(request, "emergencies/_drivers.html", {"call": call, "drivers": drivers, "unmasked": True})


@require_GET
@never_cache
@needs("emergency.view")
def hand_over_note(request: HttpRequest, pk: int) -> HttpResponse:
    """移交单: a call on paper. Names and numbers in full only for who handles it; that it was drawn up is recorded."""
    call = selectors.get_call_for(request.user, pk)
    whole = request.user.may("emergency.handle")  # type: ignore[union-attr]
    audit.record(request, "emergency.note", call.plate, call=pk, whole=whole)
    trail = selectors.trail_of(call, timezone.now())
    context = {
        "call": call,
        "drivers": _drivers(request, call, unmasked=whole),
        "events": selectors.events_of(call)[::-1],
        "pictures": pictures_of(request.user, call),
        "sketch": paper.sketch(trail),
        "rows": paper.rows(trail, call),
        "printed_at": timezone.now(),
    }
    return render(request, "emergencies/note.html", context)


@require_GET
@needs("emergency.view")
def history(request: HttpRequest) -> HttpResponse:
    """All calls, newest first, with how fast they were taken."""
    form = CallFilters(request.GET)
    form.is_valid()
    context = {
        "form": form,
        "page": page_of(selectors.found(selectors.calls_visible_to(request.user), form.cleaned_data), request.GET,
                        "raised_at"),
        "figures": selectors.figures_for(request.user, timezone.now()),
        "outcomes": EmergencyCall.Outcome.choices,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }  # fmt: skip
    return render(request, "emergencies/history.html", context)


@require_GET
@needs("emergency.view")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV or xlsx; written down with its size."""
    form = CallFilters(request.GET)
    form.is_valid()
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    rows = selectors.found(selectors.calls_visible_to(request.user), form.cleaned_data)
    response, written = paper.as_file(rows, kind)
    wanted = {name: value for name, value in request.GET.items() if value}
    audit.record(request, "emergency.export", kind, rows=written, filters=wanted)
    return response


def _json(told: dict[str, Any]) -> JsonResponse:
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _desk(request: HttpRequest, call: EmergencyCall | None, calls: list[EmergencyCall]) -> HttpResponse:
    context = {
        "calls": calls,
        "chosen": call.pk if call else 0,
        "figures": selectors.figures_for(request.user, timezone.now()),
        "ground": map_ground(is_demo(request.user)),
        **(_context(request, call) if call else {}),
    }
    return render(request, "emergencies/desk.html", context)


def _after(request: HttpRequest, pk: int, text: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, text)
        return redirect("emergency-call", pk=pk)
    response = _body(request, selectors.get_call_for(request.user, pk), 200)
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": "success"}, "emergency-acted": {"call": pk}})
    return response


def _body(
    request: HttpRequest,
    call: EmergencyCall,
    status: int,
    filled: VerbForm | None = None,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {**_context(request, call, filled), **(more or {})}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "emergencies/_call.html", context, status=status)
    context |= {
        "calls": list(selectors.open_calls_visible_to(request.user)),
        "chosen": call.pk,
        "figures": selectors.figures_for(request.user, timezone.now()),
        "ground": map_ground(is_demo(request.user)),
    }
    return render(request, "emergencies/desk.html", context, status=status)


def _context(request: HttpRequest, call: EmergencyCall, filled: VerbForm | None = None) -> dict[str, Any]:
    """What one call's part of the desk shows; ``filled`` is the form that came back with errors."""
    user: Any = request.user
    verbs = available_verbs(call, user)
    forms = [filled if filled and filled.verb == verb else FORMS[verb](call=call) for verb in verbs if verb in FORMS]
    return {
        "call": call,
        "verb_forms": forms,
        "refused": filled if filled and filled.verb not in verbs else None,
        "orders": orders_for(call) if "request" in verbs else [],
        "phone": request.session.get(_NUMBER, ""),
        "drivers": _drivers(request, call, unmasked=False),
        **_done(request, call),
    }


def _done(request: HttpRequest, call: EmergencyCall) -> dict[str, Any]:
    return {"call": call, "events": selectors.events_of(call), "pictures": pictures_of(request.user, call)}


def _drivers(request: HttpRequest, call: EmergencyCall, *, unmasked: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": binding.practitioner.name if unmasked else mask_name(binding.practitioner.name),
            "phone": binding.practitioner.phone if unmasked else mask_phone(binding.practitioner.phone),
            "binding": binding,
        }
        for binding in selectors.drivers_of(request.user, call)
    ]
