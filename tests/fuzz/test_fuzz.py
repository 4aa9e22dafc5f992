"""Each codec under fuzz: what the repository keeps of the corpora, and new inputs for as long as there is time."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.protocols.goldens import SHARED

from .__main__ import KEPT, MOST_KEPT, fuzz, kept
from .targets import TARGETS, input_for, run

SECONDS = float(os.environ.get("FUZZ_SECONDS", "300"))
"""Of the long run, a protocol; FUZZ_SECONDS=1800 for half an hour."""
SHORT_SECONDS = 6.0
KEPT_BYTES = 1 << 20
every_protocol = pytest.mark.parametrize("protocol", sorted(TARGETS))


@pytest.fixture
def atheris() -> None:
    """Fuzzing needs atheris; where it can't be installed, the corpora are replayed and that is all."""
    if find_spec("atheris") is None:
        pytest.skip("ATHERIS IS NOT INSTALLED on this machine: NOTHING WAS FUZZED, the kept corpora were only replayed")


@every_protocol
def test_kept_corpus_breaks_nothing(protocol: str) -> None:
    inputs = kept(protocol)
    assert 20 <= len(inputs) <= MOST_KEPT, f"python -m tests.fuzz {protocol} --keep"
    for path in inputs:
        run(protocol, path.read_bytes())


def test_kept_corpora_are_small() -> None:
    assert sum(path.stat().st_size for path in KEPT.rglob("*") if path.is_file()) < KEPT_BYTES


@every_protocol
def test_shared_vectors_break_nothing(protocol: str) -> None:
    """The vectors are read where they lie: no corpus has them."""
    vectors = SHARED / "protocols" / "vectors.jsonl"
    if not vectors.exists():
        pytest.skip("shared/protocols/vectors.jsonl is not there: its frames went through no fuzz target")
    lines = vectors.read_text(encoding="utf-8").splitlines()
    for line in lines:
        run(protocol, input_for(protocol, "line", (b"\0" if protocol == "jt808" else b"") + line.encode()))
    assert lines


@every_protocol
def test_a_few_seconds_of_new_inputs_break_nothing(protocol: str, atheris: None, tmp_path: Path) -> None:
    figures = fuzz(protocol, SHORT_SECONDS, work=tmp_path, seeds=False)
    assert "find" not in figures, figures["find"]
    assert figures["executions"] > 100


@pytest.mark.long
@every_protocol
def test_minutes_of_new_inputs_break_nothing(protocol: str, atheris: None) -> None:
    figures = fuzz(protocol, SECONDS)
    print(figures)
    assert "find" not in figures, figures["find"]
    assert figures["executions"] > 100
