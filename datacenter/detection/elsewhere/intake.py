"""The one door by which vehicles from elsewhere come in (外地车数据入口): positions in columns, and plate reads.

A link of JT/T 809 (0x1202, 0x1203, 0x9202) calls ``record`` with what it received; nothing else has to know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from datacenter.detection.elsewhere.errors import ForeignRefused
from datacenter.detection.elsewhere.models import ForeignVehicle
from datacenter.detection.models import PlateRead
from datacenter.geo.shapes import inside_china
from datacenter.registry import rules
from datacenter.registry.models import Vehicle

KEPT = timedelta(days=15)
_AHEAD_S = 600
_MOST_DKMH = 2500
_MOST_COLOUR = 99
_SOURCE_LENGTH = 40
_UNIQUE = """
    INSERT INTO foreign_position
        (foreign_vehicle_id, device_time, received_at, latitude_e6, longitude_e6, speed_dkmh, loaded, source)
    SELECT v, to_timestamp(t), %s, a, o, s, CASE l WHEN 0 THEN false WHEN 1 THEN true END, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[]) AS rows(v, t, a, o, s, l)
    ON CONFLICT DO NOTHING RETURNING foreign_vehicle_id
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """Positions as one link tells them, a row each, all sequences of one length.

    ``plate_colour`` as JT/T 415 (0 unknown); ``device_time`` unix seconds; places 1e-6°, WGS-84; ``speed_dkmh``
    0.1 km/h; ``loaded`` 1 occupied, 0 vacant, −1 where the link says nothing.
    """

    plate: Sequence[str]
    plate_colour: Sequence[int] | npt.NDArray[Any]
    device_time: Sequence[int] | npt.NDArray[Any]
    latitude_e6: Sequence[int] | npt.NDArray[Any]
    longitude_e6: Sequence[int] | npt.NDArray[Any]
    speed_dkmh: Sequence[int] | npt.NDArray[Any]
    loaded: Sequence[int] | npt.NDArray[Any]
    source: str


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that was not kept: which, and what of it was wrong by which rule."""

    row: int
    field: str
    value: Any
    rule: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the rows: new, here already, of the city's own vehicles, refused."""

    new: int
    known: int
    own: int
    refused: tuple[Refused, ...]


def record(heard: Heard, received_at: datetime | None = None) -> Kept:
    """Keep positions of vehicles from elsewhere, each once; of one second the first that came stays.

    A row that can't be is refused by itself. Raises ``ForeignRefused`` where the columns don't fit one another.
    """
    received_at = received_at or timezone.now()
    plates, numbers = _columns(heard)
    refused = _refusals(plates, numbers, received_at)
    sound = np.ones(len(plates), bool)
    sound[[one.row for one in refused]] = False
    vehicles = list(zip(plates.tolist(), numbers["plate_colour"].tolist(), strict=True))
    ours = _ours({vehicles[row] for row in np.flatnonzero(sound)})
    foreign = sound & np.array([vehicle not in ours for vehicle in vehicles], bool)
    rows = np.flatnonzero(foreign)
    new = _keep(rows, vehicles, numbers, heard.source, received_at) if len(rows) else 0
    return Kept(new, len(rows) - new, int(sound.sum()) - len(rows), tuple(refused))


def _columns(heard: Heard) -> tuple[npt.NDArray[np.str_], dict[str, npt.NDArray[np.int64]]]:
    plates = np.array([str(plate).strip().upper() for plate in heard.plate], dtype="U20")
    numbers = {}
    for name in ("plate_colour", "device_time", "latitude_e6", "longitude_e6", "speed_dkmh", "loaded"):
        given = np.asarray(getattr(heard, name))
        if given.shape != plates.shape:
            raise ForeignRefused(name, given.shape, f"与车牌等长的一列（{len(plates)} 行）")
        if len(given) and given.dtype.kind not in "iu":
            raise ForeignRefused(name, str(given.dtype), "整数")
        numbers[name] = given.astype(np.int64)
    if not 0 < len(heard.source) <= _SOURCE_LENGTH:
        raise ForeignRefused("source", heard.source, f"1 至 {_SOURCE_LENGTH} 字的来源名称")
    return plates, numbers


def _refusals(
    plates: npt.NDArray[np.str_], numbers: dict[str, npt.NDArray[np.int64]], received_at: datetime
) -> list[Refused]:
    """The first thing wrong with each row that is wrong, in the order of rows."""
    names, which = np.unique(plates, return_inverse=True)
    formed = np.array([_well_formed(str(name)) for name in names], bool)[which] if len(names) else np.empty(0, bool)
    now, oldest = int(received_at.timestamp()), int((received_at - KEPT).timestamp())
    at, colour, speed = numbers["device_time"], numbers["plate_colour"], numbers["speed_dkmh"]
    placed = inside_china(numbers["latitude_e6"], numbers["longitude_e6"])
    checks: list[tuple[str, npt.NDArray[Any], npt.NDArray[np.bool_], str]] = [
        ("plate", plates, formed, "GA 36 的车牌号"),
        ("plate_colour", colour, (colour >= 0) & (colour <= _MOST_COLOUR), f"0 至 {_MOST_COLOUR}（JT/T 415）"),
        ("device_time", at, at <= now + _AHEAD_S, f"不晚于接收时间 {_AHEAD_S} 秒以上"),
        ("device_time", at, at >= oldest, f"不早于接收时间 {KEPT.days} 天"),
        ("latitude_e6", numbers["latitude_e6"], placed, "中国范围内的位置"),
        ("speed_dkmh", speed, (speed >= 0) & (speed <= _MOST_DKMH), f"0 至 {_MOST_DKMH}（0.1 km/h）"),
        ("loaded", numbers["loaded"], np.isin(numbers["loaded"], (-1, 0, 1)), "−1、0 或 1"),
    ]
    found: dict[int, Refused] = {}
    for name, values, holds, rule in checks:
        for row in np.flatnonzero(~holds).tolist():
            found.setdefault(row, Refused(row, name, values[row].item(), rule))
    return [found[row] for row in sorted(found)]


def _well_formed(plate: str) -> bool:
    try:
        rules.plate(plate)
    except ValidationError:
        return False
    return True


def _ours(vehicles: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those that are not from elsewhere: the city's plates, and whatever is registered here."""
    known: dict[str, set[int]] = {}
    plates = {plate for plate, _colour in vehicles}
    for plate, colour in Vehicle.objects.filter(plate__in=plates).values_list("plate", "plate_colour"):
        known.setdefault(plate, set()).add(colour)
    return {
        (plate, colour)
        for plate, colour in vehicles
        if plate.startswith(settings.LOCAL_PLATES) or colour in known.get(plate, ()) or (plate in known and not colour)
    }


@transaction.atomic
def _keep(
    rows: npt.NDArray[np.intp],
    vehicles: list[tuple[str, int]],
    numbers: dict[str, npt.NDArray[np.int64]],
    source: str,
    received_at: datetime,
) -> int:
    ids = _vehicles({vehicles[row] for row in rows}, received_at)
    columns = [numbers[n][rows].tolist() for n in ("device_time", "latitude_e6", "longitude_e6", "speed_dkmh")]
    with connection.cursor() as cursor:
        whose = [ids[vehicles[row]] for row in rows]
        cursor.execute(_UNIQUE, [received_at, source, whose, *columns, numbers["loaded"][rows].tolist()])
        fresh = [pk for (pk,) in cursor.fetchall()]
    if fresh:
        ForeignVehicle.objects.filter(pk__in=set(fresh)).update(heard_at=_later())
    return len(fresh)


def _vehicles(wanted: set[tuple[str, int]], received_at: datetime) -> dict[tuple[str, int], int]:
    """Their ids, made where they are new; locked in one order until the transaction ends."""
    ordered = sorted(wanted)
    ForeignVehicle.objects.bulk_create(
        [
            ForeignVehicle(plate=plate, plate_colour=colour, first_heard_at=received_at, heard_at=received_at)
            for plate, colour in ordered
        ],
        ignore_conflicts=True,
    )
    rows = ForeignVehicle.objects.select_for_update().filter(plate__in={plate for plate, _colour in ordered})
    found = {(row.plate, row.plate_colour): row.pk for row in rows.order_by("pk")}
    return {vehicle: found[vehicle] for vehicle in ordered}


def note_read(read: PlateRead) -> None:
    """A camera read a plate that no registered vehicle has: its vehicle waits to be judged."""
    vehicle = (read.plate, read.plate_colour or 0)
    if not _well_formed(read.plate) or _ours({vehicle}):
        return
    with transaction.atomic():
        known = ForeignVehicle.objects.select_for_update().filter(plate=read.plate)
        if read.plate_colour is not None:
            known = known.filter(plate_colour=read.plate_colour)
        if not known.update(heard_at=_later()):
            _vehicles({vehicle}, timezone.now())


def _later() -> Greatest:
    """Now, and later than before even where the clock went back: what waits to be judged must show."""
    return Greatest(Value(timezone.now()), F("heard_at") + timedelta(microseconds=1))
