"""Every bound and wait of the gateway, in one place (界限), and the limits of the operating system."""

from __future__ import annotations

import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gateway holds at most, and how long it waits. Tests shorten the waits."""

    # Sockets.
    connections: int = 60_000
    connections_per_address: int = 0  # 0: no limit; one carrier's address may hide a whole fleet
    authenticate_s: float = 30.0
    silence_s: float = 900.0  # five heartbeats of three minutes (parameter 0x0001)
    failures: int = 5  # refused registrations and authentications before a socket is closed
    early_frames: int = 20  # frames of any other kind before authentication
    write_buffer_bytes: int = 64 * 1024  # for a client that never reads; the kernel holds as much again
    kernel_send_bytes: int = 64 * 1024
    kernel_receive_bytes: int = 128 * 1024
    hold_s: float = 0.4  # for an answer whose terminal has more frames on their way
    hold_few: int = 8  # answers held for one terminal; from here on they are worth a write
    rejected_a_minute: int = 100  # of one socket, into the quarantine; more are only counted
    quarantined_bytes: int = 1024  # of one frame's bytes; no good frame of 2013 or 2019 is longer
    sub_packets_s: float = 10.0  # before missing packets are asked for
    assembly_bytes: int = 256 * 1024 * 1024  # of messages and files in the making, all sockets together

    # Batches of one shard.
    batch_frames: int = 4096
    batch_wait_s: float = 0.1
    batch_most_frames: int = 16_384  # of one batch that had to wait for a place
    batch_most_bytes: int = 8 * 1024 * 1024
    batch_rejected: int = 500  # frames for the quarantine in one batch; more are only counted
    batches_in_flight: int = 3
    shard_frames: int = 8 * 4096  # handed in and waiting together; past it the shard's sockets are not read
    shard_bytes: int = 16 * 1024 * 1024
    backfill_at_once: int = 64 * 1024  # bytes of 0x0704 that enter one batch: about 1,500 positions
    backfill_wait_s: float = 0.5  # the longest that none enters, however busy the worker is
    backfill_bytes: int = 8 * 1024 * 1024  # of them waiting; past it their sockets are not read
    low_water: float = 0.5  # of either bound: reading goes on
    answer_s: float = 15.0  # before a batch is handed in again
    queue_length: int = 12  # of a shard's queue in the broker: no second copy is added past it

    # The rest.
    sweep_s: float = 1.0
    stop_s: float = 5.0
    unknown_terminals: int = 500  # kept in memory between two writes
    unknown_rows: int = 20_000  # in the database, not yet adopted

    @property
    def expires_s(self) -> float:
        """How long a task may wait in its queue: it is dead before its batch is handed in again."""
        return self.answer_s * 0.9


def raise_file_limit(wanted: int) -> int:
    """Raise the number of files this process may open towards ``wanted``; how many it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:  # root may lift the hard limit as well
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        except (ValueError, OSError):
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
