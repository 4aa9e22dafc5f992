"""What the forms of a case's verbs have in common (办理表单)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case
from datacenter.cases.states import TRANSITIONS, Verb

TEXT = {"class": "form-control"}
SELECT = {"class": "form-select"}
RADIO = {"class": "form-check-input"}
_MOMENT = "%Y-%m-%dT%H:%M"


def moment_field(label: Any, *, required: bool, help_text: Any = "", missing: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={**TEXT, "type": "datetime-local"}, format=_MOMENT)
    messages = {"required": missing} if missing else None
    return forms.DateTimeField(
        label=label, required=required, help_text=help_text, widget=widget, error_messages=messages
    )


def ahead(moment: datetime | None) -> datetime | None:
    """A deadline lies ahead, by more than the time it takes to press the button."""
    if moment and moment <= timezone.now() + timedelta(minutes=1):
        raise forms.ValidationError(_("期限应晚于现在"))
    return moment


class SeveralFiles(forms.FileField):
    """Several files in one field; the widget allows them, cleaning gives the list."""

    class _Input(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = _Input

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each file cleaned for itself."""
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(SeveralFiles, self).clean(file, initial) for file in files]


def note_field(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={**TEXT, "rows": 3})
    messages = {"required": _("请填写%(label)s") % {"label": label}}
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=2000, widget=widget, error_messages=messages
    )


_TYPED = ("note", "result", "reason", "reply")


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
    def leads(self) -> bool:
        """Whether the case waits for this verb: its form stands open."""
        return TRANSITIONS[self.verb].onward

    @property
    def has_typed(self) -> bool:
        """Whether somebody wrote words that must not be lost."""
        return any(isinstance(self[name].value(), str) and self[name].value() for name in _TYPED if name in self.fields)

    def act(self, by: Any) -> Case:
        """Does the verb with what was filled in."""
        raise NotImplementedError

    def refuse(self, refusal: FieldRefused) -> None:
        """Put a refusal of the workflow beside the field it names."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)
