"""What a person fills in about cases: filters of the list, and one form for each verb."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.cases import workflow
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import MAX_PHOTO_BYTES, MAX_PHOTOS, check_photo
from datacenter.cases.models import Case
from datacenter.cases.states import State, Verb
from datacenter.geo.models import County
from datacenter.registry.models import Vehicle

Choices = list[tuple[str, str]]

_TEXT = {"class": "form-control"}
_SELECT = {"class": "form-select"}


class CaseFilterForm(forms.Form):
    """The list's filters, as they stand in its address. What is wrong is said beside it and filters nothing."""

    q = forms.CharField(
        label=_("车牌或案号"),
        max_length=40,
        required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 16}),
    )
    county = forms.ChoiceField(label=_("县区"), required=False, widget=forms.Select(attrs=_SELECT))
    industry = forms.ChoiceField(
        label=_("行业"),
        required=False,
        choices=[("", _("全部")), *Vehicle.Kind.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    kind = forms.ChoiceField(label=_("事由"), required=False, widget=forms.Select(attrs=_SELECT))
    due = forms.ChoiceField(
        label=_("期限"),
        required=False,
        choices=[("", _("全部")), ("overdue", _("已逾期")), ("soon", _("24 小时内到期"))],
        widget=forms.Select(attrs=_SELECT),
    )
    since = forms.DateField(
        label=_("立案自"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("至"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, counties: Choices, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]
        if counties:
            self.fields["county"].choices = [  # type: ignore[attr-defined]
                ("", _("全部")), *counties, ("none", _("未派发"))
            ]  # fmt: skip
        else:
            del self.fields["county"]

    def clean(self) -> dict[str, Any]:
        """Refuses days in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("截止日期早于起始日期"))
        return cleaned


class SeveralFiles(forms.FileField):
    """Several files in one field; the widget allows them, cleaning gives the list."""

    class _Input(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = _Input

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each file cleaned for itself."""
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(SeveralFiles, self).clean(file, initial) for file in files]


def _note(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={**_TEXT, "rows": 3})
    messages = {"required": _("请填写%(label)s") % {"label": label}}
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=2000, widget=widget, error_messages=messages
    )


class VerbForm(forms.Form):
    """What a verb asks for; ``act`` carries it out. Subclasses say what they need."""

    verb: Verb
    button = ""  # empty: the verb's own word
    confirm = ""  # the question before what can't be undone

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        self.case = case
        super().__init__(*args, prefix=None, auto_id=f"{self.verb}-%s", **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.FileField):  # chosen files stay chosen when the form comes back with an error
                field.widget.attrs["hx-preserve"] = "true"
            del name

    @property
    def has_typed(self) -> bool:
        """Whether somebody wrote words that must not be lost."""
        return any(isinstance(self[name].value(), str) and self[name].value() for name in ("note", "result", "reason")
                   if name in self.fields)  # fmt: skip

    def act(self, by: Any) -> Case:
        """Does the verb with what was filled in."""
        raise NotImplementedError

    def refuse(self, refusal: FieldRefused) -> None:
        """Put a refusal of the workflow beside the field it names."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class DispatchForm(VerbForm):
    """派发、改派: to which county, by when."""

    verb = Verb.DISPATCH
    to = forms.ModelChoiceField(
        label=_("承办县区"), queryset=County.objects.none(), empty_label=_("请选择"),
        widget=forms.Select(attrs=_SELECT), error_messages={"required": _("请选择承办县区")},
    )  # fmt: skip
    due_at = forms.DateTimeField(
        label=_("办理期限"),
        required=False,
        help_text=_("留空则按原期限"),
        widget=forms.DateTimeInput(attrs={**_TEXT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = _note(_("说明"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        again = self.case.state != State.COLLECTED
        self.button = _("改派") if again else _("派发")
        counties = County.objects.filter(valid_until=None).defer("boundary", "disputed")
        self.fields["to"].queryset = counties.exclude(pk=self.case.county_id) if again else counties  # type: ignore[attr-defined]

    def clean_due_at(self) -> datetime | None:
        """A deadline lies ahead."""
        due_at: datetime | None = self.cleaned_data["due_at"]
        if due_at and due_at <= timezone.now() + timedelta(minutes=1):
            raise forms.ValidationError(_("办理期限应晚于现在"))
        return due_at

    def act(self, by: Any) -> Case:
        """Sends it to the county."""
        data = self.cleaned_data
        return workflow.dispatch_case(self.case, to=data["to"], by=by, due_at=data["due_at"], note=data["note"])


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
    note = _note(_("办理情况"), required=True)
    photos = SeveralFiles(
        label=_("现场照片"),
        required=False,
        help_text=_("JPEG、PNG 或 WebP，每张不超过 %(mb)d MB，最多 %(most)d 张")
        % {"mb": MAX_PHOTO_BYTES // 1024 // 1024, "most": MAX_PHOTOS},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photos"].widget.attrs.update(_TEXT, accept="image/jpeg,image/png,image/webp", multiple=True)

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
    result = _note(_("办理结果"), required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = Case.Outcome.choices  # type: ignore[attr-defined]

    def act(self, by: Any) -> Case:
        """Reports it."""
        return workflow.feed_back_case(
            self.case, by=by, result=self.cleaned_data["result"], outcome=self.cleaned_data["outcome"]
        )


class ReturnForm(VerbForm):
    """退回: why."""

    verb = Verb.RETURN
    confirm = _("退回后由县区重新办理，并记入办理记录。确定退回？")
    reason = _note(_("退回原因"), required=True)

    def act(self, by: Any) -> Case:
        """Sends it back."""
        return workflow.return_case(self.case, by=by, reason=self.cleaned_data["reason"])


class VerifyForm(VerbForm):
    """核查通过."""

    verb = Verb.VERIFY
    confirm = _("核查通过后，属实的违规将记入车辆、企业和驾驶员的记录，不能撤回。确定？")
    note = _note(_("核查意见"), required=False)

    def act(self, by: Any) -> Case:
        """Approves the county's result."""
        return workflow.verify_case(self.case, by=by, note=self.cleaned_data["note"])


class CloseForm(VerbForm):
    """办结."""

    verb = Verb.CLOSE
    confirm = _("办结后案件不能再修改。确定办结？")
    note = _note(_("办结说明"), required=False)

    def act(self, by: Any) -> Case:
        """Ends it."""
        return workflow.close_case(self.case, by=by, note=self.cleaned_data["note"])


FORMS: dict[Verb, type[VerbForm]] = {
    form.verb: form for form in (DispatchForm, AcceptForm, HandleForm, FeedBackForm, ReturnForm, VerifyForm, CloseForm)
}
