"""How an order begins (统一受理): logged, completed, refused, or answered in the same breath."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from complaints.orders import telling
from complaints.orders.drafting import Draft
from complaints.orders.models import OPEN_STATES, Category, Order
from complaints.orders.numbers import new_receipt, next_number
from complaints.orders.workflow.calling_back import settle
from complaints.orders.workflow.recording import CALLER, FieldRefused, keep_photos, lock, note, said
from datacenter.accounts.permissions import require

# What may be answered and closed without anybody looking into it; a complaint or a report never is.
AT_ONCE = (
    Category.Kind.CONSULTATION, Category.Kind.PRAISE, Category.Kind.SUGGESTION, Category.Kind.HELP, Category.Kind.LOST,
)  # fmt: skip


def log_order(draft: Draft, *, by: Any, receipt: str = "") -> tuple[Order, bool]:
    """Log an order (登记); gives it and whether it is new: what a platform hands in twice is one order.

    Without ``by`` a citizen or a platform does it, under the scope of its ``receipt`` or channel. Raises
    ``FieldRefused``, ``NotAllowed``.
    """
    if by is not None:
        require(by, "complaint.accept")
    if draft.external_no and (known := _known(draft)):
        return known, False
    draft.check(answers_asked=by is not None)
    try:
        with transaction.atomic():
            return _log(draft, by, receipt or new_receipt()), True
    except IntegrityError:
        known = _known(draft) if draft.external_no else None  # the twin was a moment faster
        if known is None:
            raise
        return known, False


def _log(draft: Draft, by: Any, receipt: str) -> Order:
    now = timezone.now()
    order = Order.objects.create(
        number=next_number(now), receipt=receipt, accepted_at=now, operator=by, **_fields(draft),
        channel=draft.channel, external_no=draft.external_no,
    )  # fmt: skip
    keep_photos(order, draft.photos)
    note(order, "受理登记", by=by, by_name="" if by else f"{CALLER}（{order.get_channel_display()}）", public=True)
    if by is None:
        telling.tell_of_arrival(order)
    return order


def amend_order(order: Order, draft: Draft, *, by: Any) -> Order:
    """Complete an order that is not handed on yet (补正): what came by letter or from the web lacks the half of it."""
    draft.check()
    with transaction.atomic():
        locked = lock(order, by, "complaint.accept", (Order.State.ACCEPTED,), "补正")
        for name, value in _fields(draft).items():
            setattr(locked, name, value)
        locked.save()
        note(locked, "补正登记内容", by=by)
        return locked


def take_order(order: Order, *, by: Any) -> Order:
    """Take charge of an order (接手): who has it sees the caller's number whole."""
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", OPEN_STATES, "接手", takes=False)
        if locked.operator_id != by.pk:
            locked.operator = by
            locked.save()
            note(locked, "接手工单", by=by)
        return locked


def refuse_order(order: Order, *, by: Any, ground: str, reason: str) -> Order:
    """Say that it is not taken up, on which ground and why (不予受理); the caller can read it."""
    if ground not in Order.Ground.values:
        raise FieldRefused("ground", "请选择不予受理的原因")
    reason = said("reason", reason, "请填写向来话人说明的理由")
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", (Order.State.ACCEPTED,), "不予受理")
        locked.state, locked.refused_ground, locked.answer = Order.State.REFUSED, ground, reason
        locked.closed_at = timezone.now()
        locked.first_answer_at = locked.first_answer_at or locked.closed_at
        locked.save()
        note(locked, "不予受理", by=by, note=f"{locked.get_refused_ground_display()}：{reason}", public=True)
        return locked


def answer_at_once(order: Order, *, by: Any, answer: str, legal_basis: str = "") -> Order:
    """Answer in the same breath (即时答复): no case; called back only where the category's policy says so."""
    answer = said("answer", answer, "请填写答复内容")
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", (Order.State.ACCEPTED,), "即时答复")
        if locked.category.kind not in AT_ONCE:
            raise FieldRefused("answer", f"{locked.category.get_kind_display()}须转办核实，不能即时答复")
        if locked.case_id is not None:
            raise FieldRefused("answer", "工单已转办，由承办单位答复")
        locked.answer, locked.legal_basis = answer, legal_basis.strip()
        locked.first_answer_at = locked.first_answer_at or timezone.now()
        note(locked, "即时答复", by=by, note=answer, public=True)
        settle(locked, by=by)
        return locked


def _known(draft: Draft) -> Order | None:
    return Order.objects.filter(channel=draft.channel, external_no=draft.external_no).first()


def _fields(draft: Draft) -> dict[str, Any]:
    names = (
        "category", "urgency", "caller_name", "caller_phone", "confidential", "content", "answers", "occurred_at",
        "place", "latitude_e6", "longitude_e6", "industry", "plate", "plates_said", "vehicle", "practitioner",
        "driver_name", "company", "company_name", "line", "paid_jiao", "duplicate_of",
    )  # fmt: skip
    return {name: getattr(draft, name) for name in names}
