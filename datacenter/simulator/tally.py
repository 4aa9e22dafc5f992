"""What a run counts: positions sent, acknowledged, sent again; how long acknowledgements took; what went wrong."""

import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from datacenter.simulator import frames, taxi_frames

_KEPT_LATENCIES = 4_000_000


@dataclass
class Tally:
    """Counts of one run. A position counts once as sent and once as acknowledged, however often it travels."""

    sent: int = 0
    acknowledged: int = 0
    resent: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    latencies_s: array = field(default_factory=lambda: array("f"))
    log: "AcknowledgedLog | None" = None
    started: float = field(default_factory=time.perf_counter)
    reporting_s: float = 0.0  # from the first position to the last acknowledgement
    _first: float = 0.0

    def mark(self, now: float) -> None:
        """An acknowledgement came at ``now`` (monotonic); the run's pace ends with the last."""
        self.reporting_s = now - self._first

    def begin(self, now: float) -> None:
        """The first position leaves."""
        if not self._first:
            self._first = now

    def thin(self) -> None:
        """Keep every second latency when there are too many to hold."""
        if len(self.latencies_s) > _KEPT_LATENCIES:
            self.latencies_s = self.latencies_s[::2]

    def report(self, connected: int, vehicles: int) -> dict[str, Any]:
        """The figures, ready for JSON. Latency runs from the first sending of a position."""
        latencies = np.frombuffer(self.latencies_s, np.float32) if self.latencies_s else None
        p50, p99 = (np.percentile(latencies, (50, 99)) * 1000).tolist() if latencies is not None else (None, None)
        return {
            "sent": self.sent,
            "acknowledged": self.acknowledged,
            "resent": self.resent,
            "unacknowledged": self.sent - self.acknowledged,
            "p50_ms": None if p50 is None else round(p50, 2),
            "p99_ms": None if p99 is None else round(p99, 2),
            "errors": dict(sorted(self.errors.items())),
            "positions_per_s": round(self.acknowledged / self.reporting_s, 1) if self.reporting_s > 0 else 0.0,
            "connected": connected,
            "vehicles": vehicles,
            "seconds": round(time.perf_counter() - self.started, 2),
        }


class AcknowledgedLog:
    """One line for every acknowledged position: ``phone,device_time,serial,body`` (body as hex).

    A line is written only after the acknowledgement, so that nothing in the file may be missing in the data centre.
    """

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="ascii")

    def add(self, phone: str, edition: str, serial: int, sealed: bytes) -> None:
        """Positions of one acknowledged frame."""
        taxi = edition == "905"
        for body in (taxi_frames if taxi else frames).bodies(sealed, edition):
            text = body.hex()
            stamp = text[38:50] if taxi else text[44:56]
            when = f"20{stamp[:2]}-{stamp[2:4]}-{stamp[4:6]}T{stamp[6:8]}:{stamp[8:10]}:{stamp[10:]}+08:00"
            self._file.write(f"{phone},{when},{serial},{text}\n")

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
