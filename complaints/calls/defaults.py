"""What every installation's telephony starts with (初始数据): the category of orders that wait to be completed."""

from __future__ import annotations

from typing import Any

from complaints.orders.models import Category

TO_COMPLETE = "consultation.to_complete"


def enter_defaults(**_: Any) -> None:
    """The category 咨询/待补录, unless it is there."""
    category_to_complete()


def category_to_complete() -> Category:
    """The category that a call's order has until its operator has said what it is about."""
    return Category.objects.get_or_create(
        code=TO_COMPLETE,
        defaults={
            "kind": Category.Kind.CONSULTATION,
            "title": "待补录",
            "call_back": Category.CallBack.NONE,
            "position": 900,
            "in_force": False,  # nobody chooses it: not the operator who completes it, and no citizen
            "source": "本平台约定：接听的来电先生成工单，由话务员补录",
        },
    )[0]
