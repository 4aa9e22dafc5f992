"""Trips over the API (营运记录接口): the same rows, filters and masks as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, mixins, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from datacenter.accounts import audit
from datacenter.cases.listing import PAGE_SIZE
from datacenter.registry.masking import mask_number
from datacenter.tracks.api import RightAPIView
from taxi.errors import FilterRefused
from taxi.forms import TripFilters
from taxi.models import Trip
from taxi.selectors import doubt_about, get_trip_for, tariffs, trips_visible_to
from taxi.shown import driver_word
from taxi.way import compared, way_of


class TripRow(serializers.ModelSerializer[Trip]):
    """One trip (营运记录). Money in 角 (0.1 yuan), distances in 0.1 km, places in 1e-6 degree (WGS-84)."""

    vehicle = serializers.IntegerField(source="vehicle_id")
    plate = serializers.CharField(source="vehicle.plate")
    plate_colour = serializers.IntegerField(source="vehicle.plate_colour")
    company = serializers.IntegerField(source="company_id")
    company_name = serializers.CharField(source="company.name")
    county = serializers.CharField(source="county_id")
    practitioner = serializers.IntegerField(source="practitioner_id", allow_null=True)
    driver = serializers.SerializerMethodField(help_text="姓名只显示姓氏；证号未登记时为空")
    certificate_no = serializers.SerializerMethodField(help_text="终端上传的从业资格证号，身份证号形式的隐去中间位")
    rating_label = serializers.CharField(source="get_rating_display")
    doubt = serializers.SerializerMethodField(help_text="车费与里程不符的说明，没有疑点为空")

    class Meta:
        model = Trip
        fields = [
            "id", "vehicle", "plate", "plate_colour", "company", "company_name", "county", "practitioner", "driver",
            "certificate_no", "unregistered", "boarded_at", "alighted_at", "board_latitude_e6", "board_longitude_e6",
            "alight_latitude_e6", "alight_longitude_e6", "trip_id", "evaluation_id", "rating", "rating_label",
            "rating_ext", "call_order_id", "meter_boarded_at", "meter_alighted_at", "distance_dkm", "empty_dkm",
            "waited_s", "surcharge_jiao", "fare_jiao", "trip_no", "pay_type", "clock_off", "received_at", "doubt",
        ]  # fmt: skip
        read_only_fields = fields

    unregistered = serializers.BooleanField(help_text="证号不在登记的从业资格证之中")

    def get_driver(self, trip: Trip) -> str:
        """The driver as pages show him."""
        return driver_word(trip)

    def get_certificate_no(self, trip: Trip) -> str:
        """The number as pages show it."""
        return mask_number(trip.certificate_no)

    def get_doubt(self, trip: Trip) -> str:
        """Why the fare does not fit the distance."""
        return doubt_about(trip, self.context["tariffs"])


class Comparison(serializers.Serializer[Any]):
    """The taximeter's distance beside that of the track (计程与轨迹比较)."""

    metered_km = serializers.FloatField()
    tracked_km = serializers.FloatField()
    more_km = serializers.FloatField()
    percent = serializers.IntegerField(allow_null=True)


class TripWhole(TripRow):
    """A trip with how far the vehicle went by its own positions."""

    compared = serializers.SerializerMethodField()

    class Meta(TripRow.Meta):
        fields = [*TripRow.Meta.fields, "compared"]
        read_only_fields = fields

    @extend_schema(responses=Comparison)
    def get_compared(self, trip: Trip) -> dict[str, Any] | None:
        """None where the meter or the track has nothing to compare."""
        return compared(trip, way_of(trip))


class NewestFirst(CursorPagination):
    """50 rows a page, by cursor; the newest first."""

    page_size = PAGE_SIZE
    ordering = ("-boarded_at", "-id")


class TripList(RightAPIView, mixins.ListModelMixin, generics.GenericAPIView[Trip]):
    """Trips inside the caller's scope, the newest first (营运记录列表)."""

    right = "trip.view"
    serializer_class = TripRow
    pagination_class = NewestFirst
    queryset = Trip.objects.none()

    def get_queryset(self) -> QuerySet[Trip]:
        """The rows that the filters let through; a filter that can't be read is refused."""
        filters = TripFilters(self.request.query_params, user=self.request.user)
        if not filters.is_valid():
            raise FilterRefused({name: [str(text) for text in texts] for name, texts in filters.errors.items()})
        return filters.cut(trips_visible_to(self.request.user))

    def get_serializer_context(self) -> dict[str, Any]:
        """The tariffs, read once for all rows."""
        return {**super().get_serializer_context(), "tariffs": tariffs()}

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="车牌号的一部分"),
            OpenApiParameter("driver", str, description="驾驶员姓名，或完整的从业资格证号"),
            OpenApiParameter("county", str, description="行政区划代码"),
            OpenApiParameter("company", int),
            OpenApiParameter("since", str, description="上车日期自，YYYY-MM-DD"),
            OpenApiParameter("until", str, description="上车日期至，YYYY-MM-DD"),
            OpenApiParameter("fare_min", float, description="车费自，元"),
            OpenApiParameter("fare_max", float, description="车费至，元"),
            OpenApiParameter("km_min", float, description="计程公里自"),
            OpenApiParameter("km_max", float, description="计程公里至"),
            OpenApiParameter("rating", int, enum=Trip.Rating.values),
            OpenApiParameter("suspicious", str, enum=["1"], description="只看车费与里程不符的"),
            OpenApiParameter("unregistered", str, enum=["1"], description="只看证号未登记的"),
        ]
    )
    def get(self, request: Request) -> Response:
        """One page of trips."""
        return self.list(request)


class TripDetail(RightAPIView):
    """One trip (营运记录)."""

    right = "trip.view"

    @extend_schema(responses=TripWhole)
    def get(self, request: Request, pk: int) -> Response:
        """The trip beside its track; who looked is written down."""
        trip = get_trip_for(request.user, pk)
        audit.record(request._request, "trip.view", f"营运记录 {trip.pk}", vehicle=trip.vehicle_id)
        return Response(TripWhole(trip, context={"request": request, "tariffs": tariffs()}).data)
