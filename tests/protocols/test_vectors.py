"""Test vectors that others made, read in place beside the checkout (never copied)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import MESSAGES as TABLES

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"
PROTOCOLS = "jt808-2013,jt808-2019"
MESSAGES = [
    "0x0001", "0x0002", "0x0003", "0x0004", "0x0005", "0x0100", "0x0102", "0x0200", "0x0704",
    "0x8001", "0x8003", "0x8004", "0x8100", "stream", "invalid",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)


def test_all_vectors_of_these_messages_pass() -> None:
    command = [sys.executable, str(CHECKER), str(VECTORS), "--only", PROTOCOLS, "--message", ",".join(MESSAGES)]
    command += ["--", sys.executable, "manage.py", "decode"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_platform_replies_that_vectors_expect_can_be_said() -> None:
    """The frames that sources answer with are decoded and built again, byte for byte."""
    seen = 0
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        reply = vector.get("expected_reply")
        if not reply or not vector["protocol"].startswith("jt808") or vector["message"] not in MESSAGES:
            continue
        header, body = open_frame(unescape(bytes.fromhex(reply)[1:-1]))
        assert seal(
            header.pack() + TABLES.decode(header.message_id, body, header.edition).encode(header.edition)
        ) == bytes.fromhex(reply)
        seen += 1
    assert seen
