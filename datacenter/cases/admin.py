"""Standards of cases under /admin/ (办案标准): clock, evidence, which industries; every change is written down."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.cases.models import CalendarDay, KeyCaseRule, SupervisionRule, WorkflowRule


class WrittenDown(ByRight):
    """Rows of rules; every change is in the audit record, with what it was."""

    changing = ("detector.change",)
    action = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keeps who, and what it was."""
        super().save_model(request, obj, form, change)
        before = {name: str(form.initial.get(name)) for name in form.changed_data}
        audit.record(request, self.action, str(obj), before=before)


@admin.register(KeyCaseRule)
class KeyCaseRuleAdmin(WrittenDown):
    """Which cases are key from the start; holds for cases opened from then on."""

    action = "key_case_rule.change"
    list_display = ("position", "kind", "industry", "repeats", "within_days", "level", "is_key", "in_force",
                    "source_verified")  # fmt: skip
    list_filter = ("industry", "in_force")


@admin.register(SupervisionRule)
class SupervisionRuleAdmin(WrittenDown):
    """How late a case is when it is pressed by itself, and by whom."""

    action = "supervision_rule.change"
    list_display = ("level", "after_hours", "answer_hours", "leader", "in_force", "source_verified")


@admin.register(CalendarDay)
class CalendarDayAdmin(WrittenDown):
    """Days that the bureau counts otherwise; deadlines set from then on heed them."""

    action = "calendar_day.change"
    list_display = ("day", "is_working", "reason")


@admin.register(WorkflowRule)
class WorkflowRuleAdmin(WrittenDown):
    """A row an industry and kind of case; it holds for cases opened from then on."""

    action = "workflow_rule.change"
    list_display = ("__str__", "industry", "kind", "level", "applies", "handle_hours", "clock", "double", "evidence",
                    "source_verified")  # fmt: skip
    list_filter = ("industry", "applies")
    search_fields = ("kind",)
    fields = ("industry", "kind", "level", "applies", "handle_hours", "clock", "double", "evidence", "source",
              "source_verified")  # fmt: skip
