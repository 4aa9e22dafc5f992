"""The list of trips as a file (导出): same scope, same filters, same masks as on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from datacenter.errors import DomainError
from datacenter.registry.sheets.writing import write
from taxi.models import Trip
from taxi.selectors import tariffs
from taxi.shown import trip_shown

MOST_ROWS = 50_000
_BATCH = 2000
HEAD = [
    "上车时间", "下车时间", "车牌号", "企业", "县区", "驾驶员", "从业资格证号", "计程公里 km", "空驶里程 km", "等待 分",
    "车费 元", "附加费 元", "交易类型", "服务评价", "电召订单", "上车经度", "上车纬度", "下车经度", "下车纬度",
    "当前车次", "疑点",
]  # fmt: skip


class TooManyRows(DomainError):
    """More rows than one file takes."""

    code = "too_many_rows"
    status = 422
    message = f"超过 {MOST_ROWS:,} 行，请缩小筛选范围后再导出"


def trips_file(rows: QuerySet[Trip], format: str) -> tuple[bytes, int]:
    """The file, and how many rows it has. Raises ``TooManyRows``."""
    count = rows.order_by()[: MOST_ROWS + 1].count()
    if count > MOST_ROWS:
        raise TooManyRows
    return write(HEAD, _lines(rows), format, title="营运记录"), count


def _lines(rows: QuerySet[Trip]) -> Iterator[list[object]]:
    known = tariffs()
    for trip in rows.iterator(chunk_size=_BATCH):
        shown = trip_shown(trip, known)
        yield [
            _moment(trip.boarded_at), _moment(trip.alighted_at), trip.vehicle.plate, trip.company.name,
            trip.county.name, shown.driver, shown.certificate, _tenth(trip.distance_dkm), _tenth(trip.empty_dkm),
            "" if trip.waited_s is None else str(trip.waited_s // 60), _tenth(trip.fare_jiao),
            _tenth(trip.surcharge_jiao), "" if trip.pay_type is None else trip.get_pay_type_display(),
            trip.get_rating_display(), "" if trip.hailed else str(trip.call_order_id),
            _degrees(trip.board_longitude_e6), _degrees(trip.board_latitude_e6), _degrees(trip.alight_longitude_e6),
            _degrees(trip.alight_latitude_e6), "" if trip.trip_no is None else str(trip.trip_no),
            "；".join([*shown.marks, *([shown.doubt] if shown.doubt else [])]),
        ]  # fmt: skip


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"


def _tenth(value: int | None) -> str:
    return "" if value is None else f"{value / 10:.1f}"


def _degrees(value: int | None) -> str:
    return "" if value is None else f"{value / 1e6:.6f}"
