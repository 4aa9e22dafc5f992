"""The clock that follows the layout (随分片布局而动的节拍): each shard in force is ticked, however many there are."""

import time
from typing import Any

from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from datacenter.ingest import layout
from panjin_traffic.schedule import tick_entries

LOOK_EVERY_S = 10.0


class LayoutScheduler(PersistentScheduler):
    """Celery's scheduler, with an entry for each shard; looks every ``LOOK_EVERY_S`` whether they are others."""

    _looked_at = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look at what is due; the seconds until the next."""
        now = time.monotonic()
        if not self._looked_at or now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            self._follow()
        return min(super().tick(*args, **kwargs), LOOK_EVERY_S)

    def _follow(self) -> None:
        close_old_connections()
        try:
            in_force = layout.read() or layout.first()
        except DatabaseError:
            return  # the entries stand as they are until it can be asked
        finally:
            close_old_connections()
        wanted = tick_entries(in_force.shards)
        for name in [name for name in self.schedule if name.startswith("tick-") and name not in wanted]:
            del self.schedule[name]
        new = {name: entry for name, entry in wanted.items() if name not in self.schedule}
        if new:
            self.update_from_dict(new)
