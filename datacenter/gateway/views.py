"""Pages of what the gateway could not take: frames in quarantine, terminals that nobody registered."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.errors import DomainError
from datacenter.gateway import selectors
from datacenter.gateway.forms import REASONS, AdoptForm, FrameFilterForm
from datacenter.gateway.models import UnknownTerminal
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.registry.workflow import adopt_terminal

_BYTES_A_LINE = 16
_MOST_UNKNOWN = 200


@require_GET
@needs("quarantine.view")
def quarantine(request: HttpRequest) -> HttpResponse:
    """隔离报文: what came in and could not be taken, with the reasons of the last 24 hours counted."""
    seen = selectors.reasons_of_last_day(request.user)
    form = FrameFilterForm(request.GET, seen=seen)
    form.is_valid()
    wanted = form.cleaned_data
    rows = selectors.frames_visible_to(request.user).defer("raw")
    if reason := wanted.get("reason"):
        rows = rows.filter(reason=reason)
    if q := (wanted.get("q") or "").strip().upper():
        named = vehicles_visible_to(request.user).filter(plate__contains=q).order_by().values_list("pk", flat=True)
        phone = q.lstrip("0") or q  # numbers are kept without the zeros that fill the header
        rows = rows.filter(Q(phone__startswith=phone) | Q(vehicle_id__in=list(named[:50])))
    if since := wanted.get("since"):
        rows = rows.filter(at__gte=since)
    if until := wanted.get("until"):
        rows = rows.filter(at__lte=until)
    context = {
        "form": form,
        "page": page_of(rows, request.GET, "at"),
        "seen": [{**row, "label": REASONS.get(row["reason"], row["reason"])} for row in seen],
        "reasons": REASONS,
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "gateway/quarantine.html", context)


@require_GET
@needs("quarantine.view")
def frame_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One quarantined frame with its bytes."""
    frame = selectors.get_frame_for(request.user, pk)
    raw = bytes(frame.raw)
    audit.record(request, "frame.view", f"隔离报文 {pk}")
    context = {
        "frame": frame,
        "reason": REASONS.get(frame.reason, frame.reason),
        "dump": _dump(raw),
        "hex": raw.hex(),
        "size_bytes": len(raw),
    }
    return render(request, "gateway/frame_detail.html", context)


@require_GET
@needs("terminal.adopt")
def unknown_terminals(request: HttpRequest) -> HttpResponse:
    """未登记终端, each with the vehicle that its plate names."""
    return render(request, "gateway/unknown_terminals.html", _unknown(request))


@require_POST
@needs("terminal.adopt")
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """接纳: the terminal enters the registry for the vehicle that was chosen or confirmed."""
    unknown = selectors.get_unknown_for(request.user, pk)
    form = AdoptForm(request.POST, unknown=unknown, user=request.user)
    status = 422
    if form.is_valid():
        vehicle: Vehicle = form.cleaned_data["vehicle"]
        try:
            adopt_terminal(unknown, vehicle=vehicle, by=request.user, replacing=form.terminal)
        except DomainError as refusal:
            form.add_error("plate", refusal.message)
            status = refusal.status
        else:
            text = _("终端 %(phone)s 已接纳到 %(plate)s，下次连接即可上线") % {
                "phone": unknown.phone, "plate": vehicle.plate}  # fmt: skip
            if not request.htmx:
                messages.success(request, text)
                return redirect("unknown-terminals")
            response = render(request, "gateway/_unknown_rows.html", _unknown(request))
            response["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": "success"}})
            return response
    template = "gateway/_unknown_rows.html" if request.htmx else "gateway/unknown_terminals.html"
    return render(request, template, _unknown(request, form), status=status)


def _unknown(request: HttpRequest, filled: AdoptForm | None = None) -> dict[str, Any]:
    """Each terminal with the vehicles its plate may mean; ``filled`` is the form that came back with errors."""
    terminals: list[UnknownTerminal] = list(selectors.unknown_terminals_visible_to(request.user)[: _MOST_UNKNOWN + 1])
    matches = selectors.vehicles_by_plate(request.user, (terminal.plate for terminal in terminals))
    rows = []
    for terminal in terminals[:_MOST_UNKNOWN]:
        form = filled if filled and filled.unknown.pk == terminal.pk else None
        vehicles = form.candidates if form else matches.get(terminal.plate, [])
        same_colour = [v for v in vehicles if v.plate_colour == terminal.plate_colour]
        rows.append({
            "terminal": terminal,
            "form": form,
            "plate": form.data.get("plate", "") if form else terminal.plate,
            "vehicles": vehicles if form else same_colour or vehicles,
        })  # fmt: skip
    return {"rows": rows, "more": len(terminals) > _MOST_UNKNOWN, "most": _MOST_UNKNOWN}


def _dump(raw: bytes) -> list[dict[str, str]]:
    """Lines of a hex dump: offset, bytes, and what of it is plain text."""
    lines = []
    for offset in range(0, len(raw), _BYTES_A_LINE):
        piece = raw[offset : offset + _BYTES_A_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        lines.append({"offset": f"{offset:04x}", "bytes": piece.hex(" "), "text": text})
    return lines
