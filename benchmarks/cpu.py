"""CPU of other processes (处理器时间): what each has used so far, ended children included where asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psutil


def used_s(pid: int | None, *, children: bool = False) -> float:
    """CPU seconds of a process so far, user and system; with its children, those that ended included.

    0 where there is none. Raises ``psutil.NoSuchProcess`` when it has ended.
    """
    if pid is None:
        return 0.0
    process = psutil.Process(pid)
    times = process.cpu_times()
    total = times.user + times.system
    if children:
        total += times.children_user + times.children_system
        for child in process.children(recursive=True):
            try:
                of_child = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += of_child.user + of_child.system
    return float(total)


def used_by(pids: Iterable[int]) -> dict[int, float]:
    """CPU seconds so far of each process with its children."""
    return {pid: used_s(pid, children=True) for pid in pids}


def spent(before: Mapping[int, float], after: Mapping[int, float]) -> dict[int, float]:
    """CPU seconds between two calls of ``used_by``."""
    return {pid: after[pid] - before.get(pid, 0.0) for pid in after}
