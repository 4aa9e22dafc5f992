"""What each process counts, and how all of it becomes one page of Prometheus text (运行指标).

A process counts in its own memory and puts a snapshot into one Redis hash every ``PUBLISH_S``; ``/metrics`` renders all
of them together. A process keeps its name over restarts and goes on from its last snapshot, so counters never go back.
Gauges of a process that fell silent are left out: what it has counted stays true, what it held does not.
"""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from django.conf import settings

PUBLISH_S = 2.0
FRESH_S = 15.0  # a snapshot older than this is of a process that fell silent
FORGOTTEN_S = 30 * 86_400.0  # the hash as a whole: nobody published for a month
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 30.0)

Snapshot = dict[str, Any]
Labels = tuple[str, ...]


class Metric:
    """One named family of series, one series per combination of label values."""

    kind = ""

    def __init__(self, name: str, help: str, labels: Sequence[str] = ()) -> None:
        self.name, self.help, self.labels = name, help, tuple(labels)
        self._lock = Lock()

    def _series(self) -> list[list[Any]]:
        raise NotImplementedError

    def _take_over(self, series: Iterable[Sequence[Any]]) -> None:
        """Go on from an earlier life's series."""

    def snapshot(self) -> dict[str, Any]:
        """The family as JSON can carry it."""
        return {"kind": self.kind, "help": self.help, "labels": list(self.labels), "series": self._series()}


class Counter(Metric):
    """A number that only grows."""

    kind = "counter"

    def __init__(self, name: str, help: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, help, labels)
        self._values: dict[Labels, float] = {} if labels else {(): 0}

    def inc(self, *labels: str, by: float = 1) -> None:
        """Add ``by`` to the series of these label values."""
        with self._lock:
            self._values[labels] = self._values.get(labels, 0) + by

    def value(self, *labels: str) -> float:
        """What the series stands at; zero where it never grew."""
        return self._values.get(labels, 0)

    def _series(self) -> list[list[Any]]:
        with self._lock:
            return [[list(labels), value] for labels, value in self._values.items()]

    def _take_over(self, series: Iterable[Sequence[Any]]) -> None:
        for labels, value in series:
            self.inc(*labels, by=value)


class Gauge(Metric):
    """A number that goes up and down; over processes it adds up."""

    kind = "gauge"

    def __init__(self, name: str, help: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, help, labels)
        self._values: dict[Labels, float] = {} if labels else {(): 0}

    def set(self, value: float, *labels: str) -> None:
        """The series of these label values stands at ``value``."""
        self._values[labels] = value

    def value(self, *labels: str) -> float:
        """What the series stands at."""
        return self._values.get(labels, 0)

    def _series(self) -> list[list[Any]]:
        return [[list(labels), value] for labels, value in list(self._values.items())]


class Histogram(Metric):
    """How often values fell under each bound of ``buckets``."""

    kind = "histogram"

    def __init__(self, name: str, help: str, buckets: Sequence[float] = SECONDS, labels: Sequence[str] = ()) -> None:
        super().__init__(name, help, labels)
        self.buckets = tuple(sorted(buckets))
        self._bounds = np.array(self.buckets)
        self._counts: dict[Labels, list[int]] = {} if labels else {(): [0] * (len(self.buckets) + 1)}
        self._sums: dict[Labels, float] = {} if labels else {(): 0.0}

    def observe(self, value: float, *labels: str) -> None:
        """Count one value."""
        with self._lock:
            self._row(labels)[bisect_left(self.buckets, value)] += 1
            self._sums[labels] += value

    def observe_many(self, values: npt.NDArray[Any], *labels: str) -> None:
        """Count each of ``values``, shape (n,)."""
        if not len(values):
            return
        found = np.bincount(np.searchsorted(self._bounds, values), minlength=len(self.buckets) + 1).tolist()
        with self._lock:
            row = self._row(labels)
            row[:] = [have + more for have, more in zip(row, found, strict=True)]
            self._sums[labels] += float(values.sum())

    def count(self, *labels: str) -> int:
        """How many values the series has seen."""
        return sum(self._counts.get(labels, ()))

    def _row(self, labels: Labels) -> list[int]:
        row = self._counts.get(labels)
        if row is None:
            row = self._counts[labels] = [0] * (len(self.buckets) + 1)
            self._sums[labels] = 0.0
        return row

    def _series(self) -> list[list[Any]]:
        with self._lock:
            return [[list(labels), list(counts), self._sums[labels]] for labels, counts in self._counts.items()]

    def _take_over(self, series: Iterable[Sequence[Any]]) -> None:
        for labels, counts, total in series:
            if len(counts) == len(self.buckets) + 1:
                with self._lock:
                    row = self._row(tuple(labels))
                    row[:] = [have + more for have, more in zip(row, counts, strict=True)]
                    self._sums[tuple(labels)] += total

    def snapshot(self) -> dict[str, Any]:
        return super().snapshot() | {"buckets": list(self.buckets)}


M = TypeVar("M", bound=Metric)
_registry: dict[str, Metric] = {}


def counter(name: str, help: str, labels: Sequence[str] = ()) -> Counter:
    """The counter ``name`` of this process; the same object however often it is asked for."""
    return _enter(Counter(name, help, labels))


def gauge(name: str, help: str, labels: Sequence[str] = ()) -> Gauge:
    """The gauge ``name`` of this process."""
    return _enter(Gauge(name, help, labels))


def histogram(name: str, help: str, buckets: Sequence[float] = SECONDS, labels: Sequence[str] = ()) -> Histogram:
    """The histogram ``name`` of this process; every process must give the same ``buckets``."""
    return _enter(Histogram(name, help, buckets, labels))


def _enter(metric: M) -> M:
    known = _registry.setdefault(metric.name, metric)
    assert type(known) is type(metric), f"{metric.name} is declared twice, as different kinds"
    assert known.labels == metric.labels, f"{metric.name} is declared twice, with different labels"
    return known


# What scripts outside the project read by name (DESIGN §9).
POSITIONS_COMMITTED = counter("positions_committed_total", "Positions stored and committed")
FRAMES_QUARANTINED = counter("frames_quarantined_total", "Frames that could not be taken, by reason", ["reason"])
FINDINGS = counter("findings_total", "Findings that detectors made, by detector", ["code"])
ACKNOWLEDGE_SECONDS = histogram("acknowledge_seconds", "From the last byte of a report to its acknowledgement")
LIVE_SECONDS = histogram("live_seconds", "From the last byte of a report to the open maps")


def snapshot() -> Snapshot:
    """Everything this process has counted, with the time."""
    return {"time": time.time(), "metrics": {name: metric.snapshot() for name, metric in list(_registry.items())}}


def key() -> str:
    """The Redis hash of snapshots; a field a process, named like ``gateway:<id>`` or ``worker:<name>``."""
    return f"{settings.REDIS_PREFIX}:metrics"


def publish(client: Any, process: str) -> None:
    """Put this process's snapshot where ``/metrics`` finds it. ``client`` is a blocking Redis client."""
    pipe = client.pipeline(transaction=False)
    pipe.hset(key(), process, json.dumps(snapshot()))
    pipe.expire(key(), int(FORGOTTEN_S))
    pipe.execute()


def resume(stored: bytes | str | None) -> None:
    """Go on counting from ``stored``, the snapshot that an earlier life of this process published (HGET of its field).

    Call once at start; counters and histograms take their totals over, gauges start afresh.
    """
    if not stored:
        return
    for name, family in json.loads(stored)["metrics"].items():
        metric = _registry.get(name)
        if metric is not None and metric.kind == family["kind"] and list(metric.labels) == family["labels"]:
            metric._take_over(family["series"])


def read(client: Any) -> list[Snapshot]:
    """All processes' snapshots. ``client`` is a blocking Redis client."""
    return [json.loads(stored) for stored in client.hvals(key())]


def totals(snapshots: Iterable[Mapping[str, Any]], name: str, now: float | None = None) -> dict[Labels, float]:
    """What a counter or gauge comes to over all ``snapshots``, by label values; gauges from fresh ones only."""
    moment = time.time() if now is None else now
    found: dict[Labels, float] = {}
    for shot in snapshots:
        family = shot["metrics"].get(name)
        if family is None or (family["kind"] == "gauge" and moment - shot["time"] > FRESH_S):
            continue
        for labels, value in family["series"]:
            found[tuple(labels)] = found.get(tuple(labels), 0.0) + value
    return found


def render(snapshots: Iterable[Mapping[str, Any]], now: float | None = None) -> str:
    """Prometheus text of all ``snapshots`` added up; gauges only from those fresh at ``now`` (unix seconds)."""
    moment = time.time() if now is None else now
    families: dict[str, Mapping[str, Any]] = {}
    totals: dict[str, dict[Labels, Any]] = {}
    for shot in snapshots:
        stale = moment - shot["time"] > FRESH_S
        for name, family in shot["metrics"].items():
            known = families.setdefault(name, family)
            if (stale and family["kind"] == "gauge") or known.get("buckets") != family.get("buckets"):
                continue
            rows = totals.setdefault(name, {})
            for labels, *values in family["series"]:
                rows[tuple(labels)] = _added(rows.get(tuple(labels)), values)
    lines: list[str] = []
    for name in sorted(families):
        lines += _family_lines(name, families[name], totals.get(name, {}))
    return "\n".join(lines) + "\n"


def _added(have: list[Any] | None, more: list[Any]) -> list[Any]:
    if have is None:
        return more
    return [
        [a + b for a, b in zip(old, new, strict=True)] if isinstance(old, list) else old + new
        for old, new in zip(have, more, strict=True)
    ]


def _family_lines(name: str, family: Mapping[str, Any], rows: Mapping[Labels, Any]) -> Iterable[str]:
    yield f"# HELP {name} {_escaped(family['help'])}"
    yield f"# TYPE {name} {family['kind']}"
    names = family["labels"]
    for labels, values in sorted(rows.items()):
        pairs = list(zip(names, labels, strict=True))
        if family["kind"] != "histogram":
            yield f"{name}{_label_text(pairs)} {_number(values[0])}"
            continue
        counts, total = values
        running = 0
        for bound, count in zip([*map(str, family["buckets"]), "+Inf"], counts, strict=True):
            running += count
            yield f"{name}_bucket{_label_text([*pairs, ('le', bound)])} {running}"
        yield f"{name}_sum{_label_text(pairs)} {_number(total)}"
        yield f"{name}_count{_label_text(pairs)} {running}"


def _label_text(pairs: Sequence[tuple[str, str]]) -> str:
    text = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
    return f"{{{text}}}" if text else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
