"""The addresses of notices: everybody has a box of one's own, and nobody opens another's."""

from __future__ import annotations

from typing import Any

from tests.walls.visit import Query, Visit
from tests.walls.world import World

_RIGHT = ("notice.view",)


def _notice(world: World) -> list[Any]:
    return [world.notice.pk]


def _searches(world: World) -> list[Query]:
    return [
        {},
        {"q": world.case.number[:-2]},
        {"tab": "unread", "topic": world.notice.topic},
        {"before": "99999999999999999-1"},
        {"q": "x" * 100, "topic": "nonsense", "before": "x"},
    ]


# The recipient is part of each query besides the scope, so that these lists show nothing with both walls down either:
# ``tests/notices`` holds that they show their reader what is his.
ADDRESSES: dict[str, Visit] = {
    "notice-list": Visit("list", _RIGHT, queries=_searches),
    "notice-export": Visit(
        "list", _RIGHT, queries=lambda w: [q | {"format": kind} for q in _searches(w) for kind in ("csv", "xlsx")]
    ),
    "notice-unread": Visit("list", _RIGHT),
    "notice-settings": Visit("list", _RIGHT, bodies=lambda w: [{"case.urged-email": "on"}, {"begins": "x"}]),
    "notice-read-all": Visit(
        "list", _RIGHT, methods=("post",), bodies=lambda w: [{"until": 4e9}, {"until": "nan"}, {}]
    ),
    "notice-open": Visit("detail", _RIGHT, _notice),
    "notice-read": Visit("verb", _RIGHT, _notice),
}
# Where they lead is another page, or the list again.
NOT_READ = ("notice-open", "notice-read")
