"""A call on paper and in files (移交单、导出): the sketch and table of its track, the list as a sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from datacenter.emergencies.errors import TooManyCalls
from datacenter.emergencies.models import EmergencyCall
from datacenter.emergencies.selectors import Trail
from datacenter.registry.sheets.writing import TYPES, write

MOST_ROWS = 50_000
WIDTH, HEIGHT, EDGE = 640, 300, 24
_TABLE_ROWS = 30
_LEAST_SPAN_M = 200.0
_M_A_DEGREE = 111_320.0
_HEAD = ["车牌号", "县区", "企业", "报警时间（终端）", "收到时间", "迟到（秒）", "状态", "接警人", "接警时间",
         "接警用时（秒）", "上报次数", "按下次数", "经度", "纬度", "结论", "结束时间"]  # fmt: skip


def sketch(trail: Trail) -> dict[str, Any] | None:
    """The way as a line to draw, north up, and how many metres its scale bar is long; None without a place."""
    if not trail.points:
        return None
    latitudes, longitudes = [point[2] for point in trail.points], [point[1] for point in trail.points]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    narrow = math.cos(math.radians(middle[0]))
    places = [
        ((longitude - middle[1]) * narrow * _M_A_DEGREE, (middle[0] - latitude) * _M_A_DEGREE)
        for longitude, latitude in zip(longitudes, latitudes, strict=True)
    ]
    span = max(_LEAST_SPAN_M, *(2 * max(abs(x) * HEIGHT / WIDTH, abs(y)) for x, y in places))
    scale = (HEIGHT - 2 * EDGE) / span
    drawn = [(round(WIDTH / 2 + x * scale, 1), round(HEIGHT / 2 + y * scale, 1)) for x, y in places]
    bar_m = 10 ** math.floor(math.log10(span / 2))
    return {
        "line": " ".join(f"{x},{y}" for x, y in drawn),
        "first": drawn[0],
        "last": drawn[-1],
        "bar_m": bar_m,
        "bar_end": round(EDGE + bar_m * scale, 1),
        "width": WIDTH,
        "height": HEIGHT,
    }


def rows(trail: Trail, call: EmergencyCall) -> list[dict[str, Any]]:
    """Points of the way for a table: the last, the first, and as many between as a page takes."""
    count = len(trail.points)
    picked = {round(number * (count - 1) / (_TABLE_ROWS - 1)) for number in range(_TABLE_ROWS)} if count else set()
    pressed = call.device_time.timestamp()
    return [
        {
            "at": datetime.fromtimestamp(at, UTC),
            "longitude": longitude,
            "latitude": latitude,
            "speed_kmh": speed,
            "pressed": at >= pressed,
        }
        for at, longitude, latitude, speed in (trail.points[number] for number in sorted(picked))
    ]


def as_file(calls: QuerySet[EmergencyCall], kind: str) -> tuple[HttpResponse, int]:
    """The list as csv or xlsx, and how many rows it has. Raises ``TooManyCalls``."""
    found = list(calls[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyCalls(MOST_ROWS)
    content = write(_HEAD, _lines(found), kind, title="紧急报警")
    name = f"emergencies-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=TYPES[kind], headers=headers), len(found)


def _lines(calls: list[EmergencyCall]) -> Iterator[list[object]]:
    for call in calls:
        yield [
            call.plate,
            call.county.name if call.county else "",
            call.company.name if call.company else "",
            _moment(call.device_time),
            _moment(call.raised_at),
            call.late_s if call.is_late else "",
            call.get_state_display(),
            str(call.acknowledged_by or ""),
            _moment(call.acknowledged_at),
            "" if call.waited_s is None else call.waited_s,
            call.reports,
            call.presses,
            "" if call.longitude_e6 is None else f"{call.longitude_e6 / 1e6:.6f}",
            "" if call.latitude_e6 is None else f"{call.latitude_e6 / 1e6:.6f}",
            call.get_outcome_display(),
            _moment(call.closed_at),
        ]


def _moment(value: datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""
