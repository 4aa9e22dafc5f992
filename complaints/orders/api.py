"""The hotline's API (热线接口) for platforms that hand orders in: 12345, WeChat and their like, each with its key.

A key speaks for one channel: its requests see that channel's orders and write no others. What a platform sends twice
under the same number of its own is one order.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints.orders import plates, workflow
from complaints.orders.drafting import Draft
from complaints.orders.errors import KeyRefused, OrderNotFound
from complaints.orders.models import Category, Client, Order
from complaints.orders.public import facts_of
from datacenter.accounts import audit, lockout
from datacenter.accounts.scope import Scope, entered

_DOOR = "\0complaint-api"
_KEY = OpenApiParameter("Authorization", str, OpenApiParameter.HEADER, required=True, description="Bearer 加接入密钥")


def _finite(value: float) -> None:
    if not math.isfinite(value):  # "nan" is neither too small nor too large
        raise serializers.ValidationError("应为数字")


class _OrderIn(serializers.Serializer[Any]):
    """One order as a platform hands it in."""

    category = serializers.SlugRelatedField(
        slug_field="code", queryset=Category.objects.filter(in_force=True), help_text="子类别代码，如 taxi.refusal"
    )
    content = serializers.CharField(max_length=8000)
    external_no = serializers.CharField(max_length=60, help_text="来件平台的单号，重复提交只登记一次")
    caller_name = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    caller_phone = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    confidential = serializers.BooleanField(required=False, default=False)
    urgency = serializers.ChoiceField(choices=Order.Urgency.choices, required=False, default=Order.Urgency.NORMAL)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    place = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    latitude = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=-90, max_value=90, validators=[_finite],
        help_text="WGS-84",
    )  # fmt: skip
    longitude = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=-180, max_value=180, validators=[_finite],
        help_text="WGS-84",
    )  # fmt: skip
    plate = serializers.CharField(max_length=120, required=False, allow_blank=True, default="", help_text="原话即可")
    line = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    company_name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    driver_name = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    answers = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True), required=False)
    photos = serializers.ListField(child=serializers.FileField(), required=False, max_length=9)


class _StepOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField()
    note = serializers.CharField()


class _OrderOut(serializers.Serializer[Any]):
    """An order as the platform that handed it in may know it."""

    number = serializers.CharField()
    receipt = serializers.CharField(help_text="查询码")
    external_no = serializers.CharField()
    created = serializers.BooleanField(help_text="本次新登记；重复提交为 false")
    state = serializers.ChoiceField(choices=Order.State.choices)
    label = serializers.CharField()
    category = serializers.CharField()
    accepted_at = serializers.DateTimeField()
    answer = serializers.CharField()
    steps = _StepOut(many=True)


class _Keyed(APIView):
    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = []

    def client(self, request: Request) -> Client:
        """Whose key it is; wrong ones are counted by address. Raises ``KeyRefused``."""
        address = request.META.get("REMOTE_ADDR", "")
        if lockout.is_locked(_DOOR, address):
            raise KeyRefused("密钥错误次数过多，请稍后再试")
        key = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        found = Client.objects.filter(key_sha256=hashlib.sha256(key.encode()).hexdigest(), in_force=True).first()
        if found is None:
            lockout.note_failure(_DOOR, address)
            audit.record(request._request, "complaint.api_key", succeeded=False)
            raise KeyRefused
        return found


class Orders(_Keyed):
    """Hand an order in."""

    @extend_schema(
        request=_OrderIn, responses={200: _OrderOut, 201: _OrderOut}, parameters=[_KEY],
        operation_id="hotline_orders_create", summary="提交工单", auth=[],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """201 for a new one, 200 with the same order for one that was handed in before."""
        client = self.client(request)
        given = _OrderIn(data=request.data)
        given.is_valid(raise_exception=True)
        with entered(Scope("channel", client.channel)):
            order, is_new = workflow.log_order(_draft(client, dict(given.validated_data)), by=None)
            body = _told(order, created=is_new)
        audit.record(request._request, "complaint.api", order.number, client=client.name, created=is_new)
        return Response(body, status=201 if is_new else 200)


class OrderProgress(_Keyed):
    """Where an order stands."""

    @extend_schema(
        responses=_OrderOut, parameters=[_KEY], operation_id="hotline_orders_retrieve", summary="查询工单进度", auth=[]
    )
    def get(self, request: Request, number: str) -> Response:
        """One order of the key's channel, by our number or by theirs."""
        client = self.client(request)
        with entered(Scope("channel", client.channel)):
            rows = Order.objects.filter(channel=client.channel)
            if "\0" in number:  # PostgreSQL knows no such text
                rows = rows.none()
            order = rows.filter(number=number).first() or rows.filter(external_no=number).first()
            if order is None:
                raise OrderNotFound(number=number)
            return Response(_told(order, created=False))


def _draft(client: Client, given: dict[str, Any]) -> Draft:
    said, latitude, longitude = given.pop("plate"), given.pop("latitude"), given.pop("longitude")
    read = plates.read_plates(said)
    return Draft(
        channel=client.channel, plates_said=said, plate=read[0] if read else "",
        latitude_e6=None if latitude is None else round(latitude * 1_000_000),
        longitude_e6=None if longitude is None else round(longitude * 1_000_000), **given,
    )  # fmt: skip


def _told(order: Order, *, created: bool) -> dict[str, Any]:
    facts = facts_of(order) | {"receipt": order.receipt, "external_no": order.external_no, "created": created}
    body: dict[str, Any] = _OrderOut(facts).data
    return body
