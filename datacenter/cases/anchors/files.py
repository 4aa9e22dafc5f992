"""Anchor files (锚定文件): one a run, JSON lines, each naming the SHA-256 of the one before; never rewritten.

The first line says whence and to where, then a line for each case that changed (``[case id, number, sequence, hash]``),
and the last line sums up. A file without its last line was broken off while it was written: it never counts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

FORMAT = "panjin-chain-anchor/1"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """The end of one case's chain: the number of its last event and that event's hash."""

    case: int
    number: str
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one complete file says of itself, and its digest."""

    path: Path
    sha256: str
    serial: int
    at: datetime
    previous: str
    upto_event: int
    cases: int
    events: int
    changed: int
    contradicted: tuple[str, ...]
    root: str

    @property
    def day(self) -> str:
        """The anchor's day, as people name it."""
        return f"{timezone.localtime(self.at):%Y-%m-%d}"


def directory() -> Path:
    """Where anchors lie (``ANCHOR_DIR``); it should be a place that the database's administrators can't write."""
    return Path(settings.ANCHOR_DIR)


def paths() -> list[Path]:
    """Every anchor file, in order."""
    return sorted(directory().glob("[0-9]*.jsonl"))


def read(path: Path) -> Anchor | None:
    """What a file says of itself; None where it is broken off or no anchor at all."""
    digest, first, tail = hashlib.sha256(), b"", b""
    try:
        with path.open("rb") as file:
            first = file.readline()
            digest.update(first)
            while block := file.read(_BLOCK):
                digest.update(block)
                tail = (tail + block)[-_BLOCK:]
        head, sums = json.loads(first), json.loads(tail.rsplit(b"\n", 2)[-2] if tail.endswith(b"\n") else b"")
        if head["format"] != FORMAT or sums["end"] is not True:
            return None
        return Anchor(
            path, digest.hexdigest(), head["serial"], datetime.fromisoformat(head["at"]), head["previous"],
            head["upto_event"], sums["cases"], sums["events"], sums["changed"], tuple(sums["contradicted"]),
            sums["root"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def heads_in(path: Path) -> Iterator[Head]:
    """The lines of a complete file in order; raises ``ValueError`` or ``TypeError`` where one is no such line."""
    with path.open("rb") as file:
        file.readline()
        for line in file:
            content = json.loads(line)
            if isinstance(content, dict):
                return
            yield Head(*content)


class Writer:
    """A file being written: under another name until it is whole, on the disk before it gets its own."""

    def __init__(self, serial: int, at: datetime, previous: str, from_event: int, upto_event: int) -> None:
        directory().mkdir(parents=True, exist_ok=True)
        self.path = directory() / f"{serial:06d}-{timezone.localtime(at):%Y-%m-%d}.jsonl"
        self._part = self.path.with_suffix(".part")
        self._file = self._part.open("wb")
        self._line(
            {
                "format": FORMAT, "serial": serial, "at": at.isoformat(), "previous": previous,
                "from_event": from_event, "upto_event": upto_event,
                "columns": ["case", "number", "sequence", "hash"],
            }
        )  # fmt: skip

    def heads(self, heads: list[Head]) -> None:
        """Lines of cases that changed."""
        self._file.write(
            b"".join(
                json.dumps([head.case, head.number, head.sequence, head.hash], ensure_ascii=False).encode() + b"\n"
                for head in heads
            )
        )

    def finish(self, **sums: Any) -> Anchor:
        """The last line; from here on the anchor stands."""
        self._line({"end": True, **sums})
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.chmod(self._part, 0o444)
        os.rename(self._part, self.path)
        sync_directory()
        anchor = read(self.path)
        assert anchor is not None, f"{self.path} does not read as it was written"
        return anchor

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _line(self, content: dict[str, Any]) -> None:
        self._file.write(json.dumps(content, ensure_ascii=False).encode() + b"\n")


def sync_directory() -> None:
    """Put the directory's names on the disk."""
    descriptor = os.open(directory(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
