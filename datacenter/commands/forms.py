"""Filters of the list of orders, and the selection of vehicles that an order goes to (筛选、下发范围)."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS
from datacenter.geo.counties import counties
from datacenter.registry.models import Company, Vehicle
from datacenter.registry.selectors import companies_visible_to, vehicles_visible_to

_TEXT, _SELECT = {"class": "form-control"}, {"class": "form-select"}
_MOST_PLATES = 2000


class CommandFilters(forms.Form):
    """What the list of orders is cut to; a value that makes no sense is left out."""

    q = forms.CharField(
        label="车牌号",
        max_length=10,
        required=False,
        widget=forms.SearchInput(attrs={**_TEXT, "data-search-here": "", "size": 10}),
    )
    kind = forms.ChoiceField(
        label="指令",
        required=False,
        choices=[("", "全部"), *((order.code, order.title) for order in ORDERS.values())],
        widget=forms.Select(attrs=_SELECT),
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部"), *Command.State.choices],
        widget=forms.Select(attrs=_SELECT),
    )

    def cut(self, rows: QuerySet[Command]) -> QuerySet[Command]:
        """``rows`` that the filters let through."""
        self.is_valid()
        wanted = {name: value for name, value in self.cleaned_data.items() if value}
        if plate := wanted.pop("q", ""):
            rows = rows.filter(vehicle__plate__icontains=plate)
        return rows.filter(**wanted)


class SelectionForm(forms.Form):
    """Which vehicles (下发范围): by kind, county and company, or by their plates."""

    kind = forms.ChoiceField(
        label="车辆类别",
        required=False,
        choices=[("", "全部"), *Vehicle.Kind.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    county = forms.ChoiceField(label="县区", required=False, widget=forms.Select(attrs=_SELECT))
    company = forms.ModelChoiceField(
        label="企业",
        required=False,
        queryset=Company.objects.none(),
        empty_label="全部",
        widget=forms.Select(attrs=_SELECT),
    )
    plates = forms.CharField(
        label="或指定车牌",
        required=False,
        max_length=40_000,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 3}),
        help_text="空格、逗号或换行隔开；填写后上面的条件不起作用",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        county, company = self.fields["county"], self.fields["company"]
        assert isinstance(county, forms.ChoiceField)
        assert isinstance(company, forms.ModelChoiceField)
        if scope_of(user).level == "city":
            county.choices = [("", "全部"), *counties().values_list("code", "name")]
        else:
            del self.fields["county"]
        company.queryset = companies_visible_to(user)

    def clean_plates(self) -> list[str]:
        """Plates of the registry that the user may see."""
        named = [word.upper() for word in re.split(r"[\s,，、;；]+", self.cleaned_data["plates"]) if word]
        if len(named) > _MOST_PLATES:
            raise forms.ValidationError(f"共 {len(named)} 个车牌，最多 {_MOST_PLATES} 个")
        rows = vehicles_visible_to(self.user).filter(plate__in=named)
        known = set(rows.order_by().values_list("plate", flat=True))
        if missing := [one for one in named if one not in known]:
            raise forms.ValidationError(f"没有找到车牌 {'、'.join(missing[:5])}{' 等' if len(missing) > 5 else ''}")
        return named

    def vehicles(self) -> QuerySet[Vehicle]:
        """The vehicles chosen, those on the road alone."""
        data, wanted = self.cleaned_data, Q()
        if data["plates"]:
            wanted = Q(plate__in=data["plates"])
        else:
            for name in ("kind", "county", "company"):
                if data.get(name):
                    wanted &= Q(**{name: data[name]})
        return vehicles_visible_to(self.user).filter(wanted).exclude(state=Vehicle.State.RETIRED)

    def words(self) -> str:
        """The selection as people say it."""
        data = self.cleaned_data
        if data["plates"]:
            return "、".join(data["plates"][:8]) + (f" 等 {len(data['plates'])} 辆" if len(data["plates"]) > 8 else "")
        chosen = [
            dict(Vehicle.Kind.choices).get(data["kind"], ""),
            dict(self.fields["county"].choices).get(data.get("county"), "") if data.get("county") else "",  # type: ignore[attr-defined]
            data["company"].name if data["company"] else "",
        ]
        return "，".join(filter(None, chosen)) or "全部车辆"
