"""The door to JT/T 809: every framing, keys, editions that nobody names, and any line at all."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.jt808.frame import FLAG
from datacenter.protocols.jt809.frame import seal, unescape
from datacenter.protocols.jt809.header import Edition, Header, Key, open_frame, sealed
from datacenter.protocols.jt809.messages import MESSAGES

from .goldens import FOLDER, load
from .jt809_strategies import damaged_frames
from .strategies import ample

GOLDENS = load(FOLDER.parent / "jt809")
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
few = settings(max_examples=15, deadline=None)
both = pytest.mark.parametrize("edition", list(Edition))
PLATE = "辽LT0809"


def golden(name: str) -> tuple[Header, bytes]:
    """Header and body of a golden frame."""
    one = next(one for one in GOLDENS if one.name == name)
    return open_frame(unescape(one.frame[1:-1]), one.says["edition"])


def decoded(name: str) -> Any:
    header, body = golden(name)
    return MESSAGES.decode(header.message_id, body, header.edition)


def asked(data: bytes, **facts: Any) -> dict[str, Any]:
    return answer(json.dumps({"protocol": "jt809", "hex": data.hex()} | facts))


@ample
@given(damaged_frames(), st.sampled_from([None, 2011, 2019, "2011"]))
def test_any_frame_gets_an_answer_and_never_raises(frame: bytes, edition: Any) -> None:
    said = asked(frame, **({} if edition is None else {"edition": edition}))
    json.dumps(said)
    assert said["ok"] or said["error"]["code"]


@ample
@given(
    st.binary(max_size=60),
    st.sampled_from(["frame", "body", "sub-body", "stream", "escape", "x", ""]),
    st.sampled_from(["0x1200", "0x1402", "0x9504", "0x1102", "0xFFFF", "", "zz"]),
)
def test_any_line_gets_an_answer(data: bytes, framing: str, message: str) -> None:
    said = asked(data, framing=framing, message=message, sub_message=message)
    json.dumps(said)
    assert said["ok"] or said["error"]["message"]


def test_encrypted_frames_are_opened_with_the_constants_given_and_shown_closed_without() -> None:
    key = Key(m1=10_000_019, ia1=20_000_003, ic1=30_000_001)
    _, body = golden("9301_2019")
    frame = sealed(Header(0x9300, 7, 9, Edition.V2019, encrypt=1, key=5, utc=1_764_030_378), body, key)
    constants = {"M1": key.m1, "IA1": key.ia1, "IC1": key.ic1}
    opened = asked(frame, decrypt=constants)
    assert opened["sub_message"] == "0x9301"
    assert opened["body"]["object_id19"].startswith("文")
    closed = asked(frame)
    assert closed["body"]["encrypted"] == "encrypted-body"
    assert closed["header"]["encrypt"] == 1
    for wrong in ({}, {"M1": 1}, {"M1": "1", "IA1": 1, "IC1": 1}, 5, [1, 2, 3], constants | {"M1": -1}):
        assert asked(frame, decrypt=wrong)["error"]["code"] == "bad-framing"


def test_frames_that_are_none_are_refused_by_name() -> None:
    frame = GOLDENS[0].frame
    for wrong in (b"", b"\x5b", frame[1:], frame[:-1], frame + frame, FLAG + b"\x00" + FLAG):
        assert not asked(wrong)["ok"]
    assert asked(frame, edition=2016)["error"]["code"] == "bad-framing"
    bad = frame[:-3] + bytes((frame[-3] ^ 0x10,)) + frame[-2:]
    assert asked(bad)["error"]["code"] in {"bad-crc", "bad-escape"}


def test_a_broken_body_is_shown_with_its_reason() -> None:
    header, body = golden("9401_2019")
    said = asked(sealed(header, body[:-1]), edition=2019)
    assert said["body"]["malformed"]["field"] == "data_length"
    lying = seal((9).to_bytes(4, "big") + replace(header, length=0).pack()[4:] + body)
    assert asked(lying)["error"]["code"] == "body-length-mismatch"
    assert asked(lying, length="mismatch")["ok"]


def test_streams_and_escapes_are_shown_as_they_lay() -> None:
    one, two = GOLDENS[0].frame, GOLDENS[1].frame
    said = asked(b"xx" + one + two + b"\x5b\x01", framing="stream")
    assert said["frames"] == [one.hex().upper(), two.hex().upper()]
    assert (said["skipped"], said["remaining"], said["dropped"]) == (2, "5B01", 0)
    assert asked(b"\x5b\x5a\x01\x5e\x02\x5d", framing="escape")["unescaped"] == "5B5E"
    assert asked(b"\x5a", framing="escape")["error"]["code"] == "bad-escape"


def test_bodies_whose_edition_nobody_names_are_read_by_the_one_that_fits() -> None:
    for name in ("1001_2011", "1001_2019"):
        _, body = golden(name)
        said = asked(body, framing="body", message="0x1001")
        assert ("access_code" in said["body"]) is name.endswith("2019")
