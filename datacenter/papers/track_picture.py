"""The slice of track that proves a finding, over the base map, as a picture (轨迹图).

A pure function of the track, the ground and the font: the same ones give the same PNG. North is up.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1500, 900
_OVER = 2  # drawn larger and scaled down: Pillow's lines have no smooth edges
_EDGE = 90
_STRIP = 300
"""Left of this lies the legend: no track does."""
_LEAST_SPAN_M = 400.0
_M_A_DEGREE = 111_320.0
_COUNTY_LINE, _RIVER, _LAND, _SEA = "#9aa3b2", "#a9cbe8", "#f7f6f1", "#dceaf5"
_BEFORE, _INK, _PAPER = "#8a919c", "#1f2937", "#ffffff"
# Bands of speed from blue to dark red, told apart in grey and by the colour-blind; the last is what lies above all.
_BANDS = ("#2c7bb6", "#7fb8d6", "#fdae61", "#e8602c", "#a50026")
_RIMMED = 150
_SHARES = (0.25, 0.5, 0.75, 1.0)

Point = Sequence[float]
"""Unix time, longitude, latitude (WGS-84), speed in km/h."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies under the track: features of the base map's file, and boundaries of counties by name (GeoJSON)."""

    features: Sequence[dict[str, Any]] = ()
    counties: Sequence[tuple[str, dict[str, Any]]] = ()


@dataclass(slots=True)
class _Sheet:
    """The picture in the making, and how places fall on it."""

    middle: tuple[float, float]
    scale: float
    font: Path
    picture: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.picture = Image.new("RGB", (WIDTH * _OVER, HEIGHT * _OVER), _LAND)
        self.draw = ImageDraw.Draw(self.picture)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        narrow = math.cos(math.radians(self.middle[1]))
        x = (longitude - self.middle[0]) * narrow * _M_A_DEGREE * self.scale
        y = (self.middle[1] - latitude) * _M_A_DEGREE * self.scale
        return ((_STRIP + WIDTH) / 2 + x) * _OVER, (HEIGHT / 2 + y) * _OVER

    def type(self, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(self.font), size * _OVER)

    def words(
        self, place: tuple[float, float], text: str, size: int = 22, colour: str = _INK, anchor: str = "lm"
    ) -> bool:
        """Text with a pale rim, unless other text stands there already; whether it was written."""
        font = self.type(size)
        box = self.draw.textbbox(place, text, font=font, anchor=anchor)
        inside = box[0] > 0 and box[1] > 0 and box[2] < WIDTH * _OVER and box[3] < HEIGHT * _OVER
        if not inside or any(_meet(box, other) for other in self.taken):
            return False
        self.taken.append(box)
        self.draw.text(place, text, font=font, fill=colour, anchor=anchor, stroke_width=3 * _OVER, stroke_fill=_PAPER)
        return True


def draw(
    track: Sequence[Point], since: float, until: float, limit_kmh: float | None, ground: Ground, font: Path
) -> bytes:
    """The track as PNG, the points from ``since`` to ``until`` coloured by speed, those around them grey.

    ``limit_kmh`` is the limit that the speeds are shown against; without one the fastest point is. ``track`` has at
    least one point, in order of time.
    """
    sheet = _Sheet(*_frame(track), font)
    bounds = _bounds(track, since, until, limit_kmh)
    _ground(sheet, ground)
    _legend(sheet, bounds, limit_kmh)  # before the track's words: they give way to it
    _line(sheet, track, since, until, bounds)
    _ends(sheet, track, since, until)
    _names(sheet, ground)
    small = sheet.picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def _frame(track: Sequence[Point]) -> tuple[tuple[float, float], float]:
    """Middle of the track, and pixels to the metre so that it fits."""
    longitudes, latitudes = [point[1] for point in track], [point[2] for point in track]
    middle = (min(longitudes) + max(longitudes)) / 2, (min(latitudes) + max(latitudes)) / 2
    wide = (max(longitudes) - min(longitudes)) * math.cos(math.radians(middle[1])) * _M_A_DEGREE
    high = (max(latitudes) - min(latitudes)) * _M_A_DEGREE
    scale = min(
        (WIDTH - _STRIP - 2 * _EDGE) / max(wide, _LEAST_SPAN_M), (HEIGHT - 2 * _EDGE) / max(high, _LEAST_SPAN_M)
    )
    return middle, scale


def _bounds(track: Sequence[Point], since: float, until: float, limit_kmh: float | None) -> list[float]:
    """Upper bounds of all bands but the last: shares of the limit, or of the fastest point."""
    speeds = [point[3] for point in track if since <= point[0] <= until] or [point[3] for point in track]
    whole = limit_kmh or max(10.0, math.ceil(max(speeds) / 10) * 10 / _SHARES[-1])
    return [whole * share for share in _SHARES]


def _lines(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    """Every line or ring of a geometry."""
    inside = geometry["coordinates"]
    if geometry["type"] == "LineString":
        yield inside
    elif geometry["type"] in ("MultiLineString", "Polygon"):
        yield from inside
    elif geometry["type"] == "MultiPolygon":
        for polygon in inside:
            yield from polygon


def _ground(sheet: _Sheet, ground: Ground) -> None:
    for feature in ground.features:
        if feature["properties"]["layer"] == "sea":
            for ring in _lines(feature["geometry"]):
                sheet.draw.polygon([sheet.at(*point[:2]) for point in ring], fill=_SEA)
    for feature in ground.features:
        layer = feature["properties"]["layer"]
        if layer in ("river", "neighbour"):
            colour, width = (_RIVER, 8) if layer == "river" else (_COUNTY_LINE, 2)
            for line in _lines(feature["geometry"]):
                sheet.draw.line([sheet.at(*point[:2]) for point in line], fill=colour, width=width * _OVER)
    for _, boundary in ground.counties:
        for ring in _lines(boundary):
            sheet.draw.line([sheet.at(*point[:2]) for point in ring], fill=_COUNTY_LINE, width=3 * _OVER)


def _names(sheet: _Sheet, ground: Ground) -> None:
    """Places, rivers and counties, as far as there is room; the track's own words stand first."""
    for feature in sorted(ground.features, key=lambda one: one["properties"].get("rank", 9)):
        kind, geometry = feature["properties"]["layer"], feature["geometry"]
        if kind == "place":
            x, y = sheet.at(*geometry["coordinates"][:2])
            if 0 < x < WIDTH * _OVER and 0 < y < HEIGHT * _OVER:
                _dot(sheet, (x, y), 5, _BEFORE)
                sheet.words((x + 12 * _OVER, y), feature["properties"]["name"], 20, "#4b5563")
        elif kind == "river":
            _name_inside(sheet, geometry, feature["properties"].get("name", ""), "#3b7ea8")
    for name, boundary in ground.counties:
        _name_inside(sheet, boundary, f"{name}界", "#6b7280")


def _name_inside(sheet: _Sheet, geometry: dict[str, Any], name: str, colour: str) -> None:
    """The name at the line's vertex nearest to the picture's middle, if one is in sight."""
    places = [sheet.at(*point[:2]) for line in _lines(geometry) for point in line]
    x, y = min(places, key=lambda place: math.hypot(place[0] - WIDTH * _OVER / 2, place[1] - HEIGHT * _OVER / 2))
    if name and 0 < x < WIDTH * _OVER and 0 < y < HEIGHT * _OVER:
        sheet.words((x, y), name, 20, colour, "mm")


def _line(sheet: _Sheet, track: Sequence[Point], since: float, until: float, bounds: list[float]) -> None:
    places = [sheet.at(point[1], point[2]) for point in track]
    sheet.draw.line(places, fill="#5b6472", width=3 * _OVER, joint="curve")
    rim = len(track) <= _RIMMED  # rims of points close together would hide their colours
    for point, place in zip(track, places, strict=True):
        if not since <= point[0] <= until:
            _dot(sheet, place, 5, _BEFORE)
    for point, place in zip(track, places, strict=True):
        if since <= point[0] <= until:
            band = next((number for number, bound in enumerate(bounds) if point[3] <= bound), len(bounds))
            _dot(sheet, place, 8, _BANDS[band], rim=rim)


def _ends(sheet: _Sheet, track: Sequence[Point], since: float, until: float) -> None:
    """First and last point of the span: a triangle and a square, each with its word."""
    inside = [point for point in track if since <= point[0] <= until] or list(track)
    (x, y), (u, v) = (sheet.at(point[1], point[2]) for point in (inside[0], inside[-1]))
    r = 15 * _OVER
    sheet.draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill="#15803d", outline=_PAPER, width=2 * _OVER)
    sheet.draw.rectangle((u - r, v - r, u + r, v + r), fill=_INK, outline=_PAPER, width=2 * _OVER)
    away = 38 * _OVER
    for place, word in (((x, y), "起点"), ((u, v), "终点")):
        for across, down in ((0, -1), (0, 1), (1.2, 0), (-1.2, 0)):
            if sheet.words((place[0] + across * away, place[1] + down * away), word, 26, anchor="mm"):
                break


def _legend(sheet: _Sheet, bounds: list[float], limit_kmh: float | None) -> None:
    """North, scale bar, and what the colours mean."""
    x, y = (WIDTH - 60) * _OVER, 40 * _OVER
    sheet.draw.polygon(
        [(x, y), (x - 16 * _OVER, y + 50 * _OVER), (x, y + 38 * _OVER), (x + 16 * _OVER, y + 50 * _OVER)], fill=_INK
    )
    sheet.words((x, y + 70 * _OVER), "北", 24, anchor="mm")
    bar_m = _round_length(180 / sheet.scale)
    left, low = 40 * _OVER, (HEIGHT - 40) * _OVER
    right = left + bar_m * sheet.scale * _OVER
    sheet.draw.line(
        [(left, low - 12 * _OVER), (left, low), (right, low), (right, low - 12 * _OVER)], fill=_INK, width=3 * _OVER
    )
    sheet.words((left, low - 30 * _OVER), f"{bar_m / 1000:g} km" if bar_m >= 1000 else f"{bar_m:g} m")
    _bands(sheet, bounds, limit_kmh)


def _bands(sheet: _Sheet, bounds: list[float], limit_kmh: float | None) -> None:
    edges = [0.0, *bounds]
    texts = [f"{low:g}–{high:g}" for low, high in zip(edges, bounds, strict=False)]
    rows = list(zip(_BANDS, [*texts, f"＞{bounds[-1]:g}"], strict=True))
    if limit_kmh is None:  # the last bound is the fastest point's: nothing lies above it
        rows.pop()
    title = f"速度 km/h（限速 {limit_kmh:g}）" if limit_kmh else "速度 km/h"
    step, wide = 34 * _OVER, 322 * _OVER
    high = step * (len(rows) + 2.4)
    left = low = 20 * _OVER
    box = (left, low, left + wide, low + high)
    sheet.draw.rectangle(box, fill=_PAPER, outline=_COUNTY_LINE, width=_OVER)
    for number, (colour, text) in enumerate([("", title), *rows, (_BEFORE, "时段前后的轨迹")]):
        y = low + 24 * _OVER + number * step
        if colour:
            _dot(sheet, (left + 22 * _OVER, y), 8, colour)
        place = (left + (42 if colour else 12) * _OVER, y)
        sheet.draw.text(place, text, font=sheet.type(21), fill=_INK, anchor="lm")
    sheet.taken.append(box)


def _round_length(most_m: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is no longer than ``most_m``."""
    power = 10.0 ** math.floor(math.log10(most_m))
    return max(step * power for step in (1, 2, 5) if step * power <= most_m)


def _dot(sheet: _Sheet, place: tuple[float, float], radius: float, colour: str, *, rim: bool = True) -> None:
    (x, y), r = place, radius * _OVER
    sheet.draw.ellipse((x - r, y - r, x + r, y + r), fill=colour, outline=_PAPER if rim else None, width=_OVER)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
