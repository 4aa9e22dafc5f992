"""Areas and routes that a terminal watches by itself (区域与路线类指令), from the registry's polygons.

A polygon goes down as what it is: a rectangle along the meridians as 0x8602, a circle drawn with many corners as
0x8600, anything else as 0x8604. Holes are left out: the standard has none. Ids are the row's own times ten, plus the
number of its part, so that setting an area again replaces it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from django import forms
from django.utils import timezone
from shapely.geometry import MultiPolygon, Polygon

from datacenter.commands.orders.base import Only808, Order, chosen, ticked, whole, words
from datacenter.geo.areas import areas_in_force
from datacenter.geo.measure import distance_m
from datacenter.geo.models import Area
from datacenter.geo.shapes import geometry_of
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.messages.areas import (
    AREA_KINDS,
    MOST_IDS,
    AreaBit,
    Circle,
    Rectangle,
    RouteBit,
    SegmentBit,
    TurningPoint,
    Vertex,
)
from datacenter.protocols.layout import Message

GROUP = "区域与路线"
ID_STEP = 10
MOST_PARTS, MOST_CORNERS = ID_STEP - 1, 500
_ROUND_FROM, _ROUND_WITHIN = 16, 0.01
_EVEN_E6 = 2
_DELETE: dict[int, Any] = {
    1: jt808.DeleteCircles,
    2: jt808.DeleteRectangles,
    3: jt808.DeletePolygons,
    4: jt808.DeleteRoutes,
}
_ADD, _UPDATE = 1, 0


def parts_of(area: Area) -> list[Polygon]:
    """The outlines of an area, its holes filled."""
    shape = geometry_of(area.boundary)
    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return [Polygon(one.exterior) for one in polygons]


def message_for(part: Polygon, area_id: int, rule: dict[str, Any]) -> Message:
    """The message that sets one outline: rectangle, circle or polygon."""
    corners = np.array(part.exterior.coords)[:-1]
    longitude, latitude = corners[:, 0], corners[:, 1]
    if len(corners) == 4 and all(_few(axis) for axis in (longitude, latitude)):
        north, west = float(latitude.max()), float(longitude.min())
        south, east = float(latitude.min()), float(longitude.max())
        rectangle = Rectangle(area_id, rule["attributes"], north, west, south, east, **_limits(rule))
        return jt808.SetRectangles(_ADD, (rectangle,))
    if len(corners) >= _ROUND_FROM:
        centre = latitude.mean(), longitude.mean()
        radii = distance_m(*centre, latitude, longitude)
        if np.ptp(radii) <= _ROUND_WITHIN * radii.mean():
            place = float(centre[0]), float(centre[1]), round(float(radii.mean()))
            return jt808.SetCircles(_ADD, (Circle(area_id, rule["attributes"], *place, **_limits(rule)),))
    vertices = tuple(Vertex(float(lat), float(lon)) for lat, lon in zip(latitude, longitude, strict=True))
    return jt808.SetPolygon(area_id, rule["attributes"], vertices=vertices, **_limits(rule))


def _few(axis: Any) -> bool:
    """Two different values only: a side along a meridian or a parallel."""
    return len(np.unique(np.round(axis * 1e6 / _EVEN_E6))) == 2


def _limits(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: rule[name] for name in ("max_speed_kmh", "overspeed_s", "name")}


class SetAreaForm(Only808):
    """0x8600, 0x8602, 0x8604 (设置区域)."""

    area = forms.ModelChoiceField(
        label="电子围栏", queryset=Area.objects.none(), widget=forms.Select(attrs={"class": "form-select"})
    )
    on_entry = ticked("进入时报警", initial=True)
    on_exit = ticked("驶出时报警")
    tell_driver = ticked("同时提示驾驶员", initial=True)
    overspeed_s = whole("超速持续（秒）", 1, 255, 10, help_text="仅限速区域")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = areas_in_force(timezone.now()).order_by("name")

    def clean_area(self) -> Area:
        """One that a terminal can hold."""
        area: Area = self.cleaned_data["area"]
        parts = parts_of(area)
        corners = max(len(one.exterior.coords) for one in parts)
        if len(parts) > MOST_PARTS:
            raise forms.ValidationError(f"“{area.name}”由 {len(parts)} 块组成，最多 {MOST_PARTS} 块")
        if corners > MOST_CORNERS:
            raise forms.ValidationError(f"“{area.name}”有 {corners} 个顶点，最多 {MOST_CORNERS} 个")
        return area

    def messages(self, edition: str) -> list[Message]:
        data, area = self.cleaned_data, self.cleaned_data["area"]
        bits = AreaBit(0)
        if data["on_entry"]:
            bits |= AreaBit.PLATFORM_ON_ENTRY | (AreaBit.DRIVER_ON_ENTRY if data["tell_driver"] else 0)
        if data["on_exit"]:
            bits |= AreaBit.PLATFORM_ON_EXIT | (AreaBit.DRIVER_ON_EXIT if data["tell_driver"] else 0)
        limited = area.kind == Area.Kind.SPEED
        rule = {
            "attributes": int(bits) | (int(AreaBit.SPEED_LIMIT) if limited else 0),
            "max_speed_kmh": area.limit_kmh if limited else None,
            "overspeed_s": data["overspeed_s"] if limited else None,
            "name": area.name if edition == "2019" else None,
        }
        return [
            message_for(part, area.pk * ID_STEP + number, rule) for number, part in enumerate(parts_of(area), start=1)
        ]

    def summary(self) -> str:
        return str(self.cleaned_data["area"].name)


class RouteForm(Only808):
    """0x8606 (设置路线)."""

    route_id = whole("路线 ID", 1, 0xFFFFFFFF)
    name = words("路线名称", 40, required=False)
    width_m = whole("路段宽度（米）", 1, 255, 50)
    limit_kmh = whole("限速 km/h", 1, 200, required=False)
    points = words("拐点", 20000, rows=6, help_text="每行一个：纬度, 经度（WGS-84，度），至少两个")

    def clean_points(self) -> list[tuple[float, float]]:
        """Latitude and longitude a line."""
        found = []
        for line in self.cleaned_data["points"].splitlines():
            if not line.strip():
                continue
            try:
                latitude, longitude = (float(word) for word in line.replace("，", ",").split(","))
            except ValueError:
                raise forms.ValidationError(f"“{line.strip()}”应为“纬度, 经度”") from None
            if not (0 <= latitude <= 90 and 0 <= longitude <= 180):
                raise forms.ValidationError(f"“{line.strip()}”超出范围：纬度 0–90，经度 0–180")
            found.append((latitude, longitude))
        if not 2 <= len(found) <= MOST_CORNERS:
            raise forms.ValidationError(f"共 {len(found)} 个拐点，应为 2 至 {MOST_CORNERS} 个")
        return found

    def messages(self, edition: str) -> list[Message]:
        data = self.cleaned_data
        limit = data["limit_kmh"]
        bits = int(SegmentBit.SPEED_LIMIT) if limit else 0
        points = tuple(
            TurningPoint(
                number, number, latitude, longitude, data["width_m"], bits,
                max_speed_kmh=limit, overspeed_s=10 if limit else None,
            )
            for number, (latitude, longitude) in enumerate(data["points"], start=1)
        )  # fmt: skip
        bits = int(RouteBit.PLATFORM_ON_EXIT | RouteBit.DRIVER_ON_EXIT)
        name = data["name"] if edition == "2019" else None
        return [jt808.SetRoute(data["route_id"], bits, points=points, name=name)]

    def summary(self) -> str:
        data = self.cleaned_data
        return f"{data['name'] or data['route_id']}，{len(data['points'])} 个拐点"


class DeleteForm(Only808):
    """0x8601, 0x8603, 0x8605, 0x8607 (删除区域、路线)."""

    kind = chosen("类型", AREA_KINDS)
    ids = words("ID", 1000, required=False, help_text="空格隔开；留空删除终端上该类型的全部区域")

    def clean_ids(self) -> tuple[int, ...]:
        """Numbers."""
        return _ids(self.cleaned_data["ids"])

    def messages(self, edition: str) -> list[Message]:
        return [_DELETE[self.cleaned_data["kind"]](self.cleaned_data["ids"])]

    def summary(self) -> str:
        ids = " ".join(map(str, self.cleaned_data["ids"])) or "全部"
        return f"{AREA_KINDS[self.cleaned_data['kind']]} {ids}"


class AreasQueryForm(Only808):
    """0x8608 (查询区域或线路数据), new in 2019."""

    kind = chosen("类型", AREA_KINDS)
    ids = words("ID", 1000, required=False, help_text="空格隔开；留空查询全部")

    @classmethod
    def fits(cls, edition: str) -> bool:
        """New in 2019."""
        return edition == "2019"

    def clean_ids(self) -> tuple[int, ...]:
        """Numbers."""
        return _ids(self.cleaned_data["ids"])

    def messages(self, edition: str) -> list[Message]:
        return [jt808.AreasQuery(self.cleaned_data["kind"], self.cleaned_data["ids"])]

    def summary(self) -> str:
        return AREA_KINDS[self.cleaned_data["kind"]]


def _ids(text: str) -> tuple[int, ...]:
    found = []
    for word in text.split():
        if not word.isdigit() or not 0 < int(word) <= 0xFFFFFFFF:
            raise forms.ValidationError(f"“{word}”不是 1 至 4294967295 的整数")
        found.append(int(word))
    if len(found) > MOST_IDS:
        raise forms.ValidationError(f"共 {len(found)} 个，最多 {MOST_IDS} 个")
    return tuple(found)


ORDERS = (
    Order("area_set", "设置区域", "polygon", GROUP, SetAreaForm),
    Order("route_set", "设置路线", "route", GROUP, RouteForm),
    Order("area_delete", "删除区域、路线", "trash", GROUP, DeleteForm, careful=True),
    Order("areas_query", "查询终端区域", "map-search", GROUP, AreasQueryForm),
)
