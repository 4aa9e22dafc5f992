"""Where rules hold and for whom not, under /admin/ (电子围栏、路段、斑马线、规则豁免). Each change is written down."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from shapely.errors import ShapelyError
from shapely.geometry import shape

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.detection.catalogue import detectors
from datacenter.detection.models import Exemption
from datacenter.geo.models import Area, Crossing, RoadSection
from datacenter.registry.models import Vehicle

_MOST_KMH = 130


def checked_shape(geojson: Any, *types: str) -> Any:
    """A valid figure of one of these types on the earth; raises what a form shows beside the field."""
    try:
        figure = shape(geojson)
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise forms.ValidationError("不是可识别的 GeoJSON 图形") from error
    if figure.geom_type not in types or figure.is_empty or not figure.is_valid:
        raise forms.ValidationError(f"应为 {' 或 '.join(types)}，边线不能自相交")
    west, south, east, north = figure.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise forms.ValidationError("坐标超出经纬度范围，次序应为 [经度, 纬度]")
    return geojson


def vehicles_by_plate(text: str) -> list[Vehicle]:
    """The vehicles of plates that stand one a line; raises which of them is not registered."""
    plates = text.split()
    known = {vehicle.plate: vehicle for vehicle in Vehicle.objects.filter(plate__in=plates)}
    missing = [plate for plate in plates if plate not in known]
    if missing:
        raise forms.ValidationError(f"没有登记的车牌：{'、'.join(missing[:5])}")
    return list(known.values())


class _Geometry(forms.JSONField):
    def __init__(self, label: str, *types: str) -> None:
        self.types = types
        widget = forms.Textarea(attrs={"rows": 8, "cols": 60})
        super().__init__(label=label, help_text=f"GeoJSON {' 或 '.join(types)}，WGS-84", widget=widget)

    def clean(self, value: Any) -> Any:
        """Raises beside the field."""
        return checked_shape(super().clean(value), *self.types)


class AreaForm(forms.ModelForm):
    """An area; its boundary is a shape that encloses something, in degrees."""

    boundary = _Geometry("范围", "Polygon", "MultiPolygon")
    vehicle_kinds = forms.MultipleChoiceField(
        label="适用车辆类别",
        choices=Vehicle.Kind.choices,
        required=False,
        help_text="不选表示全部类别；核准路线填写了车牌时只约束这些车辆",
        widget=forms.CheckboxSelectMultiple,
    )
    plates = forms.CharField(
        label="适用车牌",
        required=False,
        help_text="仅核准路线，一行一个",
        widget=forms.Textarea(attrs={"rows": 4, "cols": 20}),
    )

    class Meta:
        model = Area
        fields = [
            "name", "kind", "boundary", "vehicle_kinds", "plates", "limit_kmh", "daily_from", "daily_until", "active",
            "valid_from", "valid_until", "source",
        ]  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            bound = self.instance.vehicles.order_by("plate").values_list("plate", flat=True)
            self.fields["plates"].initial = "\n".join(bound)

    def clean_plates(self) -> list[Vehicle]:
        """Registered vehicles only."""
        return vehicles_by_plate(self.cleaned_data["plates"])

    def clean(self) -> dict[str, Any]:
        """What each kind of area needs; days and hours come in order."""
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("kind")
        if kind == Area.Kind.SPEED and not cleaned.get("limit_kmh"):
            self.add_error("limit_kmh", "限速区域应填写限速")
        if kind == Area.Kind.CORRIDOR and not (cleaned.get("plates") or cleaned.get("vehicle_kinds")):
            self.add_error("plates", "核准路线应填写适用车牌或车辆类别")
        if kind != Area.Kind.CORRIDOR and cleaned.get("plates"):
            self.add_error("plates", "只有核准路线可以填写车牌")
        _in_order(self, cleaned)
        since, until = cleaned.get("daily_from"), cleaned.get("daily_until")
        if (since is None) != (until is None) or (since is not None and since == until):
            self.add_error("daily_until", "每日起止应同时填写且不相同；全天都不填写")
        return cleaned


def _in_order(form: forms.ModelForm, cleaned: dict[str, Any]) -> None:
    since, until = cleaned.get("valid_from"), cleaned.get("valid_until")
    if since and until and until <= since:
        form.add_error("valid_until", "有效期止应晚于有效期起")


class _Places(ByRight):
    changing = ("detector.change",)
    noun = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keeps it, and writes down which fields changed."""
        super().save_model(request, obj, form, change)
        action = f"{self.noun}.{'change' if change else 'add'}"
        audit.record(request, action, str(obj)[:120], fields=form.changed_data)


@admin.register(Area)
class Areas(_Places):
    """电子围栏."""

    noun = "area"
    form = AreaForm
    list_display = ["name", "kind", "limit_kmh", "daily_from", "daily_until", "active", "valid_from", "valid_until"]
    list_filter = ["kind", "active"]
    search_fields = ["name", "source"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The vehicles that the route binds."""
        super().save_related(request, form, formsets, change)
        form.instance.vehicles.set(form.cleaned_data["plates"])


class RoadSectionForm(forms.ModelForm):
    """A road section: a line in degrees, limits in whole km/h."""

    line = _Geometry("中心线", "LineString", "MultiLineString")
    kind_limits = forms.JSONField(
        label="分车型限速", required=False, initial=dict, help_text='例如 {"hazmat": 60}，其余按限速'
    )

    class Meta:
        model = RoadSection
        exclude: list[str] = []

    def clean_limit_kmh(self) -> int:
        """No road of the country has more than 120."""
        return _speed(self.cleaned_data["limit_kmh"])

    def clean_kind_limits(self) -> dict[str, int]:
        """Kinds of vehicle with a speed each."""
        limits = self.cleaned_data["kind_limits"] or {}
        if not isinstance(limits, dict) or not set(limits) <= set(Vehicle.Kind.values):
            raise forms.ValidationError(f"应为车辆类别到限速的表，类别有 {'、'.join(Vehicle.Kind.values)}")
        return {kind: _speed(value) for kind, value in limits.items()}

    def clean(self) -> dict[str, Any]:
        """Days come in order."""
        cleaned: dict[str, Any] = super().clean() or {}
        _in_order(self, cleaned)
        return cleaned


def _speed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 5 <= value <= _MOST_KMH:
        raise forms.ValidationError(f"限速应为 5 至 {_MOST_KMH} 的整数，现为 {value!r}")
    return value


@admin.register(RoadSection)
class RoadSections(_Places):
    """路段."""

    noun = "road_section"
    form = RoadSectionForm
    list_display = ["name", "route", "road_class", "limit_kmh", "width_m", "active", "source_verified"]
    list_filter = ["road_class", "active", "source_verified"]
    search_fields = ["name", "route"]


class CrossingForm(forms.ModelForm):
    """A crossing's polygon."""

    boundary = _Geometry("范围", "Polygon")

    class Meta:
        model = Crossing
        exclude: list[str] = []


@admin.register(Crossing)
class CrossingPlaces(_Places):
    """斑马线."""

    noun = "crossing"
    form = CrossingForm
    list_display = ["name", "active", "source", "changed_at"]
    list_filter = ["active"]
    search_fields = ["name"]


class ExemptionForm(forms.ModelForm):
    """One vehicle and one rule, for a time and with a reason."""

    detector = forms.ChoiceField(label="规则")
    plate = forms.CharField(label="车牌", max_length=10)

    class Meta:
        model = Exemption
        fields = ["detector", "valid_from", "valid_until", "source"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(code, one.title) for code, one in detectors().items() if "kinds" in one.parse_limits({}).__dict__]
        self.fields["detector"].choices = choices  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["plate"].initial = self.instance.vehicle.plate

    def clean_plate(self) -> Vehicle:
        """A registered vehicle."""
        found = vehicles_by_plate(self.cleaned_data["plate"])
        if len(found) != 1:
            raise forms.ValidationError("应填写一个车牌")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """Days come in order."""
        cleaned: dict[str, Any] = super().clean() or {}
        _in_order(self, cleaned)
        return cleaned


@admin.register(Exemption)
class Exemptions(_Places):
    """规则豁免: it ends by its date; nothing is deleted."""

    noun = "exemption"
    form = ExemptionForm
    list_display = ["plate", "rule", "valid_from", "valid_until", "source", "by"]
    list_select_related = ["vehicle", "by"]
    search_fields = ["vehicle__plate", "source"]

    @admin.display(description="车牌", ordering="vehicle__plate")
    def plate(self, row: Exemption) -> str:
        """The vehicle's."""
        return row.vehicle.plate

    @admin.display(description="规则", ordering="detector")
    def rule(self, row: Exemption) -> str:
        """The rule's title."""
        known = detectors().get(row.detector)
        return known.title if known else row.detector

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With whose word it is."""
        obj.vehicle, obj.by = form.cleaned_data["plate"], request.user
        super().save_model(request, obj, form, change)
