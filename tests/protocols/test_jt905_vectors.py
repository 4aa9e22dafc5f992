"""Test vectors of JT/T 905 that others made, read in place beside the checkout (never copied)."""

import subprocess
import sys
from pathlib import Path

import pytest

from .goldens import SHARED

ROOT = Path(__file__).resolve().parents[2]
VECTORS = SHARED / "protocols" / "vectors.jsonl"
CHECKER = SHARED / "tools" / "check_vectors.py"


@pytest.mark.skipif(
    not (VECTORS.exists() and CHECKER.exists()),
    reason=f"NO VECTORS: {VECTORS} is not on this machine, so the codec was NOT held against what others made",
)
def test_all_vectors_pass() -> None:
    command = [
        sys.executable,
        str(CHECKER),
        str(VECTORS),
        "--only",
        "jt905",
        "--",
        sys.executable,
        "manage.py",
        "decode",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jt905: 47/47" in done.stdout
