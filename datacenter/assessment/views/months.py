"""The month (考核月份): its tables by side, as file and on paper; computed anew, and published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F, FloatField, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.accounts.scope import scope_of
from datacenter.assessment import paper, selectors, workflow
from datacenter.assessment.errors import NotToPublish
from datacenter.assessment.forms import LeagueFilters
from datacenter.assessment.models import AssessmentMonth, IndicatorRule, Objection, Standing
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.geo.counties import counties
from datacenter.registry.masking import mask_name
from datacenter.registry.paging import page_of
from datacenter.registry.sheets.writing import TYPES, write

_MONTHS_SHOWN = 36
_LAST = 1e6
HEAD = ["名次", "名称", "县区", "总分", *Axis.labels, "覆盖权重 %"]


def _asked(request: HttpRequest) -> AssessmentMonth | None:
    """The month of the address, else the newest."""
    if wanted := request.GET.get("month"):
        return selectors.month_named(wanted)
    return selectors.months().first()


def league(user: Any, month: AssessmentMonth, wanted: dict[str, str]) -> QuerySet[Standing]:
    """The rows of a table, sorted by ``order``."""
    rows = selectors.standings_visible_to(user).filter(month=month, kind=wanted["kind"])
    if wanted["county"]:
        rows = rows.filter(county_id=wanted["county"])
    if wanted["q"]:
        # People's names are no search words: whole names only.
        how = "name" if wanted["kind"] == Kind.PRACTITIONER else "name__icontains"
        rows = rows.filter(**{how: wanted["q"].strip()})
    figure = F(wanted["axis"] or "total")
    order: Any = Coalesce(figure if wanted["low"] else -figure, _LAST, output_field=FloatField())
    if not (wanted["axis"] or wanted["low"]):
        order = F("place")
    return rows.annotate(order=order).order_by("order", "pk")


def shown_name(row: Any) -> str:
    """A subject's name as pages show it: people's are masked."""
    return mask_name(row.name) if row.kind == Kind.PRACTITIONER else row.name


def may_open(user: Any, row: Standing) -> bool:
    """Whether a user may open the sheet of a row: other counties' stay shut."""
    scope = scope_of(user)
    return row.kind != Kind.COUNTY or scope.covers(county_id=row.county_id, company_id=None)


@require_safe
@needs("assessment.view")
def overview(request: HttpRequest) -> HttpResponse:
    """考核: one month's table of counties, companies or practitioners."""
    month, filters = _asked(request), LeagueFilters(request.GET, request.user)
    context: dict[str, Any] = {
        "month": month, "filters": filters, "months": selectors.months()[:_MONTHS_SHOWN],
        "this_month": f"{timezone.localdate():%Y-%m}",
    }  # fmt: skip
    if month is not None:
        context |= _table(request, month, filters.wanted())
    return render(request, "assessment/overview.html", context)


def _table(request: HttpRequest, month: AssessmentMonth, wanted: dict[str, str]) -> dict[str, Any]:
    page = page_of(league(request.user, month, wanted), request.GET, "order")
    names = dict(counties().values_list("code", "name"))
    corrected: dict[str, Any] = {}
    if month.frozen:
        subjects = [row.subject for row in page.rows]
        corrected = selectors.newest_corrections(request.user, month, wanted["kind"], subjects)
    return {
        "wanted": wanted,
        "page": page,
        "axes": Axis.choices,
        "kinds": selectors.kinds_for(request.user),
        "lines": [
            {
                "row": row, "name": shown_name(row), "county": names.get(row.county_id or "", ""),
                "open": may_open(request.user, row), "covered": 100 * row.covered,
                "axes": [getattr(row, axis) for axis in Axis.values], "corrected": corrected.get(row.subject),
            }
            for row in page.rows
        ],
        "absent": [one for one in month.absent if one["kind"] == wanted["kind"]],
        "unverified": _unverified(month, wanted["kind"]),
        "objections": selectors.objections_visible_to(request.user).filter(
            month=month, state=Objection.State.OPEN
        ).count(),
    }  # fmt: skip


def _unverified(month: AssessmentMonth, kind: str) -> int:
    """How many rules of the table nobody has confirmed."""
    if month.frozen:
        return sum(not rule["verified"] for rule in month.rules if rule["kind"] == kind)
    rows = IndicatorRule.objects.filter(kind=kind, source_verified=False, valid_from__lte=month.first_day)
    return rows.exclude(valid_until__lte=month.first_day).count()


@require_safe
@needs("assessment.view")
def export(request: HttpRequest) -> HttpResponse:
    """The table as a sheet (导出), all rows of what is shown; people's names are masked."""
    month = _asked(request) or selectors.month_named("")
    wanted = LeagueFilters(request.GET, request.user).wanted()
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    names = dict(counties().values_list("code", "name"))
    rows = list(league(request.user, month, wanted))
    cells = (
        [
            row.rank or "", shown_name(row), names.get(row.county_id or "", ""),
            *(_number(value) for value in (row.total, *(getattr(row, axis) for axis in Axis.values))),
            f"{100 * row.covered:.1f}",
        ]
        for row in rows
    )  # fmt: skip
    audit.record(request, "assessment.export", month.key, kind=wanted["kind"], rows=len(rows), format=format)
    title = f"{Kind(wanted['kind']).label}考核"
    response = HttpResponse(
        write(HEAD, cells, format, title=title), content_type=TYPES[format], headers={"Cache-Control": "no-store"}
    )
    name = f"{title}{month.key}{'' if month.frozen else '草稿'}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


@require_safe
@needs("assessment.view")
def report(request: HttpRequest, month: str) -> HttpResponse:
    """考核通报: the month on paper, of what the reader may see."""
    found = selectors.month_named(month)
    content = paper.month_pdf(found, request.user)
    audit.record(request, "assessment.paper", found.key, size_bytes=len(content))
    headers = {
        "Content-Disposition": f'attachment; filename="assessment-{found.key}.pdf"', "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }  # fmt: skip
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_POST
@needs("assessment.change")
def recompute(request: HttpRequest, month: str) -> HttpResponse:
    """Compute a draft anew."""
    found = workflow.recompute(selectors.first_day_of(month), by=request.user)
    audit.record(request, "assessment.recompute", found.key, took_ms=found.took_ms)
    messages.success(request, _("%(month)s 已重新计算") % {"month": found.key})
    return redirect(f"{reverse('assessment')}?month={found.key}&kind={request.POST.get('kind', '')}")


@needs("assessment.publish")
def publish(request: HttpRequest, month: str) -> HttpResponse:
    """What publishing would mean, and publishing."""
    found = selectors.month_named(month)
    refused = ""
    if request.method == "POST":
        try:
            if request.POST.get("understood") != "1":
                raise NotToPublish(_("请先勾选“已知悉冻结的后果”"))
            found = workflow.publish(found, by=request.user)
        except NotToPublish as fault:
            refused = fault.message
        else:
            audit.record(request, "assessment.publish", found.key, digest=found.digest)
            messages.success(request, _("%(month)s 考核已公布并冻结") % {"month": found.key})
            return redirect(f"{reverse('assessment')}?month={found.key}")
    counted = {kind.value: 0 for kind in selectors.kinds_for(request.user)}
    for kind in counted:
        counted[kind] = selectors.standings_visible_to(request.user).filter(month=found, kind=kind).count()
    context = {
        "month": found, "refused": refused, "reasons": workflow.what_stands_in_the_way(found),
        "counted": [(Kind(kind).label, number) for kind, number in counted.items()],
        "unverified": sum(_unverified(found, kind) for kind in counted), "now": timezone.now(),
    }  # fmt: skip
    return render(request, "assessment/publish.html", context, status=409 if refused else 200)
