"""Attachments on their way (未收完的附件): pieces in a file, and beside it which bytes of it have come.

They lie under MEDIA_ROOT, so that a whole one is moved in place and not copied. What the note beside a file says has
been written before the note was: after any break, of a connection, the server or the machine, the upload goes on from
there, and a byte too few is only asked for again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from datacenter.protocols.active_safety.ranges import Ranges

KEEP_S = 7 * 86_400.0
"""How long an upload that nobody goes on with is kept."""


def incoming() -> Path:
    """Where the pieces lie."""
    return Path(settings.MEDIA_ROOT) / "incoming"


class Part:
    """One attachment of one alarm. Not for two connections at a time."""

    def __init__(self, alarm_no: str, name: str, size_bytes: int) -> None:
        self.name, self.size_bytes = name, size_bytes
        folder = incoming() / alarm_no
        folder.mkdir(parents=True, exist_ok=True)
        stem = hashlib.sha256(name.encode()).hexdigest()[:24]  # the terminal's name never becomes a path
        self.path, self._note = folder / f"{stem}.part", folder / f"{stem}.json"
        self._file: int | None = None
        self._unsaved = False

    def known(self) -> list[tuple[int, int]]:
        """Ranges that came before; none where the file is new, or is now said to have another size."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            ranges = [(int(start), int(stop)) for start, stop in note["ranges"]]
            if note["size"] == self.size_bytes and (not ranges or self.path.stat().st_size >= ranges[-1][1]):
                return ranges
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self.discard()
        return []

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes where they belong."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o640)
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, offset)
            view, offset = view[written:], offset + written
        self._unsaved = True

    def save(self, ranges: Ranges) -> None:
        """Note what has come, once it is on the disk."""
        if not self._unsaved or self._file is None:
            return
        os.fdatasync(self._file)
        draft = self._note.with_suffix(".new")
        draft.write_text(json.dumps({"name": self.name, "size": self.size_bytes, "ranges": ranges.pairs()}), "utf-8")
        os.replace(draft, self._note)
        self._unsaved = False

    def finish(self) -> Path:
        """The whole file, closed; an empty attachment's is made now."""
        self.close()
        if not self.path.exists():
            self.path.touch()
        return self.path

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def discard(self) -> None:
        """Forget what came; a file that has been moved away leaves its note."""
        self.close()
        self._unsaved = False
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _folders() -> Iterator[Path]:
    try:
        yield from incoming().iterdir()
    except FileNotFoundError:
        return


def held_bytes() -> int:
    """What all pieces take up on the disk."""
    total = 0
    for folder in _folders():
        for file in folder.glob("*.part"):
            try:
                total += file.stat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def free_bytes() -> int:
    """What the disk of MEDIA_ROOT has left."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


def sweep(now: float | None = None) -> int:
    """Remove uploads that nobody has gone on with for ``KEEP_S``, and folders with nothing left; how many."""
    limit, removed = (time.time() if now is None else now) - KEEP_S, 0
    for folder in _folders():
        files = list(folder.iterdir())
        if all(file.stat().st_mtime < limit for file in files) and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed
