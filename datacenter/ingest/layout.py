"""How vehicles are spread over shards (分片布局), and how that is changed while positions flow.

The layout is a version and a number of shards, written in each shard's row of ``ingest_shard``; the rows are its only
home. Every batch says by which version it was cut, and each transaction of a shard locks its row and compares. A change
locks all rows first: so no batch of the old layout commits after it, none of the new one before it, and no vehicle is
ever in two shards at once (docs/adr/0008).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import msgpack
from django.conf import settings
from django.db import connection, transaction

from datacenter.detection import memory
from datacenter.ingest.errors import BadShardCount

FIRST = 1
"""The version that an installation begins with: as many shards as ``INGEST_SHARDS`` says."""
MOST_SHARDS = 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """Which shard carries which vehicle; a higher version came later."""

    version: int
    shards: int

    def shard_of(self, vehicle_id: int) -> int:
        """The shard of ``vehicle_id``: its positions stay in order because one process stores them."""
        return vehicle_id % self.shards


def first() -> Layout:
    """The layout of an installation whose shards have never been changed."""
    return Layout(FIRST, settings.INGEST_SHARDS)


def read() -> Layout | None:
    """The layout in force; None where no process has taken it up yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT layout, shards FROM ingest_shard WHERE shard = 0 AND shards > 0")
        row = cursor.fetchone()
    return Layout(*row) if row else None


def establish() -> Layout:
    """The layout in force; where there is none yet, the first one is written."""
    return read() or _write_first()


def prepared() -> int:
    """How many shards should have a worker: those in force, and those that a change waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ingest_shard WHERE shards > 0")
        return int(cursor.fetchone()[0]) or int(settings.INGEST_SHARDS)


def _write_first() -> Layout:
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_changes(cursor)
        found = read()  # somebody else may have been first
        if found is None:
            found = first()
            _check(found.shards)
            _enter(cursor, found, range(found.shards))
    return found


def prepare(shards: int) -> None:
    """Say that ``shards`` workers are wanted soon; the layout stays as it is."""
    _check(shards)
    in_force = establish()
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_changes(cursor)
        _enter(cursor, in_force, range(in_force.shards, shards))


def change(shards: int) -> Layout:
    """Spread the vehicles over ``shards`` shards from this transaction's commit on; the layout in force then.

    What shards remember goes with their vehicles: memory of detection, and spans that wait to be detected anew. Raises
    ``BadShardCount``.
    """
    _check(shards)
    establish()
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_changes(cursor)
        # In order, as no transaction of a shard ever holds two: this waits for those under way, and holds up the rest.
        cursor.execute("SELECT shard, layout, tick_at FROM ingest_shard ORDER BY shard FOR UPDATE")
        rows = cursor.fetchall()
        new = Layout(max(layout for _, layout, _ in rows) + 1, shards)
        # Rows of shards that are no more stay, so that their epochs never begin anew.
        cursor.execute("UPDATE ingest_shard SET layout = %s, shards = 0 WHERE shard >= %s", [new.version, shards])
        _enter(cursor, new, range(shards))
        cursor.execute(
            "UPDATE ingest_shard SET tick_at = (SELECT min(tick_at) FROM ingest_shard) WHERE shard < %s", [shards]
        )
        cursor.execute("UPDATE redetection_span SET shard = vehicle_id %% %s", [shards])
        _deal_checkpoints(cursor, shards)
    return new


def _deal_checkpoints(cursor: object, shards: int) -> None:
    """Give each shard a checkpoint of what all of them together remember of its vehicles."""
    execute, fetchall = cursor.execute, cursor.fetchall  # type: ignore[attr-defined]
    execute("SELECT at, state FROM engine_checkpoint ORDER BY shard FOR UPDATE")
    rows = fetchall()
    if not rows:
        return
    states = [msgpack.unpackb(zlib.decompress(bytes(state))) for _, state in rows]
    execute("DELETE FROM engine_checkpoint")
    for shard, state in enumerate(memory.dealt(states, shards)):
        # The oldest time: of a vehicle that nobody remembers, all that came since is told again.
        execute(
            "INSERT INTO engine_checkpoint (shard, at, state) VALUES (%s, %s, %s)",
            [shard, min(at for at, _ in rows), zlib.compress(bytes(msgpack.packb(state)), 1)],
        )


def _enter(cursor: object, layout: Layout, shards: range) -> None:
    for shard in shards:
        cursor.execute(  # type: ignore[attr-defined]
            "INSERT INTO ingest_shard (shard, epoch, layout, shards) VALUES (%s, 0, %s, %s)"
            " ON CONFLICT (shard) DO UPDATE SET layout = excluded.layout, shards = excluded.shards",
            [shard, layout.version, layout.shards],
        )


def _lock_changes(cursor: object) -> None:
    """One change at a time; released at the transaction's end."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ingest_layout'))")  # type: ignore[attr-defined]


def _check(shards: int) -> None:
    if not 1 <= shards <= MOST_SHARDS:
        raise BadShardCount(f"shards={shards} 不在 1 至 {MOST_SHARDS} 之间", shards=shards)
