"""``make bench``: budgets, ratios, medians, and what becomes of a benchmark that fails or hangs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import harness
from benchmarks.bench_target import read_pids, read_target
from benchmarks.budgets import BUDGETS, better
from benchmarks.harness import judged, measured


@pytest.fixture(autouse=True)
def _quick_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "_LOOK_S", 0.01)


def figure(bench: str, value: float, unit: str = "ms") -> dict[str, Any]:
    return {"bench": bench, "value": value, "unit": unit, "detail": {}}


@pytest.mark.parametrize(
    ("bench", "value", "within"),
    [
        ("ingest", 60_000, True), ("ingest", 59_999, False), ("ingest-cpu", 20, True), ("ingest-cpu", 20.01, False),
        ("live-p99", 2_000, True), ("live-p99", 2_001, False), ("map-bytes", 30, True), ("map-bytes", 31, False),
    ],
)  # fmt: skip
def test_a_figure_stands_beside_its_budget(bench: str, value: float, within: bool) -> None:
    detail = judged(figure(bench, value), {})["detail"]
    assert (detail["budget"], detail["within"]) == (BUDGETS[bench].limit, within)


def test_a_figure_without_budget_says_its_direction_only() -> None:
    assert judged(figure("hop", 7.0, "us/batch"), {})["detail"] == {"better": "less"}
    assert better("decode-905", "frames/s") == "more"
    assert better("map-bytes", "KB/s") == "less"  # its budget is a ceiling


def test_the_ratio_to_the_baseline_is_of_the_same_unit_only() -> None:
    baseline = {"hop": {"value": 8.0, "unit": "us/batch"}}
    assert judged(figure("hop", 6.0, "us/batch"), baseline)["detail"]["baseline_ratio"] == 0.75
    assert "baseline_ratio" not in judged(figure("hop", 6.0, "ms/batch"), baseline)["detail"]


def test_of_several_runs_the_median_is_told_with_its_own_detail_and_the_spread() -> None:
    values = iter([5.0, 9.0, 7.0])

    def run() -> list[dict[str, Any]]:
        value = next(values)
        return [{"bench": "one", "value": value, "unit": "ms", "detail": {"seen": value}}]

    (told,) = measured("one", run, 3)
    assert (told["value"], told["detail"]["seen"]) == (7.0, 7.0)
    assert told["detail"]["spread"] == {"runs": [5.0, 9.0, 7.0], "median": 7.0, "lowest": 5.0, "highest": 9.0}
    assert set(told["detail"]["machine"]) == {"before", "after", "run_s"}


def test_a_benchmark_that_hangs_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    def hang() -> list[dict[str, Any]]:
        time.sleep(30)
        return []

    assert measured("sleeper", hang, 1, longest_s=0.2) == []
    assert "sleeper took longer than 0.2 s" in capsys.readouterr().err


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two benchmarks, of which the first fails, and a baseline of their own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "bench_broken_here.py").write_text("def run():\n    raise RuntimeError('no figure today')\n")
    line = {"bench": "ingest", "value": 70_000, "unit": "positions/s", "detail": {"seconds": 60}}
    (tmp_path / "bench_good_here.py").write_text(f"def run():\n    return [{line!r}]\n")
    monkeypatch.setattr(command, "BENCHES", {"broken": "bench_broken_here", "good": "bench_good_here"})
    monkeypatch.setattr(command, "BASELINE", tmp_path / "baseline.json")
    return tmp_path


def test_a_failing_benchmark_stops_no_other(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--save"]) == 1
    out, err = capsys.readouterr()
    (told,) = (json.loads(line) for line in out.splitlines())
    assert (told["bench"], told["value"], told["unit"]) == ("ingest", 70_000, "positions/s")
    assert told["detail"]["within"] is True
    assert "no figure today" in err
    assert json.loads((modules / "baseline.json").read_text()) == {"ingest": {"unit": "positions/s", "value": 70_000}}
    assert command.main(["good"]) == 0
    assert json.loads(capsys.readouterr().out)["detail"]["baseline_ratio"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "no benchmark nothing"),
        (["--runs", "0"], "--runs 0: must be 1 or more"),
        (["--target", "localhost"], "--target localhost: must be host:port"),
        (["--target", "localhost:99999"], "--target localhost:99999: must be host:port"),
        (["--target", "a:1", "--target-pids", "x"], "--target-pids x: no such process"),
        (["decode", "--target", "a:1"], "--target drives with the load of ingest only, not decode"),
        (["--save", "--target", "a:1"], "no baseline of ours"),
    ],
)
def test_a_wrong_argument_is_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_target_is_host_and_port() -> None:
    assert read_target("10.0.0.7:6808") == ("10.0.0.7", 6808)
    assert read_target("[::1]:7611") == ("::1", 7611)
    assert read_pids("") == []
