"""Looking now (实时排查): pick a vehicle, see where it is, ask it for a photo, mark what is seen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.commands.orders import ORDERS
from datacenter.commands.selectors import commands_of
from datacenter.commands.workflow import send_command, terminal_of
from datacenter.errors import DomainError
from datacenter.media.selectors import media_of
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import get_vehicle_for, vehicles_visible_to
from datacenter.screening import workflow
from datacenter.screening.forms import LiveMarkForm, whole_number
from datacenter.tracks.selectors import last_report
from datacenter.tracks.spoken import in_words

_FOUND = 10


@require_GET
@never_cache
@needs("screening.review")
def live(request: HttpRequest) -> HttpResponse:
    """实时排查: search by plate, one vehicle on the screen."""
    pk = whole_number(request.GET.get("vehicle"))
    vehicle = get_vehicle_for(request.user, pk) if pk else None
    q = request.GET.get("q", "").strip().upper()[:10]
    found = list(vehicles_visible_to(request.user).filter(plate__contains=q)[:_FOUND]) if len(q) > 1 else []
    if len(found) == 1 and vehicle is None:
        vehicle = found[0]
    return _page(request, vehicle, q=q, found=found)


@require_POST
@needs("screening.review")
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the vehicle for a photo (0x8801); it comes among its pictures when the terminal has sent it."""
    vehicle, order = get_vehicle_for(request.user, pk), ORDERS["photo"]
    require(request.user, order.right)
    blank = order.form()
    data = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    form = order.form(data | {"channel": request.POST.get("channel", "1")})
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect(_address(vehicle))
    try:
        for message in form.messages(terminal_of(vehicle).edition):
            send_command(
                vehicle,
                message,
                by=request.user,
                kind=order.code,
                summary=f"远程排查拍照：{form.summary()}",
                expires_in=order.expires_in,
                note="远程排查",
            )
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        audit.record(request, "command.send", vehicle.plate, order=order.code, summary=form.summary())
        messages.success(request, _("已要求拍照，照片上传后显示在下方"))
    return redirect(_address(vehicle))


@require_POST
@needs("screening.review")
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """What was seen becomes a finding and a case of the vehicle's county."""
    vehicle = get_vehicle_for(request.user, pk)
    form = LiveMarkForm(request.POST)
    if not form.is_valid():
        return _page(request, vehicle, form=form, status=422)
    data = form.cleaned_data
    try:
        finding = workflow.mark_live(vehicle, by=request.user, kind=data["kind"], at=data["at"], note=data["note"])
    except DomainError as refusal:
        form.add_error(next(iter(refusal.fields), None), refusal.message)
        return _page(request, vehicle, form=form, status=422)
    number = finding.case.number if finding.case else ""
    audit.record(request, "screening.mark", vehicle.plate, case=number)
    messages.success(request, _("已立案 %s") % number)
    return redirect(_address(vehicle))


def _address(vehicle: Vehicle) -> str:
    return f"{reverse('screening-live')}?vehicle={vehicle.pk}"


def _page(request: HttpRequest, vehicle: Vehicle | None, status: int = 200, **more: Any) -> HttpResponse:
    context: dict[str, Any] = {"vehicle": vehicle, "q": "", "found": [], "form": LiveMarkForm(), **more}
    if vehicle is not None:
        context |= {
            "place": in_words(last_report(vehicle)),
            "files": media_of(request.user, vehicle.pk, 12) if request.user.may("media.view") else [],
            "commands": commands_of(request.user, vehicle.pk) if request.user.may("command.view") else [],
        }
    return render(request, "screening/live.html", context, status=status)
