"""Pages for everybody (我要投诉、查询进度): no login; a request sees the one order whose query code it holds.

PostgreSQL shows it that row and no other. What one address sends in and what it guesses are counted, as failures of
signing in are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from complaints.orders import plates, workflow
from complaints.orders.errors import FieldRefused
from complaints.orders.models import Order
from complaints.orders.numbers import new_receipt, receipt_of
from complaints.orders.public_forms import ComplainForm, ProgressForm
from datacenter.accounts import audit, lockout
from datacenter.accounts.scope import Scope, entered

# No user can have this name, so nobody is kept from signing in by it.
_DOOR = "\0complaint-progress"
_MOST_AN_HOUR = 20  # from one address: a family, or a café
_HOUR_S = 3600
_AGAIN = timedelta(hours=1)
_LOCKS = 12328
"""Advisory locks (two numbers) are shared by all that take some: the first says whose they are."""


@never_cache
def complain(request: HttpRequest) -> HttpResponse:
    """我要投诉: the form; posted, the number and the query code."""
    form = ComplainForm(request.POST or None, request.FILES or None, initial={"once": uuid4().hex})
    if request.method != "POST":
        return render(request, "complaints/public/complain.html", {"form": form})
    status = 422
    if _too_many(request):
        form.add_error(None, _("提交过于频繁，请一小时后再试，或拨打 12328"))
        status = 429
    elif form.is_valid() and not form.cleaned_data["website"]:
        try:
            order, is_new = _log(form)
        except FieldRefused as refusal:
            form.refuse(refusal)
        else:
            if is_new:
                audit.record(request, "complaint.web", order.number)
            return render(request, "complaints/public/received.html", {"order": order})
    return render(request, "complaints/public/complain.html", {"form": form}, status=status)


@never_cache
def progress(request: HttpRequest) -> HttpResponse:
    """查询进度: the number and the code open what the caller may know of the order, and nothing else."""
    address = request.META.get("REMOTE_ADDR", "")
    form = ProgressForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        status = 422
        if lockout.is_locked(_DOOR, address):
            context["refused"] = _("查询失败次数过多，请 %(minutes)s 分钟后再试") % {"minutes": lockout.LOCKED_S // 60}
            status = 429
        elif form.is_valid():
            found = told(form.cleaned_data["number"], form.cleaned_data["receipt"])
            if found is None:
                lockout.note_failure(_DOOR, address)
                audit.record(request, "complaint.progress", succeeded=False)
                context["refused"] = _("没有这件工单，或查询码不对")
                status = 404
            else:
                context["found"], status = found, 200
    return render(request, "complaints/public/progress.html", context, status=status)


def told(number: str, receipt: str) -> dict[str, Any] | None:
    """What the caller may know of an order: where it stands, the steps that are public, the answer; None: no such."""
    with entered(Scope("order", receipt.strip())):
        row = Order.objects.filter(number=number.strip().upper(), receipt=receipt.strip()).first()
        return None if row is None else facts_of(row)


def facts_of(row: Order) -> dict[str, Any]:
    """The public face of an order; the answer shows once it is not being worked on any more."""
    done = row.state not in (Order.State.ACCEPTED, Order.State.HANDLING)
    return {
        "number": row.number,
        "state": row.state,
        "label": row.get_state_display(),
        "category": row.category.title,
        "accepted_at": row.accepted_at,
        "answer": row.answer if done else "",
        "steps": list(row.events.filter(public=True).order_by("pk").values("at", "what", "note")),
    }


def _log(form: ComplainForm) -> tuple[Order, bool]:
    """The order that was handed in, and whether it is new: a second tap or a reload sends the same form again."""
    draft, sending = form.draft(), form.sending()
    receipt = receipt_of(sending) if sending else new_receipt()
    said = plates.read_plates(draft.plates_said)
    draft.plate = said[0] if said else ""
    with entered(Scope("order", receipt)):
        if sending and (known := _sent_before(receipt)):
            return known, False
        return workflow.log_order(draft, by=None, receipt=receipt)


def _sent_before(receipt: str) -> Order | None:
    """What the same sending made within the hour; who comes while that is being made waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, int(receipt)])
    rows = Order.objects.filter(receipt=receipt, channel=Order.Channel.WEB)
    return rows.filter(accepted_at__gte=timezone.now() - _AGAIN).first()


def _too_many(request: HttpRequest) -> bool:
    """Whether this address has handed in more than a person does; the shared cache away, nobody is kept out."""
    key = f"complaint:web:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%Y%m%d%H}"
    try:
        cache.add(key, 0, _HOUR_S)
        return int(cache.incr(key)) > _MOST_AN_HOUR
    except (RedisError, OSError, ValueError):
        return False
