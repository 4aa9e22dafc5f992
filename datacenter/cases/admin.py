"""Standards of cases under /admin/ (办案标准): clock, evidence, which industries; every change is written down."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.cases.models import WorkflowRule


@admin.register(WorkflowRule)
class WorkflowRuleAdmin(ByRight):
    """A row an industry and kind of case; it holds for cases opened from then on."""

    changing = ("detector.change",)
    list_display = ("__str__", "industry", "kind", "applies", "handle_hours", "evidence", "source_verified")
    list_filter = ("industry", "applies")
    search_fields = ("kind",)
    fields = ("industry", "kind", "applies", "handle_hours", "evidence", "source", "source_verified")

    def save_model(self, request: HttpRequest, obj: WorkflowRule, form: Any, change: bool) -> None:
        """Keeps who, and what it was."""
        super().save_model(request, obj, form, change)
        before = {name: form.initial.get(name) for name in form.changed_data}
        audit.record(request, "workflow_rule.change", str(obj), before=before)
