"""The hotline's rows under /admin/ (坐席分机、不满意原因、评价参数): who changes one is written down."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from complaints.calls.models import DeskExtension
from complaints.ratings.models import RatingReason, RatingSetting
from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from datacenter.accounts.models import User
from datacenter.accounts.rights import roles_with


class _Row(ByRight):
    """A row whose changes are kept with what it was."""

    changing = ("detector.change",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keeps what it was and what it is."""
        if hasattr(obj, "changed_by_id"):
            obj.changed_by = request.user
        super().save_model(request, obj, form, change)
        before = {name: str(form.initial.get(name)) for name in form.changed_data}
        after = {name: str(form.cleaned_data.get(name)) for name in form.changed_data}
        audit.record(request, f"complaints.{self.opts.model_name}", str(obj), before=before, after=after)


@admin.register(DeskExtension)
class Extensions(_Row):
    """Which extension rings at whose desk."""

    list_display = ("number", "operator", "in_force")
    fields = ("number", "operator", "in_force")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only who answers calls sits at a desk."""
        if db_field.name == "operator":
            kwargs["queryset"] = User.objects.filter(is_active=True, role__in=roles_with("call.answer"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(RatingReason)
class Reasons(_Row):
    """What a passenger may tick; one that was used stays and is only put out of force."""

    list_display = ("title", "code", "position", "in_force", "source_verified")
    fields = ("code", "title", "position", "in_force", "source", "source_verified")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code stands in ratings already."""
        return ("code",) if obj else ()


@admin.register(RatingSetting)
class Settings(_Row):
    """Limits and figures of the ratings; they hold for what comes from then on."""

    list_display = ("title", "value", "unit", "source_verified", "changed_by", "changed_at")
    fields = ("title", "value", "unit", "source", "source_verified")
    readonly_fields = ("title", "unit")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """The ratings know these figures and no others."""
        return False
