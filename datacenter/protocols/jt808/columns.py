"""Location frames by the thousand, decoded into columns (批量解码): numpy's counterpart of ``messages.py``.

Reads 0x0200 and 0x0704 only and says of every frame what is wrong with it. It holds the same rules as the tables, and
a test lays the two beside each other frame by frame:

- checks come in this order: escapes, header, check byte, header's edition, body length; then kind of message,
  sub-packages, encryption, body. The first that fails is the frame's error;
- a bad item inside a 0x0704 gives the frame the error of its first bad item; its good items are rows all the same;
- a broken tail of additional items costs nothing but itself: the row stands, with ``extras_bad`` set;
- where an item id comes twice in one report, the last one counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from datacenter.protocols.jt808.batch import FrameBatch, Ints, split_stream, windows
from datacenter.protocols.jt808.bits import Status
from datacenter.protocols.jt808.bodyhash import body_hashes
from datacenter.protocols.jt808.header import (
    ENCRYPTION_MASK,
    LENGTH_MASK,
    LONG_HEADER,
    PACKET_FIELDS,
    SHORT_HEADER,
    SUBPACKAGE_BIT,
    VERSION_BIT,
)
from datacenter.protocols.jt808.messages import BASE_LOCATION
from datacenter.protocols.jt808.tables import (
    BAD_SECONDS,
    DAY_HOUR_SECONDS,
    EXTRA_NAMES,
    EXTRA_SHIFT,
    EXTRA_SLOT,
    MINUTE_SECONDS,
    MONTH_SECONDS,
    MONTH_START,
)

__all__ = ["Columns", "FrameBatch", "FrameError", "decode", "split_stream"]

LOCATION, BATCH = 0x0200, 0x0704
FEW = 16
"""Below this many rows a plain loop is cheaper than a round of array operations."""

_HEAD = np.dtype(
    {
        "names": ["message_id", "props", "short_serial", "long_serial"],
        "formats": [">u2"] * 4,
        "offsets": [0, 2, SHORT_HEADER - 2, LONG_HEADER - 2],
        "itemsize": LONG_HEADER,
    }
)
_BASE = np.dtype(
    [
        ("alarm", ">u4"),
        ("status", ">u4"),
        ("lat", ">i4"),
        ("lon", ">i4"),
        ("altitude", ">u2"),
        ("speed", ">u2"),
        ("bearing", ">u2"),
        ("month", ">u2"),
        ("hour", ">u2"),
        ("second", ">u2"),
    ]
)
assert _BASE.itemsize == BASE_LOCATION


class FrameError(IntEnum):
    """Why a frame, or a part of it, gave no row."""

    OK = 0
    ESCAPE = 1
    HEADER = 2
    CHECKSUM = 3
    LENGTH = 4
    NOT_LOCATION = 5
    SUBPACKAGED = 6
    ENCRYPTED = 7
    TRUNCATED = 8
    TIME = 9


@dataclass(slots=True)
class Columns:
    """What a batch says. Row arrays have one entry a position, in the order of frames and of items in a frame.

    Latitude and longitude are signed; absent additional items are -1. ``extras_start`` points into ``buffer``.
    """

    # per frame
    message_id: NDArray[np.uint16]
    serial: NDArray[np.uint16]
    error: NDArray[np.uint8]
    # per row
    frame: NDArray[np.int32]
    alarm: NDArray[np.uint32]
    status: NDArray[np.uint32]
    lat_e6: NDArray[np.int32]
    lon_e6: NDArray[np.int32]
    altitude_m: NDArray[np.int32]
    speed_dkmh: NDArray[np.int32]
    bearing_deg: NDArray[np.int32]
    device_time: NDArray[np.int64]
    body_hash: NDArray[np.int64]
    backfill: NDArray[np.bool_]
    mileage_dkm: NDArray[np.int64]
    fuel_dl: NDArray[np.int32]
    recorder_speed_dkmh: NDArray[np.int32]
    video_alarm: NDArray[np.int64]
    video_loss: NDArray[np.int64]
    video_occlusion: NDArray[np.int64]
    storage_fault: NDArray[np.int32]
    abnormal_driving: NDArray[np.int32]
    signal: NDArray[np.int16]
    satellites: NDArray[np.int16]
    extras_start: NDArray[np.int64]
    extras_len: NDArray[np.int32]
    extras_bad: NDArray[np.bool_]
    buffer: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.frame)

    def extras(self, row: int) -> bytes:
        """The additional items of one row as they came."""
        start = int(self.extras_start[row])
        return self.buffer[start : start + int(self.extras_len[row])].tobytes()


@dataclass(slots=True)
class _Bodies:
    """Where the readable bodies lie, one entry a frame."""

    message_id: NDArray[np.uint16]
    serial: NDArray[np.uint16]
    error: NDArray[np.uint8]
    start: Ints
    length: Ints


@dataclass(slots=True)
class _Items:
    """Location bodies found so far: frame, place in the frame, where they lie; and the bad ones with their error."""

    frame: Ints
    start: Ints
    length: Ints
    ordinal: Ints | None = None
    bad: list[tuple[int, int, int]] | None = None  # frame, ordinal, error


def decode(
    batch: FrameBatch,
    assembled: NDArray[np.bool_] | None = None,
    message_ids: NDArray[np.uint16] | None = None,
) -> Columns:
    """Every position that ``batch`` holds, and an error for every frame.

    ``assembled[i]`` says that entry i is the bare body of a reassembled message of ``message_ids[i]``: no header, no
    check byte; its ``serial`` is 0.
    """
    buffer = batch.buffer
    bodies = _open(batch, assembled, message_ids)
    items, backfill = _items(buffer, bodies)
    base = windows(buffer, np.dtype("V28"))[items.start].view(_BASE)
    device_time, good = _times(base)
    if good is not None:
        wrong = np.flatnonzero(~good)
        ordinals = items.ordinal if items.ordinal is not None else np.zeros(len(good), np.int64)
        bad = items.bad if items.bad is not None else []
        bad += [
            (f, k, FrameError.TIME) for f, k in zip(items.frame[wrong].tolist(), ordinals[wrong].tolist(), strict=True)
        ]
        items.bad = bad
        items.frame, items.start, items.length = items.frame[good], items.start[good], items.length[good]
        base, device_time = base[good], device_time[good]
        backfill = backfill[good] if backfill is not None else None
    if items.bad:
        for frame, _, error in sorted(items.bad, reverse=True):  # so that the first item's error is written last
            bodies.error[frame] = error
    extras_start, extras_len = items.start + BASE_LOCATION, items.length - BASE_LOCATION
    values, extras_bad = _extras(buffer, extras_start, extras_start + extras_len)
    status = base["status"].astype(np.uint32)
    return Columns(
        message_id=bodies.message_id,
        serial=bodies.serial,
        error=bodies.error,
        frame=items.frame.astype(np.int32),
        alarm=base["alarm"].astype(np.uint32),
        status=status,
        lat_e6=_signed(base["lat"], status & np.uint32(Status.SOUTH)),
        lon_e6=_signed(base["lon"], status & np.uint32(Status.WEST)),
        altitude_m=base["altitude"].astype(np.int32),
        speed_dkmh=base["speed"].astype(np.int32),
        bearing_deg=base["bearing"].astype(np.int32),
        device_time=device_time,
        body_hash=body_hashes(buffer, items.start, items.length),
        backfill=backfill if backfill is not None else np.zeros(len(items.frame), np.bool_),
        extras_start=extras_start,
        extras_len=extras_len.astype(np.int32),
        extras_bad=extras_bad,
        buffer=buffer,
        **values,
    )


def _open(batch: FrameBatch, assembled: NDArray[np.bool_] | None, message_ids: NDArray[np.uint16] | None) -> _Bodies:
    """Check the frames and find their bodies; ``error`` is OK exactly where there is a body of 0x0200 or 0x0704."""
    starts, lengths, buffer = batch.starts, batch.lengths, batch.buffer
    count = len(starts)
    head = windows(buffer, np.dtype(("V", LONG_HEADER)))[starts].view(_HEAD)
    message_id = head["message_id"].astype(np.uint16)
    props = head["props"].astype(np.int64)
    body_length = props & LENGTH_MASK
    packets = np.where(props & SUBPACKAGE_BIT, PACKET_FIELDS, 0)
    over = lengths - body_length - packets - 1  # what is left for the header proper
    announced = np.where(props & VERSION_BIT, LONG_HEADER, SHORT_HEADER)
    fits = (over == announced) | (over == SHORT_HEADER)
    long = (over == LONG_HEADER) & (announced == LONG_HEADER)
    serial = np.where(long, head["long_serial"], head["short_serial"]).astype(np.uint16)
    readable = fits & ((message_id == LOCATION) | (message_id == BATCH))
    readable &= (props & (SUBPACKAGE_BIT | ENCRYPTION_MASK)) == 0
    sound = _checksums_hold(buffer, starts, lengths)
    readable &= sound
    readable &= lengths > SHORT_HEADER
    if batch.bad_escape is not None:
        readable &= ~batch.bad_escape
    error = np.zeros(count, np.uint8)
    if not readable.all():
        short = lengths <= SHORT_HEADER
        doubts: list[tuple[NDArray[np.bool_], FrameError]] = [
            (short, FrameError.HEADER),
            (~sound, FrameError.CHECKSUM),
            (~fits & (lengths < announced + packets + 1), FrameError.HEADER),
            (~fits, FrameError.LENGTH),
            ((message_id != LOCATION) & (message_id != BATCH), FrameError.NOT_LOCATION),
            ((props & SUBPACKAGE_BIT) != 0, FrameError.SUBPACKAGED),
            ((props & ENCRYPTION_MASK) != 0, FrameError.ENCRYPTED),
        ]
        if batch.bad_escape is not None:
            doubts.insert(0, (batch.bad_escape, FrameError.ESCAPE))
        error = np.select([doubt for doubt, _ in doubts], [code for _, code in doubts], 0).astype(np.uint8)
        unread = (error == FrameError.HEADER) & short
        message_id[unread], serial[unread] = 0, 0
    header = np.where(long, LONG_HEADER, SHORT_HEADER)
    start, length = starts + header, body_length
    if assembled is not None and assembled.any():
        assert message_ids is not None, "reassembled bodies need their message ids"
        message_id = np.where(assembled, message_ids, message_id).astype(np.uint16)
        known = (message_id == LOCATION) | (message_id == BATCH)
        error = np.where(assembled, np.where(known, 0, FrameError.NOT_LOCATION), error).astype(np.uint8)
        serial = np.where(assembled, 0, serial).astype(np.uint16)
        start, length = np.where(assembled, starts, start), np.where(assembled, lengths, length)
    return _Bodies(message_id, serial, error, start, length)


def _checksums_hold(buffer: NDArray[np.uint8], starts: Ints, lengths: Ints) -> NDArray[np.bool_]:
    """Whether the XOR over the whole frame, check byte included, is zero. Empty frames come out at random."""
    edges = np.empty(2 * len(starts), np.int64)
    edges[0::2] = starts
    edges[1::2] = starts + lengths
    return np.bitwise_xor.reduceat(buffer, edges)[0::2] == 0 if len(edges) else np.zeros(0, np.bool_)


def _items(buffer: NDArray[np.uint8], bodies: _Bodies) -> tuple[_Items, NDArray[np.bool_] | None]:
    """Location bodies of all frames, in order, and which of them are backfill (None: none)."""
    fine = bodies.error == FrameError.OK
    single = fine & (bodies.message_id == LOCATION)
    enough = single & (bodies.length >= BASE_LOCATION)
    bodies.error[single & ~enough] = FrameError.TRUNCATED
    frame = np.flatnonzero(enough)
    batches = np.flatnonzero(fine & (bodies.message_id == BATCH))
    if not len(batches):
        return _Items(frame, bodies.start[frame], bodies.length[frame]), None
    short = batches[bodies.length[batches] < 3]
    bodies.error[short] = FrameError.TRUNCATED
    batches = batches[bodies.length[batches] >= 3]
    listed = _listed(buffer, batches, bodies.start[batches], bodies.start[batches] + bodies.length[batches])
    kind_at = np.zeros(len(bodies.error), np.int64)
    kind_at[batches] = bodies.start[batches] + 2
    all_frames = np.concatenate((frame, listed.frame))
    assert listed.ordinal is not None
    ordinal = np.concatenate((np.zeros(len(frame), np.int64), listed.ordinal))
    order = np.lexsort((ordinal, all_frames))
    all_frames = all_frames[order]
    backfill = (bodies.message_id[all_frames] == BATCH) & (buffer[kind_at[all_frames]] == 1)
    items = _Items(
        all_frames,
        np.concatenate((bodies.start[frame], listed.start))[order],
        np.concatenate((bodies.length[frame], listed.length))[order],
        ordinal[order],
        listed.bad,
    )
    return items, backfill


def _listed(buffer: NDArray[np.uint8], frame: Ints, start: Ints, end: Ints) -> _Items:
    """Items of the 0x0704 bodies at ``start``, all bodies stepping from item to item together."""
    words = windows(buffer, np.dtype(">u2"))
    count, at = words[start].astype(np.int64), start + 3
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    bad: list[tuple[int, int, int]] = []
    step = 0
    live = count > 0
    frame, at, end, count = frame[live], at[live], end[live], count[live]
    while len(frame) >= FEW:
        size = words[np.minimum(at, end)].astype(np.int64)
        whole = size + 2 <= end - at
        enough = whole & (size >= BASE_LOCATION)
        bad.extend((one, step, FrameError.TRUNCATED) for one in frame[~enough].tolist())
        found.append((frame[enough], at[enough] + 2, size[enough], np.full(int(enough.sum()), step)))
        step += 1
        at = at + 2 + size
        live = whole & (count > step)
        frame, at, end, count = frame[live], at[live], end[live], count[live]
    raw = buffer.data
    rest: list[tuple[int, int, int, int]] = []
    for one, pos, stop, times in zip(frame.tolist(), at.tolist(), end.tolist(), count.tolist(), strict=True):
        for ordinal in range(step, times):
            size_one = raw[pos] << 8 | raw[pos + 1] if stop - pos >= 2 else stop
            if size_one + 2 > stop - pos:
                bad.append((one, ordinal, FrameError.TRUNCATED))
                break
            if size_one < BASE_LOCATION:
                bad.append((one, ordinal, FrameError.TRUNCATED))
            else:
                rest.append((one, pos + 2, size_one, ordinal))
            pos += 2 + size_one
    last = np.array(rest, np.int64).reshape(-1, 4)
    found.append((last[:, 0], last[:, 1], last[:, 2], last[:, 3]))
    joined = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return _Items(joined[0], joined[1], joined[2], joined[3], bad)


def _times(base: np.ndarray) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """Unix seconds of the BCD times, and which are moments at all (None: every one)."""
    month = base["month"].astype(np.int64)
    of_month = DAY_HOUR_SECONDS[base["hour"].astype(np.int64)]
    of_hour = MINUTE_SECONDS[base["second"].astype(np.int64)]
    good = (of_month < MONTH_SECONDS[month]) & (of_hour != BAD_SECONDS)
    device_time = MONTH_START[month] + of_month + of_hour
    return device_time, None if good.all() else good


def _signed(raw: np.ndarray, negative: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Magnitudes with the sign that the status bit gives; what is negative by itself stays so."""
    value = raw.astype(np.int32)
    return np.where((negative != 0) & (value > 0), -value, value) if negative.any() else value


def _extras(
    buffer: NDArray[np.uint8], start: Ints, end: Ints
) -> tuple[dict[str, NDArray[np.signedinteger]], NDArray[np.bool_]]:
    """Values of the items that have a column, and which rows' lists break off. All rows step from item to item."""
    rows = len(start)
    slots = np.full((len(EXTRA_NAMES) + 1, rows), -1, np.int64)
    flat = slots.reshape(-1)
    broken = np.zeros(rows, np.bool_)
    heads, quads = windows(buffer, np.dtype("<u2")), windows(buffer, np.dtype(">u4"))
    row: Ints = np.arange(rows)
    at = start
    live = at < end
    if not live.all():
        row, at, end = row[live], at[live], end[live]
    while len(row) >= FEW:
        head = heads[at]
        slot = EXTRA_SLOT[head]
        value = quads[at + 2] >> EXTRA_SHIFT[slot]
        at = at + (head >> 8) + 2
        inside = at <= end
        if inside.all():
            flat[slot * rows + row] = value
        else:
            broken[row[~inside]] = True
            flat[(slot * rows + row)[inside]] = value[inside]
        live = at < end
        if not live.all():
            row, at, end = row[live], at[live], end[live]
    if len(row):
        _few_extras(buffer.data, slots, broken, zip(row.tolist(), at.tolist(), end.tolist(), strict=True))
    return {name: slots[n].astype(kind, copy=False) for n, (name, kind) in enumerate(EXTRA_NAMES, start=1)}, broken


def _few_extras(
    raw: memoryview,
    slots: NDArray[np.int64],
    broken: NDArray[np.bool_],
    left: Iterable[tuple[int, int, int]],
) -> None:
    """The same walk for the last few rows, item by item."""
    for row, at, end in left:
        while at < end:
            if end - at < 2:
                broken[row] = True
                break
            slot, size = int(EXTRA_SLOT[raw[at + 1] << 8 | raw[at]]), raw[at + 1]
            if at + 2 + size > end:
                broken[row] = True
                break
            if slot:
                slots[slot, row] = int.from_bytes(raw[at + 2 : at + 6], "big") >> int(EXTRA_SHIFT[slot])
            at += 2 + size
