"""What a question 经过查询 asks: where, how near, when, of what kind, and what for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.geo.measure import distance_m
from datacenter.geo.models import Area
from datacenter.registry.models import Vehicle

LONGEST = timedelta(hours=48)
NEAREST_M, FARTHEST_M = 10, 1000
PURPOSES = [
    ("police", _("公安机关协查取证")),
    ("lost", _("乘客失物查找")),
    ("case", _("案件办理")),
    ("complaint", _("投诉核实")),
    ("other", _("其他（须写事由）")),
]


class MomentField(forms.DateTimeField):
    """A time of the clock on the wall; ISO 8601 with zone is taken as well."""

    widget = forms.DateTimeInput({"type": "datetime-local", "class": "form-control"}, "%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        return super().to_python(value.strip().replace(" ", "+") if isinstance(value, str) and "T" in value else value)


class PassedForm(forms.Form):
    """One question. Every refusal stands beside its field and says what is allowed."""

    latitude = forms.FloatField(label=_("纬度 °（WGS-84）"), required=False, min_value=3, max_value=54)
    longitude = forms.FloatField(label=_("经度 °（WGS-84）"), required=False, min_value=73, max_value=136)
    area = forms.ModelChoiceField(
        label=_("或：电子围栏"), queryset=Area.objects.none(), required=False, empty_label=_("不用围栏")
    )
    radius_m = forms.IntegerField(
        label=_("半径 m"), min_value=NEAREST_M, max_value=FARTHEST_M, initial=200, required=False
    )
    start = MomentField(label=_("自"))
    end = MomentField(label=_("至"))
    kind = forms.ChoiceField(label=_("车辆类别"), required=False)
    purpose = forms.ChoiceField(label=_("查询用途"), choices=[("", _("请选择")), *PURPOSES])
    note = forms.CharField(label=_("事由、文号"), required=False, max_length=100)

    def __init__(self, parameters: Any = None, **options: Any) -> None:
        super().__init__(parameters, **options)
        self.fields["area"].queryset = Area.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("全部")), *Vehicle.Kind.choices]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            if name in ("latitude", "longitude"):
                field.widget.attrs |= {"step": "0.000001", "data-place": name}
            if name == "radius_m":
                field.widget.attrs |= {"data-radius": ""}

    def clean(self) -> dict[str, Any]:
        """Place and time as one whole; an area gives the circle around its corners."""
        cleaned: dict[str, Any] = super().clean() or {}
        if area := cleaned.get("area"):
            self._around(area, cleaned)
        elif not self.errors.keys() & {"latitude", "longitude", "area"}:
            for name in ("latitude", "longitude"):
                if cleaned.get(name) is None:
                    self.add_error(name, _("请填写坐标、在地图上点一个位置，或选择电子围栏"))
        if not cleaned.get("area") and "radius_m" not in self.errors and cleaned.get("radius_m") is None:
            cleaned["radius_m"] = self.fields["radius_m"].initial
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end:
            if end <= start:
                self.add_error("end", _("结束时间应晚于开始时间"))
            elif end - start > LONGEST:
                self.add_error("end", _("一次最多查询 48 小时"))
            elif start > timezone.now():
                self.add_error("start", _("开始时间不能晚于现在"))
        if cleaned.get("purpose") == "other" and not cleaned.get("note", "").strip():
            self.add_error("note", _("用途为“其他”时须写明事由"))
        return cleaned

    def _around(self, area: Area, cleaned: dict[str, Any]) -> None:
        corners = _corners(area.boundary["coordinates"])
        west, east = min(c[0] for c in corners), max(c[0] for c in corners)
        south, north = min(c[1] for c in corners), max(c[1] for c in corners)
        cleaned["latitude"], cleaned["longitude"] = (south + north) / 2, (west + east) / 2
        away = max(float(distance_m(cleaned["latitude"], cleaned["longitude"], c[1], c[0])) for c in corners)
        if away > FARTHEST_M:
            self.add_error(
                "area", _("围栏“%(name)s”的外接圆半径 %(radius)s m，超过 %(most)s m，请改用坐标")
                % {"name": area.name, "radius": round(away), "most": FARTHEST_M},
            )  # fmt: skip
        cleaned["radius_m"] = max(round(away), NEAREST_M)


def _corners(coordinates: Any) -> list[tuple[float, float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        return [(coordinates[0], coordinates[1])]
    return [corner for part in coordinates for corner in _corners(part)]
