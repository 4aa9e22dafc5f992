"""What the list of calls asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from complaints.calls.models import Call
from complaints.calls.selectors import to_complete
from datacenter.tracks.selectors import day_span

OPEN = "open"
TABS = (("", _("全部")), (OPEN, _("待补录")), *Call.State.choices)


class CallFilters(forms.Form):
    """Which calls: of a state or waiting to be completed, on a day, by words."""

    day = forms.DateField(label=_("日期"), required=False, widget=forms.DateInput({"type": "date"}))
    q = forms.CharField(label=_("工单号、分机或完整号码"), required=False, max_length=40)
    recording = forms.ChoiceField(label=_("录音"), required=False, choices=[("", _("全部")), *Call.Recording.choices])

    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters)
        self.tab = parameters.get("tab", "")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def cut(self, rows: QuerySet[Call]) -> QuerySet[Call]:
        """``rows`` as asked for; what can't be read is left out. A number is found only whole: it is masked."""
        self.is_valid()
        wanted = self.cleaned_data
        if day := wanted.get("day"):
            span = day_span(day)
            rows = rows.filter(rang_at__gte=span.start, rang_at__lt=span.end)
        if words := wanted.get("q", "").strip().replace("\0", ""):
            rows = rows.filter(Q(order__number__iexact=words) | Q(extension=words) | Q(caller=words))
        if wanted.get("recording"):
            rows = rows.filter(recording_state=wanted["recording"])
        return self.in_tab(rows)

    def in_tab(self, rows: QuerySet[Call]) -> QuerySet[Call]:
        """Those of the tab."""
        if self.tab == OPEN:
            return to_complete(rows)
        return rows.filter(state=self.tab) if self.tab in Call.State.values else rows
