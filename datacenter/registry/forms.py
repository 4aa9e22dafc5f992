"""What the registry's lists can be cut to (筛选); the fields are the address's parameters.

A value that is no choice is left out, not refused: an old bookmark shows the list all the same.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.geo.counties import counties
from datacenter.registry.models import Company, Practitioner, Terminal, Vehicle
from datacenter.registry.selectors import companies_visible_to, with_papers_ending, with_permits_ending

_ENDING = [("expired", "已过期"), ("expiring", "30 天内到期")]
_WARRANTY = [("over", "已过保"), ("covered", "保修期内")]


def _choices(choices: Any, everything: str = "全部") -> list[tuple[Any, Any]]:
    return [("", everything), *choices]


class _Filters(forms.Form):
    """One list's filters; company and county are asked only of those who see several."""

    q = forms.CharField(required=False, max_length=40)
    county = forms.ChoiceField(label="县区", required=False)
    company = forms.TypedChoiceField(label="企业", required=False, coerce=int, empty_value=None)

    def __init__(self, parameters: Any, *, user: Any) -> None:
        super().__init__(parameters)
        level = scope_of(user).level
        if level == "city":
            self._choice("county").choices = _choices(counties().values_list("code", "name"))
        else:
            del self.fields["county"]
        if "company" in self.fields and level in ("city", "county"):
            rows = companies_visible_to(user).select_related(None).values_list("pk", "name")
            self._choice("company").choices = _choices(rows)
        else:
            self.fields.pop("company", None)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["aria-label"] = str(field.label)
            if name == "q":
                field.widget.attrs |= {"type": "search", "data-search-here": ""}

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def wanted(self) -> dict[str, Any]:
        """The filters that are set, without those that make no sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class VehicleFilters(_Filters):
    """Vehicles by plate, kind, county, company, state."""

    q = forms.CharField(label="车牌号", required=False, max_length=10)
    kind = forms.ChoiceField(label="类别", required=False, choices=_choices(Vehicle.Kind.choices))
    state = forms.ChoiceField(label="状态", required=False, choices=_choices(Vehicle.State.choices))
    field_order = ["q", "kind", "county", "company", "state"]

    def cut(self, rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        """``rows`` that the filters let through."""
        wanted = self.wanted()
        if plate := wanted.pop("q", ""):
            rows = rows.filter(plate__contains=plate.replace(" ", "").upper())
        return rows.filter(**wanted)


class CompanyFilters(_Filters):
    """Companies by name or credit code, kind, county, and permits that end."""

    q = forms.CharField(label="名称或信用代码", required=False, max_length=40)
    kind = forms.ChoiceField(label="经营类别", required=False, choices=_choices(Company.Kind.choices))
    permit = forms.ChoiceField(label="许可有效期", required=False, choices=_choices(_ENDING))
    company = None  # type: ignore[assignment]
    field_order = ["q", "kind", "county", "permit"]

    def cut(self, rows: QuerySet[Company]) -> QuerySet[Company]:
        """``rows`` that the filters let through."""
        wanted = self.wanted()
        if text := wanted.pop("q", "").strip():
            rows = rows.filter(Q(name__contains=text) | Q(credit_code=text.upper()))
        if ending := wanted.pop("permit", ""):
            rows = with_permits_ending(rows, ending, timezone.localdate())
        return rows.filter(**wanted)


class PractitionerFilters(_Filters):
    """Practitioners by name, or by a whole identity or phone number; kind, county, company, papers that end."""

    q = forms.CharField(label="姓名、完整身份证号或手机号", required=False, max_length=40)
    kind = forms.ChoiceField(label="类别", required=False, choices=_choices(Practitioner.Kind.choices))
    paper = forms.ChoiceField(label="资格证有效期", required=False, choices=_choices(_ENDING))
    field_order = ["q", "kind", "county", "company", "paper"]

    def cut(self, rows: QuerySet[Practitioner]) -> QuerySet[Practitioner]:
        """``rows`` that the filters let through. Only whole numbers find somebody: parts would undo the masks."""
        wanted = self.wanted()
        if text := wanted.pop("q", "").strip():
            rows = rows.filter(Q(name__startswith=text) | Q(identity_no=text.upper()) | Q(phone=text))
        if ending := wanted.pop("paper", ""):
            rows = with_papers_ending(rows, ending, timezone.localdate())
        return rows.filter(**wanted)


class TerminalFilters(_Filters):
    """Terminals by phone number or plate, edition, maker and model, state, warranty."""

    q = forms.CharField(label="终端手机号或车牌", required=False, max_length=20)
    edition = forms.ChoiceField(label="协议版本", required=False, choices=_choices(Terminal.Edition.choices))
    maker = forms.CharField(label="制造商", required=False, max_length=40)
    model = forms.CharField(label="型号", required=False, max_length=30)
    state = forms.ChoiceField(label="状态", required=False, choices=_choices(Terminal.State.choices))
    warranty = forms.ChoiceField(label="保修", required=False, choices=_choices(_WARRANTY))
    company = None  # type: ignore[assignment]
    field_order = ["q", "edition", "maker", "model", "county", "state", "warranty"]

    def cut(self, rows: QuerySet[Terminal]) -> QuerySet[Terminal]:
        """``rows`` that the filters let through."""
        wanted, today = self.wanted(), timezone.localdate()
        if text := wanted.pop("q", "").strip().upper():
            rows = rows.filter(Q(phone=text.lstrip("0")) | Q(vehicle__plate__contains=text))
        if county := wanted.pop("county", ""):
            rows = rows.filter(vehicle__county_id=county)
        if warranty := wanted.pop("warranty", ""):
            over = Q(warranty_until__lt=today)
            rows = rows.filter(over if warranty == "over" else ~over)
        return rows.filter(**wanted)
