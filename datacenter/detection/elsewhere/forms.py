"""The filters of the list of leads, and what an officer fills in about one (外地车线索表单)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.geo.counties import counties

_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}
_DATE = {**_TEXT, "type": "date"}


class LeadFilters(forms.Form):
    """The filters."""

    q = forms.CharField(label=_("车牌"), required=False, max_length=10, widget=forms.TextInput(attrs=_TEXT))
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("全部")), *ElsewhereLead.State.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    county = forms.ChoiceField(label=_("县区"), required=False, widget=forms.Select(attrs=_SELECT))
    since = forms.DateField(label=_("发现自"), required=False, widget=forms.DateInput(attrs=_DATE))
    until = forms.DateField(label=_("至"), required=False, widget=forms.DateInput(attrs=_DATE))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("全部")), *counties().values_list("code", "name")]
        self.fields["county"].choices = choices  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """Confirmed or rejected; a rejection says why."""

    reason = forms.ChoiceField(
        label=_("排除原因"),
        required=False,
        choices=[("", _("请选择")), *ElsewhereLead.Reason.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    note = forms.CharField(
        label=_("备注"), required=False, max_length=300, widget=forms.Textarea(attrs={**_TEXT, "rows": 2})
    )
