"""The statistics and the record of looks, for the walk over all addresses."""

from __future__ import annotations

from typing import Any

from tests.walls.visit import Visit
from tests.walls.world import World


def _asked(world: World) -> list[dict[str, Any]]:
    """Periods and filters that would show Dawa's cases."""
    return [
        {}, {"since": "2020-01-01"}, {"county": world.case.county_id, "kind": world.case.kind},
        {"industry": world.vehicle.kind, "origin": "finding", "grain": "month"}, {"since": "x", "until": "0"},
    ]  # fmt: skip


# Figures name no row of Dawa's: ``tests/statistics`` holds whose they count.
VISITS: dict[str, Visit] = {
    "statistics": Visit("list", ("statistics.view",), queries=_asked),
    "statistics-export": Visit("list", ("statistics.view",), queries=lambda w: [*_asked(w), {"figure": "officers"}]),
    "statistics-places": Visit("list", ("statistics.view",), queries=_asked),
    "statistics-counties": Visit("everyone", ("statistics.view",), methods=("get",)),
    "case-looks": Visit(
        "detail", ("case.looks",), lambda w: [w.case.number], shows=lambda w: {w.case.number}, reader="city"
    ),
}
