"""The addresses of assessment and credit, with what stands behind them in Dawa."""

from __future__ import annotations

from typing import Any

from tests.walls.assessed import INDICATOR
from tests.walls.visit import Query, Visit
from tests.walls.world import World

_VIEW, _CREDIT = ("assessment.view",), ("credit.view",)


def _month(world: World) -> list[Any]:
    return [world.assessed.month.key]


def _subject(world: World) -> list[Any]:
    return [world.assessed.month.key, "company", str(world.company.pk)]


def _file(world: World) -> list[Any]:
    return ["company", str(world.company.pk)]


def _name(world: World) -> set[str]:
    return {world.company.name}


def _tables(world: World) -> list[Query]:
    month = {"month": world.assessed.month.key}
    return [
        {**month, "kind": "company"},
        {**month, "kind": "practitioner"},
        {**month, "kind": "company", "axis": "safety", "q": world.company.name[2:6]},
        {**month, "kind": "practitioner", "q": world.practitioner.name, "county": world.company.county_id},
        {**month, "kind": "county", "axis": "x"},
        {**month, "after": world.assessed.standing.pk},
        {},
    ]


def _sheets(world: World) -> list[Query]:
    return [query | {"format": kind} for query in _tables(world) for kind in ("csv", "xlsx")]


def _grades(world: World) -> list[Query]:
    return [{"kind": "company"}, {"kind": "practitioner"}, {"grade": "AA", "q": world.company.name[2:6]}, {"kind": "x"}]


_OBJECTION = {"indicator": INDICATOR, "reason": "试", "note": "试", "numerator": "1", "denominator": "1"}

ADDRESSES: dict[str, Visit] = {
    "credit-verify": Visit("public", queries=lambda w: [{}, {"code": "2" * 16}, {"code": "x"}], methods=("get",)),
    "assessment": Visit("list", _VIEW, queries=_tables, shows=_name),
    "assessment-export": Visit("list", _VIEW, queries=_sheets, shows=_name),
    "assessment-objections": Visit("list", _VIEW, shows=lambda w: _name(w) | {"D4W4申诉"}),
    "assessment-rules": Visit("list", _VIEW),
    "assessment-points": Visit("list", _VIEW, shows=lambda w: {w.vehicle.plate}),
    "assessment-paper": Visit("list", _VIEW, _month),
    "assessment-rule": Visit(
        "list", ("assessment.change",), lambda w: [INDICATOR], bodies=lambda w: [{}, {"weight": 1}], reader="city"
    ),
    "assessment-publish": Visit("list", ("assessment.publish",), _month, reader="city"),
    "assessment-recompute": Visit("verb", ("assessment.change",), _month, reader="city"),
    "assessment-rule-verify": Visit("verb", ("assessment.verify",), lambda w: [w.assessed.rule.pk], reader="city"),
    "assessment-sheet": Visit("detail", _VIEW, _subject, shows=lambda w: _name(w) | {"D4W4申诉", "D4W4更正"}),
    "assessment-behind": Visit(
        "detail", _VIEW, lambda w: [*_subject(w), INDICATOR], shows=lambda w: {w.vehicle.plate}
    ),
    "assessment-object": Visit("verb", _VIEW, _subject, bodies=lambda w: [_OBJECTION, {}]),
    "assessment-correct": Visit("verb", ("assessment.change",), _subject, bodies=lambda w: [_OBJECTION, {}]),
    **{
        f"assessment-decide {verb}": Visit(
            "verb", ("assessment.change",), lambda w, verb=verb: [w.assessed.objection.pk, verb],
            bodies=lambda w: [_OBJECTION, {}],
        )
        for verb in ("uphold", "reject", "nonsense")
    },
    "assessment-reward": Visit(
        "verb", ("assessment.change",), lambda w: [w.practitioner.pk],
        bodies=lambda w: [{"rule": w.assessed.entry.rule_id, "day": "2026-08-02", "note": "试"}],
    ),
    "assessment-reverse": Visit("verb", ("assessment.change",), lambda w: [w.assessed.entry.pk],
                                bodies=lambda w: [{"reason": "试"}, {}]),
    "credit": Visit("list", _CREDIT, queries=_grades, shows=_name),
    "credit-rules": Visit("list", _CREDIT),
    "credit-lists": Visit("list", _CREDIT, queries=lambda w: [{}, {"colour": "black"}, {"colour": "x"}],
                          shows=lambda w: _name(w) | {"D4W4失信"}),
    "credit-repairs": Visit("list", _CREDIT, shows=lambda w: _name(w) | {"D4W4整改"}),
    "credit-export": Visit("list", ("credit.change", "personal_data.unmask"),
                           queries=lambda w: [{"format": "csv"}, {"format": "json"}], shows=_name, reader="city"),
    "credit-subject": Visit("detail", _CREDIT, _file,
                            shows=lambda w: _name(w) | {"D4W4失信", "D4W4整改", w.assessed.certificate.number}),
    "credit-certificate": Visit("detail", _CREDIT, lambda w: [w.assessed.certificate.pk]),
    "credit-grade": Visit("verb", ("credit.change",), bodies=lambda w: [{"kind": "x"}, {"kind": "vehicle"}]),
    "credit-listing-enter": Visit("verb", ("credit.change",), _file,
                                  bodies=lambda w: [{"colour": "red", "cause": "试", "source": "试"}, {}]),
    "credit-listing-end": Visit("verb", ("credit.change",), lambda w: [w.assessed.listing.pk],
                                bodies=lambda w: [{"note": "试"}, {}]),
    "credit-ask-repair": Visit("verb", _CREDIT, _file, bodies=lambda w: [{"reason": "试"}, {}]),
    **{
        f"credit-repair-decide {verb}": Visit(
            "verb", ("credit.change",), lambda w, verb=verb: [w.assessed.repair.pk, verb],
            bodies=lambda w: [{"note": "试"}, {}],
        )
        for verb in ("grant", "refuse", "nonsense")
    },
    "credit-certify": Visit("verb", ("credit.change",), _file),
    "credit-revoke": Visit("verb", ("credit.change",), lambda w: [w.assessed.certificate.pk],
                           bodies=lambda w: [{"note": "试"}, {}]),
}  # fmt: skip
# What the responsible reader is not asked to open: it would be done.
NOT_READ = (
    "assessment-recompute", "assessment-rule-verify", "assessment-object", "assessment-correct", "assessment-decide",
    "assessment-reward", "assessment-reverse", "credit-grade", "credit-listing-enter", "credit-listing-end",
    "credit-ask-repair", "credit-repair-decide", "credit-certify", "credit-revoke",
)  # fmt: skip
