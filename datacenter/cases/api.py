"""Cases over the API (案件接口): the same rows and the same verbs as the pages, over selectors and workflow."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import generics, mixins, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datacenter.accounts import audit
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks, listing, workflow
from datacenter.cases.forms import CaseFilterForm
from datacenter.cases.models import Case, CaseAttachment, CaseEvent
from datacenter.cases.selectors import cases_visible_to, events_of, get_case_for
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
            "boundary_unconfirmed", "vehicle", "plate", "plate_colour", "company", "company_name", "driver_name",
            "occurred_at", "latitude_e6", "longitude_e6", "opened_at", "due_at", "assignee", "outcome", "result",
            "closed_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_driver_name(self, case: Case) -> str:
        """The driver as this reader may know him."""
        user = self.context["request"].user
        whole = user.may("personal_data.unmask") or user.may("case.handle")
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


class CaseWhole(CaseRow):
    """A case with its steps, and what this reader may do to it now."""

    events = serializers.SerializerMethodField()
    verbs = serializers.SerializerMethodField(help_text="当前用户现在可以执行的动作")

    class Meta(CaseRow.Meta):
        fields = [*CaseRow.Meta.fields, "events", "verbs"]
        read_only_fields = fields

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
        """The case; reading a name in it is written down."""
        require(request.user, "case.view")
        case = get_case_for(request.user, number)
        if case.driver_name:
            audit.record(request._request, "case.view", case.number)
        return Response(CaseWhole(case, context={"request": request}).data)


class _Dispatch(serializers.Serializer[Any]):
    to = serializers.PrimaryKeyRelatedField(
        queryset=County.objects.filter(valid_until=None).defer("boundary", "disputed"), help_text="县区的行政区划代码"
    )
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class _Accept(serializers.Serializer[Any]):
    """Nothing is asked."""


class _Handle(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=2000)
    photos = serializers.ListField(child=serializers.FileField(), required=False)


class _FeedBack(serializers.Serializer[Any]):
    result = serializers.CharField(max_length=2000)
    outcome = serializers.ChoiceField(choices=Case.Outcome.choices)


class _Return(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class _Note(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class CaseVerb(APIView):
    """One verb on one case; subclasses name the verb and what it takes."""

    parser_classes = (JSONParser, MultiPartParser, FormParser)
    takes: type[serializers.Serializer[Any]] = _Note

    def act(self, case: Case, by: Any, given: dict[str, Any]) -> Case:
        """Carries the verb out."""
        raise NotImplementedError

    def post(self, request: Request, number: str) -> Response:
        """The case as it stands afterwards."""
        require(request.user, "case.view")
        case = get_case_for(request.user, number)
        serializer = self.takes(data=request.data)
        serializer.is_valid(raise_exception=True)
        self.act(case, request.user, dict(serializer.validated_data))
        verb = request.resolver_match.url_name if request.resolver_match else ""
        audit.record(request._request, verb.removeprefix("api-"), number)
        return Response(CaseWhole(get_case_for(request.user, number), context={"request": request}).data)


def _verb(verb: Verb, takes: type[serializers.Serializer[Any]], function: Any) -> Any:
    """A view for ``verb``, documented with what it takes."""

    def act(self: CaseVerb, case: Case, by: Any, given: dict[str, Any]) -> Case:
        done: Case = function(case, by=by, **given)
        return done

    view = type(f"Case{verb.name.title().replace('_', '')}", (CaseVerb,), {
        "takes": takes, "act": act, "__doc__": f"{verb.label}（{verb.value}）"})  # fmt: skip
    described = extend_schema(
        request=takes, responses=CaseWhole, operation_id=f"cases_{verb.value}", summary=str(verb.label)
    )
    return extend_schema_view(post=described)(view).as_view()  # type: ignore[attr-defined]


VERBS: dict[Verb, Any] = {
    Verb.DISPATCH: _verb(Verb.DISPATCH, _Dispatch, workflow.dispatch_case),
    Verb.ACCEPT: _verb(Verb.ACCEPT, _Accept, workflow.accept_case),
    Verb.HANDLE: _verb(Verb.HANDLE, _Handle, workflow.handle_case),
    Verb.FEED_BACK: _verb(Verb.FEED_BACK, _FeedBack, workflow.feed_back_case),
    Verb.RETURN: _verb(Verb.RETURN, _Return, workflow.return_case),
    Verb.VERIFY: _verb(Verb.VERIFY, _Note, workflow.verify_case),
    Verb.CLOSE: _verb(Verb.CLOSE, _Note, workflow.close_case),
}
