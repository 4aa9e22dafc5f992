"""Codes and profiles under /admin/ (主动安全代码、终端型号协议): saved through ``workflow``, with their history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.detection.events import event_rules
from datacenter.media.models import SafetyEventCode, SafetyTableChange, TerminalProfile
from datacenter.media.workflow import save_line


class Changes(admin.TabularInline):
    """Who changed it, when, from what to what."""

    model = SafetyTableChange
    readonly_fields = ("at", "by", "before", "after")
    fields = readonly_fields
    extra = 0
    ordering = ["-at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the line sees its history."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Changes come from saving the line."""
        return False

    has_change_permission = has_delete_permission = has_add_permission


class _Lines(ByRight):
    changing = ("detector.change",)
    inlines = [Changes]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the one verb that changes a line; written down."""
        save_line(obj, by=request.user)
        audit.record(request, "safety_table.change", str(obj)[:120], fields=form.changed_data)


class CodeForm(forms.ModelForm):
    """A code; its rule is one of those that events may name."""

    detector = forms.ChoiceField(
        label="对应规则", required=False, help_text="报警按此规则成为疑似违规；不选则只记录报警"
    )

    class Meta:
        model = SafetyEventCode
        fields = ["vendor", "item", "code", "title", "detector", "source", "source_verified"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rules = [(code, rule.title) for code, rule in event_rules().items()]
        self.fields["detector"].choices = [("", "（只记录报警）"), *rules]  # type: ignore[attr-defined]


@admin.register(SafetyEventCode)
class SafetyEventCodes(_Lines):
    """主动安全事件代码."""

    form = CodeForm
    list_display = ["vendor", "item_hex", "code_hex", "title", "rule", "source", "source_verified"]
    list_filter = ["vendor", "item", "source_verified"]
    search_fields = ["vendor", "title"]
    fields = ["vendor", "item", "code", "title", "detector", "source", "source_verified"]

    @admin.display(description="对应规则", ordering="detector")
    def rule(self, line: SafetyEventCode) -> str:
        """The rule's title."""
        known = event_rules().get(line.detector)
        return known.title if known else line.detector or "—"

    @admin.display(description="类别", ordering="item")
    def item_hex(self, line: SafetyEventCode) -> str:
        """The item as the standards spell it."""
        return f"0x{line.item:02X} {line.get_item_display()}"

    @admin.display(description="代码", ordering="code")
    def code_hex(self, line: SafetyEventCode) -> str:
        """The code as the standards spell it."""
        return f"0x{line.code:02X}"


@admin.register(TerminalProfile)
class TerminalProfiles(_Lines):
    """终端型号协议."""

    list_display = ["maker", "model", "vendor", "practice", "source", "source_verified"]
    list_filter = ["vendor", "practice", "source_verified"]
    search_fields = ["maker", "model"]
    fields = ["maker", "model", "vendor", "practice", "source", "source_verified"]
