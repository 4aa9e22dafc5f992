"""Pages of ratings (驾驶员评价): what passengers think, by company and by driver, and of whom they complain again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from complaints.ratings import selectors
from complaints.ratings.charts import columns
from complaints.ratings.defaults import figures
from complaints.ratings.forms import PERIODS, days_asked
from complaints.ratings.models import RatingReason, RideRating
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.registry.masking import mask_name
from datacenter.registry.sheets.writing import TYPES, write

HEAD = ["类别", "名称", "企业", "营运次数", "评价数", "平均分", "满意", "一般", "不满意", "投诉", "低分率 %"]


def _asked(request: HttpRequest) -> dict[str, Any]:
    days = days_asked(request.GET)
    since, until = selectors.period(days)
    rows = selectors.days_visible_to(request.user).filter(day__gte=since, day__lte=until)
    return {"days": days, "since": since, "until": until, "rows": rows}


@require_safe
@needs("rating.view")
def ratings(request: HttpRequest) -> HttpResponse:
    """驾驶员评价: the period's figures, companies, drivers with low ratings, reasons, trend."""
    asked = _asked(request)
    rows = asked["rows"]
    given = selectors.since_day(selectors.ratings_visible_to(request.user), asked["since"])
    known = figures()
    context = {
        **asked,
        "periods": PERIODS,
        "sums": selectors.total(rows),
        "sources": [
            (label, selectors.total(rows.filter(source=value)))
            for value, label in (("screen", "车内评价"), ("sticker", "扫码评价"))
        ],
        "companies": selectors.by_company(rows),
        "drivers": selectors.by_driver(rows, at_least=known["repeated_low"]),
        "repeated": known["repeated_low"],
        "reasons": selectors.reasons_of(given),
        "standings": selectors.standings_of(given),
        "columns": columns(selectors.trend(rows, asked["since"], asked["until"])),
    }
    return render(request, "complaints/ratings/ratings.html", context)


@require_safe
@needs("rating.view")
def export(request: HttpRequest) -> HttpResponse:
    """导出: companies and drivers with repeated low ratings, as the page shows them; names masked as there."""
    format = "csv" if request.GET.get("format") == "csv" else "xlsx"
    asked = _asked(request)
    lines = [_line("企业", one["name"], "", one["sums"]) for one in selectors.by_company(asked["rows"])]
    lines += [
        _line("驾驶员", mask_name(one["name"]), one["company"] or "", one["sums"])
        for one in selectors.by_driver(asked["rows"], at_least=figures()["repeated_low"])
    ]
    audit.record(request, "rating.export", format, rows=len(lines), days=asked["days"])
    data = write(HEAD, lines, format, title="驾驶员评价")
    response = HttpResponse(data, content_type=TYPES[format], headers={"Cache-Control": "no-store"})
    name = f"驾驶员评价{timezone.localtime():%Y%m%d-%H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _line(kind: str, name: str, company: str, sums: selectors.Sums) -> list[object]:
    mean, low = sums.mean, sums.low_percent
    return [
        kind, name, company, sums.rides, sums.rated, "" if mean is None else f"{mean:.1f}", sums.satisfied,
        sums.average, sums.not_satisfied, sums.complaint, "" if low is None else f"{low:.1f}",
    ]  # fmt: skip


@require_safe
@needs("rating.view")
def rating_list(request: HttpRequest) -> HttpResponse:
    """扫码评价: each one with its reasons and whether it counts, the newest first, fifty a page."""
    standing, grade = request.GET.get("standing", ""), request.GET.get("grade", "")
    rows = selectors.ratings_visible_to(request.user)
    if standing in RideRating.Standing.values:
        rows = rows.filter(standing=standing)
    if grade in {str(value) for value in RideRating.Grade.values}:
        rows = rows.filter(grade=int(grade))
    page = page_of(rows, request.GET, "at")
    context = {
        "page": page, "lines": _shown(page.rows), "standing": standing, "grade": grade,
        "standings": RideRating.Standing.choices, "grades": RideRating.Grade.choices,
    }  # fmt: skip
    return render(request, "complaints/ratings/rating_list.html", context)


def _shown(rows: Any) -> list[dict[str, Any]]:
    titles = dict(RatingReason.objects.values_list("code", "title"))
    return [{"row": row, "why": "、".join(titles.get(code, code) for code in row.reasons)} for row in rows]


@require_safe
@needs("rating.view")
def driver(request: HttpRequest, pk: int) -> HttpResponse:
    """One driver: figures of the period, trend, and what passengers wrote."""
    person = selectors.get_driver_for(request.user, pk)
    asked = _asked(request)
    rows = asked["rows"].filter(practitioner=person)
    given = selectors.since_day(selectors.ratings_visible_to(request.user), asked["since"]).filter(practitioner=person)
    audit.record(request, "rating.driver", f"驾驶员 {person.pk}")
    context = {
        **asked, "person": person, "name": mask_name(person.name), "periods": PERIODS, "sums": selectors.total(rows),
        "reasons": selectors.reasons_of(given), "lines": _shown(given[:50]),
        "columns": columns(selectors.trend(rows, asked["since"], asked["until"])),
    }  # fmt: skip
    return render(request, "complaints/ratings/driver.html", context)
