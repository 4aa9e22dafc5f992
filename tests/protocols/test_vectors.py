"""Test vectors that others made, read in place beside the checkout (never copied)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import MESSAGES

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"
PROTOCOLS = "jt808-2013,jt808-2019"
pytestmark = pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)


def test_all_vectors_pass() -> None:
    command = [sys.executable, str(CHECKER), str(VECTORS), "--only", PROTOCOLS]
    command += ["--", sys.executable, "manage.py", "decode"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_platform_replies_that_vectors_expect_can_be_said() -> None:
    """The frames that sources answer with are decoded and built again, byte for byte."""
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        reply = vector.get("expected_reply")
        if not reply or not vector["protocol"].startswith("jt808"):
            continue
        header, body = open_frame(unescape(bytes.fromhex(reply)[1:-1]))
        if header.message_id not in MESSAGES.forms:  # active safety's own
            continue
        assert seal(
            header.pack() + MESSAGES.decode(header.message_id, body, header.edition).encode(header.edition)
        ) == bytes.fromhex(reply)
        seen += 1
    assert seen


def test_bodies_that_vectors_bring_encode_back_byte_for_byte() -> None:
    """Whatever paddings, clocks and quirks real terminals have; bytes behind the last field are nobody's."""
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        if vector["protocol"] not in PROTOCOLS.split(",") or vector.get("checksum") == "bad":
            continue
        if vector["expect"].get("body") is None:  # nothing to read
            continue
        edition, raw = vector.get("header_edition", "2013"), bytes.fromhex(vector["hex"])
        if vector["framing"] == "body":
            message_id, body = int(vector["message"], 16), raw
        elif vector["framing"] == "frame" and vector["message"] != "invalid":
            header, body = open_frame(unescape(raw[1:-1]), strict_length=False)
            message_id, edition = header.message_id, header.edition
            if header.encryption or header.packet_no > 1:
                continue
        else:
            continue
        form = MESSAGES.forms[message_id]
        found = form.edition_of(body, edition)
        assert body.startswith(form.decode(body, edition).encode(found)), vector["id"]
        seen += 1
    assert seen > 200
