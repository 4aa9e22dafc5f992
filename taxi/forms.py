"""What the lists of trips and shifts can be cut to (筛选), as it stands in their addresses.

A value that can't be read is told beside its field and filters nothing; the API refuses it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.geo.counties import counties
from datacenter.registry.models import Company, Vehicle
from datacenter.registry.selectors import companies_visible_to, vehicles_visible_to
from datacenter.tracks.selectors import day_span
from taxi.models import Shift, Trip
from taxi.selectors import suspicious

DAYS_SHOWN = 7
"""A list without dates shows these many days: years of trips in one sum are nobody's question."""
_ALL = ("", _("全部"))
_YES = [_ALL, ("1", _("是"))]


def _number(label: Any, most: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_value=Decimal(most), max_digits=7, decimal_places=1
    )


class OperationFilters(forms.Form):
    """Plate, company, county, days and driver: what trips and shifts are both looked up by."""

    moment = ""

    q = forms.CharField(label=_("车牌号"), required=False, max_length=10)
    driver = forms.CharField(label=_("驾驶员姓名或完整证号"), required=False, max_length=40)
    county = forms.ChoiceField(label=_("县区"), required=False)
    company = forms.TypedChoiceField(label=_("企业"), required=False, coerce=int, empty_value=None)
    since = forms.DateField(label=_("自"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("至"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    unregistered = forms.ChoiceField(label=_("未登记证号"), required=False, choices=_YES)

    def __init__(self, parameters: Any, *, user: Any, recent: bool = False) -> None:
        wanted = parameters.copy()
        if recent and not wanted.get("since") and not wanted.get("until"):
            wanted["since"] = (timezone.localdate() - timedelta(days=DAYS_SHOWN - 1)).isoformat()
        super().__init__(wanted)
        self.user, level = user, scope_of(user).level
        if level == "city":
            self._choose("county", counties().values_list("code", "name"))
        else:
            del self.fields["county"]
        if level in ("city", "county"):
            taxis = companies_visible_to(user).filter(kind=Company.Kind.TAXI).select_related(None)
            self._choose("company", taxis.values_list("pk", "name"))
        else:
            del self.fields["company"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            if name == "q":
                field.widget.attrs |= {"type": "search", "data-search-here": ""}
            if isinstance(field, forms.DecimalField):
                field.widget.attrs |= {"inputmode": "decimal", "size": 6}

    def _choose(self, name: str, rows: Any) -> None:
        self.fields[name].choices = [_ALL, *rows]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuses days in the wrong order, and years that no terminal has seen."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("since", "until"):
            day = cleaned.get(name)
            if day is not None and not 2000 <= day.year <= 2100:
                self.add_error(name, _("应为 2000 至 2100 年之间的日期"))
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", _("截止日期早于起始日期"))
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The filters that are set and can be read."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def narrowed(self) -> bool:
        """Whether anything but days was asked for."""
        return bool(set(self.wanted()) - {"since", "until"})

    def cut(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """``rows`` that the filters let through. Of numbers of people only whole ones find somebody."""
        wanted = self.wanted()
        if plate := wanted.get("q", "").replace(" ", "").upper():
            taxis: QuerySet[Vehicle] = vehicles_visible_to(self.user).filter(plate__contains=plate)
            rows = rows.filter(vehicle_id__in=taxis.order_by().values("pk"))
        if driver := wanted.get("driver", "").strip():
            rows = rows.filter(Q(practitioner__name__startswith=driver) | Q(certificate_no=driver.upper()))
        if county := wanted.get("county"):
            rows = rows.filter(county_id=county)
        if company := wanted.get("company"):
            rows = rows.filter(company_id=company)
        if wanted.get("unregistered"):
            rows = rows.filter(practitioner=None).exclude(certificate_no="")
        start, end = self._span(wanted)
        if start:
            rows = rows.filter(**{f"{self.moment}__gte": start})
        if end:
            rows = rows.filter(**{f"{self.moment}__lt": end})
        return rows

    @staticmethod
    def _span(wanted: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
        since, until = wanted.get("since"), wanted.get("until")
        return day_span(since).start if since else None, day_span(until).end if until else None


class TripFilters(OperationFilters):
    """Trips also by fare, distance, rating, and whether the fare fits the distance."""

    moment = "boarded_at"

    fare_min = _number(_("车费（元）自"), 99999)
    fare_max = _number(_("至"), 99999)
    km_min = _number(_("里程（km）自"), 99999)
    km_max = _number(_("至"), 99999)
    rating = forms.TypedChoiceField(
        label=_("评价"), required=False, coerce=int, empty_value=None, choices=[_ALL, *Trip.Rating.choices]
    )
    suspicious = forms.ChoiceField(label=_("车费与里程不符"), required=False, choices=_YES)
    field_order = ["q", "driver", "county", "company", "since", "until", "fare_min", "fare_max", "km_min", "km_max",
                   "rating", "suspicious", "unregistered"]  # fmt: skip

    def cut(self, rows: QuerySet[Trip]) -> QuerySet[Trip]:
        """``rows`` that the filters let through."""
        rows, wanted = super().cut(rows), self.wanted()
        for name, condition in (
            ("fare_min", "fare_jiao__gte"),
            ("fare_max", "fare_jiao__lte"),
            ("km_min", "distance_dkm__gte"),
            ("km_max", "distance_dkm__lte"),
        ):
            if name in wanted:
                rows = rows.filter(**{condition: int(wanted[name] * 10)})
        if "rating" in wanted:
            rows = rows.filter(rating=wanted["rating"])
        return suspicious(rows) if wanted.get("suspicious") else rows


class ShiftFilters(OperationFilters):
    """Shifts also by whether they still run, and how they ended."""

    moment = "begins_at"

    ended_by = forms.ChoiceField(
        label=_("结束方式"), required=False, choices=[_ALL, ("open", _("在岗")), *Shift.EndedBy.choices]
    )
    field_order = ["q", "driver", "county", "company", "since", "until", "ended_by", "unregistered"]

    def cut(self, rows: QuerySet[Shift]) -> QuerySet[Shift]:
        """``rows`` that the filters let through."""
        rows, ended_by = super().cut(rows), self.wanted().get("ended_by")
        if ended_by == "open":
            return rows.filter(ended_at=None)
        return rows.filter(ended_by=ended_by) if ended_by else rows


class OnDutyFilters(OperationFilters):
    """Who is on duty now: no days are asked for."""

    moment = "begins_at"
    since = until = None  # type: ignore[assignment]
