"""An instruction before it is sent (拟稿): what it says, whether it may go, and which county gets which item."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from datacenter.geo.counties import county_at
from datacenter.geo.models import Area
from datacenter.geo.shapes import geometry_of
from datacenter.instructions.errors import InstructionFieldRefused
from datacenter.instructions.models import Instruction, InstructionItem
from datacenter.instructions.naming import MOST_VEHICLES
from datacenter.registry.models import Vehicle

MOST_AREAS = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """What an instruction says and whom it is for, before it is sent."""

    title: str
    text: str
    kind: str
    due_at: datetime
    counties: Sequence[Any]
    vehicles: Sequence[Vehicle] = ()
    areas: Sequence[Area] = ()
    finding_kinds: Sequence[str] = ()
    document_no: str = ""
    selection: str = ""
    files: Sequence[UploadedFile] = ()


def check_draft(draft: Draft, now: datetime) -> None:
    """Raises ``InstructionFieldRefused`` for the first thing that is wrong."""
    for name, label in (("title", "标题"), ("text", "内容")):
        if not getattr(draft, name).strip():
            raise InstructionFieldRefused(name, f"请填写{label}")
    if draft.kind not in Instruction.Kind.values:
        raise InstructionFieldRefused("kind", "请选择类型：指令或专项整治")
    require_ahead(draft.due_at, now)
    if not draft.counties:
        raise InstructionFieldRefused("counties", "请选择县区")
    if len(draft.vehicles) > MOST_VEHICLES:
        raise InstructionFieldRefused("plates", f"一次最多 {MOST_VEHICLES:,} 辆车")
    if len(draft.areas) > MOST_AREAS:
        raise InstructionFieldRefused("areas", f"一次最多 {MOST_AREAS} 个区域")


def place_items(draft: Draft) -> list[InstructionItem]:
    """The draft's items in order, not saved, each with its county (none: outside every county) and its mark.

    A vehicle belongs to the county where it is registered, an area to the county that holds its middle.
    """
    asked = {county.pk for county in draft.counties}
    items = []
    for vehicle in draft.vehicles:
        item = InstructionItem(
            vehicle=vehicle,
            plate=vehicle.plate,
            plate_colour=vehicle.plate_colour,
            industry=vehicle.kind,
            company_name=vehicle.company.name,
        )
        items.append(_placed(item, vehicle.county_id, asked))
    for area in draft.areas:
        middle = geometry_of(area.boundary).representative_point()
        latitude_e6, longitude_e6 = round(middle.y * 1e6), round(middle.x * 1e6)
        answer = county_at(latitude_e6, longitude_e6)
        item = InstructionItem(
            area=area,
            area_name=area.name,
            latitude_e6=latitude_e6,
            longitude_e6=longitude_e6,
            boundary_unconfirmed=answer.unconfirmed,
        )
        items.append(_placed(item, answer.code, asked))
    for position, item in enumerate(items, 1):
        item.position = position
    return items


def _placed(item: InstructionItem, county_id: str | None, asked: Collection[str]) -> InstructionItem:
    item.county_id = county_id
    if county_id is None:
        item.mark = InstructionItem.Mark.OUTSIDE
    elif county_id not in asked:
        item.mark = InstructionItem.Mark.NOT_ASKED
    return item


def require_ahead(due_at: datetime, now: datetime) -> None:
    """Raises ``InstructionFieldRefused`` where a deadline has passed."""
    if due_at <= now:
        raise InstructionFieldRefused("due_at", f"期限应晚于现在，现为 {spoken(due_at)}")


def spoken(moment: datetime) -> str:
    """A moment in a sentence."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
