"""Trips and shifts as pages and files show them (展示): people masked, figures in yuan and kilometres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from datacenter.registry.masking import mask_name, mask_number
from taxi.models import UNREGISTERED, Operation, Shift, Tariff, Trip
from taxi.selectors import doubt_about


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with what a page says of it besides its own fields: ``driver`` and ``certificate`` masked."""

    row: Any
    driver: str
    certificate: str
    marks: tuple[str, ...]
    doubt: str = ""
    more: Any = None


def trip_shown(trip: Trip, tariffs: list[Tariff]) -> Shown:
    """One trip; ``marks`` are what an officer should know before believing it."""
    marks = list(_marks(trip))
    if not trip.meter_read:
        marks.append("计价器数据无法解读")
    return Shown(trip, driver_word(trip), mask_number(trip.certificate_no), tuple(marks), doubt_about(trip, tariffs))


def trips_shown(trips: Iterable[Trip], tariffs: list[Tariff]) -> list[Shown]:
    """Many trips."""
    return [trip_shown(trip, tariffs) for trip in trips]


def shift_shown(shift: Shift, more: Any = None) -> Shown:
    """One shift; ``more`` is whatever the page adds."""
    marks = list(_marks(shift))
    if shift.signed_in_at is None:
        marks.append("没有签到记录")
    if shift.sign_out_kind == Shift.SignOutKind.FORCED:
        marks.append("强制签退")
    return Shown(shift, driver_word(shift), mask_number(shift.certificate_no), tuple(marks), more=more)


def driver_word(row: Operation) -> str:
    """The driver's masked name, empty where the registry knows nobody by the number."""
    return mask_name(row.practitioner.name) if row.practitioner else ""


def _marks(row: Operation) -> Iterable[str]:
    if row.unregistered:
        yield UNREGISTERED
    if row.clock_off:
        yield "终端时钟异常"


def lasted(span: timedelta) -> str:
    """5 分, 3 时 12 分: as long as something took."""
    minutes = max(0, int(span.total_seconds() // 60))
    return f"{minutes} 分" if minutes < 60 else f"{minutes // 60} 时 {minutes % 60} 分"
