"""Cases over the API (案件接口): the same rows and the same verbs as the pages, over selectors and workflow."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, mixins, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datacenter.accounts import audit
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks, listing, workflow
from datacenter.cases.forms import CaseFilterForm
from datacenter.cases.models import Case, CaseAttachment, CaseEvent, Dispatch, Supervision
from datacenter.cases.selectors import cases_visible_to, events_of, get_case_for, legs_of, supervisions_of
from datacenter.cases.states import State, Verb
from datacenter.geo.models import County
from datacenter.registry.masking import mask_name
from datacenter.registry.selectors import vehicles_visible_to


class CaseRow(serializers.ModelSerializer[Case]):
    """One case as a list shows it (案件)."""

    county = serializers.CharField(source="county_id", allow_null=True, help_text="行政区划代码，未派发为空")
    county_name = serializers.CharField(source="county.name", default=None, allow_null=True)
    company = serializers.IntegerField(source="company_id", allow_null=True)
    vehicle = serializers.IntegerField(source="vehicle_id", allow_null=True)
    state_label = serializers.CharField(source="get_state_display")
    driver_name = serializers.SerializerMethodField(help_text="无权查看全名时只显示姓氏")
    assignee = serializers.SerializerMethodField()

    class Meta:
        model = Case
        fields = [
            "id", "number", "origin", "kind", "industry", "title", "state", "state_label", "county", "county_name",
            "level", "is_key", "boundary_unconfirmed", "vehicle", "plate", "plate_colour", "company",
            "company_name", "driver_name",
            "occurred_at", "latitude_e6", "longitude_e6", "opened_at", "due_at", "due_provisional", "assignee",
            "outcome", "contradicted", "result", "returned_times", "closed_at", "filed_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_driver_name(self, case: Case) -> str:
        """The driver as this reader may know him."""
        user = self.context["request"].user
        whole = user.may("personal_data.unmask") or user.may("case.names")
        return case.driver_name if whole else mask_name(case.driver_name)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_assignee(self, case: Case) -> str | None:
        """Who handles it."""
        return str(case.assignee) if case.assignee else None


class AttachmentRow(serializers.ModelSerializer[CaseAttachment]):
    """A file of a step (附件)."""

    class Meta:
        model = CaseAttachment
        fields = ["id", "name", "content_type", "sha256", "size_bytes"]
        read_only_fields = fields


class EventRow(serializers.ModelSerializer[CaseEvent]):
    """One step in a case's life (办理记录)."""

    attachments = AttachmentRow(many=True)

    class Meta:
        model = CaseEvent
        fields = ["sequence", "at", "verb", "from_state", "to_state", "by_name", "note", "hash", "attachments"]
        read_only_fields = fields


class LegRow(serializers.ModelSerializer[Dispatch]):
    """One body that the case was sent to (派送)."""

    body = serializers.CharField(source="body_name")
    assignee = serializers.CharField(default=None, allow_null=True)

    class Meta:
        model = Dispatch
        fields = [
            "part", "body", "state", "sent_at", "due_at", "accepted_at", "assignee", "fed_back_at", "result", "outcome",
            "returned_times", "urged_times", "late_reason", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class SupervisionRow(serializers.ModelSerializer[Supervision]):
    """One supervision (督办)."""

    leader = serializers.CharField(default=None, allow_null=True)

    class Meta:
        model = Supervision
        fields = [
            "level", "cause", "state", "leader", "reason", "opened_at", "answer_due_at", "answer", "answered_at",
            "review_note", "reviewed_at",
        ]  # fmt: skip
        read_only_fields = fields


class CaseWhole(CaseRow):
    """A case with its steps, its legs, and what this reader may do to it now."""

    legs = serializers.SerializerMethodField()
    supervisions = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField()
    verbs = serializers.SerializerMethodField(help_text="当前用户现在可以执行的动作")

    class Meta(CaseRow.Meta):
        fields = [*CaseRow.Meta.fields, "legs", "supervisions", "events", "verbs"]
        read_only_fields = fields

    @extend_schema_field(LegRow(many=True))
    def get_legs(self, case: Case) -> Any:
        """Whom it was sent to, in order."""
        return LegRow(legs_of(case), many=True).data

    @extend_schema_field(SupervisionRow(many=True))
    def get_supervisions(self, case: Case) -> Any:
        """The pressure put on it, the newest first."""
        return SupervisionRow(supervisions_of(case), many=True).data

    @extend_schema_field(EventRow(many=True))
    def get_events(self, case: Case) -> Any:
        """The steps in order."""
        return EventRow(events_of(case), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Verb.choices)))
    def get_verbs(self, case: Case) -> list[str]:
        """The verbs that are open to this reader."""
        return [str(verb) for verb in workflow.available_verbs(case, self.context["request"].user)]


class NewestFirst(CursorPagination):
    """50 rows a page, by cursor; the newest first."""

    page_size = listing.PAGE_SIZE
    ordering = ("-opened_at", "-id")


class CaseList(mixins.ListModelMixin, generics.GenericAPIView[Case]):
    """Cases inside the caller's scope, the newest first (案件列表)."""

    serializer_class = CaseRow
    pagination_class = NewestFirst
    queryset = Case.objects.none()

    def get_queryset(self) -> QuerySet[Case]:
        """The rows that the filters let through; a filter that can't be read is refused."""
        require(self.request.user, "case.view")
        counties = []
        if scope_of(self.request.user).level == "city":
            counties = list(County.objects.filter(valid_until=None).values_list("code", "name"))
        form = CaseFilterForm(self.request.query_params, counties=counties, kinds=blocks.kinds())
        if not form.is_valid():
            raise serializers.ValidationError(form.errors)
        rows = listing.filtered(
            cases_visible_to(self.request.user), form.cleaned_data, vehicles_visible_to(self.request.user)
        )
        return listing.in_tab(rows, self.request.query_params.get("state", ""), self.request.user)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=[*State.values, listing.MINE], description="状态；mine 为待我办理"),
            OpenApiParameter("q", str, description="车牌或案号"),
            OpenApiParameter("county", str, description="行政区划代码；none 为未派发"),
            OpenApiParameter("industry", str),
            OpenApiParameter("kind", str, description="事由代码"),
            OpenApiParameter("level", str, enum=["key", *Case.Level.values], description="等级；key 为重点案件"),
            OpenApiParameter("due", str, enum=["overdue", "soon"]),
            OpenApiParameter("since", str, description="立案自，YYYY-MM-DD"),
            OpenApiParameter("until", str, description="立案至，YYYY-MM-DD"),
        ]
    )
    def get(self, request: Request) -> Response:
        """One page of cases."""
        return self.list(request)


class CaseDetail(APIView):
    """One case with its steps (案件)."""

    @extend_schema(responses=CaseWhole)
    def get(self, request: Request, number: str) -> Response:
        """The case; who read it is written down."""
        require(request.user, "case.view")
        case = get_case_for(request.user, number)
        audit.record(request._request, "case.api", case.number)
        return Response(CaseWhole(case, context={"request": request}).data)
