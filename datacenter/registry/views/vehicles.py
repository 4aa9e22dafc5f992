"""Vehicles (车辆): the list and one vehicle's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from datacenter.accounts.permissions import needs
from datacenter.registry import rules
from datacenter.registry.forms import VehicleFilters
from datacenter.registry.paging import page_of
from datacenter.registry.sections import sections_of
from datacenter.registry.selectors import (
    bindings_visible_to,
    get_vehicle_for,
    permits_visible_to,
    vehicles_visible_to,
    with_terminal_in_use,
)
from datacenter.registry.validity import validity


@require_safe
@needs("vehicle.view")
def vehicle_list(request: HttpRequest) -> HttpResponse:
    """Vehicles in scope by plate, fifty a page."""
    filters = VehicleFilters(request.GET, user=request.user)
    page = page_of(with_terminal_in_use(filters.cut(vehicles_visible_to(request.user))), request.GET, "plate")
    return render(request, "registry/vehicle_list.html", {"filters": filters, "page": page})


@require_safe
@needs("vehicle.view")
def vehicle_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One vehicle: what it is, whose, which terminals it had and has, who drives it since when."""
    vehicle, today = get_vehicle_for(request.user, pk), timezone.localdate()
    permits = [
        {"permit": permit, "validity": validity(permit.valid_until, today)}
        for permit in permits_visible_to(request.user).filter(company_id=vehicle.company_id)
    ]
    bindings = bindings_visible_to(request.user).filter(vehicle=vehicle).select_related("practitioner")
    terminals = vehicle.terminals.select_related("replaced_by").order_by("-installed_on", "-pk")
    context = {
        "vehicle": vehicle,
        "vin_warning": rules.vin_warning(vehicle.vin) if vehicle.vin else None,
        "permits": permits,
        "terminals": terminals,
        "bindings": bindings,
        "today": today,
        "sections": sections_of(request.user, vehicle, "page"),
    }
    return render(request, "registry/vehicle_detail.html", context)
