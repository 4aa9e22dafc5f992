"""The page of the minute behind a complaint (投诉时刻)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from complaints.minute import workflow
from complaints.minute.facts import Minute, behind
from complaints.orders.models import Order
from complaints.orders.selectors import get_order_for
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.errors import FieldRefused
from datacenter.tracks.ground import map_ground
from taxi.models import Trip
from taxi.selectors import tariffs
from taxi.shown import shift_shown, trip_shown

UNKNOWN_TRIP = "这趟营运记录不在该时段内"


class EvidenceForm(forms.Form):
    """What the minute is to prove, and a word about it."""

    violation = forms.ChoiceField(
        label=gettext_lazy("认定线索"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    note = forms.CharField(
        label=gettext_lazy("取证说明"), required=False, max_length=300,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = workflow.kinds_of_violation()
        self.fields["violation"].choices = [("", _("只存证，不认定")), *kinds]  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@needs("complaint.view")
def minute(request: HttpRequest, number: str) -> HttpResponse:
    """投诉时刻: GET shows it, POST takes it as evidence; both are written down."""
    order = get_order_for(request.user, number)
    asked = request.GET.get("trip") or request.POST.get("trip") or ""
    found = behind(order, request.user, int(asked) if asked.isdecimal() and len(asked) < 19 else None)
    if found is not None and asked and (found.trip is None or str(found.trip.pk) != asked):
        raise Http404(UNKNOWN_TRIP)
    form = EvidenceForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and found is not None and form.is_valid():
        try:
            kept = workflow.take_as_evidence(order, found, by=request.user, **form.cleaned_data)
        except FieldRefused as refusal:
            form.add_error(refusal.field, refusal.message)
            status = refusal.status
        else:
            audit.record(request, "complaint.evidence", order.number, sha256=kept.sha256)
            messages.success(request, _("已存证，SHA-256 %s…") % kept.sha256[:16])
            return redirect("complaint-minute", number=order.number)
    audit.record(request, "complaint.minute", order.number, vehicle=order.vehicle_id)
    return render(request, "complaints/minute/minute.html", _context(request, order, found, form), status=status)


def _context(request: HttpRequest, order: Order, found: Minute | None, form: EvidenceForm) -> dict[str, Any]:
    context: dict[str, Any] = {
        "order": order,
        "minute": found,
        "form": form,
        "kept": order.evidence.select_related("by"),
    }
    if found is None:
        return context
    trip = found.trip
    return context | {
        "trip": trip_shown(trip, tariffs()) if trip else None,
        "shift": shift_shown(found.shift) if found.shift else None,
        "may_take": request.user.may("complaint.evidence"),
        "config": {
            **map_ground(),
            "points": found.way.points,
            "from": int(found.since.timestamp()),
            "until": int(found.until.timestamp()),
            "board": _place(trip, "board"),
            "alight": _place(trip, "alight"),
        },
    }


def _place(trip: Trip | None, end: str) -> list[float] | None:
    latitude, longitude = (getattr(trip, f"{end}_{axis}_e6", None) for axis in ("latitude", "longitude"))
    return None if latitude is None or longitude is None else [latitude / 1e6, longitude / 1e6]
