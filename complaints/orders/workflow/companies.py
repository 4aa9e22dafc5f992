"""What a company is asked about an order (企业核实), and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from complaints.orders import telling
from complaints.orders.defaults import setting
from complaints.orders.errors import OrderRefused, RequestNotFound
from complaints.orders.models import CompanyRequest, Order
from complaints.orders.selectors import requests_visible_to
from complaints.orders.workflow.recording import FieldRefused, keep_photos, lock, note, said
from datacenter.accounts.permissions import require
from datacenter.cases import clocks
from datacenter.cases.models import Clock


def ask_company(
    order: Order, *, by: Any, company: Any = None, question: str = "", due_at: datetime | None = None
) -> CompanyRequest:
    """Ask a company about an order that a county handles (要求企业核实). Raises ``FieldRefused``."""
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", (Order.State.HANDLING,), "要求企业核实")
        company = company or locked.company
        if company is None:
            raise FieldRefused("company", "请选择企业")
        request = put_to(locked, company, question, by=by, due_at=due_at)
        locked.save()
        return request


def put_to(order: Order, company: Any, question: str, *, by: Any, due_at: datetime | None) -> CompanyRequest:
    """Write the question down; what it says of the caller is covered first."""
    now = timezone.now()
    if due_at is not None and due_at <= now:
        raise FieldRefused("due_at", "答复期限应晚于现在")
    if order.requests.filter(company=company, state=CompanyRequest.State.ASKED).exists():
        raise FieldRefused("company", f"{company.name}尚未答复上一次核实要求")
    if due_at is None:
        due_at, _ = clocks.after(now, setting("company_hours"), Clock.WORKING)
    request = CompanyRequest.objects.create(
        order=order, number=order.number, company=company, company_name=company.name, county_id=company.county_id,
        subject=f"{order.category.get_kind_display()}：{order.category.title}"[:60], plate=order.plate,
        line=order.cover(order.line)[:40], place=order.cover(order.place)[:120], occurred_at=order.occurred_at,
        question=order.cover(question.strip() or order.content), asked_at=now, asked_by=by, due_at=due_at,
    )  # fmt: skip
    note(order, "要求企业核实", by=by, note=f"{company.name}，{timezone.localtime(due_at):%m-%d %H:%M} 前答复")
    telling.tell_company(request)
    return request


def answer_request(
    request: CompanyRequest, *, by: Any, answer: str, photos: Sequence[UploadedFile] = ()
) -> CompanyRequest:
    """The company answers, with pictures (企业答复); the county and the hotline see it at once."""
    answer = said("answer", answer, "请填写核实情况")
    require(by, "complaint.answer")
    with transaction.atomic():
        locked = requests_visible_to(by).select_for_update(of=("self",)).filter(pk=request.pk).first()
        if locked is None:
            raise RequestNotFound(pk=request.pk)
        if locked.state != CompanyRequest.State.ASKED:
            raise OrderRefused(locked.number, locked.get_state_display(), "答复")
        locked.state, locked.answer = CompanyRequest.State.ANSWERED, answer
        locked.answered_at, locked.answered_by = timezone.now(), by
        locked.save()
        # The order is named by its id alone, since the company reads none.
        keep_photos(Order(pk=locked.order_id), photos, locked)
        telling.tell_of_answer(locked)
        return locked


def withdraw_requests(order: Order) -> None:
    """What is still unanswered when the order ends is asked no longer."""
    order.requests.filter(state=CompanyRequest.State.ASKED).update(state=CompanyRequest.State.WITHDRAWN)
