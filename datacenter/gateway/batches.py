"""Frames of one shard on their way to its worker and back (批次): gathered, handed in, answered.

Lists run in parallel and a read's frames enter together, so that a frame costs no object of its own. What is handed in
stays here until its commit is known; then its terminals are owed their answers.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from datacenter.gateway.metrics import ACKNOWLEDGED
from datacenter.gateway.owed import Debt, Owed
from datacenter.ingest.batch import BODY, FACT, FAILED, NO_ANSWER, STORED, Batch, Rejected
from datacenter.ingest.layout import FIRST

if TYPE_CHECKING:
    from datacenter.gateway.session import Session

Reply = Callable[["Session", int], None]
"""How a fact is answered once its result is known."""
_ROW_COLUMNS = ("frames", "message_ids", "serials")
_RUN_COLUMNS = ("sessions", "counts", "vehicles", "received_us")


class Gathering:
    """What has arrived since the last hand-in. A *run* is what one read brought of one session."""

    __slots__ = (
        "assembled",
        "counts",
        "facts",
        "frames",
        "message_ids",
        "nbytes",
        "received_us",
        "rejected",
        "serials",
        "sessions",
        "since",
        "vehicles",
    )

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.message_ids: list[int] = []
        self.serials: list[int] = []
        self.sessions: list[Session] = []  # one entry a run, like the next three
        self.counts: list[int] = []
        self.vehicles: list[int] = []
        self.received_us: list[int] = []
        self.assembled: dict[int, tuple[int, ...]] = {}  # row → serials of its packets
        self.facts: dict[int, Reply | None] = {}  # rows that are no positions → how each is answered, if not by 0x8001
        self.rejected: list[Rejected] = []
        self.nbytes = 0
        self.since = 0.0

    def __bool__(self) -> bool:
        return bool(self.frames or self.rejected)

    def split(self, most_frames: int, most_bytes: int) -> Gathering:
        """Take the oldest runs out, up to these bounds but at least one run; what is left stays here."""
        taken = Gathering()
        rows = runs = size = 0
        for count in self.counts:
            weight = sum(map(len, self.frames[rows : rows + count]))
            if runs and (rows + count > most_frames or size + weight > most_bytes):
                break
            rows, runs, size = rows + count, runs + 1, size + weight
        for name in _ROW_COLUMNS + _RUN_COLUMNS:
            column, cut = getattr(self, name), rows if name in _ROW_COLUMNS else runs
            setattr(taken, name, column[:cut])
            del column[:cut]
        for name in ("assembled", "facts"):
            by_row = getattr(self, name)
            setattr(taken, name, {row: value for row, value in by_row.items() if row < rows})
            setattr(self, name, {row - rows: value for row, value in by_row.items() if row >= rows})
        taken.rejected, self.rejected = self.rejected, []
        taken.since = self.since
        taken.nbytes = size + sum(len(entry.raw) for entry in taken.rejected)
        self.nbytes -= taken.nbytes
        return taken


class HandedIn:
    """One batch from its hand-in to its answer."""

    __slots__ = (
        *("_gathering", "_task", "attempts", "batch_id", "gateway", "layout", "nbytes", "published_at", "rows"),
        "shard",
    )

    def __init__(self, gateway: str, shard: int, gathering: Gathering, layout: int = FIRST) -> None:
        self.batch_id = uuid.uuid4().hex
        self.gateway, self.shard, self.layout = gateway, shard, layout
        self.rows, self.nbytes = len(gathering.frames), gathering.nbytes
        self.published_at: float | None = None  # monotonic seconds; None while it waits for the broker
        self.attempts = 0
        self._gathering = gathering
        self._task: dict[str, Any] | None = None

    def task(self) -> dict[str, Any]:
        """Keyword arguments of the Celery task, the same at every attempt. Called by the publishing thread."""
        if self._task is None:
            self._task = self._batch().to_task()
            self._gathering.frames = []  # the blob has them now
        return self._task

    def reopened(self) -> tuple[Gathering, list[bytes]]:
        """What was handed in and its frames, to be cut anew by another layout; this batch is done with."""
        frames = self._gathering.frames  # the publishing thread may be packing them: it leaves this list as it is
        if not frames and self._task is not None:
            ends = np.cumsum(np.frombuffer(self._task["lengths"], "<i4")).tolist()
            blob = self._task["blob"]
            frames = [blob[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
        return self._gathering, frames

    def _batch(self) -> Batch:
        gathered = self._gathering
        rows = len(gathered.frames)
        counts = np.array(gathered.counts, np.int64)
        forms = np.repeat(np.array([session.form for session in gathered.sessions], np.uint8), counts)
        forms[list(gathered.assembled)] = BODY
        forms[list(gathered.facts)] = FACT
        return Batch(
            batch_id=self.batch_id,
            gateway=self.gateway,
            shard=self.shard,
            layout=self.layout,
            blob=b"".join(gathered.frames),
            lengths=np.fromiter(map(len, gathered.frames), np.int32, rows),
            vehicles=np.repeat(np.array(gathered.vehicles, np.int32), counts),
            received_us=np.repeat(np.array(gathered.received_us, np.int64), counts),
            forms=forms,
            message_ids=np.array(gathered.message_ids, np.uint16),
            rejected=gathered.rejected,
        )

    def acknowledge(self, results: bytes, owed: Owed) -> None:
        """Answer every frame of the batch on the sockets that are still open; ``results`` has one byte a frame."""
        gathered = self._gathering
        if results.count(STORED) == len(results) and not gathered.assembled and not gathered.facts:
            self._acknowledge_all(owed)
        else:
            self._acknowledge_each(results, owed)
        owed.count()

    def _acknowledge_all(self, owed: Owed) -> None:
        """The usual case: everything is stored."""
        gathered = self._gathering
        serials, ids = gathered.serials, gathered.message_ids
        debts: dict[Session, Debt] = {}
        row = 0
        for session, count, received_us in zip(gathered.sessions, gathered.counts, gathered.received_us, strict=True):
            end = row + count
            debt = Debt(serials[row:end], ids[row:end], [received_us] * count)
            row = end
            session.waiting -= count
            known = debts.setdefault(session, debt)
            if known is not debt:
                known.add(debt)
        for session, debt in debts.items():
            owed.settle(session, debt)

    def _acknowledge_each(self, results: bytes, owed: Owed) -> None:
        gathered = self._gathering
        runs = zip(gathered.sessions, gathered.counts, gathered.received_us, strict=True)
        arrivals = ((session, received_us) for session, count, received_us in runs for _ in range(count))
        debts: dict[Session, Debt] = {}
        refused: dict[tuple[Session, int], tuple[list[int], list[int]]] = {}
        rows = zip(arrivals, gathered.serials, gathered.message_ids, results, strict=True)
        for row, ((session, received_us), serial, message_id, result) in enumerate(rows):
            session.waiting -= 1
            reply = gathered.facts.get(row)
            if reply is not None and result != NO_ANSWER:
                reply(session, result)
                continue
            packets = list(gathered.assembled.get(row, (serial,)))
            if not packets:
                continue
            ids = [message_id] * len(packets)
            if result == STORED:
                debt = Debt(packets, ids, [received_us] * len(packets))
                known = debts.setdefault(session, debt)
                if known is not debt:
                    known.add(debt)
            elif result != NO_ANSWER:
                its_serials, its_ids = refused.setdefault((session, result), ([], []))
                its_serials += packets
                its_ids += ids
        for session, debt in debts.items():
            owed.settle(session, debt)
        for (session, result), (its_serials, its_ids) in refused.items():
            session.acknowledge(its_serials, its_ids, result)
            ACKNOWLEDGED.inc("failed" if result == FAILED else str(result), by=len(its_serials))
