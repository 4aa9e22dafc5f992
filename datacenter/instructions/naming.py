"""Which vehicles an instruction is about (检查对象清单): plates typed or pasted, a table, an industry, a company.

A list is checked line by line before anything of it is taken; each fault names the line, the value and the rule.
Plates are looked up for the whole list at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from datacenter.registry import rules
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import plates_named, vehicles_visible_to
from datacenter.registry.sheets.columns import Column, Sheet
from datacenter.registry.sheets.reading import read
from datacenter.registry.sheets.report import Fault
from datacenter.registry.sheets.values import value_of

MOST_VEHICLES = 5000
_PLATE, _COLOUR = "车牌号", "车牌颜色"
_PARTED = re.compile(r"[\s,，、;；]+")
_COLOURS = {spelled: colour.value for colour in Vehicle.PlateColour for spelled in (colour.label, f"{colour.label}色",
            f"{colour.label}牌", str(colour.value))}  # fmt: skip


def _column(name: str, title: str, *, required: bool) -> Column:
    field = Vehicle._meta.get_field(name)
    assert isinstance(field, models.Field)
    return Column(field, title, required, lambda row: getattr(row, name))


PLATE, COLOUR = _column("plate", _PLATE, required=True), _column("plate_colour", _COLOUR, required=False)
SHEET = Sheet("instruction-vehicles", "检查车辆", Vehicle, (PLATE, COLOUR))


@dataclass(frozen=True, slots=True)
class Named:
    """One vehicle of a list: the line it stands on, its plate, and its plate's colour where that was said."""

    line: int
    plate: str
    colour: int | None = None


def from_text(text: str) -> tuple[list[Named], list[Fault]]:
    """Plates typed or pasted, several on a line or one; a colour (黄, 黄牌, 2) may stand behind its plate."""
    named: list[Named] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in filter(None, _PARTED.split(line.upper())):
            plate, marked = re.sub(r"[（(].*", "", word), re.search(r"[（(](.+?)[)）]", word)
            colour = _COLOURS.get(marked[1]) if marked else None
            if word in _COLOURS and named and named[-1].line == number and named[-1].colour is None:
                named[-1] = Named(number, named[-1].plate, _COLOURS[word])
                continue
            if marked and colour is None:
                faults.append(Fault(number, _COLOUR, marked[1], "没有这种车牌颜色"))
                continue
            try:
                rules.plate(plate)
            except ValidationError as refusal:
                faults.append(Fault(number, _PLATE, word, "；".join(refusal.messages)))
                continue
            named.append(Named(number, plate, colour))
    return named, faults


def from_sheet(data: bytes) -> tuple[list[Named], list[Fault]]:
    """Plates of an uploaded table (xlsx, or CSV). Raises ``SheetUnreadable`` where it is no such table at all."""
    named: list[Named] = []
    faults: list[Fault] = []
    for line in read(data, SHEET):
        values: dict[Column, Any] = {}
        for column, text in line.cells.items():
            try:
                values[column] = value_of(column, text)
            except ValidationError as refusal:
                faults.append(Fault(line.number, column.title, text, "；".join(refusal.messages)))
        if PLATE in values and (COLOUR in values or COLOUR not in line.cells):
            named.append(Named(line.number, values[PLATE], values.get(COLOUR)))
    return named, faults


def vehicles_of(named: Iterable[Named], by: Any) -> tuple[list[Vehicle], list[Fault]]:
    """(each vehicle once in the list's order, faults): unknown plates, doubtful colours, and vehicles named twice."""
    named = list(named)
    found: dict[str, list[Vehicle]] = {}
    for vehicle in plates_named(by, {one.plate for one in named}):
        found.setdefault(vehicle.plate, []).append(vehicle)
    first: dict[int, int] = {}
    vehicles: list[Vehicle] = []
    faults: list[Fault] = []
    for one in named:
        there = found.get(one.plate, [])
        fitting = [vehicle for vehicle in there if one.colour in (None, vehicle.plate_colour)]
        said = one.plate if one.colour is None else f"{one.plate} {Vehicle.PlateColour(one.colour).label}"
        if not there:
            faults.append(Fault(one.line, _PLATE, said, "没有登记这辆车，或已注销"))
        elif not fitting:
            colours = "、".join(vehicle.get_plate_colour_display() for vehicle in there)
            faults.append(Fault(one.line, _COLOUR, said, f"登记的车牌颜色为{colours}"))
        elif len(fitting) > 1:
            colours = "、".join(vehicle.get_plate_colour_display() for vehicle in fitting)
            faults.append(Fault(one.line, _COLOUR, said, f"同号有多辆车（{colours}），请注明颜色"))
        elif fitting[0].pk in first:
            faults.append(Fault(one.line, _PLATE, said, f"与第 {first[fitting[0].pk]} 行重复"))
        else:
            first[fitting[0].pk] = one.line
            vehicles.append(fitting[0])
    return vehicles, faults


def vehicles_where(by: Any, *, kind: str, company: Any, counties: Iterable[str]) -> list[Vehicle]:
    """The vehicles in use of these counties that belong to an industry, a company, or both; one more than allowed."""
    rows = vehicles_visible_to(by).filter(county_id__in=list(counties), state=Vehicle.State.ACTIVE)
    if kind:
        rows = rows.filter(kind=kind)
    if company:
        rows = rows.filter(company=company)
    return list(rows[: MOST_VEHICLES + 1])
