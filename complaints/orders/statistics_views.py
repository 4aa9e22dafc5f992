"""热线统计: the figures of a span of days, and the daily brief on paper."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from complaints.orders import brief, statistics
from complaints.orders.errors import OrderNotFound
from complaints.orders.forms import day_field
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs

_DAYS = 30
_MOST_DAYS = 400
_FIRST = date(2000, 1, 1)


class SpanForm(forms.Form):
    """Which days."""

    since, until = day_field(gettext_lazy("受理自")), day_field(gettext_lazy("至"))

    def clean(self) -> dict[str, Any]:
        """Days in their order, and not too many."""
        cleaned: dict[str, Any] = super().clean() or {}
        until = cleaned.get("until") or timezone.localdate()
        since = cleaned.get("since") or until - timedelta(days=_DAYS - 1)
        if since > until:
            self.add_error("until", _("截止日期早于起始日期"))
        elif (until - since).days >= _MOST_DAYS:
            self.add_error("since", _("最多统计 %(days)d 天") % {"days": _MOST_DAYS})
        return {"since": since, "until": until}

    def span(self) -> tuple[date, date]:
        """The days asked for; the last thirty where what was asked can't be."""
        today = timezone.localdate()
        if not self.is_valid():
            return today - timedelta(days=_DAYS - 1), today
        return self.cleaned_data["since"], self.cleaned_data["until"]


@require_safe
@needs("complaint.view")
def statistics_page(request: HttpRequest) -> HttpResponse:
    """The figures inside the reader's scope, the bureau's of 2018 beside them."""
    form = SpanForm(request.GET)
    since, until = form.span()
    figures = statistics.figures_for(request.user, since, until)
    answer = figures.first_answer
    context = {
        "form": form,
        "since": since,
        "until": until,
        "figures": figures,
        "answer_hours": None if answer is None else answer.total_seconds() / 3600,
        "then": statistics.YEAR_2018,
        "yesterday": timezone.localdate() - timedelta(days=1),
        "weekday_names": _("一 二 三 四 五 六 日").split(),
    }
    return render(request, "complaints/orders/statistics.html", context)


@require_safe
@needs("complaint.view")
def daily_brief(request: HttpRequest, on: str) -> HttpResponse:
    """热线日报 of one day as PDF, up to today's."""
    try:
        day = parse_date(on)
    except ValueError:  # 2026-02-30
        day = None
    if day is None or not _FIRST <= day <= timezone.localdate():
        raise OrderNotFound("没有这一天的日报", day=on)
    content = brief.paper_of(request.user, day)
    audit.record(request, "complaint.brief", f"{day:%Y-%m-%d}")
    headers = {"Content-Disposition": f'inline; filename="hotline-{day:%Y%m%d}.pdf"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
