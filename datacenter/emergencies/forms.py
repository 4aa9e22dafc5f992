"""What a person fills in about emergency calls: one form a verb, and the filters of the list."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.emergencies import workflow
from datacenter.emergencies.errors import NoteMissing
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent

Verb = EmergencyEvent.Verb
_TEXT = {"class": "form-control"}
_SELECT = {"class": "form-select"}


def _words(label: Any, *, rows: int = 0, required: bool = True, most: int = 1000) -> forms.CharField:
    widget = forms.Textarea(attrs={**_TEXT, "rows": rows}) if rows else forms.TextInput(attrs=_TEXT)
    messages = {"required": _("请填写%(label)s") % {"label": label}}
    return forms.CharField(label=label, required=required, max_length=most, widget=widget, error_messages=messages)


class VerbForm(forms.Form):
    """What a verb asks for; ``act`` carries it out."""

    verb: ClassVar[str]
    confirm: ClassVar[Any] = ""

    def __init__(self, *args: Any, call: EmergencyCall, **kwargs: Any) -> None:
        kwargs.setdefault("prefix", self.verb)
        super().__init__(*args, **kwargs)
        self.call = call

    @property
    def label(self) -> str:
        """The verb's word."""
        return str(Verb(self.verb).label)

    def act(self, user: Any) -> EmergencyCall:
        """Do it. Raises what the workflow raises."""
        raise NotImplementedError

    def refuse(self, refusal: NoteMissing) -> None:
        """Say a refusal beside its field."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class AcknowledgeForm(VerbForm):
    """接警."""

    verb = Verb.ACKNOWLEDGE

    def act(self, user: Any) -> EmergencyCall:
        return workflow.acknowledge_call(self.call, by=user)


class NoteForm(VerbForm):
    """记录."""

    verb = Verb.NOTE
    note = _words(_("处置情况"), rows=2)

    def act(self, user: Any) -> EmergencyCall:
        return workflow.note_call(self.call, by=user, note=self.cleaned_data["note"])


class HandOverForm(VerbForm):
    """移交公安."""

    verb = Verb.HAND_OVER
    to = _words(_("接收单位"), most=80)
    receiver = _words(_("接警人"), required=False, most=40)
    number = _words(_("公安警情编号"), required=False, most=40)
    note = _words(_("移交情况"), rows=3)

    def act(self, user: Any) -> EmergencyCall:
        return workflow.hand_over_call(self.call, by=user, **self.cleaned_data)


class CloseForm(VerbForm):
    """结束."""

    verb = Verb.CLOSE
    confirm = _("结束后不能再打开，确定结束这条报警吗？")
    outcome = forms.ChoiceField(
        label=_("结论"),
        choices=EmergencyCall.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择结论")},
    )
    note = _words(_("核实情况"), rows=3)

    def act(self, user: Any) -> EmergencyCall:
        return workflow.close_call(self.call, by=user, **self.cleaned_data)


FORMS: dict[str, type[VerbForm]] = {form.verb: form for form in (AcknowledgeForm, NoteForm, HandOverForm, CloseForm)}


class CallFilters(forms.Form):
    """The list's filters, as they stand in its address."""

    q = forms.CharField(
        label=_("车牌"),
        max_length=16,
        required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 12}),
    )
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("全部")), *EmergencyCall.State.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    outcome = forms.ChoiceField(
        label=_("结论"),
        required=False,
        choices=[("", _("全部")), *EmergencyCall.Outcome.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    since = forms.DateField(
        label=_("自"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("至"), required=False, widget=forms.DateInput(attrs={**_TEXT, "type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """Refuses days in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("截止日期早于起始日期"))
        return cleaned
