"""One terminal's upload (附件上传会话): the connection's events into pieces, files and rows. Blocking; run in a thread.

Whoever may bring files: a terminal that the directory knows, for an alarm number that it was given. The newest
connection for an alarm has it; an older one, most likely dead, is let go.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from datacenter import metrics
from datacenter.media import parts, workflow
from datacenter.media.errors import DiskFull, OtherThanListed, UnknownAlarm, UnknownTerminal
from datacenter.media.models import SafetyAlarm
from datacenter.media.parts import Part
from datacenter.protocols.active_safety.connection import (
    AttachmentConnection,
    Event,
    FileData,
    FileFinished,
    Listed,
    Refused,
)
from datacenter.registry.directory import TerminalDirectory, stripped

log = logging.getLogger(__name__)

LISTS = metrics.counter("attachment_lists_total", "Lists of attachments accepted")
FILES = metrics.counter("attachment_files_total", "Attachments stored, by kind", ["kind"])
BYTES = metrics.counter("attachment_bytes_total", "Bytes of attachments written")
REFUSED = metrics.counter("attachment_refused_total", "What was refused of uploads, by reason", ["reason"])
RESENDS = metrics.counter("attachment_resends_total", "Files of which bytes were asked for again")


@dataclass(frozen=True, slots=True)
class Room:
    """How much may lie about unfinished."""

    held_bytes: int = 8 << 30
    reserve_bytes: int = 1 << 30
    """What the disk must keep free whatever comes."""


@dataclass(slots=True)
class Upload:
    """What one connection is bringing. ``alarm`` once its list has been accepted."""

    connection: AttachmentConnection
    directory: TerminalDirectory
    room: Room
    save_s: float = 0.5
    alarm: SafetyAlarm | None = None
    safe: set[str] = field(default_factory=set)
    refusals: int = 0
    _parts: dict[str, Part] = field(default_factory=dict)
    _saved_at: float = 0.0

    def judge(self, listed: Listed) -> SafetyAlarm:
        """The alarm that a list is for. Raises ``UnknownTerminal``, ``UnknownAlarm``, ``DiskFull``."""
        phone = stripped(self.connection.phone)
        if self.directory.get(phone) is None:
            raise UnknownTerminal(phone)
        alarm = workflow.alarm_awaiting(listed.message.alarm_no, phone)
        coming = sum(one.size_bytes for one in listed.message.files)
        if parts.held_bytes() + coming > self.room.held_bytes:
            raise DiskFull(self.room.held_bytes)
        if parts.free_bytes() - coming < self.room.reserve_bytes:
            raise DiskFull(self.room.reserve_bytes)
        return alarm

    def accept(self, listed: Listed, alarm: SafetyAlarm) -> list[Event]:
        """Take the list; the events that waited behind it."""
        self.save()
        self.close()
        message = listed.message
        workflow.upload_begins(alarm, len(message.files), resent=message.info_type != 0)
        self.alarm, self.safe = alarm, workflow.names_received(alarm)
        self._parts = {one.name: Part(alarm.alarm_no, one.name, one.size_bytes) for one in message.files}
        had = {
            one.name: [(0, one.size_bytes)] if one.name in self.safe else self._parts[one.name].known()
            for one in message.files
        }
        LISTS.inc()
        return self.connection.accept(had)

    def take(self, events: Iterable[Event]) -> None:
        """Write what came, and store what is whole. Lists are the caller's."""
        for event in events:
            if isinstance(event, FileData):
                self._parts[event.file.name].write(event.offset, event.data)
                BYTES.inc(by=len(event.data))
            elif isinstance(event, FileFinished):
                self._finished(event)
            elif isinstance(event, Refused):
                REFUSED.inc(event.error.code)
                log.debug("refused: %s", event.error)
        if time.monotonic() - self._saved_at >= self.save_s:
            self.save()

    def _finished(self, event: FileFinished) -> None:
        file, alarm = event.file, self.alarm
        assert alarm is not None
        if event.missing:
            RESENDS.inc()
            self.save()
            return
        if file.name not in self.safe:
            part = self._parts[file.name]
            try:
                row = workflow.attachment_arrives(
                    alarm, part.finish(), name=file.name, listed_bytes=file.size_bytes, received_at=timezone.now()
                )
            except OtherThanListed as fault:
                REFUSED.inc(fault.code)
                part.discard()
                self.connection.start_over(file)
                return
            part.discard()
            self.safe.add(file.name)
            FILES.inc(row.kind)
        self.connection.confirm(file)

    def save(self) -> None:
        """Note what has come of each file."""
        self._saved_at = time.monotonic()
        for name, part in self._parts.items():
            file = self.connection.files.get(name)
            if file is not None and name not in self.safe:
                part.save(file.ranges)

    def close(self) -> None:
        """Let go of the files."""
        for part in self._parts.values():
            part.close()


def refusal_of(upload: Upload, listed: Listed) -> tuple[SafetyAlarm | None, str]:
    """The alarm of a list, or why it is refused."""
    try:
        return upload.judge(listed), ""
    except (UnknownTerminal, UnknownAlarm, DiskFull) as fault:
        log.warning("attachments refused: %s", fault.code)
        return None, fault.code
