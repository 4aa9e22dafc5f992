"""The vectorised decoder against the tables: row by row, error by error."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.jt808.bodyhash import body_hash, body_hashes
from datacenter.protocols.jt808.columns import FrameBatch, FrameError, decode, split_stream
from datacenter.protocols.jt808.extras import EXTRA_LIST, Extra
from datacenter.protocols.jt808.frame import FLAG, escape, unescape
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import MESSAGES, LocationBatch, LocationReport
from datacenter.protocols.wire import GMT8, BcdTime

from .columns_by_table import Row, body_by_table, by_table, check_equal, rows_of
from .goldens import GOLDENS
from .strategies import ample, damaged_frames, instances, location_frames, modest, rechecked, sealed, u16

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
    batch = split_stream(stream)
    assert [batch.frame(index) for index in range(len(batch))] == frames
    assert rows_of(decode(batch)) == rows_of(decode(FrameBatch.from_frames(frames)))


@modest
@given(st.lists(st.tuples(st.sampled_from([0x0200, 0x0704, 0x0801]), st.booleans(), st.data()), max_size=6))
def test_reassembled_bodies_decode_beside_frames(plan: list[tuple[int, bool, st.DataObject]]) -> None:
    entries: list[bytes] = []
    expected: list[tuple[FrameError, list[Row]]] = []
    ids = np.zeros(len(plan), np.uint16)
    assembled = np.array([bare for _, bare, _ in plan], np.bool_)
    for index, (message_id, bare, data) in enumerate(plan):
        ids[index] = message_id
        if not bare:
            raw = data.draw(any_frames)
            error, _, _, rows = by_table(index, raw)
        else:
            form = MESSAGES.forms.get(message_id, LocationReport)
            raw = data.draw(st.one_of(st.binary(max_size=90), instances(form, "2013").map(lambda one: one.encode())))
            error, rows = FrameError.NOT_LOCATION, []
            if message_id in (0x0200, 0x0704):
                error, rows = body_by_table(index, message_id, raw, "2013")
        entries.append(raw)
        expected.append((error, rows))
    columns = decode(FrameBatch.from_frames(entries), assembled, ids)
    assert columns.error.tolist() == [error for error, _ in expected]
    assert rows_of(columns) == [row for _, rows in expected for row in rows]


@modest
@given(st.binary(max_size=400), st.lists(st.integers(0, 60), max_size=20))
def test_any_blob_cut_anyhow_gives_columns(blob: bytes, lengths: list[int]) -> None:
    sizes = np.array(lengths, np.int32)
    while int(sizes.sum()) > len(blob):
        sizes = sizes[:-1]
    frames = [blob[end - size : end] for size, end in zip(sizes.tolist(), np.cumsum(sizes).tolist(), strict=True)]
    check_equal(frames, decode(FrameBatch.from_blob(blob, sizes)))


def test_lengths_past_the_blob_are_refused() -> None:
    with pytest.raises(ValueError, match="past the blob"):
        FrameBatch.from_blob(b"123", np.array([2, 2], np.int32))


@modest
@given(st.lists(st.binary(min_size=28, max_size=300), max_size=30))
def test_fingerprints_are_the_same_one_by_one_and_together(bodies: list[bytes]) -> None:
    batch = FrameBatch.from_frames(bodies)
    assert body_hashes(batch.buffer, batch.starts, batch.lengths).tolist() == [body_hash(one) for one in bodies]


def test_fingerprints_never_change() -> None:
    """Stored positions carry these: a change here would store every report of the past a second time."""
    assert body_hash(b"\x01") == 2859984820996925095
    assert body_hash(bytes(28)) == 4759415700817341034
    assert body_hash(bytes(range(28))) == -316249175881837666
    assert body_hash(bytes(range(200))) == -2598407992429647162


@modest
@given(st.binary(min_size=28, max_size=130), st.integers(0, 8 * 130 - 1), st.integers(0, 8 * 130 - 1))
def test_one_or_two_flipped_bits_change_the_fingerprint(body: bytes, first: int, second: int) -> None:
    changed = bytearray(body)
    for bit in {first % (8 * len(body)), second % (8 * len(body))}:
        changed[bit // 8] ^= 1 << bit % 8
    assert body_hash(bytes(changed)) != body_hash(body)


def test_many_reports_of_one_second_have_their_own_fingerprints() -> None:
    count = 1 << 18
    bodies = np.zeros((count, 28), np.uint8)
    bodies[:, 4:8] = np.arange(count, dtype=">u4").view(np.uint8).reshape(-1, 4)
    buffer = np.concatenate((bodies.reshape(-1), np.zeros(64, np.uint8)))
    hashes = body_hashes(buffer, np.arange(count) * 28, np.full(count, 28))
    assert len(np.unique(hashes)) == count
    assert len(np.unique(hashes & 0xFFFFFFFF)) > count - 40  # the low half alone behaves as chance would have it


def test_a_report_has_one_fingerprint_alone_and_in_a_batch() -> None:
    report = LocationReport.decode(unescape(next(g for g in GOLDENS if g.name == "location_2013").frame[1:-1])[12:-1])
    alone = decode(split_stream(sealed(report, Edition.V2013)))
    batch = decode(split_stream(sealed(LocationBatch.of((report, report), 1), Edition.V2019, "1" * 20)))
    assert batch.body_hash.tolist() == alone.body_hash.tolist() * 2
    assert batch.backfill.tolist() == [True, True]
    assert alone.backfill.tolist() == [False]


def test_golden_frames_decode_in_one_batch() -> None:
    frames = [unescape(golden.frame[1:-1]) for golden in GOLDENS]
    columns = decode(split_stream(b"".join(golden.frame for golden in GOLDENS)))
    check_equal(frames, columns)
    south_west = next(i for i, golden in enumerate(GOLDENS) if golden.name == "location_south_west")
    row = columns.frame.tolist().index(south_west)
    assert (columns.lat_e6[row], columns.lon_e6[row]) == (-33500000, -70250000)


@pytest.mark.parametrize("time", ["261301000000", "260231000000", "250229000000", "000000000000", "26030907412A"])
def test_impossible_times_are_an_error_and_no_row(time: str) -> None:
    body = bytes(22) + bytes.fromhex(time)
    raw = rechecked(Header(0x0200, 28, "1", 0, Edition.V2013).pack() + body + b"\0")
    columns = decode(FrameBatch.from_frames([raw]))
    assert (len(columns), columns.error.tolist()) == (0, [FrameError.TIME])


def test_each_second_of_a_leap_day_and_each_day_of_the_century_is_right() -> None:
    begin = datetime(2000, 1, 1, tzinfo=GMT8)
    moments = [begin + timedelta(days=n, seconds=(n * 977) % 86400) for n in range(36525)]
    parts = [bytes(22) + BcdTime().write(moment) for moment in moments]
    header = Header(0x0200, 28, "1", 0, Edition.V2013).pack()
    columns = decode(FrameBatch.from_frames([rechecked(header + part + b"\0") for part in parts]))
    assert columns.device_time.tolist() == [int(moment.timestamp()) for moment in moments]


def test_a_hostile_list_of_empty_items_does_not_take_long() -> None:
    """65,535 items of no bytes, and additional items of no bytes: a plain walk, not an array operation an item."""
    body = b"\xff\xff\x00" + bytes(2 * 65535)
    location = bytes(22) + bytes.fromhex("260309074126") + b"\x33\x00" * 30000
    ids = np.array([0x0704, 0x0200], np.uint16)
    columns = decode(FrameBatch.from_frames([body, location]), np.array([True, True]), ids)
    assert columns.error.tolist() == [FrameError.TRUNCATED, FrameError.OK]
    assert columns.extras_bad.tolist() == [False]


def test_an_empty_batch_gives_empty_columns() -> None:
    for batch in (
        FrameBatch.from_frames([]),
        split_stream(b""),
        split_stream(b"\x7e\x7e\x7e"),
        split_stream(b"\x7eab"),
    ):
        columns = decode(batch)
        assert (len(columns), len(columns.error)) == (0, 0)


@modest
@given(u16)
def test_truncated_items_leave_the_row_and_mark_it(more: int) -> None:
    report = LocationReport.decode(bytes(22) + bytes.fromhex("260309074126"))
    broken = (Extra(0x30, b"\x09"), Extra(0x01, b"\0\0", 3 + more % 250))
    body = report.encode() + EXTRA_LIST.write(broken)
    raw = rechecked(Header(0x0200, len(body), "1", 0, Edition.V2013).pack() + body + b"\0")
    columns = decode(FrameBatch.from_frames([raw]))
    assert (columns.extras_bad.tolist(), columns.signal.tolist(), columns.mileage_dkm.tolist()) == ([True], [9], [-1])
    assert columns.error.tolist() == [FrameError.OK]
