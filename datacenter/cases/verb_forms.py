"""One form for each verb of a case (办理表单): what it asks for, and the one function that it calls."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.models import Unit
from datacenter.cases import pressure_forms as pressure
from datacenter.cases import workflow
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import MAX_PHOTO_BYTES, MAX_PHOTOS, check_photo
from datacenter.cases.form_fields import (
    RADIO,
    SELECT,
    TEXT,
    SeveralFiles,
    VerbForm,
    ahead,
    moment_field,
    note_field,
)
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.states import Verb
from datacenter.geo.models import County


class DispatchForm(VerbForm):
    """派发: to which county, by when, and whether to an enforcement team beside it."""

    verb = Verb.DISPATCH
    to = forms.ModelChoiceField(
        label=_("承办县区"), queryset=County.objects.none(), empty_label=_("请选择"),
        widget=forms.Select(attrs=SELECT), error_messages={"required": _("请选择承办县区")},
    )  # fmt: skip
    due_at = moment_field(_("办理期限"), required=False, help_text=_("留空则按办案标准计算"))
    team = forms.ModelChoiceField(
        label=_("同时派执法队"), queryset=Unit.objects.none(), required=False,
        empty_label=_("按办案标准"), widget=forms.Select(attrs=SELECT),
    )  # fmt: skip
    note = note_field(_("说明"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = self.counties()  # type: ignore[attr-defined]
        teams = Unit.objects.filter(kind=Unit.Kind.ENFORCEMENT_TEAM)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]

    sends = staticmethod(workflow.dispatch_case)

    def counties(self) -> Any:
        """Where it may go."""
        return County.objects.filter(valid_until=None).defer("boundary", "disputed")

    def clean_due_at(self) -> datetime | None:
        """A deadline lies ahead."""
        return ahead(self.cleaned_data["due_at"])

    def act(self, by: Any) -> Case:
        """Sends it to the county."""
        data = self.cleaned_data
        return self.sends(self.case, to=data["to"], by=by, due_at=data["due_at"], note=data["note"], team=data["team"])


class RedispatchForm(DispatchForm):
    """改派: to another county than the one that has it."""

    verb = Verb.REDISPATCH
    sends = staticmethod(workflow.redispatch_case)

    def counties(self) -> Any:
        """Every county but this one."""
        return super().counties().exclude(pk=self.case.county_id)


class DeclineForm(VerbForm):
    """退件: not this body's."""

    verb = Verb.DECLINE
    button = _("退件（不属本单位）")
    confirm = _("退件后由市级重新派发。确定退件？")
    reason = note_field(_("退件原因"), required=True)

    def act(self, by: Any) -> Case:
        """Gives it back."""
        return workflow.decline_case(self.case, by=by, reason=self.cleaned_data["reason"])


class AcceptForm(VerbForm):
    """签收: one click."""

    verb = Verb.ACCEPT

    def act(self, by: Any) -> Case:
        """Takes it."""
        return workflow.accept_case(self.case, by=by)


class HandleForm(VerbForm):
    """办理: what was done, with pictures."""

    verb = Verb.HANDLE
    button = _("记录办理")
    note = note_field(_("办理情况"), required=True)
    photos = SeveralFiles(
        label=_("现场照片"),
        required=False,
        help_text=_("JPEG、PNG 或 WebP，每张不超过 %(mb)d MB，最多 %(most)d 张")
        % {"mb": MAX_PHOTO_BYTES // 1024 // 1024, "most": MAX_PHOTOS},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photos"].widget.attrs.update(TEXT, accept="image/jpeg,image/png,image/webp", multiple=True)

    def clean_photos(self) -> list[UploadedFile]:
        """Every picture is one, and none is too large."""
        photos: list[UploadedFile] = self.cleaned_data["photos"]
        wrong = []
        if len(photos) > MAX_PHOTOS:
            wrong.append(_("一次最多上传 %(most)d 张照片") % {"most": MAX_PHOTOS})
        for photo in photos:
            try:
                check_photo(photo)
            except FieldRefused as refusal:
                wrong.append(refusal.message)
        if wrong:
            raise forms.ValidationError(wrong)
        return photos

    def act(self, by: Any) -> Case:
        """Writes it down."""
        return workflow.handle_case(
            self.case, by=by, note=self.cleaned_data["note"], photos=self.cleaned_data["photos"]
        )


class FeedBackForm(VerbForm):
    """反馈: the result, and whether the matter was as found."""

    verb = Verb.FEED_BACK
    outcome = forms.ChoiceField(
        label=_("查证结论"),
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": _("请选择查证结论：属实或不属实")},
    )
    result = note_field(_("办理结果"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = Case.Outcome.choices  # type: ignore[attr-defined]

    def act(self, by: Any) -> Case:
        """Reports it."""
        return workflow.feed_back_case(
            self.case, by=by, result=self.cleaned_data["result"], outcome=self.cleaned_data["outcome"]
        )


class ReturnForm(VerbForm):
    """退回: why, to whom of two, and with how much time."""

    verb = Verb.RETURN
    confirm = _("退回后由承办单位重新办理，并记入办理记录。确定退回？")
    reason = note_field(_("退回原因"), required=True)
    due_at = moment_field(_("新的期限"), required=False, help_text=_("留空则期限不变"))
    parts = forms.MultipleChoiceField(
        label=_("退回给"), choices=Dispatch.Part.choices, required=False, initial=Dispatch.Part.values,
        widget=forms.CheckboxSelectMultiple(attrs=RADIO),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        legs = self.case.legs.filter(ended_at=None).select_related("unit", "county")
        bodies = [(leg.part, f"{leg.get_part_display()}：{leg.body_name}") for leg in legs]
        if len(bodies) > 1:
            self.fields["parts"].choices = bodies  # type: ignore[attr-defined]
        else:
            del self.fields["parts"]

    def clean_due_at(self) -> datetime | None:
        """A deadline lies ahead."""
        return ahead(self.cleaned_data["due_at"])

    def act(self, by: Any) -> Case:
        """Sends it back."""
        data = self.cleaned_data
        parts = data.get("parts", Dispatch.Part.values)
        return workflow.return_case(self.case, by=by, reason=data["reason"], due_at=data["due_at"], parts=parts)


class VerifyForm(VerbForm):
    """核查通过; where the two bodies differ, the city's own decision."""

    verb = Verb.VERIFY
    confirm = _("核查通过后，属实的违规将记入车辆、企业和驾驶员的记录。确定？")
    outcome = forms.ChoiceField(
        label=_("裁定"), widget=forms.RadioSelect(attrs=RADIO), help_text=_("县区与执法队结论不一致"),
        error_messages={"required": _("请裁定：属实或不属实")},
    )  # fmt: skip
    note = note_field(_("核查意见"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.case.contradicted:
            self.fields["outcome"].choices = Case.Outcome.choices  # type: ignore[attr-defined]
            self.fields["note"].required = True
        else:
            del self.fields["outcome"]

    def act(self, by: Any) -> Case:
        """Approves the result."""
        data = self.cleaned_data
        return workflow.verify_case(self.case, by=by, note=data["note"], outcome=data.get("outcome", ""))


class CloseForm(VerbForm):
    """办结."""

    verb = Verb.CLOSE
    note = note_field(_("办结说明"), required=False)

    def act(self, by: Any) -> Case:
        """Ends it."""
        return workflow.close_case(self.case, by=by, note=self.cleaned_data["note"])


class FileForm(VerbForm):
    """归档."""

    verb = Verb.FILE
    note = note_field(_("归档说明"), required=False)

    def act(self, by: Any) -> Case:
        """Puts the file away."""
        return workflow.file_case(self.case, by=by, note=self.cleaned_data["note"])


class ReopenForm(VerbForm):
    """重办: why."""

    verb = Verb.REOPEN
    confirm = _("重办后由承办县区从签收开始重新办理。确定？")
    reason = note_field(_("重办原因"), required=True)
    due_at = moment_field(_("办理期限"), required=False, help_text=_("留空则按办案标准计算"))

    def clean_due_at(self) -> datetime | None:
        """A deadline lies ahead."""
        return ahead(self.cleaned_data["due_at"])

    def act(self, by: Any) -> Case:
        """Takes it up again."""
        data = self.cleaned_data
        return workflow.reopen_case(self.case, by=by, reason=data["reason"], due_at=data["due_at"])


_FORMS: tuple[type[VerbForm], ...] = (
    DispatchForm, RedispatchForm, DeclineForm, AcceptForm, HandleForm, FeedBackForm, ReturnForm, VerifyForm, CloseForm,
    FileForm, ReopenForm, pressure.AskExtensionForm, pressure.GrantExtensionForm, pressure.RefuseExtensionForm,
    pressure.PauseForm, pressure.ResumeForm, pressure.ExplainForm, pressure.UrgeForm, pressure.SuperviseForm,
    pressure.AnswerForm, pressure.ReviewForm, pressure.GradeForm,
)  # fmt: skip
FORMS: dict[Verb, type[VerbForm]] = {form.verb: form for form in _FORMS}
