"""The addresses of calls, of the knowledge base and of ratings, with what stands behind them in Dawa."""

from __future__ import annotations

from typing import Any

from tests.walls.visit import Query, Visit
from tests.walls.world import World
from tests.walls.world_calls import CALLER

_CALLS, _ANSWER, _LISTEN = ("call.view",), ("call.answer",), ("call.listen",)
_KNOW, _WRITE = ("knowledge.view",), ("knowledge.change",)
_RATINGS, _STICK = ("rating.view",), ("rating.change",)


def _call(world: World) -> list[Any]:
    return [world.heard.call.pk]


def _article(world: World) -> list[Any]:
    return [world.heard.article.pk]


def _searches(world: World) -> list[Query]:
    return [{}, {"tab": "open"}, {"q": CALLER}, {"q": "8477", "recording": "none"}, {"day": "x", "before": "x"}]


def _periods(world: World) -> list[Query]:
    return [{}, {"days": "365"}, {"days": "x"}, {"days": "7", "format": "csv"}]


def _stickers(world: World) -> list[Query]:
    return [{}, {"q": world.vehicle.plate[1:6]}, {"q": world.company.name[2:6], "after": world.vehicle.pk}]


_ARTICLE = {"title": "试", "category": "fare", "body": "试", "seen": "1", "act": "draft"}

# An article is nobody's: the right alone opens it, so that these are lists.
ADDRESSES: dict[str, Visit] = {
    "api-call-events": Visit("public", bodies=lambda w: [{}], methods=("post",)),
    "api-call-standings": Visit("public", bodies=lambda w: [{}], methods=("post",)),
    "call-list": Visit("list", _CALLS, queries=_searches, reader="city", shows=lambda w: {"D4W4坐席"}),
    "call-export": Visit(
        "list", _CALLS, queries=lambda w: [q | {"format": "csv"} for q in _searches(w)], reader="city",
        shows=lambda w: {"D4W4坐席"},
    ),
    "call-ringing": Visit("list", _ANSWER),
    "call-detail": Visit("detail", _CALLS, _call, shows=lambda w: {"call-D4W4", "D4W4坐席"}, reader="city"),
    "call-caller": Visit("detail", _ANSWER, _call),
    "call-take": Visit("verb", _ANSWER, _call),
    "call-order": Visit("verb", _ANSWER, _call),
    "call-recording": Visit("detail", _LISTEN, _call),
    "knowledge": Visit("list", _KNOW, queries=lambda w: [{}, {"q": "打车"}, {"state": "draft", "category": "x"}]),
    "knowledge-search": Visit("list", _KNOW, queries=lambda w: [{}, {"q": "打车多少钱", "industry": "taxi"}]),
    "knowledge-new": Visit("list", _WRITE, bodies=lambda w: [_ARTICLE, {}], reader="city"),
    "knowledge-preview": Visit("list", _WRITE, bodies=lambda w: [{"body": "试"}, {}], methods=("post",)),
    "knowledge-article": Visit("list", _KNOW, _article, lambda w: [{}, {"version": "1"}, {"version": "x"}]),
    "knowledge-edit": Visit("list", _WRITE, _article, bodies=lambda w: [_ARTICLE, {}], reader="city"),
    "knowledge-withdraw": Visit("list", _WRITE, _article, methods=("post",)),
    "ratings": Visit("list", _RATINGS, queries=_periods, shows=lambda w: {w.company.name}),
    "ratings-export": Visit("list", _RATINGS, queries=lambda w: _periods(w)[::-1], shows=lambda w: {w.company.name}),
    "rating-list": Visit(
        "list", _RATINGS, queries=lambda w: [{}, {"standing": "counted", "grade": "4"}, {"before": "x"}],
        shows=lambda w: {"D4W4绕路"},
    ),
    "rated-driver": Visit(
        "detail", _RATINGS, lambda w: [w.practitioner.pk], _periods, shows=lambda w: {"D4W4绕路"}
    ),
    "rating-stickers": Visit("list", _RATINGS, queries=_stickers),
    "rating-stickers-sheet": Visit("list", _RATINGS, queries=lambda w: [{"q": "没有"}, *_stickers(w)]),
    "rating-stickers-make": Visit("list", _STICK, bodies=_stickers, methods=("post",)),
    "rating-sticker-revoke": Visit("verb", _STICK, lambda w: [w.vehicle.pk]),
    "ride-rate": Visit("public", args=lambda w: ["x" * 22], bodies=lambda w: [{"grade": "1"}]),
}  # fmt: skip
# Done there, or nothing lies there, or the reader has no desk of the hotline.
NOT_READ = (
    "call-ringing", "call-caller", "call-take", "call-order", "call-recording", "knowledge-preview",
    "knowledge-withdraw", "rating-stickers-make", "rating-sticker-revoke",
)  # fmt: skip
