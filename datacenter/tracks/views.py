"""Pages of the live map, the vehicle's drawer and its track (实时地图、轨迹回放)."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.registry.masking import mask_name
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import sections_of
from datacenter.registry.selectors import get_vehicle_for
from datacenter.tracks import catalogue, selectors, store
from datacenter.tracks.fleet import MOVING_DKMH, VehicleState
from datacenter.tracks.ground import map_ground
from datacenter.tracks.position import Flag, Positions
from datacenter.tracks.selectors import Span
from datacenter.tracks.spoken import in_words
from datacenter.tracks.words import (
    ALARM_MASK,
    ALARM_WORDS,
    OCCUPANCY_WORDS,
    alarm_words,
    occupancy_word,
    status_words,
)


@needs("map.view")
@require_GET
def live_map(request: HttpRequest) -> HttpResponse:
    """The live map (实时地图)."""
    demo = selectors.is_demo(request.user)
    return render(
        request,
        "tracks/map.html",
        {
            "demo": demo,
            "states": [{"code": state.code, "word": state.word} for state in reversed(VehicleState)],
            "config": {
                **map_ground(demo),
                "vehicles": reverse("api-map-vehicles"),
                "socket": "/ws/map/",
                "drawer": reverse("vehicle-drawer", args=[0]),
                "states": [[state.code, state.word] for state in VehicleState],
            },
        },
    )


@needs("vehicle.view")
@require_GET
def drawer(request: HttpRequest, pk: int) -> HttpResponse:
    """What the map says of one vehicle (车辆抽屉), as a part of a page."""
    vehicle = get_vehicle_for(request.user, pk)
    audit.record(request, "vehicle.view", vehicle.plate, vehicle=vehicle.pk, where="map")
    unmasked = request.user.may("personal_data.unmask")  # type: ignore[union-attr]
    return render(
        request,
        "tracks/_drawer.html",
        {
            "vehicle": vehicle,
            "terminal": selectors.terminal_of(request.user, vehicle),
            "drivers": [
                {"binding": binding, "name": _name(binding.practitioner.name, unmasked)}
                for binding in selectors.drivers_now(request.user, vehicle)
            ],
            "report": in_words(selectors.last_report(vehicle)),
            "links": _links(vehicle),
            "sections": sections_of(request.user, vehicle, "drawer"),
        },
    )


@needs("vehicle.view")
@require_GET
def section(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One section of the drawer afresh (抽屉板块), as a part of a page; nothing where there is none now."""
    vehicle = get_vehicle_for(request.user, pk)
    found = sections_of(request.user, vehicle, "drawer", only=name)
    if not found:
        return HttpResponse()
    return render(request, "tracks/_drawer_section.html", {"vehicle": vehicle, "entry": found[0]})


@needs("track.view")
@require_GET
def track(request: HttpRequest, pk: int) -> HttpResponse:
    """One vehicle's day (轨迹回放)."""
    vehicle = get_vehicle_for(request.user, pk)
    today = timezone.localdate(timezone=store.SHANGHAI)
    day = _day(request.GET.get("date", "")) or today
    span = _part_of(selectors.day_span(day), request.GET.get("from", ""), request.GET.get("to", ""))
    findings = catalogue.findings_on_track(request.user, vehicle.pk, span.start, span.end)
    before, after = selectors.neighbouring_days(vehicle, selectors.day_span(day))
    demo = selectors.is_demo(request.user)
    parameters = urlencode({"start": span.start.isoformat(), "end": span.end.isoformat()})
    return render(
        request,
        "tracks/track.html",
        {
            "vehicle": vehicle,
            "day": day,
            "today": today,
            "previous_day": day - timedelta(days=1),
            "next_day": day + timedelta(days=1) if day < today else None,
            "before": before,
            "after": after,
            "findings": findings,
            "demo": demo,
            "links": _links(vehicle),
            "export": f"{reverse('vehicle-track-export', args=[vehicle.pk])}?{parameters}",
            "config": {
                **map_ground(demo),
                "track": f"{reverse('api-vehicle-track', args=[vehicle.pk])}?{parameters}",
                "start": int(span.start.timestamp()),
                "end": int(span.end.timestamp()),
                "moving_dkmh": MOVING_DKMH,
                "alarm_mask": ALARM_MASK,
                "alarm_words": {int(flag).bit_length() - 1: word for flag, word in ALARM_WORDS.items()},
                "occupancy_words": OCCUPANCY_WORDS,
                "findings": [
                    {
                        "title": row.title,
                        "start": int(row.started_at.timestamp()),
                        "end": int(row.ended_at.timestamp()),
                    }
                    for row in findings
                ],
            },
        },
    )


@needs("track.view")
@require_GET
def export_track(request: HttpRequest, pk: int) -> HttpResponse:
    """The points of a track as CSV for a spreadsheet (导出)."""
    vehicle = get_vehicle_for(request.user, pk)
    span = selectors.read_span(request.GET.get("start"), request.GET.get("end"))
    positions = store.between(vehicle.pk, span.start, span.end)
    audit.record(
        request,
        "track.export",
        vehicle.plate,
        vehicle=vehicle.pk,
        start=span.start,
        end=span.end,
        rows=len(positions),
    )
    name = f"track_{vehicle.pk}_{span.start.astimezone(store.SHANGHAI):%Y%m%d_%H%M}.csv"
    return HttpResponse(
        _csv(vehicle, positions),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _csv(vehicle: Vehicle, positions: Positions) -> str:
    out = io.StringIO()
    out.write("\ufeff")  # spreadsheets take the file for UTF-8 by it
    writer = csv.writer(out)
    writer.writerow(
        ("车牌号", "终端时间", "接收时间", "经度", "纬度", "速度 km/h", "方向 °", "报警", "状态", "定位有效", "载客")
    )
    columns = zip(
        *(
            getattr(positions, name).tolist()
            for name in (
                "device_time",
                "received_us",
                "longitude_e6",
                "latitude_e6",
                "speed_dkmh",
                "bearing_deg",
                "alarm",
                "status",
                "flags",
            )
        ),
        strict=True,
    )
    for at, received_us, longitude, latitude, speed, bearing, alarm, status, flags in columns:
        writer.writerow(
            (
                vehicle.plate,
                f"{datetime.fromtimestamp(at, store.SHANGHAI):%Y-%m-%d %H:%M:%S}",
                f"{datetime.fromtimestamp(received_us // 1_000_000, store.SHANGHAI):%Y-%m-%d %H:%M:%S}",
                f"{longitude / 1e6:.6f}",
                f"{latitude / 1e6:.6f}",
                f"{speed / 10:.1f}",
                bearing,
                "、".join(alarm_words(alarm)),
                "、".join(status_words(status)),
                "是" if flags & Flag.QUALIFIED else "否",
                occupancy_word(flags),
            )
        )
    return out.getvalue()


def _links(vehicle: Vehicle) -> dict[str, str]:
    """Pages about the vehicle that are installed."""
    links = {"track": reverse("vehicle-track", args=[vehicle.pk])}
    for name, url, arguments, query in (
        ("vehicle", "vehicle-detail", [vehicle.pk], ""),
        ("company", "company-detail", [vehicle.company_id], ""),
        ("cases", "case-list", [], f"?{urlencode({'q': vehicle.plate})}"),
        ("map", "live-map", [], f"?{urlencode({'vehicle': vehicle.pk})}"),
    ):
        try:
            links[name] = reverse(url, args=arguments) + query
        except NoReverseMatch:
            continue
    return links


def _name(name: str, unmasked: bool) -> str:
    return name if unmasked else mask_name(name)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _part_of(whole: Span, start: str, end: str) -> Span:
    """The part of a day from and until HH:MM; a time that can't be read, or an empty part, leaves the day whole."""
    part = Span(_at(whole, start) or whole.start, _at(whole, end) or whole.end)
    return part if part.start < part.end else whole


def _at(whole: Span, text: str) -> datetime | None:
    try:
        hour, minute = (int(part) for part in text.split(":"))
        return whole.start.replace(hour=hour, minute=minute)
    except ValueError:
        return None
