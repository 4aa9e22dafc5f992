"""Which vehicles passed here, for scripts (经过查询接口): the page's own rules and refusals."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datacenter.tracks.api import RightAPIView
from datacenter.tracks.errors import BadQuestion
from datacenter.tracks.passed_forms import FARTHEST_M, NEAREST_M, PURPOSES, PassedForm
from datacenter.tracks.passed_views import answer

_TIME, _NUMBER = OpenApiTypes.DATETIME, OpenApiTypes.DOUBLE


class PassedVehicles(RightAPIView):
    """经过车辆: the vehicles in the user's scope that were near a place at a time."""

    right = "track.view"

    @extend_schema(
        summary="某时段内经过某处的车辆",
        description="按最近距离排列（sort=time 按最近时刻）。两次定位相隔不超过 60 秒且速度合理时，"
        "按直线匀速推算最近时刻。一次最多 48 小时，须写明用途，查询留痕。",
        parameters=[
            OpenApiParameter("latitude", _NUMBER, description="WGS-84；与 longitude 一起填，或填 area"),
            OpenApiParameter("longitude", _NUMBER),
            OpenApiParameter("area", OpenApiTypes.INT, description="电子围栏的 id，取其外接圆"),
            OpenApiParameter("radius_m", OpenApiTypes.INT, description=f"{NEAREST_M}–{FARTHEST_M}，默认 200"),
            OpenApiParameter("start", _TIME, required=True),
            OpenApiParameter("end", _TIME, required=True),
            OpenApiParameter("kind", OpenApiTypes.STR),
            OpenApiParameter("purpose", OpenApiTypes.STR, required=True, enum=[code for code, _ in PURPOSES]),
            OpenApiParameter("note", OpenApiTypes.STR),
            OpenApiParameter("sort", OpenApiTypes.STR, enum=["distance", "time"]),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        form = PassedForm(request.query_params)
        if not form.is_valid():
            raise BadQuestion(errors={name: list(map(str, errors)) for name, errors in form.errors.items()})
        found = answer(request._request, form, "track.passed")
        rows = [
            {
                "vehicle": vehicle.pk,
                "plate": vehicle.plate,
                "kind": vehicle.kind,
                "company": vehicle.company.name,
                "county": vehicle.county_id,
                "nearest_at": row.nearest_at,
                "distance_m": round(row.distance_m, 1),
                "first_at": row.first_at,
                "last_at": row.last_at,
                "passes": row.count,
            }
            for vehicle, row in found
        ]
        return Response({"count": len(rows), "results": rows})
