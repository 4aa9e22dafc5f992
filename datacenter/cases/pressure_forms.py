"""The forms of time and pressure (延期、催办、督办、定级)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.form_fields import RADIO, SELECT, VerbForm, ahead, moment_field, note_field
from datacenter.cases.models import Case, Supervision
from datacenter.cases.selectors import leaders
from datacenter.cases.states import Verb
from datacenter.cases.workflow.pressure import DECISIONS


class AskExtensionForm(VerbForm):
    """申请延期: until when, and why."""

    verb = Verb.ASK_EXTENSION
    until = moment_field(_("延至"), required=True, missing=_("请填写延至什么时间"))
    reason = note_field(_("延期理由"), required=True)

    def act(self, by: Any) -> Case:
        """Asks."""
        data = self.cleaned_data
        return workflow.ask_extension(self.case, by=by, until=data["until"], reason=data["reason"])


class GrantExtensionForm(VerbForm):
    """同意延期."""

    verb = Verb.GRANT_EXTENSION
    note = note_field(_("审批意见"), required=False)

    def act(self, by: Any) -> Case:
        """Agrees."""
        return workflow.grant_extension(self.case, by=by, note=self.cleaned_data["note"])


class RefuseExtensionForm(VerbForm):
    """不同意延期: why."""

    verb = Verb.REFUSE_EXTENSION
    reason = note_field(_("不同意的理由"), required=True)

    def act(self, by: Any) -> Case:
        """Refuses."""
        return workflow.refuse_extension(self.case, by=by, reason=self.cleaned_data["reason"])


class PauseForm(VerbForm):
    """中止计时: why."""

    verb = Verb.PAUSE
    reason = note_field(_("中止原因"), required=True, help_text=_("例如等待鉴定、当事人在外地；期限从恢复时接着算"))

    def act(self, by: Any) -> Case:
        """Stops the clock."""
        return workflow.pause_case(self.case, by=by, reason=self.cleaned_data["reason"])


class ResumeForm(VerbForm):
    """恢复计时."""

    verb = Verb.RESUME
    note = note_field(_("说明"), required=False)

    def act(self, by: Any) -> Case:
        """Lets it run on."""
        return workflow.resume_case(self.case, by=by, note=self.cleaned_data["note"])


class ExplainForm(VerbForm):
    """逾期说明: why it is late."""

    verb = Verb.EXPLAIN
    reason = note_field(_("逾期原因"), required=True)

    def act(self, by: Any) -> Case:
        """Writes it down."""
        return workflow.explain_lateness(self.case, by=by, reason=self.cleaned_data["reason"])


class UrgeForm(VerbForm):
    """催办."""

    verb = Verb.URGE
    note = note_field(_("催办说明"), required=False)

    def act(self, by: Any) -> Case:
        """Presses."""
        return workflow.urge_case(self.case, by=by, note=self.cleaned_data["note"])


class SuperviseForm(VerbForm):
    """督办: at which level, by which leader, until when an answer is due."""

    verb = Verb.SUPERVISE
    level = forms.TypedChoiceField(
        label=_("督办级别"), choices=Supervision.Level.choices, coerce=int, widget=forms.Select(attrs=SELECT)
    )
    leader = forms.ModelChoiceField(
        label=_("督办领导"), queryset=User.objects.none(), empty_label=_("按督办规则"), required=False,
        widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    answer_due_at = moment_field(_("回复期限"), required=False, help_text=_("留空则按督办规则计算"))
    reason = note_field(_("督办要求"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["leader"].queryset = leaders()  # type: ignore[attr-defined]

    def clean_answer_due_at(self) -> datetime | None:
        """A deadline lies ahead."""
        return ahead(self.cleaned_data["answer_due_at"])

    def act(self, by: Any) -> Case:
        """Puts it under the leader's eye."""
        data = self.cleaned_data
        return workflow.supervise_case(
            self.case, by=by, level=data["level"], leader=data["leader"], reason=data["reason"],
            answer_due_at=data["answer_due_at"],
        )  # fmt: skip


class AnswerForm(VerbForm):
    """督办回复."""

    verb = Verb.ANSWER_SUPERVISION
    reply = note_field(_("督办回复"), required=True)

    def act(self, by: Any) -> Case:
        """Answers."""
        return workflow.answer_supervision(self.case, by=by, reply=self.cleaned_data["reply"])


class ReviewForm(VerbForm):
    """督办审查: accepted, sent back, or escalated."""

    verb = Verb.REVIEW_SUPERVISION
    decision = forms.ChoiceField(
        label=_("审查结论"), choices=DECISIONS, widget=forms.RadioSelect(attrs=RADIO),
        error_messages={"required": _("请选择审查结论")},
    )  # fmt: skip
    note = note_field(_("审查意见"), required=False, help_text=_("退回或升级时必填"))

    def act(self, by: Any) -> Case:
        """Decides."""
        data = self.cleaned_data
        return workflow.review_supervision(self.case, by=by, decision=data["decision"], note=data["note"])


class GradeForm(VerbForm):
    """定级: how grave, and whether a key case."""

    verb = Verb.GRADE
    level = forms.ChoiceField(label=_("等级"), choices=Case.Level.choices, widget=forms.Select(attrs=SELECT))
    is_key = forms.BooleanField(label=_("列为重点案件"), required=False, widget=forms.CheckboxInput(attrs=RADIO))
    note = note_field(_("说明"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].initial, self.fields["is_key"].initial = self.case.level, self.case.is_key

    def act(self, by: Any) -> Case:
        """Grades it."""
        data = self.cleaned_data
        return workflow.grade_case(self.case, by=by, level=data["level"], is_key=data["is_key"], note=data["note"])
