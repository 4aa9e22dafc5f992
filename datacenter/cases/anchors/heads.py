"""All heads together (链头表): one sorted file of fixed records beside the anchors, and the Merkle root over it.

The file is a convenience, not a proof: the newest anchor's root proves it, and ``rebuilt`` makes it anew from the
anchors. It is read and written a piece at a time, so that a million cases take no more memory than a thousand.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datacenter.cases.anchors.files import Anchor, Head, directory, heads_in

RECORD = np.dtype([("case", "<i8"), ("sequence", "<i4"), ("number", "S40"), ("hash", "u1", 32)])
_PIECE = 50_000
Records = npt.NDArray[np.void]


def path_of(serial: int) -> Path:
    """The heads as they were after anchor ``serial``."""
    return directory() / f"heads-{serial:06d}.bin"


def open_heads(path: Path) -> Records:
    """The records of a heads file, mapped; none where it is not there."""
    if not path.exists() or not path.stat().st_size:
        return np.empty(0, RECORD)
    return np.memmap(path, RECORD, "r")


def packed(heads: Iterable[Head]) -> Records:
    """Heads as records. Raises ``ValueError`` for a number that fits no record."""
    rows = list(heads)
    records = np.zeros(len(rows), RECORD)
    for place, head in enumerate(rows):
        name = head.number.encode()
        if len(name) > RECORD["number"].itemsize:
            raise ValueError(f"case number {head.number!r} is too long for an anchor")
        records[place] = (head.case, head.sequence, name, np.frombuffer(bytes.fromhex(head.hash), "u1"))
    return records


def unpacked(record: np.void) -> Head:
    """One record as a head."""
    return Head(int(record["case"]), record["number"].decode(), int(record["sequence"]), record["hash"].tobytes().hex())


def slice_of(records: Records, above: int, upto: int) -> Records:
    """The records of cases with ``above < id <= upto``."""
    start, end = np.searchsorted(records["case"], [above, upto], side="right")
    return records[start:end]


class Merkle:
    """A binary hash tree over leaves in order, as RFC 6962 builds it; keeps one digest a level."""

    def __init__(self) -> None:
        self._levels: list[tuple[int, bytes]] = []  # (leaves below, digest), the largest first
        self.leaves = 0
        self.events = 0

    def add(self, records: Records) -> None:
        """More leaves, behind those before."""
        levels = self._levels
        raw = np.ascontiguousarray(records).tobytes()
        size = RECORD.itemsize
        for start in range(0, len(raw), size):
            digest = hashlib.sha256(b"\0" + raw[start : start + size]).digest()
            below = 1
            while levels and levels[-1][0] == below:
                digest = hashlib.sha256(b"\1" + levels.pop()[1] + digest).digest()
                below *= 2
            levels.append((below, digest))
        self.leaves += len(records)
        self.events += int(records["sequence"].sum())

    def root(self) -> str:
        """The root over all leaves so far."""
        if not self._levels:
            return hashlib.sha256(b"").hexdigest()
        digest = self._levels[-1][1]
        for _, left in reversed(self._levels[:-1]):
            digest = hashlib.sha256(b"\1" + left + digest).digest()
        return digest.hex()


def root_of(records: Records) -> Merkle:
    """The tree over a whole heads file."""
    tree = Merkle()
    for piece in pieces(records):
        tree.add(piece)
    return tree


def pieces(records: Records) -> Iterator[Records]:
    """The records a piece at a time."""
    for start in range(0, len(records), _PIECE):
        yield records[start : start + _PIECE]


def merged(old: Records, changes: Iterable[Records], target: Path) -> Merkle:
    """Writes ``old`` with ``changes`` (sorted pieces, each behind the one before) to ``target``; the tree over it all.

    The file has its name once it is whole and on the disk.
    """
    part, tree, done, before = target.with_suffix(".new"), Merkle(), 0, 0
    with part.open("wb") as file:

        def put(records: Records) -> None:
            tree.add(records)
            file.write(np.ascontiguousarray(records).tobytes())

        for piece in changes:
            start = max(done, int(np.searchsorted(old["case"], piece["case"][0])))
            done = int(np.searchsorted(old["case"], piece["case"][-1], side="right"))
            for untouched in pieces(old[before:start]):
                put(untouched)
            for window in pieces(old[start:done]):
                upto = int(np.searchsorted(piece["case"], window["case"][-1], side="right"))
                put(_both(window, piece[:upto]))
                piece = piece[upto:]
            put(piece)
            before = done
        for untouched in pieces(old[done:]):
            put(untouched)
        file.flush()
        os.fsync(file.fileno())
    os.rename(part, target)
    return tree


def _both(old: Records, new: Records) -> Records:
    """Both in order; of a case that stands in both, the new record."""
    both = np.concatenate([old[~np.isin(old["case"], new["case"])], new])
    return both[np.argsort(both["case"], kind="stable")]


def in_batches(heads: Iterable[Head]) -> Iterator[list[Head]]:
    """Heads a piece at a time."""
    rest = iter(heads)
    while batch := list(islice(rest, _PIECE)):
        yield batch


def rebuilt(anchors: list[Anchor]) -> Merkle:
    """Makes the heads file of the last of ``anchors`` anew from the lines of all of them; the tree over it.

    From the newest whole heads file on, where there is one. Takes as long as the anchors are many: a repair.
    """
    known = [(number, anchor) for number, anchor in enumerate(anchors) if path_of(anchor.serial).exists()]
    tree, begin, old = Merkle(), 0, np.empty(0, RECORD)
    for number, anchor in reversed(known):
        records = open_heads(path_of(anchor.serial))
        candidate = root_of(records)
        if candidate.root() == anchor.root:
            tree, begin, old = candidate, number + 1, records
            break
    for anchor in anchors[begin:]:
        lines = (packed(batch) for batch in in_batches(heads_in(anchor.path)))
        tree = merged(old, lines, path_of(anchor.serial))
        forget(path_of(anchor.serial))
        old = open_heads(path_of(anchor.serial))
    return tree


def forget(besides: Path) -> None:
    """Takes away heads files of earlier anchors, and what was broken off."""
    for path in directory().glob("heads-*"):
        if path != besides:
            path.unlink(missing_ok=True)
