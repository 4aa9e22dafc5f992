"""Holds cases against the anchors (锚定核验): a tail that was cut off, a case that is gone, a history written anew.

The chain alone can't tell these; the anchors can, for whatever stood when the newest of them was written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from datacenter.cases.anchors import heads as table
from datacenter.cases.anchors.files import Anchor, Head, heads_in, paths, read
from datacenter.cases.anchors.heads import RECORD, Records
from datacenter.cases.anchors.models import ChainAnchor
from datacenter.cases.models import CaseEvent

_NOTHING = np.empty(0, RECORD)


@dataclass(slots=True)
class Anchored:
    """What the anchors say: the heads that they prove, and what is wrong with the anchors themselves."""

    anchors: list[Anchor] = field(default_factory=list)
    heads: Records = field(default_factory=lambda: _NOTHING)
    faults: list[tuple[str, str]] = field(default_factory=list)  # (file, what)
    looks_left: int = 100  # how many cases are still looked up in all files, line by line, to name the anchor

    def between(self, above: int, upto: int) -> dict[int, Head]:
        """The heads of cases with ``above < id <= upto``."""
        return {head.case: head for head in map(table.unpacked, table.slice_of(self.heads, above, upto))}

    def of_number(self, number: str) -> Head | None:
        """The head of the case of this number."""
        found = np.flatnonzero(self.heads["number"] == number.encode())
        return table.unpacked(self.heads[found[0]]) if len(found) else None

    @property
    def last_case(self) -> int:
        """The highest id that is anchored."""
        return int(self.heads["case"][-1]) if len(self.heads) else 0


def read_anchors() -> Anchored:
    """The anchors, each held against the one before it and the database's own note; then the heads that they prove."""
    found = Anchored()
    notes = {note.file: note for note in ChainAnchor.objects.all()}
    previous = ""
    for number, path in enumerate(paths(), start=1):
        anchor = read(path)
        note = notes.pop(path.name, None)
        if anchor is None:
            found.faults.append((path.name, "is broken off or was changed"))
            previous = note.sha256 if note else ""
            continue
        if anchor.serial != number or (anchor.previous != previous and previous):
            found.faults.append((path.name, f"does not follow the anchor before it, of which SHA-256 is {previous}"))
        if note and note.sha256 != anchor.sha256:
            found.faults.append((path.name, "is not the file of which the database has a note"))
        found.anchors.append(anchor)
        previous = anchor.sha256
    found.faults += [(name, "is missing; the database has a note of it") for name in sorted(notes)]
    if found.anchors:
        found.heads = _proved(found)
    return found


def _proved(found: Anchored) -> Records:
    """The heads that the newest anchor's root proves, from the file beside it or from all anchors' lines."""
    last = found.anchors[-1]
    records = table.open_heads(table.path_of(last.serial))
    if table.root_of(records).root() == last.root:
        return records
    with tempfile.TemporaryDirectory(prefix="anchors-") as directory:
        target, tree, records = Path(directory) / "heads", table.Merkle(), _NOTHING
        try:
            for anchor in found.anchors:
                lines = (table.packed(batch) for batch in table.in_batches(heads_in(anchor.path)))
                tree = table.merged(records, lines, target)
                records = table.open_heads(target)
        except (ValueError, TypeError) as error:
            found.faults.append((anchor.path.name, f"has a line that is none: {error}"))
        if tree.root() != last.root:
            found.faults.append((last.path.name, "has a root that its lines and those before it do not give"))
        return records  # mapped: the file's bytes stay as long as somebody looks at them


def against_head(head: Head, hashes: dict[int, str]) -> bool:
    """Whether a chain (sequence → hash) still has the anchored event as it was."""
    return hashes.get(head.sequence) == head.hash


def what_differs(anchored: Anchored, case: int) -> list[tuple[int, str]]:
    """(event, what) of a case that contradicts its anchors: from which event on, and which anchor shows it.

    Reads all anchor files: for the few cases that were tampered with.
    """
    hashes = dict(CaseEvent.objects.filter(case_id=case).order_by("sequence").values_list("sequence", "hash"))
    sound = 0
    for anchor, head in _lines_of(anchored, case):
        if against_head(head, hashes):
            sound = head.sequence
            continue
        by = f"anchored on {anchor.day} in {anchor.path.name}"
        if head.sequence in hashes:
            after = f"after event {sound}" if sound else "from the first on"
            return [(head.sequence, f"has another hash than was {by}; the history was written anew {after}")]
        last = max(hashes, default=0)
        gone = f"events {last + 1} to {head.sequence} are" if head.sequence > last + 1 else f"event {last + 1} is"
        return [(last + 1, f"{gone} missing, {by}")]
    return []


def covered_by(anchored: Anchored, case: int, sequence: int = 1) -> str:
    """Which anchor first vouches for an event of a case; empty where none does, or too many were asked for."""
    for anchor, head in _lines_of(anchored, case):
        if head.sequence >= sequence:
            return f"anchored on {anchor.day} in {anchor.path.name}"
    return ""


def _lines_of(anchored: Anchored, case: int) -> Iterator[tuple[Anchor, Head]]:
    if anchored.looks_left <= 0:
        return
    anchored.looks_left -= 1
    for anchor in anchored.anchors:
        try:
            for head in heads_in(anchor.path):
                if head.case == case:
                    yield anchor, head
                    break
                if head.case > case:  # lines are in order
                    break
        except (ValueError, TypeError):
            continue  # told of already, as a fault of the file
