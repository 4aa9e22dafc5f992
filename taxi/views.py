"""Pages of taxis (出租汽车): trips, one trip beside its track, shifts, who is on duty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.registry.sheets.writing import TYPES
from datacenter.tracks.ground import map_ground
from taxi import selectors
from taxi.export import trips_file
from taxi.forms import OnDutyFilters, ShiftFilters, TripFilters
from taxi.models import Trip
from taxi.shown import lasted, shift_shown, trip_shown, trips_shown
from taxi.way import compared, way_of


@require_safe
@needs("trip.view")
def trip_list(request: HttpRequest) -> HttpResponse:
    """营运记录, the newest first, fifty a page, with what all of them come to."""
    filters = TripFilters(request.GET, user=request.user, recent=True)
    rows = filters.cut(selectors.trips_visible_to(request.user))
    page, tariffs = page_of(rows, request.GET, "boarded_at"), selectors.tariffs()
    totals = selectors.totals(rows)
    context = {
        "filters": filters,
        "page": page,
        "trips": trips_shown(page.rows, tariffs),
        "totals": totals,
        "has_tariff": bool(tariffs),
    }
    return render(request, "taxi/trip_list.html", context)


@require_safe
@needs("trip.export")
def trip_export(request: HttpRequest) -> HttpResponse:
    """导出: what the list shows under its filters; written down with its size."""
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    filters = TripFilters(request.GET, user=request.user, recent=True)
    data, written = trips_file(filters.cut(selectors.trips_visible_to(request.user)), format)
    wanted = {name: value for name, value in filters.wanted().items() if name != "driver"}  # may be a number
    audit.record(request, "trip.export", format, rows=written, filters=wanted)
    response = HttpResponse(data, content_type=TYPES[format], headers={"Cache-Control": "no-store"})
    name = f"营运记录{timezone.localtime():%Y%m%d-%H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


@require_safe
@needs("trip.view")
def trip_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One trip: the taximeter's figures beside the track's own. Who looked is written down."""
    trip = selectors.get_trip_for(request.user, pk)
    audit.record(request, "trip.view", f"营运记录 {trip.pk}", vehicle=trip.vehicle_id)
    way = way_of(trip)
    context = {
        "trip": trip,
        "shown": trip_shown(trip, selectors.tariffs()),
        "lasted": lasted(trip.alighted_at - trip.boarded_at),
        "waited": None if trip.waited_s is None else lasted(timedelta(seconds=trip.waited_s)),
        "way": way,
        "compared": compared(trip, way),
        "track": _track_of(trip),
        "config": {
            **map_ground(),
            "points": way.points,
            "from": int(trip.boarded_at.timestamp()),
            "until": int(trip.alighted_at.timestamp()),
            "board": _place(trip.board_latitude_e6, trip.board_longitude_e6),
            "alight": _place(trip.alight_latitude_e6, trip.alight_longitude_e6),
        },
    }
    return render(request, "taxi/trip_detail.html", context)


@require_safe
@needs("trip.view")
def shift_list(request: HttpRequest) -> HttpResponse:
    """班次, the newest first, fifty a page."""
    filters = ShiftFilters(request.GET, user=request.user, recent=True)
    rows = filters.cut(selectors.shifts_visible_to(request.user))
    page = page_of(rows, request.GET, "begins_at")
    now = timezone.now()
    shifts = [shift_shown(shift, lasted((shift.ended_at or now) - shift.begins_at)) for shift in page.rows]
    context = {"filters": filters, "page": page, "shifts": shifts, "total": rows.order_by().count()}
    return render(request, "taxi/shift_list.html", context)


@require_safe
@needs("trip.view")
def on_duty(request: HttpRequest) -> HttpResponse:
    """在岗驾驶员: who drives what now, and what was carried since."""
    filters = OnDutyFilters(request.GET, user=request.user)
    rows = filters.cut(selectors.on_duty(request.user))
    page, now = page_of(rows, request.GET, "begins_at"), timezone.now()
    carried = selectors.carried_since(request.user, page.rows)
    shifts = [shift_shown(shift, {"lasted": lasted(now - shift.begins_at), **carried[shift.pk]}) for shift in page.rows]
    context = {"filters": filters, "page": page, "shifts": shifts, "totals": selectors.duty_totals(rows)}
    return render(request, "taxi/on_duty.html", context)


def _track_of(trip: Trip) -> str:
    """Where the whole track of the trip's time is shown, a few minutes more at each end."""
    begun = timezone.localtime(trip.boarded_at - timedelta(minutes=5))
    ended = timezone.localtime(trip.alighted_at + timedelta(minutes=5))
    span = {"from": f"{begun:%H:%M}", "to": f"{ended:%H:%M}"} if begun.date() == ended.date() else {}
    query = urlencode({"date": begun.date().isoformat(), **span})
    return f"{reverse('vehicle-track', args=[trip.vehicle_id])}?{query}"


def _place(latitude_e6: int | None, longitude_e6: int | None) -> list[Any] | None:
    if latitude_e6 is None or longitude_e6 is None:
        return None
    return [latitude_e6 / 1e6, longitude_e6 / 1e6]
