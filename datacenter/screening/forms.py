"""What comes with an answer, and what is filled in while looking live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.detection.models import DetectorSetting
from datacenter.screening.errors import AnswerRefused
from datacenter.screening.workflow import Mark

_TEXT = {"class": "form-control"}
_MOST = 2**31 - 1


def whole_number(text: str | None) -> int | None:
    """A positive number of an address or a form; None for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) <= 2**63 - 1 else None


class AnswerForm(forms.Form):
    """A note, and a moment that was marked: unix seconds, or a file and how far into it."""

    note = forms.CharField(required=False, max_length=300)
    marked_at = forms.IntegerField(required=False, min_value=0, max_value=_MOST)
    marked_file = forms.IntegerField(required=False, min_value=1)
    marked_offset_ms = forms.IntegerField(required=False, min_value=0, max_value=_MOST)

    def require_valid(self) -> None:
        """Raises ``AnswerRefused`` for the first field that is wrong."""
        if not self.is_valid():
            field, errors = next(iter(self.errors.items()))
            raise AnswerRefused(field, str(errors[0]))

    def mark(self) -> Mark:
        """The moment, where one was marked."""
        data = self.cleaned_data
        at = datetime.fromtimestamp(data["marked_at"], UTC) if data["marked_at"] is not None else None
        return Mark(at, data["marked_file"], data["marked_offset_ms"])


class LiveMarkForm(forms.Form):
    """What an officer saw (标记违规): by which rule, when, in words."""

    kind = forms.ModelChoiceField(
        label=_("事由"),
        queryset=DetectorSetting.objects.order_by("title"),
        empty_label=_("请选择"),
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": _("请选择事由")},
    )
    at = forms.DateTimeField(
        label=_("时刻"),
        widget=forms.DateTimeInput(attrs={**_TEXT, "type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        error_messages={"required": _("请填写时刻")},
    )
    note = forms.CharField(
        label=_("看到的情况"),
        max_length=300,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 2}),
        error_messages={"required": _("请填写看到的情况")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"at": timezone.localtime()}, **kwargs})
