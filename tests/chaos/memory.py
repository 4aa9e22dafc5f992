"""Memory of a house's processes over time, and how fast each grows (内存): samples, a straight line, a table."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import psutil

from tests.stack import Stack

MB = 1 << 20


@dataclass(frozen=True)
class Growth:
    """One process over the second half of a run."""

    name: str
    first_mb: float
    last_mb: float
    highest_mb: float
    mb_h: float  # slope of the line fitted through the lowest of each tenth of the time
    fitted_mb: float  # what the line grew over the half
    samples: int
    lows_mb: tuple[float, ...]

    def too_fast(self, bound_mb_h: float, noise_mb: float) -> bool:
        """Over the bound, and over more than what comes and goes with a batch or a page."""
        return self.mb_h > bound_mb_h and self.fitted_mb > noise_mb

    def __str__(self) -> str:
        figures = (self.first_mb, self.last_mb, self.highest_mb, self.mb_h)
        lows = " ".join(f"{low:.1f}" for low in self.lows_mb)
        return f"{self.name:<16}" + "".join(f"{value:>10.1f}" for value in figures) + f"{self.samples:>9}  {lows}"


HEAD = f"{'process':<16}{'first MB':>10}{'last MB':>10}{'peak MB':>10}{'MB/hour':>10}{'samples':>9}  tenths' lows"


@dataclass
class Samples:
    """Moments (seconds) and bytes of each process."""

    by_process: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    backends: list[int] = field(default_factory=list)  # how many processes PostgreSQL had

    def take(self, stack: Stack, now_s: float) -> None:
        """Measure every process of ``stack``. Raises ``AssertionError`` for one that has ended."""
        for name, child in stack.children.items():
            assert child.poll() is None, f"{name} ended with status {child.returncode}"
            self.add(name, now_s, psutil.Process(child.pid).memory_info().rss)
        self.add("valkey", now_s, psutil.Process(stack.valkey.pid).memory_info().rss)
        backends = heaps(psutil.Process(stack.postgres.pid))
        for pid, size in backends.items():
            self.add(f"postgres {pid}", now_s, size)
        self.backends.append(len(backends))

    def add(self, name: str, now_s: float, size: float) -> None:
        """One measurement."""
        self.by_process.setdefault(name, []).append((now_s, size))

    def growths(self) -> list[Growth]:
        """Every process that lived through the second half of the time; who came or went meanwhile can't be judged."""
        moments = {at for taken in self.by_process.values() for at, _ in taken}
        begin, end = min(moments), max(moments)
        half = len([at for at in moments if at >= (begin + end) / 2])
        growths = [_growth(name, np.array(taken), (begin + end) / 2) for name, taken in self.by_process.items()]
        return [growth for growth in growths if growth is not None and growth.samples == half]

    def more_backends(self) -> int:
        """How many more processes PostgreSQL had at the least of the last quarter than ever in the first half."""
        count = len(self.backends)
        return min(self.backends[count * 3 // 4 :]) - max(self.backends[: count // 2])


def heaps(server: psutil.Process) -> dict[int, int]:
    """What PostgreSQL and each of its processes hold for themselves alone, heap and stack, by process number.

    Shared buffers are as large as their setting once all pages were used; in RSS they would look like growth. USS is no
    better: a page of theirs that only one backend has touched counts there.
    """
    found = {}
    for process in (server, *server.children(recursive=True)):
        try:
            memory = process.memory_info()
        except psutil.NoSuchProcess:
            continue  # a backend that ended between two looks
        found[process.pid] = memory.rss - memory.shared
    return found


def _growth(name: str, taken: np.ndarray, since: float) -> Growth | None:
    half = taken[:, 0] >= since
    moments, sizes = taken[half, 0], taken[half, 1] / MB
    if len(moments) < 3:
        return None
    # What a task takes and gives back is no leak: a leak raises the floor.
    tenths = [part for part in np.array_split(np.arange(len(moments)), 10) if len(part)]
    lowest = np.array([part[np.argmin(sizes[part])] for part in tenths])
    slope = float(np.polyfit(moments[lowest] - moments[0], sizes[lowest], 1)[0])
    lasted = float(moments[-1] - moments[0])
    return Growth(
        name=name,
        first_mb=float(sizes[0]),
        last_mb=float(sizes[-1]),
        highest_mb=float(taken[:, 1].max() / MB),
        mb_h=slope * 3600,
        fitted_mb=slope * lasted,
        samples=len(sizes),
        lows_mb=tuple(sizes[lowest].tolist()),
    )
