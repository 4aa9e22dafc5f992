"""Location frames by the thousand, decoded into columns (批量解码): numpy's counterpart of ``messages.location``.

Reads 0x0200, 0x0201, 0x0202 and 0x0203 into the same ``Columns`` as ``jt808.columns``, in the same units: coordinates
in 1e-6 degree, bearings in degrees, and the alarm and status words translated to those of JT/T 808 (``bits.ALARM_808``,
``bits.STATUS_808``), so that rules need not ask which standard a vehicle speaks. ``TaxiColumns`` keeps this standard's
own words beside them. The rules are those of ``jt808.columns``, and a test lays columns and tables side by side:

- checks come in this order: escapes, header, check byte, body length, kind of message, body; the first that fails is
  the frame's error;
- a bad position inside a 0x0203 gives the frame the error of its first bad one; its good ones are rows all the same;
- altitude is the item 0x03, 0 where there is none; items that only JT/T 808 has are -1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datacenter.protocols.jt808.batch import FrameBatch, Ints, windows
from datacenter.protocols.jt808.bodyhash import body_hashes
from datacenter.protocols.jt808.columns import Columns, FrameError
from datacenter.protocols.jt808.tables import (
    BAD_SECONDS,
    DAY_HOUR_SECONDS,
    MINUTE_SECONDS,
    MONTH_SECONDS,
    MONTH_START,
)
from datacenter.protocols.jt905.bits import ALARM_808, STATUS_808, Status
from datacenter.protocols.jt905.header import HEADER
from datacenter.protocols.jt905.messages import BASE_LOCATION
from datacenter.protocols.jt905.messages.location import MOST_E6

REPORT, ANSWER, TRACKING, RESENT = 0x0200, 0x0201, 0x0202, 0x0203
ACK_SERIAL = 2
"""Bytes in front of the position in 0x0201."""
FEW = 16
"""Below this many rows a plain loop is cheaper than a round of array operations."""

_HEAD = np.dtype(
    {
        "names": ["message_id", "length", "serial"],
        "formats": [">u2"] * 3,
        "offsets": [0, 2, 10],
        "itemsize": HEADER,
    }
)
_BASE = np.dtype(
    [
        ("alarm", ">u4"),
        ("status", ">u4"),
        ("lat", ">i4"),
        ("lon", ">i4"),
        ("speed", ">u2"),
        ("bearing", "u1"),
        ("month", ">u2"),
        ("hour", ">u2"),
        ("second", ">u2"),
    ]
)
assert _BASE.itemsize == BASE_LOCATION
_MILEAGE, _FUEL, _ALTITUDE = 0x0401, 0x0202, 0x0203
"""Items with a column: length and id as a little-endian word."""
_SLOTS = np.zeros(1 << 16, np.int64)
_SLOTS[[_MILEAGE, _FUEL, _ALTITUDE]] = 1, 2, 3
_SHIFTS = np.array([0, 0, 16, 16], np.uint32)
_ABSENT_ALTITUDE = 1 << 20
"""Larger than any altitude of 16 bits."""


def _translation(pairs: tuple[tuple[int, int], ...], first: int) -> NDArray[np.uint32]:
    """What each value of the 16 bits from bit ``first`` on is in the other standard's word."""
    table = np.zeros(1 << 16, np.uint32)
    values = np.arange(1 << 16)
    for ours, theirs in pairs:
        bit = int(ours) >> first
        if 0 < bit < 1 << 16:
            table[(values & bit) != 0] |= np.uint32(theirs)
    return table


_ALARM_LOW, _ALARM_HIGH = _translation(ALARM_808, 0), _translation(ALARM_808, 16)
_STATUS_LOW = _translation(STATUS_808, 0)
_STATUS_LOW[(np.arange(1 << 16) & int(Status.NO_FIX)) == 0] |= np.uint32(1 << 1)  # the fix bit, the right way round


@dataclass(slots=True)
class TaxiColumns:
    """``columns`` as of JT/T 808, and each row's own alarm and status word as they came."""

    columns: Columns
    own_alarm: NDArray[np.uint32]
    own_status: NDArray[np.uint32]


@dataclass(slots=True)
class _Rows:
    """Where the positions lie: frame, ordinal in it, start and length of position and items, and whether resent."""

    frame: Ints
    ordinal: Ints
    start: Ints
    length: Ints
    resent: NDArray[np.bool_]


def decode(batch: FrameBatch) -> TaxiColumns:
    """Every position that ``batch`` holds, and an error for every frame."""
    message_id, serial, error = _open(batch)
    rows, broken_tails = _rows(batch, message_id, error)
    base = windows(batch.buffer, np.dtype(("V", BASE_LOCATION)))[rows.start].view(_BASE)
    device_time, good = _times(base)
    faults = [(rows.frame[~good], rows.ordinal[~good], FrameError.TIME), (*broken_tails, FrameError.TRUNCATED)]
    if not good.all():
        base, device_time = base[good], device_time[good]
        rows = _Rows(*(getattr(rows, name)[good] for name in ("frame", "ordinal", "start", "length", "resent")))
    _first_errors(error, faults)
    own_alarm, own_status = base["alarm"].astype(np.uint32), base["status"].astype(np.uint32)
    start, end = rows.start + BASE_LOCATION, rows.start + rows.length
    values, broken = _extras(batch.buffer, start, end)
    none = np.full(len(start), -1, np.int64)
    few, tiny = none.astype(np.int32), none.astype(np.int16)
    columns = Columns(
        message_id=message_id,
        serial=serial,
        error=error,
        frame=rows.frame.astype(np.int32),
        alarm=_ALARM_LOW[own_alarm & 0xFFFF] | _ALARM_HIGH[own_alarm >> 16],
        status=_STATUS_LOW[own_status & 0xFFFF],
        lat_e6=_e6(base["lat"], own_status & np.uint32(Status.SOUTH)),
        lon_e6=_e6(base["lon"], own_status & np.uint32(Status.WEST)),
        altitude_m=values[2].astype(np.int32),
        speed_dkmh=base["speed"].astype(np.int32),
        bearing_deg=base["bearing"].astype(np.int32) * 2,
        device_time=device_time,
        body_hash=body_hashes(batch.buffer, rows.start, rows.length),
        backfill=rows.resent,
        mileage_dkm=values[0],
        fuel_dl=values[1].astype(np.int32),
        recorder_speed_dkmh=few,
        video_alarm=none,
        video_loss=none,
        video_occlusion=none,
        storage_fault=few,
        abnormal_driving=few,
        signal=tiny,
        satellites=tiny,
        extras_start=start,
        extras_len=(end - start).astype(np.int32),
        extras_bad=broken,
        buffer=batch.buffer,
    )
    return TaxiColumns(columns, own_alarm, own_status)


def _open(batch: FrameBatch) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint8]]:
    """Message id, serial and error of each frame; OK exactly where there is a body to be read."""
    starts, lengths = batch.starts, batch.lengths
    head = windows(batch.buffer, np.dtype(("V", HEADER)))[starts].view(_HEAD)
    message_id, serial = head["message_id"].astype(np.uint16), head["serial"].astype(np.uint16)
    edges = np.stack((starts, starts + lengths), axis=1).reshape(-1)
    sound = np.bitwise_xor.reduceat(batch.buffer, edges)[0::2] == 0 if len(edges) else np.zeros(0, np.bool_)
    short = lengths <= HEADER
    known = (message_id >= REPORT) & (message_id <= RESENT)
    doubts = [
        (short, FrameError.HEADER),
        (~sound, FrameError.CHECKSUM),
        (head["length"] != lengths - HEADER - 1, FrameError.LENGTH),
        (~known, FrameError.NOT_LOCATION),
    ]
    if batch.bad_escape is not None:
        doubts.insert(0, (batch.bad_escape, FrameError.ESCAPE))
    error = np.select([doubt for doubt, _ in doubts], [code for _, code in doubts], 0).astype(np.uint8)
    message_id[short], serial[short] = 0, 0
    return message_id, serial, error


def _rows(
    batch: FrameBatch, message_id: NDArray[np.uint16], error: NDArray[np.uint8]
) -> tuple[_Rows, tuple[Ints, Ints]]:
    """Positions of all frames in order, and the frames with an incomplete last item of a 0x0203, with its ordinal."""
    fine = error == FrameError.OK
    resent = message_id == RESENT
    before = np.where(message_id == ANSWER, ACK_SERIAL, 0)
    at, length = batch.starts + HEADER + before, batch.lengths - HEADER - 1 - before
    short = fine & ~resent & (length < BASE_LOCATION)
    error[short] = FrameError.TRUNCATED
    count = np.where(fine & ~short, np.where(resent, length // BASE_LOCATION, 1), 0)
    frame = np.repeat(np.arange(len(count)), count)
    ends = np.cumsum(count)
    ordinal = np.arange(len(frame)) - np.repeat(ends - count, count)
    many = resent[frame]
    size = np.where(many, BASE_LOCATION, length[frame])
    tails = np.flatnonzero(fine & resent & (length % BASE_LOCATION != 0))
    return _Rows(frame, ordinal, at[frame] + ordinal * BASE_LOCATION, size, many), (tails, count[tails])


def _first_errors(error: NDArray[np.uint8], faults: list[tuple[Ints, Ints, FrameError]]) -> None:
    """Give each frame the error of its first bad position."""
    listed = [
        (frame, ordinal, int(code))
        for frames, ordinals, code in faults
        for frame, ordinal in zip(frames.tolist(), ordinals.tolist(), strict=True)
    ]
    for frame, _, code in sorted(listed, reverse=True):  # so that the first one's is written last
        error[frame] = code


def _times(base: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Unix seconds of the BCD times, and which are moments at all."""
    month = base["month"].astype(np.int64)
    of_month = DAY_HOUR_SECONDS[base["hour"].astype(np.int64)]
    of_hour = MINUTE_SECONDS[base["second"].astype(np.int64)]
    good = (of_month < MONTH_SECONDS[month]) & (of_hour != BAD_SECONDS)
    return MONTH_START[month] + of_month + of_hour, good


def _e6(raw: np.ndarray, negative: NDArray[np.uint32]) -> NDArray[np.int32]:
    """1/600000 degree as 1e-6 degree with the sign that the status gives, within 32 bits; negatives stay so."""
    value = raw.astype(np.int64)
    value = np.where((negative != 0) & (value > 0), -value, value)
    return np.clip((value * 5 + 1) // 3, -MOST_E6, MOST_E6).astype(np.int32)


def _extras(buffer: NDArray[np.uint8], start: Ints, end: Ints) -> tuple[list[NDArray[np.int64]], NDArray[np.bool_]]:
    """Mileage, fuel (-1: none) and altitude (0: none) of each row, and which rows' items break off."""
    rows = len(start)
    slots = np.full((4, rows), -1, np.int64)
    slots[3] = _ABSENT_ALTITUDE
    flat = slots.reshape(-1)
    broken = np.zeros(rows, np.bool_)
    heads, quads = windows(buffer, np.dtype("<u2")), windows(buffer, np.dtype(">u4"))
    row = np.flatnonzero(start < end)
    at, end = start[row], end[row]
    while len(row) >= FEW:
        head = heads[at]
        slot = _SLOTS[head]
        value = quads[at + 2] >> _SHIFTS[slot]
        at = at + (head >> 8) + 2
        inside = at <= end
        broken[row[~inside]] = True
        flat[(slot * rows + row)[inside]] = value[inside]
        live = at < end
        row, at, end = row[live], at[live], end[live]
    for one, begin, stop in zip(row.tolist(), at.tolist(), end.tolist(), strict=True):
        broken[one] |= _walk(buffer.data, slots, one, begin, stop)
    altitude = slots[3]
    altitude = np.where(altitude == _ABSENT_ALTITUDE, 0, np.where(altitude >= 1 << 15, altitude - (1 << 16), altitude))
    return [slots[1], slots[2], altitude], broken


def _walk(raw: memoryview, slots: NDArray[np.int64], row: int, at: int, end: int) -> bool:
    """The same walk for one row, item by item; whether its items break off."""
    while at < end:
        if end - at < 2 or at + 2 + raw[at + 1] > end:
            return True
        slot, size = int(_SLOTS[raw[at + 1] << 8 | raw[at]]), raw[at + 1]
        if slot:
            slots[slot, row] = int.from_bytes(raw[at + 2 : at + 2 + size], "big")
        at += 2 + size
    return False
