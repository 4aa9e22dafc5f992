"""Test vectors of JT/T 809 that others made, read in place beside the checkout (never copied)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datacenter.protocols.jt809.frame import raw_of
from datacenter.protocols.jt809.header import Edition, Key, clear_body, open_frame, sealed
from datacenter.protocols.jt809.messages import MESSAGES, SUB_MESSAGES

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"
pytestmark = pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)


def test_all_vectors_pass() -> None:
    command = [sys.executable, str(CHECKER), str(VECTORS), "--only", "jt809"]
    command += ["--", sys.executable, "manage.py", "decode"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jt809: 52/52" in done.stdout


def test_what_vectors_bring_encodes_back_byte_for_byte() -> None:
    """Frames with their header and encryption too, whatever paddings and clocks real platforms have."""
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        if vector["protocol"] != "jt809":
            continue
        edition, raw = Edition(str(vector["edition"])), bytes.fromhex(vector["hex"])
        if vector["framing"] == "body":
            assert MESSAGES.decode(int(vector["message"], 16), raw, edition).encode(edition) == raw, vector["id"]
        elif vector["framing"] == "sub-body":
            form = SUB_MESSAGES.forms[int(vector["sub_message"], 16)]
            assert form.decode(raw, edition).encode(edition) == raw, vector["id"]
        else:
            content = raw_of(raw[1:-1])
            header, sent = open_frame(content, edition)
            assert open_frame(content)[0].edition == edition, vector["id"]
            given = vector.get("decrypt")
            key = Key(given["M1"], given["IA1"], given["IC1"]) if given else None
            body = clear_body(header, sent, key)
            again = MESSAGES.decode(header.message_id, body, edition).encode(edition)
            assert again == body, vector["id"]
            assert raw_of(sealed(header, again, key)[1:-1]) == content, vector["id"]
        seen += 1
    assert seen == 52
