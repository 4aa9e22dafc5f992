"""Areas and routes that the terminal watches by itself (区域与路线). JT/T 808-2019, 0x8600 to 0x8608.

Circles, rectangles and polygons whose attributes ask for it raise an alarm at the platform on entry and exit; routes
are kept and told, not watched. Times of day are not heeded.
"""

import math
from collections.abc import Iterable
from typing import Any

from datacenter.protocols.jt808.bits import Alarm
from datacenter.protocols.jt808.extras import AreaCrossed
from datacenter.protocols.jt808.messages import (
    AreaBit,
    AreasAnswer,
    AreasQuery,
    Circle,
    DeleteCircles,
    DeletePolygons,
    DeleteRectangles,
    DeleteRoutes,
    Rectangle,
    SetCircles,
    SetPolygon,
    SetRectangles,
    SetRoute,
)
from datacenter.simulator.desk import DONE, WRONG, Answer, Desk
from datacenter.simulator.spot import Spot

from .table import answers

CIRCLE, RECTANGLE, POLYGON, ROUTE = 1, 2, 3, 4
REPLACE_ALL, APPEND, CHANGE = 0, 1, 2
_METRES_A_DEGREE = 111_320.0
Shapes = dict[tuple[int, int], Any]


def shapes(desk: Desk) -> Shapes:
    """Everything that is watched, by kind and id."""
    found: Shapes = desk.notes.kept.setdefault("shapes", {})
    return found


def _inside(desk: Desk) -> dict[tuple[int, int], bool]:
    found: dict[tuple[int, int], bool] = desk.notes.kept.setdefault("inside", {})
    return found


def _put(desk: Desk, kind: int, items: Iterable[tuple[int, Any]]) -> None:
    for number, shape in items:
        shapes(desk)[kind, number] = shape
        _inside(desk).pop((kind, number), None)
    watcher = desk.notes.kept.setdefault("area watcher", lambda spot: _watch(desk, spot))
    desk.watch(watcher)


def _drop(desk: Desk, kind: int, numbers: Iterable[int]) -> int:
    wanted = set(numbers)
    for key in [key for key in shapes(desk) if key[0] == kind and (not wanted or key[1] in wanted)]:
        del shapes(desk)[key]
        _inside(desk).pop(key, None)
    return DONE


def _set_many(desk: Desk, kind: int, order: SetCircles | SetRectangles) -> int:
    if order.set_type not in (REPLACE_ALL, APPEND, CHANGE):
        return WRONG
    if order.set_type == REPLACE_ALL:
        _drop(desk, kind, ())
    _put(desk, kind, ((one.area_id, one) for one in order.areas))
    return DONE


@answers(0x8600)
def set_circles(desk: Desk, order: SetCircles, serial: int) -> Answer:
    """Watch these circles."""
    return _set_many(desk, CIRCLE, order)


@answers(0x8602)
def set_rectangles(desk: Desk, order: SetRectangles, serial: int) -> Answer:
    """Watch these rectangles."""
    return _set_many(desk, RECTANGLE, order)


@answers(0x8604)
def set_polygon(desk: Desk, order: SetPolygon, serial: int) -> Answer:
    """Watch this polygon."""
    if len(order.vertices) < 3:
        return WRONG
    _put(desk, POLYGON, [(order.area_id, order)])
    return DONE


@answers(0x8606)
def set_route(desk: Desk, order: SetRoute, serial: int) -> Answer:
    """Keep this route."""
    _put(desk, ROUTE, [(order.route_id, order)])
    return DONE


@answers(0x8601)
def drop_circles(desk: Desk, order: DeleteCircles, serial: int) -> Answer:
    """Forget these, or all."""
    return _drop(desk, CIRCLE, order.ids)


@answers(0x8603)
def drop_rectangles(desk: Desk, order: DeleteRectangles, serial: int) -> Answer:
    """Forget these, or all."""
    return _drop(desk, RECTANGLE, order.ids)


@answers(0x8605)
def drop_polygons(desk: Desk, order: DeletePolygons, serial: int) -> Answer:
    """Forget these, or all."""
    return _drop(desk, POLYGON, order.ids)


@answers(0x8607)
def drop_routes(desk: Desk, order: DeleteRoutes, serial: int) -> Answer:
    """Forget these, or all."""
    return _drop(desk, ROUTE, order.ids)


@answers(0x8608, since="2019")
def tell_areas(desk: Desk, order: AreasQuery, serial: int) -> Answer:
    """What is watched of this kind."""
    wanted = set(order.ids)
    found = [one for (kind, number), one in shapes(desk).items() if kind == order.kind]
    numbers = [number for kind, number in shapes(desk) if kind == order.kind]
    chosen = tuple(one for number, one in zip(numbers, found, strict=True) if not wanted or number in wanted)
    return [AreasAnswer(order.kind, chosen)]


def _watch(desk: Desk, spot: Spot) -> None:
    """Entering and leaving since the last look."""
    inside = _inside(desk)
    for (kind, number), shape in shapes(desk).items():
        if kind == ROUTE:
            continue
        now, before = contains(shape, spot), inside.get((kind, number))
        inside[kind, number] = now
        if before is None or now == before:
            continue  # where it stood when the area was set is no crossing
        if shape.attributes & (AreaBit.PLATFORM_ON_ENTRY if now else AreaBit.PLATFORM_ON_EXIT):
            desk.raise_alarm(int(Alarm.AREA_CROSSED), AreaCrossed(kind, number, 0 if now else 1).pack())


def contains(shape: Any, spot: Spot) -> bool:
    """Whether the vehicle is inside; plane geometry, which is enough for a city."""
    lat, lon = abs(spot.latitude_e6) / 1e6, abs(spot.longitude_e6) / 1e6
    if isinstance(shape, Circle):
        north = (lat - shape.centre_latitude_deg) * _METRES_A_DEGREE
        east = (lon - shape.centre_longitude_deg) * _METRES_A_DEGREE * math.cos(math.radians(lat))
        return math.hypot(north, east) <= shape.radius_m
    if isinstance(shape, Rectangle):
        within = shape.bottom_latitude_deg <= lat <= shape.top_latitude_deg
        return within and shape.left_longitude_deg <= lon <= shape.right_longitude_deg
    inside = False
    corners = shape.vertices
    for one, other in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (one.latitude_deg > lat) != (other.latitude_deg > lat):
            part = (lat - one.latitude_deg) / (other.latitude_deg - one.latitude_deg)
            if lon < one.longitude_deg + part * (other.longitude_deg - one.longitude_deg):
                inside = not inside
    return inside
