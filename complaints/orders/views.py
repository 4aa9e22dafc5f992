"""The console's pages (热线受理): one screen to log an order, and what stands beside the caller while it is typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from complaints.orders import hooks, plates, selectors, words, workflow
from complaints.orders.errors import FieldRefused, OrderRefused
from complaints.orders.forms import ConsoleForm
from complaints.orders.models import Category, Order
from datacenter.accounts import audit
from datacenter.accounts.permissions import needs
from datacenter.registry.selectors import companies_visible_to, practitioners_visible_to, vehicles_visible_to
from datacenter.tracks.ground import map_ground
from datacenter.tracks.selectors import is_demo

# What the page and docs/hotline.md say of the keyboard; the script takes it from the page.
KEYS = (
    ("Ctrl Enter", gettext_lazy("保存")),
    ("Alt 1–7", gettext_lazy("选大类")),
    ("Alt T", gettext_lazy("时间填现在")),
    ("Alt C", gettext_lazy("内容")),
    ("Alt P", gettext_lazy("车牌")),
    ("Alt H", gettext_lazy("处理方式")),
    ("Alt K", gettext_lazy("知识库")),
    ("Alt N", gettext_lazy("清空重来")),
)
_SUGGESTED = 8


@never_cache
@needs("complaint.accept")
def console(request: HttpRequest) -> HttpResponse:
    """受理: the empty screen, one filled by a call or an order to complete, and what was posted."""
    order = _to_complete(request)
    if order is not None and (refused := _why_not(request.user, order)):
        if request.method == "POST":  # it changed hands meanwhile: what was typed stays
            form = ConsoleForm(request.POST, user=request.user)
            form.add_error(None, refused)
            return _console(request, form, None, 409)
        messages.warning(request, refused)
        return redirect("complaint-order", number=order.number)
    if request.method == "POST":
        form = ConsoleForm(request.POST, user=request.user, order=order)
        if form.is_valid():
            try:
                with transaction.atomic():
                    kept, is_new = _keep(request, form, order)
            except FieldRefused as refusal:
                _put(form, refusal)
            except OrderRefused as refusal:
                form.add_error(None, refusal.message)
            else:
                return _kept(request, kept, is_new)
        return _console(request, form, order, 422)
    first = _first(request, order)
    return _console(request, ConsoleForm(initial=first, user=request.user, order=order), order)


@require_GET
@never_cache
@needs("complaint.accept")
def beside(request: HttpRequest) -> HttpResponse:
    """What is known beside the caller: history, open orders, likely duplicates, the plates that were said."""
    return render(request, "complaints/orders/_beside.html", _beside(request))


@require_GET
@needs("complaint.accept")
def questions(request: HttpRequest) -> HttpResponse:
    """The guided questions of a category."""
    category = _category(request.GET.get("category"))
    category = category if category is not None and category.in_force else None
    answers = {name.removeprefix("answer_"): value for name, value in request.GET.items()}
    return render(request, "complaints/orders/_questions.html", {"asked": _asked(category, answers, {})})


@require_GET
@needs("complaint.accept")
def complete(request: HttpRequest, what: str) -> JsonResponse:
    """Completion as it is typed: {"options": [{"value", "label", …}]} of plates, companies, drivers, lines, places."""
    typed = words.line(request.GET.get("q", ""))[:40]
    finders = {"plates": _plates, "companies": _companies, "drivers": _drivers, "lines": _lines, "places": _places}
    options = finders[what](request.user, typed) if typed and what in finders else []
    return JsonResponse({"options": options}, headers={"Cache-Control": "no-store"})


def _to_complete(request: HttpRequest) -> Order | None:
    if number := request.GET.get("order", ""):
        return selectors.get_order_for(request.user, number)
    call = request.POST.get("call") or request.GET.get("call") or ""
    order = hooks.order_of_call(request.user, int(call)) if call.isdecimal() and len(call) < 19 else None
    if order is not None and order.operator_id is None and request.method == "POST":
        # The call was answered while it was written down, and nobody's desk is known: who writes takes it.
        order = workflow.take_order(order, by=request.user)
    return order


def _why_not(user: Any, order: Order) -> str:
    """Why this user can't complete the order now; empty where they can."""
    if order.operator_id != user.pk:  # its number is for who has taken it
        return _("请先接手工单 %(number)s，再补正") % {"number": order.number}
    if order.state != Order.State.ACCEPTED:
        facts = {"number": order.number, "state": order.get_state_display()}
        return _("工单 %(number)s %(state)s，不能再补正") % facts
    return ""


def _first(request: HttpRequest, order: Order | None) -> dict[str, Any]:
    """What the screen starts with: an order to complete, or the number of the call that rang."""
    if order is not None:
        fields = ("caller_phone", "caller_name", "confidential", "channel", "external_no", "urgency", "category",
                  "content", "company_name", "driver_name", "line", "occurred_at", "place")  # fmt: skip
        filled = {name: getattr(order, name) for name in fields}
        place = {
            "latitude": order.latitude_e6 and order.latitude_e6 / 1_000_000,
            "longitude": order.longitude_e6 and order.longitude_e6 / 1_000_000,
        }
        said = order.plates_said or order.plate
        same = order.duplicate_of.number if order.duplicate_of else ""
        known = {"plates_said": said, "practitioner": order.practitioner_id, "duplicate_of": same}
        return {**filled, **place, **known, "then": "log"}
    call = request.GET.get("call", "")
    number = request.GET.get("phone", "")[:20]
    if call.isdecimal() and len(call) < 19:
        number = hooks.number_of_call(request.user, int(call)) or number
        return {"call": int(call), "caller_phone": number, "then": "county"}
    return {"caller_phone": number, "then": "county"}


def _keep(request: HttpRequest, form: ConsoleForm, order: Order | None) -> tuple[Order, bool]:
    """Log it, or complete it, and do with it what was chosen."""
    user, data, draft = request.user, form.cleaned_data, form.draft()
    if order is not None:
        if data["call"] and not draft.caller_phone:
            draft.caller_phone = order.caller_phone  # it was masked when the call was opened
        kept, is_new = workflow.amend_order(order, draft, by=user), True
    else:
        kept, is_new = workflow.log_order(draft, by=user)
        for hear in hooks.AFTER_LOG if is_new else ():
            hear(kept, data["call"])
    if not is_new:
        return kept, False
    match data["then"]:
        case "county":
            kept = workflow.transfer_to_county(kept, by=user, county=data["to_county"])
        case "company":
            kept = workflow.transfer_to_company(kept, by=user)
        case "answer":
            kept = workflow.answer_at_once(kept, by=user, answer=data["answer"], legal_basis=data["legal_basis"])
        case "refuse":
            kept = workflow.refuse_order(kept, by=user, ground=data["ground"], reason=data["answer"])
    audit.record(request, "complaint.log", kept.number, then=data["then"])
    return kept, True


def _kept(request: HttpRequest, order: Order, is_new: bool) -> HttpResponse:
    facts = {"number": order.number, "receipt": order.receipt, "state": order.get_state_display()}
    if is_new:
        messages.success(request, _("工单 %(number)s（查询码 %(receipt)s）%(state)s") % facts)
    else:
        messages.warning(request, _("来源单号已登记过，是工单 %(number)s（%(state)s）") % facts)
    return redirect(f"{reverse('complaint-console')}?logged={order.number}")


def _put(form: ConsoleForm, refusal: FieldRefused) -> None:
    """A refusal beside its field; one of a guided question keeps its name for the template."""
    if refusal.field.startswith("answer_"):
        form.question_errors = {refusal.field.removeprefix("answer_"): refusal.message}
        form.add_error(None, refusal.message)
    else:
        form.refuse(refusal)


def _console(request: HttpRequest, form: ConsoleForm, order: Order | None, status: int = 200) -> HttpResponse:
    category = _category(form["category"].value())
    answers = dict(order.answers) if order is not None else {}
    answers |= {name.removeprefix("answer_"): value for name, value in form.data.items() if name.startswith("answer_")}
    logged = words.line(request.GET.get("logged", ""))
    context = {
        "form": form,
        "order": order,
        "kinds": Category.Kind.choices,
        "kind": category.kind if category else "",
        "kind_of": {row.pk: row.kind for row in selectors.categories()},
        "asked": _asked(category, answers, form.question_errors),
        "keys": KEYS,
        "ground": map_ground(is_demo(request.user)),
        "knowledge": _address("knowledge-search"),
        "logged": selectors.orders_visible_to(request.user).filter(number=logged).first() if logged else None,
        "mine": selectors.orders_visible_to(request.user).filter(operator_id=request.user.pk)[:5],
        **_beside(request, form),
    }
    return render(request, "complaints/orders/console.html", context, status=status)


def _category(said: Any) -> Category | None:
    pk = str(said or "")
    return Category.objects.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 10 else None


def _asked(category: Category | None, answers: dict[str, Any], errors: dict[str, str]) -> list[dict[str, Any]]:
    if category is None:
        return []
    return [
        {**question, "value": answers.get(question["code"], ""), "error": errors.get(question["code"], "")}
        for question in category.questions
    ]


def _beside(request: HttpRequest, form: ConsoleForm | None = None) -> dict[str, Any]:
    def said(name: str) -> str:
        value = form[name].value() if form is not None else request.GET.get(name, "")
        return words.line(str(value or ""))[:120]

    phone, category = words.dialled(said("caller_phone")), _category(said("category"))
    own = form.order.number if form is not None and form.order is not None else words.line(request.GET.get("order", ""))
    found = plates.look_up(request.user, said("plates_said"))
    kind = category.kind if category is not None else ""
    said_plates = [one.plate for one in found]
    same = selectors.duplicates_of(request.user, phone=phone, plates=said_plates, kind=kind, but=own)
    caller = selectors.caller_of(request.user, phone, but=own)
    if caller.repeats:  # somebody's history was looked at; the record never names a number
        audit.record(request, "complaint.caller", "", orders=caller.total)
    return {
        "phone": phone,
        "caller": caller,
        "duplicates": same,
        "said": found,
    }


def _address(name: str) -> str:
    """Where another package's page is; empty where it is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _plates(user: Any, typed: str) -> list[dict[str, Any]]:
    last = typed.upper().replace("，", ",").split(",")[-1].strip()
    rows = vehicles_visible_to(user).filter(plate__contains=last)[:_SUGGESTED] if len(last) > 1 else []
    return [
        {"value": row.plate, "label": f"{row.get_kind_display()} · {row.company.name}", "company": row.company.name}
        for row in rows
    ]


def _companies(user: Any, typed: str) -> list[dict[str, Any]]:
    rows = companies_visible_to(user).filter(name__icontains=typed)[:_SUGGESTED]
    return [{"value": row.name, "label": row.county.name} for row in rows]


def _drivers(user: Any, typed: str) -> list[dict[str, Any]]:
    rows = practitioners_visible_to(user).filter(name__startswith=typed, kind="driver")[:_SUGGESTED]
    return [
        {"value": row.name, "label": row.company.name if row.company else "", "id": row.pk} for row in rows
    ]  # fmt: skip


def _lines(user: Any, typed: str) -> list[dict[str, Any]]:
    return [{"value": line, "label": ""} for line in selectors.lines_named(user, typed)]


def _places(user: Any, typed: str) -> list[dict[str, Any]]:
    return [
        {"value": row["name"], "label": row["kind"], "place": row["place"]} for row in selectors.places_named(typed)
    ]
