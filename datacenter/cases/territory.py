"""Whose a case is (属地属人): rules as rows, the first that fits and gives a county decides.

Decided for many cases at once, since a changed rule is tried on a week of them before it is saved. A place on a border
goes to the county with the lower code and outside every county to no county, so that the next rule is asked
(``geo.counties``). A county that was merged hands its cases to the one it was merged into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from datacenter.cases.models import TerritoryRule
from datacenter.geo.counties import county_lines
from datacenter.geo.models import County

_BASES = {
    TerritoryRule.Basis.VEHICLE: "vehicle_county",
    TerritoryRule.Basis.COMPANY: "company_county",
    TerritoryRule.Basis.PRACTITIONER: "practitioner_county",
}
_MOST_MERGERS = 8


@dataclass(frozen=True, slots=True)
class Matter:
    """What the rules look at: kind and origin of a case, where it happened, and where its people are registered."""

    kind: str
    industry: str = ""
    origin: str = ""
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    vehicle_county: str | None = None
    company_county: str | None = None
    practitioner_county: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The county (None: the city dispatches by hand), the rule that said so, and whether the boundary there is sure."""

    county_id: str | None
    rule: str
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Law:
    """What decides: rules in their order, and who has each county's cases today (``successors``)."""

    rules: Sequence[TerritoryRule]
    heirs: Mapping[str, str | None]


def in_force() -> Law:
    """The rows that decide, in two queries."""
    return Law(list(TerritoryRule.objects.filter(in_force=True).order_by("position", "pk")), successors())


def decide(matter: Matter, law: Law | None = None) -> Answer:
    """Whose one case is."""
    return decide_all([matter], law)[0]


def decide_all(matters: Sequence[Matter], law: Law | None = None) -> list[Answer]:
    """Whose each case is, in their order, by ``law`` or by what is in force."""
    law = law or in_force()
    places, unconfirmed = _places(matters)
    return [
        _decide(matter, law, place, bool(unsure))
        for matter, place, unsure in zip(matters, places, unconfirmed, strict=True)
    ]


def successors() -> dict[str, str | None]:
    """Each known county's code, and who has its cases today: itself, the one it was merged into, or none."""
    today = timezone.localdate()
    known = County.objects.values_list("code", "valid_until", "merged_into")
    rows = {code: (end is not None and end < today, heir) for code, end, heir in known}
    return {code: _heir(code, rows) for code in rows}


def fits(rule: TerritoryRule, matter: Matter) -> bool:
    """Whether ``rule`` speaks of ``matter``; an empty field speaks of all."""
    return (
        rule.industry in ("", matter.industry)
        and rule.origin in ("", matter.origin)
        and kind_fits(rule.kind, matter.kind)
    )


def kind_fits(pattern: str, kind: str) -> bool:
    """Whether a rule's ``pattern`` (a code, the beginning of codes with a star behind it, or none) means ``kind``."""
    return not pattern or pattern == kind or (pattern.endswith("*") and kind.startswith(pattern[:-1]))


def _decide(matter: Matter, law: Law, place: str | None, unsure: bool) -> Answer:
    for rule in law.rules:
        if not fits(rule, matter):
            continue
        if rule.basis == TerritoryRule.Basis.CITY:
            return Answer(None, "市级派发")
        if rule.basis == TerritoryRule.Basis.PLACE:
            county = place
        elif rule.basis == TerritoryRule.Basis.COUNTY:
            county = rule.county_id
        else:
            county = getattr(matter, _BASES[TerritoryRule.Basis(rule.basis)])
        county = law.heirs.get(county) if county else None
        if county:
            at_place = rule.basis == TerritoryRule.Basis.PLACE
            return Answer(county, f"按{rule.get_basis_display()}", unsure and at_place)
    return Answer(None, "")


def _places(matters: Sequence[Matter]) -> tuple[list[str | None], np.ndarray]:
    """(county of each place or None, whether sources differ there)."""
    known = np.array([bool(one.latitude_e6 and one.longitude_e6) for one in matters], bool)
    found: list[str | None] = [None] * len(matters)
    unconfirmed = np.zeros(len(matters), bool)
    if known.any():
        lines = county_lines()
        lat = [one.latitude_e6 or 0 for one in matters]
        lon = [one.longitude_e6 or 0 for one in matters]
        index, unsure = lines.ask(np.array(lat), np.array(lon))
        ids = lines.boundaries.ids
        found = [str(ids[at]) if at >= 0 and there else None for at, there in zip(index, known, strict=True)]
        unconfirmed = unsure & known
    return found, unconfirmed


def _heir(code: str, rows: dict[str, tuple[bool, str | None]]) -> str | None:
    for _ in range(_MOST_MERGERS):  # a ring of mergers is a fault of the rows; nobody has it then
        ended, heir = rows[code]
        if not ended:
            return code
        if heir is None or heir not in rows:
            return None
        code = heir
    return None
