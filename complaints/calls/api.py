"""The call platform's door (电话平台接口): events come in, and the platform asks how its calls stand.

Nobody signs in here: each request is signed (``signing``). What was signed acts for the city's hotline.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from complaints.calls import selectors, workflow
from complaints.calls.models import Call, CallEvent
from complaints.calls.reading import read_event, read_json, read_question
from complaints.calls.signing import signed_body
from datacenter.accounts.scope import CITY, entered

_SIGNED = [
    OpenApiParameter("X-Call-Timestamp", str, "header", required=True, description="秒，1970-01-01T00:00:00Z 起"),
    OpenApiParameter(
        "X-Call-Signature", str, "header", required=True,
        description="sha256=hex(HMAC-SHA256(共享密钥, 时间戳 + '.' + 请求体))",
    ),
]  # fmt: skip


class EventBody(serializers.Serializer[Any]):
    """One event of a call (通话事件). Unknown fields are refused; ``docs/telephony.md`` says what each may be."""

    event_id = serializers.CharField(max_length=64, help_text="平台的事件编号；重发时不变")
    call_id = serializers.CharField(max_length=64, help_text="平台的通话编号")
    kind = serializers.ChoiceField(CallEvent.Kind.choices)
    at = serializers.DateTimeField(help_text="事件发生时间，带时区")
    caller = serializers.CharField(max_length=20, required=False, allow_blank=True, help_text="振铃必填；隐藏号码为空")
    called = serializers.CharField(max_length=20, required=False, allow_blank=True, help_text="振铃必填")
    extension = serializers.CharField(max_length=20, required=False, allow_blank=True, help_text="振铃或接听的分机")
    agent_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    recording_url = serializers.URLField(max_length=500, required=False, help_text="录音事件必填")
    recording_s = serializers.IntegerField(min_value=0, required=False)


class Taken(serializers.Serializer[Any]):
    """What became of an event."""

    call_id = serializers.CharField()
    state = serializers.ChoiceField(Call.State.choices)
    order = serializers.CharField(allow_blank=True, help_text="工单号；未接听的通话为空")


class Question(serializers.Serializer[Any]):
    """Which calls the platform asks about."""

    call_ids = serializers.ListField(child=serializers.CharField(max_length=64), min_length=1, max_length=200)


class Standing(serializers.Serializer[Any]):
    """How one call stands (对账)."""

    call_id = serializers.CharField()
    known = serializers.BooleanField()
    state = serializers.CharField(allow_blank=True)
    order = serializers.CharField(allow_blank=True)
    events = serializers.IntegerField()
    recording = serializers.CharField(allow_blank=True)
    recording_reason = serializers.CharField(allow_blank=True)


class _SignedView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]


class CallEvents(_SignedView):
    """Takes in one event."""

    @extend_schema(request=EventBody, responses=Taken, parameters=_SIGNED, tags=["calls"])
    def post(self, request: Request) -> Response:
        """The same event again, or events in another order, come to the same call."""
        event = read_event(read_json(signed_body(request._request)), now=timezone.now())
        with entered(CITY):
            call = workflow.take_in(event)
            order = call.order.number if call.order else ""
        return Response({"call_id": call.platform_id, "state": call.state, "order": order})


class CallStandings(_SignedView):
    """Says how calls stand."""

    @extend_schema(request=Question, responses=Standing(many=True), parameters=_SIGNED, tags=["calls"])
    def post(self, request: Request) -> Response:
        """For each call asked about, whether it is known, its state, its order, and how many events came."""
        asked = read_question(read_json(signed_body(request._request)))
        with entered(CITY):
            return Response(selectors.standing_of(asked))
