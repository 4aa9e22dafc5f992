"""What an officer fills in about limits (判定参数表单): each limit of the detector by its Chinese name and unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.detection.catalogue import Detector
from datacenter.detection.errors import LimitsRefused
from datacenter.detection.limit_words import WEEKDAYS, in_order, kind_word
from datacenter.detection.models import DetectorLimit, DetectorSetting, Mode
from datacenter.detection.rules import EVERY_DAY
from datacenter.geo.counties import counties
from datacenter.geo.models import Area
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import companies_visible_to

_ALL = ("", _("全部"))
_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}
_CLOCK, _MOMENT = "%H:%M", "%Y-%m-%dT%H:%M"
_YES_NO = [("", _("同基准")), ("1", _("是")), ("0", _("否"))]
LIMIT = "limit-"


def _choice(label: Any, choices: list[Any], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=forms.Select(attrs=_SELECT), **more)


def _moment(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput({**_TEXT, "type": "datetime-local"}, _MOMENT)
    return forms.DateTimeField(label=label, required=False, input_formats=[_MOMENT], widget=widget, help_text=help_text)


def _words(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs=_TEXT)
    return forms.CharField(label=label, required=False, max_length=300, widget=widget, help_text=help_text)


class LimitForm(forms.Form):
    """A row of limits: whom it is for, what differs from the base, from when, why; and the span of its back-test."""

    vehicle_kind = _choice(_("车辆类别"), [_ALL, *Vehicle.Kind.choices])
    county = _choice(_("县区"), [])
    company = forms.TypedChoiceField(
        label=_("企业"), required=False, coerce=int, empty_value=None, widget=forms.Select(attrs=_SELECT)
    )
    area = forms.TypedChoiceField(
        label=_("区域"), required=False, coerce=int, empty_value=None, widget=forms.Select(attrs=_SELECT)
    )
    time_from = forms.TimeField(
        label=_("时段起"), required=False, widget=forms.TimeInput({**_TEXT, "type": "time"}, _CLOCK)
    )
    time_until = forms.TimeField(
        label=_("时段止"), required=False, widget=forms.TimeInput({**_TEXT, "type": "time"}, _CLOCK),
        help_text=_("早于时段起表示次日"),
    )  # fmt: skip
    weekdays = forms.TypedMultipleChoiceField(
        label=_("星期"), choices=list(enumerate(WEEKDAYS)), coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少应选择一天")},
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=_("方式"), choices=Mode.choices, widget=forms.RadioSelect, help_text=_("试运行只计数，不立案")
    )
    valid_from = _moment(_("生效时间"), _("不填则保存后约半分钟生效"))
    valid_until = _moment(_("失效时间"), _("不填则长期有效"))
    source = _words(_("依据"), _("文件名称、文号、条款"))
    source_verified = forms.BooleanField(label=_("依据已与原文核对"), required=False)
    note = _words(_("理由"), _("保存时必填，记入历史"))
    since = forms.DateField(
        label=_("回测起"), required=False, widget=forms.DateInput({**_TEXT, "type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("回测止"), required=False, widget=forms.DateInput({**_TEXT, "type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, *args: Any, setting: DetectorSetting, detector: Detector, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.setting, self.detector = setting, detector
        choices: dict[str, Any] = {
            "county": counties().values_list("code", "name"),
            "company": companies_visible_to(user).select_related(None).order_by("name").values_list("pk", "name"),
            "area": Area.objects.order_by("name").values_list("pk", "name"),
        }
        for name, rows in choices.items():
            self.fields[name].choices = [_ALL, *rows]  # type: ignore[attr-defined]
        for name, field in self._limit_fields():
            self.fields[name] = field

    def _limit_fields(self) -> Iterator[tuple[str, forms.Field]]:
        base = {**vars(self.detector.Limits()), **self.setting.limits}
        for name, (title, unit) in self.detector.words_of_limits().items():
            if isinstance(base[name], dict):
                for key, value in in_order(base[name]):
                    yield f"{LIMIT}{name}-{key}", _limit_field(f"{title} {kind_word(key)}", unit, value)
            else:
                yield f"{LIMIT}{name}", _limit_field(title, unit, base[name])

    @property
    def limit_fields(self) -> list[forms.BoundField]:
        """The detector's own fields, to be shown together."""
        return [self[name] for name in self.fields if name.startswith(LIMIT)]

    @property
    def whom_fields(self) -> list[forms.BoundField]:
        """Which vehicles, where and when."""
        return [self[n] for n in ("vehicle_kind", "county", "company", "area", "time_from", "time_until")]

    @property
    def paper_fields(self) -> list[forms.BoundField]:
        """From when, by what and why."""
        return [self[name] for name in ("valid_from", "valid_until", "source", "note")]

    def row(self) -> DetectorLimit:
        """The row as it was filled in, not saved; call it on a valid form."""
        given = self.cleaned_data
        return DetectorLimit(
            detector=self.setting.pk,
            vehicle_kind=given["vehicle_kind"],
            county_id=given["county"] or None,
            company_id=given["company"],
            area_id=given["area"],
            time_from=given["time_from"],
            time_until=given["time_until"],
            weekdays=sum(1 << day for day in given["weekdays"]),
            overrides=self._overrides(),
            valid_from=given["valid_from"],
            valid_until=given["valid_until"],
            mode=given["mode"],
            source=given["source"],
            source_verified=given["source_verified"],
            note=given["note"],
        )

    def _overrides(self) -> dict[str, Any]:
        overrides: dict[str, Any] = {}
        for name in self.fields:
            value = self.cleaned_data.get(name)
            if not name.startswith(LIMIT) or value in (None, ""):
                continue
            limit, _dash, key = name.removeprefix(LIMIT).partition("-")
            if key:
                overrides.setdefault(limit, {})[key] = value
            else:
                overrides[limit] = value
        return overrides

    def span(self) -> tuple[datetime, datetime]:
        """The whole days to test, from and before; the last seven days up to today where none were given."""
        today = timezone.localdate()
        first = self.cleaned_data["since"] or today - timedelta(days=7)
        last = self.cleaned_data["until"] or today - timedelta(days=1)
        zone = timezone.get_current_timezone()
        return tuple(datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))  # type: ignore[return-value]

    def refuse(self, refusal: LimitsRefused) -> None:
        """Say a refusal beside its field."""
        also = {"county_id": "county", "company_id": "company", "area_id": "area"}
        name = also.get(refusal.field, refusal.field)
        candidates = [name, *(field for field in self.fields if field.startswith(f"{LIMIT}{name}"))]
        self.add_error(next((field for field in candidates if field in self.fields), None), refusal.message)


def _limit_field(title: str, unit: str, base: Any) -> forms.Field:
    label = f"{title}（{'秒' if unit == 's' else unit}）" if unit else title
    if isinstance(base, bool):
        return forms.TypedChoiceField(
            label=label, required=False, choices=_YES_NO, coerce=lambda value: value == "1", empty_value=None,
            widget=forms.Select(attrs=_SELECT),
        )  # fmt: skip
    attrs = {**_TEXT, "placeholder": f"{base:g}" if isinstance(base, float) else str(base)}
    kind = forms.FloatField if isinstance(base, float) else forms.IntegerField
    return kind(label=label, required=False, min_value=0, widget=forms.NumberInput(attrs=attrs))


def initial_of(row: DetectorLimit | None) -> dict[str, Any]:
    """What the form shows at first: a new row, or one to start from."""
    today = timezone.localdate()
    first: dict[str, Any] = {"since": today - timedelta(days=7), "until": today - timedelta(days=1)}
    if row is None:
        return {**first, "weekdays": list(range(7)), "mode": Mode.IN_FORCE}
    limits = {
        f"{LIMIT}{name}-{key}" if key else f"{LIMIT}{name}": int(entry) if isinstance(entry, bool) else entry
        for name, value in row.overrides.items()
        for key, entry in (value.items() if isinstance(value, dict) else [("", value)])
    }
    return {
        **first,
        "vehicle_kind": row.vehicle_kind,
        "county": row.county_id,
        "company": row.company_id,
        "area": row.area_id,
        "time_from": row.time_from,
        "time_until": row.time_until,
        "weekdays": [day for day in range(7) if (row.weekdays or EVERY_DAY) >> day & 1],
        "mode": row.mode,
        "valid_from": row.valid_from if row.valid_from and row.valid_from > timezone.now() else None,
        "valid_until": row.valid_until,
        "source": row.source,
        "source_verified": row.source_verified,
        "note": "",
        **limits,
    }


class ModeForm(forms.Form):
    """Whether a whole detector judges, is tried, or rests."""

    state = forms.ChoiceField(
        label=_("状态"), choices=[*Mode.choices, ("off", _("停用"))], widget=forms.Select(attrs=_SELECT)
    )
