"""The page 经过查询: which vehicles were near a place at a time. Who asked, and what for, is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.registry.models import Vehicle
from datacenter.registry.sheets.writing import TYPES, write
from datacenter.tracks import selectors
from datacenter.tracks.ground import map_ground
from datacenter.tracks.passed import Pass, passed_visible_to
from datacenter.tracks.passed_forms import PURPOSES, PassedForm

PAGE_SIZE = 50
SORTS = {"distance": lambda row: (row[1].distance_m, row[1].nearest_at), "time": lambda row: row[1].nearest_at}
HEAD = ["车牌号", "车牌颜色", "类别", "企业", "县区", "最近时刻", "最近距离 m", "首次进入", "最后离开", "经过次数"]
Answer = list[tuple[Vehicle, Pass]]


@require_safe
@needs("track.view")
def passed_page(request: HttpRequest) -> HttpResponse:
    """The form, and once it is filled the vehicles."""
    asked = "start" in request.GET
    form = PassedForm(request.GET) if asked else PassedForm(initial=_recent())
    found: Answer | None = answer(request, form, "track.passed") if asked and form.is_valid() else None
    page = Paginator(found or [], PAGE_SIZE).get_page(request.GET.get("page"))
    demo = selectors.is_demo(request.user)
    place = [form.cleaned_data["latitude"], form.cleaned_data["longitude"]] if found is not None else None
    context = {
        "form": form, "found": found, "page": page, "demo": demo, "sort": _sort(request),
        "rows": [{"vehicle": v, "pass": p, "track": _track(v, p)} for v, p in page.object_list],
        "asked": form.cleaned_data if found is not None else {},
        "config": {**map_ground(demo), "place": place,
                   "radius_m": form.cleaned_data["radius_m"] if found is not None else None},
    }  # fmt: skip
    return render(request, "tracks/passed.html", context, status=200 if not asked or form.is_valid() else 422)


@require_safe
@needs("track.view")
def passed_export(request: HttpRequest) -> HttpResponse:
    """The whole answer as a sheet (导出)."""
    form = PassedForm(request.GET)
    if not form.is_valid():
        return passed_page(request)
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    found = answer(request, form, "track.passed.export")
    response = HttpResponse(
        write(HEAD, (_line(v, p) for v, p in found), format, title="经过车辆"),
        content_type=TYPES[format], headers={"Cache-Control": "no-store"},
    )  # fmt: skip
    name = f"经过车辆{timezone.localtime():%Y%m%d-%H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def answer(request: HttpRequest, form: PassedForm, action: str) -> Answer:
    """The vehicles that a valid ``form`` asks for, and a line in the audit record."""
    asked = form.cleaned_data
    place = (asked["latitude"], asked["longitude"])
    found = passed_visible_to(request.user, place, asked["radius_m"], asked["start"], asked["end"], asked["kind"])
    found.sort(key=SORTS[_sort(request)])
    audit.record(
        request, action, f"{place[0]:.6f},{place[1]:.6f}", radius_m=asked["radius_m"], start=asked["start"],
        end=asked["end"], kind=asked["kind"], purpose=str(dict(PURPOSES)[asked["purpose"]]), note=asked["note"],
        found=len(found), page=request.GET.get("page", "1")[:6],
    )  # fmt: skip
    return found


def _sort(request: HttpRequest) -> str:
    sort = request.GET.get("sort", "")
    return sort if sort in SORTS else "distance"


def _recent() -> dict[str, Any]:
    now = timezone.localtime().replace(second=0, microsecond=0)
    return {"start": now - timedelta(hours=1), "end": now, "radius_m": 200}


def _track(vehicle: Vehicle, row: Pass) -> str:
    """The vehicle's track around the nearest moment."""
    begin, end = (timezone.localtime(row.nearest_at + timedelta(minutes=m)) for m in (-10, 10))
    span = {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"} if begin.date() == end.date() else {}
    day = timezone.localtime(row.nearest_at).date().isoformat()
    return f"{reverse('vehicle-track', args=[vehicle.pk])}?{urlencode({'date': day, **span})}"


def _line(vehicle: Vehicle, row: Pass) -> list[object]:
    return [
        vehicle.plate, vehicle.get_plate_colour_display(), vehicle.get_kind_display(), vehicle.company.name,
        vehicle.county.name, *(f"{timezone.localtime(t):%Y-%m-%d %H:%M:%S}" for t in (row.nearest_at,)),
        f"{row.distance_m:.1f}", *(f"{timezone.localtime(t):%Y-%m-%d %H:%M:%S}" for t in (row.first_at, row.last_at)),
        str(row.count),
    ]  # fmt: skip
