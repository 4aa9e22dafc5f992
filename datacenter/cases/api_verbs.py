"""The verbs of a case over the API (案件办理接口): the same functions as the pages call."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from datacenter.accounts import audit
from datacenter.accounts.models import Unit
from datacenter.accounts.permissions import require, require_any
from datacenter.cases import workflow
from datacenter.cases.api import CaseWhole
from datacenter.cases.models import Case, Dispatch, Supervision
from datacenter.cases.selectors import get_case_for, leaders
from datacenter.cases.states import Verb, rights_for
from datacenter.cases.workflow.pressure import DECISIONS
from datacenter.geo.models import County


class _Dispatch(serializers.Serializer[Any]):
    to = serializers.PrimaryKeyRelatedField(
        queryset=County.objects.filter(valid_until=None).defer("boundary", "disputed"), help_text="县区的行政区划代码"
    )
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    team = serializers.PrimaryKeyRelatedField(
        queryset=Unit.objects.filter(kind=Unit.Kind.ENFORCEMENT_TEAM), required=False, help_text="同时派往的执法队"
    )
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
    due_at = serializers.DateTimeField(required=False, allow_null=True)
    parts = serializers.MultipleChoiceField(choices=Dispatch.Part.choices, required=False, allow_empty=False)


class _Note(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class _Verify(_Note):
    outcome = serializers.ChoiceField(choices=Case.Outcome.choices, required=False, help_text="结论不一致时的裁定")


class _Reason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class _Reopen(_Reason):
    due_at = serializers.DateTimeField(required=False, allow_null=True)


class _AskExtension(_Reason):
    until = serializers.DateTimeField()


class _Supervise(_Reason):
    level = serializers.ChoiceField(choices=Supervision.Level.choices)
    leader = serializers.PrimaryKeyRelatedField(queryset=leaders(), required=False)
    answer_due_at = serializers.DateTimeField(required=False, allow_null=True)


class _Answer(serializers.Serializer[Any]):
    reply = serializers.CharField(max_length=2000)


class _Review(_Note):
    decision = serializers.ChoiceField(choices=DECISIONS)


class _Grade(_Note):
    level = serializers.ChoiceField(choices=Case.Level.choices)
    is_key = serializers.BooleanField(required=False, default=False)


class CaseVerb(APIView):
    """One verb on one case; subclasses name the verb and what it takes."""

    parser_classes = (JSONParser, MultiPartParser, FormParser)
    takes: type[serializers.Serializer[Any]] = _Note
    verb: Verb

    def act(self, case: Case, by: Any, given: dict[str, Any]) -> Case:
        """Carries the verb out."""
        raise NotImplementedError

    def post(self, request: Request, number: str) -> Response:
        """The case as it stands afterwards."""
        require(request.user, "case.view")
        case = get_case_for(request.user, number)
        require_any(request.user, rights_for(self.verb, case.origin))  # before what was typed is judged
        serializer = self.takes(data=request.data)
        serializer.is_valid(raise_exception=True)
        self.act(case, request.user, dict(serializer.validated_data))
        audit.record(request._request, f"case.{self.verb}", number)
        return Response(CaseWhole(get_case_for(request.user, number), context={"request": request}).data)


def _verb(verb: Verb, takes: type[serializers.Serializer[Any]], function: Any) -> Any:
    """A view for ``verb``, documented with what it takes."""

    def act(self: CaseVerb, case: Case, by: Any, given: dict[str, Any]) -> Case:
        done: Case = function(case, by=by, **given)
        return done

    facts = {"takes": takes, "verb": verb, "act": act, "__doc__": f"{verb.label}（{verb.value}）"}
    view = type(f"Case{verb.name.title().replace('_', '')}", (CaseVerb,), facts)
    described = extend_schema(
        request=takes, responses=CaseWhole, operation_id=f"cases_{verb.value}", summary=str(verb.label)
    )
    return extend_schema_view(post=described)(view).as_view()  # type: ignore[attr-defined]


_TAKES: dict[Verb, tuple[type[serializers.Serializer[Any]], Any]] = {
    Verb.DISPATCH: (_Dispatch, workflow.dispatch_case),
    Verb.REDISPATCH: (_Dispatch, workflow.redispatch_case),
    Verb.DECLINE: (_Reason, workflow.decline_case),
    Verb.ACCEPT: (_Accept, workflow.accept_case),
    Verb.HANDLE: (_Handle, workflow.handle_case),
    Verb.FEED_BACK: (_FeedBack, workflow.feed_back_case),
    Verb.RETURN: (_Return, workflow.return_case),
    Verb.VERIFY: (_Verify, workflow.verify_case),
    Verb.CLOSE: (_Note, workflow.close_case),
    Verb.FILE: (_Note, workflow.file_case),
    Verb.REOPEN: (_Reopen, workflow.reopen_case),
    Verb.ASK_EXTENSION: (_AskExtension, workflow.ask_extension),
    Verb.GRANT_EXTENSION: (_Note, workflow.grant_extension),
    Verb.REFUSE_EXTENSION: (_Reason, workflow.refuse_extension),
    Verb.PAUSE: (_Reason, workflow.pause_case),
    Verb.RESUME: (_Note, workflow.resume_case),
    Verb.EXPLAIN: (_Reason, workflow.explain_lateness),
    Verb.URGE: (_Note, workflow.urge_case),
    Verb.SUPERVISE: (_Supervise, workflow.supervise_case),
    Verb.ANSWER_SUPERVISION: (_Answer, workflow.answer_supervision),
    Verb.REVIEW_SUPERVISION: (_Review, workflow.review_supervision),
    Verb.GRADE: (_Grade, workflow.grade_case),
}
VERBS: dict[Verb, Any] = {verb: _verb(verb, takes, function) for verb, (takes, function) in _TAKES.items()}
