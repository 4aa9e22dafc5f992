"""Pages of notices (通知): one's own list, what the bell counts, and what one wants sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.notices import export, selectors, workflow
from datacenter.notices.channels import channels_on
from datacenter.notices.forms import NoticeFilterForm, QuietForm, ReadAllForm
from datacenter.notices.models import Channel, Delivery, QuietHours
from datacenter.notices.wishes import table_of

UNREAD = "unread"


@require_GET
@never_cache
@needs("notice.view")
def notice_list(request: HttpRequest) -> HttpResponse:
    """通知. With htmx only the results are drawn again."""
    context = _results(request)
    part = request.headers.get("HX-Target") == "notice-results"
    response = render(request, "notices/_results.html" if part else "notices/notice_list.html", context)
    response["Vary"] = "HX-Request, HX-Target"
    return response


@require_GET
@never_cache
@needs("notice.view")
def unread(request: HttpRequest) -> JsonResponse:
    """What the bell shows."""
    count = selectors.unread_of(request.user)
    return JsonResponse({"count": count, "shown": selectors.shown(count) if count else ""})


@require_GET
@never_cache
@needs("notice.view")
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a notice leads; following it is reading it."""
    return redirect(workflow.read_notice(pk, by=request.user).link)  # type: ignore[arg-type]


@require_POST
@needs("notice.view")
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One is read without being followed; with htmx the results come back."""
    workflow.read_notice(pk, by=request.user)  # type: ignore[arg-type]
    return _after(request)


@require_POST
@needs("notice.view")
def read_all(request: HttpRequest) -> HttpResponse:
    """All that had come when the page was drawn."""
    form = ReadAllForm(request.POST)
    if form.is_valid():
        until = datetime.fromtimestamp(form.cleaned_data["until"], UTC)
        workflow.read_all(by=request.user, until=until, topic=form.cleaned_data["topic"])  # type: ignore[arg-type]
    return _after(request)


@require_GET
@needs("notice.view")
def notice_export(request: HttpRequest) -> HttpResponse:
    """导出: what the list shows under its filters."""
    rows, _form, _tab = _filtered(request)
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    response, written = export.as_file(rows, kind)
    audit.record(request, "notice.export", kind, rows=written)
    return response


@require_http_methods(["GET", "POST"])
@never_cache
@needs("notice.view")
def notice_settings(request: HttpRequest) -> HttpResponse:
    """通知设置: e-mail and webhook by topic, quiet hours. What was typed comes back with a refusal."""
    topics = selectors.topics_for(request.user)
    if request.method == "POST":
        form = QuietForm(request.POST)
        wanted = {
            topic.code: {name: f"{topic.code}-{name}" in request.POST for name in Channel.values} for topic in topics
        }
        if form.is_valid():
            workflow.set_wishes(by=request.user, wanted=wanted, quiet=form.hours())  # type: ignore[arg-type]
            audit.record(request, "notice.settings")
            messages.success(request, _("已保存通知设置"))
            return redirect("notice-settings")
    else:
        hours = QuietHours.objects.filter(user=request.user, enabled=True).first()  # type: ignore[misc]
        form = QuietForm(initial={"begins": hours.begins, "ends": hours.ends} if hours else None)
        wanted = table_of(request.user, topics)
    ready = channels_on()
    context = {
        "form": form,
        "lines": [(topic, wanted[topic.code]) for topic in topics],
        "email_on": Channel.EMAIL in ready,
        "webhook_on": Channel.WEBHOOK in ready,
        "address": request.user.email,  # type: ignore[union-attr]
    }
    return render(request, "notices/settings.html", context, status=422 if form.is_bound else 200)


def _filtered(request: HttpRequest) -> tuple[Any, NoticeFilterForm, str]:
    form = NoticeFilterForm(request.GET, topics=selectors.topics_for(request.user))
    form.is_valid()
    tab = UNREAD if request.GET.get("tab") == UNREAD else ""
    wanted = {"topic": form.cleaned_data.get("topic", ""), "q": form.cleaned_data.get("q", "").strip()}
    return selectors.filtered(selectors.notices_visible_to(request.user), unread=bool(tab), **wanted), form, tab


def _results(request: HttpRequest) -> dict[str, Any]:
    drawn_at = timezone.now()
    rows, form, tab = _filtered(request)
    sent = Delivery.objects.order_by("channel")
    page = page_of(rows.prefetch_related(Prefetch("deliveries", queryset=sent)), request.GET, moment="last_at")
    count = selectors.unread_of(request.user)
    return {
        "form": form,
        "tab": tab,
        "page": page,
        "unread": selectors.shown(count) if count else "",
        "drawn_at": f"{drawn_at.timestamp():.6f}",
        "topic": form.cleaned_data.get("topic", ""),
        "filtered": any(form.cleaned_data.get(name) for name in ("topic", "q")),
    }


def _after(request: HttpRequest) -> HttpResponse:
    """The list again, under the filters that its address carries."""
    if not request.headers.get("HX-Request"):
        query = request.GET.urlencode()
        return redirect(reverse("notice-list") + (f"?{query}" if query else ""))
    response = render(request, "notices/_results.html", _results(request))
    response["HX-Trigger"] = json.dumps({"notices-read": {}})
    return response
