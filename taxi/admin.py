"""Tariffs under /admin/ (运价): who may change a detector's limits enters what a ride should cost."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts import audit
from datacenter.accounts.admin import ByRight
from taxi.models import Tariff


@admin.register(Tariff)
class Tariffs(ByRight):
    """运价."""

    changing = ("detector.change",)
    list_display = ["name", "valid_from", "start_jiao", "start_dkm", "per_km_jiao", "tolerance_percent",
                    "source_verified"]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Tariff, form: forms.ModelForm, change: bool) -> None:
        """What was changed is written down."""
        super().save_model(request, obj, form, change)
        changed: dict[str, Any] = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        audit.record(request, "tariff.change", obj.name, **changed)
