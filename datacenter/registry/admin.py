"""Networks that taxi terminals may come from, under /admin/ (接入网段); the rest of the registry has its pages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from datacenter.accounts.admin import ByRight
from datacenter.registry.models import Company, Terminal
from datacenter.registry.workflow import allow_networks


class Networks(ByRight):
    """One field to change; whoever may adopt a terminal may say where it comes from."""

    changing = ("terminal.adopt",)
    fields = ["networks"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Rows come from sheets and from adoption."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: forms.Form, change: bool) -> None:
        """Goes through the verb, which writes it down and tells the gateways."""
        allow_networks(obj, networks=form.cleaned_data["networks"], by=request.user)


@admin.register(Company)
class CompanyNetworks(Networks):
    """企业: where its terminals may come from."""

    list_display = ["name", "kind", "networks"]
    list_filter = ["kind"]
    search_fields = ["name"]


@admin.register(Terminal)
class TerminalNetworks(Networks):
    """车载终端: where this one may come from."""

    list_display = ["phone", "edition", "state", "networks"]
    list_filter = ["edition", "state"]
    search_fields = ["phone"]
