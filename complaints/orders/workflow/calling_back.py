"""How an order ends (回访、办结、归档): asked how it went, and closed when the caller is satisfied.

A caller who is not has the matter taken up again, as often as the row ``reopen_most`` says; then it may be closed with
what is left written down. A number that is not reached is tried as often as ``call_back_attempts`` says before the
call-back may be waived, and so is one that refuses to talk or is wrong.
"""

from __future__ import annotations

import zlib
from typing import Any

from django.db import transaction
from django.utils import timezone

from complaints.orders.defaults import setting
from complaints.orders.models import CallBack, Category, Order
from complaints.orders.workflow import recording
from complaints.orders.workflow.recording import FieldRefused, lock, said
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case

_CALLING = (Order.State.CALLING_BACK,)


def wants_call_back(order: Order) -> bool:
    """Whether the category's policy wants this order called back; a sample is drawn from its number."""
    category = order.category
    if category.call_back == Category.CallBack.ALL:
        return True
    return category.call_back == Category.CallBack.SAMPLE and sampled(order.number, category.sample_percent)


def sampled(number: str, percent: int) -> bool:
    """Whether the order ``number`` is one of the ``percent`` of a hundred: the same answer whoever asks, and when."""
    return zlib.crc32(number.encode()) % 100 < percent


def settle(order: Order, *, by: Any) -> None:
    """Where an answered order without a case goes next: to its call-back, or closed."""
    if wants_call_back(order):
        order.state = Order.State.CALLING_BACK
        order.save()
        return
    _close(order, by=by)


def record_call_back(
    order: Order, *, by: Any, outcome: str, satisfaction: str = "", reason: str = "", note: str = "",
    conclude: bool = False,
) -> Order:  # fmt: skip
    """Write down one attempt and do what follows from it (回访).

    Satisfied: closed. Unsatisfied: taken up again, ``reason`` tells the county why; or with ``conclude``, once it has
    been taken up ``reopen_most`` times, closed all the same. Not reached: it stays to be called. Raises
    ``FieldRefused``.
    """
    if outcome not in CallBack.Outcome.values:
        raise FieldRefused("outcome", "请选择回访结果")
    reached = outcome == CallBack.Outcome.REACHED
    unsatisfied = reached and satisfaction == Order.Satisfaction.UNSATISFIED
    if reached and satisfaction not in Order.Satisfaction.values:
        raise FieldRefused("satisfaction", "请选择满意度")
    reason = said("reason", reason, "请填写不满意的原因") if unsatisfied else ""
    with transaction.atomic():
        locked = lock(order, by, "complaint.call_back", _CALLING, "回访")
        done = locked.call_backs.filter(round=locked.reopened_times).count()
        most = setting("reopen_most")
        if unsatisfied and conclude and locked.reopened_times < most:
            raise FieldRefused("conclude", f"重办满 {most} 次后才能在不满意时办结，现已重办 {locked.reopened_times} 次")
        CallBack.objects.create(
            order=locked, attempt=done + 1, round=locked.reopened_times, at=timezone.now(), by=by, outcome=outcome,
            satisfaction=satisfaction if reached else "", reason=reason, note=note.strip(),
        )  # fmt: skip
        _tell(locked, by, outcome, satisfaction, reason)
        if not reached:
            locked.save()
            return locked
        now = timezone.now()
        locked.first_answer_at = locked.first_answer_at or now
        if unsatisfied and not conclude:
            return _again(locked, by, reason)
        locked.called_back_at, locked.satisfaction, locked.dissatisfied_with = now, satisfaction, reason
        return _close(locked, by=by)


def waive_call_back(order: Order, *, by: Any, reason: str) -> Order:
    """Close without having reached the caller (免回访): after enough attempts, or where there is no number."""
    reason = said("reason", reason, "请填写免回访的原因")
    with transaction.atomic():
        locked = lock(order, by, "complaint.call_back", _CALLING, "免回访")
        wanted = setting("call_back_attempts")
        tried = locked.call_backs.filter(round=locked.reopened_times).count()
        if locked.caller_phone and tried < wanted:
            raise FieldRefused("reason", f"回访 {wanted} 次未果后才能免回访，现已回访 {tried} 次")
        locked.call_back_waived = reason
        recording.note(locked, "免回访", by=by, note=reason)
        return _close(locked, by=by)


def file_order(order: Order, *, by: Any) -> Order:
    """Put the order away, its case with it (归档)."""
    with transaction.atomic():
        locked = lock(order, by, "complaint.lead", (Order.State.CLOSED,), "归档")
        if locked.case is not None:
            locked.save()
            cases.file_case(locked.case, by=by)
            return _fresh(locked)
        locked.state, locked.filed_at = Order.State.FILED, timezone.now()
        locked.save()
        recording.note(locked, "归档", by=by)
        return locked


def no_close_without_call_back(case: Case, by: Any) -> None:
    """Asked before any case is closed: one of an order waits for its call-back. Raises ``FieldRefused``.

    It waits where the order has come to be called back: a policy that was changed since asks for nothing that the
    order's page does not offer.
    """
    if case.origin != Case.Origin.COMPLAINT:
        return
    order = Order.objects.select_related("category").filter(case_id=case.pk).first()
    if order is None or order.state not in _CALLING or not wants_call_back(order):
        return
    if order.called_back_at or order.call_back_waived:
        return
    raise FieldRefused("note", f"热线工单 {order.number} 尚未回访来话人，请先在热线工单页面回访")


def _close(order: Order, *, by: Any) -> Order:
    if order.case is not None:
        order.save()
        case: Case = order.case
        cases.close_case(case, by=by, note=order.cover(_closing_words(order)))
        return _fresh(order)
    order.state, order.closed_at = Order.State.CLOSED, timezone.now()
    order.save()
    recording.note(order, "办结", by=by, public=True)
    return order


def _again(order: Order, by: Any, reason: str) -> Order:
    """Taken up again: by the county with its case, or, where it was answered at once, by the hotline."""
    order.called_back_at, order.satisfaction = None, ""
    if order.case is not None:
        order.save()
        # The company reads the case too: it learns why, not who.
        cases.reopen_case(order.case, by=by, reason=f"来话人不满意：{order.cover(reason)}")
        return _fresh(order)
    order.state, order.reopened_times = Order.State.ACCEPTED, order.reopened_times + 1
    order.save()
    recording.note(order, "重新办理", by=by, note=reason, public=True)
    return order


def _tell(order: Order, by: Any, outcome: str, satisfaction: str, reason: str) -> None:
    label = CallBack.Outcome(outcome).label
    words = Order.Satisfaction(satisfaction).label if outcome == CallBack.Outcome.REACHED else ""
    recording.note(order, "回访", by=by, note="，".join(filter(None, (str(label), str(words), reason))))


def _closing_words(order: Order) -> str:
    if order.call_back_waived:
        return f"免回访：{order.call_back_waived}"
    if not order.satisfaction:
        return "按类别规定不回访"
    return f"回访：{order.get_satisfaction_display()}" + (
        f"（{order.dissatisfied_with}）" if order.dissatisfied_with else ""
    )


def _fresh(order: Order) -> Order:
    order.refresh_from_db()
    return order
