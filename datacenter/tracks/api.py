"""The API of the live map and of tracks (地图与轨迹接口)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datacenter.accounts import audit
from datacenter.accounts.permissions import require
from datacenter.registry.selectors import get_vehicle_for
from datacenter.tracks import selectors, store


class RightAPIView(APIView):
    """A view that only users with ``right`` reach."""

    right: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require(request.user, self.right)


def _unchanging(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``body`` as compact JSON under an ETag of its own; 304 where the browser has it already."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'W/"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'
    response = HttpResponse(data, content_type="application/json", headers={"ETag": etag})
    patch_cache_control(response, private=True, no_cache=True)  # each reader's own; ask again each time
    return get_conditional_response(request, etag=etag, response=response) or response


@method_decorator(gzip_page, name="dispatch")
class MapVehicles(RightAPIView):
    """车辆静态表: what does not move about the vehicles of the map."""

    right = "map.view"

    @extend_schema(
        summary="实时地图的车辆静态表",
        description="按列给出；kind、county、company 是旁边列表的下标，companies 为 [id, 名称, 车辆数]。支持 ETag。",
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> HttpResponse:
        return _unchanging(request._request, selectors.vehicle_table(request.user))


@method_decorator(gzip_page, name="dispatch")
class MapCounties(APIView):
    """县区边界 of every map's ground: published facts, for whoever has signed in."""

    @extend_schema(summary="县区边界（GeoJSON，WGS-84）", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        return _unchanging(request._request, selectors.county_features())


@method_decorator(gzip_page, name="dispatch")
class VehicleTrack(RightAPIView):
    """轨迹 of one vehicle."""

    right = "track.view"

    @extend_schema(
        summary="一辆车的轨迹",
        description="按终端时间排序，各列等长。速度 0.1 km/h，经纬度 1e-6 度（WGS-84）。一次最多 48 小时，查询留痕。",
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("end", OpenApiTypes.DATETIME, required=True),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, pk: int) -> Response:
        vehicle = get_vehicle_for(request.user, pk)
        span = selectors.read_span(request.query_params.get("start"), request.query_params.get("end"))
        positions = store.between(vehicle.pk, span.start, span.end)
        audit.record(request._request, "track.view", vehicle.plate, vehicle=vehicle.pk, start=span.start, end=span.end)
        return Response({"vehicle": vehicle.pk, "plate": vehicle.plate, **selectors.track_columns(positions)})
