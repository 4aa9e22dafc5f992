"""Where positions kept through a blind area wait for their turn (补传限流).

Two hours of 500 vehicles are 360,000 positions at once, each dearer to store than a live one since it may be stored
already. They enter a shard's batches a little at a time, and as fast as the worker has nothing else to do: so live
positions don't wait for them, and terminals not for so long that they send again. What waits is bounded by not reading
from the sockets that brought it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from datacenter.protocols.jt808.events import Locations

if TYPE_CHECKING:
    from datacenter.gateway.session import Session

BULK = frozenset({0x0704, 0x0203})
"""Messages of many positions: 定位数据批量上传 of JT/T 808, 位置信息补传 of JT/T 905."""
_PIECE = 8  # frames; one read may bring hundreds


class Backfill:
    """Pieces of reads with bulk messages of one shard's terminals, oldest first."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._pieces: deque[tuple[Session, Locations, int, int]] = deque()
        self._paused: set[Session] = set()
        self.frames = self.nbytes = 0

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, session: Session, locations: Locations, received_us: int) -> None:
        """Keep what one read brought; past the bound its socket is not read."""
        for at in range(0, len(locations.frames), _PIECE):
            piece = slice(at, at + _PIECE)
            frames = locations.frames[piece]
            size = sum(map(len, frames))
            part = Locations(frames, locations.message_ids[piece], locations.serials[piece])
            self._pieces.append((session, part, received_us, size))
            self.frames += len(frames)
            self.nbytes += size
        if self.nbytes >= self._most_bytes:
            self._paused.add(session)
            session.pause_reading()

    def take(self, most_bytes: int | None = None) -> list[tuple[Session, Locations, int]]:
        """The oldest pieces, up to so many bytes but at least one; all when no bound is given."""
        taken, size = [], 0
        while self._pieces and (most_bytes is None or not taken or size + self._pieces[0][3] <= most_bytes):
            session, locations, received_us, weight = self._pieces.popleft()
            taken.append((session, locations, received_us))
            size += weight
            self.frames -= len(locations.frames)
        self.nbytes -= size
        return taken

    def paused(self) -> list[Session]:
        """The sockets that may be read again now; each is told once."""
        if not self._paused or self.nbytes > self._most_bytes // 2:
            return []
        sessions, self._paused = list(self._paused), set()
        return sessions
