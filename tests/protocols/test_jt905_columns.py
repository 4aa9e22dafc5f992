"""The vectorised decoder of JT/T 905 against its tables: row by row, error by error."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.jt808.batch import split_stream
from datacenter.protocols.jt808.columns import FrameBatch, FrameError
from datacenter.protocols.jt808.frame import FLAG, escape, unescape
from datacenter.protocols.jt905.bits import alarm_808, status_808
from datacenter.protocols.jt905.columns import decode
from datacenter.protocols.jt905.header import Header
from datacenter.protocols.jt905.messages import (
    LocationReport,
)
from datacenter.protocols.tlv import Tlv

from .goldens import FOLDER, load
from .jt905_columns_by_table import check_equal, rows_of
from .jt905_strategies import damaged_frames, location_frames
from .strategies import ample, modest, rechecked

GOLDENS = load(FOLDER.parent / "jt905")

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
