"""Who is told of what becomes of orders (热线通知): operators of their own orders, companies of what they are asked.

The county and the city are told of its case by the loop itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from complaints.orders.models import CompanyRequest, Order
from datacenter.accounts.models import User
from datacenter.cases.models import Case, CaseEvent
from datacenter.cases.states import Verb
from datacenter.notices.audience import Audience, city, one, unit, users_of
from datacenter.notices.topics import Topic, enter
from datacenter.notices.workflow import Owner, tell

ORDER, ASKED = "complaint.order", "complaint.asked"
# Steps of a county after which it is the operator's turn.
_TURNS = {Verb.FEED_BACK: "已反馈，待核查", Verb.DECLINE: "被退件，待派发", Verb.ASK_EXTENSION: "申请延期"}


def register() -> None:
    """The hotline's topics; from ``ready()``."""
    enter(
        Topic(ORDER, "热线工单", "complaint.lead", list_name="complaint-orders"),
        Topic(ASKED, "投诉核实", "complaint.answer", email=True, list_name="complaint-requests"),
    )


def tell_of_arrival(order: Order) -> None:
    """An order that nobody typed: the whole desk hears of it."""
    _to_operators(order, _desk(), f"{order.get_channel_display()}来件：{order.category}", "new")


def tell_of_step(order: Order, case: Case, event: CaseEvent) -> None:
    """It is the operator's turn; the whole desk's where that operator works there no more."""
    words = _TURNS.get(Verb(event.verb))
    if words is None:
        return
    theirs = _users([one(order.operator_id)]) if order.operator_id else []
    _to_operators(
        order, theirs or _desk(), f"工单 {order.number} {words}", f"step:{case.pk}:{event.sequence}", by=event.by
    )


def tell_company(request: CompanyRequest) -> None:
    """The company's people hear what they are asked."""
    tell(
        recipients=_users([unit(request.company_id, "complaint.answer")]),
        topic=ASKED,
        title=f"工单 {request.number} 请核实：{request.subject}",
        link=reverse("complaint-request", args=[request.pk]),
        key=f"complaint-request:{request.pk}",
        about=Owner(company_id=request.company_id),
    )


def tell_of_answer(request: CompanyRequest) -> None:
    """Who asked hears that the company has answered; the desk where they work there no more."""
    tell(
        recipients=_users([one(request.asked_by_id)]) or _desk(),
        topic=ORDER,
        title=f"工单 {request.number} {request.company_name}已答复",
        link=reverse("complaint-order", args=[request.number]),
        key=f"complaint-answer:{request.pk}",
        by=request.answered_by,
    )


def _to_operators(order: Order, recipients: list[User], title: str, key: str, by: Any = None) -> None:
    tell(
        recipients=recipients,
        topic=ORDER,
        title=title,
        link=reverse("complaint-order", args=[order.number]),
        key=f"complaint-order:{order.pk}:{key}",
        by=by,
    )


def _desk() -> list[User]:
    return _users([city("complaint.lead")])


def _users(audiences: Iterable[Audience]) -> list[User]:
    return [user for users in users_of(map(str, audiences)).values() for user in users]
