"""One batch of frames on its way from a gateway to a shard's worker, and the word that comes back (批次).

The batch travels as one Celery task whose keyword arguments are plain bytes and numbers (msgpack, never pickle). The
worker answers on the gateway's Redis channel after the commit; only then may the gateway acknowledge. An answer that
gets lost costs a second hand-in, which stores nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
from django.conf import settings

from datacenter.ingest.layout import FIRST, Layout

TASK = "datacenter.ingest.store_batch"

# Per-frame result in a worker's answer: what the gateway tells the terminal (JT/T 808, 0x8001 result).
STORED, FAILED, BAD_MESSAGE, NO_ANSWER = 0, 1, 2, 255

# How an entry lies in a batch: a frame of JT/T 808, the bare body of one that came in sub-packets, a frame of JT/T 905,
# a message of either that is no position (``facts.envelope``).
FRAME, BODY, TAXI_FRAME, FACT = 0, 1, 2, 3


def queue(shard: int) -> str:
    """The Celery queue of ``shard``; one solo worker reads it."""
    return f"shard.{shard}"


def answer_channel(gateway: str) -> str:
    """The Redis channel on which workers tell ``gateway`` what they have committed."""
    return f"{settings.REDIS_PREFIX}:gateway:{gateway}"


@dataclass(slots=True)
class Rejected:
    """A frame that the gateway itself could not read, for the quarantine (隔离)."""

    reason: str
    detail: str
    phone: str
    vehicle_id: int  # 0 where unknown
    remote: str
    raw: bytes
    received_us: int


@dataclass(slots=True)
class Batch:
    """Frames of one shard, unescaped, header to checksum, in order of arrival.

    ``lengths``, ``vehicles``, ``received_us``, ``forms`` (``FRAME``, ``BODY``, ``TAXI_FRAME``, ``FACT``) and
    ``message_ids`` have one entry a frame. ``rejected`` rides along to the quarantine. ``layout`` is the version by
    which the vehicles of this shard were chosen.
    """

    batch_id: str
    gateway: str
    shard: int
    blob: bytes
    lengths: npt.NDArray[np.int32]
    vehicles: npt.NDArray[np.int32]
    received_us: npt.NDArray[np.int64]
    forms: npt.NDArray[np.uint8]
    message_ids: npt.NDArray[np.uint16]
    rejected: list[Rejected] = field(default_factory=list)
    layout: int = FIRST

    def __len__(self) -> int:
        return len(self.lengths)

    def to_task(self) -> dict[str, Any]:
        """Keyword arguments of the task."""
        return {
            "batch_id": self.batch_id,
            "gateway": self.gateway,
            "shard": self.shard,
            "layout": self.layout,
            "blob": self.blob,
            "lengths": self.lengths.astype("<i4").tobytes(),
            "vehicles": self.vehicles.astype("<i4").tobytes(),
            "received_us": self.received_us.astype("<i8").tobytes(),
            "forms": self.forms.astype("u1").tobytes(),
            "message_ids": self.message_ids.astype("<u2").tobytes(),
            "rejected": [
                [r.reason, r.detail, r.phone, r.vehicle_id, r.remote, r.raw, r.received_us] for r in self.rejected
            ],
        }

    @classmethod
    def from_task(cls, arguments: dict[str, Any]) -> Batch:
        """The batch that ``to_task`` packed."""
        return cls(
            batch_id=arguments["batch_id"],
            gateway=arguments["gateway"],
            shard=arguments["shard"],
            layout=arguments["layout"],
            blob=arguments["blob"],
            lengths=np.frombuffer(arguments["lengths"], "<i4"),
            vehicles=np.frombuffer(arguments["vehicles"], "<i4"),
            received_us=np.frombuffer(arguments["received_us"], "<i8"),
            forms=np.frombuffer(arguments["forms"], "u1"),
            message_ids=np.frombuffer(arguments["message_ids"], "<u2"),
            rejected=[Rejected(*entry) for entry in arguments["rejected"]],
        )


def pack_answer(batch_id: str, results: npt.NDArray[np.uint8]) -> bytes:
    """The worker's word that ``batch_id`` is committed; ``results`` has one entry a frame."""
    return bytes(msgpack.packb([batch_id, results.astype("u1").tobytes()]))


def pack_moved(layout: Layout) -> bytes:
    """The worker's word that a batch was cut by an older layout than ``layout`` and will never be stored as it is."""
    return bytes(msgpack.packb([layout.version, layout.shards, None]))


def unpack_answer(message: bytes) -> tuple[str, bytes] | Layout:
    """Batch id and per-frame results of a worker's answer, or the layout by which the gateway has to cut anew."""
    answer = msgpack.unpackb(message)
    if len(answer) == 3:
        return Layout(answer[0], answer[1])
    batch_id, results = answer
    return batch_id, results
