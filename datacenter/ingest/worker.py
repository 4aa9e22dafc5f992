"""One shard's worker (分片工作进程): decode, tracks, detection, cases in one transaction, then live and the answer.

What holds whatever is killed (DESIGN §3): a batch is answered only after its commit; storing it twice stores it once;
the shard's row with its epoch and layout is locked in each transaction, so that a late twin can't run beside or after
its successor, nor a vehicle be in two shards. The engine's memory is a cache: dropped after any failed transaction,
rebuilt from checkpoint and tracks.
"""

from __future__ import annotations

import logging
import time
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from datacenter import metrics
from datacenter.detection import findings
from datacenter.detection.episodes import Engine, Episode
from datacenter.detection.settings import rules_in_force
from datacenter.detection.world import read_context
from datacenter.emergencies.watch import Watch
from datacenter.ingest import layout as layouts
from datacenter.ingest import redetect, reports
from datacenter.ingest.batch import BAD_MESSAGE, Batch, Rejected
from datacenter.ingest.decode import Decoded, decode_batch
from datacenter.ingest.errors import LayoutChanged, Superseded
from datacenter.ingest.models import EngineCheckpoint, IngestShard, QuarantinedFrame, RedetectionSpan
from datacenter.media.alarms import keep_alarms
from datacenter.registry.models import Vehicle
from datacenter.tracks import chunks, live, store
from datacenter.tracks.archive.late import admit
from datacenter.tracks.position import Positions

log = logging.getLogger(__name__)

DUPLICATES = metrics.counter("positions_duplicate_total", "Positions that had been stored before")
DETECTOR_FAULTS = metrics.counter("detector_faults_total", "Batches on which a detector raised", ["code"])
WATCH_FAULTS = metrics.counter("emergency_watch_faults_total", "Batches whose emergency bits could not be looked at")

CHECKPOINT_S = 30.0
SETTINGS_S = 10.0
# Where no checkpoint was ever written there is nothing to replay but a little.
_FIRST_LOOK_BACK = timedelta(minutes=30)
# A report may have been received this long before the batch that stored it was committed.
_UNDER_WAY = timedelta(minutes=30)
_REPLAY_VEHICLES = 500


class ShardWorker:
    """The one process that stores a shard's positions, so that each vehicle's stay in order."""

    def __init__(self, shard: int) -> None:
        self.shard = shard
        self.engine: Engine | None = None
        self.context = read_context()
        self.watch = Watch()
        self._settings_read = 0.0
        self._checkpoint_written = 0.0
        self._days_ready: set[Any] = set()
        layouts.establish()
        with transaction.atomic():
            IngestShard.objects.get_or_create(shard=shard)
            row = IngestShard.objects.select_for_update().get(shard=shard)
            row.epoch += 1
            row.save(update_fields=["epoch"])
        self.epoch = row.epoch
        self.layout = layouts.establish()  # a change between these two is met at the first lock
        log.info("shard %d: epoch %d, layout %d", shard, self.epoch, self.layout.version)

    # --- a batch ----------------------------------------------------------------------------------------------------
    def store(self, batch: Batch) -> tuple[npt.NDArray[np.uint8], bytes]:
        """Store one batch; the result of each frame, and the live message. Raises where it must be handed in again.

        ``LayoutChanged`` where it was cut by another layout than the one in force: its gateway has to cut it anew.
        """
        if batch.layout != self.layout.version:
            self._look_at_layout()
            if batch.layout != self.layout.version:
                raise LayoutChanged
        decoded = decode_batch(batch)
        frames = np.arange(len(batch))
        if len(decoded.timeless):
            with transaction.atomic():
                self._lock()
                self._watch(decoded.timeless)
        self._store_part(decoded, frames, batch, decoded.rejected)
        for entry in decoded.rejected[len(batch.rejected) :]:  # the gateway has counted its own
            metrics.FRAMES_QUARANTINED.inc(entry.reason)
        return decoded.results, live.pack(decoded.positions)

    def _store_part(
        self, decoded: Decoded, frames: npt.NDArray[np.intp], batch: Batch, rejected: list[Rejected]
    ) -> None:
        """Store the rows of ``frames``; where a report makes that fail, halve until it stands alone (DESIGN §3)."""
        rows = np.flatnonzero(np.isin(decoded.frame, frames)) if len(frames) < len(batch) else slice(None)
        part = decoded.positions.take(rows)
        extras = decoded.extras if isinstance(rows, slice) else [decoded.extras[row] for row in rows.tolist()]
        wanted = set(frames.tolist())
        facts = {row: raw for row, raw in decoded.facts.items() if row in wanted}
        try:
            refused = self._transact(part, extras, rejected, batch, facts)
        except (OperationalError, InterfaceError, Superseded, LayoutChanged):
            self._forget()
            raise
        except Exception as error:
            self._forget()
            if len(frames) > 1:
                half = len(frames) // 2
                self._store_part(decoded, frames[:half], batch, rejected)
                self._store_part(decoded, frames[half:], batch, [])
                return
            log.exception("shard %d: a report can't be stored", self.shard)
            if not len(frames):
                raise
            index = int(frames[0])
            decoded.results[index] = BAD_MESSAGE
            starts = np.cumsum(batch.lengths) - batch.lengths
            raw = bytes(batch.blob[int(starts[index]) : int(starts[index] + batch.lengths[index])])
            poison = Rejected(
                "poison", str(error)[:300], "", int(batch.vehicles[index]), "", raw, int(batch.received_us[index])
            )
            self._transact(Positions.empty(), [], [*rejected, poison])
            metrics.FRAMES_QUARANTINED.inc(poison.reason)
            return
        decoded.results[refused] = BAD_MESSAGE

    def _forget(self) -> None:
        """A transaction failed: what memory says of it may be wrong."""
        self.engine = None
        self.watch.forget()

    def _transact(
        self,
        positions: Positions,
        extras: list[bytes],
        rejected: list[Rejected],
        batch: Batch | None = None,
        facts: dict[int, bytes] | None = None,
    ) -> list[int]:
        """One transaction; the rows of ``facts`` (of ``batch``) that could not be kept."""
        self._ready()
        assert self.engine is not None
        spans: list[RedetectionSpan] = []
        found: list[str] = []
        with transaction.atomic():
            self._lock()
            given = len(positions)
            positions, extras, old_days = admit(positions, extras)
            self._days_ready -= old_days  # their partitions go when they are sealed: ask each time
            self._make_days(positions)
            refused = reports.keep(batch, facts) if batch is not None and facts else {}
            _quarantine([*rejected, *refused.values()])
            stored = 0
            if len(positions):
                order, fresh = self._split(positions)
                kept = positions.take(order)
                self._watch(kept)
                tails = [extras[row] for row in order.tolist()]
                keep_alarms(kept, tails)
                in_order = kept.take(fresh)
                with connection.cursor() as cursor:
                    if fresh.all():
                        stored = store.append_fresh(cursor, kept, tails)
                        chunks.keep(cursor, self.shard, kept)
                    else:
                        stored = store.append_fresh(
                            cursor, in_order, [t for t, f in zip(tails, fresh.tolist(), strict=True) if f]
                        )
                        late = kept.take(~fresh)
                        new = store.append_once(
                            cursor, late, [t for t, f in zip(tails, fresh.tolist(), strict=True) if not f]
                        )
                        stored += int(new.sum())
                        chunks.keep(cursor, self.shard, Positions.join([in_order, late.take(new)]))
                        unseen = self.engine.last_times(late.vehicle_id) < 0
                        spans = self._spans(late.take(new & ~unseen))
                        if (new & unseen).any():
                            in_order = Positions.join([in_order, late.take(new & unseen)])
                episodes, faults = self.engine.process(in_order, self.context)
                spans += self._fault_spans(_by_track(in_order), faults) if faults else []
                found, more = self._keep(episodes)
                spans += more
            redetect.add(spans)
            if time.monotonic() - self._checkpoint_written > CHECKPOINT_S:
                self._write_checkpoint()
        metrics.POSITIONS_COMMITTED.inc(by=stored)
        self.engine.costs.publish()
        DUPLICATES.inc(by=given - stored)
        _count(found)
        for entry in refused.values():
            metrics.FRAMES_QUARANTINED.inc(entry.reason)
        return list(refused)

    def _watch(self, positions: Positions) -> None:
        """Emergency calls in a savepoint of their own: a fault there costs no position."""
        rows = self.watch.concerned(positions)
        if not rows:
            return
        try:
            with transaction.atomic():
                self.watch.look(positions, rows)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("shard %d: the emergency watch failed", self.shard)
            WATCH_FAULTS.inc()
            self.watch.forget()

    def _split(self, positions: Positions) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Rows in track order without twins, and which of them are later than all that their vehicle has stored."""
        assert self.engine is not None
        order = np.lexsort((positions.body_hash, positions.device_time, positions.vehicle_id))
        sorted_rows = positions.take(order)
        twin = np.zeros(len(order), np.bool_)
        twin[1:] = (
            (sorted_rows.vehicle_id[1:] == sorted_rows.vehicle_id[:-1])
            & (sorted_rows.device_time[1:] == sorted_rows.device_time[:-1])
            & (sorted_rows.body_hash[1:] == sorted_rows.body_hash[:-1])
        )
        order = order[~twin]
        last = self.engine.last_times(positions.vehicle_id[order])
        return order, (positions.device_time[order] > last) & (last >= 0)

    def _spans(
        self, positions: Positions, reason: str = RedetectionSpan.Reason.BACKFILL, detector: str = ""
    ) -> list[RedetectionSpan]:
        """The span of each vehicle in ``positions`` (by vehicle and time), to be detected anew (DESIGN §3.5)."""
        vehicles, first = np.unique(positions.vehicle_id, return_index=True)
        starts = positions.device_time[first]
        ends = positions.device_time[np.append(first[1:], len(positions)) - 1] if len(first) else starts
        return [
            self._span(vehicle, start, end, reason, detector)
            for vehicle, start, end in zip(vehicles.tolist(), starts.tolist(), ends.tolist(), strict=True)
        ]

    def _fault_spans(self, positions: Positions, faults: dict[str, Exception]) -> list[RedetectionSpan]:
        spans = []
        for code in faults:
            DETECTOR_FAULTS.inc(code)
            spans += self._spans(positions, RedetectionSpan.Reason.FAULT, code)
        return spans

    def _span(self, vehicle: int, start: int, end: int, reason: str, detector: str = "") -> RedetectionSpan:
        return RedetectionSpan(
            shard=self.shard,
            vehicle_id=vehicle,
            started_at=findings.moment(start),
            ended_at=findings.moment(end),
            reason=reason,
            detector=detector,
            # A fault is tried again in the worker's next life, when the detector may have been mended.
            tried_in_epoch=self.epoch if reason == RedetectionSpan.Reason.FAULT else 0,
        )

    def _keep(self, episodes: list[Episode]) -> tuple[list[str], list[RedetectionSpan]]:
        """Findings and cases in a savepoint of their own: if they fail, positions commit all the same."""
        if not episodes:
            return [], []
        assert self.engine is not None
        try:
            with transaction.atomic():
                return findings.keep(episodes, self.engine.rules), []
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("shard %d: %d episodes could not be kept", self.shard, len(episodes))
            DETECTOR_FAULTS.inc("findings")
            return [], [
                self._span(e.vehicle_id, e.started, e.ended, RedetectionSpan.Reason.FAULT, e.detector) for e in episodes
            ]

    # --- between batches --------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Record that the shard is up to date as of now, and see who fell silent; then look at pending spans."""
        self._look_at_layout()
        if self.shard >= self.layout.shards:
            return  # a shard that is no more, or not yet
        self._ready()
        assert self.engine is not None
        now = timezone.now()
        try:
            with transaction.atomic():
                self._lock()
                IngestShard.objects.filter(shard=self.shard).update(tick_at=now)
                found, spans = self._keep(self.engine.tick(int(now.timestamp()), self.context))
                redetect.add(spans)
        except Exception:
            self._forget()
            raise
        _count(found)

    def redetect(self, budget_s: float) -> bool:
        """Detect pending spans anew for at most about ``budget_s``; whether some are left.

        One transaction for all: what memory takes over is written with the checkpoint, and that is dear.
        """
        self._ready()
        if redetect.next_vehicle(self.shard, self.epoch) is None:
            return False
        until = time.monotonic() + budget_s
        found: list[str] = []
        try:
            with transaction.atomic():
                self._lock()
                while (pending := redetect.next_vehicle(self.shard, self.epoch)) and time.monotonic() < until:
                    found += self._redetect_vehicle(pending)
                self._write_checkpoint()
        except Exception:
            self._forget()
            raise
        _count(found)
        return pending is not None

    def _redetect_vehicle(self, pending: redetect.Pending) -> list[str]:
        """One vehicle in a savepoint of its own; memory takes over only what has succeeded."""
        assert self.engine is not None
        try:
            with transaction.atomic():
                return redetect.redetect(self.engine, self.context, pending)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("shard %d: vehicle %d could not be detected anew", self.shard, pending.vehicle_id)
            DETECTOR_FAULTS.inc("redetect")
            redetect.put_off(pending, self.shard, self.epoch)
            return []

    # --- memory -----------------------------------------------------------------------------------------------------
    def _lock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT epoch, layout FROM ingest_shard WHERE shard = %s FOR UPDATE", [self.shard])
            epoch, layout = cursor.fetchone() or (None, None)
        if epoch != self.epoch:
            raise Superseded(shard=self.shard, epoch=epoch)
        if layout != self.layout.version:
            raise LayoutChanged

    def _look_at_layout(self) -> None:
        """Take up the layout in force; where it is another, memory is rebuilt for the vehicles that are now here."""
        found = layouts.establish()
        if found != self.layout:
            log.info("shard %d: layout %d, of %d shards", self.shard, found.version, found.shards)
            self.layout = found
            self._forget()

    def _make_days(self, positions: Positions) -> None:
        if not len(positions):
            return
        # Days of Asia/Shanghai, UTC+8 without daylight saving since 1991.
        days = {int(day) for day in np.unique((positions.device_time + 8 * 3600) // 86_400)} - self._days_ready
        if days:
            store.make_partitions([datetime.fromtimestamp(day * 86_400, UTC).date() for day in sorted(days)])
            self._days_ready |= days

    def _ready(self) -> None:
        """Limits, areas and memory as they are now."""
        if self.engine is None:
            self.engine = self._rebuilt()
            self._days_ready.clear()
        elif time.monotonic() - self._settings_read > SETTINGS_S:
            rules = rules_in_force()
            if rules != list(self.engine.rules.values()):
                changed = Engine(rules)
                changed.costs = self.engine.costs
                changed.load(self.engine.dump())
                self.engine = changed
            self.context = read_context()
            self._settings_read = time.monotonic()

    def _rebuilt(self) -> Engine:
        """Memory from the last checkpoint, and what was stored since told again; nothing missed, nothing doubled."""
        engine = Engine(rules_in_force())
        self.context = read_context()
        self._settings_read = time.monotonic()
        with transaction.atomic():
            self._lock()
            checkpoint = EngineCheckpoint.objects.filter(shard=self.shard).first()
            if checkpoint:
                engine.load(msgpack.unpackb(zlib.decompress(checkpoint.state)))
            vehicles = [
                pk
                for pk in Vehicle.objects.order_by("pk").values_list("pk", flat=True)
                if self.layout.shard_of(pk) == self.shard
            ]
            # Of a vehicle that memory knows, all that is later; of another, all that came since the checkpoint.
            since = checkpoint.at - _UNDER_WAY if checkpoint else timezone.now() - _FIRST_LOOK_BACK
            times = engine.last_times(np.array(vehicles, np.int64))
            replayed = 0
            for first in range(0, len(vehicles), _REPLAY_VEHICLES):
                piece = slice(first, first + _REPLAY_VEHICLES)
                positions = store.after(vehicles[piece], times[piece].tolist(), since)
                replayed += len(positions)
                episodes, faults = engine.process(positions, self.context)
                redetect.add(self._fault_spans(_by_track(positions), faults))
                self.engine = engine
                _, spans = self._keep(episodes)
                redetect.add(spans)
            self._write_checkpoint(engine)
        log.info("shard %d: memory rebuilt, %d positions replayed", self.shard, replayed)
        return engine

    def _write_checkpoint(self, engine: Engine | None = None) -> None:
        state = (engine or self.engine).dump()  # type: ignore[union-attr]
        EngineCheckpoint.objects.update_or_create(
            shard=self.shard, defaults={"at": timezone.now(), "state": zlib.compress(bytes(msgpack.packb(state)), 1)}
        )
        self._checkpoint_written = time.monotonic()


def _by_track(positions: Positions) -> Positions:
    return positions.take(np.lexsort((positions.device_time, positions.vehicle_id)))


def _count(found: list[str]) -> None:
    for code in found:
        metrics.FINDINGS.inc(code)


def _quarantine(rejected: list[Rejected]) -> None:
    QuarantinedFrame.objects.bulk_create(
        QuarantinedFrame(
            at=datetime.fromtimestamp(entry.received_us / 1e6, UTC),
            reason=entry.reason[:40],
            detail=entry.detail[:300].replace("\x00", ""),
            phone=entry.phone[:20].replace("\x00", ""),
            vehicle_id=entry.vehicle_id or None,
            remote=entry.remote[:60],
            raw=entry.raw,
        )
        for entry in rejected
    )
