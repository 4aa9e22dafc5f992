"""The addresses of instructions and of roadside checks, in the office and on the phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.walls.visit import Query, Visit
from tests.walls.world import World

_VIEW, _ISSUE, _REPLY = "instruction.view", "instruction.issue", "instruction.answer"
_SEND, _CHECK = "roadside.order", "roadside.answer"
_DAWA = "211104"


def _paper(world: World) -> list[Any]:
    return [world.orders.instruction.pk]


def _item(world: World) -> list[Any]:
    return [world.orders.instruction.pk, world.orders.item.pk]


def _file(world: World) -> list[Any]:
    return [world.orders.instruction.pk, world.orders.answer.pk]


def _check(world: World) -> list[Any]:
    return [world.orders.check.pk]


def _patrol(world: World) -> list[Any]:
    return [world.orders.patrol.pk]


def _case(world: World) -> list[Any]:
    return [world.orders.check.case.number]


def _titles(world: World) -> set[str]:
    return {"D4W4专项"}


def _papers(world: World) -> list[Query]:
    return [{}, {"q": "D4W4"}, {"kind": "campaign", "state": "open"}, {"before": "x"}, {"format": "xlsx"}]


def _items(world: World) -> list[Query]:
    return [{}, {"q": world.vehicle.plate[1:6]}, {"county": _DAWA, "result": "checked"}, {"county": "none"}]


def _checks(world: World) -> list[Query]:
    searched = {"q": world.vehicle.plate[1:6], "team": world.orders.patrol.team_id, "state": "open"}
    return [{}, searched, {"q": world.orders.check.case.number[:-2]}, {"before": "x", "team": "x"}, {"format": "xlsx"}]


def _drafts(world: World) -> list[Query]:
    """Nothing, and a list that names Dawa's vehicle to hear what is known of it."""
    due = timezone.localtime(timezone.now() + timedelta(days=2))
    paper = {"kind": "campaign", "title": "试", "text": "试", "due_at": f"{due:%Y-%m-%dT%H:%M}", "counties": [_DAWA]}
    return [{}, {**paper, "plates": world.vehicle.plate, "industry": "hazmat", "company": world.company.pk, "check": 1}]


def _results(world: World) -> list[Query]:
    return [{"item": world.orders.item.pk, "result": "finding", "note": "试"}, {}, {"item": "x", "result": "x"}]


def _orders(world: World) -> list[Query]:
    return [{"patrol": world.orders.patrol.pk, "minutes": 30}, {}]


_SAID = [{"answer": "试", "reason": "试", "note": "试"}, {}]
_ANSWER = [{"key": "k", "found": "yes", "as_suspected": "no", "note": "试"}, {"reason": "far"}]

ADDRESSES: dict[str, Visit] = {
    "instruction-list": Visit("list", (_VIEW,), queries=_papers, shows=_titles),
    "instruction-list-export": Visit("list", (_VIEW,), queries=_papers, shows=_titles),
    "instruction-new": Visit("list", (_ISSUE,), bodies=_drafts, reader="city"),
    "instruction": Visit(
        "detail", (_VIEW,), _paper, _items, shows=lambda w: {"D4W4逐车", "D4W4证照照片不全", "D4W4小结"}
    ),
    "instruction-progress": Visit("detail", (_VIEW,), _paper, shows=lambda w: {"已退回"}),
    "instruction-export": Visit("detail", (_VIEW,), _paper, _items, shows=lambda w: {"D4W4小结"}),
    "instruction-file": Visit("detail", (_VIEW,), _file, shows=lambda w: {"D4W4小结"}),
    "instruction-results": Visit("verb", (_REPLY,), _paper, bodies=_results),
    "instruction-case": Visit("verb", (_REPLY,), _item),
    "instruction-city-results": Visit("verb", (_ISSUE,), _paper, bodies=_results),
    "instruction-city-case": Visit("verb", (_ISSUE,), _item),
    **{
        f"instruction-act {verb}": Visit(
            "verb", (_ISSUE,), lambda w, verb=verb: [*_paper(w), verb], bodies=lambda w: _SAID  # type: ignore[misc]
        )
        for verb in ("extend", "urge", "close", "withdraw", "nonsense")
    },
    **{
        f"instruction-task {verb}": Visit(
            "verb", (_VIEW, right), lambda w, verb=verb: [*_paper(w), _DAWA, verb],  # type: ignore[misc]
            bodies=lambda w: _SAID,
        )
        for verb, right in (("receive", _REPLY), ("answer", _REPLY), ("pass", _ISSUE), ("return", _ISSUE),
                            ("urge", _ISSUE), ("nonsense", _VIEW))
    },
    "roadside-list": Visit("list", (_SEND,), queries=_checks, shows=lambda w: {"D4W4巡逻", w.vehicle.plate}),
    "roadside-export": Visit("list", (_SEND,), queries=_checks, shows=lambda w: {"D4W4押运员"}),
    "roadside-patrols": Visit(
        "list", (_SEND,), bodies=lambda w: [{"team": w.orders.patrol.team_id, "name": "试", "active": "on"}],
        shows=lambda w: {"D4W4巡逻"},
    ),
    "roadside-patrol": Visit(
        "detail", (_SEND,), _patrol, bodies=lambda w: [{"name": "试"}], shows=lambda w: {"D4W4中队"}
    ),
    "roadside-order": Visit("detail", (_SEND,), _case, bodies=_orders, shows=lambda w: {"D4W4巡逻"}),
    "roadside-block": Visit("detail", ("case.view",), _case, shows=lambda w: {"D4W4押运员"}),
    "roadside-withdraw": Visit("verb", (_SEND,), _check),
    "my-checks": Visit("list", (_CHECK,)),
    "my-checks-list": Visit("list", (_CHECK,)),
    "my-check": Visit("detail", (_CHECK,), _check),
    "my-check-place": Visit("detail", (_CHECK,), _check),
    "my-duty": Visit("verb", (_CHECK,), bodies=lambda w: [{"patrol": w.orders.patrol.pk, "verb": "on"}]),
    "my-place": Visit("verb", (_CHECK,), bodies=lambda w: [{"latitude": 41, "longitude": 122, "at": 0}]),
    **{
        f"my-check-act {verb}": Visit(
            "verb", (_CHECK,), lambda w, verb=verb: [*_check(w), verb], bodies=lambda w: _ANSWER  # type: ignore[misc]
        )
        for verb in ("accept", "decline", "answer", "nonsense")
    },
}  # fmt: skip
# Done there, or opened by officers of the team alone: ``tests/roadside`` holds what those see.
NOT_READ = (
    "instruction-new",
    "instruction-results",
    "instruction-case",
    "instruction-city",
    "instruction-act",
    "instruction-task",
    "roadside-withdraw",
    "my-",
)
