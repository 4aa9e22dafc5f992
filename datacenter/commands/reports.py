"""Pages of what a terminal reported besides positions (终端上报)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.facts.selectors import get_report_for, kinds_of, reports_visible_to
from datacenter.facts.words import rows_of
from datacenter.registry.selectors import get_vehicle_for


@require_safe
@needs("vehicle.view")
def report_list(request: HttpRequest, pk: int) -> HttpResponse:
    """A vehicle's reports, the newest first; ``message`` cuts them to one kind."""
    vehicle = get_vehicle_for(request.user, pk)
    rows = reports_visible_to(request.user).filter(vehicle=vehicle)
    wanted = request.GET.get("message", "")
    kinds = kinds_of(rows)
    known = {str(kind["message_id"]) for kind in kinds}
    page = page_of(rows.filter(message_id=int(wanted)) if wanted in known else rows, request.GET, "received_at")
    context = {"vehicle": vehicle, "page": page, "kinds": kinds, "wanted": wanted}
    return render(request, "commands/report_list.html", context)


@require_safe
@needs("vehicle.view")
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One report, field by field, and its raw body. Cards and waybills name people: who looks is written down."""
    report = get_report_for(request.user, pk)
    audit.record(request, "report.view", report.vehicle.plate, report=pk, message=f"0x{report.message_id:04X}")
    context = {
        "report": report,
        "rows": rows_of(report.protocol, report.message_id, report.content),
        "raw": bytes(report.raw).hex(" ").upper()[:6000],
    }
    return render(request, "commands/report_detail.html", context)
