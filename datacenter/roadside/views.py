"""The office's pages of roadside checks (路面核查): the list, patrols, an order from a case and its block there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.cases.listing import page_of
from datacenter.cases.selectors import get_case_for
from datacenter.errors import DomainError
from datacenter.roadside import export as files
from datacenter.roadside import selectors, workflow
from datacenter.roadside.errors import CheckFieldRefused, CheckNotFound
from datacenter.roadside.forms import CheckFilters, OrderForm, PatrolForm
from datacenter.roadside.models import Patrol


@require_safe
@needs(workflow.ORDER)
def check_list(request: HttpRequest) -> HttpResponse:
    """路面核查单: every order inside the scope, newest first."""
    form = CheckFilters(request.GET, user=request.user)
    form.is_valid()
    rows = selectors.found(selectors.checks_visible_to(request.user), form.cleaned_data)
    context = {
        "form": form,
        "page": page_of(rows, request.GET, "ordered_at"),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "now": timezone.now(),
    }
    return render(request, "roadside/list.html", context)


@require_safe
@needs(workflow.ORDER)
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV or xlsx; written down with its size."""
    form = CheckFilters(request.GET, user=request.user)
    form.is_valid()
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    rows = selectors.found(selectors.checks_visible_to(request.user), form.cleaned_data)
    response, written = files.as_file(rows, kind)
    audit.record(request, "roadside.export", kind, rows=written)
    return response


@never_cache
@needs(workflow.ORDER)
def patrols(request: HttpRequest) -> HttpResponse:
    """执法巡逻: each with its duty and how old its place is; posted, a new one."""
    form = PatrolForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        return _kept(request, form)
    return _patrols(request, form, 422 if request.method == "POST" else 200)


@never_cache
@needs(workflow.ORDER)
def patrol(request: HttpRequest, pk: int) -> HttpResponse:
    """One patrol to change."""
    found = selectors.get_patrol_for(request.user, pk)
    if not selectors.may_change(request.user, found):
        raise CheckNotFound(pk=pk)
    form = PatrolForm(request.POST or None, user=request.user, instance=found)
    if request.method == "POST" and form.is_valid():
        return _kept(request, form)
    return _patrols(request, form, 422 if request.method == "POST" else 200, found)


def _kept(request: HttpRequest, form: PatrolForm) -> HttpResponse:
    kept = workflow.enter_patrol(form.save(commit=False), by=request.user)
    audit.record(request, "roadside.patrol", kept.name, patrol=kept.pk, team=kept.team_id)
    messages.success(request, _("已保存 %s") % kept.name)
    return redirect("roadside-patrols")


def _patrols(request: HttpRequest, form: PatrolForm, status: int, changing: Patrol | None = None) -> HttpResponse:
    rows = list(selectors.patrols_visible_to(request.user).order_by("team__name", "name", "pk"))
    places = selectors.patrols_places(rows)
    now = timezone.now()
    listed = [
        {"patrol": row, "place": places.get(row.pk), "age_s": places[row.pk].age_s(now) if row.pk in places else None}
        for row in rows
    ]
    own = {team.pk for team in selectors.teams_for(request.user)}
    context = {"rows": listed, "form": form, "changing": changing, "own_teams": own}
    return render(request, "roadside/patrols.html", context, status=status)


@never_cache
@needs(workflow.ORDER)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """派单: the patrols near the case's vehicle, the nearest chosen; ``?after=`` an order that was not taken."""
    case = get_case_for(request.user, number)
    previous = _previous(request)
    now = timezone.now()
    target, proposals = selectors.propose_patrols(
        case, request.user, now, besides=selectors.asked_before(previous)
    )  # fmt: skip
    nearest = next((one.patrol.pk for one in proposals), None)
    first = {
        "patrol": nearest,
        "minutes": selectors.setting("expires_min"),
        "request": previous.request if previous else "",
    }
    form = OrderForm(request.POST if request.method == "POST" else None, user=request.user, initial=first)
    status, refused = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                check = workflow.order_check(case, by=request.user, previous=previous, **form.cleaned_data)
            except CheckFieldRefused as refusal:
                form.refuse(refusal)
            except DomainError as refusal:
                refused, status = refusal.message, refusal.status
            else:
                audit.record(request, "roadside.order", case.number, check=check.pk, patrol=check.patrol.name)
                messages.success(request, _("核查单已派给 %s") % check.patrol)
                return redirect("case-detail", number=number)
    chosen = str(form["patrol"].value() or "")
    context = {
        "case": case, "previous": previous, "target": target, "proposals": proposals, "form": form, "refused": refused,
        "chosen": int(chosen) if chosen.isascii() and chosen.isdigit() else 0, "now": now,
        "target_age_s": target.age_s(now) if target else None, "speed_kmh": selectors.setting("speed_kmh"),
    }  # fmt: skip
    return render(request, "roadside/order.html", context, status=status)


def _previous(request: HttpRequest) -> Any:
    text = request.GET.get("after", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return selectors.get_check_for(request.user, int(text))


@require_safe
@never_cache
@needs("case.view")
def case_block(request: HttpRequest, number: str) -> HttpResponse:
    """The orders of a case as a part of its page, which asks for it again and again."""
    case = get_case_for(request.user, number)
    context = {"case": case, "block": workflow.block_of(case, request.user)}
    return render(request, "roadside/_case_checks.html", context)


@require_POST
@needs(workflow.ORDER)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an order back."""
    check = selectors.get_check_for(request.user, pk)
    try:
        workflow.withdraw_check(check, by=request.user, reason=request.POST.get("reason", "")[:300])
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        audit.record(request, "roadside.withdraw", check.case.number, check=pk)
        messages.success(request, _("核查单已撤回"))
    return redirect("roadside-list")
