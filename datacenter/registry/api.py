"""The registry over the API (登记接口): companies and vehicles, read-only, inside the caller's scope.

People are not served here: a partner that needs one asks for a right of its own.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, permissions, serializers, viewsets
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from datacenter.accounts.permissions import require
from datacenter.registry.forms import CompanyFilters, VehicleFilters
from datacenter.registry.models import Company, Vehicle
from datacenter.registry.selectors import (
    companies_visible_to,
    get_company_for,
    get_vehicle_for,
    vehicles_visible_to,
)


class HasRight(permissions.BasePermission):
    """Asks for the view's ``right``; a refusal names it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or raises ``NotAllowed``."""
        require(request.user, view.right)
        return True


class ByPlate(CursorPagination):
    """Fifty vehicles a page, by plate."""

    ordering = ("plate", "pk")


class ByName(CursorPagination):
    """Fifty companies a page, by name."""

    ordering = ("name", "pk")


class CompanySerializer(serializers.ModelSerializer[Company]):
    """A company (企业)."""

    id = serializers.IntegerField(source="pk", read_only=True, help_text="企业编号，同其机构编号")
    county_name = serializers.CharField(source="county.name", read_only=True, help_text="属地县区名称")

    class Meta:
        model = Company
        fields = ["id", "name", "kind", "credit_code", "county", "county_name", "phone", "address"]


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    """A vehicle (车辆)."""

    company_name = serializers.CharField(source="company.name", read_only=True, help_text="企业名称")
    county_name = serializers.CharField(source="county.name", read_only=True, help_text="属地县区名称")

    class Meta:
        model = Vehicle
        fields = [
            "id",
            "plate",
            "plate_colour",
            "kind",
            "state",
            "company",
            "company_name",
            "county",
            "county_name",
            "vin",
            "brand",
            "seats",
            "load_kg",
            "transport_permit_no",
            "registered_on",
        ]


def _filter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=description)


class _Registry(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    permission_classes = [permissions.IsAuthenticated, HasRight]
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9]{1,18}"
    right = ""


@extend_schema_view(
    list=extend_schema(
        summary="企业列表",
        parameters=[
            _filter("q", "企业名称的一部分，或统一社会信用代码"),
            _filter("kind", "经营类别"),
            _filter("county", "县区代码"),
            _filter("permit", "许可有效期：expired 已过期，expiring 30 天内到期"),
        ],
    ),
    retrieve=extend_schema(summary="一家企业"),
)
class CompanyViewSet(_Registry):
    """Companies inside the caller's scope (企业)."""

    queryset = Company.objects.none()
    serializer_class = CompanySerializer
    pagination_class = ByName
    right = "company.view"

    def get_queryset(self) -> QuerySet[Company]:
        """Companies in scope that the filters let through."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        filters = CompanyFilters(self.request.query_params, user=self.request.user)
        return filters.cut(companies_visible_to(self.request.user))

    def get_object(self) -> Company:
        """The company, or a refusal that does not tell whether it exists."""
        return get_company_for(self.request.user, int(self.kwargs["id"]))


@extend_schema_view(
    list=extend_schema(
        summary="车辆列表",
        parameters=[
            _filter("q", "车牌号的一部分"),
            _filter("kind", "车辆类别"),
            _filter("county", "县区代码"),
            _filter("company", "企业编号"),
            _filter("state", "状态"),
        ],
    ),
    retrieve=extend_schema(summary="一辆车"),
)
class VehicleViewSet(_Registry):
    """Vehicles inside the caller's scope (车辆)."""

    queryset = Vehicle.objects.none()
    serializer_class = VehicleSerializer
    pagination_class = ByPlate
    right = "vehicle.view"

    def get_queryset(self) -> QuerySet[Vehicle]:
        """Vehicles in scope that the filters let through."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        filters = VehicleFilters(self.request.query_params, user=self.request.user)
        return filters.cut(vehicles_visible_to(self.request.user))

    def get_object(self) -> Vehicle:
        """The vehicle, or a refusal that does not tell whether it exists."""
        return get_vehicle_for(self.request.user, int(self.kwargs["id"]))
