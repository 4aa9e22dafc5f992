"""Pages of orders (热线工单): the list with its export, one order with what can be done to it, its pictures."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from complaints.orders import export as files
from complaints.orders import province, selectors, words
from complaints.orders.errors import FieldRefused, OrderNotFound, OrderRefused
from complaints.orders.forms import OrderFilters
from complaints.orders.models import OPEN_STATES, Order
from complaints.orders.pictures import send
from complaints.orders.verb_forms import FORMS, OrderVerb, forms_for
from complaints.orders.workflow import drawn, wants_call_back
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.accounts.scope import scope_of
from datacenter.cases.errors import TransitionRefused
from datacenter.cases.listing import page_of
from datacenter.cases.states import State

TABS = (
    ("open", gettext_lazy("未办结")),
    ("unsent", gettext_lazy("待派发")),
    ("fed_back", gettext_lazy("待核查")),
    ("quality", gettext_lazy("待抽检")),
    *Order.State.choices,
)
# What of an order somebody typed: shown whole to who may know the caller.
_SAID = ("content", "place", "line", "answer", "call_back_waived")
# Tabs that look at the case: what waits for the hotline, which leads it.
_BY_CASE = {"unsent": State.COLLECTED, "fed_back": State.FED_BACK}


@require_safe
@never_cache
@needs("complaint.view")
def order_list(request: HttpRequest) -> HttpResponse:
    """热线工单, newest first, by filters and tabs."""
    form, rows = _found(request)
    tab = request.GET.get("state", "")
    may_check = request.user.may("complaint.check")  # type: ignore[union-attr]
    context = {
        "form": form,
        "tabs": [
            {"value": "", "label": _("全部")},
            *({"value": value, "label": label} for value, label in TABS if value != "quality" or may_check),
        ],
        "tab": tab,
        "page": page_of(rows, request.GET, "accepted_at"),
        "filtered": any(request.GET.get(name) for name in (*form.fields, "state")),
        "whole": request.user.pk,
    }
    return render(request, "complaints/orders/list.html", context)


@require_safe
@needs("complaint.view")
def order_export(request: HttpRequest) -> HttpResponse:
    """What the list shows, as CSV or xlsx; callers masked. Written down with its size."""
    _form, rows = _found(request)
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    response, numbers = files.as_file(rows, kind)
    audit.record(request, "complaint.export", kind, rows=len(numbers))
    audit.record_each(request, "complaint.exported", numbers)
    return response


@require_safe
@needs("personal_data.unmask")
def order_province(request: HttpRequest) -> HttpResponse:
    """What the list shows, as the record for the province: callers whole, each order written down."""
    require(request.user, "complaint.view")
    _form, rows = _found(request)
    response, numbers = province.as_file(rows)
    audit.record(request, "complaint.province", rows=len(numbers))
    audit.record_each(request, "complaint.exported", numbers, whole=True)
    return response


@require_GET
@never_cache
@needs("complaint.view")
def order_detail(request: HttpRequest, number: str) -> HttpResponse:
    """One order. Who looked at it is written down."""
    order = selectors.get_order_for(request.user, number)
    audit.record(request, "complaint.view", number)
    return _page(request, order)


@require_POST
@needs("complaint.view")
def order_act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """One verb on one order. What was typed comes back with any refusal."""
    order = selectors.get_order_for(request.user, number)
    if verb not in FORMS:
        raise OrderNotFound(number=number)
    require(request.user, FORMS[verb].right)
    form = FORMS[verb](request.POST, order=order, user=request.user)
    status = 422
    if form.is_valid():
        try:
            done = form.act()
        except FieldRefused as refusal:
            form.refuse(refusal)
        except (OrderRefused, TransitionRefused) as refusal:  # somebody else was faster: show how it stands now
            form.add_error(None, refusal.message)
            order, status = selectors.get_order_for(request.user, number), refusal.status
        else:
            audit.record(request, f"complaint.{verb}", number)
            facts = {"number": number, "verb": form.title, "state": done.get_state_display()}
            messages.success(request, _("工单 %(number)s：%(verb)s，%(state)s") % facts)
            return redirect("complaint-order", number=number)
    return _page(request, order, form, status)


@require_POST
@never_cache
@needs("personal_data.unmask")
def order_unmask(request: HttpRequest, number: str) -> HttpResponse:
    """The caller's name and number whole, for who may unmask; written down."""
    require(request.user, "complaint.view")
    order = selectors.get_order_for(request.user, number)
    audit.record(request, "complaint.unmask", number)
    return _page(request, order, unmasked=True)


@require_GET
@needs("complaint.view")
def order_file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A picture of an order or of a company's answer to it, small (``?size=thumb``) or whole."""
    order = selectors.get_order_for(request.user, number)
    file = order.files.filter(pk=pk).first()
    if file is None:
        raise OrderNotFound(number=number)
    audit.record(request, "complaint.file", number, sha256=file.sha256)
    return send(file, thumb=request.GET.get("size") == "thumb")


def _found(request: HttpRequest) -> tuple[OrderFilters, QuerySet[Order]]:
    form = OrderFilters(request.GET, one_county=scope_of(request.user).level != "city")
    form.is_valid()
    rows = narrowed(selectors.orders_visible_to(request.user), form.cleaned_data, request.user)
    tab = request.GET.get("state", "")
    if tab == "open":
        rows = rows.filter(state__in=OPEN_STATES)
    elif tab == "quality":
        require(request.user, "complaint.check")  # whose orders are drawn is not told before they are looked at
        rows = rows.filter(pk__in=drawn(request.user).order_by().values("pk"))
    elif tab in _BY_CASE:
        rows = rows.filter(case__state=_BY_CASE[tab])
    elif tab in Order.State.values:
        rows = rows.filter(state=tab)
    return form, rows


def narrowed(rows: QuerySet[Order], wanted: dict[str, Any], user: Any) -> QuerySet[Order]:
    """``rows`` that the filters let through; callers are found by their number by those alone who may know it."""
    if q := (wanted.get("q") or "").strip().upper():
        match = Q(number__startswith=q) | Q(plate__startswith=q) | Q(external_no__iexact=q)
        if user.may("complaint.accept") or user.may("personal_data.unmask"):
            match |= Q(caller_phone=words.dialled(q))
        rows = rows.filter(match)
    if kind := wanted.get("kind"):
        rows = rows.filter(category__kind=kind)
    for name in ("channel", "county"):
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if wanted.get("due"):
        rows = rows.filter(state=Order.State.HANDLING, case__due_at__lt=timezone.now())
    if wanted.get("mine"):
        rows = rows.filter(operator=user)
    if since := wanted.get("since"):
        rows = rows.filter(accepted_at__gte=_midnight(since))
    if until := wanted.get("until"):
        rows = rows.filter(accepted_at__lt=_midnight(until) + timedelta(days=1))
    return rows


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _page(
    request: HttpRequest, order: Order, filled: OrderVerb | None = None, status: int = 200, *, unmasked: bool = False
) -> HttpResponse:
    user = request.user
    forms = [filled if filled and filled.verb == form.verb else form for form in forms_for(order, user)]
    labels = {question["code"]: question["label"] for question in order.category.questions}
    whole = unmasked or order.operator_id == user.pk
    cover = str if whole else order.cover
    context = {
        "order": order,
        "events": selectors.events_of(order, whole=whole)[::-1],
        "call_backs": selectors.call_backs_of(order, whole=whole),
        **{name: cover(getattr(order, name)) for name in _SAID},
        "requests": selectors.requests_of(order),
        "files": selectors.files_of(order),
        "answers": [(labels.get(code, code), cover(str(value))) for code, value in order.answers.items()],
        "verb_forms": forms,
        "refused": filled if filled and filled.verb not in {form.verb for form in forms} else None,
        "whole": whole,
        "may_unmask": user.may("personal_data.unmask"),  # type: ignore[union-attr]
        "call_back_wanted": wants_call_back(order),
        "may_amend": order.operator_id == user.pk and order.state == Order.State.ACCEPTED,
    }
    return render(request, "complaints/orders/detail.html", context, status=status)
