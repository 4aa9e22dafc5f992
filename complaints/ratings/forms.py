"""What the pages of ratings ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints.ratings.models import RatingReason, RideRating

Grade = RideRating.Grade
PERIODS = ((7, _("近 7 天")), (30, _("近 30 天")), (90, _("近 90 天")), (365, _("近一年")))
DEFAULT_DAYS = 30


def days_asked(parameters: Any) -> int:
    """The period that an address names; what is no choice is the usual one."""
    text = parameters.get("days", "")
    return int(text) if text in {str(days) for days, _label in PERIODS} else DEFAULT_DAYS


class RateForm(forms.Form):
    """A passenger's grade; a low one says why."""

    grade = forms.TypedChoiceField(
        label=_("这次乘车，您满意吗？"),
        choices=Grade.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选择一项评价"), "invalid_choice": _("请选择一项评价")},
    )
    reasons = forms.MultipleChoiceField(
        label=_("哪里不满意？"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("没有这项原因")},
    )
    words = forms.CharField(
        label=_("补充说明（可不填）"),
        required=False,
        max_length=200,
        widget=forms.Textarea({"class": "form-control", "rows": 3}),
        error_messages={"max_length": _("说明不超过 200 字")},
    )

    def __init__(self, parameters: Any = None) -> None:
        super().__init__(parameters)
        rows = RatingReason.objects.filter(in_force=True).values_list("code", "title")
        self.fields["reasons"].choices = list(rows)  # type: ignore[attr-defined]

    def clean_words(self) -> str:
        """One paragraph of what can be seen."""
        return "".join(sign for sign in " ".join(self.cleaned_data["words"].split()) if sign.isprintable())

    def clean(self) -> dict[str, Any]:
        """Reasons belong to a low grade, and a low grade to a reason."""
        cleaned = super().clean() or {}
        grade = cleaned.get("grade")
        if cleaned.get("reasons"):
            cleaned["reasons"] = list(dict.fromkeys(cleaned["reasons"]))  # sent a hundred times, it is said once
        if grade is not None and grade < Grade.NOT_SATISFIED:
            cleaned["reasons"] = []
        elif grade is not None and not cleaned.get("reasons") and "reasons" not in self.errors:
            self.add_error("reasons", _("请至少选一项原因，没有合适的选“其他”"))
        return cleaned
