"""The page 轨迹质量: indicators of a day or a month, the worst first, from county down to vehicle; and its sheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import scope_of
from datacenter.geo.counties import counties
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section
from datacenter.registry.selectors import companies_visible_to
from datacenter.registry.sheets.writing import TYPES, write
from datacenter.tracks import quality_selectors as selectors
from datacenter.tracks.models import TrackQualityLimit
from datacenter.tracks.quality_selectors import INDICATORS, Line

PAGE_SIZE = 100
_ALL = ("", _("全部"))
BY = [("county", _("县区")), ("kind", _("类别")), ("company", _("企业")), ("vehicle", _("车辆"))]
SORT = list(zip(INDICATORS, (_("上线率"), _("轨迹完整率"), _("数据合格率"), _("定位漂移率")), strict=True))
HEAD = [
    "上线率 %", "在线车辆", "入网车辆", "轨迹完整率 %", "完整里程 km", "里程 km", "数据合格率 %", "合格记录",
    "接收记录", "定位漂移率 %", "漂移车辆", "在线时长 h",
]  # fmt: skip


class QualityFilters(forms.Form):
    """Which period, rolled up how; what can't be read is told beside its field and the default taken."""

    period = forms.ChoiceField(label=_("周期"), choices=[("day", _("日")), ("month", _("月"))], required=False)
    date = forms.DateField(label=_("日期"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    by = forms.ChoiceField(label=_("汇总"), choices=BY, required=False)
    county = forms.ChoiceField(label=_("县区"), required=False)
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=[_ALL, *Vehicle.Kind.choices])
    company = forms.TypedChoiceField(label=_("企业"), required=False, coerce=int, empty_value=None)
    sort = forms.ChoiceField(label=_("最差在前"), choices=SORT, required=False)

    def __init__(self, parameters: Any, user: Any) -> None:
        wanted = parameters.copy()
        level = scope_of(user).level
        defaults = {"period": "day", "sort": "complete_rate", "date": timezone.localdate().isoformat()}
        defaults["by"] = {"city": "county", "county": "company"}.get(level, "vehicle")
        for name, value in defaults.items():
            if not wanted.get(name):
                wanted[name] = value
        self.defaults = defaults
        super().__init__(wanted)
        if level == "city":
            self.fields["county"].choices = [_ALL, *counties().values_list("code", "name")]  # type: ignore[attr-defined]
        else:
            del self.fields["county"]
        if level in ("city", "county"):
            names = companies_visible_to(user).select_related(None).order_by("name").values_list("pk", "name")
            self.fields["company"].choices = [_ALL, *names]  # type: ignore[attr-defined]
        else:
            del self.fields["company"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"

    def clean_date(self) -> Any:
        """Years that no terminal has seen are refused."""
        day = self.cleaned_data["date"]
        if day and not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("应为 2000 至 2100 年之间的日期"))
        return day

    def wanted(self) -> dict[str, Any]:
        """What was asked for, defaults where it can't be read."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {**self.defaults, "date": timezone.localdate(), **given}


def _asked(request: HttpRequest) -> tuple[QualityFilters, dict[str, Any], list[Line]]:
    filters = QualityFilters(request.GET, request.user)
    wanted = filters.wanted()
    day = wanted["date"]
    first, last = selectors.month_of(day) if wanted["period"] == "month" else (day, day)
    only = {"county_id": wanted.get("county"), "kind": wanted.get("kind"), "company_id": wanted.get("company")}
    rows = selectors.lines(request.user, wanted["by"], first, last, **only)
    return filters, {**wanted, "first": first, "last": last}, selectors.worst_first(rows, wanted["sort"])


@require_safe
@needs("track.view")
def quality_page(request: HttpRequest) -> HttpResponse:
    """The table, a hundred lines a page, with what all of them come to."""
    filters, wanted, rows = _asked(request)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "filters": filters, "wanted": wanted, "page": page, "total": selectors.total(rows),
        "lines": [{"line": line, "name": _name(wanted["by"], line), "query": _down(wanted, line)} for line in page],
        "by_word": dict(BY)[wanted["by"]], "limits": TrackQualityLimit.objects.all(),
        "any": any(line.online for line in rows),
    }  # fmt: skip
    return render(request, "tracks/quality.html", context)


@require_safe
@needs("track.view")
def quality_export(request: HttpRequest) -> HttpResponse:
    """The table as a sheet (导出), every line of it."""
    _filters, wanted, rows = _asked(request)
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    by = wanted["by"]
    head = [str(dict(BY)[by]), *(["企业"] if by == "vehicle" else []), *HEAD]
    audit.record(
        request, "track.quality.export", format, rows=len(rows), by=by, first=wanted["first"], last=wanted["last"]
    )
    response = HttpResponse(
        write(head, (_cells(by, line) for line in rows), format, title="轨迹质量"),
        content_type=TYPES[format], headers={"Cache-Control": "no-store"},
    )  # fmt: skip
    name = f"轨迹质量{wanted['first']:%Y%m%d}-{wanted['last']:%Y%m%d}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _name(by: str, line: Line) -> str:
    if by == "kind":
        return str(dict(Vehicle.Kind.choices).get(line.key, line.key))
    return str(line.known_by[1] or line.key)


def _down(wanted: dict[str, Any], line: Line) -> dict[str, Any]:
    """One level deeper: what a click on the line asks for."""
    deeper = {"county": "company", "kind": "company", "company": "vehicle"}.get(wanted["by"])
    return {"by": deeper, wanted["by"]: line.key} if deeper and line.key is not None else {}


def _cells(by: str, line: Line) -> list[object]:
    known = [_name(by, line), *([line.known_by[4]] if by == "vehicle" else [])]
    return [
        *known, _percent(line.online_rate), str(line.online), str(line.connected), _percent(line.complete_rate),
        f"{line.complete_km:.2f}", f"{line.distance_km:.2f}", _percent(line.qualified_rate), str(line.qualified),
        str(line.reports), _percent(line.drift_rate), str(line.drifting), f"{line.online_h:.1f}",
    ]  # fmt: skip


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate * 100:.2f}"


# --- on a vehicle's page ---
def section_context(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """The last seven days of one vehicle; nothing where it never reported."""
    rows = selectors.last_days(user, vehicle.pk)
    return {"rows": [(row, _of_row(row)) for row in rows]} if rows else None


def _of_row(row: Any) -> Line:
    sums = {
        name: getattr(row, name) for name in ("reports", "qualified", "drift", "distance_mm", "complete_mm", "online_s")
    }
    return Line(row.day, (), 1, 1, drifting=int(row.drift > 0), **sums)


def register() -> None:
    """Put the section on the vehicle's page."""
    register_vehicle_section(
        VehicleSection(
            "quality", _("轨迹质量"), 50, "tracks/_quality_section.html", section_context, right="track.view",
            places=("page",),
        )
    )  # fmt: skip
