"""What the pages of assessment ask for, and what their tables can be cut to."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.models import IndicatorRule
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.assessment.selectors import kinds_for
from datacenter.assessment.workflow import Corrected, NewRule
from datacenter.geo.counties import counties

_TEXT = {"class": "form-control"}
_AREA = forms.Textarea({**_TEXT, "rows": 2})


class _Refusing(forms.Form):
    def require_valid(self) -> dict[str, Any]:
        """The values. Raises ``FieldRefused`` for the first field that is wrong."""
        if not self.is_valid():
            name, errors = next(iter(self.errors.items()))
            raise FieldRefused(name, str(errors[0]))
        return self.cleaned_data


class LeagueFilters(forms.Form):
    """Which table of a month: of whom, by which side, of which county, by what name."""

    kind = forms.ChoiceField(required=False, widget=forms.HiddenInput)
    axis = forms.ChoiceField(label=_("排序"), required=False, choices=[("", _("总分")), *Axis.choices])
    low = forms.ChoiceField(label=_("次序"), required=False, choices=[("", _("高分在前")), ("1", _("低分在前"))])
    county = forms.ChoiceField(label=_("县区"), required=False)
    q = forms.CharField(label=_("名称"), required=False, max_length=40)

    def __init__(self, parameters: Any, user: Any) -> None:
        super().__init__(parameters)
        kinds = kinds_for(user)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self._first = (Kind.COMPANY if scope_of(user).level == "company" else Kind.COUNTY).value
        if scope_of(user).level == "city":
            rows = counties().values_list("code", "name")
            self.fields["county"].choices = [("", _("全部")), *rows]  # type: ignore[attr-defined]
        else:
            del self.fields["county"]
        for field in (bound.field for bound in self.visible_fields()):
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def wanted(self) -> dict[str, str]:
        """What was asked for; what is no choice is left out."""
        self.is_valid()
        return {"kind": self._first, "axis": "", "low": "", "county": "", "q": ""} | {
            name: value for name, value in self.cleaned_data.items() if value
        }


class ObjectionForm(_Refusing):
    """Which figure, and what is wrong with it."""

    indicator = forms.CharField(max_length=40, error_messages={"required": _("请选择指标")})
    reason = forms.CharField(max_length=1000, error_messages={"required": _("请填写申诉理由")})


class FigureForm(_Refusing):
    """A figure as it should be, and why."""

    indicator = forms.CharField(max_length=40, required=False)
    numerator = forms.FloatField(error_messages={"required": _("请填写更正后的数"), "invalid": _("应为数字")})
    denominator = forms.FloatField(required=False, error_messages={"invalid": _("应为数字")})
    note = forms.CharField(max_length=500, error_messages={"required": _("请填写理由")})

    def figure(self) -> Corrected:
        """The figure. Raises ``FieldRefused``."""
        data = self.require_valid()
        return Corrected(data["numerator"], data["denominator"])


class RuleForm(_Refusing):
    """How an indicator is scored from a month on."""

    weight = forms.FloatField(label=_("权重"), min_value=0, max_value=1000, widget=forms.NumberInput(_TEXT))
    formula = forms.ChoiceField(
        label=_("计分方式"), choices=IndicatorRule.Formula.choices, widget=forms.Select({"class": "form-select"})
    )
    target = forms.FloatField(label=_("目标值"), required=False, widget=forms.NumberInput(_TEXT | {"step": "any"}))
    floor = forms.FloatField(label=_("底线值"), required=False, widget=forms.NumberInput(_TEXT | {"step": "any"}))
    each = forms.FloatField(
        label=_("每单位扣分"), required=False, help_text=_("仅逐项扣分"),
        widget=forms.NumberInput(_TEXT | {"step": "any"}),
    )  # fmt: skip
    steps = forms.CharField(
        label=_("分档"), required=False, help_text=_("仅分档：每行一个界限和得分，如 95 100"),
        widget=forms.Textarea(_TEXT | {"rows": 3}),
    )  # fmt: skip
    valid_from = forms.CharField(
        label=_("自哪个月起"), widget=forms.TextInput(_TEXT | {"type": "month", "placeholder": "2026-12"})
    )
    source = forms.CharField(label=_("依据"), max_length=300, widget=_AREA)
    note = forms.CharField(label=_("修改理由"), max_length=300, widget=_AREA)

    def clean_valid_from(self) -> date:
        """The first day of the month."""
        found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", self.cleaned_data["valid_from"])
        if not found:
            raise forms.ValidationError(_("应为年-月，如 2026-12"))
        return date(int(found[1]), int(found[2]), 1)

    def clean_steps(self) -> list[list[float]]:
        """Pairs of bound and score."""
        pairs = []
        for line in self.cleaned_data["steps"].splitlines():
            if not line.strip():
                continue
            try:
                bound, points = map(float, line.split())
            except ValueError:
                raise forms.ValidationError(_("每行应为一个界限和一个得分")) from None
            pairs.append([bound, points])
        return sorted(pairs)

    def rule(self) -> NewRule:
        """The rule as the workflow takes it; only with a valid form."""
        data = self.cleaned_data
        params: dict[str, Any] = {}
        if data["formula"] == IndicatorRule.Formula.DEDUCT:
            params["each"] = data["each"]
        if data["formula"] == IndicatorRule.Formula.STEPS:
            params["steps"] = data["steps"]
        return NewRule(
            weight=data["weight"], formula=data["formula"], target=data["target"], floor=data["floor"], params=params,
            valid_from=data["valid_from"], source=data["source"], note=data["note"],
        )  # fmt: skip


class RewardForm(_Refusing):
    """A good deed: by which line of the table, when, what."""

    rule = forms.IntegerField(min_value=1, error_messages={"required": _("请选择奖励事由")})
    day = forms.DateField(error_messages={"required": _("请填写日期"), "invalid": _("应为日期")})
    note = forms.CharField(max_length=300, error_messages={"required": _("请填写事迹")})
