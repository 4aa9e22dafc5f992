"""What judges, under /admin/ (检测规则): limits, saved through ``change_setting``; counties, events to read."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.detection.catalogue import detectors
from datacenter.detection.errors import LimitsRefused
from datacenter.detection.models import DetectorSetting, DetectorSettingChange, UntoldEvent
from datacenter.detection.settings import change_setting
from datacenter.geo.models import County


class ChineseJson(json.JSONEncoder):
    """Spells Chinese as Chinese, so that it can be read while it is edited."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False, "indent": 2})


class SettingForm(forms.ModelForm):
    """A detector's limits as JSON; each name and value is checked by the detector itself."""

    limits = forms.JSONField(
        label="参数", encoder=ChineseJson, widget=forms.Textarea(attrs={"rows": 14, "cols": 60, "spellcheck": "false"})
    )

    class Meta:
        model = DetectorSetting
        fields = ["enabled", "limits", "source_verified"]

    def clean_limits(self) -> dict[str, Any]:
        """What the detector accepts; its refusal names the limit and the rule."""
        limits = self.cleaned_data["limits"]
        if not isinstance(limits, dict):
            raise forms.ValidationError('参数应为 JSON 对象，例如 {"lasting_s": 60}')
        detector = detectors().get(self.instance.pk)
        if detector is None:
            raise forms.ValidationError("这条规则的程序没有安装，不能修改参数")
        try:
            detector.parse_limits(limits)
        except LimitsRefused as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        return limits


class Changes(admin.TabularInline):
    """Who changed it, when, from what to what."""

    model = DetectorSettingChange
    readonly_fields = ("at", "by", "before", "after")
    fields = readonly_fields
    extra = 0
    ordering = ["-at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the rule sees its history."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changes come from saving the rule."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(DetectorSetting)
class DetectorSettings(ByRight):
    """检测规则."""

    changing = ("detector.change",)
    form = SettingForm
    inlines = [Changes]
    list_display = ["title", "code", "enabled", "verified", "summary", "changed_by", "changed_at"]
    list_select_related = ["changed_by"]
    search_fields = ["title", "code"]
    fields = ["code", "title", "source", "source_verified", "enabled", "limits", "defaults", "changed_by", "changed_at"]
    readonly_fields = ["code", "title", "source", "defaults", "changed_by", "changed_at"]

    @admin.display(description="依据", boolean=True)
    def verified(self, setting: DetectorSetting) -> bool:
        """Whether somebody compared the clause with the printed text."""
        return setting.source_verified

    @admin.display(description="参数")
    def summary(self, setting: DetectorSetting) -> str:
        """The limits on one line."""
        return format_html_join("，", "{}={}", setting.limits.items())

    @admin.display(description="出厂参数")
    def defaults(self, setting: DetectorSetting) -> str:
        """What the detector came with."""
        detector = detectors().get(setting.pk)
        if detector is None:
            return "—"
        text = json.dumps(vars(detector.Limits()), ensure_ascii=False, indent=2)
        return format_html("<pre>{}</pre>", text)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Rules come with their programs."""
        return False

    def save_model(self, request: HttpRequest, obj: DetectorSetting, form: Any, change: bool) -> None:
        """Through the one verb that changes a rule; written down."""
        given = form.cleaned_data
        change_setting(
            obj,
            limits=given["limits"],
            enabled=given["enabled"],
            by=request.user,
            source_verified=given["source_verified"],
        )
        audit.record(request, "detector.change", obj.pk, fields=form.changed_data)


@admin.register(County)
class Counties(ByRight):
    """县区, to read: their boundaries come by ``manage.py``."""

    viewing = ("detector.change", "account.change")
    list_display = ["code", "name", "city_code", "valid_from", "valid_until", "source"]
    fields = ["code", "name", "city_code", "source", "valid_from", "valid_until"]
    search_fields = ["name", "code"]


@admin.register(UntoldEvent)
class UntoldEvents(ByRight):
    """待入库事件, to read: they are told again by themselves."""

    viewing = ("detector.change",)
    list_display = ["failed_at", "rule", "vehicle", "reference", "attempts", "next_try_at", "last_error"]
    list_filter = ["rule"]
    list_select_related = ["vehicle"]
    search_fields = ["rule", "reference", "vehicle__plate"]
    ordering = ["-failed_at", "-pk"]
    show_full_result_count = False
