"""What the list of notices is filtered by, and what an officer wants sent."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.notices.topics import Topic


class NoticeFilterForm(forms.Form):
    """Unread or all, a topic, words of title or body."""

    topic = forms.ChoiceField(label=_("主题"), required=False, widget=forms.Select(attrs={"class": "form-select"}))
    q = forms.CharField(
        label=_("标题或内容"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )

    def __init__(self, *args: Any, topics: list[Topic], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", _("全部主题")), *((one.code, one.title) for one in topics)]  # type: ignore[attr-defined]


class ReadAllForm(forms.Form):
    """Until when, in seconds since 1970, and of which topic, everything is read."""

    until = forms.FloatField(min_value=0, max_value=2**32)
    topic = forms.CharField(required=False, max_length=40)


def _clock(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"class": "form-control", "type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("请按 22:00 的样子填写时刻")},
    )


class QuietForm(forms.Form):
    """Quiet hours (免打扰时段): both times or neither."""

    begins, ends = _clock(_("开始")), _clock(_("结束"))

    def clean(self) -> dict[str, Any]:
        """Refuses one time without the other, and two that are the same."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        if self.errors:
            return cleaned
        if (begins is None) != (ends is None):
            self.add_error("ends" if ends is None else "begins", _("开始和结束须同时填写"))
        elif begins is not None and begins == ends:
            self.add_error("ends", _("开始和结束不能相同"))
        return cleaned

    def hours(self) -> tuple[time, time] | None:
        """The hours, or none."""
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        return (begins, ends) if begins is not None and ends is not None else None
