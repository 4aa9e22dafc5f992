"""Pages of vehicles from elsewhere (外地车线索): the list, one lead with its evidence, the decision, the file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.detection import case_block
from datacenter.detection.catalogue import detectors
from datacenter.detection.detectors.elsewhere import Elsewhere
from datacenter.detection.elsewhere import export as files
from datacenter.detection.elsewhere import selectors, workflow
from datacenter.detection.elsewhere.errors import DecisionRefused, LeadNotFound
from datacenter.detection.elsewhere.forms import DecisionForm, LeadFilters
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.detection.selectors import clause_is_verified
from datacenter.detection.words import readable
from datacenter.errors import DomainError

_BY = {"loaded": "载客信号", "ways": "停靠接送", "reads": "卡口识别"}


@require_GET
@needs("finding.view")
def leads(request: HttpRequest) -> HttpResponse:
    """All leads, newest first."""
    form = LeadFilters(request.GET)
    form.is_valid()
    rows = selectors.found(selectors.leads_visible_to(request.user), form.cleaned_data)
    context = {
        "form": form,
        "page": page_of(rows, request.GET, "found_at"),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "detection/elsewhere/list.html", context)


@require_GET
@needs("finding.view")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV or xlsx; written down with its size."""
    form = LeadFilters(request.GET)
    form.is_valid()
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    rows = selectors.found(selectors.leads_visible_to(request.user), form.cleaned_data)
    response, written = files.as_file(rows, kind)
    wanted = {name: value for name, value in request.GET.items() if value}
    audit.record(request, "elsewhere.export", kind, rows=written, filters=wanted)
    return response


@require_GET
@needs("finding.view")
def lead_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One lead with its days, rides and reads; who looked at it is written down."""
    lead = selectors.get_lead_for(request.user, pk)
    audit.record(request, "elsewhere.view", lead.plate, lead=pk)
    return _page(request, lead, DecisionForm())


@require_POST
@needs(workflow.DECIDE)
def decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm or reject. What was typed comes back with a refusal."""
    lead = selectors.get_lead_for(request.user, pk)
    if verb not in ("confirm", "reject"):
        raise LeadNotFound(pk=pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, lead, form, 422)
    said = form.cleaned_data
    try:
        if verb == "confirm":
            lead = workflow.confirm_lead(lead, by=request.user, note=said["note"])
        else:
            lead = workflow.reject_lead(lead, by=request.user, reason=said["reason"], note=said["note"])
    except DecisionRefused as refusal:
        form.add_error(refusal.field, refusal.message)
        return _page(request, lead, form, refusal.status)
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return _page(request, selectors.get_lead_for(request.user, pk), form, refusal.status)
    audit.record(request, f"elsewhere.{verb}", lead.plate, lead=pk, reason=lead.reason, case=lead.case_id)
    text = _("已确认，案号 %s") % lead.case.number if lead.case else _("已排除")
    messages.success(request, text)
    return redirect("elsewhere-lead", pk=pk)


def _page(request: HttpRequest, lead: ElsewhereLead, form: DecisionForm, status: int = 200) -> HttpResponse:
    user: Any = request.user
    evidence = lead.evidence
    track = evidence["track"]
    context = {
        "lead": lead,
        "form": form,
        "deciding": lead.state == ElsewhereLead.State.NEW and user.may(workflow.DECIDE),
        "case_open": lead.case_id and user.may("case.view"),
        "verified": clause_is_verified(Elsewhere.code),
        "measures": _figures(lead.measures, {n: (m.title, m.unit) for n, m in Elsewhere().measures().items()}),
        "limits": _figures(lead.limits, detectors()[Elsewhere.code].words_of_limits()),
        "days": [{"day": day, **figures, "by": _BY[figures["by"]]} for day, figures in evidence["days"].items()],
        "rides": [_ride(ride) for ride in reversed(evidence["rides"])],
        "reads": [{"at": _at(at), "place": place or f"{lat:.5f}, {lon:.5f}"} for at, lon, lat, place in
                  reversed(evidence["reads"])],
        "track": {"points": track, "from": track[0][0], "until": track[-1][0]} if len(track) > 1 else None,
        "ground": case_block.ground(),
    }  # fmt: skip
    return render(request, "detection/elsewhere/lead.html", context, status=status)


def _figures(values: dict[str, Any], words: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    return [readable(title, values[name], unit) for name, (title, unit) in words.items() if name in values]


def _ride(ride: list[Any]) -> dict[str, Any]:
    begun, lon, lat, ended, to_lon, to_lat, loaded = ride
    places = f"{lat:.5f}, {lon:.5f}", f"{to_lat:.5f}, {to_lon:.5f}"
    return {"begun": _at(begun), "ended": _at(ended), "from": places[0], "to": places[1], "loaded": loaded}


def _at(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
