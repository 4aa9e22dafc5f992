"""Cutting anew what a gateway holds, when vehicles are spread over other shards (分片布局变更).

A worker's word, or a look into the database, says that the layout has changed. By then no batch of the old one can
commit any more, so whatever is not answered is dealt out over the new shards in the order it came, each frame behind
those of its vehicle that came before it. What had been committed after all is stored no second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import close_old_connections

from datacenter.accounts.scope import CITY, entered
from datacenter.gateway.metrics import RECUT
from datacenter.ingest import layout as layouts
from datacenter.ingest.layout import Layout

if TYPE_CHECKING:
    from datacenter.gateway.batches import Gathering
    from datacenter.gateway.server import Gateway

LOOK_EVERY_S = 2.0
_log = logging.getLogger(__name__)


def deal(gathered: Gathering, frames: Sequence[bytes], layout: Layout, into: Sequence[Gathering]) -> None:
    """Put each run of ``gathered``, whose frames are ``frames``, behind what its vehicle's shard in ``into`` has."""
    row = 0
    for session, count, vehicle, received_us in zip(
        gathered.sessions, gathered.counts, gathered.vehicles, gathered.received_us, strict=True
    ):
        end, target = row + count, into[layout.shard_of(vehicle)]
        shift = len(target.frames) - row
        for name in ("assembled", "facts"):
            by_row, theirs = getattr(gathered, name), getattr(target, name)
            if by_row:
                theirs.update({one + shift: by_row[one] for one in range(row, end) if one in by_row})
        target.frames += frames[row:end]
        target.message_ids += gathered.message_ids[row:end]
        target.serials += gathered.serials[row:end]
        target.sessions.append(session)
        target.counts.append(count)
        target.vehicles.append(vehicle)
        target.received_us.append(received_us)
        target.nbytes += sum(map(len, frames[row:end]))
        target.since = target.since or gathered.since
        row = end
    for entry in gathered.rejected:
        target = into[layout.shard_of(entry.vehicle_id)]
        target.rejected.append(entry)
        target.nbytes += len(entry.raw)
        target.since = target.since or gathered.since


class Resharding:
    """The layout as one gateway follows it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def follow(self) -> None:
        """Look for a newer layout, until cancelled: a worker that is gone can't tell of it."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                found = await loop.run_in_executor(self._gateway.threads, _read)
            except Exception as fault:  # the outermost loop: whatever is wrong with the database, terminals are served
                _log.debug("the layout of the shards could not be read: %s", fault)
                continue
            if found is not None:
                self.take_up(found)

    def take_up(self, layout: Layout) -> None:
        """Cut everything anew by ``layout``, unless it is known; sessions go to their new shards."""
        gateway = self._gateway
        if layout.version <= gateway.layout.version:
            return
        old = gateway.shards
        gateway.layout, gateway.shards = layout, gateway.make_shards(layout)
        into = [shard.gathering for shard in gateway.shards]
        moved = 0
        for shard in old:
            for gathered, frames in shard.give_up():
                deal(gathered, frames, layout, into)
                moved += len(frames)
        for session in gateway.by_phone.values():
            if session.shard is not None:
                gateway.settle(session)
        for shard in gateway.shards:
            shard.take_up(is_open=any(before.open for before in old), everything=gateway.stopping)
        RECUT.inc(by=moved)
        _log.warning("layout %d: %d shards; %d frames cut anew", layout.version, layout.shards, moved)


def _read() -> Layout | None:
    close_old_connections()
    try:
        with entered(CITY):
            return layouts.read()
    finally:
        close_old_connections()
