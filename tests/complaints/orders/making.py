"""Orders for tests, logged as the console logs them, and cases led on as officers do."""

from __future__ import annotations

from typing import Any

from complaints.orders import workflow
from complaints.orders.drafting import Draft
from complaints.orders.models import Category, Order
from datacenter.accounts.models import User
from datacenter.cases import workflow as cases

PHONE = "13900001234"
CALLER = "慕容晓"


def category(code: str = "taxi.refusal") -> Category:
    return Category.objects.get(code=code)


def draft(code: str = "taxi.refusal", **facts: Any) -> Draft:
    """A draft of ``code`` with its required questions answered."""
    row = category(code)
    asked = {
        question["code"]: question.get("choices", ["是" if question["kind"] == "yes_no" else "3"])[0]
        for question in row.questions if question.get("required")
    }  # fmt: skip
    said = {"content": "上车后司机说不去，让我下车", "caller_phone": PHONE, "caller_name": CALLER, "answers": asked}
    return Draft(category=row, **{**said, **facts})


def log(by: User, code: str = "taxi.refusal", **facts: Any) -> Order:
    order, is_new = workflow.log_order(draft(code, **facts), by=by)
    assert is_new
    return order


def fresh(order: Order) -> Order:
    return Order.objects.select_related("category", "case").get(pk=order.pk)


def handled(order: Order, officer: User, lead: User, *, outcome: str = "substantiated") -> Order:
    """The order's case through its county and verified: it waits for its call-back."""
    case = fresh(order).case
    case = cases.accept_case(case, by=officer)
    case = cases.handle_case(case, by=officer, note="已约谈驾驶员")
    case = cases.feed_back_case(case, by=officer, result="驾驶员拒载属实，已批评教育", outcome=outcome)
    cases.verify_case(case, by=lead)
    return fresh(order)
