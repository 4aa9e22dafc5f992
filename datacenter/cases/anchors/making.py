"""Writes an anchor (锚定): what changed since the last one, into a new file, and what the ends of all chains come to.

A run takes as long as what changed, but for the heads file, which it copies; memory is bounded. Whatever breaks a run
off leaves at most files that the next one recognises: it takes away what is not whole and goes on from what is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from datacenter.cases.anchors import heads as table
from datacenter.cases.anchors.files import Anchor, Head, Writer, directory, paths, read
from datacenter.cases.anchors.heads import Records
from datacenter.cases.anchors.models import ChainAnchor
from datacenter.cases.models import CaseEvent
from datacenter.errors import DomainError

log = logging.getLogger(__name__)

# What else is done with an anchor once it stands: sent by e-mail or to another house. A failure is logged, no more.
AFTER_ANCHOR: list[Callable[[Anchor], None]] = []
LONGEST_WAIT_S = 30.0
_LOCK = 0x414E4348  # one run at a time, on whatever machine
_LOOK_S = 0.1
_AT_ONCE = 20_000

_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = 'case_event'::regclass AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
"""
# Of cases that are anchored: those whose event of that number is not there any more as it was.
_CONTRADICTED = """
SELECT a.case_id FROM unnest(%s::bigint[], %s::int[], %s::text[]) AS a(case_id, sequence, hash)
LEFT JOIN case_event e ON e.case_id = a.case_id AND e.sequence = a.sequence
WHERE e.hash IS DISTINCT FROM a.hash
"""


class AnchorRefused(DomainError):
    """An anchor can't be written now; says why."""

    code = "anchor_refused"
    status = 409


def make_anchor() -> Anchor:
    """Anchors every case that changed since the last anchor.

    Raises ``AnchorRefused`` where transactions that write events don't end, or an earlier anchor is not what it was.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                raise AnchorRefused("另一个锚定正在进行")
        mend()
        known = standing()
        upto = _settled(known[-1].upto_event if known else 0)
        anchor = _write(known, _old_heads(known), upto)
        _note(anchor)
    table.forget(table.path_of(anchor.serial))
    for tell in AFTER_ANCHOR:
        try:
            tell(anchor)
        except Exception:  # the outermost loop of hooks: the anchor stands whatever becomes of the telling
            log.exception("anchor %s could not be sent on", anchor.path.name)
    return anchor


def standing() -> list[Anchor]:
    """Every anchor, in order. Raises ``AnchorRefused`` where one can't be read: nothing is built on that."""
    found = []
    for path in paths():
        anchor = read(path)
        if anchor is None:
            raise AnchorRefused(f"锚定文件 {path.name} 不完整或被改动，请先核验（verify_chain）")
        found.append(anchor)
    return found


def mend() -> list[str]:
    """What an earlier run left when it was broken off is put right; the names of what was put aside.

    Files that were never whole go. A whole one that the database has no note of yet is noted. One at the end that is
    cut short and that nobody noted is put aside as ``.broken``; one that *was* noted is evidence, and stays.
    """
    put_aside = []
    for part in [*directory().glob("*.part"), *directory().glob("*.new")]:
        part.unlink()
        put_aside.append(part.name)
    noted = set(ChainAnchor.objects.values_list("file", flat=True))
    for path in paths()[-1:]:
        if path.name in noted:
            continue
        anchor = read(path)
        if anchor is None:
            path.rename(path.with_suffix(".broken"))
            put_aside.append(path.name)
        else:
            _note(anchor)
    return put_aside


def anchored_on(day: str) -> bool:
    """Whether there is an anchor of this day already."""
    return any(path.stem.endswith(day) for path in paths())


def _settled(lower: int) -> int:
    """The newest event, once no transaction is under way that could hold an earlier number.

    Whoever writes an event holds its table's lock from before it gets its number until it has ended: those that hold it
    now are waited for, and those that come later get later numbers.
    """
    newest = CaseEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    until = time.monotonic() + LONGEST_WAIT_S
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        writers = set(cursor.fetchall())
        while writers:
            if time.monotonic() > until:
                raise AnchorRefused(f"{len(writers)} 个事务迟迟未结束，稍后再锚定")
            time.sleep(_LOOK_S)
            cursor.execute(_WRITERS)
            writers &= set(cursor.fetchall())
    return max(newest, lower)


def _old_heads(known: list[Anchor]) -> Records:
    """The heads as the last anchor left them, proved by its root; made anew where they are not."""
    if not known:
        return table.open_heads(table.path_of(0))
    path = table.path_of(known[-1].serial)
    sound = path.exists() and table.root_of(table.open_heads(path)).root() == known[-1].root
    if not sound and table.rebuilt(known).root() != known[-1].root:
        raise AnchorRefused("锚定文件的内容与其 Merkle 根不符，请先核验（verify_chain）")
    return table.open_heads(path)


def _write(known: list[Anchor], old: Records, upto: int) -> Anchor:
    last = known[-1] if known else None
    since = last.upto_event if last else 0
    writer = Writer(last.serial + 1 if last else 1, timezone.now(), last.sha256 if last else "", since, upto)
    changed, contradicted = 0, list(last.contradicted) if last else []

    def pieces() -> Iterator[Records]:
        nonlocal changed
        for batch in table.in_batches(_changed(since, upto)):
            kept, refused = _consistent(old, batch)
            contradicted.extend(number for number in refused if number not in contradicted)
            if kept:
                writer.heads(kept)
                changed += len(kept)
                yield table.packed(kept)

    try:
        tree = table.merged(old, pieces(), table.path_of(last.serial + 1 if last else 1))
        return writer.finish(
            cases=tree.leaves, events=tree.events, changed=changed, contradicted=contradicted, root=tree.root()
        )
    except BaseException:
        writer.give_up()
        raise


def _changed(since: int, upto: int) -> Iterator[Head]:
    """The newest head of each case with an event in (since, upto], by case; a piece at a time, as cursors are off."""
    rows = (
        CaseEvent.objects.filter(pk__gt=since, pk__lte=upto)
        .order_by("case_id", "-sequence")
        .distinct("case_id")
        .values_list("case_id", "case__number", "sequence", "hash")
    )
    last = 0
    while piece := list(rows.filter(case_id__gt=last)[:_AT_ONCE]):
        last = piece[-1][0]
        yield from (Head(*row) for row in piece)


def _consistent(old: Records, batch: list[Head]) -> tuple[list[Head], list[str]]:
    """The heads that go on from what is anchored, and the numbers of cases whose anchored event is not there any more.

    Those keep their old head: the contradiction would be gone from the newest anchor otherwise.
    """
    near = table.slice_of(old, batch[0].case - 1, batch[-1].case)
    known = near[np.isin(near["case"], [head.case for head in batch])]
    if not len(known):
        return batch, []
    hashes = [row.tobytes().hex() for row in known["hash"]]
    columns = (known["case"].tolist(), known["sequence"].tolist(), hashes)
    with connection.cursor() as cursor:
        cursor.execute(_CONTRADICTED, columns)
        wrong = {case for (case,) in cursor.fetchall()}
    return [head for head in batch if head.case not in wrong], [head.number for head in batch if head.case in wrong]


def _note(anchor: Anchor) -> None:
    ChainAnchor.objects.get_or_create(
        serial=anchor.serial,
        defaults={
            "at": anchor.at, "file": anchor.path.name, "sha256": anchor.sha256, "cases": anchor.cases,
            "events": anchor.events, "changed": anchor.changed, "root": anchor.root,
        },
    )  # fmt: skip
