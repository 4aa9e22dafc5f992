"""A frame field by field: every byte has its row, and what is broken is explained as far as it goes."""

import io
import json
import sys

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.active_safety.stream import pack_packet
from datacenter.protocols.decoding import BadRequest, answer, digits_of
from datacenter.protocols.explain import Explanation, Row, chinese_of, clause_of, number, unit_of
from datacenter.protocols.explaining import EXPLAINERS, as_text, explain_line
from datacenter.protocols.guess import guess
from datacenter.protocols.jt808.extras import Fuel, VideoAlarms
from datacenter.protocols.jt808.frame import FLAG, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import Circle, LocationReport, Register
from datacenter.protocols.jt1078.packet import DataType, Mark, MediaPacket
from datacenter.protocols.layout import Struct
from datacenter.protocols.trace import UNREAD, Trace
from datacenter.protocols.wire import U8, U16, Reader

from .goldens import FOLDER, GOLDENS, SHARED, Golden, load
from .strategies import ample, damaged_frames

VECTORS = SHARED / "protocols" / "vectors.jsonl"
LOCATION = next(golden.frame for golden in GOLDENS if golden.name == "location_2019")
OTHERS = {name: load(FOLDER.parent / name) for name in ("jt905", "jt1078", "jt809", "active_safety")}
EVERY = [("jt808", golden) for golden in GOLDENS] + [(name, golden) for name in OTHERS for golden in OTHERS[name]]
every_golden = pytest.mark.parametrize(("standard", "golden"), EVERY, ids=[f"{name}-{one.name}" for name, one in EVERY])


def covered(told: Explanation) -> set[int]:
    """Offsets that some row inside a group takes."""
    return {
        at for row in told.rows if row.depth or row.name in ("checksum", "crc") for at in range(row.offset, row.stop)
    }


@every_golden
def test_every_byte_of_a_golden_frame_has_its_row(standard: str, golden: Golden) -> None:
    told = explain_line(golden.frame.hex())
    if golden.frame.startswith(FLAG):
        assert told.raw == unescape(golden.frame.strip(FLAG))
    assert told.faults == []
    assert covered(told) == set(range(len(told.raw)))
    outer = [row for row in told.rows if row.depth == 0]
    assert b"".join(row.raw for row in outer) == told.raw
    assert told.message == golden.says["message"]
    assert all(row.title and row.name for row in told.rows)
    assert all(row.raw == told.raw[row.offset : row.stop] for row in told.rows)
    as_text(told)


@every_golden
def test_inner_rows_lie_inside_the_outer_one(standard: str, golden: Golden) -> None:
    around: list[Row] = []
    for row in explain_line(golden.frame.hex()).rows:
        del around[row.depth :]
        assert len(around) == row.depth
        if around:
            assert around[-1].offset <= row.offset
            assert row.stop <= around[-1].stop
        around.append(row)


@every_golden
def test_what_a_golden_frame_follows_is_guessed(standard: str, golden: Golden) -> None:
    shared = {"jt1078": {"jt1078", "jt808"}, "active_safety": {"jt808-su", "jt808"}}  # ids that JT/T 808 has as well
    assert guess(golden.frame) in shared.get(standard, {standard})


@pytest.mark.parametrize("cut", range(1, len(LOCATION), 7))
def test_a_frame_that_breaks_off_is_explained_up_to_there(cut: int) -> None:
    told = explain_line(LOCATION[:cut].hex(), "jt808")
    assert told.faults
    assert all(row.raw == told.raw[row.offset : row.stop] for row in told.rows)
    if cut > 40:
        assert any(row.name == "latitude_e6" and row.value == "41.119874" for row in told.rows)


@ample
@given(
    st.one_of(damaged_frames().map(lambda raw: seal(raw[:-1])), st.binary(max_size=60)), st.sampled_from([*EXPLAINERS])
)
def test_any_bytes_are_explained(data: bytes, protocol: str) -> None:
    try:
        told = explain_line(data.hex(), protocol)
    except BadRequest:
        assert not data
        return
    assert all(row.raw == told.raw[row.offset : row.stop] for row in told.rows)
    as_text(told)


def test_a_field_says_its_place_value_unit_meaning_and_clause() -> None:
    rows = {row.name: row for row in explain_line(LOCATION.hex()).rows}
    speed, status, mileage = rows["speed_dkmh"], rows["status_flag"], rows["mileage_dkm"]
    assert (speed.offset, speed.raw.hex(), speed.title, speed.value, speed.unit, speed.wire) == (
        35, "027b", "速度", "63.5", "km/h", "635",
    )  # fmt: skip
    assert speed.clause == "JT/T 808-2019, message 0x0200"
    assert "位1 定位" in status.means
    assert (mileage.value, mileage.unit, mileage.clause) == ("1.1", "km", "JT/T 808-2019, tables 27 to 31")
    assert "正确" in rows["checksum"].means[0]


def test_escapes_are_named_by_their_place() -> None:
    body = bytes.fromhex("7e7d01")
    frame = seal(Header(0x8001, 3, "139", 7, Edition.V2013).pack() + body)
    assert explain_line(frame.hex()).escapes == (12, 13)


def test_a_wrong_check_byte_says_expected_and_found_and_the_rest_stands() -> None:
    frame = LOCATION[:-2] + bytes((LOCATION[-2] ^ 1,)) + FLAG
    told = explain_line(frame.hex(), "jt808")
    last = told.rows[-1]
    assert last.means == (f"错误：应为 {LOCATION[-2]:02X}，收到 {LOCATION[-2] ^ 1:02X}",)
    assert [fault.code for fault in told.faults] == ["bad-checksum"]
    assert any(row.name == "mileage_dkm" for row in told.rows)


def test_a_broken_body_names_field_place_and_reason() -> None:
    frame = seal(Header(0x0200, 28, "139", 7, Edition.V2013).pack() + bytes(28))
    told = explain_line(frame.hex())
    broken = next(row for row in told.rows if row.fault)
    assert (broken.name, broken.offset, broken.fault and broken.fault.code) == ("time", 12 + 22, "bad-time")
    assert [(fault.field, fault.offset) for fault in told.faults] == [("time", 34)]


def test_unknown_messages_fragments_and_sealed_bodies_stay_bytes() -> None:
    unknown = explain_line(seal(Header(0x0F0F, 1, "1", 0, Edition.V2013).pack() + b"x").hex())
    assert unknown.rows[-2].means == ("没有这条消息的表",)
    split = Header(0x0704, 1, "1", 0, Edition.V2013, subpackaged=True, packets=3, packet_no=2)
    assert explain_line(seal(split.pack() + b"x").hex()).rows[-2].name == "fragment"
    locked = explain_line(seal(Header(0x0200, 1, "1", 0, Edition.V2013, encryption=1).pack() + b"x").hex())
    assert locked.faults[0].code == "encrypted-body"


def test_a_bare_body_is_explained_by_the_message_named() -> None:
    told = explain_line(json.dumps({"framing": "body", "message": "0x8001", "hex": "0001020003"}))
    assert [(row.name, row.offset) for row in told.rows] == [
        ("body", 0), ("ack_serial", 0), ("ack_id", 2), ("result", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "spelled",
    [
        "7E 00 02 7e", "0x7e,0x00,0x02,0x7e", "\ufeff7e00027E", "7e-00-02-7e", "7e:00:02:7e", "0x7e00027e",
        "\\x7e\\x00\\x02\\x7e", "[0x7E, 0x0, 0x2, 0x7E]", '"7e00027e"', "7e00 \u30000\t2 7e",
    ],
)  # fmt: skip
def test_hexadecimal_is_read_however_it_is_spelled(spelled: str) -> None:
    assert digits_of(spelled) == bytes.fromhex("7e00027e")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("7e0g", {"field": "hex", "offset": 1, "value": "g"}),
        ("7e0", {"field": "hex", "offset": 1}),
        ('{"hex": 5}', {"field": "hex", "value": 5}),
        ('{"hex": "00", "protocol": "morse"}', {"field": "protocol", "value": "morse"}),
        ('{"hex": "00", "framing": "body", "message": "0x0001"}', {"field": "ack_serial", "offset": 0, "needed": 2}),
        (LOCATION[:-2].hex() + "007e", {"expected": LOCATION[-2], "found": 0}),
    ],
)
def test_refusals_name_field_place_and_value(line: str, named: dict[str, object]) -> None:
    error = answer(line)["error"]
    assert error["code"]
    assert error["message"]
    assert named.items() <= error.items()


def test_vectors_are_guessed_as_what_they_are() -> None:
    if not VECTORS.exists():
        pytest.skip(f"NOT CHECKED: {VECTORS} is not here")
    wrong = []
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        family = vector["protocol"].replace("-2019", "").replace("-2013", "").replace("-2011", "")
        if vector["framing"] in ("frame", "rtp", "rtp-stream") and "error" not in vector["expect"]:
            data = bytes.fromhex(vector["hex"])
            guessed = guess(data, vector["framing"])
            odd_number = family == "jt905" and data[5] != 0x10  # no ISU's number: both standards may read it alike
            with_items = family == "jt808" and guessed == "jt808-su" and vector["message"] == "0x0200"
            if guessed != family and not odd_number and not with_items:
                wrong.append((vector["id"], family, guessed))
    assert wrong == []


def test_the_command_explains_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"zz\n{LOCATION.hex()}\n"))
    call_command("decode", stdout=out, explain=True)
    text = out.getvalue()
    assert text.startswith("! bad-request")
    assert "位置信息汇报" in text
    assert "41.119874（41119874） °" in text


def test_units_clauses_and_terms_come_from_the_tables() -> None:
    assert [unit_of(name) for name in ("speed_kmh", "altitude_m", "latitude_deg", "interval_s", "count", "m")] == [
        "km/h", "m", "°", "s", "", "",
    ]  # fmt: skip
    assert clause_of(Register) == "JT/T 808-2019, message 0x0100"
    assert clause_of(VideoAlarms) == "JT/T 1078"
    assert clause_of(Fuel) == "JT/T 808-2019, tables 27 to 31"
    assert (chinese_of(Circle), Struct(Circle).title) == ("圆形区域项", "Circle")
    assert [number(value) for value in (41.1, 0.0, 1 / 3, 100.0)] == ["41.1", "0", "0.3333333", "100"]


def test_a_trace_keeps_what_an_attempt_had_read() -> None:
    trace = Trace()
    outer = trace.begin(0, "outer", "外", U16)
    trace.leaf(0, 1, "inner", "内", U8, 1)
    fault = ValueError()
    trace.fail(trace.begin(1, "broken", "坏", U8), fault)
    trace.fail(outer, fault)
    assert [(row.depth, row.name, row.stop, row.error) for row in trace.rows] == [
        (0, "outer", UNREAD, None), (1, "inner", 1, None), (1, "broken", UNREAD, fault),
    ]  # fmt: skip
    assert trace.depth == 0
    trace.drop(1, 0)
    assert [row.name for row in trace.rows] == ["outer"]


def test_reading_with_a_trace_gives_the_same_message() -> None:
    body = LOCATION[18:-2].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    assert LocationReport.layout.read(Reader(body, "2019", Trace())) == LocationReport.decode(body, "2019")


def test_media_packets_are_explained_one_after_another() -> None:
    picture = MediaPacket("013912345678", 1, DataType.I_FRAME, Mark.FIRST, 7, 98, b"\0\0\0\1", 1000, 40, 40)
    sound = MediaPacket("013912345678", 1, DataType.AUDIO, Mark.ATOMIC, 8, 6, b"abc", 1010)
    data = picture.encode() + sound.encode()
    told = explain_line(data.hex())
    assert (told.protocol, told.faults, covered(told)) == ("jt1078", [], set(range(len(data))))
    assert [row.name for row in told.rows if not row.depth] == ["packet[0]", "packet[1]"]
    means = [row.means for row in told.rows if row.name == "data_type"]
    assert means == [("视频 I 帧", "第一个包"), ("音频帧", "原子包")]
    assert [row.unit for row in told.rows if row.name == "timestamp_ms"] == ["ms", "ms"]
    cut = explain_line(data[:-2].hex())
    assert [row.fault is not None for row in cut.rows if row.name.startswith("packet")] == [False, True]


def test_a_file_packet_is_explained() -> None:
    data = pack_packet("00_64_6401_1.jpg", 65536, b"\xff\xd8")
    told = explain_line(data.hex())
    assert (told.protocol, told.faults, covered(told)) == ("jt808-su", [], set(range(len(data))))
    assert [row.value for row in told.rows if row.name in ("name", "offset")] == ["00_64_6401_1.jpg", "65536"]
