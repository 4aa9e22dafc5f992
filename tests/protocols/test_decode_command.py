"""``manage.py decode``: a JSON object for every line, whatever the line."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import Heartbeat

from .goldens import GOLDENS
from .strategies import ample, sealed

ROOT = Path(__file__).resolve().parents[2]
HEARTBEAT = sealed(Heartbeat(), Edition.V2013)


def run(monkeypatch: pytest.MonkeyPatch, text: str, **options: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    call_command("decode", stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_answer_a_line_in_order_blank_lines_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [golden.frame.hex() for golden in GOLDENS]
    answers = run(monkeypatch, "\n\n".join(lines) + "\n  \n")
    assert [one["message"] for one in answers] == [golden.says["message"] for golden in GOLDENS]
    assert all(one["ok"] for one in answers)


def test_a_bad_line_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = [
        "zz",
        "{",
        "[1]",
        '{"hex": 5}',
        '{"protocol": "morse", "hex": "00"}',
        '{"hex": "00", "framing": 7}',
        "7e7e",
        "é",
    ]
    answers = run(monkeypatch, "\n".join([*bad, HEARTBEAT.hex()]))
    assert [one["ok"] for one in answers] == [False] * len(bad) + [True]
    assert all(one["error"]["code"] and one["error"]["message"] for one in answers[:-1])


def test_the_real_command_reads_bytes_and_answers_line_by_line() -> None:
    sent = HEARTBEAT.hex().encode() + b"\n\xff\xfe\n\n" + json.dumps({"hex": HEARTBEAT.hex()}).encode()
    done = subprocess.run(
        [sys.executable, "manage.py", "decode"], cwd=ROOT, input=sent, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(line)["ok"] for line in done.stdout.splitlines()] == [True, False, True]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"hex": HEARTBEAT[:-2].hex() + "007e"}, "bad-checksum"),
        ({"hex": "7e0100002c0123454a7e"}, "header-too-short"),
        ({"hex": HEARTBEAT.hex() + HEARTBEAT.hex()}, "bad-framing"),
        ({"hex": "7e007d037e"}, "bad-escape"),
        ({"hex": seal(Header(0x0002, 1, "1", 0, Edition.V2013).pack()).hex()}, "body-length-mismatch"),
        ({"hex": "00", "framing": "body"}, "bad-framing"),
        ({"hex": "00", "framing": "body", "message": "0x0001"}, "truncated-body"),
        ({"hex": "00", "framing": "smoke"}, "bad-framing"),
    ],
)
def test_refusals_carry_their_code(facts: dict[str, str], code: str) -> None:
    assert answer(json.dumps(facts))["error"]["code"] == code


def test_a_sound_frame_with_a_bad_body_still_gives_its_header() -> None:
    said = answer(seal(Header(0x8001, 2, "139", 7, Edition.V2013).pack() + b"\1\2").hex())
    assert said["ok"]
    assert said["header"]["serial"] == 7
    assert said["body"]["hex"] == "0102"
    assert said["body"]["malformed"]["code"] == "truncated-body"


def test_unknown_messages_and_fragments_come_as_hexadecimal() -> None:
    assert answer(seal(Header(0x0F0F, 1, "1", 0, Edition.V2013).pack() + b"x").hex())["body"]["hex"] == "78"
    split = Header(0x0704, 1, "1", 0, Edition.V2013, subpackaged=True, packets=3, packet_no=2)
    said = answer(seal(split.pack() + b"x").hex())
    assert said["body"] == {"fragment": "78"}
    assert (said["header"]["packets"], said["header"]["packet_no"]) == (3, 2)


def test_streams_give_frames_and_the_rest() -> None:
    data = b"junk" + HEARTBEAT + HEARTBEAT + HEARTBEAT[:5]
    said = answer(json.dumps({"hex": data.hex(), "framing": "stream"}))
    assert said["frames"] == [HEARTBEAT.hex().upper()] * 2
    assert (said["remaining"], said["skipped"]) == (HEARTBEAT[:5].hex().upper(), 4)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.binary(max_size=30).map(bytes.hex)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
keys = ["hex", "protocol", "framing", "message", "header_edition", "length"]
named = st.sampled_from(
    ["jt808", "jt808-2019", "frame", "body", "stream", "escape", "0x0200", "0x0704", "2019", "2013"]
)


@ample
@given(
    st.one_of(
        st.text(max_size=40),
        st.dictionaries(st.sampled_from(keys), st.one_of(values, named, named), max_size=6).map(json.dumps),
        st.binary(max_size=80).map(lambda raw: seal(raw).hex()),
    )
)
def test_any_line_gives_one_answer(line: str) -> None:
    said = answer(line)
    assert said["ok"] is True or said["error"]["code"]
    json.loads(json.dumps(said))
