"""Figures of roadside checks under /admin/ (路面核查参数): who changes one is written down with what it was."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.roadside.models import RoadsideSetting


@admin.register(RoadsideSetting)
class RoadsideSettingAdmin(ByRight):
    """One row a figure; it holds for what comes from then on."""

    changing = ("detector.change",)
    list_display = ("title", "value", "unit", "source_verified", "changed_by", "changed_at")
    fields = ("title", "value", "unit", "source", "source_verified")
    readonly_fields = ("title", "unit")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """The pages know these figures and no others."""
        return False

    def save_model(self, request: HttpRequest, obj: RoadsideSetting, form: Any, change: bool) -> None:
        """Keeps who, and what it was."""
        obj.changed_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        audit.record(request, "roadside.setting", obj.code, before=before, after=obj.value)
