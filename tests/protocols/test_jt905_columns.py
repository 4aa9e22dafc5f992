"""The vectorised decoder of JT/T 905 against its tables: row by row, error by error."""

from dataclasses import replace
from datetime import UTC
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import (
    BadBcd,
    BadChecksum,
    BadTime,
    HeaderTooShort,
    LengthMismatch,
    ProtocolError,
    TruncatedBody,
)
from datacenter.protocols.jt808.batch import split_stream
from datacenter.protocols.jt808.bodyhash import body_hash
from datacenter.protocols.jt808.columns import FrameBatch, FrameError
from datacenter.protocols.jt808.frame import FLAG, escape, unescape
from datacenter.protocols.jt905.bits import alarm_808, status_808
from datacenter.protocols.jt905.columns import TaxiColumns, decode
from datacenter.protocols.jt905.extras import EXTRA_LIST, typed
from datacenter.protocols.jt905.header import Header, open_frame
from datacenter.protocols.jt905.messages import (
    MESSAGES,
    BadPosition,
    LocationAnswer,
    LocationReport,
    LocationResent,
    Position,
)
from datacenter.protocols.layout import Layout
from datacenter.protocols.tlv import TAIL, Tlv

from .goldens import FOLDER, load
from .jt905_strategies import damaged_frames, location_frames
from .strategies import ample, modest, rechecked

GOLDENS = load(FOLDER.parent / "jt905")
POSITION = Layout(Position)
Row = dict[str, Any]
ERRORS: dict[type[ProtocolError], FrameError] = {
    HeaderTooShort: FrameError.HEADER,
    BadChecksum: FrameError.CHECKSUM,
    LengthMismatch: FrameError.LENGTH,
    TruncatedBody: FrameError.TRUNCATED,
    BadTime: FrameError.TIME,
    BadBcd: FrameError.TIME,
}
NONE_HERE = ("recorder_speed_dkmh", "video_alarm", "video_loss", "video_occlusion", "storage_fault")
NONE_HERE += ("abnormal_driving", "signal", "satellites")


def row_by_table(frame: int, position: Any, backfill: bool) -> Row:
    """What a row has to hold, by the tables."""
    items = () if backfill else position.extras
    lat, lon = position.signed_e6
    known = typed(items)
    return {
        "frame": frame,
        "alarm": alarm_808(position.alarms),
        "status": status_808(position.status),
        "lat_e6": lat,
        "lon_e6": lon,
        "altitude_m": known[3].altitude_m if 3 in known else 0,
        "speed_dkmh": round(position.speed_kmh * 10),
        "bearing_deg": position.bearing_deg,
        "device_time": int(position.device_time.astimezone(UTC).timestamp()),
        "body_hash": body_hash(POSITION.encode(position) + EXTRA_LIST.write(items)),
        "backfill": backfill,
        "mileage_dkm": round(known[1].mileage_km * 10) if 1 in known else -1,
        "fuel_dl": round(known[2].fuel_l * 10) if 2 in known else -1,
        "extras_bad": any(item.declared is not None or item.id == TAIL for item in items),
        "extras": EXTRA_LIST.write(items),
        "own": (position.alarms, position.status),
        **dict.fromkeys(NONE_HERE, -1),
    }


def by_table(index: int, raw: bytes) -> tuple[FrameError, int, int, list[Row]]:
    """Error, message id, serial and rows of one raw frame, by the tables."""
    try:
        header, body = open_frame(raw)
    except ProtocolError as fault:
        return ERRORS[type(fault)], -1, -1, []
    known = header.message_id, header.serial
    if header.message_id not in (0x0200, 0x0201, 0x0202, 0x0203):
        return FrameError.NOT_LOCATION, *known, []
    try:
        message = MESSAGES.decode(header.message_id, body)
    except ProtocolError as fault:
        return ERRORS[type(fault)], *known, []
    if not isinstance(message, LocationResent):
        report = message.report if isinstance(message, LocationAnswer) else message
        return FrameError.OK, *known, [row_by_table(index, report, False)]
    bad = [item for item in message.items if isinstance(item, BadPosition)]
    good = [item for item in message.items if not isinstance(item, BadPosition)]
    error = ERRORS[type(bad[0].error)] if bad else FrameError.OK
    return error, *known, [row_by_table(index, item, True) for item in good]


def rows_of(taxi: TaxiColumns) -> list[Row]:
    columns = taxi.columns
    names = [*NONE_HERE, "frame", "alarm", "status", "lat_e6", "lon_e6", "altitude_m", "speed_dkmh", "bearing_deg"]
    names += ["device_time", "body_hash", "backfill", "extras_bad", "mileage_dkm", "fuel_dl"]
    lists = {name: getattr(columns, name).tolist() for name in names}
    own = list(zip(taxi.own_alarm.tolist(), taxi.own_status.tolist(), strict=True))
    return [
        {name: lists[name][row] for name in names} | {"extras": columns.extras(row), "own": own[row]}
        for row in range(len(columns))
    ]


def check_equal(frames: list[bytes], taxi: TaxiColumns) -> None:
    expected: list[Row] = []
    for index, raw in enumerate(frames):
        error, message_id, serial, rows = by_table(index, raw)
        assert FrameError(taxi.columns.error[index]) is error, raw.hex()
        if message_id >= 0:
            assert (taxi.columns.message_id[index], taxi.columns.serial[index]) == (message_id, serial)
        expected += rows
    assert rows_of(taxi) == expected


any_frames = st.one_of(location_frames(), location_frames(), damaged_frames(), st.binary(max_size=70))


@ample
@given(st.lists(any_frames, max_size=12))
def test_columns_equal_tables_row_by_row_and_error_by_error(frames: list[bytes]) -> None:
    check_equal(frames, decode(FrameBatch.from_frames(frames)))


@modest
@given(st.lists(any_frames, min_size=1, max_size=6), st.integers(17, 24))
def test_many_frames_walk_together_as_few_do(frames: list[bytes], times: int) -> None:
    check_equal(frames * times, decode(FrameBatch.from_frames(frames * times)))


@modest
@given(st.lists(any_frames.filter(len), max_size=12))
def test_the_wire_stream_gives_the_same_as_its_frames(frames: list[bytes]) -> None:
    stream = b"".join(FLAG + escape(raw) + FLAG for raw in frames)
    assert rows_of(decode(split_stream(stream))) == rows_of(decode(FrameBatch.from_frames(frames)))


@modest
@given(st.binary(max_size=400), st.lists(st.integers(0, 60), max_size=20))
def test_any_blob_cut_anyhow_gives_columns(blob: bytes, lengths: list[int]) -> None:
    sizes = np.array(lengths, np.int32)
    while int(sizes.sum()) > len(blob):
        sizes = sizes[:-1]
    frames = [blob[end - size : end] for size, end in zip(sizes.tolist(), np.cumsum(sizes).tolist(), strict=True)]
    check_equal(frames, decode(FrameBatch.from_blob(blob, sizes)))


def test_golden_frames_decode_in_one_batch() -> None:
    frames = [unescape(golden.frame[1:-1]) for golden in GOLDENS]
    check_equal(frames, decode(FrameBatch.from_frames(frames)))


def test_a_frame_that_could_not_be_unescaped_says_so() -> None:
    batch = split_stream(b"\x7e\x02\x00\x7d\x09\x7e" + GOLDENS[0].frame)
    assert decode(batch).columns.error.tolist() == [FrameError.ESCAPE, FrameError.NOT_LOCATION]


def test_an_empty_batch_gives_empty_columns() -> None:
    taxi = decode(FrameBatch.from_frames([]))
    assert (len(taxi.columns), len(taxi.own_status)) == (0, 0)


def test_each_bit_is_translated_alone() -> None:
    report = LocationReport.decode(bytes(19) + bytes.fromhex("260309074126"))
    words = [1 << bit for bit in range(32)]
    frames = []
    for word in words:
        body = replace(report, alarms=word, status=word).encode()
        frames.append(rechecked(Header(0x0200, len(body), "10", 1).pack() + body + b"\0"))
    taxi = decode(FrameBatch.from_frames(frames))
    assert taxi.columns.alarm.tolist() == [alarm_808(word) for word in words]
    assert taxi.columns.status.tolist() == [status_808(word) for word in words]
    assert taxi.own_status.tolist() == words


@pytest.mark.parametrize("altitude", [-32768, -5, 0, 8848, 32767])
def test_altitude_is_an_item_with_a_sign(altitude: int) -> None:
    report = LocationReport.decode(bytes(19) + bytes.fromhex("260309074126"))
    items = (Tlv(3, altitude.to_bytes(2, "big", signed=True)),)
    body = replace(report, extras=items).encode()
    raw = rechecked(Header(0x0200, len(body), "10", 1).pack() + body + b"\0")
    assert decode(FrameBatch.from_frames([raw] * 20)).columns.altitude_m.tolist() == [altitude] * 20


def test_a_hostile_list_of_empty_items_does_not_take_long() -> None:
    body = bytes(19) + bytes.fromhex("260309074126") + b"\x33\x00" * 30000
    raw = rechecked(Header(0x0200, len(body), "10", 1).pack() + body + b"\0")
    assert decode(FrameBatch.from_frames([raw])).columns.extras_bad.tolist() == [False]
