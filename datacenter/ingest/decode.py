"""A batch of frames into positions (批次解码), and what can't become one into the quarantine.

Frames of JT/T 808 and JT/T 905 may lie in one batch; each standard's are decoded together. A taxi's row has the alarm
and status words of JT/T 808, its occupancy in ``flags``, and its own two words in front of its extras (``OWN_WORDS``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datacenter.geo.shapes import inside_china
from datacenter.ingest.batch import BAD_MESSAGE, BODY, FACT, NO_ANSWER, STORED, TAXI_FRAME, Batch, Rejected
from datacenter.protocols.jt808.columns import Columns, FrameBatch, FrameError, decode
from datacenter.protocols.jt905 import bits as taxi_bits
from datacenter.protocols.jt905.columns import decode as decode_taxis
from datacenter.tracks.position import OWN_WORDS, Flag, Positions

# A terminal's clock may run ahead this far; past it the report's time means nothing.
AHEAD_S = 600
# Half a year of tracks is kept (183 days); what claims to be older is a clock that was never set.
BEHIND_S = 183 * 86_400
_TOP_SPEED_DKMH = 2500
_FIXED = np.uint32(1 << 1)  # status bit 1: the terminal has a fix
# A frame whose check byte is wrong may not even be this terminal's: it is sent again if nobody answers.
_ANSWERS = {FrameError.OK: STORED, FrameError.CHECKSUM: NO_ANSWER, FrameError.ESCAPE: NO_ANSWER}


_STATUS_PAIRS: tuple[tuple[int, Flag], ...] = (
    (taxi_bits.Status.OUT_OF_OPERATION, Flag.OUT_OF_OPERATION),
    (taxi_bits.Status.BOOKED, Flag.BOOKED),
    (taxi_bits.Status.PICK_UP, Flag.PICK_UP),
    (taxi_bits.Status.DROP_OFF, Flag.DROP_OFF),
    (taxi_bits.Status.LOADED, Flag.LOADED),
)
_ALARM_PAIRS: tuple[tuple[int, Flag], ...] = (
    (taxi_bits.Alarm.METER_FAULT, Flag.METER_FAULT),
    (taxi_bits.Alarm.METER_CLOCK, Flag.METER_CLOCK),
)


def _flags_by_half(pairs: tuple[tuple[int, Flag], ...], shift: int) -> npt.NDArray[np.int16]:
    """Flags by the value of the 16 bits of a word that begin at bit ``shift``."""
    table, values = np.zeros(1 << 16, np.int16), np.arange(1 << 16) << shift
    for bit, flag in pairs:
        table[(values & int(bit)) != 0] |= int(flag)
    return table


_STATUS_FLAGS = _flags_by_half(_STATUS_PAIRS, 0) | np.int16(Flag.TAXI)  # the higher half of the status is reserved
_ALARM_FLAGS_LOW, _ALARM_FLAGS_HIGH = _flags_by_half(_ALARM_PAIRS, 0), _flags_by_half(_ALARM_PAIRS, 16)


@dataclass(slots=True)
class Decoded:
    """What a batch holds: ``positions`` row by row with their raw ``extras``, and ``frame``, the frame each came in.

    ``timeless`` are the rows of absurd time with the time of their arrival instead: no track has them, but an emergency
    button is one whatever its terminal's clock says.
    """

    positions: Positions
    extras: list[bytes]
    frame: npt.NDArray[np.int32]
    results: npt.NDArray[np.uint8]  # per frame: what the gateway answers
    rejected: list[Rejected]
    facts: dict[int, bytes] = field(default_factory=dict)  # by frame: messages that are no positions, packed
    timeless: Positions = field(default_factory=Positions.empty)


def decode_batch(batch: Batch) -> Decoded:
    """Decode all frames at once. Rows of absurd time go to the quarantine with their frame, whole."""
    frames = FrameBatch.from_blob(batch.blob, batch.lengths)
    decoded = Decoded(
        Positions.empty(), [], np.empty(0, np.int32), np.full(len(batch), STORED, np.uint8), list(batch.rejected)
    )
    taxi = batch.forms == TAXI_FRAME
    if (reports := batch.forms == FACT).any():
        decoded.facts = {row: frames.frame(row) for row in np.flatnonzero(reports).tolist()}
        if reports.all():
            return decoded
    elif not taxi.any():
        columns = decode(frames, batch.forms == BODY, batch.message_ids)
        decoded.positions, decoded.frame, keep = _rows(batch, frames, columns, decoded)
        decoded.extras = _extras(columns, keep)
        return decoded
    parts = [_taxi_rows(batch, frames, np.flatnonzero(taxi), decoded)] if taxi.any() else []
    others = np.flatnonzero(~(taxi | reports))
    if len(others):
        columns = decode(_picked(frames, others), batch.forms[others] == BODY, batch.message_ids[others])
        _renumber(columns, others, len(batch))
        positions, frame, keep = _rows(batch, frames, columns, decoded)
        parts.append((positions, frame, _extras(columns, keep)))
    decoded.frame = np.concatenate([frame for _, frame, _ in parts])
    order = np.argsort(decoded.frame, kind="stable")
    extras = [tail for _, _, tails in parts for tail in tails]
    decoded.positions = Positions.join([positions for positions, _, _ in parts]).take(order)
    decoded.frame, decoded.extras = decoded.frame[order], [extras[row] for row in order.tolist()]
    return decoded


def _taxi_rows(
    batch: Batch, frames: FrameBatch, entries: npt.NDArray[np.intp], decoded: Decoded
) -> tuple[Positions, npt.NDArray[np.int32], list[bytes]]:
    """Positions, frames and extras of the JT/T 905 frames at ``entries``."""
    taxis = decode_taxis(_picked(frames, entries))
    columns = taxis.columns
    _renumber(columns, entries, len(batch))
    positions, frame, keep = _rows(batch, frames, columns, decoded)
    own_alarm, own_status = taxis.own_alarm[keep], taxis.own_status[keep]
    positions.flags[:] |= _STATUS_FLAGS[own_status & 0xFFFF]
    positions.flags[:] |= _ALARM_FLAGS_LOW[own_alarm & 0xFFFF] | _ALARM_FLAGS_HIGH[own_alarm >> 16]
    words = np.stack((own_alarm, own_status), axis=1).astype(">u4").tobytes()
    extras = [OWN_WORDS + words[8 * row : 8 * row + 8] + tail for row, tail in enumerate(_extras(columns, keep))]
    return positions, frame, extras


def _picked(frames: FrameBatch, entries: npt.NDArray[np.intp]) -> FrameBatch:
    return FrameBatch(frames.buffer, frames.starts[entries], frames.lengths[entries])


def _renumber(columns: Columns, entries: npt.NDArray[np.intp], count: int) -> None:
    """Make the columns of some entries speak of the whole batch's frames."""
    error = np.zeros(count, np.uint8)
    error[entries] = columns.error
    columns.frame, columns.error = entries[columns.frame].astype(np.int32), error


def _rows(
    batch: Batch, frames: FrameBatch, columns: Columns, decoded: Decoded
) -> tuple[Positions, npt.NDArray[np.int32], npt.NDArray[np.intp]]:
    """Positions, their frames, and the rows of ``columns`` that they are; results and rejections go to ``decoded``."""
    vehicle = batch.vehicles[columns.frame]
    received = batch.received_us[columns.frame]
    has_rows = np.zeros(len(batch), np.bool_)
    has_rows[columns.frame] = True
    for index in np.flatnonzero(columns.error).tolist():
        error = FrameError(int(columns.error[index]))
        if not has_rows[index]:
            decoded.results[index] = _ANSWERS.get(error, BAD_MESSAGE)
        detail = f"报文第 {index} 帧无法解码：{error.name}"
        decoded.rejected.append(_reject(batch, frames, index, error.name.lower(), detail))

    seconds = received // 1_000_000
    absurd = (columns.device_time > seconds + AHEAD_S) | (columns.device_time < seconds - BEHIND_S)
    if absurd.any():
        for index in np.unique(columns.frame[absurd]).tolist():
            row = int(np.flatnonzero(absurd & (columns.frame == index))[0])
            told = np.datetime64(int(columns.device_time[row]) + 8 * 3600, "s")
            detail = f"终端时间 {told} 超出允许范围（超前 10 分钟至滞后 183 天）"
            decoded.rejected.append(_reject(batch, frames, index, "absurd_time", detail))
        timeless = _positions(columns, vehicle, received, np.flatnonzero(absurd))
        timeless.device_time[:] = timeless.received_us // 1_000_000
        decoded.timeless = Positions.join([decoded.timeless, timeless])
    keep = np.flatnonzero(~absurd)
    return _positions(columns, vehicle, received, keep), columns.frame[keep], keep


def _positions(
    columns: Columns, vehicle: npt.NDArray[np.int32], received: npt.NDArray[np.int64], keep: npt.NDArray[np.intp]
) -> Positions:
    lat, lon = columns.lat_e6, columns.lon_e6
    located = (columns.status & _FIXED) != 0
    qualified = located & inside_china(lat, lon)
    qualified &= (columns.speed_dkmh <= _TOP_SPEED_DKMH) & (columns.bearing_deg <= 360)
    flags = (
        np.where(columns.backfill, Flag.BACKFILL, 0)
        | np.where(located, Flag.LOCATED, 0)
        | np.where(qualified, Flag.QUALIFIED, 0)
    ).astype(np.int16)
    everything = Positions(
        vehicle_id=vehicle.astype(np.int32),
        device_time=columns.device_time,
        body_hash=columns.body_hash,
        received_us=received,
        latitude_e6=lat,
        longitude_e6=lon,
        speed_dkmh=columns.speed_dkmh,
        bearing_deg=columns.bearing_deg,
        altitude_m=columns.altitude_m,
        alarm=columns.alarm,
        status=columns.status,
        mileage_dkm=columns.mileage_dkm,
        flags=flags,
    )
    return everything if len(keep) == len(lat) else everything.take(keep)


def _extras(columns: Columns, keep: npt.NDArray[np.intp]) -> list[bytes]:
    raw = columns.buffer.tobytes()
    starts = columns.extras_start[keep].tolist()
    ends = (columns.extras_start[keep] + columns.extras_len[keep]).tolist()
    return [raw[start:end] for start, end in zip(starts, ends, strict=True)]


def _reject(batch: Batch, frames: FrameBatch, index: int, reason: str, detail: str) -> Rejected:
    return Rejected(
        reason, detail, "", int(batch.vehicles[index]), "", frames.frame(index), int(batch.received_us[index])
    )
