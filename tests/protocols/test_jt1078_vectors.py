"""Test vectors of JT/T 1078 that others made, read in place beside the checkout (never copied)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt1078.messages import MESSAGES
from datacenter.protocols.jt1078.packet import open_either

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"
pytestmark = pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)


def test_all_vectors_pass() -> None:
    command = [sys.executable, str(CHECKER), str(VECTORS), "--only", "jt1078"]
    command += ["--", sys.executable, "manage.py", "decode"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jt1078: 46/46" in done.stdout


def test_what_vectors_bring_encodes_back_byte_for_byte() -> None:
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        if vector["protocol"] != "jt1078" or not vector["expect"].get("body"):
            continue
        raw = bytes.fromhex(vector["hex"])
        if vector["message"] == "rtp":
            packet, rest = open_either(raw)
            assert packet.encode() + rest == raw, vector["id"]
        elif vector["framing"] == "body":
            assert MESSAGES.decode(int(vector["message"], 16), raw).encode() == raw, vector["id"]
        else:
            header, body = open_frame(unescape(raw[1:-1]))
            if header.subpackaged:
                continue
            assert MESSAGES.decode(header.message_id, body).encode() == body, vector["id"]
        seen += 1
    assert seen > 40
