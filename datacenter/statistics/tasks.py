"""Keeps the figures up to date (统计任务): counts the days that changed, some at a time."""

from __future__ import annotations

from celery import shared_task

from datacenter.statistics.folding import fold

_ROUNDS = 5  # at most 200 days a run: a whole installation's first count doesn't hold up what waits behind it


@shared_task(name="datacenter.statistics.fold", ignore_result=True)
def fold_statistics() -> None:
    """What changed since the last minute."""
    for _ in range(_ROUNDS):
        if not fold():
            return
