"""What a reader of the statistics fills in (统计筛选); it stands in the page's address."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks
from datacenter.cases.models import Case
from datacenter.geo.counties import counties
from datacenter.registry.models import Vehicle
from datacenter.statistics.asking import MOST_DAYS, Asked, grain_for, months_back

_ALL = ("", _("全部"))
DAYS = 30


class StatisticsForm(forms.Form):
    """Filters and period; what can't be read is told beside its field, and the default taken."""

    since = forms.DateField(label=_("立案自"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("至"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    county = forms.ChoiceField(label=_("县区"), required=False)
    industry = forms.ChoiceField(label=_("行业"), required=False, choices=[_ALL, *Vehicle.Kind.choices])
    kind = forms.ChoiceField(label=_("事由"), required=False)
    origin = forms.ChoiceField(label=_("来源"), required=False, choices=[_ALL, *Case.Origin.choices])
    grain = forms.ChoiceField(
        label=_("趋势按"),
        required=False,
        choices=[("", _("自动")), ("day", _("日")), ("week", _("周")), ("month", _("月"))],
    )

    def __init__(self, parameters: Any, user: Any) -> None:
        self.today = timezone.localdate()
        wanted = parameters.copy()
        for name, day in (("since", self.today - timedelta(days=DAYS - 1)), ("until", self.today)):
            if not wanted.get(name):
                wanted[name] = day.isoformat()
        super().__init__(wanted)
        self.county_names: dict[str, str] = {}
        if scope_of(user).level == "city":
            self.county_names = dict(counties().values_list("code", "name"))
            self.fields["county"].choices = [  # type: ignore[attr-defined]
                _ALL, *self.county_names.items(), ("none", _("未派发"))
            ]  # fmt: skip
        else:
            del self.fields["county"]
            own = scope_of(user).id
            self.county_names = dict(counties().filter(code=own).values_list("code", "name"))
        self.kind_titles = dict(blocks.kinds())
        self.fields["kind"].choices = [_ALL, *self.kind_titles.items()]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def clean(self) -> dict[str, Any]:
        """A period that has its days in order and is no longer than ten years."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and not 2000 <= since.year <= 2100:
            self.add_error("since", _("应为 2000 至 2100 年之间的日期"))
        elif until and not 2000 <= until.year <= 2100:
            self.add_error("until", _("应为 2000 至 2100 年之间的日期"))
        elif since and until and since > until:
            self.add_error("until", _("截止日期早于起始日期"))
        elif since and until and (until - since).days >= MOST_DAYS["month"]:
            self.add_error("until", _("一次最多统计十年"))
        return cleaned

    def asked(self) -> Asked:
        """What was asked for, defaults where it can't be read."""
        self.is_valid()
        data = {name: value for name, value in self.cleaned_data.items() if value}
        since, until = data.get("since"), data.get("until")
        if since is None or until is None:
            since, until = self.today - timedelta(days=DAYS - 1), self.today
        only = {name: data.get(name, "") for name in ("county", "industry", "kind", "origin")}
        return Asked(since, until, grain_for((until - since).days + 1, data.get("grain", "")), **only,
                     of_county="county" not in self.fields)  # fmt: skip


def presets(today: date) -> list[tuple[Any, date, date]]:
    """Periods that are asked for often: title, first and last day."""
    month = today.replace(day=1)
    before = months_back(month, 1)
    return [
        (_("今日"), today, today),
        (_("近 7 天"), today - timedelta(days=6), today),
        (_("近 30 天"), today - timedelta(days=DAYS - 1), today),
        (_("本月"), month, today),
        (_("上月"), before, month - timedelta(days=1)),
        (_("本年"), today.replace(month=1, day=1), today),
        (_("近一年"), today - timedelta(days=364), today),
    ]
