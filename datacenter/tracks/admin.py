"""Limits of track quality under /admin/ (轨迹质量参数): who changes one is written down with what it was."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.tracks.models import TrackQualityLimit


@admin.register(TrackQualityLimit)
class TrackQualityLimitAdmin(ByRight):
    """One row a limit; from its change on, days are computed by it, days before keep theirs."""

    changing = ("detector.change",)
    list_display = ("title", "value", "unit", "source_verified", "changed_by", "changed_at")
    fields = ("title", "value", "unit", "source", "source_verified")
    readonly_fields = ("title", "unit")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """The formulas know these limits and no others."""
        return False

    def save_model(self, request: HttpRequest, obj: TrackQualityLimit, form: Any, change: bool) -> None:
        """Keeps who, and what it was."""
        obj.changed_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        audit.record(request, "track.quality.limit", obj.code, before=before, after=obj.value)
