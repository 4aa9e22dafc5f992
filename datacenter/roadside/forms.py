"""What is filled in about roadside checks: filters, patrols, an order, and what comes from the phone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.cases.form_fields import SeveralFiles
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.roadside.errors import CheckFieldRefused
from datacenter.roadside.models import Patrol, RoadsideCheck
from datacenter.roadside.selectors import patrols_visible_to, teams_for
from datacenter.roadside.workflow import LONGEST_ORDER_MIN

_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}


class CheckFilters(forms.Form):
    """The list's filters, as they stand in its address."""

    q = forms.CharField(
        label=_("车牌或案号"), max_length=20, required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 14}),
    )  # fmt: skip
    state = forms.ChoiceField(
        label=_("状态"), required=False,
        choices=[("", _("全部")), ("open", _("未反馈")), *RoadsideCheck.State.choices],
        widget=forms.Select(attrs=_SELECT),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        label=_("执法队"), required=False, queryset=None, empty_label=_("全部"), widget=forms.Select(attrs=_SELECT)
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams_for(user)  # type: ignore[attr-defined]


class Refusing(forms.Form):
    """A form that shows a refusal of the workflow beside the field it names."""

    def refuse(self, refusal: CheckFieldRefused) -> None:
        """Put it there."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class OrderForm(Refusing):
    """派单: to which patrol, what to look at, for how long it stands."""

    patrol = forms.ModelChoiceField(
        label=_("执法巡逻"), queryset=Patrol.objects.none(), error_messages={"required": _("请选择执法巡逻")}
    )
    request = forms.CharField(
        label=_("核查要求"), required=False, max_length=300, widget=forms.Textarea(attrs={**_TEXT, "rows": 2}),
        help_text=_("执法人员在手机上看到，如“查验道路运输证和押运员资格”"),
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=_("有效时长（分钟）"), min_value=1, max_value=LONGEST_ORDER_MIN,
        widget=forms.NumberInput(attrs=_TEXT), help_text=_("到时仍未接单即过期，可改派"),
    )  # fmt: skip

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["patrol"].queryset = patrols_visible_to(user)  # type: ignore[attr-defined]


class PatrolForm(forms.ModelForm):
    """执法巡逻: a team's vehicle; with a registered terminal its place comes from there too."""

    plate = forms.CharField(
        label=_("车载终端的车牌"), required=False, max_length=10, widget=forms.TextInput(attrs=_TEXT),
        help_text=_("执法车装有登记的终端时填写；没有则位置由执法人员的手机提供"),
    )  # fmt: skip

    class Meta:
        model = Patrol
        fields = ("team", "name", "plate", "active")
        widgets = {
            "team": forms.Select(attrs=_SELECT),
            "name": forms.TextInput(attrs=_TEXT),
            "active": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        team: Any = self.fields["team"]
        team.queryset, team.empty_label = teams_for(user), _("请选择")
        if self.instance.pk:
            self.fields["team"].disabled = True  # its orders belong to the team
        if self.instance.vehicle_id:
            self.fields["plate"].initial = self.instance.vehicle.plate  # type: ignore[union-attr]

    def clean_plate(self) -> str:
        """A registered vehicle that the user may see."""
        plate = str(self.cleaned_data["plate"]).strip().upper()
        found = list(vehicles_visible_to(self.user).filter(plate=plate)[:2]) if plate else []
        if plate and len(found) != 1:
            raise forms.ValidationError(_("没有登记这辆车，或同号有几辆") if not found else _("同号有几辆车，不能确定"))
        self.instance.vehicle = found[0] if found else None
        return plate


class DeclineForm(Refusing):
    """拒单: why."""

    reason = forms.ChoiceField(
        label=_("拒单原因"), choices=RoadsideCheck.DeclineReason.choices, widget=forms.RadioSelect,
        error_messages={"required": _("请选择拒单原因")},
    )  # fmt: skip
    note = forms.CharField(
        label=_("说明"), required=False, max_length=300, widget=forms.Textarea(attrs={**_TEXT, "rows": 2})
    )


_YES_NO = [("yes", _("是")), ("no", _("否"))]


class AnswerForm(Refusing):
    """反馈: found or not, as suspected or not, words, photos; ``key`` names the attempt."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    found = forms.ChoiceField(label=_("是否找到车辆"), required=False, choices=_YES_NO, widget=forms.RadioSelect)
    as_suspected = forms.ChoiceField(
        label=_("是否与涉嫌情况相符"), required=False, choices=_YES_NO, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("情况说明"), required=False, max_length=500, widget=forms.Textarea(attrs={**_TEXT, "rows": 3})
    )
    photos = SeveralFiles(label=_("照片"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["photos"].widget.attrs |= {**_TEXT, "accept": "image/*"}

    def said(self) -> dict[str, Any]:
        """What was filled in, as the workflow takes it."""
        data = self.cleaned_data
        answer = {"yes": True, "no": False}
        return {
            "key": data["key"],
            "found": answer.get(data["found"]),
            "as_suspected": answer.get(data["as_suspected"]),
            "note": data["note"],
            "photos": data["photos"],
        }


class PlaceForm(forms.Form):
    """Where a phone says it is: degrees of WGS-84, metres, unix seconds."""

    latitude = forms.FloatField(min_value=-90, max_value=90)
    longitude = forms.FloatField(min_value=-180, max_value=180)
    accuracy = forms.FloatField(min_value=0, max_value=1_000_000, required=False)
    at = forms.FloatField(min_value=0, max_value=2**32)

    def said(self) -> dict[str, Any]:
        """The same as rows keep it."""
        data = self.cleaned_data
        return {
            "latitude_e6": round(data["latitude"] * 1e6),
            "longitude_e6": round(data["longitude"] * 1e6),
            "accuracy_m": None if data["accuracy"] is None else round(data["accuracy"]),
            "at": datetime.fromtimestamp(data["at"], UTC),
        }
