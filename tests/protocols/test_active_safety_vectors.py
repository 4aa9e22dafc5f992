"""Test vectors of active safety that others made, read in place beside the checkout (never copied)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datacenter.protocols.active_safety.decoding import EVERYTHING
from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt808.header import open_frame

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"
pytestmark = pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)


def test_all_vectors_pass() -> None:
    command = [sys.executable, str(CHECKER), str(VECTORS), "--only", "jt808-su"]
    command += ["--", sys.executable, "manage.py", "decode"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jt808-su: 20/20" in done.stdout


def test_bodies_and_replies_that_vectors_bring_encode_back_byte_for_byte() -> None:
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        if vector["protocol"] != "jt808-su":
            continue
        edition, raw = vector["header_edition"], bytes.fromhex(vector["hex"])
        message_id, body = int(vector["message"], 16), raw
        if vector["framing"] == "frame":
            header, body = open_frame(unescape(raw[1:-1]))
            message_id, edition = header.message_id, header.edition
        if vector["expect"].get("body") is not None:
            assert EVERYTHING.decode(message_id, body, edition).encode(edition) == body, vector["id"]
            seen += 1
        if reply := vector.get("expected_reply"):
            header, body = open_frame(unescape(bytes.fromhex(reply)[1:-1]))
            again = EVERYTHING.decode(header.message_id, body, header.edition).encode(header.edition)
            assert seal(header.pack() + again) == bytes.fromhex(reply)
    assert seen >= 19
