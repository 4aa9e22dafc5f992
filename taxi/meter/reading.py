"""Track files with the meter's state: CSV or Parquet with ``vehicle, time, lon, lat, occupied``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from taxi.meter.errors import TracksRefused

COLUMNS = ("vehicle", "time", "lon", "lat", "occupied")


@dataclass(frozen=True, slots=True)
class Fixes:
    """Fixes by vehicle and time, one a moment; ``vehicle`` is a number, in the order of the names."""

    vehicle: npt.NDArray[np.int64]
    time_s: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    occupied: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.vehicle)


def in_order(vehicle: Any, time_s: Any, lon: Any, lat: Any, occupied: Any) -> Fixes:
    """Fixes sorted by vehicle and time, whatever order they came in; of two at one moment the later one counts."""
    vehicle, time_s = np.asarray(vehicle, np.int64), np.asarray(time_s, np.int64)
    order = np.lexsort((time_s, vehicle))
    latest = np.ones(len(order), bool)
    latest[:-1] = (np.diff(vehicle[order]) != 0) | (np.diff(time_s[order]) != 0)
    rows = order[latest]
    return Fixes(
        vehicle[rows],
        time_s[rows],
        np.asarray(lon, np.float64)[rows],
        np.asarray(lat, np.float64)[rows],
        np.asarray(occupied, bool)[rows],
    )


def read_fixes(path: Path) -> Fixes:
    """The fixes of a file. ``time`` is a timestamp (UTC without a zone) or seconds since the epoch.

    Raises ``TracksRefused`` naming column, value and rule.
    """
    table = _table(path)
    for name in COLUMNS:
        if name not in table.column_names:
            raise TracksRefused(name, "（无此列）", f"文件须有列 {'、'.join(COLUMNS)}")
    if not table.num_rows:
        raise TracksRefused("vehicle", "（空文件）", "至少要有一条定位")
    for name in COLUMNS:
        if table[name].null_count:
            raise TracksRefused(name, "（空值）", "每行都要有值")
    occupied = _numbers(table, "occupied")
    wrong = (occupied != 0) & (occupied != 1)
    if wrong.any():
        raise TracksRefused("occupied", f"{occupied[wrong][0]:g}", "须为 0（空车）或 1（重车）")
    vehicle = np.unique(_texts(table["vehicle"]), return_inverse=True)[1]
    lon, lat = _degrees(table, "lon", 180), _degrees(table, "lat", 90)
    return in_order(vehicle, _seconds(table), lon, lat, occupied == 1)


def _table(path: Path) -> pa.Table:
    if not path.is_file():
        raise TracksRefused("文件", path, "文件不存在")
    try:
        if path.suffix == ".parquet":
            return pa.parquet.read_table(path)
        return pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(column_types={"vehicle": pa.string()}))
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
        raise TracksRefused("文件", path, f"须为 CSV 或 Parquet：{str(error).splitlines()[0]}") from error


def _texts(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    return column.cast(pa.string()).to_numpy().astype(str)


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    column = table[name]
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type)):
        column = pc.cast(column, pa.string())
        for value in column.to_pylist():
            try:
                float(value)
            except ValueError as error:
                raise TracksRefused(name, value, "须为数字") from error
    return column.cast(pa.float64()).to_numpy()


def _degrees(table: pa.Table, name: str, most: int) -> npt.NDArray[np.float64]:
    values = _numbers(table, name)
    wrong = ~(np.abs(values) <= most)
    if wrong.any():
        raise TracksRefused(name, f"{values[wrong][0]:g}", f"须在 ±{most}° 之内")
    return values


def _seconds(table: pa.Table) -> npt.NDArray[np.int64]:
    column = table["time"]
    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.timestamp("us")).to_numpy().astype("datetime64[s]").astype(np.int64))
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = column.cast(pa.float64()).to_numpy()
        # A century from 1970: milliseconds taken for seconds would make a grid of a thousand years.
        wrong = ~((values >= 0) & (values < 3.2e9))
        if wrong.any():
            raise TracksRefused("time", f"{values[wrong][0]:g}", "须为 1970 年以来的秒数，或时间")
        return np.floor(values).astype(np.int64)
    raise TracksRefused("time", column[0].as_py(), "须为时间（ISO 8601）或 1970 年以来的秒数")
