"""Accounts under /admin/ (账号管理): who may enter, users, units, and the audit record to read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.models import AuditRecord, Unit, User
from datacenter.accounts.rights import Role

ADMIN_RIGHTS = ("account.change", "audit.view", "detector.change", "assessment.verify")


class ByRight(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model that the rights of ``rights.RIGHTS`` open, not Django's own permissions."""

    viewing: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether its section shows."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether its rows may be read."""
        return _may(request, *self.viewing, *self.changing)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether a row may be changed."""
        return bool(self.changing) and _may(request, *self.changing)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Whether a row may be added."""
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted: accounts are disabled, records stay."""
        return False


def _may(request: HttpRequest, *rights: str) -> bool:
    user = request.user
    return user.is_authenticated and any(user.may(right) for right in rights)  # type: ignore[union-attr]


def may_enter(request: HttpRequest) -> bool:
    """Whether somebody has anything to do under /admin/."""
    return _may(request, *ADMIN_RIGHTS)


class _RoleMatchesUnit:
    """A role that only sees one county or company needs a unit that says which."""

    def clean(self) -> dict[str, Any]:
        """Refuses an account that would see nothing, or more than its desk."""
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        role, unit = cleaned.get("role"), cleaned.get("unit")
        if role == Role.COUNTY_OFFICER and (unit is None or unit.county_id is None):
            self.add_error("unit", "县区监管员必须属于一个有县区的机构")  # type: ignore[attr-defined]
        if role == Role.SAFETY_OFFICER and (unit is None or unit.kind != Unit.Kind.COMPANY):
            self.add_error("unit", "企业安全员必须属于一家企业")  # type: ignore[attr-defined]
        if (
            role in (Role.CITY_REGULATOR, Role.ADMINISTRATOR)
            and unit is not None
            and (unit.kind == Unit.Kind.COMPANY or unit.county_id)
        ):
            self.add_error("unit", "市级角色不能属于企业或县区机构")  # type: ignore[attr-defined]
        return cleaned


class NewUserForm(_RoleMatchesUnit, AdminUserCreationForm):
    """A new account."""


class ChangedUserForm(_RoleMatchesUnit, UserChangeForm):
    """An account as it stands."""


@admin.register(User)
class UserAccounts(ByRight, UserAdmin):
    """用户: made and disabled here, never deleted, since what they did stays on record."""

    changing = ("account.change",)
    form, add_form = ChangedUserForm, NewUserForm
    list_display = ["username", "display_name", "role", "unit", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    list_select_related = ["unit"]
    search_fields = ["username", "display_name", "unit__name"]
    autocomplete_fields = ["unit"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("职务", {"fields": ["display_name", "role", "unit", "email"]}),
        ("状态", {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "display_name", "role", "unit", "password1", "password2"]})]
    readonly_fields = ["last_login", "date_joined"]

    def save_model(self, request: HttpRequest, obj: User, form: forms.Form, change: bool) -> None:
        """Keeps it, and writes down which fields changed."""
        super().save_model(request, obj, form, change)
        action = "account.change" if change else "account.add"
        audit.record(request, action, obj.username, fields=sorted(set(form.changed_data) - {"password1", "password2"}))

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """A password set by an administrator is written down too; the page for it saves past ``save_model``."""
        if "password" in str(message).lower():
            audit.record(request, "account.password", obj.username)
        return super().log_change(request, obj, message)


@admin.register(Unit)
class Units(ByRight):
    """机构."""

    changing = ("account.change",)
    list_display = ["name", "kind", "parent", "county"]
    list_filter = ["kind"]
    list_select_related = ["parent", "county"]
    search_fields = ["name"]
    autocomplete_fields = ["parent"]

    def save_model(self, request: HttpRequest, obj: Unit, form: forms.Form, change: bool) -> None:
        """Keeps it, and writes it down."""
        super().save_model(request, obj, form, change)
        audit.record(request, "unit.change" if change else "unit.add", obj.name, fields=form.changed_data)


@admin.register(AuditRecord)
class AuditRecords(ByRight):
    """审计记录, to read."""

    viewing = ("audit.view",)
    list_display = ["at", "user", "action", "subject", "succeeded", "address"]
    list_filter = ["succeeded", "action"]
    list_select_related = ["user"]
    search_fields = ["subject", "action", "user__username"]
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    show_full_result_count = False  # it only grows


admin.site.site_header = admin.site.site_title = "系统管理"
admin.site.index_title = "账号、规则与审计"
admin.site.has_permission = may_enter  # type: ignore[method-assign]
