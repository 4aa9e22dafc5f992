"""The addresses of lost property, with what stands behind them in Dawa."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.walls.visit import Query, Visit
from tests.walls.world import LATITUDE_E6, LONGITUDE_E6, World

_SEARCH, _REGISTER = ("lost.search",), ("lost.register",)


def _ride(world: World) -> list[Any]:
    return [world.lost.ride.pk]


def _item(world: World) -> list[Any]:
    return [world.lost.item.pk]


def _plate(world: World) -> set[str]:
    return {f"{world.vehicle.plate[:2]}<i></i>{world.vehicle.plate[2:]}"}


def _questions(world: World) -> list[Query]:
    """What would find Dawa's ride by either end, by both, and without a place."""
    ride = world.lost.ride
    board = {
        "board_latitude": LATITUDE_E6 / 1e6, "board_longitude": LONGITUDE_E6 / 1e6,
        "board_at": f"{timezone.localtime(ride.boarded_at):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    alight = {"find": 1, "alight_at": f"{timezone.localtime(ride.alighted_at):%Y-%m-%dT%H:%M}"}
    part = {"plate_part": world.vehicle.plate[2:5], "fare": 477, "riders": 2, "plate_colour": 1}
    return [{**board, "find": 1}, {}, alight, {**board, **alight, **part}, {"find": 1, "board_at": "x", "via": "1,2,3"}]


def _things(world: World) -> list[Query]:
    item = world.lost.item
    return [
        {}, {"q": item.number}, {"q": "D4W4"}, {"q": world.vehicle.plate[1:6]}, {"side": "lost", "kind": "phone"},
        {"state": "open", "before": "x"}, {"format": "csv"},
    ]  # fmt: skip


def _registrations(world: World) -> list[Query]:
    order = {"side": "found", "found_by": "driver", "kind": "phone", "description": "试试"}
    return [{}, {**order, "happened_at": "2026-01-01T08:00", "plate": world.vehicle.plate}, {"photo": "x"}]


_OVER = [{"receiver_name": "试", "receiver_identity": "211103199003070019", "signature": "x"}, {}]

ADDRESSES: dict[str, Visit] = {
    "lost": Visit("list", _SEARCH, queries=_questions, shows=_plate, reader="city", methods=("get",)),
    # Ranks and stations are public places, Dawa's station among them.
    "lost-places": Visit("everyone", _SEARCH, queries=lambda w: [{"q": "路"}, {}], methods=("get",)),
    "lost-counties": Visit("everyone", _SEARCH, methods=("get",)),
    "lost-ride": Visit("detail", _SEARCH, _ride, shows=_plate, reader="city"),
    "lost-track": Visit("detail", _SEARCH, _ride, reader="city"),
    "lost-unmask": Visit("verb", _SEARCH, _ride),
    "lost-sent": Visit("detail", _SEARCH, _ride, reader="city"),
    "lost-photo": Visit("detail", _SEARCH, lambda w: [w.lost.ride.pk, w.photo.pk], reader="city"),
    **{
        f"lost-order {code}": Visit(
            "verb", _SEARCH, lambda w, code=code: [*_ride(w), code], bodies=lambda w: [{"text": "试"}, {}]  # type: ignore[misc]
        )
        for code in ("text", "photo", "nonsense")
    },
    "lost-items": Visit("list", _REGISTER, queries=_things, shows=lambda w: {"D4W4黑色手机"}, reader="city"),
    "lost-export": Visit("list", _REGISTER, queries=_things, shows=lambda w: {"D4W4黑色手机"}, reader="city"),
    "lost-statistics": Visit("list", _REGISTER, reader="city"),
    "lost-item-new": Visit("list", _REGISTER, bodies=_registrations, reader="city"),
    "lost-item": Visit("detail", _REGISTER, _item, shows=lambda w: {"D4W4黑色手机"}, reader="city"),
    "lost-person": Visit("verb", _REGISTER, _item),
    "lost-hand-over": Visit("verb", _REGISTER, _item, bodies=lambda w: _OVER),
    "lost-file": Visit("detail", _REGISTER, lambda w: [w.lost.returned.pk, "signature"], reader="city"),
    **{
        f"lost-act {verb}": Visit(
            "verb", _REGISTER, lambda w, verb=verb: [*_item(w), verb],  # type: ignore[misc]
            bodies=lambda w: [{"note": "试", "other": w.lost.returned.pk}, {}],
        )
        for verb in ("match", "locate", "close", "thank", "nonsense")
    },
}  # fmt: skip
# Done there, or asked for by the hotline before it can be seen.
NOT_READ = ("lost-photo", "lost-item-new", "lost-hand-over", "lost-act", "lost-order", "lost-unmask", "lost-person")
