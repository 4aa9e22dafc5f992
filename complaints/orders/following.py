"""How an order follows its case (工单随案流转), and what the case's page shows of it."""

from __future__ import annotations

from typing import Any

from complaints.orders import selectors, telling, workflow
from complaints.orders.defaults import DAYS, case_kind
from complaints.orders.models import Category, Order
from complaints.orders.workflow.recording import note
from datacenter.cases import blocks
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case, CaseEvent
from datacenter.cases.states import State, Verb

# What the caller reads of a step of the case; what is not here stays inside.
_PUBLIC: dict[str, str] = {
    Verb.DISPATCH: "已转办",
    Verb.REDISPATCH: "已改由其他单位办理",
    Verb.ACCEPT: "承办单位已签收",
    Verb.FEED_BACK: "承办单位已反馈，正在核查",
    Verb.RETURN: "核查未通过，继续办理",
    Verb.VERIFY: "核查通过",
    Verb.REOPEN: "重新办理",
    Verb.PAUSE: "办理计时中止",
    Verb.RESUME: "办理计时恢复",
    Verb.CLOSE: "办结",
}


def register() -> None:
    """From ``ready()``: follow each step, ask for the call-back before a close, show the order on the case's page."""
    if after_step not in cases.AFTER_STEP:
        cases.AFTER_STEP.append(after_step)
        cases.BEFORE_CLOSE.append(workflow.no_close_without_call_back)
        blocks.register(blocks.Block("complaints/orders/_case_block.html", block_of))
        blocks.register_kinds(lambda: [(case_kind(kind), f"热线{Category.Kind(kind).label}") for kind in DAYS])


def after_step(case: Case, event: CaseEvent) -> None:
    """The order stands where its case stands, in the same transaction."""
    if case.origin != Case.Origin.COMPLAINT:
        return
    order = Order.objects.select_related("category").select_for_update(of=("self",)).filter(case_id=case.pk).first()
    if order is None:  # the case is being opened: the transfer writes the order itself
        return
    order.county_id = case.county_id or order.county_id
    order.state = state_of(case, order)
    order.answer = case.result or order.answer
    order.closed_at, order.filed_at = case.closed_at, case.filed_at
    if event.verb == Verb.REOPEN:
        order.reopened_times += 1
        order.called_back_at, order.satisfaction, order.dissatisfied_with, order.call_back_waived = None, "", "", ""
    order.save()
    if event.verb == Verb.CLOSE:
        workflow.withdraw_requests(order)
    telling.tell_of_step(order, case, event)
    if words := _PUBLIC.get(event.verb):
        told = str(case.county or "") if event.verb in (Verb.DISPATCH, Verb.REDISPATCH, Verb.ACCEPT) else ""
        note(order, words, by=event.by, by_name="12328", note=told, public=True)


def state_of(case: Case, order: Order) -> str:
    """Where an order stands whose case stands there."""
    match case.state:
        case State.VERIFIED if workflow.wants_call_back(order):
            return Order.State.CALLING_BACK
        case State.CLOSED:
            return Order.State.CLOSED
        case State.FILED:
            return Order.State.FILED
        case _:
            return Order.State.HANDLING


def block_of(case: Case, user: Any) -> dict[str, Any] | None:
    """The order behind a case, for who may read orders: what was said, what companies answered, how it was taken."""
    if case.origin != Case.Origin.COMPLAINT or not user.may("complaint.view"):
        return None
    order = selectors.orders_visible_to(user).filter(case_id=case.pk).first()
    if order is None:
        return None
    return {
        "order": order,
        "place": order.cover(order.place),
        "line": order.cover(order.line),
        "requests": selectors.requests_of(order),
        "call_backs": selectors.call_backs_of(order, whole=False),
        "files": selectors.files_of(order),
    }
