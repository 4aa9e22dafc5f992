"""Terminals that nobody registered, written down for one-click adoption (未登记终端).

They come from strangers, so everything is bounded: what waits for the database, and what lies there unadopted. The
event loop only puts notes into a dictionary; a thread of its own writes them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError, close_old_connections
from django.db.models import F

from datacenter.accounts.scope import CITY, entered
from datacenter.gateway.metrics import UNKNOWN_DROPPED
from datacenter.gateway.models import UnknownTerminal
from datacenter.protocols.jt808.messages import Register
from datacenter.registry.directory import stripped

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stranger:
    """What one unknown terminal said of itself, and how often since the last write."""

    phone: str
    edition: str
    remote: str
    facts: dict[str, str | int]
    attempts: int = 1


class Strangers:
    """Unknown terminals between two writes, at most ``limit``; more are only counted."""

    def __init__(self, limit: int, most_rows: int) -> None:
        self._limit, self._most_rows = limit, most_rows
        self._waiting: dict[str, Stranger] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, phone: str, edition: str, remote: str, message: Register | None = None) -> None:
        """Remember that ``phone`` asked to come in; ``message`` is None where it did not even register."""
        plain = stripped(phone)
        stranger = self._waiting.get(plain)
        if stranger is None:
            if len(self._waiting) >= self._limit:
                UNKNOWN_DROPPED.inc()
                return
            stranger = self._waiting[plain] = Stranger(plain, edition, remote, {}, 0)
        stranger.attempts += 1
        stranger.edition, stranger.remote = edition, remote
        if message is not None:
            stranger.facts = {
                "maker": _clean(message.maker_id, 40),
                "model": _clean(message.model, 30),
                "terminal_id": _clean(message.terminal_id, 30),
                "plate": _clean(message.plate, 20),
                "plate_colour": message.plate_color,
            }

    def take(self) -> list[Stranger]:
        """All notes, to be written; the dictionary is empty afterwards."""
        waiting, self._waiting = self._waiting, {}
        return list(waiting.values())

    def write(self, strangers: list[Stranger]) -> None:
        """Add or refresh their rows; in a thread, since it talks to the database. What fails is asked again anyway."""
        close_old_connections()
        try:
            with entered(CITY):
                self._write(strangers)
        except DatabaseError as fault:
            _log.warning("%d unknown terminals could not be written down: %s", len(strangers), fault)
        finally:
            close_old_connections()

    def _write(self, strangers: list[Stranger]) -> None:
        now = datetime.now(UTC)
        room = self._most_rows - UnknownTerminal.objects.filter(adopted_at=None).count()
        for stranger in strangers:
            seen = {"last_seen_at": now, "edition": stranger.edition, "remote": stranger.remote} | stranger.facts
            rows = UnknownTerminal.objects.filter(phone=stranger.phone)
            if rows.update(attempts=F("attempts") + stranger.attempts, **seen):
                continue
            if room <= 0:
                UNKNOWN_DROPPED.inc()
                continue
            room -= 1
            UnknownTerminal.objects.bulk_create(
                [UnknownTerminal(phone=stranger.phone, attempts=stranger.attempts, **seen)], ignore_conflicts=True
            )


def _clean(text: str, longest: int) -> str:
    """Text from a stranger as a column takes it: no zero bytes, no control characters, not too long."""
    return "".join(character for character in text if character.isprintable())[:longest]
