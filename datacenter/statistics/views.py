"""The page 案件统计: figures of a period, each a link to its rows and a sheet of Excel; and where cases happened."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.geo import hexagons
from datacenter.registry.sheets.writing import TYPES
from datacenter.statistics import figures, sheets
from datacenter.statistics.forms import presets
from datacenter.statistics.page import Page
from datacenter.statistics.tables import MOST_PLACES
from datacenter.tracks.ground import map_ground
from datacenter.tracks.selectors import county_features

_SCALE = 100_000  # corners of a cell are sent as 1e-5 degree from its middle, about a metre


@require_safe
@needs("statistics.view")
def statistics_page(request: HttpRequest) -> HttpResponse:
    """案件统计. The map's cells come by themselves."""
    page = Page(request.user, request.GET)
    shown = {name: make() for name, make in page.makers.items() if name != "places"}
    context: dict[str, Any] = {
        "form": page.form,
        "asked": page.asked,
        "before": page.asked.before(),
        "presets": presets(page.today),
        "headlines": page.headlines(),
        "stages": page.stages,
        "tables": shown,
        "waiting_since": page.waiting,
        "any": page.cases.whole["total"] > 0,
        "config": {
            **map_ground(),
            "counties": reverse("statistics-counties"),
            "places": f"{reverse('statistics-places')}?{request.GET.urlencode()}",
            "rows": page.asked.rows(cell="CELL"),
            "trend": [
                [f"{point.since:%Y-%m-%d}", point.total, point.ended, point.total_before, point.ended_before]
                for point in page.points
            ],
        },
    }
    return render(request, "statistics/statistics.html", context)


@require_safe
@needs("statistics.view")
def statistics_export(request: HttpRequest) -> HttpResponse:
    """One figure, or all of them, as Excel (导出)."""
    page = Page(request.user, request.GET)
    wanted = request.GET.get("figure", "")
    if wanted and wanted not in page.makers:
        raise Http404
    made = [make() for name, make in page.makers.items() if name == wanted or not wanted]
    audit.record(request, "statistics.export", wanted, rows=sum(len(table.rows) for table in made),
                 filters={name: value for name, value in request.GET.items() if value})  # fmt: skip
    response = HttpResponse(
        sheets.workbook(made, page.about()), content_type=TYPES["xlsx"], headers={"Cache-Control": "no-store"}
    )
    title = made[0].title if wanted else "案件统计"
    name = f"{title}{page.asked.since:%Y%m%d}-{page.asked.until:%Y%m%d}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


@gzip_page
@require_safe
@needs("statistics.view")
def statistics_places(request: HttpRequest) -> JsonResponse:
    """Where cases happened: of each cell its index, number of cases, middle, and corners from there."""
    page = Page(request.user, request.GET)
    packed = figures.places(request.user, page.asked)
    found, times = hexagons.counted(packed)
    cells = [[index, number, *_shape(index)] for index, number in hexagons.most(found, times, MOST_PLACES)]
    all_of_them = {"cases": int(times.sum()), "cells": len(found)}
    return JsonResponse({"cells": cells, "scale": _SCALE, "all": all_of_them}, headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=20_000)
def _shape(index: str) -> tuple[float, float, list[int]]:
    """A cell's middle, and its corners from there."""
    latitude, longitude = hexagons.centre(index)
    corners = hexagons.outline(index)
    flat = [value for corner in corners for value in (corner[0] - latitude, corner[1] - longitude)]
    return round(latitude, 6), round(longitude, 6), [round(value * _SCALE) for value in flat]


@gzip_page
@require_safe
@needs("statistics.view")
def statistics_counties(request: HttpRequest) -> JsonResponse:
    """The counties' lines under the map, for readers who have no map of vehicles."""
    return JsonResponse(county_features(), headers={"Cache-Control": "private, max-age=3600"})
