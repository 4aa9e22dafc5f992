"""Filters of the lists of files and of alarms, as they stand in their addresses."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from datacenter.media.models import ITEMS, MediaFile, SafetyAlarm


def _select(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", _("全部")), *choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
    )


class _VehicleFilter(forms.Form):
    """By plate, or by the vehicle that another page came from."""

    q = forms.CharField(
        label=_("车牌"),
        max_length=10,
        required=False,
        widget=forms.SearchInput(attrs={"class": "form-control", "data-search-here": "", "size": 9}),
    )
    vehicle = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class MediaFilterForm(_VehicleFilter):
    """The gallery's."""

    kind = _select(_("类型"), MediaFile.Kind.choices)
    source = _select(_("来源"), MediaFile.Source.choices)
    day = _day(_("日期"))


class AlarmFilterForm(_VehicleFilter):
    """The list of alarms'."""

    item = _select(_("类别"), ITEMS)
    level = _select(_("级别"), [("1", _("一级")), ("2", _("二级"))])
    state = _select(_("附件"), SafetyAlarm.State.choices)
    day = _day(_("日期"))
