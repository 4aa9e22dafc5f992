"""The addresses of the hotline: console, orders, what companies are asked, and citizens' own pages."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.walls.visit import Query, Visit
from tests.walls.world import World
from tests.walls.world_hotline import CALLER_PHONE

_VIEW, _ACCEPT, _LEAD, _CALL, _ANSWER = (
    "complaint.view", "complaint.accept", "complaint.lead", "complaint.call_back", "complaint.answer",
)  # fmt: skip


def _number(world: World) -> list[Any]:
    return [world.hotline.order.number]


def _file(world: World) -> list[Any]:
    return [world.hotline.order.number, world.hotline.file.pk]


def _asked(world: World) -> list[Any]:
    return [world.hotline.asked.pk]


def _searches(world: World) -> list[Query]:
    named = [{"q": world.vehicle.plate}, {"q": CALLER_PHONE}, {"kind": "complaint", "due": "overdue"}]
    return [
        {},
        *named,
        {"state": "calling_back", "county": "211104"},
        {"before": "x", "since": "x"},
        {"format": "xlsx"},
    ]


def _typed(world: World) -> list[Query]:
    return [{}, {"caller_phone": CALLER_PHONE, "plates_said": world.vehicle.plate, "category": "1"}]


def _drafts(world: World) -> list[Query]:
    return [{}, {"caller_phone": CALLER_PHONE, "content": "试", "plates_said": world.vehicle.plate, "then": "log"}]


_VERBS = {"take": _LEAD, "county": _LEAD, "company": _LEAD, "ask": _LEAD, "answer": _LEAD, "refuse": _LEAD,
          "call-back": _CALL, "waive": _CALL, "file": _LEAD, "check": "complaint.check"}  # fmt: skip
_SAID = [{"reason": "试", "answer": "试", "outcome": "reached", "satisfaction": "satisfied"}, {}]

ADDRESSES: dict[str, Visit] = {
    "complaint-console": Visit("list", (_ACCEPT,), queries=lambda w: [{}, {"call": "1"}, {"order": "x"}],
                               bodies=_drafts),
    "complaint-beside": Visit("list", (_ACCEPT,), queries=_typed),
    "complaint-questions": Visit("list", (_ACCEPT,), queries=lambda w: [{}, {"category": "1"}, {"category": "x"}]),
    **{
        f"complaint-complete {what}": Visit(
            "list", (_ACCEPT,), lambda w, what=what: [what],  # type: ignore[misc]
            queries=lambda w: [{}, {"q": w.vehicle.plate[:4]}],
        )
        for what in ("plates", "companies", "drivers", "lines", "places", "nonsense")
    },
    "complaint-orders": Visit("list", (_VIEW,), queries=_searches, shows=lambda w: {w.hotline.order.number}),
    "complaint-orders-export": Visit("list", (_VIEW,), queries=_searches, shows=lambda w: {"D4W4投诉内容"}),
    "complaint-orders-province": Visit(
        "list", ("personal_data.unmask", _VIEW), queries=_searches, reader="city", shows=lambda w: {CALLER_PHONE}
    ),
    "complaint-order": Visit("detail", (_VIEW,), _number, shows=lambda w: {"D4W4投诉内容", "D4W4骂人"}),
    "complaint-order-file": Visit("detail", (_VIEW,), _file),
    "complaint-order-unmask": Visit(
        "verb", ("personal_data.unmask", _VIEW), _number, reader="city", shows=lambda w: {CALLER_PHONE}
    ),
    **{
        f"complaint-order-act {verb}": Visit(
            "verb", (_VIEW, right), lambda w, verb=verb: [*_number(w), verb], bodies=lambda w: _SAID  # type: ignore[misc]
        )
        for verb, right in _VERBS.items()
    },
    "complaint-order-act nonsense": Visit("verb", (_VIEW,), lambda w: [*_number(w), "nonsense"]),
    "complaint-minute": Visit(
        "detail", (_VIEW,), _number, queries=lambda w: [{}, {"trip": w.trip.pk}],
        bodies=lambda w: [{}, {"violation": "taxi.detour", "note": "试"}, {"trip": w.trip.pk}],
    ),
    "complaint-requests": Visit("list", (_ANSWER,), queries=lambda w: [{}, {"state": "asked"}, {"before": "x"}]),
    "complaint-request": Visit("detail", (_ANSWER,), _asked, bodies=lambda w: [{}, {"answer": ""}]),
    "complaint-request-file": Visit("detail", (_ANSWER,), lambda w: [w.hotline.asked.pk, w.hotline.file.pk]),
    "complaint-statistics": Visit("list", (_VIEW,), queries=lambda w: [{}, {"since": "2026-01-01"}, {"until": "x"}]),
    "complaint-brief": Visit("list", (_VIEW,), lambda w: [f"{timezone.localdate():%Y-%m-%d}"]),
    "complaint-complain": Visit("public"),
    "complaint-progress": Visit(
        "public", bodies=lambda w: [{}, {"number": w.hotline.order.number, "receipt": "00000000x"}]
    ),
    "api-hotline-orders": Visit("public"),
    "api-hotline-order": Visit("public", args=_number),
}  # fmt: skip
# The hotline's own desk and companies' answers: ``tests/complaints`` holds what those see.
NOT_READ = (
    "complaint-console", "complaint-beside", "complaint-questions", "complaint-complete", "complaint-order-act",
    "complaint-request",
)  # fmt: skip
