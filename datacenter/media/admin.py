"""Codes and profiles under /admin/ (主动安全代码、终端型号协议): saved through ``workflow``, with their history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
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


@admin.register(SafetyEventCode)
class SafetyEventCodes(_Lines):
    """主动安全事件代码."""

    list_display = ["vendor", "item_hex", "code_hex", "title", "source", "source_verified"]
    list_filter = ["vendor", "item", "source_verified"]
    search_fields = ["vendor", "title"]
    fields = ["vendor", "item", "code", "title", "source", "source_verified"]

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
