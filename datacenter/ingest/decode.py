"""A batch of frames into positions (批次解码), and what can't become one into the quarantine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datacenter.geo.shapes import inside_china
from datacenter.ingest.batch import BAD_MESSAGE, NO_ANSWER, STORED, Batch, Rejected
from datacenter.protocols.jt808.columns import Columns, FrameBatch, FrameError, decode
from datacenter.tracks.position import Flag, Positions

# A terminal's clock may run ahead this far; past it the report's time means nothing.
AHEAD_S = 600
# Half a year of tracks is kept (183 days); what claims to be older is a clock that was never set.
BEHIND_S = 183 * 86_400
_TOP_SPEED_DKMH = 2500
_FIXED = np.uint32(1 << 1)  # status bit 1: the terminal has a fix
# A frame whose check byte is wrong may not even be this terminal's: it is sent again if nobody answers.
_ANSWERS = {FrameError.OK: STORED, FrameError.CHECKSUM: NO_ANSWER, FrameError.ESCAPE: NO_ANSWER}


@dataclass(slots=True)
class Decoded:
    """What a batch holds: ``positions`` row by row with their raw ``extras``, and ``frame``, the frame each came in."""

    positions: Positions
    extras: list[bytes]
    frame: npt.NDArray[np.int32]
    results: npt.NDArray[np.uint8]  # per frame: what the gateway answers
    rejected: list[Rejected]


def decode_batch(batch: Batch) -> Decoded:
    """Decode all frames at once. Rows of absurd time go to the quarantine with their frame, whole."""
    frames = FrameBatch.from_blob(batch.blob, batch.lengths)
    columns = decode(frames, batch.assembled.astype(np.bool_), batch.message_ids)
    vehicle = batch.vehicles[columns.frame]
    received = batch.received_us[columns.frame]
    results = np.full(len(batch), STORED, np.uint8)
    rejected = list(batch.rejected)

    has_rows = np.zeros(len(batch), np.bool_)
    has_rows[columns.frame] = True
    for index in np.flatnonzero(columns.error).tolist():
        error = FrameError(int(columns.error[index]))
        if not has_rows[index]:
            results[index] = _ANSWERS.get(error, BAD_MESSAGE)
        rejected.append(_reject(batch, frames, index, error.name.lower(), f"报文第 {index} 帧无法解码：{error.name}"))

    seconds = received // 1_000_000
    absurd = (columns.device_time > seconds + AHEAD_S) | (columns.device_time < seconds - BEHIND_S)
    if absurd.any():
        for index in np.unique(columns.frame[absurd]).tolist():
            row = int(np.flatnonzero(absurd & (columns.frame == index))[0])
            told = np.datetime64(int(columns.device_time[row]) + 8 * 3600, "s")
            rejected.append(
                _reject(
                    batch, frames, index, "absurd_time", f"终端时间 {told} 超出允许范围（超前 10 分钟至滞后 183 天）"
                )
            )
    keep = np.flatnonzero(~absurd)
    return Decoded(
        positions=_positions(columns, vehicle, received, keep),
        extras=_extras(columns, keep),
        frame=columns.frame[keep],
        results=results,
        rejected=rejected,
    )


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
