"""Counting in many processes, rendered as one page."""

import json

import numpy as np
import pytest

from datacenter import metrics


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_registry", {})


def test_processes_add_up_and_stale_gauges_are_left_out() -> None:
    seen, open_now = metrics.counter("seen_total", "Seen", ["kind"]), metrics.gauge("open_now", "Open")
    waited = metrics.histogram("waited_seconds", "Waited", [0.1, 1.0])
    seen.inc("a", by=2)
    seen.inc('b"\\')
    open_now.set(3)
    waited.observe(0.0625)
    waited.observe_many(np.array([0.0625, 0.5, 7.0]))
    one = json.loads(json.dumps(metrics.snapshot()))
    dead = json.loads(json.dumps(one)) | {"time": one["time"] - 60}
    assert metrics.render([one, dead], one["time"]) == (
        "# HELP open_now Open\n"
        "# TYPE open_now gauge\n"
        "open_now 3\n"
        "# HELP seen_total Seen\n"
        "# TYPE seen_total counter\n"
        'seen_total{kind="a"} 4\n'
        'seen_total{kind="b\\"\\\\"} 2\n'
        "# HELP waited_seconds Waited\n"
        "# TYPE waited_seconds histogram\n"
        'waited_seconds_bucket{le="0.1"} 4\n'
        'waited_seconds_bucket{le="1.0"} 6\n'
        'waited_seconds_bucket{le="+Inf"} 8\n'
        "waited_seconds_sum 15.25\n"
        "waited_seconds_count 8\n"
    )


def test_restarted_process_goes_on_from_its_last_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics.counter("seen_total", "Seen").inc(by=5)
    metrics.gauge("open_now", "Open").set(9)
    metrics.histogram("waited_seconds", "Waited", [1.0]).observe(0.5)
    stored = json.dumps(metrics.snapshot())
    monkeypatch.setattr(metrics, "_registry", {})
    seen, open_now = metrics.counter("seen_total", "Seen"), metrics.gauge("open_now", "Open")
    waited = metrics.histogram("waited_seconds", "Waited", [1.0])
    metrics.resume(stored)
    metrics.resume(None)
    seen.inc()
    waited.observe(2.0)
    assert (seen.value(), open_now.value(), waited.count()) == (6, 0, 2)


def test_a_name_is_one_metric() -> None:
    assert metrics.counter("seen_total", "Seen") is metrics.counter("seen_total", "Seen")
    with pytest.raises(AssertionError, match="declared twice"):
        metrics.gauge("seen_total", "Seen")
