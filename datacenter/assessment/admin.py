"""Rows of assessment under /admin/ (计分标准、信用规则、考核参数): who changes one is written down with what it was.

Whoever may change rules changes figures; an administrator confirms that the source was read.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.assessment.models import AssessmentSetting, CreditRule, PointRule

_CONFIRMS = "assessment.verify"


class _Row(ByRight):
    """A row with its source. A figure that was changed is unconfirmed again until an administrator has read why."""

    figures: tuple[str, ...] = ("value", "source")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What somebody without a right may not change."""
        fixed = list(self.readonly_fields) if obj else []
        if not request.user.may(_CONFIRMS):  # type: ignore[union-attr]
            fixed.append("source_verified")
        if not request.user.may(self.changing[0]):  # type: ignore[union-attr]
            fixed += [name for name in self.fields or () if name != "source_verified"]
        return fixed

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Only who changes figures adds rows."""
        return bool(request.user.is_authenticated and request.user.may(self.changing[0]))  # type: ignore[union-attr]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keeps who, and what it was."""
        if set(form.changed_data) & set(self.figures) and "source_verified" not in form.changed_data:
            obj.source_verified = False
        obj.changed_by = request.user
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        after = {name: form.cleaned_data.get(name) for name in form.changed_data}
        audit.record(request, f"assessment.{self.opts.model_name}", str(obj), before=before, after=after)


@admin.register(PointRule)
class PointRuleAdmin(_Row):
    """One row a kind of violation or of good deed; it holds for what goes on record from then on."""

    changing = ("assessment.change", _CONFIRMS)
    list_display = ("title", "kind_code", "industry", "axis", "points", "bonus", "source", "source_verified")
    list_filter = ("bonus", "axis", "source_verified")
    fields = ("kind_code", "title", "industry", "axis", "bonus", "points", "source", "source_verified")
    readonly_fields = ("kind_code", "industry", "bonus")
    figures = ("points", "source")


@admin.register(CreditRule)
class CreditRuleAdmin(_Row):
    """One row a figure of a grade; it holds for what is graded from then on."""

    changing = ("credit.change", _CONFIRMS)
    list_display = ("kind", "trade", "part", "code", "value", "source", "source_verified")
    list_filter = ("kind", "part", "source_verified")
    fields = ("kind", "trade", "part", "code", "value", "source", "source_verified")
    readonly_fields = ("kind", "trade", "part", "code")


@admin.register(AssessmentSetting)
class AssessmentSettingAdmin(_Row):
    """One row a figure."""

    changing = ("assessment.change", _CONFIRMS)
    list_display = ("title", "value", "unit", "source", "source_verified", "changed_by", "changed_at")
    fields = ("title", "value", "unit", "source", "source_verified")
    readonly_fields = ("title", "unit")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Assessment knows these figures and no others."""
        return False
